"""Tweak: a cover of what is played, by changes of its latent."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from effects.boards.long_effect import LongEffect
from effects.latent.changes import Changes
from effects.latent.loading import load_codec
from effects.learned.weights import find_weights
from effects.running.progress import OnProgress, Progress, run_reporting
from effects.signal.arrays import Audio
from effects.signal.limits import check_channels, check_rate
from effects.style_clip import Style, StyleSource
from effects.tweaking.encoding import find_towards
from effects.tweaking.tweak import tweak
from effects.tweaking.tweaked import Tweaked

if TYPE_CHECKING:
    from presets import Preset

#: The fraction of the work in which what a piece goes towards is found. Not measured: one sound
#: takes as long as the piece, a folder longer.
FOUND = 0.3


class ChangesOptions(TypedDict, total=False):
    """The changes of a latent, as `effects.latent.changes.Changes` has them."""

    shuffle: float
    flatten: float
    towards: NDArray[np.floating[Any]] | Sequence[float] | str | None
    towards_amount: float
    scale: float
    add: float
    more_notes: float
    higher: float
    longer: float
    brighter: float
    noise: float
    max: int | Sequence[int]
    seed: int


class Tweak(LongEffect):
    """Make a cover: change the latent of what is played, and play what that says.

    >>> from effects import Pedalboard, Tweak
    >>> board = Pedalboard([Tweak(scale=1.2, flatten=0.5)])  # doctest: +SKIP
    >>> cover = board(audio, sample_rate)  # doctest: +SKIP

    The output has exactly the input's samples, channels and rate, and its loudness, unless the
    changed latent has no notes: what is left then is as soft as it is. Untouched, which is the
    default, it is the input, bit for bit. What the changes leave stays as it is: only notes that go
    are filtered out, and new ones are played, by the piece's own sounds. The same input and options
    give the same bits, however many threads there are.

    Args:
        style: who plays it, in place of the piece's own sounds: a sound file, or audio (as
            pedalboard takes it) with its sample rate in Hz; at most one of this and ``preset``.
        preset: a style in `presets`, by its name or its General MIDI number or name.
        weights: a file of weights of one's own (``restyle latent train``), in place of the shipped
            ones.
        on_progress: called as ``on_progress(fraction, stage)`` ten times a second, in the thread
            of the call. What it raises (`effects.Cancelled` is meant for it) ends the call.
        threads: how many of the machine's cores a call may use; None for all there are, at most 8.
        changes: each change by its name: `effects.latent.changes.Changes` says what they are.
            ``towards`` may be 120 numbers, or name a preset, a sound, a latent's file, or a folder
            of these, whose mean latent is found by each call.

    Raises:
        TypeError: an option of a wrong type, or both of ``style`` and ``preset``.
        ValueError: an option out of range, or an unknown preset; from a call, if the weights do
            not know an attribute that is asked for.
        FileNotFoundError: nothing is at ``style`` or ``weights``.
    """

    _only_reads = True
    _of_call = ("_result",)
    _result: Tweaked | None = None

    def __init__(
        self,
        *,
        style: StyleSource | None = None,
        preset: str | int | None = None,
        weights: str | os.PathLike[str] | None = None,
        on_progress: OnProgress | None = None,
        threads: int | None = None,
        **changes: Unpack[ChangesOptions],
    ) -> None:
        super().__init__(on_progress=on_progress, threads=threads)
        if style is not None and preset is not None:
            raise TypeError("Tweak takes a style or a preset, not both.")
        self._changes = Changes(**changes)  # type: ignore[arg-type]
        self._preset: Preset | None = None
        self._style: Style | None = None
        if preset is None:
            self.style = style
        else:
            self.preset = preset
        self.weights = weights

    @property
    def changes(self) -> Changes:
        """What becomes of the latent. `dataclasses.replace` makes other changes of it."""
        return self._changes

    @changes.setter
    def changes(self, value: Changes) -> None:
        if not isinstance(value, Changes):
            raise TypeError(f"changes must be effects.latent.changes.Changes, not {value!r}.")
        self._changes = replace(value)

    @property
    def style(self) -> StyleSource | None:
        """The clip that plays it; None for the piece's own sounds."""
        return self._style.source if self._style else None

    @style.setter
    def style(self, value: StyleSource | None) -> None:
        self._style = None if value is None else Style(value)
        self._preset = None

    @property
    def preset(self) -> str | None:
        """The preset's name; None if no preset plays it."""
        return self._preset.name if self._preset else None

    @preset.setter
    def preset(self, value: str | int) -> None:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise TypeError(f"preset must be a name from presets.names(), not {value!r}.")
        import presets

        preset = presets.get(value)
        self._style = Style(preset.clip, preset.sha256, preset.notes)
        self._preset = preset

    @property
    def weights(self) -> str | None:
        """The file of weights of one's own."""
        return self._weights

    @weights.setter
    def weights(self, value: str | os.PathLike[str] | None) -> None:
        self._weights = None if value is None else find_weights(value)

    @property
    def result(self) -> Tweaked | None:
        """All that the last call made: notes, latents, the report; None before a call."""
        return self._result

    @property
    def report(self) -> Mapping[str, Any] | None:
        """What the last call did and why (see `effects.tweaking.tweak`); None before a call."""
        return self._result.report if self._result else None

    def _options(self) -> dict[str, object]:
        usual, asked = vars(Changes()), vars(self._changes)
        shown = {name: value for name, value in asked.items() if value != usual[name]}
        if isinstance(self._changes.towards, tuple):
            shown["towards"] = f"<{len(self._changes.towards)} numbers>"
        if self._preset:
            shown["preset"] = self._preset.name
        elif self._style:
            shown["style"] = str(self._style)
        return {**shown, **({"weights": self._weights} if self._weights else {})}

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        check_channels("Tweak", len(audio))
        check_rate("Tweak", sample_rate)
        self._result = None
        work = partial(self._tweaked, audio, sample_rate)
        self._result = run_reporting(work, self._on_progress)
        return self._result.audio

    def _tweaked(self, audio: Audio, sample_rate: float, progress: Progress) -> Tweaked:
        changes, begin = self._changes, 0.0
        codec = load_codec(self._weights)
        if isinstance(changes.towards, str):
            begin = FOUND
            finding = progress.nested(0.0, begin, changes.towards)
            changes = replace(changes, towards=find_towards(changes.towards, codec, finding))
        return tweak(
            ("the piece", audio, sample_rate),
            changes,
            style=self._style,
            codec=codec,
            weights=self._weights,
            progress=progress.nested(begin, 1.0, "tweak"),
            threads=self._threads,
        )
