"""``restyle presets``: list the styles to choose from, and keep your own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_bridge.cli.completion import complete_own_preset, complete_preset
from plugin_bridge.cli.options import Quiet, force_option
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from presets import Preset

BROKEN = 2  # exit code of ``validate`` when something is wrong
FAMILIES = 3  # that ``suggest`` names, at most

app = typer.Typer(rich_markup_mode="rich", context_settings={"help_option_names": ["-h", "--help"]})


Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="The preset: its name, or its General MIDI number or name.",
        autocompletion=complete_preset,
    ),
]
Own = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A preset of your own, broken or not.",
        autocompletion=complete_own_preset,
    ),
]
NewName = Annotated[
    str, typer.Argument(metavar="NAME", help="What to call it: 'My kalimba' becomes my-kalimba.")
]
OtherName = Annotated[str, typer.Argument(metavar="NEW", help="What to call it from now on.")]
Source = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE", help="A sound file, the folder of a preset, or a .zip file of one."
    ),
]
Target = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="Where to write it: .wav for the sound, .zip for all of it, to share."
    ),
]
Things = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME|FOLDER|ZIP]...",
        help="What to check; all presets, if nothing is named.",
        autocompletion=complete_preset,
    ),
]
Label = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What lists call it; the name, without this.")
]
Family = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="The family it is listed in; My Presets, without this."),
]
Override = Annotated[
    bool,
    typer.Option("--override", help="Allow the name of a built-in preset, and take its place."),
]
Force = Annotated[bool, force_option("Replace what is there by that name.")]
OnlyFamily = Annotated[
    str | None, typer.Option("--family", metavar="NAME", help="Only this family, such as Strings.")
]
Json = Annotated[bool, typer.Option("--json", help="As JSON, with all that is known.")]
Clip = Annotated[Path, typer.Argument(metavar="CLIP", help="A sound file, a few seconds long.")]
Count = Annotated[int, typer.Option("--count", "-n", min=1, help="How many to show.")]
Sheet = Annotated[Path, typer.Argument(metavar="FILE.png", help="The picture to write.")]


@app.callback(invoke_without_command=True)
def presets(context: typer.Context) -> None:
    """List the styles to choose by name, look at one, and keep your own.

    [bold]restyle presets[/bold] lists them all; then, for example:

    [bold]restyle apply piano.wav out.wav --preset violin[/bold]

    [bold]restyle presets add "My kalimba" kalimba.wav[/bold]
    """
    if context.invoked_subcommand is None:
        list_()


@app.command("list")
def list_(*, family: OnlyFamily = None, as_json: Json = False) -> None:
    """List the presets by family, with their General MIDI numbers (from 0).

    [bold]restyle presets list --family Strings[/bold]
    """
    import presets as library

    families = library.by_family(_of_family(library.every(), family))
    found = [it for members in families.values() for it in members]
    if as_json:
        import json

        print(json.dumps([_as_json(it) for it in found], indent=2, ensure_ascii=False))
    else:
        _print_table(found)
    for error in library.broken():
        _warn(str(error))


@app.command()
def show(name: Name) -> None:
    """Show what is known of a preset.

    [bold]restyle presets show violin[/bold]
    """
    import presets as library

    it = library.get(name)
    facts = {
        "Name": it.name,
        "Sound": it.label,
        "Family": it.family,
        "General MIDI": " ".join(filter(None, (it.gm_number, it.gm_name))),
        "Notes": "" if it.register is None else f"{it.register[0]} to {it.register[1]}",
        "Advised": ", ".join(f"--{key} {value:g}" for key, value in it.parameters.items()),
        "Remark": it.note,
        "Made by": it.credit,
        "Source": it.source,
        "Licence": it.licence,
        "Kept in": str(it.clip.parent),
        "Whose": "built in"
        if it.built_in
        else "yours" + (", in place of the built-in one" if it.override else ""),
    }
    for fact, text in facts.items():
        if text:
            print(f"{fact + ':':14}{shown(text)}")


@app.command()
def play(name: Name, *, quiet: Quiet = False) -> None:
    """Play a preset's sound, to hear what it is; Ctrl-C stops it.

    [bold]restyle presets play violin[/bold]

    It takes the system's own player (pw-play, paplay, aplay, afplay, ...).
    """
    import presets as library
    from plugin_bridge.files import sound_files
    from plugin_bridge.files.sound_files import Sound
    from plugin_bridge.terminal.player import CannotPlay
    from plugin_bridge.terminal.player import play as play_file

    it = library.get(name)
    sound = sound_files.read(it.clip)
    if not quiet:
        print(f"{it.name}: {shown(it.label)}, {sound.seconds:.0f} s. Ctrl-C stops it.", flush=True)
    with TemporaryDirectory() as folder:
        wav = Path(folder) / "preset.wav"
        # 16 bits, since not every player knows floating point.
        sound_files.write(wav, Sound(sound.audio, sound.sample_rate, 16))
        try:
            play_file(wav, sound.seconds)
        except CannotPlay as error:
            raise ValueError(f"{error}: open {it.clip} in a player of yours.") from error


@app.command()
def add(
    name: NewName,
    source: Source,
    *,
    label: Label = None,
    family: Family = None,
    override: Override = False,
    force: Force = False,
) -> None:
    """Make a preset of your own out of a sound, or take one that somebody shared.

    [bold]restyle presets add "My kalimba" kalimba.wav[/bold]

    [bold]restyle presets add violin fiddle.zip --override[/bold]

    The files are copied to a folder of yours, which `restyle presets show` names.
    """
    from presets import user

    added = user.add(name, source, label=label, family=family, override=override, replace=force)
    print(f"Added {added.name}: try restyle apply IN OUT --preset {added.name}")


@app.command()
def remove(name: Own) -> None:
    """Remove a preset of your own, for good. A built-in one that it overrides comes back.

    [bold]restyle presets remove my-kalimba[/bold]
    """
    from presets import user

    user.remove(name)
    print(f"Removed {shown(name)}.")


@app.command()
def rename(name: Own, new: OtherName) -> None:
    """Call a preset of your own by another name.

    [bold]restyle presets rename my-kalimba thumb-piano[/bold]
    """
    from presets import user

    print(f"{shown(name)} is now called {user.rename(name, new).name}.")


@app.command()
def export(name: Name, target: Target, *, force: Force = False) -> None:
    """Write a preset's sound as WAV, to listen to, or all of it as a .zip file, to share.

    [bold]restyle presets export violin violin.wav[/bold]

    [bold]restyle presets export my-kalimba kalimba.zip[/bold]
    """
    from plugin_bridge.files.targets import check_target
    from plugin_bridge.files.whole_files import writing
    from presets import user

    with writing(check_target(target, force=force)) as [file]:
        user.export(name, target, file=file)
    print(f"Wrote {shown(target)}.")


@app.command()
def suggest(clip: Clip, *, count: Count = 5, quiet: Quiet = False) -> None:
    """Say which presets sound most like CLIP, the likeliest first.

    [bold]restyle presets suggest humming.wav[/bold]

    First come the likeliest families of instruments. The distance of a preset is the infinite
    engine's: 0 is the same sound, 1 has nothing in common. The first time, all presets have to be
    listened to, which takes about half a minute.
    """
    from rich.console import Console
    from rich.table import Table

    from effects.nearest_presets import families
    from effects.nearest_presets import suggest as nearest
    from plugin_bridge.terminal.progress_bar import progress_bar

    with progress_bar(clip.name, quiet=quiet) as report:
        found = nearest(clip, on_progress=report)
    likely = [f"{name} {share:.0%}" for name, share in families(found).items()]
    print(f"Sounds like: {', '.join(likely[:FAMILIES])}")
    table = Table("Name", "Sound", "Family", "Likely", "Distance", box=None, pad_edge=False)
    for it in found[:count]:
        name, likelihood = f"[bold]{it.preset.name}[/bold]", f"{it.likelihood:.0%}"
        table.add_row(name, it.preset.label, it.preset.family, likelihood, f"{it.distance:.3f}")
    Console().print(table)


@app.command()
def sheet(target: Sheet, *, force: Force = False, quiet: Quiet = False) -> None:
    """Draw all presets on one picture: a small spectrogram of each, by family.

    [bold]restyle presets sheet presets.png[/bold]

    It takes some seconds. A preset whose sound cannot be read is left blank, its name in grey.
    """
    from plugin_bridge.files.targets import check_picture
    from plugin_bridge.files.whole_files import writing

    picture = check_picture(target, force=force)

    import presets as library
    from plugin_bridge.reports.contact_sheet import draw_sheet
    from plugin_bridge.terminal.progress_bar import progress_bar

    found = library.every()
    with progress_bar(target.name, quiet=quiet) as report, writing(picture) as [file]:
        draw_sheet(file, found, report)
    if not quiet:
        print(f"Wrote {shown(target)}: {len(found)} presets.")


@app.command()
def validate(things: Things = None) -> None:
    """Open presets and say what is wrong with them, one line per fault; exit code 2 if any is.

    [bold]restyle presets validate[/bold]

    [bold]restyle presets validate my-kalimba kalimba.zip[/bold]
    """
    import presets as library
    from presets import user

    wrong = []
    if not things:
        wrong = [str(error) for error in library.broken()]
    for thing in things or library.names():
        try:
            wrong += user.validate(thing)
        except library.UnknownPreset as error:
            wrong.append(str(error))
    for line in wrong:
        _warn(line)
    if wrong:
        raise typer.Exit(BROKEN)
    print(f"Nothing is wrong with {shown(', '.join(things)) if things else 'any preset'}.")


def _of_family(found: list[Preset], family: str | None) -> list[Preset]:
    """The members of a family, in any spelling; all of ``found`` if ``family`` is None."""
    import presets as library

    if family is None:
        return found
    wanted = [it for it in found if library.slug(it.family) == library.slug(family)]
    if not wanted:
        known = ", ".join(library.by_family(found))
        raise ValueError(f"There is no family {family!r}: choose one of {known}.")
    return wanted


def _print_table(found: list[Preset]) -> None:
    """Print columns. In a terminal each family is named once; in a pipe it is on every line.

    Lines to a pipe are not wrapped.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    table = Table("Family", "Name", "GM number", "Sound", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    last = None
    for it in found:
        family = "" if terminal and it.family == last else it.family
        last = it.family
        # As Text, so that brackets are not taken for markup.
        cells = (
            Text(shown(family)),
            Text(it.name, "bold"),
            Text(it.gm_number or ""),
            Text(shown(it.label)),
        )
        table.add_row(*cells)
    Console(width=None if terminal else 1000).print(table)


def _as_json(preset: Preset) -> dict[str, object]:
    from dataclasses import fields

    values = {it.name: getattr(preset, it.name) for it in fields(preset)}
    values["parameters"] = dict(preset.parameters)
    return {key: os.fspath(it) if isinstance(it, Path) else it for key, it in values.items()}


def _warn(text: str) -> None:
    print(f"restyle: {shown(' '.join(text.split()))}", file=sys.stderr)
