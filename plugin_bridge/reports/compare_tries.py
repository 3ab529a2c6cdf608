"""What a comparison tries: every style by every engine at every strength, checked beforehand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import presets
from effects import StyleTransfer
from effects.engines import ENGINES, make_engine
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.comparison import Result

if TYPE_CHECKING:
    from effects.engines.engine import Engine


@dataclass(frozen=True)
class Style:
    """A style: a clip or a preset, its sound, and who made it.

    Attributes:
        name: no two styles have the same.
        path: its sound file.
        options: of `effects.StyleTransfer`, that choose it.
        sound: what the file holds.
        source: where it is from, in words.
        credit: whose it is, if it is a preset's.
    """

    name: str
    path: Path
    options: Mapping[str, str]
    sound: Sound
    source: str
    credit: str = ""


@dataclass(frozen=True)
class Try:
    """One style by one engine at one strength.

    Attributes:
        style: whose timbre.
        effect: ready to be called.
        blank: the result before there is one: the settings alone.
    """

    style: Style
    effect: StyleTransfer
    blank: Result

    @property
    def title(self) -> str:
        """What progress calls it."""
        return f"{self.blank.engine}, {self.style.name}, {self.blank.strength:g}"

    @property
    def name(self) -> str:
        """What a list of tries calls it."""
        return f"{self.blank.engine} ({self.style.name}, {self.blank.strength:g})"


def styles_of(paths: Sequence[Path], preset_names: Sequence[str]) -> list[Style]:
    """The styles that were asked for; no two have the same name.

    Raises:
        ValueError: there is none, a file is not audio, or there is no such preset.
        OSError: a file cannot be read.
    """
    if not paths and not preset_names:
        raise ValueError("Say which sound to take: a sound file, or --preset NAME.")
    found = [Style(it.stem, it, {"style": str(it)}, sound_files.read(it), str(it)) for it in paths]
    found += [_preset(name) for name in preset_names]
    names: list[str] = []
    for style in found:
        others = (f"{style.name} ({n})" for n in range(2, len(found) + 1))
        names.append(style.name if style.name not in names else next(others))
    return [replace(style, name=name) for style, name in zip(found, names, strict=True)]


def tries_of(
    wanted: Sequence[Style],
    engines: Sequence[str | Engine],
    strengths: Sequence[float],
    *,
    weights: Mapping[str, Path],
    seed: int,
    device: str,
) -> list[Try]:
    """Every style by every engine at every strength, in this order.

    Args:
        wanted: the styles.
        engines: names, or engines with options of their own.
        strengths: 0 to 1; if empty, one try at the strength that suits style and engine.
        weights: files of trained weights, by the engine's name.
        seed: draws random filters and weights.
        device: as for `effects.StyleTransfer`.

    Raises:
        ValueError: an option is wrong, or a file is not the engine's weights.
        OSError: a file of weights cannot be read.
    """
    steps: list[float | None] = list(dict.fromkeys(strengths)) or [None]
    found = [
        Try(style, effect, _blank(style, effect))
        for style in wanted
        for engine in engines
        for strength in steps
        for effect in [_effect(style, engine, strength, weights, seed, device)]
    ]
    _read_weights(engines, weights)
    return found


def check_weights(weights: Mapping[str, Path], engines: Sequence[str | Engine]) -> None:
    """Check that weights are for engines that are compared. Raises ValueError if not."""
    for name in weights:
        if name not in ENGINES:
            raise ValueError(
                f"There are weights for {name!r}, which is no engine; choose one of: "
                f"{', '.join(ENGINES)}."
            )
        if name not in engines:
            raise ValueError(f"There are weights for {name}, which is not compared: name it, too.")


def inputs_digest(content: Path, wanted: Sequence[Style], *made_by: object) -> str:
    """The SHA-256 of all that the results have in common.

    Args:
        content: the sound that is restyled.
        wanted: the styles.
        made_by: what else decides what a try comes to: versions, the device, the seed.
    """
    clips = [(style.name, _digest(style.path)) for style in wanted]
    return hashlib.sha256(json.dumps([_digest(content), clips, made_by]).encode()).hexdigest()


def _preset(name: str) -> Style:
    preset = presets.get(int(name) if name.isdecimal() else name)
    credit = ", ".join(it for it in (preset.source, preset.credit, preset.licence) if it)
    options, source = {"preset": preset.name}, f"preset {preset.name}"
    return Style(preset.name, preset.clip, options, sound_files.read(preset.clip), source, credit)


def _effect(
    style: Style,
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


def _blank(style: Style, effect: StyleTransfer) -> Result:
    engine = effect.engine
    return Result(
        style=style.name,
        engine=engine if isinstance(engine, str) else engine.name,
        label=effect.engine_label,
        options={} if isinstance(engine, str) else _options(engine),
        weights=_weights_used(effect),
        strength=effect.strength,
        mix=effect.mix,
    )


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
    return {"file": str(path), "sha256": _digest(Path(path))} if path is not None else {}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
