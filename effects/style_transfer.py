"""StyleTransfer: what is heard of a stem, played with the sounds of another clip."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from effects.boards.long_effect import LongEffect
from effects.engines import (
    DEFAULT_DRUMS,
    DEFAULT_DYNAMICS,
    DEFAULT_ENGINE,
    ENGINES,
    check_drums,
    default_strength,
    make_engine,
)
from effects.engines.engine import Engine, LossCurve
from effects.engines.report import Report
from effects.learned.weights import find_weights
from effects.running.devices import DEVICES
from effects.running.progress import OnProgress, run_reporting
from effects.scores.score import Score
from effects.signal.arrays import Audio
from effects.signal.limits import check_channels, check_rate
from effects.style_clip import Style, StyleSource
from effects.transfer import Transfer

if TYPE_CHECKING:
    from presets import Preset

NotesSource = str | os.PathLike[str] | Score
"""A MIDI file, or a score."""


class StyleTransferOptions(TypedDict, total=False):
    """The options of `StyleTransfer`, documented there, for functions that pass them on."""

    style: StyleSource | None
    preset: str | int | None
    strength: float | None
    mix: float | None
    engine: str | Engine
    seed: int
    device: str
    on_progress: OnProgress | None
    weights: str | os.PathLike[str] | None
    drums: str
    dynamics: float
    threads: int | None
    notes: NotesSource | None


class StyleTransfer(LongEffect):
    """Restyle a whole clip: what is heard of it is played with the style's sounds.

    The output has exactly the input's samples, channels and rate, its stereo image, and its
    loudness within 1 LU; its peaks stay below full scale if the input's did, and its true peaks
    (ITU-R BS.1770-4) below 0 dBTP if the input's were. Rests stay silent.
    The same input, options and machine give the same bits.

    Args:
        style: a sound file, or audio (as pedalboard takes it) with its sample rate in Hz. Exactly
            one of ``style`` and ``preset`` is given.
        preset: a style in `presets`: its name, or its General MIDI number or name.
        strength: 0 leaves the sound as it is, bit for bit; 1 is all style. In between, it is the
            share of the way from the sound to the style. None stands for what the preset advises,
            or else what suits the engine.
        mix: 0 is dry, 1 is wet; both are in phase wherever the style left the sound alone. None
            stands for what the preset advises, or else 1.
        engine: a name from `effects.engines.ENGINES`, or an engine with options of your own,
            such as ``RandomCNN1D(n_filters=512)``.
        seed: draws the random filters of the engines that have any. An engine given with options
            keeps its own.
        device: ``"cpu"``, ``"cuda"``, ``"mps"``, or ``"auto"`` for the fastest there is.
        on_progress: called as ``on_progress(fraction, stage)`` ten times a second, in the thread
            of the call. What it raises (`effects.Cancelled` is meant for it) ends the call.
        weights: the file of trained weights for an engine given by its name (``"vgg19"``,
            ``"vggish"``, ``"cnn14"``); docs/networks.md says which file. A call reads it. Without a
            file, the weights are drawn with ``seed``.
        drums: what becomes of drums that sound beside notes: ``"keep"`` leaves them as they are,
            ``"play"`` has the style play them, ``"drop"`` leaves them out. Of the engines only
            ``"sampler"`` has this option and the next; one given with options keeps its own.
        dynamics: how far the levels of notes follow the stem's: 0 leaves them as the style plays, 1
            goes furthest.
        threads: how many of the machine's cores a call may use; None for all there are, at most 8.
            However many they are, the output has the same bits. Torch, which engines that optimise
            use, computes on one.
        notes: what to play in place of what is heard: a MIDI file or an `effects.Score`, which
            begins with the stem, as `effects.listen` writes them. Channel 10 has strokes, all
            others notes. Of the engines only ``"sampler"`` has this option.

    Raises:
        TypeError: an option of a wrong type, or both or neither of ``style`` and ``preset``.
        ValueError: an option out of range, an unknown preset or engine; from a call, if the file of
            weights is not the engine's, or the engine has no such option as ``drums``.
        FileNotFoundError: no file at ``style``, ``weights`` or ``notes``.
    """

    _only_reads = True
    _parameters = ("strength", "mix", "engine", "seed", "device", "drums", "dynamics")
    _of_call = ("_loss_curves", "_report", "_heard")
    _loss_curves: Sequence[LossCurve] = ()
    _report: Report | None = None
    _heard: Score | None = None

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
        drums: str = DEFAULT_DRUMS,
        dynamics: float = DEFAULT_DYNAMICS,
        threads: int | None = None,
        notes: NotesSource | None = None,
    ) -> None:
        super().__init__(on_progress=on_progress, threads=threads)
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
        self.drums = drums
        self.dynamics = dynamics
        self.notes = notes

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
        """The preset's name; None if the style is a clip of your own."""
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
        """The engine's name, or an engine with options of your own."""
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
        """The engine's label for results: its name, and where its weights are from."""
        return self.transfer.make_engine().label

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
    def drums(self) -> str:
        """What becomes of drums beside notes: keep, play or drop."""
        return self._drums

    @drums.setter
    def drums(self, value: str) -> None:
        self._drums = check_drums(value)

    @property
    def dynamics(self) -> float:
        """How far the levels of notes follow the stem's, 0 to 1."""
        return self._dynamics

    @dynamics.setter
    def dynamics(self, value: float) -> None:
        self._dynamics = _between_0_and_1("Dynamics", value)

    @property
    def notes(self) -> NotesSource | None:
        """What is played in place of what is heard: a MIDI file, read when it was set, or a score.

        None if what is heard is played.
        """
        return self._notes

    @notes.setter
    def notes(self, value: NotesSource | None) -> None:
        if isinstance(value, (str, os.PathLike)):
            self._notes: NotesSource | None = os.fspath(value)
            self._score: Score | None = Score.from_midi(value)
        elif value is None or isinstance(value, Score):
            self._notes = self._score = value
        else:
            raise TypeError(f"notes must be a MIDI file, a Score or None, not {value!r}.")

    @property
    def transfer(self) -> Transfer:
        """The options as they are now. A call keeps them, whatever is set while it lasts."""
        return Transfer(
            style=self._style,
            strength=self._strength,
            mix=self._mix,
            engine=self._engine,
            seed=self._seed,
            device=self._device,
            weights=self._weights,
            drums=self._drums,
            dynamics=self._dynamics,
            threads=self._threads,
            notes=self._score,
        )

    @property
    def loss_curves(self) -> list[LossCurve]:
        """The last call's (style, content) distances, for each window of the stem and evaluation.

        They are relative to the style's and to the content's own size.
        """
        return list(self._loss_curves)

    @property
    def report(self) -> Report | None:
        """Which share of the last call's sound was played, kept and blended; None before a call."""
        return self._report

    @property
    def heard(self) -> Score | None:
        """What was heard of the last call's stem, before any ``notes`` were put in its place.

        It has no beats; `effects.listen` listens for them, too. None before a call, if there was
        nothing to do, or if the stem was not listened to: by another engine, for example.
        """
        return self._heard

    def _options(self) -> dict[str, object]:
        source = {"preset": self._preset.name} if self._preset else {"style": str(self._style)}
        weights = {"weights": self._weights} if self._weights else {}
        notes = {"notes": _shown(self._notes)} if self._notes is not None else {}
        return {**source, **super()._options(), **weights, **notes}

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        check_channels("StyleTransfer", len(audio))
        check_rate("StyleTransfer", sample_rate)
        self._loss_curves, self._report, self._heard = (), None, None
        work = partial(self.transfer.render, audio, sample_rate)
        restyled = run_reporting(work, self._on_progress)
        self._loss_curves, self._report = restyled.curves, restyled.report
        self._heard = restyled.heard
        return restyled.audio


def _shown(notes: NotesSource) -> str:
    """Notes in a repr."""
    return notes.summary if isinstance(notes, Score) else os.fspath(notes)


def _between_0_and_1(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {value!r}.")
    number = float(value)
    if not 0.0 <= number <= 1.0:
        raise ValueError(f"{name} must be between 0.0 and 1.0.")
    return number
