"""``restyle apply``: stems in another timbre."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plugin_bridge.cli import lean
from plugin_bridge.cli.chain_choice import preset_name
from plugin_bridge.cli.chain_options import ChainOptions, check_excluded, check_without_chain, given
from plugin_bridge.cli.completion import complete_engine
from plugin_bridge.cli.grouped import grouped
from plugin_bridge.cli.options import (
    BitDepth,
    Bitrate,
    Device,
    Drums,
    Dynamics,
    JobSeed,
    Mix,
    Quiet,
    Strength,
    Threads,
    force_option,
    preset_option,
)
from plugin_bridge.cli.result_names import (
    Task,
    Variant,
    folder_for_results,
    name_tasks,
    tell_apart,
)
from plugin_bridge.files.formats import Quality
from presets.sound_file.header import MAX_RATE_HZ, MIN_RATE_HZ

if TYPE_CHECKING:
    from effects.scores.score import Score
    from plugin_bridge.cli.apply_chains import Through

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="IN... [OUT]",
        help="The stems: WAV, AIFF, FLAC, MP3 or OGG; or MIDI files, for a chain that begins with "
        "an instrument. After a single one, a name that is not there "
        "yet says where to write. Without it a.wav becomes a.violin.wav, beside a.wav. Sample "
        "rate, channels and bit depth stay those of the stem.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="OUT", help="Where to write the result of a single stem."),
]
OutDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="The folder for results, made if it is missing; all names are stems."
    ),
]
Style = Annotated[
    Path | None,
    typer.Option(
        metavar="CLIP",
        help="A sound file of the instrument to take the timbre from; a few seconds will do.",
    ),
]
Presets = Annotated[
    list[str],
    preset_option(
        "A style in place of a clip, by name or General MIDI number: see restyle presets. May be "
        "given several times: each stem is then listened to once.",
        "--preset",
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="sampler plays the stem's notes with the style's own (so does leaving this out). "
        "infinite blends spectra, fast, "
        "and so do the published networks random_cnn_1d, random_cnn_2d, vgg19, vggish and cnn14.",
        autocompletion=complete_engine,
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.pth",
        help="The trained weights of vgg19, vggish or cnn14; random ones without this.",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.png",
        help="Also draw what happened: spectrograms of stem, style and output, and what the output "
        "is made of, or the loss.",
    ),
]
ReportPath = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE.json",
        help="Also write which share of the sound was played, kept and blended, and when.",
    ),
]
Midi = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.mid",
        help="A MIDI file that begins with IN and plays the settings: program changes choose the "
        "preset, controller 1 the strength, 91 the mix, 7 the volume. Of a chain, what its "
        "\\[midi] says.",
    ),
]
Channel = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=16,
        help="The MIDI file's channel to follow, if it uses several.",
    ),
]
Notes = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.mid",
        help="The notes to play in place of what is heard in IN, which they begin with: what "
        "restyle listen IN --midi FILE.mid has written, corrected. Channel 10 has the drums.",
    ),
]
SampleRate = Annotated[
    int | None,
    typer.Option(
        metavar="HZ",
        min=MIN_RATE_HZ,
        max=MAX_RATE_HZ,
        help="Of a MIDI file's result; without this 44100.",
    ),
]
Force = Annotated[bool, force_option("Replace results, the plot and the report if they exist.")]


@grouped
def apply(
    files: Files,
    *,
    out: Out = None,
    out_dir: OutDir = None,
    style: Style = None,
    preset: Presets = [],  # noqa: B006 - typer takes no other default
    chains: ChainOptions,
    strength: Strength = None,
    mix: Mix = None,
    engine: Engine = None,
    weights: Weights = None,
    seed: JobSeed = None,
    device: Device = "auto",
    midi: Midi = None,
    channel: Channel = None,
    drums: Drums = None,
    dynamics: Dynamics = None,
    notes: Notes = None,
    threads: Threads = None,
    sample_rate: SampleRate = None,
    bit_depth: BitDepth = None,
    bitrate: Bitrate = None,
    plot: Plot = None,
    report: ReportPath = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Restyle IN and write it to OUT: what is heard of it, played with the sounds of CLIP.

    [bold]restyle apply piano.wav out.wav --style cello.wav[/bold]

    [bold]restyle apply beat.flac out.flac --preset jazz-kit --strength 0.8 --plot beat.png[/bold]

    [bold]restyle apply lead.wav out.wav --preset violin --midi lead.mid[/bold]

    Without OUT, results have names of their own, here a.violin.wav, a.flute.wav and so on:

    [bold]restyle apply a.wav b.flac --preset violin --preset flute[/bold]

    Through a chain of effects, which may have plugins among them: see [bold]restyle chains[/bold]

    [bold]restyle apply a.wav out.wav --chain tape --set level.gain_db=-6[/bold]

    Through one of yours that begins with an instrument:

    [bold]restyle apply tune.mid out.wav --chain my-synth[/bold]

    With --midi, the style or preset given holds until the first program change; if none is given,
    the stem stays as it is until then.

    If both of two names are there, both are stems. To replace OUT, write --out OUT --force.

    OUT, the plot and the report are written all or none, and replace files only with --force.
    Ctrl-C leaves nothing behind but results that are whole. Where less than half of the sound could
    be played, a line on stderr says what was heard, and what to try.
    """
    started = time.monotonic()
    lean.load_later(*lean.UNUSED_PARTS_OF_NUMPY)
    sampled = given(strength=strength, mix=mix, seed=seed, drums=drums, dynamics=dynamics)
    through = None
    if chains.chain:
        excluded = {"--style": style, "--preset": preset, "--engine": engine}
        check_excluded({**excluded, "--weights": weights, "--notes": notes})
        if plot is not None:
            raise ValueError("--plot draws one style, and a chain may have none: leave it out.")
        through = _through(chains, sampled, device, threads=threads, midi=midi, channel=channel)
        variants = through.variants
    else:
        check_without_chain(chains)
        if sample_rate is not None:
            raise ValueError("--sample-rate is for MIDI files that a chain plays: leave it out.")
        variants = _variants(style, preset, midi)
    _check_midi(midi, channel, plot, report, notes)
    named = tell_apart(files, variants, out=out, out_dir=out_dir, style=style, force=force)
    tasks = name_tasks(named, variants, out_dir)
    _check_single(tasks, {"--midi": midi, "--plot": plot, "--report": report})
    score = None if notes is None else _score(notes, tasks)

    from effects.engines import DEFAULT_ENGINE
    from plugin_bridge.cli.apply_results import Plan
    from plugin_bridge.cli.apply_tasks import check_tasks, do_tasks, make_effects

    written: dict[str, Any] = {"quality": Quality(bit_depth, bitrate), "force": force}
    if through is not None:
        plan = through.plan(named.stems, sample_rate=sample_rate, report=report, **written)
    else:
        engine, seed = engine or DEFAULT_ENGINE, seed or 0
        own = given(weights=weights, drums=drums, dynamics=dynamics, notes=score)
        settings = {
            **{"style": style, "strength": strength, "mix": mix, "engine": engine},
            **{"seed": seed, "device": device, "threads": threads},
        }
        effects = make_effects(variants, settings | own, midi, channel)
        plan = Plan(effects, _label(engine, seed, own), plot=plot, report=report, **written)
    with folder_for_results(out_dir):
        seconds = check_tasks(tasks, plan)
        do_tasks(tasks, plan, seconds, quiet=quiet, started=started)


