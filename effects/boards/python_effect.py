"""Pedalboard's call contract, for an effect written in Python.

Pedalboard has no way to put Python code in its C++ chain: a subclass that overrides ``process``
is bypassed in silence once it stands in a container. :class:`PythonEffect` is therefore *not* a
``pedalboard.Plugin``, so pedalboard's own containers refuse it with a ``TypeError``;
:mod:`effects.boards.containers` has containers that take both kinds.
"""

import math
import threading
from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple, NoReturn, SupportsFloat

import numpy as np
import pedalboard
from numpy.typing import NDArray

from effects.signal.arrays import Audio

"""Audio inside this package: float32, (channels, samples), C-contiguous."""

_BLOCK = 1 << 20  # samples looked at together when searching for NaN: bounds the extra memory


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

    An empty stock chain does the reading, so that what is accepted and what is raised stays
    pedalboard's own. Like each stock plugin it remembers the last layout, by which a square array
    is read; pedalboard tells nobody which layout it chose, so that choice is repeated here.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget the last layout."""
        with self._lock:
            self._stock = pedalboard.Chain([])
            self._channels = 0  # of the last array with any; 0: none yet
            self._interleaved = False

    def take(self, input_array: NDArray[Any], sample_rate: float) -> Taken:
        """Copy ``input_array`` to (channels, samples); the copy is the caller's to overwrite.

        Raises:
            TypeError: not a numpy array, or not float32 or float64.
            RuntimeError: not one- or two-dimensional, or a square array before any other.
        """
        with self._lock:
            array = self._stock.process(input_array, sample_rate)
            if array.ndim == 1:
                self._interleaved = False
                audio = array[np.newaxis]
            else:
                self._interleaved = self._is_interleaved(*array.shape)
                audio = np.ascontiguousarray(array.T) if self._interleaved else array
            self._channels = len(audio) or self._channels
            return Taken(audio, array.ndim, self._interleaved)

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

    Pedalboard itself hangs for ever when ``buffer_size`` is 0, except over an array of no samples.
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


def check_finite(effect: object, audio: Audio) -> None:
    """Raise ValueError if ``audio`` holds NaN or infinity, and say where."""
    for channel, samples in enumerate(audio):
        for start in range(0, samples.size, _BLOCK):
            finite = np.isfinite(samples[start : start + _BLOCK])
            if not finite.all():
                raise ValueError(
                    f"{type(effect).__name__} was given NaN or infinity (first in channel "
                    f"{channel}, at sample {start + int(finite.argmin())}): replace such samples "
                    "before the call, for example with numpy.nan_to_num."
                )


class PythonEffect(ABC):
    """An effect written in Python that is called as pedalboard's are.

    A subclass implements :meth:`_render`, names its properties in ``_parameters`` for the repr,
    and calls ``super().__init__()``. It sees each clip whole, whatever the ``buffer_size``. How
    many channels it takes is for the subclass to say: nothing is refused here.

    Calls of one instance wait for each other, as pedalboard's do; instances run concurrently.
    """

    _parameters: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self._intake = Intake()
        self._lock = threading.RLock()  # reentrant: process() holds it around _apply()

    @property
    def is_effect(self) -> bool:
        """True: this takes audio."""
        return True

    @property
    def is_instrument(self) -> bool:
        """False: this does not turn MIDI into audio."""
        return False

    def reset(self) -> None:
        """Forget the last channel layout; no other state is kept between calls."""
        self._intake.reset()

    def process(
        self,
        input_array: NDArray[Any],
        sample_rate: float,
        buffer_size: int = 8192,
        reset: bool = True,
    ) -> Audio:
        """Run this effect over a whole clip.

        Args:
            input_array: float32 or float64: (samples,), (channels, samples) or
                (samples, channels), where the smaller dimension is the channels. Never modified.
            sample_rate: in Hz.
            buffer_size: accepted for pedalboard's sake; the clip is not cut into blocks.
            reset: must be true.

        Returns:
            A new float32 array of the same shape and layout.

        Raises:
            TypeError: not an array of 32-bit or 64-bit floats, or another argument's type.
            RuntimeError: the layout cannot be told, as in pedalboard.
            ValueError: NaN or infinity in the audio, ``sample_rate`` not positive and finite,
                ``buffer_size`` below 1, or ``reset=False``.
        """
        rate = check_call(self, sample_rate, buffer_size, reset)
        with self._lock:
            taken = self._intake.take(input_array, rate)
            return taken.give_back(self._apply(taken.audio, rate))

    def __call__(
        self,
        input_array: NDArray[Any],
        sample_rate: float,
        buffer_size: int = 8192,
        reset: bool = True,
    ) -> Audio:
        """Run this effect over a whole clip: the same as :meth:`process`."""
        return self.process(input_array, sample_rate, buffer_size, reset)

    def _apply(self, audio: Audio, sample_rate: float) -> Audio:
        """Render ``audio``, (channels, samples), which may be overwritten: checked and locked."""
        if audio.size == 0:
            return audio
        check_finite(self, audio)
        with self._lock:
            output = np.ascontiguousarray(self._render(audio, sample_rate), np.float32)
        if output.shape != audio.shape:
            raise RuntimeError(
                f"{type(self).__name__}._render() returned an array of shape {output.shape} "
                f"for audio of shape {audio.shape}: it must return the same shape."
            )
        return output

    @abstractmethod
    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        """Return the effect of ``audio``.

        Args:
            audio: float32, (channels, samples), at least one of each, all finite, C-contiguous;
                this call's own copy, free to overwrite and to return.
            sample_rate: in Hz, positive and finite.

        Returns:
            An array of the same shape that nothing else will write to.
        """

    def _options(self) -> dict[str, object]:
        """What the repr shows, in order: the properties named in ``_parameters``."""
        return {name: getattr(self, name) for name in self._parameters}

    def __repr__(self) -> str:
        package = type(self).__module__.partition(".")[0]
        shown = [f"{name}={_shown(value)}" for name, value in self._options().items()]
        return f"<{' '.join([f'{package}.{type(self).__name__}', *shown])} at {id(self):#x}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied, as pedalboard's plugins do."""
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def _shown(value: object) -> str:
    """Print a parameter as pedalboard does: floats to six significant digits, without zeros."""
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, int | np.integer):
        return str(int(value))
    return f"{float(value):g}" if isinstance(value, SupportsFloat) else str(value)
