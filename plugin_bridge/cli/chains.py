"""``restyle chains``: list the chains of effects to choose from, and keep your own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_bridge.cli import chain_words
from plugin_bridge.cli.chain_choice import plugin_folders
from plugin_bridge.cli.chain_options import Plugins
from plugin_bridge.cli.completion import complete_chain, complete_own_chain
from plugin_bridge.cli.options import force_option
from plugin_bridge.cli.tables import print_table
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.chains.kinds import Parameter
    from effects.chains.plugins import PluginFolders
    from presets.chain_files.chain import Chain

BROKEN = 2  # exit code of ``validate`` when something is wrong
WAIT_SECONDS = 30.0  # for a plugin to load; by guess: most take less than 1 s, a few a minute

app = typer.Typer(rich_markup_mode="rich", context_settings={"help_option_names": ["-h", "--help"]})


Thing = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FILE",
        help="A chain, by its name or its file, which ends in .toml.",
        autocompletion=complete_chain,
    ),
]
Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The chain's name.", autocompletion=complete_chain),
]
Own = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A chain of your own, broken or not.",
        autocompletion=complete_own_chain,
    ),
]
NewName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="What to call it: 'Warm strings' becomes warm-strings."),
]
Source = Annotated[Path, typer.Argument(metavar="FILE.toml", help="The chain's file.")]
Target = Annotated[Path, typer.Argument(metavar="FILE.toml", help="Where to write it.")]
Things = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME|FILE]...",
        help="What to check; all chains, if nothing is named.",
        autocompletion=complete_chain,
    ),
]
Label = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What lists call it; as in FILE, without this.")
]
Force = Annotated[bool, force_option("Replace what is there by that name.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, with all that is known.")]
NoPlugins = Annotated[
    bool,
    typer.Option(
        "--no-plugins", help="Load no plugin: of those, only what the chain says is listed."
    ),
]
Load = Annotated[
    bool, typer.Option("--load", help="Load its plugins, too, which runs them, and set them.")
]
Wait = Annotated[
    float, typer.Option(metavar="SECONDS", min=0.1, help="How long a plugin may take to load.")
]


@app.callback(invoke_without_command=True)
def chains(context: typer.Context) -> None:
    """List chains of effects, look at one, and keep your own.

    A chain is a text file that names effects in their order: pedalboard's, StyleTransfer, and
    VST3 plugins. Where a preset can be chosen, a chain can, too.

    [bold]restyle chains[/bold] lists them all; then, for example:

    [bold]restyle apply piano.wav out.wav --chain warm-strings.toml[/bold]

    [bold]restyle chains add "Warm strings" warm-strings.toml[/bold]
    """
    if context.invoked_subcommand is None:
        list_()


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the chains, with their effects in order; those of a Mix are side by side.

    [bold]restyle chains list --json[/bold]
    """
    import presets

    found = presets.chains()
    if as_json:
        _print_json([chain_words.as_json(it) for it in found])
    elif found:
        rows = [(it.name, it.label, chain_words.in_a_line(it.effects, " > ")) for it in found]
        print_table(("Name", "Sound", "Effects"), rows)
    else:
        print("There are no chains yet: restyle chains add NAME FILE.toml")
    from presets.chain_files.catalogue import broken

    for error in broken():
        _warn(str(error))


@app.command()
def show(thing: Thing, *, as_json: Json = False) -> None:
    """Show what is in a chain: its effects in order, and what is set of them.

    [bold]restyle chains show warm-strings[/bold]
    """
    from presets.chain_files.catalogue import find

    it = find(thing)
    if as_json:
        _print_json(chain_words.as_json(it))
        return
    facts = {
        "Name": it.name,
        "Sound": it.label,
        "Remark": it.note,
        "Tail": "kept, until it is silent" if it.tail == "keep" else "cut where the input ends",
        "Kept in": "" if it.path is None else str(it.path),
        "Whose": chain_words.whose(it),
    }
    for fact, text in facts.items():
        if text:
            print(f"{fact + ':':10}{shown(text)}")
    print()
    for line in chain_words.lines(it.effects):
        print(shown(line))
    for number, controller in sorted(it.midi.items()):
        ends = [
            f" {word} {chain_words.told(value)}"
            for word, value in (("from", controller.least), ("to", controller.most))
            if value is not None
        ]
        way = f",{''.join(ends)}" if ends else ""
        print(shown(f"MIDI controller {number}: {controller.parameter}{way}"))


