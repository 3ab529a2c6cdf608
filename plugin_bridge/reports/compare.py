"""Engines side by side: one content in every style by every engine, heard, seen and measured.

What comes of it is a folder: a page, the same as JSON, and a folder of sounds and pictures that
both refer to. A page that is there is replaced in one step, and the files it referred to are
removed after that, so there is always one whole comparison or none.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import presets
from effects import Cancelled, StyleTransfer
from effects.engines import ENGINES, make_engine
from plugin_bridge.errors import explain
from plugin_bridge.files import sound_files
from plugin_bridge.files.process import process
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import metrics
from plugin_bridge.reports.comparison import MARK, Clip, Comparison, Result
from plugin_bridge.reports.pictures import HIGHEST_HZ, Picture, spectrogram

if TYPE_CHECKING:
    from effects.engines.engine import Engine

PAGE, DATA, FILES = "index.html", "comparison.json", "files"

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class _Style:
    """A style to be compared with, as it was asked for."""

    name: str
    options: Mapping[str, str]  # of StyleTransfer
    sound: Sound
    source: str
    credit: str = ""


def make_comparison(
    content: Path,
    styles: Sequence[Path],
    folder: Path,
    report: Report,
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
            is meant for it) nothing is left.
        preset_names: presets to take as styles, too.
        engines: names, or engines with options of their own. All that there are, if empty.
        strengths: each gives a result; if empty, what the preset advises, or else
            what suits each engine.
        weights: files of trained weights, by the engine's name.
        seed: draws random filters and weights.
        device: as for `effects.StyleTransfer`.
        force: replace an earlier comparison.

    Raises:
        ValueError: an option is wrong, a file is not audio or not the engine's weights, ``folder``
            holds something else, or no engine came to a result.
        OSError: a file cannot be read or written.
    """
    check_folder(folder, force=force)
    weights = dict(weights or {})
    chosen = list(dict.fromkeys(engines or ENGINES))
    _check_weights(weights, chosen)
    # The rest is looked at before any of the long work begins.
    sound = sound_files.read(content)
    wanted = _styles(styles, preset_names)
    report(0.0, "loading torch")
    steps: list[float | None] = list(dict.fromkeys(strengths)) or [None]
    effects = [
        (style, _effect(style, engine, strength, weights, seed, device))
        for style in wanted
        for engine in chosen
        for strength in steps
    ]
    _read_weights(chosen, weights)
    computer = _computer(device)

    folder = folder.resolve()
    home = next(parent for parent in folder.parents if parent.exists())
    with tempfile.TemporaryDirectory(prefix=".restyle-compare-", dir=home) as name:
        report(0.0, "what goes in")
        made = Path(name) / "made"
        room = _Room(made, _free_name(folder), sound)
        clip = room.add_clip("content", content.name, sound, str(content))
        clips = [
            replace(
                room.add_clip(f"style-{it.name}", it.name, it.sound, it.source, it.credit),
                figures=metrics.figures(sound, it.sound, sound),
            )
            for it in wanted
        ]
        results = []
        for index, (style, effect) in enumerate(effects):
            part = _part(report, index / len(effects), 1 / len(effects), style.name, effect)
            results.append(_restyle(room, sound, style, effect, part))
        if all(result.error for result in results):
            raise ValueError(f"No engine came to a result. {_reasons(results)}")
        room.draw()
        comparison = Comparison(
            version("restyle"), _torch(), computer, seed, room.seconds, room.highest_hz,
            clip, clips, results,
        )  # fmt: skip
        from plugin_bridge.reports.compare_page import render_page

        (made / DATA).write_text(comparison.to_json(), encoding="utf-8")
        (made / PAGE).write_text(render_page(comparison), encoding="utf-8")
        report(1.0, "done")
        check_folder(folder, force=force)  # a lot may have happened meanwhile
        _publish(made, room.name, folder)
    return comparison


