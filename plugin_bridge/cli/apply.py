"""``restyle apply``: one stem in another timbre."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NamedTuple

import typer

from plugin_bridge.cli import lean
from plugin_bridge.cli.described import described
from plugin_bridge.cli.options import (
    Device,
    Drums,
    Dynamics,
    Mix,
    Quiet,
    Seed,
    Strength,
    Threads,
    force_option,
    preset_option,
)
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects import StyleTransfer
    from effects.engines.report import Report
    from plugin_bridge.files.sound_files import Sound
    from plugin_bridge.files.targets import Target

Stem = Annotated[Path, typer.Argument(metavar="IN", help="The stem: WAV, AIFF, FLAC, MP3 or OGG.")]
Out = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="Where to write it: .wav, .aiff, .flac, .mp3 or .ogg. Sample rate, channels and "
        "bit depth stay those of IN.",
    ),
]
Style = Annotated[
    Path | None,
    typer.Option(
        metavar="CLIP",
        help="A sound file of the instrument to take the timbre from; a few seconds will do.",
    ),
]
Preset = Annotated[
    str | None,
    preset_option(
        "A style in place of a clip, by name or General MIDI number: see restyle presets."
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="sampler plays the stem's notes with the style's own. infinite blends spectra, fast, "
        "and so do the published networks random_cnn_1d, random_cnn_2d, vgg19, vggish and cnn14.",
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
        help="Also draw what happened: spectrograms of stem, style and output, and the loss.",
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
        "preset, controller 1 the strength, 91 the mix, 7 the volume.",
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
Force = Annotated[bool, force_option("Replace OUT, the plot and the report if they exist.")]


def apply(
    stem: Stem,
    out: Out,
    *,
    style: Style = None,
    preset: Preset = None,
    strength: Strength = None,
    mix: Mix = None,
    engine: Engine = "sampler",
    weights: Weights = None,
    seed: Seed = 0,
    device: Device = "auto",
    midi: Midi = None,
    channel: Channel = None,
    drums: Drums = None,
    dynamics: Dynamics = None,
    threads: Threads = None,
    plot: Plot = None,
    report: ReportPath = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Restyle IN and write it to OUT: its notes and rhythm, the timbre of CLIP.

    [bold]restyle apply piano.wav out.wav --style cello.wav[/bold]

    [bold]restyle apply beat.flac out.flac --preset jazz-kit --strength 0.8 --plot beat.png[/bold]

    [bold]restyle apply lead.wav out.wav --preset violin --midi lead.mid[/bold]

    With --midi, the style or preset given holds until the first program change; if none is given,
    the stem stays as it is until then.

    OUT, the plot and the report are written all or none, and replace files only with --force.
    Ctrl-C leaves nothing behind. Where less than half of the sound could be played, a line on
    stderr says what was heard, and what to try.
    """
    started = time.monotonic()
    _check_one_style(style, preset, needed=midi is None)
    _check_midi(midi, channel, plot, report)
    targets = _check_targets(out, plot, report, force=force)
    lean.load_later(*lean.UNUSED_PARTS_OF_NUMPY)

    from effects import StyleTransfer
    from effects.automation import Automation
    from effects.engines import make_engine
    from plugin_bridge.files import sound_files
    from plugin_bridge.files.process import process
    from plugin_bridge.terminal.progress_bar import progress_bar

    some_have = {"weights": weights, "drums": drums, "dynamics": dynamics}
    own: dict[str, Any] = {name: it for name, it in some_have.items() if it is not None}
    make = StyleTransfer if midi is None else partial(Automation, midi, channel=channel)
    effect = make(
        style=style,
        preset=preset,
        strength=strength,
        mix=mix,
        engine=engine,
        seed=seed,
        device=device,
        threads=threads,
        **own,
    )
    label = make_engine(engine, seed=seed, **own).label  # raises if it has no such option
    content = sound_files.read(stem)
    sound_files.check_holds(out, content)
    draw = None
    if plot is not None and isinstance(effect, StyleTransfer):
        draw = _drawing(effect, content)
    with progress_bar(stem.name, quiet=quiet) as effect.on_progress:
        output = content.with_audio(process(effect, content))
    made = effect.report if isinstance(effect, StyleTransfer) else None
    _write(targets, output, draw, made)
    if not quiet:
        _tell(out, output, label, time.monotonic() - started, made)


class _Targets(NamedTuple):
    """What is to be written; the last two only if they are wanted."""

    out: Target
    plot: Target | None
    report: Target | None


def _write(
    targets: _Targets,
    output: Sound,
    draw: Callable[[BinaryIO, Sound], None] | None,
    made: Report | None,
) -> None:
    """Write the sound and, where they are wanted, the picture and the report: all or none."""
    from plugin_bridge.files import sound_files
    from plugin_bridge.files.whole_files import naming, writing

    wanted = [target for target in targets if target is not None]
    with writing(*wanted) as files:
        for target, file in zip(wanted, files, strict=True):
            with naming(target.path):
                if target is targets.out:
                    sound_files.write_into(file, target.path, output)
                elif target is targets.plot and draw is not None:
                    draw(file, output)
                elif target is targets.report and made is not None:
                    import json

                    file.write((json.dumps(made.as_dict(), indent=1) + "\n").encode())


def _tell(out: Path, output: Sound, label: str, seconds: float, made: Report | None) -> None:
    """Say what was written and, on stderr, what to try if much could not be played."""
    from effects.engines import DEFAULT_ENGINE

    by = "" if label == DEFAULT_ENGINE else f" by {label}"
    print(f"Wrote {shown(out)}: {described(out, output)},{by} in {seconds:.1f} s.")
    if made is not None and made.advice is not None:
        typer.echo(f"restyle: {made.advice}", err=True)


def _check_one_style(style: Path | None, preset: str | None, *, needed: bool) -> None:
    if needed and style is None and preset is None:
        raise ValueError("Say which sound to take: --style CLIP, or --preset NAME.")
    if style is not None and preset is not None:
        raise ValueError("--style and --preset exclude each other: give one of them.")


def _check_midi(
    midi: Path | None, channel: int | None, plot: Path | None, report: Path | None
) -> None:
    if midi is None and channel is not None:
        raise ValueError("--channel chooses a channel of a MIDI file: add --midi FILE.mid.")
    if midi is not None and plot is not None:
        raise ValueError(
            "--plot draws one style, and --midi may play several: leave one of them out."
        )
    if midi is not None and report is not None:
        raise ValueError(
            "--report tells of one style, and --midi may play several: leave one of them out."
        )


def _check_targets(out: Path, plot: Path | None, report: Path | None, *, force: bool) -> _Targets:
    """Check, before the long work, that the results can be written."""
    from plugin_bridge.files.formats import check_suffix
    from plugin_bridge.files.targets import check_json, check_picture, check_target

    check_suffix(out)
    return _Targets(
        check_target(out, force=force),
        None if plot is None else check_picture(plot, force=force),
        None if report is None else check_json(report, "the report", force=force),
    )


def _drawing(effect: StyleTransfer, content: Sound) -> Callable[[BinaryIO, Sound], None]:
    """A function that draws ``content``, the style and the output to a PNG file.

    The style clip is read at once, so that any fault in it is known before the long work.
    """
    from plugin_bridge.files import sound_files

    clip = sound_files.read(Path(str(effect.style)))

    def draw(file: BinaryIO, output: Sound) -> None:
        from plugin_bridge.reports import pictures

        pictures.draw(file, content, clip, output, effect.loss_curves)

    return draw
