"""Pedalboard's containers, with room for effects written in Python.

:class:`Chain`, :class:`Mix` and :class:`effects.board.Pedalboard` are used like pedalboard's own.
Neighbouring native plugins run together in one C++ call; a
:class:`~effects.boards.python_effect.PythonEffect` is given the whole clip. A board of native
plugins alone runs entirely in C++, and can stream with ``reset=False``.

Pedalboard's own containers and ``pedalboard.io.AudioStream`` cannot run these boards: they raise a
RuntimeError ("Unable to cast from non-held to held instance") as soon as they are given one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from numbers import Real
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex, TypeAlias

import numpy as np
import pedalboard
from numpy.typing import NDArray

from effects.boards.attributes import close
from effects.boards.contract import Processor, check_buffer_size, check_call, check_finite
from effects.boards.copies import Portable
from effects.boards.course import Course
from effects.boards.long_effect import LongEffect
from effects.boards.native import (
    PLUGIN,
    ended,
    explodes,
    is_plugin,
    keeps_pace,
    leaves,
    plugin_name,
    run_native,
    run_plugin,
)
from effects.boards.python_effect import PythonEffect
from effects.boards.tails import fade_out
from effects.moved import name_of
from effects.signal.arrays import Audio

Member: TypeAlias = pedalboard.Plugin | PythonEffect | None
"""What a board may hold. None, as in pedalboard's own containers, leaves the audio as it is."""


#: How far effects in C++ hear on after the end, beside what plugins report: longer than the
#: latencies of pedalboard's own, of which PitchShift's is the longest, 1.1 s.
_AHEAD_SECONDS = 2.0
#: A filter before an effect in Python rings for some milliseconds. That is no tail: the effect gets
#: what it would get if tails were cut, and does the same with it. By guess.
_RINGING_SECONDS = 0.05

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """`Pedalboard` was once here."""
        return name_of(__name__, name)


class _NoNative(type(pedalboard.Chain)):  # type: ignore[misc]
    """Makes instances of pedalboard's classes that have no C++ half.

    C++ code that ran a board would silently skip its Python effects. Without a C++ half there is
    nothing to run: whatever takes a plugin in C++ raises as soon as it is given a board. A C++ half
    that raises when it is run would not do: AudioStream bypasses a chain during its first
    milliseconds, and later whenever the chain is locked, and an exception ends the interpreter.

    Pedalboard's own metaclass refuses an instance whose C++ half was not built.

    As with pedalboard's own, a misspelt attribute raises in those that stand for a C++ class, and a
    Pedalboard or a subclass may be given any.
    """

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        board = type.__call__(cls, *args, **kwargs)
        if "_stock" in vars(cls):
            close(board)
        return board


