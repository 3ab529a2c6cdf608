"""What is done with two songs, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from effects.listening.song import LEAST_CERTAINTY, Song
from effects.mashing.pace import counted, pace_for, speed_for
from effects.mashing.path import bars_match
from effects.warping.timeline import Passage

SAME_TEMPO = 0.005  # a smaller change, of 1, is not worth a word


def explain(
    a: Song, b: Song, bpm: float | None, semitones: tuple[int, int], played: Sequence[Passage]
) -> str:
    """A few sentences: tempos, keys, from where A is heard, and what does not match.

    Args:
        a: the song whose lead is heard.
        b: the song that is the bed.
        bpm: of the mashup; None if neither song is stretched.
        semitones: how much higher A and B are played.
        played: what is heard of A.
    """
    time = [_no_beat(a, b)] if bpm is None else _time(a, b, bpm)
    return ". ".join([*time, _keys(semitones), _place(played)]) + "."


def _no_beat(a: Song, b: Song) -> str:
    unsure = " and ".join(
        name for name, it in (("A", a), ("B", b)) if it.certainty < LEAST_CERTAINTY
    )
    return f"Hardly a beat in {unsure}: both are laid from the start, at their own tempos"


def _time(a: Song, b: Song, bpm: float) -> Iterator[str]:
    songs = (("A", a), ("B", b))
    yield ", ".join(f"{name} {change(speed_for(it, bpm))}" for name, it in songs)
    for name, it in songs:
        pace = pace_for(it, bpm)
        if pace != 1:
            half = "half" if pace < 1 else "twice"
            yield f"{name} is counted at {half} its {it.bpm:.0f} beats a minute"
    if not bars_match(*(counted(it, pace_for(it, bpm)) for it in (a, b))):
        yield f"Bars do not match ({a.meter.name} and {b.meter.name}), so beats lie on beats"
    elif a.meter.parts != b.meter.parts:
        yield f"Beats are divided differently ({a.meter.name} and {b.meter.name})"


def change(speed: float) -> str:
    """A change of tempo, such as "4 % slower"."""
    if abs(speed - 1) < SAME_TEMPO:
        return "at its own tempo"
    percent = max(round(abs(speed - 1) * 100), 1)
    return f"{percent} % {'faster' if speed > 1 else 'slower'}"


def shift(semitones: int) -> str:
    """A change of pitch, such as "2 semitones lower"."""
    count = abs(semitones)
    return f"{count} semitone{'s'[: count != 1]} {'higher' if semitones > 0 else 'lower'}"


def _keys(semitones: tuple[int, int]) -> str:
    moved = [f"{name} {shift(it)}" for name, it in zip("AB", semitones, strict=True) if it]
    return ", ".join(moved) or "Both at their own pitch"


def _place(played: Sequence[Passage]) -> str:
    if not played:
        return "Nothing of A is heard"
    start = f"A is heard from its second {played[0].song_seconds[0]:.1f} on"
    jumps = len(played) - 1
    return start + (f", with {jumps} jump{'s' if jumps > 1 else ''}" if jumps else ", in one go")
