"""The middle as it is played: all of it with A's sounds, and all of it again with B's.

Both performances have the same notes at the same pitches and times, so their partials coincide, and
`effects.morphing.hybrid` can make one sound of them. Notes and strokes are parts of their own:
drums have no partials. If only one of the two pieces has an instrument (or a kit), it plays the
part alone.

Grains of different clips begin in different ways: the loudest moment of a piano's note comes soon,
that of a violin's late. So that they are heard as one stroke, both grains of a note are moved a
little, to where their attacks meet: the moment at which each has risen to half of its height.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.kit import Kit, by_colour
from effects.engines.sampler.perform import SETTINGS as PERFORM
from effects.engines.sampler.perform import Moved, choose, play
from effects.engines.sampler.place import pan, place
from effects.morphing.middle import Between, StrokeBetween
from effects.morphing.piece import Piece
from effects.notes.note import Note
from effects.running.cores import in_threads
from effects.running.recent import Recent
from effects.running.spool import gathered
from effects.signal.arrays import Audio, Mono, Sound, Stretches, Values
from effects.signal.units import db_to_amplitude


@dataclass(frozen=True)
class Settings:
    """The numbers of this module; none was searched."""

    #: So much is played at a time, in seconds, to limit memory.
    together_seconds: float = 30.0
    #: A grain begins at most so long before its note, in seconds: an instrument's lead is 10 ms,
    #: five octaves lower 0.32 s, and attacks are moved by less than 0.1 s.
    most_lead_seconds: float = 0.5
    #: An attack is looked for so long after a note's start, in seconds, ...
    attack_seconds: float = 0.08
    #: ... in the level over so many seconds, ...
    level_seconds: float = 0.005
    #: ... and has come at this share of the highest amplitude.
    risen: float = 0.5


SETTINGS = Settings()

Tick = Callable[[float], None]


@dataclass(frozen=True)
class Part:
    """The notes of the middle, or its strokes, as both play them.

    Attributes:
        a: as A's sounds play it, ``[channels, samples]``, on no scale of its own.
        b: as B's do; ``a`` itself if only one of the pieces has such sounds.
        onsets: when something begins, in seconds, rising.
    """

    a: Sound
    b: Sound
    onsets: Values

    @property
    def alone(self) -> bool:
        """Whether only one piece's sounds play."""
        return self.a is self.b


@dataclass(frozen=True)
class _Voice:
    """A note as it is to be played by one of the pieces."""

    note: Note
    instrument: Instrument


@dataclass(frozen=True)
class _Event:
    """A note with those who play it, and its gain in each channel."""

    voices: tuple[_Voice, ...]
    at: float
    gains: Mono


def notes_played(
    notes: Sequence[Between], a: Piece, b: Piece, shape: tuple[int, int], tick: Tick
) -> Part | None:
    """The notes, played by both instruments; None if there are none, or no instrument.

    Args:
        notes: by their starts.
        a: the first piece; its rate is the result's, and it has as many channels.
        b: the second, likewise.
        shape: of the result, ``[channels, samples]``.
        tick: called with the fraction that is done.
    """
    players = _players(a.instrument, b.instrument)
    events = [
        _Event(tuple(_Voice(it.note, player) for player in players), it.at, _gains(it, a, b))
        for it in notes
    ]
    return _played(events, a.sample_rate, shape, tick)


def strokes_played(
    strokes: Sequence[StrokeBetween], a: Piece, b: Piece, shape: tuple[int, int], tick: Tick
) -> Part | None:
    """The strokes, played by both kits: see `notes_played`.

    A stroke that comes from one of A's and one of B's is looked for in each kit by that piece's own
    colour: a kit has its own strokes, and hardly any that lie between two pieces.
    """
    players = _players(a.kit, b.kit)
    own = [[it.a or it.b or it.note for it in strokes], [it.b or it.a or it.note for it in strokes]]
    if a.kit is None:
        own.reverse()
    played = [
        by_colour(
            [replace(it.note, colour=mine.colour) for it, mine in zip(strokes, of, strict=True)],
            player,
        )
        for of, player in zip(own, players, strict=False)
        if isinstance(player, Kit)
    ]
    events = [
        _Event(
            tuple(_Voice(note, player) for note, player in zip(same, players, strict=True)),
            it.at,
            _gains(it, a, b),
        )
        for it, *same in zip(strokes, *played, strict=True)
    ]
    return _played(events if players else [], a.sample_rate, shape, tick)


def _players(a: Instrument | None, b: Instrument | None) -> tuple[Instrument, ...]:
    """Those that there are."""
    return tuple(it for it in (a, b) if it is not None)


