"""``restyle beats``: what is heard of a song, as a table, as JSON, and as clicks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plugin_bridge.cli.options import Threads, force_option, quiet_option
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.listening.song import Song
    from plugin_bridge.files.sound_files import Sound
    from plugin_bridge.files.targets import Target

SongPath = Annotated[
    Path, typer.Argument(metavar="SONG", help="The song: WAV, AIFF, FLAC, MP3 or OGG.")
]
Click = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT",
        help="Also write the song with a click on every beat, higher where a bar begins: .wav, "
        ".aiff, .flac, .mp3 or .ogg. Sample rate, channels and bit depth stay those of SONG.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="As JSON, with all that is heard.")]
Force = Annotated[bool, force_option("Replace OUT if it exists.")]
Quiet = Annotated[bool, quiet_option("No progress bar.")]


def beats(
    song: SongPath,
    *,
    click: Click = None,
    as_json: Json = False,
    threads: Threads = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Say what is heard of SONG: its tempo, meter and notes, its sections, bars and beats.

    [bold]restyle beats song.mp3[/bold]

    [bold]restyle beats song.mp3 --click clicks.wav[/bold]

    The first lines are for people; then there is a line for each bar, with the times of its beats
    in seconds. What was heard is kept in the cache: a song that was listened to before costs
    nothing. OUT is written whole or not at all, and replaces a file only with --force.
    """
    target = None if click is None else _check_click(click, force=force)
    from plugin_bridge.files import sound_files

    content = sound_files.read(song)
    if click is not None:
        sound_files.check_holds(click, content)
    heard = _heard(song, content, threads, quiet=quiet)
    if target is not None:
        _write(target, content, heard)
    if as_json:
        import json

        print(json.dumps(_as_dict(heard)))
    else:
        _print(heard)


def _check_click(path: Path, *, force: bool) -> Target:
    """Check, before the work, that the clicks can be written."""
    from plugin_bridge.files.formats import check_suffix
    from plugin_bridge.files.targets import check_target

    check_suffix(path)
    return check_target(path, force=force)


def _heard(path: Path, content: Sound, threads: int | None, *, quiet: bool) -> Song:
    from effects.listening.listen import listen
    from effects.running.cores import using
    from effects.running.progress import Progress, run_reporting
    from plugin_bridge.terminal.progress_bar import progress_bar

    def work(progress: Progress) -> Song:
        with using(threads):
            return listen(content.audio, content.sample_rate, progress)

    with progress_bar(path.name, quiet=quiet) as on_progress:
        return run_reporting(work, on_progress)


def _write(target: Target, content: Sound, heard: Song) -> None:
    from effects.listening.click import with_clicks
    from plugin_bridge.files import sound_files
    from plugin_bridge.files.whole_files import writing

    audio = with_clicks(content.audio, content.sample_rate, heard)
    with writing(target) as [file]:
        sound_files.write_into(file, target.path, content.with_audio(audio))


def _as_dict(heard: Song) -> dict[str, Any]:
    """All that is heard, as JSON holds it; the numbers of `Song` keep their names there."""
    from dataclasses import fields

    from effects.listening.keys import name

    values = {it.name: getattr(heard, it.name) for it in fields(heard)}
    lists = {key: it.tolist() for key, it in values.items() if hasattr(it, "tolist")}
    return {
        "seconds": heard.seconds,
        "bpm": heard.bpm,
        "meter": heard.meter.name,
        "certainty": heard.certainty,
        "notes": name(int(heard.pitch_set.argmax())),
        **lists,
    }


def _print(heard: Song) -> None:
    from effects.listening.keys import name
    from effects.listening.song import LEAST_CERTAINTY
    from plugin_bridge.cli.tables import print_table

    best = int(heard.pitch_set.argmax())
    unsure = ": there is hardly a beat" if heard.certainty < LEAST_CERTAINTY else ""
    print(f"Tempo: {heard.bpm:.1f} BPM, certainty {heard.certainty:.2f}{unsure}")
    print(f"Meter: {heard.meter.name}")
    print(f"Notes: those of {name(best)}, certainty {heard.pitch_set[best]:.2f}")
    print(f"Bars: {len(heard.bars)}, beats: {len(heard.beats)}, sections: {len(heard.sections)}")
    print()
    print_table(("Section", "Bar", "Beats"), _rows(heard), right=("Section", "Bar"))


def _rows(heard: Song) -> list[tuple[str, str, str]]:
    """A row for each bar, and one for the beats before the first: their times in seconds."""
    begins = [*heard.bars.tolist(), len(heard.beats)]
    sections = {int(bar): str(number + 1) for number, bar in enumerate(heard.sections)}
    rows = []
    if begins[0] > 0:
        rows.append(("", "", _times(heard, 0, begins[0])))
    for bar, start in enumerate(begins[:-1]):
        rows.append((sections.get(bar, ""), str(bar + 1), _times(heard, start, begins[bar + 1])))
    return rows


def _times(heard: Song, start: int, stop: int) -> str:
    return shown(" ".join(f"{it:9.3f}" for it in heard.beats[start:stop]))
