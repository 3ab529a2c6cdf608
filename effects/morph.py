"""Morph: a piece between what is played and another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from effects.boards.long_effect import LongEffect
from effects.morphing.at import At
from effects.morphing.given import Named
from effects.morphing.morph import morph
from effects.morphing.morphed import Morphed
from effects.morphing.options import Options
from effects.running.progress import OnProgress, run_reporting
from effects.signal.arrays import Audio
from effects.signal.downmix import downmix
from effects.signal.limits import check_channels, check_rate
from effects.song_source import SongSource, checked, named, read


class Morph(LongEffect):
    """The piece between what is played, A, and another, B: one melody, groove and sound.

    >>> from effects import Morph, Pedalboard
    >>> board = Pedalboard([Morph("b.wav", at=0.5)])  # doctest: +SKIP
    >>> between = board(a, sample_rate)  # doctest: +SKIP

    Notes and strokes of both are moved to those between them, and played by the sounds of both, at
    a loudness and a tempo between theirs. At 0 it is A, bit for bit, and at 1 it is B, if B has A's
    sample rate and no other number of channels. The output has exactly the samples, channels and
    rate of A: a longer B is cut, and after a shorter one only A is heard. Peaks, true peaks
    among them, stay below full scale if those of both do. The same pieces and options give the
    same bits, however many threads there are. With a texture, which has no notes, the way leads
    over one piece restyled by the other; with silence, the other piece fades.

    Args:
        other: piece B: a sound file; a folder of stems, or several files, which are summed; or
            audio (as pedalboard takes it) with its sample rate in Hz. Files are read by each call.
        at: how far from A, 0, to B, 1: a number; a text like ``"0:1"`` or ``"0:1:0"``, which goes
            there evenly; the name of a MIDI file, whose modulation wheel is the curve; or a curve.
        method: where the notes between come from: ``"notes"`` (moved), ``"latent"``, or ``"both"``.
        tempo: ``"between"``, with the beats of both on each other; or ``"own"``, each at its own.
        seed: draws which notes go first among equals.
        weights: a file of ``restyle latent train``, in place of the weights that are shipped.
        on_progress: called as ``on_progress(fraction, stage)`` ten times a second, in the thread of
            the call. What it raises (`effects.Cancelled` is meant for it) ends the call.
        threads: how many of the machine's cores a call may use; None for all there are, at most 8.

    Raises:
        TypeError: an option of a wrong type.
        ValueError: an option out of range; from a call, if a piece cannot be read or used.
        FileNotFoundError: nothing is at ``other``, ``at`` or ``weights``.
    """

    _only_reads = True
    _parameters = ("at", "method", "tempo", "seed")
    _of_call = ("_result",)
    _result: Morphed | None = None

    def __init__(
        self,
        other: SongSource,
        *,
        at: float | str | At = 0.5,
        method: str = "notes",
        tempo: str = "between",
        seed: int = 0,
        weights: str | os.PathLike[str] | None = None,
        on_progress: OnProgress | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(on_progress=on_progress, threads=threads)
        self._asked = Options(at=at, method=method, tempo=tempo, seed=seed, weights=weights)
        self.other = other

    @property
    def other(self) -> SongSource:
        """Piece B, as it was given."""
        return self._other

    @other.setter
    def other(self, value: SongSource) -> None:
        self._other = checked("other", value)

    @property
    def at(self) -> float | str | At:
        """How far from A, 0, to B, 1."""
        return self._asked.at

    @at.setter
    def at(self, value: float | str | At) -> None:
        self._asked = replace(self._asked, at=value)

    @property
    def method(self) -> str:
        """Where the notes between come from: notes, latent or both."""
        return self._asked.method

    @method.setter
    def method(self, value: str) -> None:
        self._asked = replace(self._asked, method=value)

    @property
    def tempo(self) -> str:
        """Between or own."""
        return self._asked.tempo

    @tempo.setter
    def tempo(self, value: str) -> None:
        self._asked = replace(self._asked, tempo=value)

    @property
    def seed(self) -> int:
        """Draws which notes go first among equals."""
        return self._asked.seed

    @seed.setter
    def seed(self, value: int) -> None:
        self._asked = replace(self._asked, seed=value)

    @property
    def weights(self) -> str | os.PathLike[str] | None:
        """The file of weights of one's own."""
        return self._asked.weights

    @weights.setter
    def weights(self, value: str | os.PathLike[str] | None) -> None:
        self._asked = replace(self._asked, weights=value)

    @property
    def result(self) -> Morphed | None:
        """All that the last call made: score, what was heard, report; None before a call."""
        return self._result

    @property
    def report(self) -> Mapping[str, Any] | None:
        """What the last call did and why (see `effects.morphing.morph`); None before a call."""
        return self._result.report if self._result else None

    def _options(self) -> dict[str, object]:
        weights = {"weights": str(self.weights)} if self.weights else {}
        return {"other": named(self._other), **super()._options(), **weights}

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        check_channels("Morph", len(audio))
        check_rate("Morph", sample_rate)
        self._result = None
        options = replace(self._asked, seconds=audio.shape[1] / sample_rate)
        work = partial(morph, ("A", audio, sample_rate), options=options, threads=self._threads)
        other = self._other
        self._result = run_reporting(
            lambda progress: work(_read(other, len(audio)), progress=progress), self._on_progress
        )
        return self._result.audio


def _read(other: SongSource, channels: int) -> Named:
    """Piece B; with more channels than A, they are mixed to one."""
    song = read("B", other)
    audio = song.audio
    if len(audio) > channels:
        audio = downmix(audio)[None]
    return song.name, audio, song.sample_rate