@app.command()
def parameters(
    thing: Thing,
    *,
    plugins: Plugins = [],  # noqa: B006 - typer takes no other default
    no_plugins: NoPlugins = False,
    wait: Wait = WAIT_SECONDS,
    as_json: Json = False,
) -> None:
    """List what can be set of a chain: names, the chain's values, ranges and units.

    [bold]restyle chains parameters warm-strings[/bold]

    Names are as --set and the DAW take them: [bold]restyle apply IN OUT --chain warm-strings
    --set reverb.wet_level=0.2[/bold]. Plugins are loaded to be asked, each in a process of its own.
    """
    from effects.chains.build import check
    from effects.chains.settings import parameters as parameters_of
    from presets.chain_files.catalogue import find

    chain, folders = find(thing), plugin_folders(plugins)
    found = dict(parameters_of(chain))
    if not no_plugins:
        from effects.chains.kinds import plugins_of
        from plugin_bridge.cli import loading_plugins

        for effect in plugins_of(chain):
            for it in loading_plugins.describe(effect, chain, folders, seconds=wait):
                found[f"{effect.name}.{it.name}"] = it
        found = _in_order(found, chain)
    if as_json:
        _print_json([chain_words.parameter_as_json(name, it) for name, it in found.items()])
    else:
        rows = [
            (name, chain_words.told(it.default), chain_words.range_of(it), it.unit)
            for name, it in found.items()
        ]
        print_table(("Parameter", "Value", "Range", "Unit"), rows, right=("Value",))
    for line in check(chain, folders):  # which may be why they were asked for
        _warn(line)


@app.command()
def add(
    name: NewName,
    source: Source,
    *,
    label: Label = None,
    plugins: Plugins = [],  # noqa: B006 - typer takes no other default
    force: Force = False,
) -> None:
    """Keep a chain under a name of yours. Nothing may be wrong with it: see validate.

    [bold]restyle chains add "Warm strings" warm-strings.toml[/bold]

    The file is copied to a folder of yours, which `restyle chains show` names. Files that it names,
    such as impulse responses, stay where they are.
    """
    from effects.chains.build import check
    from presets.chain_files import user
    from presets.chain_files.catalogue import find

    wrong = check(find(source), plugin_folders(plugins))
    if wrong:
        raise ValueError(wrong[0])
    added = user.add(name, source, label=label, replace=force)
    print(f"Added {added.name}: try restyle apply IN OUT --chain {added.name}")


@app.command()
def remove(name: Own) -> None:
    """Remove a chain of your own, for good.

    [bold]restyle chains remove warm-strings[/bold]
    """
    from presets.chain_files import user

    user.remove(name)
    print(f"Removed the chain {shown(name.removesuffix('.toml'))}.")


@app.command()
def export(name: Name, target: Target, *, force: Force = False) -> None:
    """Write a chain's text to a file, to share it, or to change it and add it again.

    [bold]restyle chains export warm-strings mine.toml[/bold]
    """
    from plugin_bridge.files.targets import check_target
    from plugin_bridge.files.whole_files import writing
    from presets.chain_files import user

    with writing(check_target(target, force=force)) as [file]:
        user.export(name, target, file=file)
    print(f"Wrote {shown(target)}.")


@app.command()
def validate(
    things: Things = None,
    *,
    plugins: Plugins = [],  # noqa: B006 - typer takes no other default
    load: Load = False,
    wait: Wait = WAIT_SECONDS,
) -> None:
    """Check chains and say what is wrong with them, one line per fault; exit code 2 if any is.

    [bold]restyle chains validate warm-strings.toml[/bold]

    Types, settings and their ranges, files, MIDI controllers are checked, and that plugins are
    there. These are loaded only with --load.
    """
    from presets.chain_files import catalogue

    folders = plugin_folders(plugins)
    wrong = [] if things else [str(error) for error in catalogue.broken()]
    for thing in things or catalogue.names():
        wrong += _problems(thing, folders, load=load, wait=wait)
    for line in wrong:
        _warn(line)
    if wrong:
        raise typer.Exit(BROKEN)
    print(f"Nothing is wrong with {shown(', '.join(things)) if things else 'any chain'}.")


def _problems(thing: str, folders: PluginFolders, *, load: bool, wait: float) -> list[str]:
    """What is wrong with a chain, one line each."""
    from effects.chains.build import check
    from presets.chain_files.catalogue import find

    try:
        chain = find(thing)
        wrong = check(chain, folders)
        if load and not wrong:
            from plugin_bridge.cli import loading_plugins

            loading_plugins.load(chain, folders, seconds=wait)
    except ValueError as error:
        return [str(error)]
    return wrong


def _in_order(found: dict[str, Parameter], chain: Chain) -> dict[str, Parameter]:
    """Parameters by their whole names, in the order of their effects."""
    places = {it.name: place for place, it in enumerate(chain.every_effect())}
    main = next((places[it.name] for it in chain.every_effect() if it.type == "StyleTransfer"), 0)
    return dict(sorted(found.items(), key=lambda it: places.get(it[0].rpartition(".")[0], main)))


def _print_json(value: object) -> None:
    import json

    print(json.dumps(value, indent=2, ensure_ascii=False))


def _warn(text: str) -> None:
    print(f"restyle: {shown(' '.join(text.split()))}", file=sys.stderr)
