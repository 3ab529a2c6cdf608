"""Two songs, beat on beat, bar on bar, in one key: which part of A goes with which of B."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from effects.listening.song import LEAST_CERTAINTY, Song
from effects.mashing.explanation import explain
from effects.mashing.key import SHIFTS, shift_onto
from effects.mashing.mashability import Match, fits
from effects.mashing.options import KEYS, LEAST_BPM, MOST_BPM, TEMPOS
from effects.mashing.pace import counted, pace_for
from effects.mashing.path import best_path
from effects.mashing.phrases import phrases
from effects.mashing.pulse import Pulse, passage
from effects.signal.arrays import Values
from effects.warping.timeline import Passage, Timeline


@dataclass(frozen=True)
class Alignment:
    """Which part of two songs is heard when.

    Attributes:
        seconds: how long the mashup is.
        a: of the song whose lead is heard.
        b: of the song that is the bed.
        beats: of the mashup, in seconds, ``[beats]``.
        bars: when bars of the bed begin, in seconds, ``[bars]``.
        match: how well the songs go together.
        why: what was done and why, in a few sentences.
    """

    seconds: float
    a: Timeline
    b: Timeline
    beats: Values
    bars: Values
    match: Match
    why: str


def align(a: Song, b: Song, *, tempo: str | float = "b", key: str = "b") -> Alignment:
    """Lay A over B: at each phrase of B the part of A that fits best, mostly without jumps.

    As it is by default, B is played as it is, and the mashup is as long as B.

    Args:
        a: the song whose lead is heard.
        b: the song that is the bed.
        tempo: ``"b"`` for B's own, drifts and all; ``"a"`` for A's, or beats a minute: then time
            runs evenly, and the mashup is as long as B becomes.
        key: the song whose key both get: ``"b"`` or ``"a"``; ``"none"`` leaves both as they are.

    Raises:
        ValueError: if there is no such tempo or key.
    """
    check_tempo(tempo)
    check_key(key)
    up = 0 if key == "none" else shift_onto(a, b)
    # Six semitones down and up come to the same notes: there, the other song goes down as well.
    ups = (0, -up if -up in SHIFTS else up) if key == "a" else (up, 0)
    if min(a.certainty, b.certainty) < LEAST_CERTAINTY:
        return _from_the_start(a, b, ups)
    return _on_the_beat(a, b, tempo, ups)


def check_tempo(tempo: str | float) -> None:
    """Raise ValueError unless it is one that `align` takes."""
    if isinstance(tempo, str) and tempo in TEMPOS:
        return
    if isinstance(tempo, str) or not LEAST_BPM <= tempo <= MOST_BPM:
        raise ValueError(
            f"tempo is a, b, or {LEAST_BPM:g} to {MOST_BPM:g} beats a minute, not {tempo!r}"
        )


def check_key(key: str) -> None:
    """Raise ValueError unless it is one that `align` takes."""
    if key not in KEYS:
        raise ValueError(f"key is a, b or none, not {key!r}")


def _on_the_beat(a: Song, b: Song, tempo: str | float, ups: tuple[int, int]) -> Alignment:
    """A over B, whose beats are heard as it has them, or evenly at another tempo."""
    bpm = {"a": a.bpm, "b": b.bpm}[tempo] if isinstance(tempo, str) else float(tempo)
    paced_a, paced_b = (counted(it, pace_for(it, bpm)) for it in (a, b))
    out = _pulse(b) if tempo == "b" else _even(_pulse(paced_b), bpm)
    spans = phrases(paced_b, len(paced_a.chroma)) or [(0, len(paced_b.chroma))]
    fit = fits(paced_a, paced_b, spans, ups[0] - ups[1])
    path = best_path(fit.total, paced_a, paced_b, spans)
    played = tuple(_passages(out, _pulse(paced_a), spans, path))
    return Alignment(
        seconds=out.stop,
        a=Timeline(played, ups[0]),
        b=Timeline((_whole(b) if tempo == "b" else _stretched(out, paced_b),), ups[1]),
        beats=out.beats,
        bars=out.beats[paced_b.bars],
        match=fit.match(path, [last - first for first, last in spans]),
        why=explain(a, b, bpm, ups, played),
    )


def _pulse(song: Song) -> Pulse:
    return Pulse(song.beats, 0.0, song.seconds)


def _even(song: Pulse, bpm: float) -> Pulse:
    """The same beats at one tempo, from a start at 0 on."""
    first = song.place(song.start)
    beats = (np.arange(len(song.beats), dtype=np.float64) - first) * 60 / bpm
    return Pulse(beats, 0.0, (song.place(song.stop) - first) * 60 / bpm)


def _whole(song: Song) -> Passage:
    """All of a song as it is."""
    edges = np.array([0.0, song.seconds])
    return Passage(edges, edges)


def _stretched(out: Pulse, song: Song) -> Passage:
    """All of a song on the mashup's beats, of which it has as many."""
    found = passage(out, _pulse(song), 0, -np.inf, np.inf)
    if found is None:
        raise AssertionError("a song has beats within it")
    return found


def _passages(
    out: Pulse, song: Pulse, spans: Sequence[tuple[int, int]], path: Sequence[int]
) -> Iterator[Passage]:
    """A's passages: phrases that go on where the one before has ended are one passage.

    The first begins as long before its first bar line as there is anything of A, and the last goes
    on likewise.
    """
    ahead = [place - start for place, (start, _) in zip(path, spans, strict=True)]
    jumps = [index for index in range(1, len(ahead)) if ahead[index] != ahead[index - 1]]
    for first, last in zip([0, *jumps], [*jumps, len(ahead)], strict=True):
        start = spans[first][0] if first else -np.inf
        stop = spans[last][0] if last < len(ahead) else np.inf
        found = passage(out, song, ahead[first], start, stop)
        if found is not None:
            yield found


def _from_the_start(a: Song, b: Song, ups: tuple[int, int]) -> Alignment:
    """A over B as they are, for songs without a beat; A begins again where it ends."""
    played = []
    for start in np.arange(0.0, b.seconds, a.seconds):
        length = min(a.seconds, b.seconds - start)
        played.append(Passage(np.array([start, start + length]), np.array([0.0, length])))
    count = len(b.chroma)
    return Alignment(
        seconds=b.seconds,
        a=Timeline(tuple(played), ups[0]),
        b=Timeline((_whole(b),), ups[1]),
        beats=b.beats,
        bars=b.beats[b.bars],
        match=fits(a, b, [(0, count)], ups[0] - ups[1]).match([0], [count]),
        why=explain(a, b, None, ups, played),
    )
