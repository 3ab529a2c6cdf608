"""The demo: a few shipped recordings restyled, in a folder with a page that plays them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import presets
from effects import StyleTransfer
from effects.running.progress import OnProgress, part
from plugin_bridge.files import sound_files
from plugin_bridge.files.result_folder import PAGE, Kind, check_folder, publish, workshop
from plugin_bridge.reports import demo_mashup, demo_morph, metrics
from plugin_bridge.reports.comparison import Figures
from plugin_bridge.reports.demo_mashup import SONGS, MashupResult, Songs, mash_songs
from plugin_bridge.reports.demo_morph import ENDS, STEPS, Ends, MorphResult, morph_ends
from plugin_bridge.reports.demo_sounds import write_sounds
from plugin_bridge.reports.figure_words import made_of, number
from plugin_bridge.reports.html import render
from plugin_bridge.reports.pictures import RANGE_DB
from presets.preset import Preset, read

KIND = Kind("demo", command="demo")
RECORDINGS = Path(__file__).parents[1] / "recordings"
#: What the page shows of the figures.
SHOWN = [it for it in metrics.FIGURES if it.name != "loudness"]  # which is always alike


@dataclass(frozen=True)
class Pair:
    """Something to play and something to play it on: a recording and a preset."""

    content: str
    style: str
    about: str
    strength: float = 1.0

    @property
    def folder(self) -> str:
        """Where its files are, inside the demo's folder."""
        return f"{self.content}-to-{self.style}"


# One of each kind, chosen among some 60 pairs because the timbre changes most while harmony and
# onsets stay.
PAIRS = (
    Pair(
        "intro",
        "nylon-guitar",
        "A line: eight notes, each of them plucked on a guitar now. Listen for the same tune, in "
        "the same time.",
    ),
    Pair(
        "guitar",
        "grand-piano",
        "A chord, picked note by note and left to ring: on the piano it rings on, too, and its "
        "softer notes stay soft.",
    ),
    Pair(
        "compus",
        "jazz-kit",
        "A beat of electronic noises, played on a jazz drummer's kit: its strokes come when the "
        "stem's did, and as loudly.",
    ),
    Pair(
        "song",
        "tenor-sax",
        "A voice: the saxophone follows how the singer glides and holds. The words are gone.",
    ),
    Pair(
        "mika",
        "koto",
        "A mix, where Restyle is weaker: rhythm and harmony are the stem's, plucked on a koto, but "
        "which notes are in a chord is partly guessed.",
    ),
)


def recording(name: str) -> Preset:
    """One of the recordings that come with Restyle, which are described like presets."""
    return read(RECORDINGS / name)


@dataclass(frozen=True)
class Result:
    """A pair, restyled.

    Attributes:
        pair: the recording and the preset.
        before: the figures of the content as it is, by name, as in `plugin_bridge.reports.metrics`.
        after: those of the output.
        made_of: what the output is made of, in words.
        seconds: how long content and output last.
    """

    pair: Pair
    before: Figures
    after: Figures
    made_of: str = ""
    seconds: float = 0.0


def make_demo(folder: Path, report: OnProgress) -> Path:
    """Make the demo in ``folder``; all of it or nothing.

    Args:
        folder: new, empty, or an earlier demo. What the user added stays.
        report: called with the fraction done, 0 to 1, and the stage.

    Returns:
        The page to open.

    Raises:
        ValueError: ``folder`` is a file, or holds something else.
        OSError: it cannot be written.
    """
    check_folder(folder, KIND)
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with workshop(folder, KIND) as made:
        results, count = [], len(PAIRS) + 2
        for index, pair in enumerate(PAIRS):
            report_pair = _titled(part(report, index / count, (index + 1) / count), pair)
            results.append(restyle_pair(pair, made / pair.folder, report_pair))
        report_songs = _titled(part(report, 1 - 2 / count, 1 - 1 / count), SONGS)
        clips = recording(SONGS.a).clip, recording(SONGS.b).clip
        mashup = mash_songs(SONGS, clips, made / SONGS.folder, report_songs)
        report_ends = _titled(part(report, 1 - 1 / count, 1.0), ENDS)
        clips = recording(ENDS.a).clip, presets.get(ENDS.b).clip
        morph = morph_ends(ENDS, clips, made / ENDS.folder, report_ends)
        (made / PAGE).write_text(render_page(results, mashup, morph), encoding="utf-8")
        publish(made, folder)
    return folder / PAGE