def _gains(it: Between | StrokeBetween, a: Piece, b: Piece) -> Mono:
    """Where it is between the channels: between where A and B have it. Its mean square is 1."""
    where = [
        pan(piece.audio, piece.sample_rate, note)
        for piece, note in ((a, it.a), (b, it.b))
        if note is not None
    ]
    if not where:
        return np.ones(len(a.audio), np.float32)
    first, last = where[0], where[-1]
    if float(first @ last) < 0:  # one in opposite phase: they would cancel on the way
        last = -last
    gains = (1 - it.at) * first + it.at * last
    return np.asarray(gains / np.sqrt(np.mean(gains**2)), np.float32)


def _played(
    events: Sequence[_Event], rate: float, shape: tuple[int, int], tick: Tick
) -> Part | None:
    if not events or not events[0].voices:
        return None
    players = len(events[0].voices)
    moved: list[Moved] = [Recent(PERFORM.most_moved_bytes) for _ in range(players)]
    both = gathered(
        _stretches(events, partial(_sounding, rate=rate, moved=moved), rate, shape, tick),
        (players * shape[0], shape[1]),
    )
    parts = [_channels(both, it * shape[0], (it + 1) * shape[0]) for it in range(players)]
    onsets = np.array([it.voices[0].note.start for it in events])
    return Part(parts[0], parts[-1], onsets)


def _channels(sound: Sound, first: int, last: int) -> Sound:
    """Some of the channels of a sound."""
    if isinstance(sound, np.ndarray):
        return sound[first:last]
    shape = (last - first, sound.shape[1])
    return Stretches(shape, lambda start, stop: sound[:, start:stop][first:last])


def _sounding(event: _Event, rate: float, moved: Sequence[Moved]) -> list[tuple[Mono, int]]:
    """What each voice plays, and from which sample on."""
    sounds, attacks, starts = [], [], []
    for voice, known in zip(event.voices, moved, strict=True):
        note, grain = voice.note, choose(voice.note, voice.instrument)
        sound, lead = play(note, grain, voice.instrument, rate, known)
        sound *= np.float32(min(note.level / grain.level, db_to_amplitude(PERFORM.most_gain_db)))
        sounds.append(sound)
        attacks.append(_attack(sound[lead:], rate))
        starts.append(round(note.start * rate) - lead)
    meet = round((1 - event.at) * attacks[0] + event.at * attacks[-1])
    return [
        (sound, start + meet - attack)
        for sound, start, attack in zip(sounds, starts, attacks, strict=True)
    ]


def _attack(sound: Mono, rate: float) -> int:
    """The sample at which a sound has risen to half of its height."""
    width = max(round(SETTINGS.level_seconds * rate), 1)
    power = np.cumsum(np.square(sound[: round(SETTINGS.attack_seconds * rate)], dtype=np.float64))
    level = np.sqrt(np.maximum(power - np.append(np.zeros(width), power)[: power.size], 0))
    if not level.size or level.max() <= 0:
        return 0
    return int(np.argmax(level >= SETTINGS.risen * level.max()))


def _stretches(
    events: Sequence[_Event],
    sounding: Callable[[_Event], list[tuple[Mono, int]]],
    rate: float,
    shape: tuple[int, int],
    tick: Tick,
) -> Iterator[Audio]:
    """All voices below one another, ``[voices * channels, n]``, stretch by stretch.

    Sounds are made in threads and added in order, or sums would be rounded otherwise.
    """
    channels, samples = shape
    sounds = zip(events, in_threads(sounding, events), strict=True)
    waiting = next(sounds, None)
    ahead = round(SETTINGS.most_lead_seconds * rate)
    size = max(round(SETTINGS.together_seconds * rate), 1)
    ringing, count = np.zeros((len(events[0].voices) * channels, 0), np.float32), 0
    for start in range(0, samples, size):
        stop = min(start + size, samples)
        ringing = _longer(ringing, stop - start)
        while waiting and waiting[0].voices[0].note.start * rate < stop + ahead:
            event, voices = waiting
            ringing = _longer(ringing, max(at + it.size for it, at in voices) - start)
            for row, (sound, at) in enumerate(voices):
                place(ringing[row * channels :][:channels], sound, at - start, event.gains)
            waiting, count = next(sounds, None), count + 1
            tick(count / len(events))
        yield ringing[:, : stop - start]
        ringing = ringing[:, stop - start :]


def _longer(audio: Audio, samples: int) -> Audio:
    """With silence after it, if it is shorter than that."""
    missing = samples - audio.shape[1]
    return np.pad(audio, ((0, 0), (0, missing))) if missing > 0 else audio
