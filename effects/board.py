"""The board that users make, load and save: effects in a row, with a tail and a progress."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from reprlib import recursive_repr
from typing import Any

import pedalboard

from effects.boards.containers import Chain, Member
from effects.boards.course import Course
from effects.boards.long_effect import Callback
from effects.boards.native import PLUGIN, plugin_name
from effects.boards.tails import MOST_SECONDS
from effects.chains.plugins import ANYWHERE, PluginFolders
from effects.running.progress import OnProgress, check_on_progress, part
from effects.signal.arrays import Audio
from effects.signal.limits import check_rate
from presets.chain_files import chain as chain_file
from presets.chain_files import whole_file
from presets.chain_files.chain import SUFFIX, TAILS, BrokenChain, ChainError, Controller

__all__ = ["Pedalboard"]

_PLAYED = 0.3  # the share of the work after which an instrument has played; by guess


class Pedalboard(Chain, pedalboard.Pedalboard):  # type: ignore[name-defined, misc]
    """Runs its members in series, like ``pedalboard.Pedalboard``.

    >>> board = Pedalboard.load("warm-strings.toml")  # doctest: +SKIP
    >>> warm = board(audio, 44_100)  # doctest: +SKIP

    A copy has all the attributes below; its `named` names its own members. It reports to the same
    `on_progress`; a pickle leaves that behind if it cannot be pickled.

    Args:
        plugins: the members; None for none.
        tail: ``"cut"``: what comes out lasts as long as what goes in, as in pedalboard;
            ``"keep"``: until it is silent, at most a minute longer.

    Attributes:
        label: its name on a screen.
        note: what a user should know about it.
        midi: what MIDI controllers move, by their numbers.
        named: effects by their names in the chain that this was made of, also those in containers.

    Raises:
        TypeError, ValueError: as pedalboard; or ``tail`` is something else.
    """

    def __init__(self, plugins: Sequence[Member] | None = None, *, tail: str = TAILS[0]) -> None:
        super().__init__(plugins or [])
        self._on_progress: OnProgress | None = None
        self.tail = tail
        self.label = ""
        self.note = ""
        self.midi: dict[int, Controller] = {}
        self.named: dict[str, Any] = {}

    @property
    def tail(self) -> str:
        """``"cut"`` or ``"keep"``. A board within another one sounds as long as that lets it."""
        return self._tail

    @tail.setter
    def tail(self, value: str) -> None:
        if value not in TAILS:
            raise ValueError(f"tail must be {' or '.join(map(repr, TAILS))}, not {value!r}.")
        self._tail = value

    @property
    def on_progress(self) -> OnProgress | None:
        """Called as ``on_progress(fraction, stage)`` while a call lasts, in its thread.

        It is told of the whole board; what it raises ends the call (`effects.Cancelled` is meant
        for it). Members with an `on_progress` of their own do not report to that meanwhile. The
        stage is what an effect is called, and what it says itself; of a plugin in a file, `PLUGIN`
        and the name of that.
        """
        return self._on_progress

    @on_progress.setter
    def on_progress(self, value: OnProgress | None) -> None:
        check_on_progress(value)
        self._on_progress = value

    def _needs_python(self) -> bool:
        wanted = self.tail == "keep" or self.on_progress is not None
        return wanted or super()._needs_python()

    def _course(self, audio: Audio, sample_rate: float, buffer_size: int) -> Course:
        longest = None
        if self.tail == "keep":
            check_rate("A board that keeps its tail", sample_rate)
            longest = audio.shape[1] + round(MOST_SECONDS * sample_rate)
        names = {id(it): name for name, it in self.named.items() if not _goes_without(name, it)}
        report = _rising(self.on_progress)
        return Course(sample_rate, buffer_size, longest, report=report, names=names)

    # From chains, and to chains.

    @classmethod
    def load(
        cls, source: str | os.PathLike[str], *, plugins: Iterable[str | os.PathLike[str]] = ()
    ) -> Pedalboard:
        """The board that a chain says.

        Args:
            source: the name of a chain (``restyle chains`` lists them), or its file.
            plugins: folders in which plugins are looked for first.

        Raises:
            presets.chain_files.chain.ChainError: a ValueError: there is none, or something is
                wrong with it; one line.
        """
        from presets.chain_files.catalogue import find

        folders = [plugins] if isinstance(plugins, str | os.PathLike) else plugins
        return cls.from_chain(find(source), PluginFolders(tuple(map(Path, folders))))

    @classmethod
    def from_chain(
        cls,
        chain: chain_file.Chain,
        plugins: PluginFolders = ANYWHERE,
        *,
        threads: int | None = None,
        on_plugin: Callable[[str], object] = lambda name: None,
    ) -> Pedalboard:
        """The board that a chain says, as `load` makes it of a file.

        Args:
            chain: what to build.
            plugins: where plugins are looked for.
            threads: how many cores its effects in Python may use.
            on_plugin: called with the name of each plugin's file before it is loaded.

        Raises:
            presets.chain_files.chain.ChainError: something is wrong with it; one line.
        """
        from effects.chains.build import build

        built = build(chain, plugins, threads=threads, on_plugin=on_plugin)
        board = cls(built.members, tail=chain.tail)
        board.label, board.note = chain.label, chain.note
        board.midi, board.named = dict(chain.midi), dict(built.named)
        return board

    def to_chain(self) -> chain_file.Chain:
        """The chain that builds the same board, bit for bit.

        Raises:
            presets.chain_files.chain.ChainError: an effect cannot be written down: a style that is
                an array, or an effect of somebody else's class.
        """
        from effects.chains.saved import to_chain

        return to_chain(
            list(self),
            label=self.label,
            note=self.note,
            tail=self.tail,
            midi=self.midi,
            named=self.named,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file that `load` makes the same board of. It appears whole or not at all.

        Args:
            path: ends in ``.toml``. A chain that is there is replaced; nothing else is.

        Raises:
            presets.chain_files.chain.ChainError: as `to_chain`; or it could not be loaded: there is
                more than a file may have, or ``midi`` moves an effect that is not there.
            ValueError: ``path`` ends in something else, or what is there is no chain.
            OSError: the file cannot be written.
        """
        target = Path(path)
        _check_target(target)
        text = chain_file.render(self.to_chain())
        from effects.chains.build import check

        # There may be too much of it, or a MIDI controller whose effect is gone.
        for wrong in check(chain_file.parse(text, name=target.stem, path=target)):
            raise ChainError(wrong)
        whole_file.write(text.encode(), Path(os.path.realpath(target)))  # a link stays

    def play(self, midi_file: str | os.PathLike[str], sample_rate: float = 44100.0) -> Audio:
        """Play a MIDI file on the first member, an instrument, and run the others over that.

        Args:
            midi_file: a standard MIDI file.
            sample_rate: in Hz.

        Returns:
            float32, (2, samples).

        Raises:
            ValueError: the first member is no instrument, or the file cannot be read.
        """
        from effects.chains.instrument import perform

        first = self[0] if len(self) else None
        if not getattr(first, "is_instrument", False):
            raise ValueError(
                "A board that plays MIDI begins with an instrument, a plugin that makes sound of "
                "notes, and this one does not: call it with audio."
            )
        report = _rising(self.on_progress) or (lambda fraction, stage: None)
        played = _PLAYED if len(self) > 1 else 1.0
        stage = PLUGIN + plugin_name(first)
        report(0.0, stage)
        audio = perform(
            first,
            midi_file,
            sample_rate,
            keep=self.tail == "keep",
            tick=lambda fraction: report(played * fraction, stage),
        )
        rest = Pedalboard(list(self)[1:], tail=self.tail)
        rest.named = self.named
        if self.on_progress is not None:
            rest.on_progress = part(report, played, 1.0)
        return rest(audio, sample_rate)

    # Copies.

    def __getstate__(self) -> dict[str, Any]:
        named = {name: place for name, it in self.named.items() if (place := _place(self, it))}
        return {
            **super().__getstate__(),
            "named": named,
            "_on_progress": Callback(self._on_progress),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        usual: dict[str, Any] = {"_tail": TAILS[0], "label": "", "note": ""}
        super().__setstate__({**usual, "midi": {}, "named": {}, **state})
        callback = state.get("_on_progress")
        self._on_progress = callback.function if callback else None
        self.midi = dict(self.midi)
        self.named = {name: _at(self, place) for name, place in self.named.items()}

    @recursive_repr()
    def __repr__(self) -> str:
        return str(pedalboard.Pedalboard.__repr__(self))  # type: ignore[attr-defined]


def _goes_without(name: str, effect: Any) -> bool:
    """Whether an effect's name says no more than its class does."""
    return name == type(effect).__name__.casefold()


def _rising(on_progress: OnProgress | None) -> OnProgress | None:
    """A report whose fraction never falls."""
    if on_progress is None:
        return None
    highest = 0.0

    def report(fraction: float, stage: str) -> None:
        nonlocal highest
        highest = max(highest, fraction)
        on_progress(highest, stage)

    return report


def _place(container: Any, wanted: Any) -> tuple[int, ...]:
    """Where an effect is, by the positions that lead to it; empty if it is not there."""
    ahead: list[tuple[Any, tuple[int, ...]]] = [(container, ())]
    seen = {id(container)}
    while ahead:
        at, place = ahead.pop()
        for number, member in enumerate(at):
            if member is wanted:
                return (*place, number)
            if isinstance(member, pedalboard.PluginContainer) and id(member) not in seen:
                seen.add(id(member))
                ahead.append((member, (*place, number)))
    return ()


def _at(container: Any, place: Iterable[int]) -> Any:
    for number in place:
        container = container[number]
    return container


def _check_target(path: Path) -> None:
    if path.suffix.casefold() != SUFFIX:
        raise ValueError(f"{path} is no name for a chain's file: end it in {SUFFIX}.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent}: make it first.")
    if path.exists() and not _is_chain(path):
        raise ValueError(
            f"{path} is there and is no chain, so it is not replaced: name another file."
        )


def _is_chain(path: Path) -> bool:
    if not path.is_file():  # a pipe could not be read
        return False
    try:
        chain_file.read(path)
    except BrokenChain:
        return False
    return True