def _through(
    options: ChainOptions, settings: Mapping[str, Any], device: str, **more: Any
) -> Through:
    """The chains that were asked for, with the settings for their StyleTransfer."""
    from plugin_bridge.cli.apply_chains import chains_for

    where = {} if device == "auto" else {"device": device}
    return chains_for(options, {**settings, **where}, **more)


def _label(engine: str, seed: int, own: Mapping[str, Any]) -> str:
    """The engine's name for people. Raises ValueError if it has none of its ``own`` options."""
    from effects.engines import make_engine

    return make_engine(engine, seed=seed, **own).label


def _variants(style: Path | None, names: Sequence[str], midi: Path | None) -> list[Variant]:
    """The sounds that every stem takes: the presets, or else the clip, or what the MIDI plays.

    Raises:
        ValueError: none is given, or both a clip and a preset; or there is no such preset.
    """
    if style is not None and names:
        raise ValueError("--style and --preset exclude each other: give one of them.")
    if names:
        return [Variant(preset_name(it), it) for it in names]
    chosen = style or midi
    if chosen is None:
        raise ValueError("Say which sound to take: --style CLIP, --preset NAME or --chain NAME.")
    return [Variant(chosen.stem)]


def _check_midi(
    midi: Path | None,
    channel: int | None,
    plot: Path | None,
    report: Path | None,
    notes: Path | None,
) -> None:
    if midi is None and channel is not None:
        raise ValueError("--channel chooses a channel of a MIDI file: add --midi FILE.mid.")
    if midi is not None and plot is not None:
        raise ValueError(
            "--plot draws one style, and --midi may play several: leave one of them out."
        )
    if midi is not None and notes is not None:
        raise ValueError(
            "--notes are those of the whole stem, and --midi may have it played in parts: leave "
            "one of them out."
        )
    if midi is not None and report is not None:
        raise ValueError(
            "--report tells of one style, and --midi may play several: leave one of them out."
        )


def _check_single(tasks: Sequence[Task], options: Mapping[str, object]) -> None:
    """Raise ValueError if an option that goes with a single result is given for several."""
    for name, value in options.items():
        if value is not None and len(tasks) > 1:
            raise ValueError(
                f"{name} goes with a single result, and there are {len(tasks)}: leave it out, or "
                "take them in turn."
            )


def _score(notes: Path, tasks: Sequence[Task]) -> Score:
    """The score that is to be played. Raises ValueError if it cannot be that of every stem."""
    from effects.scores.score import Score

    stems = {it.stem for it in tasks}
    if len(stems) > 1:
        raise ValueError(
            f"--notes are those of one stem, and there are {len(stems)}: take them in turn."
        )
    return Score.from_midi(notes)
