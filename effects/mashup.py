"""Mashup: the lead of one song over the bed of another."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.boards.contract import Intake
from effects.boards.long_effect import LongEffect
from effects.mashing.mash import mash
from effects.mashing.mashed import Mashed
from effects.mashing.options import Options
from effects.mashing.source import AnyPath, Source
from effects.running.progress import OnProgress, run_reporting
from effects.signal.arrays import Audio
from effects.signal.limits import check_channels, check_rate

SongSource = AnyPath | Sequence[AnyPath] | tuple[NDArray[np.floating], float]
"""A sound file, a folder of stems, several files that are stems of one song, or audio as pedalboard
takes it with its sample rate in Hz."""


class Mashup(LongEffect):
    """Lay the lead of a song, A, over the bed of what is played: song B.

    >>> from effects import Mashup, Pedalboard
    >>> board = Pedalboard([Mashup("a.wav")])  # doctest: +SKIP
    >>> mashed = board(b, sample_rate)  # doctest: +SKIP

    The output has exactly the samples, channels and rate of B, its tempo, and its loudness within
    1 LU; its peaks stay below full scale if B's did. The same songs and options give the same bits,
    however many threads there are. If one of the songs is silent, B comes back.

    Args:
        a: a sound file; a folder of stems, or several files, as the stems of one song; or audio (as
            pedalboard takes it) with its sample rate in Hz. Names of stems tell which is the lead,
            as `effects.mashing.stems` has it. Files are read by each call.
        lead: whose lead is heard: ``"a"``, ``"b"`` (over the bed of A), or ``"auto"``.
        balance: -1 is only the bed, 1 only the lead; at 0 both are as loud as in their songs.
        bed: ``"full"``, or ``"rhythm"`` for drums and bass alone, under the harmony of the lead's
            own song.
        key: whose key, ``"b"`` or ``"a"``; ``"none"`` leaves both songs as high as they are.
        weights: a file of weights trained on one's own mashups, in place of those shipped.
        on_progress: called as ``on_progress(fraction, stage)`` ten times a second, in the thread of
            the call. What it raises (`effects.Cancelled` is meant for it) ends the call.
        threads: how many of the machine's cores a call may use; None for all there are, at most 8.

    Raises:
        TypeError: an option of a wrong type.
        ValueError: an option out of range; from a call, if a song cannot be read or used.
        FileNotFoundError: nothing is at ``a`` or ``weights``.
    """

    _only_reads = True
    _parameters = ("lead", "balance", "bed", "key")

    def __init__(
        self,
        a: SongSource,
        *,
        lead: str = "a",
        balance: float = 0.0,
        bed: str = "full",
        key: str = "b",
        weights: str | os.PathLike[str] | None = None,
        on_progress: OnProgress | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(on_progress=on_progress, threads=threads)
        self._asked = Options(lead=lead, balance=balance, bed=bed, key=key, weights=weights)
        self.a = a
        self._result: Mashed | None = None

    @property
    def a(self) -> SongSource:
        """The song whose lead is heard, as it was given."""
        return self._a

    @a.setter
    def a(self, value: SongSource) -> None:
        self._a = _checked(value)

    @property
    def lead(self) -> str:
        """Whose lead is heard: a, b or auto."""
        return self._asked.lead

    @lead.setter
    def lead(self, value: str) -> None:
        self._asked = replace(self._asked, lead=value)

    @property
    def balance(self) -> float:
        """From -1, only the bed, to 1, only the lead."""
        return self._asked.balance

    @balance.setter
    def balance(self, value: float) -> None:
        self._asked = replace(self._asked, balance=value)

    @property
    def bed(self) -> str:
        """What the bed is: full or rhythm."""
        return self._asked.bed

    @bed.setter
    def bed(self, value: str) -> None:
        self._asked = replace(self._asked, bed=value)

    @property
    def key(self) -> str:
        """Whose key: b, a or none."""
        return self._asked.key

    @key.setter
    def key(self, value: str) -> None:
        self._asked = replace(self._asked, key=value)

    @property
    def weights(self) -> str | os.PathLike[str] | None:
        """The file of weights of one's own."""
        return self._asked.weights

    @weights.setter
    def weights(self, value: str | os.PathLike[str] | None) -> None:
        self._asked = replace(self._asked, weights=value)

    @property
    def result(self) -> Mashed | None:
        """All that the last call made: the mask, the alignment, the report; None before a call."""
        return self._result

    @property
    def report(self) -> Mapping[str, Any] | None:
        """What the last call did and why (see `effects.mashing.mash`); None before a call."""
        return self._result.report if self._result else None

    def _options(self) -> dict[str, object]:
        weights = {"weights": str(self.weights)} if self.weights else {}
        return {"a": _named(self._a), **super()._options(), **weights}

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        check_channels("Mashup", len(audio))
        check_rate("Mashup", sample_rate)
        self._result = None
        work = partial(mash, options=self._asked, threads=self._threads)
        a, b = self._a, Source("B", audio, sample_rate)
        self._result = run_reporting(
            lambda progress: work((_read(a), b), progress=progress), self._on_progress
        )
        return self._result.audio


def _is_audio(a: Any) -> bool:
    return isinstance(a, tuple) and len(a) == 2 and isinstance(a[0], np.ndarray)


def _checked(a: Any) -> SongSource:
    """A song as it is given; audio in memory as a copy, as pedalboard reads it."""
    if _is_audio(a):
        audio, sample_rate = a
        if isinstance(sample_rate, bool) or not isinstance(sample_rate, Real):
            raise TypeError(f"The sample rate of a must be a number, not {sample_rate!r}.")
        copy = Intake().take(audio, float(sample_rate)).audio
        return Source("Song a", copy, float(sample_rate)).audio, float(sample_rate)
    paths = [a] if isinstance(a, (str, os.PathLike)) else a
    if not isinstance(paths, Sequence) or not all(
        isinstance(it, (str, os.PathLike)) for it in paths
    ):
        raise TypeError(
            "a must be a path, a sequence of paths (stems) or a tuple (audio, sample_rate), not "
            f"{type(a).__name__}."
        )
    for it in paths:
        if not Path(it).exists():
            raise FileNotFoundError(f"There is no song at {os.fspath(it)!r}.")
    return a if isinstance(a, (str, os.PathLike)) else tuple(a)


def _read(a: Any) -> Source:
    return Source("A", *a) if _is_audio(a) else Source.read(a)


def _named(a: Any) -> str:
    if _is_audio(a):
        return f"<{a[0].shape[1] / a[1]:.2f} s of audio>"
    return os.fspath(a) if isinstance(a, (str, os.PathLike)) else " + ".join(map(str, a))