class Board(Processor):
    """What the three containers share: the list of members, and how they are run.

    All methods of pedalboard's containers are overridden, here and in `Processor`, because they
    need the C++ half that `_NoNative` leaves out.
    """

    _stock: ClassVar[type[pedalboard.Chain] | type[pedalboard.Mix]]
    _own = Processor._own | {"_native"}

    def __init__(self, plugins: Sequence[Member] = ()) -> None:
        super().__init__()
        self._members = [_checked(plugin) for plugin in _sequence(plugins)]
        # The members that the stock container was built for, and the container.
        self._native: tuple[list[Any], pedalboard.Chain | pedalboard.Mix] | None = None

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        """As pickle's protocol 2: older ones would ask for a C++ half, and end the interpreter."""
        return super().__reduce_ex__(max(int(protocol), 2))

    def __getstate__(self) -> dict[str, Any]:
        members = [_portable(it) for it in self._members]
        return {**super().__getstate__(), "_members": members}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._members = [it.plugin if isinstance(it, Portable) else it for it in self._members]
        self._native = None

    # The list protocol of pedalboard's containers, with the same errors.

    def __len__(self) -> int:
        """Count the members."""
        return len(self._members)

    def __iter__(self) -> Iterator[Any]:
        """Go through the members in order."""
        return iter(self._members)

    def __contains__(self, plugin: Member) -> bool:
        """Tell whether this very object is a member."""
        plugin = _checked(plugin)
        return any(member is plugin for member in self._members)

    def __getitem__(self, index: SupportsIndex) -> Any:
        """Get a member. Raises IndexError, or TypeError for a slice."""
        return self._members[self._position(index)]

    def __setitem__(self, index: SupportsIndex, plugin: Member) -> None:
        """Replace a member. Raises IndexError, or TypeError for what is not an effect."""
        self._members[self._position(index)] = _checked(plugin)
        self._native = None

    def __delitem__(self, index: SupportsIndex) -> None:
        """Remove a member by its index. Raises IndexError."""
        del self._members[self._position(index)]
        self._native = None

    def insert(self, index: SupportsIndex, plugin: Member) -> None:
        """Insert a member. Raises IndexError beyond the ends, where a list would not."""
        self._members.insert(self._position(index, end=1), _checked(plugin))
        self._native = None

    def append(self, plugin: Member) -> None:
        """Add a member at the end. Raises TypeError for what is not an effect."""
        self.insert(len(self._members), plugin)

    def remove(self, plugin: Member) -> None:
        """Remove a member by its identity. Raises ValueError if it is not there."""
        plugin = _checked(plugin)
        for position, member in enumerate(self._members):
            if member is plugin:
                del self[position]
                return
        raise ValueError("remove(x): x not in list")

    def _position(self, index: SupportsIndex, *, end: int = 0) -> int:
        position = index.__index__() if isinstance(index, SupportsIndex) else _no_index(index)
        length = len(self._members)
        position += length if position < 0 else 0
        if not 0 <= position < length + end:
            raise IndexError("index out of range")
        return position

    @recursive_repr()
    def __repr__(self) -> str:
        count = f"{len(self)} plugin{'' if len(self) == 1 else 's'}"
        return f"<effects.{type(self).__name__} with {count}: {self._members} at {id(self):#x}>"

    # Running the members.

    def reset(self) -> None:
        """Clear the state of all members: tails, delay lines, the last channel layout."""
        _first_python_effect(self)  # raises if this board contains itself
        for member in self._members:
            if member is not None:
                member.reset()
        self._intake.reset()
        self._native = None

    def _process(
        self, input_array: NDArray[Any], sample_rate: float, buffer_size: int, reset: bool
    ) -> Audio:
        effect = _first_python_effect(self)
        if effect is None and not (reset and (self._needs_python() or self._explodes(sample_rate))):
            check_buffer_size(sample_rate, buffer_size, reset)
            return self._as_native().process(input_array, sample_rate, buffer_size, reset)
        rate = check_call(effect or self, sample_rate, buffer_size, reset)
        taken = self._intake.take(input_array, rate)
        if taken.audio.size == 0:
            return taken.give_back(taken.audio)
        if effect is not None:
            check_finite(self, taken.audio)
        course = self._course(taken.audio, rate, buffer_size)
        output = self._run(taken.audio, course)
        if output.shape[1] == course.longest:
            fade_out(output, rate)
        if course.report is not None:
            course.tell(1.0, "done")
        return taken.give_back(output)

    def _needs_python(self) -> bool:
        """Whether one C++ call does not do, although there is no Python effect."""
        return not _in_one_call(self)

    def _explodes(self, sample_rate: float) -> bool:
        """Whether a filter would make infinity of finite sound, at this rate."""
        return isinstance(sample_rate, Real) and any(explodes(it, sample_rate) for it in self)

    def _course(self, audio: Audio, sample_rate: float, buffer_size: int) -> Course:
        """What the members are run with, for a call with this audio."""
        return Course(sample_rate, buffer_size)

    def _run(self, audio: Audio, course: Course) -> Audio:
        """Run (channels, samples) through a board that one call does not do for.

        The audio may be overwritten.
        """
        raise NotImplementedError

    def _as_native(self) -> pedalboard.Chain | pedalboard.Mix:
        """Return a stock container that does the same as this board of native plugins.

        It is kept while the members stay the same, because it remembers the last channel layout.
        When they change it is built anew, because a stock Mix crashes once its list has grown.
        """
        kept = self._native
        members: list[Any] = [
            member._as_native() if isinstance(member, Board) else member for member in self._members
        ]
        if kept is None or [*map(id, members)] != [*map(id, kept[0])]:
            kept = self._native = members, self._stock(members)
        return kept[1]


