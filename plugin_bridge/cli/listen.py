"""``restyle listen``: what is heard of a stem, for people, as JSON, and as MIDI to be corrected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_bridge.cli.options import Threads, force_option, quiet_option
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.scores.parts import ScoreNote, ScoreStroke
    from effects.scores.score import Score
    from plugin_bridge.files.sound_files import Sound
    from plugin_bridge.files.targets import Target

StemPath = Annotated[
    Path, typer.Argument(metavar="STEM", help="The stem: WAV, AIFF, FLAC, MP3 or OGG.")
]
MidiPath = Annotated[
    Path | None,
    typer.Option(
        "--midi",
        metavar="OUT.mid",
        help="Also write it as a MIDI file, to be corrected in a sequencer: restyle apply --notes "
        "plays it in place of what was heard.",
    ),
]
Every = Annotated[bool, typer.Option("--list", help="Also list every note and stroke.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, with every note and stroke.")]
Force = Annotated[bool, force_option("Replace OUT.mid if it exists.")]
Quiet = Annotated[bool, quiet_option("No progress bar.")]

#: What a stem is taken for, for people.
KINDS = {
    "melody": "a melody, one note at a time",
    "chords": "chords, or several voices",
    "voice": "a voice, whose pitch glides",
    "drums": "drums",
    "nothing": "neither notes nor strokes",
}
KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def listen(
    stem: StemPath,
    *,
    midi: MidiPath = None,
    every: Every = False,
    as_json: Json = False,
    threads: Threads = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Say what is heard of STEM: its notes and strokes, which are what apply plays.

    [bold]restyle listen piano.wav --midi heard.mid[/bold]

    [bold]restyle apply piano.wav out.wav --preset violin --notes heard.mid[/bold]

    Notes that may well be none are on a track of their own in OUT.mid, which begins with STEM and
    is as long. It is written whole or not at all, and replaces a file only with --force.
    """
    target = None if midi is None else _check_midi(midi, force=force)
    from plugin_bridge.files import sound_files

    content = sound_files.read(stem)
    heard = _heard(stem, content, threads, quiet=quiet)
    if target is not None:
        _write(target, heard)
    if as_json:
        import json

        print(json.dumps(heard.as_dict()))
        return
    _print(heard)
    if every:
        _list(heard)
    if midi is not None and not quiet:
        print(f"Wrote {shown(midi)}: begins with {shown(stem)}.")


def _check_midi(path: Path, *, force: bool) -> Target:
    """Check, before the work, that the MIDI file can be written."""
    from plugin_bridge.files.targets import check_target

    if path.suffix.lower() not in (".mid", ".midi"):
        raise ValueError(f"{path}: the name of a MIDI file must end in .mid.")
    return check_target(path, force=force)


def _heard(path: Path, content: Sound, threads: int | None, *, quiet: bool) -> Score:
    from effects.hearing import listen as heard
    from plugin_bridge.terminal.progress_bar import progress_bar

    with progress_bar(path.name, quiet=quiet) as on_progress:
        return heard(content.audio, content.sample_rate, on_progress=on_progress, threads=threads)


def _write(target: Target, heard: Score) -> None:
    from plugin_bridge.files.whole_files import naming, writing

    with writing(target) as [file], naming(target.path):
        file.write(heard.to_midi())


def _print(heard: Score) -> None:
    """The first lines: what it is taken for, how much of it, how sure, how fast."""
    beside = " with drums beside" if heard.notes and heard.strokes else ""
    print(f"Taken for: {KINDS[heard.kind]}{beside}")
    if heard.notes:
        keys = [it.key for it in heard.notes]
        ends = f"{_name(min(keys))} to {_name(max(keys))}"
        print(f"Notes: {len(heard.notes)}, {ends}{_unsure(heard.notes)}")
    if heard.strokes:
        from effects.scores.drum_names import drum_name

        counts = Counter(drum_name(it.key) for it in heard.strokes)
        each = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        print(f"Strokes: {len(heard.strokes)} ({each}){_unsure(heard.strokes)}")
    if heard.pulse:
        print(f"Tempo: {heard.pulse.bpm:.1f} BPM, {heard.pulse.meter}")


def _unsure(parts: Sequence[ScoreNote | ScoreStroke]) -> str:
    count = sum(it.unsure for it in parts)
    return f"; {count} of them unsure" if count else ""


def _list(heard: Score) -> None:
    from effects.scores.drum_names import drum_name
    from plugin_bridge.cli.tables import print_table

    notes = ((it, f"{it.end:.3f}", _name(it.key)) for it in heard.notes)
    strokes = ((it, "", drum_name(it.key)) for it in heard.strokes)
    rows: list[tuple[ScoreNote | ScoreStroke, str, str]] = [*notes, *strokes]
    print()
    print_table(
        ("Start (s)", "End (s)", "What", "Level (dB)", "Sure"),
        [
            (f"{it.start:.3f}", end, name, f"{it.level_db:.1f}", f"{it.confidence:.2f}")
            for it, end, name in sorted(rows, key=lambda row: row[0].start)
        ],
        right=("Start (s)", "End (s)", "Level (dB)", "Sure"),
    )


def _name(key: int) -> str:
    """A key's name; 60 is C4."""
    return f"{KEYS[key % 12]}{key // 12 - 1}"