def check_folder(folder: Path, *, force: bool) -> None:
    """Raise ValueError unless a comparison may be made in ``folder``."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder for the comparison.")
    page = folder / PAGE
    earlier = page.is_file() and MARK in page.read_text(encoding="utf-8", errors="replace")
    if earlier and not force:
        raise ValueError(
            f"{folder} holds an earlier comparison: add --force to replace it, or name another "
            "folder."
        )
    if not earlier and any(folder.iterdir()):
        raise ValueError(
            f"The folder {folder} holds something other than a comparison: name another, or a "
            "new one."
        )


class _Room:
    """The folder of sounds and pictures while it grows."""

    def __init__(self, made: Path, name: str, content: Sound) -> None:
        (made / name).mkdir(parents=True)
        self.name = name
        self.seconds = content.seconds
        self.highest_hz = min(content.sample_rate / 2, HIGHEST_HZ)
        self._made = made
        self._pictures: dict[str, Picture] = {}

    def add(self, title: str, sound: Sound) -> tuple[str, str]:
        """Write a sound; its name, and that of the picture that is to be."""
        stem, n = _slug(title), 1
        while f"{self.name}/{stem}.png" in self._pictures:
            n += 1
            stem = f"{_slug(title)}-{n}"
        file, picture = (f"{self.name}/{stem}.{suffix}" for suffix in ("wav", "png"))
        # 16 bits: every browser plays those.
        sound_files.write_in_place(self._made / file, replace(sound, bits=16))
        self._pictures[picture] = spectrogram(sound, self.seconds, self.highest_hz)
        return file, picture

    def add_clip(self, title: str, name: str, sound: Sound, source: str, credit: str = "") -> Clip:
        """The same of a sound that goes in."""
        file, picture = self.add(title, sound)
        channels = len(sound.audio)
        return Clip(name, file, picture, sound.seconds, sound.sample_rate, channels, source, credit)

    def draw(self) -> None:
        """Write all pictures, on one scale: 0 dB is the loudest spot of all."""
        from plugin_bridge.reports.compare_page import draw

        loudest = max(float(picture.max()) for picture in self._pictures.values())
        for name, picture in self._pictures.items():
            draw(self._made / name, picture - (loudest if loudest > -float("inf") else 0))


def _restyle(
    room: _Room, content: Sound, style: _Style, effect: StyleTransfer, report: Report
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
    except Exception as error:  # whatever an engine fails with must not stop the others
        if os.environ.get("RESTYLE_DEBUG"):
            raise
        return replace(blank, error=explain(error))
    seconds = time.monotonic() - started
    report(1.0, "figures")
    title = f"{style.name}-{blank.engine}-{effect.strength:g}"
    file, picture = room.add(title, output)
    return replace(
        blank,
        file=file,
        picture=picture,
        clipped=bool(sound_files.clips(Path(file), replace(output, bits=16))),
        seconds=seconds,
        figures=metrics.figures(content, style.sound, output),
        loss_curves=effect.loss_curves,
    )


def _styles(paths: Sequence[Path], preset_names: Sequence[str]) -> list[_Style]:
    """What was asked for, under names that differ."""
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
    _ = effect.engine_label  # raises, if the engine has no use for a file of weights
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
    """Raise now, not when it is their turn, what is wrong with the files of weights."""
    from effects.engines.gram.networks.network import Network

    for engine in engines:
        if isinstance(engine, str):
            made = make_engine(engine, weights=weights.get(engine))
        else:
            made = engine
        if isinstance(made, Network):
            made.read()


def _options(engine: Engine) -> dict[str, Any]:
    """What was chosen of an engine's options, but for what its label says and the seed."""
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
    """What computes, in words. Raises ValueError if this machine has no such device."""
    from effects.running.devices import pick_device

    picked = pick_device(device)
    if picked.type == "cuda":
        import torch

        return f"cuda ({torch.cuda.get_device_name(picked)})"
    return "cpu, in one thread" if picked.type == "cpu" else picked.type


def _torch() -> str:
    import torch

    return str(torch.__version__)


def _part(report: Report, start: float, share: float, style: str, effect: StyleTransfer) -> Report:
    """The report of one result's progress, as that of the whole."""
    engine = effect.engine if isinstance(effect.engine, str) else effect.engine.name
    title = f"{engine}, {style}, {effect.strength:g}"
    return lambda fraction, stage: report(start + share * fraction, f"{title}: {stage}")


def _reasons(results: Sequence[Result]) -> str:
    reasons = list(dict.fromkeys(result.error for result in results))
    return reasons[0] if len(reasons) == 1 else "; ".join(f"{r.engine}: {r.error}" for r in results)


def _slug(title: str) -> str:
    """A name for a file that any system and any browser will take."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_.]+", "-", plain.lower()).strip("-.")[:80] or "sound"


def _free_name(folder: Path) -> str:
    """A name for the folder of files that is not taken in ``folder``."""
    name, n = FILES, 1
    while (folder / name).exists():
        n += 1
        name = f"{FILES}-{n}"
    return name


def _publish(made: Path, name: str, folder: Path) -> None:
    """Move all that was made to ``folder``; with the page's move, the new takes the old's place."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made.rename(folder)
        return
    earlier = _files_of(folder)
    (made / name).rename(folder / name)
    try:
        os.replace(made / PAGE, folder / PAGE)
    finally:
        if (made / PAGE).exists():
            shutil.rmtree(folder / name)
    os.replace(made / DATA, folder / DATA)
    for path in earlier:
        path.unlink(missing_ok=True)
    for parent in {path.parent for path in earlier}:
        with suppress(OSError):  # it holds something else, which stays
            parent.rmdir()


def _files_of(folder: Path) -> list[Path]:
    """The sounds and pictures of the comparison in ``folder``; none that are elsewhere."""
    try:
        found = json.loads((folder / DATA).read_text(encoding="utf-8"))
        clips = [found["content"], *found["styles"], *found["results"]]
        names = [str(clip[kind]) for clip in clips for kind in ("file", "picture")]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # somebody has edited it: then its files stay
    return [folder / it for it in names if re.fullmatch(rf"{FILES}(-\d+)?/[\w.-]+\.(wav|png)", it)]