class Chain(Board, pedalboard.Chain, metaclass=_NoNative):
    """Runs its members in series, like ``pedalboard.Chain``; some may be Python effects."""

    _stock = pedalboard.Chain

    def _run(self, audio: Audio, course: Course) -> Audio:
        return _run_series(self._members, audio, course)


class Mix(Board, pedalboard.Mix, metaclass=_NoNative):
    """Runs its members on the same audio and adds up the results, like ``pedalboard.Mix``."""

    _stock = pedalboard.Mix

    def _run(self, audio: Audio, course: Course) -> Audio:
        return _run_mix(self._members, audio, course)


def _no_index(index: object) -> int:
    raise TypeError(f"indices must be integers, not {type(index).__name__}")


def _sequence(plugins: object) -> Iterable[Member]:
    """Return ``plugins`` if pedalboard could iterate over it; raise its TypeError if not."""
    if isinstance(plugins, Sequence | pedalboard.PluginContainer):
        return plugins
    return pedalboard.Chain(plugins)  # type: ignore[arg-type]


def _checked(plugin: Member) -> Member:
    """Return ``plugin`` if a board can hold it; raise as pedalboard does if not.

    Pedalboard's own hold no instruments, since they give them sound. Here one can begin a board:
    see `effects.Pedalboard.play`.
    """
    if isinstance(plugin, PythonEffect | Board):
        return plugin
    if not (isinstance(plugin, pedalboard.ExternalPlugin) and plugin.is_instrument):
        pedalboard.Chain([]).append(plugin)  # type: ignore[arg-type]
    return plugin


def _portable(member: Member) -> Member | Portable:
    """A member as it goes into a pickle or a copy."""
    if isinstance(member, pedalboard.Plugin) and not isinstance(member, Board):
        return Portable(member)
    return member


def _first_python_effect(board: Board) -> PythonEffect | None:
    """Find a Python effect anywhere in ``board``; None if all is native.

    Raises:
        RuntimeError: one object is in two places, as in pedalboard; or a board contains itself.
    """
    first = None
    seen: dict[int, object] = {}  # holds the objects too, so that no id is reused
    ahead: list[tuple[Any, frozenset[int]]] = [(board, frozenset())]
    while ahead:
        member, parents = ahead.pop()
        if member is None:
            continue
        if id(member) in parents:
            raise RuntimeError(f"This {type(member).__name__} contains itself: take it out.")
        if id(member) in seen:
            raise RuntimeError(
                "The same plugin instance is being used multiple times in the same chain of "
                "plugins, which would cause undefined results. Please ensure that no duplicate "
                "plugins are present before calling."
            )
        seen[id(member)] = member
        if isinstance(member, PythonEffect):
            first = member if first is None else first
        elif isinstance(member, pedalboard.PluginContainer):
            path = parents | {id(member)}
            ahead.extend((child, path) for child in reversed(list(member)))
    return first


def _in_one_call(member: Member | Board) -> bool:
    """Whether one C++ call runs a member, and rightly.

    All in it have to be pedalboard's own, and none a file's; in a Mix, all have to keep pace.
    """
    if isinstance(member, pedalboard.PluginContainer):
        in_pace = not isinstance(member, pedalboard.Mix) or all(map(keeps_pace, leaves(member)))
        return in_pace and all(map(_in_one_call, member))
    return not isinstance(member, PythonEffect | pedalboard.ExternalPlugin)


def _in_series(members: Iterable[Member]) -> Iterator[Member]:
    """Go through the members, and into every Chain among them that one call does not do for."""
    for member in members:
        if isinstance(member, pedalboard.Chain) and not _in_one_call(member):
            yield from _in_series(member)
        else:
            yield member


def _stretches(members: Iterable[Member]) -> list[list[Member]]:
    """The members in series, those together that one C++ call runs."""
    stretches: list[list[Member]] = []
    for native, stretch in groupby(_in_series(members), key=_in_one_call):
        together = list(stretch)
        stretches.extend([together] if native else [[it] for it in together])
    return stretches


def _cost(members: Iterable[Member]) -> float:
    """Roughly how long members take, beside each other. By guess; plugins vary widely."""
    cost = 0.0
    for it in members:
        if isinstance(it, pedalboard.PluginContainer):
            cost += _cost(it)
        elif isinstance(it, PythonEffect):
            cost += 50.0
        else:
            cost += 5.0 if is_plugin(it) else 1.0
    return cost


