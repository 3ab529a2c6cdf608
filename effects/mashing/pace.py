"""A song counted at half or double pace, so that its beats come about as often as another's."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from effects.listening.song import Song
from effects.signal.arrays import Values


def pace_for(song: Song, bpm: float) -> float:
    """Of 1, 0.5 and 2, the pace at which a song has to be changed least to have a tempo.

    Half a tempo, or twice as much, is the same to who dances. Without this, a song of 80 beats a
    minute over one of 170 would be played twice as fast.
    """
    return min((1.0, 0.5, 2.0), key=lambda pace: abs(math.log(song.bpm * pace / bpm)))


def speed_for(song: Song, bpm: float) -> float:
    """How much faster a song is played to have a tempo, at its `pace_for` it; 1 for its own."""
    return bpm / (song.bpm * pace_for(song, bpm))


def counted(song: Song, pace: float) -> Song:
    """The same song, with ``pace`` times as many beats: half, once, or twice as many.

    Where bars have an odd number of beats, half of the bars begin between two beats of half the
    pace. They are left out, and two bars become one.
    """
    if pace == 1:
        return song
    return _doubled(song) if pace == 2 else _halved(song)


def _doubled(song: Song) -> Song:
    between = (song.beats[1:] + song.beats[:-1]) / 2
    beats = np.insert(song.beats, np.arange(1, len(song.beats)), between)
    half = song.onsets.shape[1] // 2
    halves = np.repeat(song.onsets.reshape(-1, half, song.onsets.shape[2]), 2, axis=1)
    return replace(
        song,
        beats=beats,
        bars=song.bars * 2,
        meter=replace(song.meter, beats=song.meter.beats * 2),
        chroma=np.repeat(song.chroma, 2, axis=0),
        onsets=halves,
        levels=np.repeat(song.levels, 2, axis=0),
    )


def _halved(song: Song) -> Song:
    """The first bar line stays a beat; if no pair of beats follows it, the song stays as it is."""
    first = int(song.bars[0]) % 2
    beats = song.beats[first::2]
    if len(beats) < 2:
        return song
    kept = np.flatnonzero((song.bars % 2 == first) & (song.bars // 2 < len(beats)))
    count = len(beats) - 1

    def pairs(values: Values) -> Values:
        paired = values[first:][: 2 * count]
        return np.asarray(paired.reshape(count, 2, *values.shape[1:]).mean(axis=1))

    squeezed = song.onsets[first:][: 2 * count]
    squeezed = squeezed.reshape(count, song.onsets.shape[1], 2, -1).mean(axis=2)
    odd = song.meter.beats % 2
    return replace(
        song,
        beats=beats,
        bars=(song.bars[kept] - first) // 2,
        meter=replace(song.meter, beats=song.meter.beats if odd else song.meter.beats // 2),
        chroma=pairs(song.chroma),
        onsets=squeezed,
        levels=pairs(song.levels),
        sections=np.unique(np.searchsorted(kept, song.sections, "right") - 1),
    )
