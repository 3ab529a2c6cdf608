"""``restyle batch``: every sound file in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plugin_bridge.cli.chain_choice import chosen_chains, plugin_folders, preset_name, whole
from plugin_bridge.cli.chain_options import ChainOptions, check_excluded, check_without_chain
from plugin_bridge.cli.grouped import grouped
from plugin_bridge.cli.latent_options import Morphing, Tweaking
from plugin_bridge.cli.options import (
    Balance,
    Bed,
    BitDepth,
    Bitrate,
    ClusterAddress,
    Drums,
    Dynamics,
    GainDb,
    JobEngine,
    JobMix,
    JobSeed,
    JobStrength,
    JobThreads,
    Key,
    Lead,
    Quiet,
    Workers,
    preset_option,
)
from plugin_bridge.cli.works import MashupWith, MorphWith, Tweaked, WorkTempo, choose
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from plugin_bridge.jobs.batch import Summary

STOPPED = 130  # exit code, as shells have it after Ctrl-C

Source = Annotated[Path, typer.Argument(metavar="IN_DIR", help="The folder of the stems.")]
Target = Annotated[Path, typer.Argument(metavar="OUT_DIR", help="The folder for the results.")]
Presets = Annotated[
    list[str],
    preset_option(
        "The style, by name or General MIDI number: see restyle presets. May be given several "
        "times: each then has a folder of its name in OUT_DIR.",
        "--preset",
    ),
]
Style = Annotated[
    Path | None,
    typer.Option(
        metavar="CLIP",
        help="A sound file to take the timbre from, in place of a preset; a few seconds will do.",
    ),
]


@grouped
def batch(
    source: Source,
    target: Target,
    *,
    preset: Presets = [],  # noqa: B006 - typer takes no other default
    style: Style = None,
    chains: ChainOptions,
    engine: JobEngine = None,
    strength: JobStrength = None,
    mix: JobMix = None,
    gain_db: GainDb = None,
    seed: JobSeed = None,
    drums: Drums = None,
    dynamics: Dynamics = None,
    mashup: MashupWith = None,
    lead: Lead = None,
    balance: Balance = None,
    bed: Bed = None,
    key: Key = None,
    tempo: WorkTempo = None,
    morph: MorphWith = None,
    morphing: Morphing,
    tweak: Tweaked = False,
    tweaking: Tweaking,
    bit_depth: BitDepth = None,
    bitrate: Bitrate = None,
    workers: Workers = 0,
    threads: JobThreads = None,
    scheduler: ClusterAddress = None,
    quiet: Quiet = False,
) -> None:
    """Restyle every sound file in a folder and its subfolders, into another folder.

    [bold]restyle batch stems restyled --preset violin[/bold]

    [bold]restyle batch stems restyled --preset violin --preset flute[/bold]

    [bold]restyle batch stems restyled --style cello.wav[/bold]

    [bold]restyle batch stems restyled --chain dry-piano --chain tape[/bold]

    [bold]restyle batch beats mashed --mashup voice.wav[/bold]

    [bold]restyle batch pieces between --morph guitar.wav --at 0.5[/bold]

    [bold]restyle batch pieces covers --tweak --scale 1.3 --preset violin[/bold]

    Several presets take little more time than one: each stem is listened to once. Each of several
    chains has a folder, too.

    Run it again to go on after a stop: files that are done are skipped. It needs no server.
    """
    from plugin_bridge.jobs.batch import batch as run
    from plugin_bridge.terminal.progress_bar import progress_bar

    options = {
        "preset": [preset_name(it) for it in preset],
        **{"strength": strength, "mix": mix, "gain_db": gain_db, "seed": seed},
        **{"style": style, "engine": engine, "drums": drums, "dynamics": dynamics},
        **vars(chains),
        **{"lead": lead, "balance": balance, "bed": bed, "key": key, "tempo": tempo},
        **vars(morphing),
        **vars(tweaking),
    }
    work, other, given = choose(mashup, morph, tweak, options)
    texts: dict[str, str] = {}
    if chains.chain:
        check_excluded({"--style": style, "--preset": preset, "--engine": engine})
        texts = _texts(chains, given)
    else:
        check_without_chain(chains)
    other = given.pop("style", other)
    asked = {"bit_depth": bit_depth, "bitrate": bitrate}
    given.update({name: it for name, it in asked.items() if it is not None})
    with progress_bar(source.name, quiet=quiet) as report:
        summary = run(
            source,
            target,
            given.pop("preset", []),
            given,
            chains=texts,
            plugins=plugin_folders(chains.plugins),
            operation=work.operation,
            other=other,
            workers=workers,
            threads=threads,
            scheduler=scheduler,
            on_progress=report,
        )
    _tell(summary, target, work.done, quiet=quiet)


def _texts(options: ChainOptions, given: dict[str, Any]) -> dict[str, str]:
    """The texts of the chains, by name, with their settings, which are taken out of ``given``.

    Raises:
        ValueError: as `chosen_chains`; or two chains have one name.
    """
    from presets.chain_files.chain import render

    for name in vars(options):
        given.pop(name, None)
    own = {name: given.pop(name) for name in [*given] if name != "gain_db"}
    texts: dict[str, str] = {}
    for chain in chosen_chains(options, own).values():
        if chain.name in texts:
            raise ValueError(f"There are two chains {chain.name}: name each only once.")
        texts[chain.name] = render(whole(chain))
    return texts


def _tell(summary: Summary, target: Path, done: str, *, quiet: bool) -> None:
    """Say how it went. Raises ValueError if a file was not ``done``."""
    from plugin_bridge.files.stems import passed_over

    for stem, reason in summary.failed.items():
        typer.echo(f"restyle: {shown(stem)}: {shown(reason)}", err=True)
    for stem, advice in ({} if quiet else summary.advice).items():
        typer.echo(f"restyle: {shown(stem)}: {shown(advice)}", err=True)
    if summary.stopped:
        typer.echo("restyle: stopped; run it again to go on", err=True)
        raise typer.Exit(STOPPED)
    if not quiet:
        for line in passed_over(summary.passed_over):
            print(shown(line))
        skipped = f", skipped {summary.skipped} that were done before" if summary.skipped else ""
        print(f"{done.capitalize()} {summary.done} into {shown(target)}{skipped}.")
    if summary.failed:
        count = len(summary.failed)
        raise ValueError(f"{count} of the files {'was' if count == 1 else 'were'} not {done}.")