def restyle_pair(pair: Pair, folder: Path, report: OnProgress) -> Result:
    """Restyle a pair into ``folder``, which is made: three sounds, each with its spectrogram."""
    content = sound_files.read(recording(pair.content).clip)
    style = sound_files.read(presets.get(pair.style).clip)
    effect = StyleTransfer(preset=pair.style, strength=pair.strength, on_progress=report)
    output = content.with_audio(effect(content.audio, content.sample_rate))
    write_sounds(folder, {"content": content, "style": style, "output": output})
    before, after = (metrics.figures(content, style, it) for it in (content, output))
    told = "" if effect.report is None else made_of(effect.report)
    return Result(pair, before, after, told, content.seconds)


def render_page(results: list[Result], mashup: MashupResult, morph: MorphResult) -> str:
    """The page, in HTML, with links relative to it."""
    songs, ends = mashup.songs, morph.ends
    played = sorted({*(it.pair.content for it in results), songs.a, songs.b, ends.a})
    styles = sorted({*(it.pair.style for it in results), ends.b})
    return render(
        "demo.html",
        generator=KIND.generator,
        range_db=f"{RANGE_DB:g}",
        version=version("restyle"),
        pairs=[_words(result) for result in results],
        mashup=_mashup_words(mashup),
        morph=_morph_words(morph),
        figures=SHOWN,
        recordings=[recording(name) for name in played],
        presets=[presets.get(name) for name in styles],
    )


def _words(result: Result) -> dict[str, object]:
    """What the page says about a pair."""
    pair = result.pair
    effect = StyleTransfer(preset=pair.style, strength=pair.strength)
    content, style = recording(pair.content).label, presets.get(pair.style).label
    return {
        "folder": pair.folder,
        "content": content,
        "style": style,
        "seconds": result.seconds,
        "sounds": [
            _sound("content", content, keeps_step=True),
            _sound("style", style),
            _sound("output", f"{content} → {style}", keeps_step=True),
        ],
        "style_name": presets.get(pair.style).name,
        "about": pair.about,
        "strength": f"{effect.strength:g}",
        "mix": f"{effect.mix:g}",
        "engine": effect.engine,
        "seed": effect.seed,
        "made_of": result.made_of,
        "figures": [
            (it, number(it, result.before[it.name]), number(it, result.after[it.name]))
            for it in SHOWN
        ],
    }


def _mashup_words(result: MashupResult) -> dict[str, object]:
    """What the page says about the mashup."""
    songs = result.songs
    a, b = recording(songs.a).label, recording(songs.b).label
    sounds = [_sound("a", a), _sound("b", b, keeps_step=True)]
    sounds.append(_sound("mashup", f"{a} + {b}", keeps_step=True))
    return {
        **{
            "folder": songs.folder,
            "about": songs.about,
            "why": result.why,
            "picture": demo_mashup.PICTURE,
        },
        **{"a": a, "b": b, "sounds": sounds, "seconds": result.seconds},
    }


def _morph_words(result: MorphResult) -> dict[str, object]:
    """What the page says about the morph."""
    ends = result.ends
    a, b = recording(ends.a).label, presets.get(ends.b).label
    labels = {0.0: a, 1.0: b}
    sounds = [
        _sound(name, labels.get(x, f"{x:g} of the way"), keeps_step=True)
        for name, x in STEPS.items()
    ]
    return {
        **{"folder": ends.folder, "about": ends.about, "why": result.why},
        **{"a": a, "b": b, "sounds": sounds, "seconds": max(result.seconds.values())},
        **{"middle": demo_morph.MIDDLE, "picture": demo_morph.PICTURE},
    }


def _sound(name: str, label: str, *, keeps_step: bool = False) -> dict[str, object]:
    """A player; those that keep step can be switched in place."""
    return {"name": name, "title": name.capitalize(), "label": label, "keeps_step": keeps_step}


def _titled(report: OnProgress, pair: Pair | Songs | Ends) -> OnProgress:
    title = pair.folder.replace("-", " ")
    return lambda fraction, stage: report(fraction, f"{title}: {stage}")
