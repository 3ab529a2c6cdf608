"""A mashup as the tests of the bridge need one: the mean of both songs, and a mask to look at."""

from __future__ import annotations

import numpy as np

from effects.mashing.alignment import Alignment
from effects.mashing.grid import grid_of
from effects.mashing.mashability import Match
from effects.mashing.mashed import Mashed
from effects.mashing.mask import Mask, frequencies_of, times_of
from effects.warping.timeline import Passage, Timeline

BAR_SECONDS = 0.5
RATE = 22_050  # of the songs for which the mask is right, in Hz


def mean_of(songs, options=None, progress=None, *, threads=None):
    """As `effects.mashing.mash.mash`, at once: the mean of all songs, as long as the second."""
    bed = songs[1]
    audio = np.zeros_like(bed.audio)
    for song in songs:
        count = min(song.audio.shape[1], bed.audio.shape[1])
        audio[:, :count] += song.audio[:1, :count] / len(songs)
    if progress is not None:
        progress.tick(0.5, "mixing")
    seconds = audio.shape[1] / bed.sample_rate
    report = {
        "tempo": 120.0,
        "lead": options.lead,
        "seconds": seconds,
        "why": "A is played 2 semitones higher.",
    }
    return Mashed(audio, bed.sample_rate, a_mask(seconds), an_alignment(seconds), report)


def a_mask(seconds, semitones=2):
    """B is heard below 1 kHz and A above, and from the middle on B alone; A rests there."""
    grid = grid_of(RATE)
    times = times_of(grid, RATE, grid.n_frames(round(seconds * RATE)))
    frequencies = frequencies_of(grid, RATE)
    steps = np.where(frequencies[:, None] < 1000, 255, 20) * np.ones(times.size)
    steps[:, times > seconds / 2] = 255
    ends = [[0.5 * seconds, 0.75 * seconds]]
    return Mask(
        steps=steps.astype(np.uint8),
        frequencies=frequencies,
        times=times,
        a_seconds=times * 1.1,
        b_seconds=times,
        a_semitones=semitones,
        b_semitones=0,
        rests=np.array(ends),
    )


def an_alignment(seconds, semitones=2):
    """An alignment of two songs that begin together; A is a tenth faster."""
    nodes = np.array([0.0, seconds])
    a = Timeline((Passage(nodes, nodes * 1.1),), semitones)
    b = Timeline((Passage(nodes, nodes),))
    beats = np.arange(0.0, seconds, BAR_SECONDS / 4)
    match = Match(0.8, 0.6, 0.7, 0.7)
    return Alignment(seconds, a, b, beats, beats[::4], match, "A is played 2 semitones higher.")
