"""Pedalboard's call contract, kept by effects in Python and by the boards that hold them.

They take the same arrays as pedalboard's plugins, read layouts in the same way, and raise the same
errors. What pedalboard leaves undefined (a buffer of no samples, NaN, an infinite sample rate) is
refused here.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pedalboard
from numpy.typing import NDArray

from effects.boards.attributes import check_attribute
from effects.running.forks import after_fork
from effects.signal.arrays import Audio

BLOCK = 1 << 20  # samples searched for NaN at a time, to limit memory


class Taken(NamedTuple):
    """A caller's array as audio, and what is needed to answer in the caller's layout."""

    audio: Audio
    ndim: int
    interleaved: bool

    def give_back(self, audio: Audio) -> Audio:
        """Put (channels, samples) into the layout of the array that was taken."""
        if self.ndim == 1:
            return audio.reshape(-1)
        return np.ascontiguousarray(audio.T) if self.interleaved else audio


class Intake:
    """Reads input arrays by pedalboard's rules: its dtypes, its layouts, its errors.

    An empty stock chain does the reading, so pedalboard itself decides what is accepted and what is
    raised. Like every stock plugin, it remembers the last layout and reads a square array by it.
    Pedalboard does not tell which layout it chose, so the choice is repeated here.
    """

    def __init__(self) -> None:
        self._renew_lock()
        self.reset()
        after_fork(self, Intake._renew)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def _renew(self) -> None:
        """Replace what another thread may have held when the process was forked."""
        self._renew_lock()
        self._stock = pedalboard.Chain([])  # it has a lock of its own

    def reset(self) -> None:
        """Forget the last layout."""
        with self._lock:
            self._stock = pedalboard.Chain([])
            self._channels = 0  # of the last array that had any; 0 before that
            self._interleaved = False

    def take(
        self, input_array: NDArray[Any], sample_rate: float, *, to_read: bool = False
    ) -> Taken:
        """Copy ``input_array`` to (channels, samples); the caller may overwrite the copy.

        Args:
            input_array: of any layout.
            sample_rate: in Hz.
            to_read: the caller will not overwrite it, so it need not be a copy: it is then
                ``input_array`` itself, read-only, if that has the right layout.

        Raises:
            TypeError: not a numpy array, or not float32 or float64.
            RuntimeError: not one- or two-dimensional, or a square array before any other.
        """
        with self._lock:
            if to_read and self._is_as_wanted(input_array):
                return self._lend(input_array, sample_rate)
            array = self._stock.process(input_array, sample_rate)
            if array.ndim == 1:
                self._interleaved = False
                audio = array[np.newaxis]
            else:
                self._interleaved = self._is_interleaved(*array.shape)
                audio = np.ascontiguousarray(array.T) if self._interleaved else array
            self._channels = len(audio) or self._channels
            return Taken(audio, array.ndim, self._interleaved)

    def _is_as_wanted(self, array: NDArray[Any]) -> bool:
        """Whether an array is what `take` would copy it to, and its layout is in no doubt."""
        return (
            isinstance(array, np.ndarray)
            and array.dtype == np.float32
            and array.flags.c_contiguous
            and array.flags.aligned
            and array.ndim in (1, 2)
            and (array.ndim == 1 or len(array) > 0)
            and array.shape[-1] > max(len(np.atleast_2d(array)), self._channels)
        )

    def _lend(self, array: NDArray[Any], sample_rate: float) -> Taken:
        """``array`` itself. Pedalboard reads its first samples, with the same layout."""
        rows = 1 if array.ndim == 1 else len(array)
        self._stock.process(array[..., : max(rows, self._channels) + 1], sample_rate)
        self._interleaved, self._channels = False, rows
        audio = array.view() if array.ndim == 2 else array[np.newaxis]
        audio.flags.writeable = False
        return Taken(audio, array.ndim, False)

    def _is_interleaved(self, rows: int, columns: int) -> bool:
        if rows == columns != 1:
            return self._interleaved
        if self._channels and self._channels in (rows, columns):
            return rows != self._channels
        if 0 in (rows, columns):
            return rows == 0  # no samples makes sense, no channels does not
        return columns < rows


def check_buffer_size(sample_rate: float, buffer_size: int, reset: bool) -> None:
    """Raise pedalboard's TypeError for arguments of a wrong type, ValueError for an empty buffer.

    Pedalboard itself hangs for ever if ``buffer_size`` is 0, except on an empty array.
    """
    pedalboard.Chain([]).process(np.empty(0, np.float32), sample_rate, buffer_size, reset)
    if int(buffer_size) < 1:
        raise ValueError(
            f"buffer_size must be 1 or more samples, not {buffer_size}: "
            "leave it out for the default of 8192."
        )


def check_call(effect: object, sample_rate: float, buffer_size: int, reset: bool) -> float:
    """Check everything but the audio of a call to ``effect``; return the sample rate in Hz.

    Raises:
        TypeError: as pedalboard.
        ValueError: ``reset=False``; a sample rate that is not positive and finite; a buffer of
            less than one sample.
    """
    check_buffer_size(sample_rate, buffer_size, reset)
    rate = float(sample_rate)
    if not 0 < rate < math.inf:
        raise ValueError(
            f"sample_rate must be a positive, finite number of Hz, not {rate:g}: "
            "pass the rate of the audio, for example 44100."
        )
    if not reset:
        raise ValueError(
            f"{type(effect).__name__} needs the whole clip at once and cannot stream with "
            "reset=False: join the chunks and pass the whole clip in one call with reset=True."
        )
    return rate


def check_finite(effect: object, audio: Audio, source: str = "") -> None:
    """Raise ValueError if ``audio`` holds NaN or infinity, and say where.

    Args:
        effect: what was given it.
        audio: (channels, samples).
        source: the effects in a board that made it; empty for the caller.
    """
    remedy = (
        f"change the settings of {source}, which made it of finite sound, or take it out."
        if source
        else "replace such samples before the call, for example with numpy.nan_to_num."
    )
    for channel, samples in enumerate(audio):
        for start in range(0, samples.size, BLOCK):
            finite = np.isfinite(samples[start : start + BLOCK])
            if not finite.all():
                raise ValueError(
                    f"{type(effect).__name__} was given NaN or infinity (first in channel "
                    f"{channel}, at sample {start + int(finite.argmin())}): {remedy}"
                )


class Processor:
    """Something called like a pedalboard plugin; a subclass implements :meth:`_process`."""

    #: Attributes that a copy has of its own: locks, and what was kept for the next call.
    _own: ClassVar[frozenset[str]] = frozenset({"_intake"})

    def __init__(self) -> None:
        self._intake = Intake()

    if not TYPE_CHECKING:  # a type checker that sees this would let any attribute be set

        def __setattr__(self, name: str, value: object) -> None:
            """Set an attribute. Raises AttributeError for a name that is not known."""
            check_attribute(self, name)
            super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle has: all but what belongs to this very object."""
        return {name: value for name, value in vars(self).items() if name not in self._own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become a copy, which has not been called yet."""
        Processor.__init__(self)
        vars(self).update(state)

    @property
    def is_effect(self) -> bool:
        """True: this takes audio."""
        return True

    @property
    def is_instrument(self) -> bool:
        """False: this does not turn MIDI into audio."""
        return False

    def process(
        self,
        input_array: NDArray[Any],
        sample_rate: float,
        buffer_size: int = 8192,
        reset: bool = True,
    ) -> Audio:
        """Process audio.

        Args:
            input_array: float32 or float64: (samples,), (channels, samples) or
                (samples, channels), where the smaller dimension is the channels. Never modified.
            sample_rate: in Hz.
            buffer_size: the most samples that a native plugin is given at a time; the default is
                pedalboard's. An effect in Python is always given the whole clip.
            reset: clear the native plugins' state first. False is for streaming, which only a
                board without Python effects can do.

        Returns:
            A new float32 array in the same layout; as long as the input if ``reset``, or longer if
            it is a board's whose ``tail`` is ``"keep"``.

        Raises:
            TypeError: not an array of 32-bit or 64-bit floats, or another argument's type.
            RuntimeError: the layout cannot be told, as in pedalboard; in a board, one object is
                used twice, or a board contains itself.
            ValueError: ``buffer_size`` below 1. With a Python effect also: NaN or infinity in the
                audio, ``sample_rate`` not positive and finite, or ``reset=False``.
        """
        return self._process(input_array, sample_rate, buffer_size, reset)

    def __call__(
        self,
        input_array: NDArray[Any],
        sample_rate: float,
        buffer_size: int = 8192,
        reset: bool = True,
    ) -> Audio:
        """Process audio: the same as :meth:`process`."""
        return self.process(input_array, sample_rate, buffer_size, reset)

    def _process(
        self, input_array: NDArray[Any], sample_rate: float, buffer_size: int, reset: bool
    ) -> Audio:
        """Do what :meth:`process` documents."""
        raise NotImplementedError
