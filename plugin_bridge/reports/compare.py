"""Make a comparison: one content in every style by every engine, to hear, see and measure."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import presets
from effects import Cancelled, StyleTransfer
from effects.engines import ENGINES, make_engine
from effects.running.progress import OnProgress, part
from plugin_bridge.errors import explain
from plugin_bridge.files import sound_files
from plugin_bridge.files.process import process
from plugin_bridge.files.result_folder import check_folder, workshop
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import metrics
from plugin_bridge.reports.comparison import KIND, Clip, Comparison, Result
from plugin_bridge.reports.comparison_files import ComparisonFiles

if TYPE_CHECKING:
    from effects.engines.engine import Engine


@dataclass(frozen=True)
class _Style:
    """A style: a clip or a preset, its sound, and who made it."""

    name: str
    options: Mapping[str, str]  # of StyleTransfer
    sound: Sound
    source: str
    credit: str = ""


def make_comparison(
    content: Path,
    styles: Sequence[Path],
    folder: Path,
    report: OnProgress,
    *,
    preset_names: Sequence[str] = (),
    engines: Sequence[str | Engine] = (),
    strengths: Sequence[float] = (),
    weights: Mapping[str, Path] | None = None,
    seed: int = 0,
    device: str = "auto",
    force: bool = False,
) -> Comparison:
    """Restyle ``content`` in every style by every engine into ``folder``; all of it or nothing.

    Args:
        content: a sound file.
        styles: sound files.
        folder: new, empty, or, with ``force``, an earlier comparison. What the user added stays.
        report: called with the fraction done, 0 to 1, and the stage. If it raises (`Cancelled`
            is meant for it), nothing is left.
        preset_names: presets to take as styles, too.
        engines: names, or engines with options of their own; all engines, if empty.
        strengths: each gives a result; if empty, what the preset advises, or else what suits each
            engine.
        weights: files of trained weights, by the engine's name.
        seed: draws random filters and weights.
        device: as for `effects.StyleTransfer`.
        force: replace an earlier comparison.

    Raises:
        ValueError: an option is wrong, a file is not audio or not the engine's weights, ``folder``
            holds something else, or every engine failed.
        OSError: a file cannot be read or written.
    """
    check_folder(folder, KIND, force=force)
    weights = dict(weights or {})
    chosen = list(dict.fromkeys(engines or ENGINES))
    _check_weights(weights, chosen)
    # Whatever may be wrong is checked before the long work begins.
    sound = sound_files.read(content)
    wanted = _styles(styles, preset_names)
    report(0.0, "loading torch")
    steps: list[float | None] = list(dict.fromkeys(strengths)) or [None]
    tries = [
        (style, _effect(style, engine, strength, weights, seed, device))
        for style in wanted
        for engine in chosen
        for strength in steps
    ]
    _read_weights(chosen, weights)
    computer = _computer(device)

    folder = folder.resolve()
    with workshop(folder, KIND) as made:
        report(0.0, "what goes in")
        files = ComparisonFiles(made, folder, sound)
        clip = files.add_clip("content", content.name, sound, str(content))
        clips = [_add_style(files, sound, style) for style in wanted]
        results = _results(files, sound, tries, report)
        files.draw()
        comparison = Comparison(
            version("restyle"), _torch(), computer, seed, files.seconds, files.highest_hz,
            clip, clips, results,
        )  # fmt: skip
        files.describe(comparison)
        report(1.0, "done")
        check_folder(folder, KIND, force=force)  # it may have changed meanwhile
        files.publish()
    return comparison


def _add_style(files: ComparisonFiles, content: Sound, style: _Style) -> Clip:
    """The style's clip, with the figures that the content has as it is."""
    clip = files.add_clip(
        f"style-{style.name}", style.name, style.sound, style.source, style.credit
    )
    return replace(clip, figures=metrics.figures(content, style.sound, content))


def _results(
    files: ComparisonFiles,
    content: Sound,
    tries: Sequence[tuple[_Style, StyleTransfer]],
    report: OnProgress,
) -> list[Result]:
    """The results of all effects. Raises ValueError if all of them fail."""
    results = []
    for index, (style, effect) in enumerate(tries):
        share = part(report, index / len(tries), (index + 1) / len(tries))
        results.append(_restyle(files, content, style, effect, _titled(share, style, effect)))
    if all(result.error for result in results):
        raise ValueError(f"No engine came to a result. {_reasons(results)}")
    return results


