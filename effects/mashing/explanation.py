"""What is done with two songs, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from effects.listening.song import Song
from effects.mashing.path import bars_match
from effects.mashing.timeline import Passage

SAME_TEMPO = 0.005  # a smaller change, of 1, is not worth a word


def explain(
    a: Song, b: Song, played: Sequence[Passage], bpm: float | None, semitones: tuple[int, int]
) -> str:
    """A few sentences: tempos, keys, from where A is heard, and what does not match.

    Args:
        a: as it is counted: perhaps at half or twice its pace.
        b: likewise.
        played: what is heard of A.
        bpm: of the mashup; None if neither song is stretched.
        semitones: how much higher A and B are played.
    """
    return ". ".join([*_time(a, b, bpm), *_keys(semitones), _place(played)]) + "."


def _time(a: Song, b: Song, bpm: float | None) -> Iterator[str]:
    if bpm is None:
        unsure = " and ".join(n for n, it in (("A", a), ("B", b)) if it.certainty < 0.2)
        yield f"Hardly a beat in {unsure}: both are laid from the start, at their own tempos"
        return
    yield "; ".join(change(name, bpm / it.bpm) for name, it in (("A", a), ("B", b)))
    if not bars_match(a, b):
        yield f"Bars do not match ({a.meter.name} and {b.meter.name}): beats lie on beats"
    elif a.meter.parts != b.meter.parts:
        yield f"Beats are divided differently ({a.meter.name} and {b.meter.name})"


def change(name: str, speed: float) -> str:
    """Such as "A 4 % slower"."""
    if abs(speed - 1) < SAME_TEMPO:
        return f"{name} at its own tempo"
    percent = f"{abs(speed - 1) * 100:.0f}" if abs(speed - 1) >= 0.01 else "1"
    return f"{name} {percent} % {'faster' if speed > 1 else 'slower'}"


def _keys(semitones: tuple[int, int]) -> Iterator[str]:
    moved = [(name, it) for name, it in zip("AB", semitones, strict=True) if it]
    for name, it in moved:
        plural = "" if abs(it) == 1 else "s"
        yield f"{name} {abs(it)} semitone{plural} {'higher' if it > 0 else 'lower'}"
    if not moved:
        yield "Both at their own pitch"


def _place(played: Sequence[Passage]) -> str:
    if not played:
        return "Nothing of A is heard"
    start = f"A is heard from its second {played[0].song_seconds[0]:.1f} on"
    jumps = len(played) - 1
    return start + (f", with {jumps} jump{'s' if jumps > 1 else ''}" if jumps else ", in one go")