def _run_series(members: Iterable[Member], audio: Audio, course: Course, source: str = "") -> Audio:
    """Run members one after the other.

    Args:
        members: what is run.
        audio: (channels, samples); may be overwritten.
        course: what they are run with.
        source: the native effects that made the audio; empty for none.
    """
    stretches = _stretches(members)
    parts = list(course.parts(stretches, map(_cost, stretches)))
    length = audio.shape[1]
    for python, some in groupby(parts, key=lambda it: _is_python(it[0])):
        run = list(some)
        if python and audio.shape[1] - length < _RINGING_SECONDS * course.sample_rate:
            audio = np.ascontiguousarray(audio[:, :length])
        length = audio.shape[1]
        if python or len(run) == 1:
            for stretch, of_stretch in run:
                audio, source = _run_stretch(stretch, audio, of_stretch, source)
        else:
            audio, source = _run_ahead(run, audio, course, source)
    return audio


def _is_python(stretch: Sequence[Any]) -> bool:
    return any(isinstance(it, PythonEffect) for it in leaves(stretch))


def _run_ahead(
    run: Sequence[tuple[list[Member], Course]], audio: Audio, course: Course, source: str
) -> tuple[Audio, str]:
    """Run stretches, each of which hears more of the one before than its input is long.

    An effect with a latency looks ahead. At the end it hears the tail of the one before it, as in
    one C++ call, and not silence.
    """
    length, ahead = audio.shape[1], round(_AHEAD_SECONDS * course.sample_rate)
    for stretch, _ in run:
        ahead += sum(it.reported_latency_samples for it in leaves(stretch) if is_plugin(it))
    if course.longest is None:
        audio = np.pad(audio, ((0, 0), (0, ahead)))
    for stretch, of_stretch in run:
        hearing = replace(of_stretch, least=max(length + ahead, of_stretch.least))
        audio, source = _run_stretch(stretch, audio, hearing, source)
    if course.longest is None:
        return np.ascontiguousarray(audio[:, :length]), source
    return ended(audio, length, course), source


def _run_stretch(
    stretch: list[Member], audio: Audio, course: Course, source: str
) -> tuple[Audio, str]:
    """What comes out of one stretch, and what made it if that was not in Python."""
    first: Any = stretch[0]
    if _in_one_call(first):
        return run_native(stretch, audio, course), course.name(*stretch)
    if is_plugin(first):
        return run_plugin(first, audio, course), PLUGIN + plugin_name(first)
    if isinstance(first, PythonEffect):
        return _run_effect(first, audio, course, source), ""
    return _run_mix(list(first), audio, course, source), course.name(first)


def _run_mix(members: Sequence[Member], audio: Audio, course: Course, source: str = "") -> Audio:
    """Run members beside each other, and add up; shorter results have silence at their ends."""
    total = np.zeros_like(audio)
    costs = [_cost([it]) for it in members]
    for member, of_member in course.parts(tuple(members), costs):
        output = _run_series([member], audio.copy(), of_member, source)
        if output.shape[1] > total.shape[1]:
            total = np.pad(total, ((0, 0), (0, output.shape[1] - total.shape[1])))
        total[:, : output.shape[1]] += output
    return total


def _of(name: str, stage: str) -> str:
    """A stage of an effect, for users. That a plugin runs in it stays at the beginning."""
    return stage if stage.startswith(PLUGIN) else f"{name}: {stage}"


def _run_effect(effect: PythonEffect, audio: Audio, course: Course, source: str) -> Audio:
    """Run an effect in Python, which reports to the board meanwhile if that wants it."""
    if source:
        check_finite(effect, audio, source)
    if course.report is None:
        return effect._apply(audio, course.sample_rate)
    name = course.name(effect)
    course.tell(0.0, name)
    if not isinstance(effect, LongEffect):
        return effect._apply(audio, course.sample_rate)
    with effect._lock:  # nobody else's call reports here
        own = effect.on_progress
        effect.on_progress = lambda fraction, stage: course.tell(fraction, _of(name, stage))
        try:
            return effect._apply(audio, course.sample_rate)
        finally:
            effect.on_progress = own
