"""An effect written in Python that can stand in a chain.

Pedalboard has no way to put Python code in its C++ chain: a subclass that overrides ``process`` is
silently bypassed in a container. :class:`PythonEffect` is therefore *not* a ``pedalboard.Plugin``,
so pedalboard's own containers refuse it with a ``TypeError``; :mod:`effects.boards.containers` has
containers that take both kinds.
"""

import threading
from abc import abstractmethod
from typing import Any, ClassVar, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from effects.boards.attributes import Closing, opened
from effects.boards.contract import Processor, check_call, check_finite
from effects.running.forks import after_fork
from effects.signal.arrays import Audio


class PythonEffect(Processor, metaclass=Closing):
    """An effect written in Python that is called like pedalboard's own.

    A subclass implements :meth:`_render`, names its properties in ``_parameters`` for the repr, and
    calls ``super().__init__()``. It sees each clip whole, whatever the ``buffer_size``. The
    subclass decides how many channels it takes: nothing is refused here.

    Public attributes of a subclass are those of its class and those that its ``__init__`` and
    :meth:`_render` set: others raise AttributeError, since they are misspelt. Names with an
    underscore are free.

    An effect can be copied and pickled if the attributes of its subclass can. What the last call
    left (named in ``_of_call``) stays behind.

    Calls of one instance wait for each other, like pedalboard's; instances run concurrently.
    """

    _parameters: ClassVar[tuple[str, ...]] = ()
    #: Whether `_render` only reads its audio, which then need not be a copy: memory for long clips.
    _only_reads: ClassVar[bool] = False
    _own = Processor._own | {"_lock"}
    #: Attributes that tell of the last call, with defaults in the class.
    _of_call: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._renew_lock()
        after_fork(self, PythonEffect._renew_lock)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in self._of_call}

    def __setstate__(self, state: dict[str, Any]) -> None:
        PythonEffect.__init__(self)
        vars(self).update(state)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()  # reentrant: a call holds it around _apply()

    def reset(self) -> None:
        """Forget the last channel layout; no other state is kept between calls."""
        self._intake.reset()

    def _process(
        self, input_array: NDArray[Any], sample_rate: float, buffer_size: int, reset: bool
    ) -> Audio:
        rate = check_call(self, sample_rate, buffer_size, reset)
        with self._lock:
            taken = self._intake.take(input_array, rate, to_read=self._only_reads)
            output = taken.give_back(self._apply(taken.audio, rate))
            return output.copy() if np.may_share_memory(output, input_array) else output

    def _apply(self, audio: Audio, sample_rate: float) -> Audio:
        """Check ``audio``, (channels, samples), and render it, locked; may overwrite it."""
        if audio.size == 0:
            return audio
        check_finite(self, audio)
        with self._lock, opened(self):
            output = np.ascontiguousarray(self._render(audio, sample_rate), np.float32)
        if output.shape != audio.shape:
            raise RuntimeError(
                f"{type(self).__name__}._render() returned an array of shape {output.shape} "
                f"for audio of shape {audio.shape}: it must return the same shape."
            )
        return output

    @abstractmethod
    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        """Return ``audio`` with the effect applied.

        Args:
            audio: float32, (channels, samples), at least one of each, all finite, C-contiguous;
                this call's own copy, free to overwrite and to return. If `_only_reads`, it may be
                read-only, and is free to return.
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


def _shown(value: object) -> str:
    """Print a parameter as pedalboard does: floats to six digits, without trailing zeros."""
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, int | np.integer):
        return str(int(value))
    return f"{float(value):g}" if isinstance(value, SupportsFloat) else str(value)
