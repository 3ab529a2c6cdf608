"""Mashup: the lead of one song over the bed of another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from effects.boards.long_effect import LongEffect
from effects.mashing.mash import mash
from effects.mashing.mashed import Mashed
from effects.mashing.options import Options
from effects.mashing.source import Source
from effects.running.progress import OnProgress, run_reporting
from effects.signal.arrays import Audio
from effects.signal.limits import check_channels, check_rate
from effects.song_source import SongSource, checked, named, read


class Mashup(LongEffect):
    """Lay the lead of a song, A, over the bed of what is played: song B.

    >>> from effects import Mashup, Pedalboard
    >>> board = Pedalboard([Mashup("a.wav")])  # doctest: +SKIP
    >>> mashed = board(b, sample_rate)  # doctest: +SKIP

    The output has exactly the samples, channels and rate of B, its tempo, and its loudness within
    1 LU; its peaks, and its true peaks, stay below full scale if B's did. The same songs and
    options give the same bits, however many threads there are. If one of the songs is silent, B
    comes back.

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
    _of_call = ("_result",)
    _result: Mashed | None = None

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

    @property
    def a(self) -> SongSource:
        """The song whose lead is heard, as it was given."""
        return self._a

    @a.setter
    def a(self, value: SongSource) -> None:
        self._a = checked("a", value)

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
        return {"a": named(self._a), **super()._options(), **weights}

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        check_channels("Mashup", len(audio))
        check_rate("Mashup", sample_rate)
        self._result = None
        work = partial(mash, options=self._asked, threads=self._threads)
        a, b = self._a, Source("B", audio, sample_rate)
        self._result = run_reporting(
            lambda progress: work((read("A", a), b), progress=progress), self._on_progress
        )
        return self._result.audio