def _restyle(
    files: ComparisonFiles, content: Sound, style: _Style, effect: StyleTransfer, report: OnProgress
) -> Result:
    engine = effect.engine
    blank = Result(
        style=style.name,
        engine=engine if isinstance(engine, str) else engine.name,
        label=effect.engine_label,
        options={} if isinstance(engine, str) else _options(engine),
        weights=_weights_used(effect),
        strength=effect.strength,
        mix=effect.mix,
    )
    effect.on_progress = report
    started = time.monotonic()
    try:
        output = content.with_audio(process(effect, content))
        if not np.isfinite(output.audio).all():
            raise ValueError("it came to NaN or infinity")
    except Cancelled:
        raise
    except Exception as error:  # an engine that fails must not stop the others
        if os.environ.get("RESTYLE_DEBUG"):
            raise
        return replace(blank, error=explain(error))
    seconds = time.monotonic() - started
    report(1.0, "figures")
    title = f"{style.name}-{blank.engine}-{effect.strength:g}"
    file, picture = files.add(title, output)
    return replace(
        blank,
        file=file,
        picture=picture,
        clipped=bool(sound_files.clips(Path(file), replace(output, bits=16))),
        seconds=seconds,
        figures=metrics.figures(content, style.sound, output),
        loss_curves=effect.loss_curves,
        report=effect.report,
    )


def _styles(paths: Sequence[Path], preset_names: Sequence[str]) -> list[_Style]:
    """The styles that were asked for; no two have the same name."""
    if not paths and not preset_names:
        raise ValueError("Say which sound to take: a sound file, or --preset NAME.")
    found = [
        _Style(path.stem, {"style": str(path)}, sound_files.read(path), str(path)) for path in paths
    ]
    for name in preset_names:
        preset = presets.get(int(name) if name.isdecimal() else name)
        credit = ", ".join(it for it in (preset.source, preset.credit, preset.licence) if it)
        found.append(
            _Style(
                preset.name,
                {"preset": preset.name},
                sound_files.read(preset.clip),
                f"preset {preset.name}",
                credit,
            )
        )
    names: list[str] = []
    for style in found:
        others = (f"{style.name} ({n})" for n in range(2, len(found) + 1))
        names.append(style.name if style.name not in names else next(others))
    return [replace(style, name=name) for style, name in zip(found, names, strict=True)]


def _effect(
    style: _Style,
    engine: str | Engine,
    strength: float | None,
    weights: Mapping[str, Path],
    seed: int,
    device: str,
) -> StyleTransfer:
    named: dict[str, Any] = {}
    if isinstance(engine, str) and engine in weights:
        named["weights"] = weights[engine]
    effect = StyleTransfer(
        **style.options,  # type: ignore[arg-type]
        engine=engine,
        strength=strength,
        seed=seed,
        device=device,
        **named,
    )
    _ = effect.engine_label  # raises if the engine takes no weights
    return effect


def _check_weights(weights: Mapping[str, Path], engines: Sequence[str | Engine]) -> None:
    for name in weights:
        if name not in ENGINES:
            raise ValueError(
                f"There are weights for {name!r}, which is no engine; choose one of: "
                f"{', '.join(ENGINES)}."
            )
        if name not in engines:
            raise ValueError(f"There are weights for {name}, which is not compared: name it, too.")


def _read_weights(engines: Sequence[str | Engine], weights: Mapping[str, Path]) -> None:
    """Read the files of weights, so that a bad one is refused before the long work."""
    from effects.engines.gram.networks.network import Network

    for engine in engines:
        if isinstance(engine, str):
            made = make_engine(engine, weights=weights.get(engine))
        else:
            made = engine
        if isinstance(made, Network):
            made.read()


def _options(engine: Engine) -> dict[str, Any]:
    """An engine's options that differ from the defaults, except those that the page has anyway."""
    return {
        it.name: value
        for it in fields(engine)
        if it.name not in ("weights", "seed") and (value := getattr(engine, it.name)) != it.default
    }


def _weights_used(effect: StyleTransfer) -> dict[str, str]:
    engine = effect.engine
    path = effect.weights if isinstance(engine, str) else getattr(engine, "weights", None)
    if path is None:
        return {}
    with Path(path).open("rb") as file:
        return {"file": str(path), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _computer(device: str) -> str:
    """The device that will compute, in words. Raises ValueError if this machine has none such."""
    from effects.running.devices import pick_device

    picked = pick_device(device)
    if picked.type == "cuda":
        import torch

        return f"cuda ({torch.cuda.get_device_name(picked)})"
    return "cpu, in one thread" if picked.type == "cpu" else picked.type


def _torch() -> str:
    import torch

    return str(torch.__version__)


def _titled(report: OnProgress, style: _Style, effect: StyleTransfer) -> OnProgress:
    engine = effect.engine if isinstance(effect.engine, str) else effect.engine.name
    title = f"{engine}, {style.name}, {effect.strength:g}"
    return lambda fraction, stage: report(fraction, f"{title}: {stage}")


def _reasons(results: Sequence[Result]) -> str:
    reasons = list(dict.fromkeys(result.error for result in results))
    return reasons[0] if len(reasons) == 1 else "; ".join(f"{r.engine}: {r.error}" for r in results)
