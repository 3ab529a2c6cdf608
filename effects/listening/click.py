"""A click on every beat of a song, higher where a bar begins: what was heard can be heard."""

from __future__ import annotations

import numpy as np

from effects.listening.song import Song
from effects.signal.arrays import Audio, Mono
from effects.signal.loudness import peak

#: A metronome's sound, not searched: Hz of a beat and of a downbeat, how long, how fast it fades.
BEAT_HZ, DOWNBEAT_HZ = 1000.0, 1600.0
SECONDS, FADE_SECONDS = 0.05, 0.01
#: Of full scale: together they cannot clip.
CLICK_PEAK, SONG_PEAK = 0.4, 0.55


def with_clicks(audio: Audio, sample_rate: float, song: Song) -> Audio:
    """The sound, quieter, with clicks on the beats: ``[channels, samples]``, peaks below 1.

    Args:
        audio: what was listened to, ``[channels, samples]``.
        sample_rate: in Hz.
        song: what was heard.
    """
    out = audio * np.float32(SONG_PEAK / max(peak(audio), 1.0))
    downbeats = set(song.bars.tolist())
    clicks = {hz: _click(hz, sample_rate) for hz in (BEAT_HZ, DOWNBEAT_HZ)}
    for number, seconds in enumerate(song.beats):
        start = round(seconds * sample_rate)
        if 0 <= start < out.shape[1]:
            click = clicks[DOWNBEAT_HZ if number in downbeats else BEAT_HZ]
            room = out[:, start : start + len(click)]
            room += click[: room.shape[1]]
    return out


def _click(hz: float, sample_rate: float) -> Mono:
    t = np.arange(round(SECONDS * sample_rate)) / sample_rate
    return (CLICK_PEAK * np.sin(2 * np.pi * hz * t) * np.exp(-t / FADE_SECONDS)).astype(np.float32)
