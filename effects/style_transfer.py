"""StyleTransfer: a stem's melody, rhythm and dynamics in the timbre of another sound."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from effects.boards.python_effect import PythonEffect
from effects.engines import DEFAULT_ENGINE, ENGINES, default_strength, make_engine
from effects.learned.weights import find_weights
from effects.running.devices import DEVICES, check_device
from effects.running.progress import OnProgress, Progress, run_reporting
from effects.signal.arrays import Audio
from effects.signal.loudness import loudness, match_loudness, peak
from effects.style_clip import MIN_PEAK, Style

if TYPE_CHECKING:
    from effects.engines.engine import Engine
    from presets import Preset

MAX_CHANNELS = 8
STRETCH = 1 << 20  # samples mixed together

StyleSource = str | os.PathLike[str] | tuple[NDArray[np.floating], float]


class StyleTransfer(PythonEffect):
    """Restyle a whole clip: what is played stays, what it is played on becomes the style's.

    The output has exactly the input's samples, channels and rate, its stereo image, and its
    loudness within 1 LU; its peaks stay below full scale if the input's did. Rests stay silent.
    The same input, options and machine give the same bits.

    Args:
        style: a sound file, or audio (as pedalboard takes it) with its sample rate in Hz. Exactly
            one of ``style`` and ``preset`` is given.
        preset: a style in `presets`: its name, or its General MIDI number or name.
        strength: 0 leaves the sound as it is, bit for bit; 1 is all style. Between them it is the
            share of the way gone, the way being the root of the distance of the Gram matrices.
            None is what the preset advises, or else what suits the engine.
        mix: 0 is dry, 1 is wet; both are in phase wherever the style left the sound alone. None is
            what the preset advises, or else 1.
        engine: a name from `effects.engines.ENGINES`, or an engine with options of your own,
            such as ``RandomCNN1D(n_filters=512)``.
        seed: draws the random filters of the engines that have any. An engine given with options
            keeps its own.
        device: ``"cpu"``, ``"cuda"``, ``"mps"``, or ``"auto"`` for the fastest there is.
        on_progress: called as ``on_progress(fraction, stage)`` ten times a second, in the thread
            of the call. What it raises (`effects.Cancelled` is meant for it) ends the call.
        weights: the file of trained weights for an engine that is named (``"vgg19"``,
            ``"vggish"``, ``"cnn14"``); see `effects.engines` for which. It is read by the call.
            Without a file, the weights are drawn with ``seed``.

    Raises:
        TypeError: an option of a wrong type, or both or neither of ``style`` and ``preset``.
        ValueError: an option out of range, an unknown preset or engine; by the call, if the file
            of weights is another than the engine's.
        FileNotFoundError: no file at ``style`` or ``weights``.
    """

    _parameters = ("strength", "mix", "engine", "seed", "device")

    def __init__(
        self,
        style: StyleSource | None = None,
        preset: str | int | None = None,
        strength: float | None = None,
        mix: float | None = None,
        engine: str | Engine = DEFAULT_ENGINE,
        seed: int = 0,
        device: str = "auto",
        on_progress: OnProgress | None = None,
        weights: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__()
        if (style is None) == (preset is None):
            raise TypeError(
                "StyleTransfer needs exactly one of style (a path or (audio, sample_rate)) "
                "and preset (a name from presets.names())."
            )
        self._preset: Preset | None = None
        if style is not None:
            self.style = style
        else:
            self.preset = preset
        advised: Mapping[str, float] = self._preset.parameters if self._preset else {}
        self.engine = engine
        usual = advised.get("strength", default_strength(engine))
        self.strength = usual if strength is None else strength
        self.mix = advised.get("mix", 1.0) if mix is None else mix
        self.weights = weights
        self.seed = seed
        self.device = device
        self.on_progress = on_progress
        self._loss_curves: list[list[tuple[float, float]]] = []

    @property
    def style(self) -> StyleSource:
        """The style clip: a path (the preset's, if there is one) or ``(audio, sample_rate)``."""
        return self._style.source

    @style.setter
    def style(self, value: StyleSource) -> None:
        self._style = Style(value)
        self._preset = None

    @property
    def preset(self) -> str | None:
        """The preset's name; None with a clip of one's own."""
        return self._preset.name if self._preset else None

    @preset.setter
    def preset(self, value: str | int | None) -> None:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise TypeError(f"preset must be a name from presets.names(), not {value!r}.")
        import presets

        preset = presets.get(value)
        self._style = Style(preset.clip, preset.sha256, preset.notes)
        self._preset = preset

    @property
    def strength(self) -> float:
        """Share of the way to the style, 0 to 1."""
        return self._strength

    @strength.setter
    def strength(self, value: float) -> None:
        self._strength = _between_0_and_1("Strength", value)

    @property
    def mix(self) -> float:
        """Wet share of the output, 0 to 1."""
        return self._mix

    @mix.setter
    def mix(self, value: float) -> None:
        self._mix = _between_0_and_1("Mix", value)

    @property
    def engine(self) -> str | Engine:
        """What tells how far the sound is from style and content."""
        return self._engine

    @engine.setter
    def engine(self, value: str | Engine) -> None:
        if isinstance(value, str):
            if value not in ENGINES:
                make_engine(value)  # raises, and says which there are
        elif isinstance(value, type) or not callable(getattr(value, "restyle", None)):
            raise TypeError(
                f"engine must be one of {', '.join(ENGINES)}, or an Engine, not {value!r}."
            )
        self._engine = value

    @property
    def weights(self) -> str | None:
        """The file of the engine's trained weights."""
        return self._weights

    @weights.setter
    def weights(self, value: str | os.PathLike[str] | None) -> None:
        if value is None:
            self._weights = None
            return
        if not isinstance(value, (str, os.PathLike)):
            raise TypeError(f"weights must be a path or None, not {value!r}.")
        self._weights = find_weights(value)

    @property
    def engine_label(self) -> str:
        """The engine as a result is to be labelled: its name, and where its weights are from."""
        return _engine(self._engine, self._seed, self._weights).label

    @property
    def seed(self) -> int:
        """Draws the random filters."""
        return self._seed

    @seed.setter
    def seed(self, value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise TypeError(f"Seed must be an integer, not {value!r}.")
        if not 0 <= value < 2**63:
            raise ValueError("Seed must be between 0 and 2**63 - 1.")
        self._seed = int(value)

    @property
    def device(self) -> str:
        """Where to compute."""
        return self._device

    @device.setter
    def device(self, value: str) -> None:
        if value not in DEVICES:
            raise ValueError(f"Device must be one of {', '.join(DEVICES)}, not {value!r}.")
        self._device = value

    @property
    def on_progress(self) -> OnProgress | None:
        """Called as ``on_progress(fraction, stage)`` while a call lasts."""
        return self._on_progress

    @on_progress.setter
    def on_progress(self, value: OnProgress | None) -> None:
        if value is not None and not callable(value):
            raise TypeError(f"on_progress must be callable or None, not {value!r}.")
        self._on_progress = value

    @property
    def loss_curves(self) -> list[list[tuple[float, float]]]:
        """Of the last call: per window of the stem, per evaluation, (style, content) distance.

        Both are relative: to the style's and to the content's own size.
        """
        return self._loss_curves

    def _options(self) -> dict[str, object]:
        source = {"preset": self._preset.name} if self._preset else {"style": str(self._style)}
        weights = {"weights": self._weights} if self._weights else {}
        return {**source, **super()._options(), **weights}

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        if len(audio) > MAX_CHANNELS:
            raise ValueError(
                f"StyleTransfer takes up to {MAX_CHANNELS} channels, not {len(audio)}: "
                "restyle them in groups."
            )
        self._loss_curves = []
        return run_reporting(self._work(audio, sample_rate), self._on_progress)

    def _work(self, audio: Audio, sample_rate: float) -> Callable[[Progress], Audio]:
        """The whole job, with the options as they are now."""
        style, strength, mix = self._style, self._strength, self._mix
        engine, seed, device, weights = self._engine, self._seed, self._device, self._weights

        def work(progress: Progress) -> Audio:
            if strength == 0 or mix == 0 or peak(audio) < MIN_PEAK:
                return audio
            progress.tick(0.0, "loading the engine")
            check_device(device)
            restyled = _engine(engine, seed, weights).restyle(
                audio, sample_rate, style, strength=strength, device=device, progress=progress
            )
            self._loss_curves = restyled.curves
            wet, level, ceiling = restyled.audio, loudness(audio, sample_rate), max(1, peak(audio))
            match_loudness(wet, sample_rate, level, ceiling=ceiling)
            progress.tick(0.97)
            if mix < 1:  # dry and wet may cancel in part, so what they make is matched again
                _mix_into(wet, audio, mix)
                match_loudness(wet, sample_rate, level, ceiling=ceiling)
            return wet

        return work


def _engine(engine: str | Engine, seed: int, weights: str | None) -> Engine:
    if isinstance(engine, str):
        return make_engine(engine, seed=seed, weights=weights)
    if weights is not None:
        raise ValueError("An engine with options has its weights among them: name them there.")
    return engine


def _between_0_and_1(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {value!r}.")
    number = float(value)
    if not 0.0 <= number <= 1.0:
        raise ValueError(f"{name} must be between 0.0 and 1.0.")
    return number


def _mix_into(wet: Audio, dry: Audio, mix: float) -> None:
    """``wet`` becomes the mix, in place."""
    for start in range(0, wet.shape[1], STRETCH):
        part = slice(start, start + STRETCH)
        wet[:, part] *= np.float32(mix)
        wet[:, part] += np.float32(1 - mix) * dry[:, part]
