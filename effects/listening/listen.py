"""Listening to a song: from its sound to a `Song`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr  # type: ignore[import-untyped]

from effects.listening.bars import find_bars, in_dotted
from effects.listening.beat_network import activations
from effects.listening.beats import certainty, find_beats
from effects.listening.chroma import chroma, chroma_of_beats
from effects.listening.front_end import RATE
from effects.listening.keys import pitch_set
from effects.listening.octave import in_octave
from effects.listening.remembered import remembered
from effects.listening.sections import find_sections
from effects.listening.song import Song
from effects.listening.strokes import levels, onsets, strength
from effects.running.cores import blas_in_one_thread
from effects.running.progress import Progress
from effects.running.spool import gathered
from effects.signal.arrays import Audio, Sound
from effects.signal.downmix import at_unit_peak, mixed
from effects.signal.limits import check_channels, check_finite, check_rate
from effects.signal.loudness import peak

STRETCH = 1 << 20  # samples at a time, to limit memory
#: A song whose samples are all smaller than this is silent: -200 dB. Not searched.
LEAST_PEAK = 1e-10


def listen(audio: Sound, sample_rate: float, progress: Progress | None = None) -> Song:
    """What is heard of a song: beats, bars, pitches, strokes, levels, sections.

    It is the same whatever the song's level and however many threads compute it. What was heard
    before comes from the cache. Beats are looked for between 60 and 215 BPM.

    Args:
        audio: ``[channels, samples]``; full scale is 1. It may be as long as it likes.
        sample_rate: in Hz.
        progress: is told how far this is.

    Raises:
        ValueError: the sound is empty or no ``[channels, samples]``, holds NaN or infinity, or its
            rate or number of channels is out of range.
    """
    progress = progress or Progress()
    _check(audio, sample_rate)
    with blas_in_one_thread():  # in several, it rounds sums otherwise
        return remembered(
            audio, sample_rate, progress.tick, lambda: _hear(audio, sample_rate, progress)
        )


def _hear(audio: Sound, sample_rate: float, progress: Progress) -> Song:
    sound, seconds = _as_heard(audio, sample_rate), audio.shape[1] / sample_rate
    heard = activations(sound, progress.part(0.1, 0.6, "listening for beats"))
    strokes = strength(sound, progress.part(0.6, 0.8, "listening for strokes"))
    pitches = chroma(sound, progress.part(0.8, 1.0, "listening for pitches"))
    beats = in_octave(find_beats(heard, seconds), heard, strokes, seconds)
    found = find_bars(beats, heard, chroma_of_beats(pitches, beats), onsets(strokes, beats))
    sure, bars = certainty(beats, heard), found.begins
    if found.in_dotted:
        beats, bars = in_dotted(beats, bars, seconds)
    of_beats = chroma_of_beats(pitches, beats), onsets(strokes, beats), levels(strokes, beats)
    return Song(
        seconds=seconds,
        beats=beats,
        bars=bars,
        meter=found.meter,
        certainty=sure,
        chroma=of_beats[0],
        pitch_set=pitch_set(of_beats[0]),
        onsets=of_beats[1],
        levels=of_beats[2],
        sections=find_sections(bars, *of_beats),
    )


def _as_heard(audio: Sound, sample_rate: float) -> Sound:
    """One channel at `RATE` with a peak of 1, ``[samples]``; a silent song stays silent."""
    count = max(round(audio.shape[1] * RATE / sample_rate), 1)
    if peak(audio) < LEAST_PEAK:
        return np.zeros(count, np.float32)
    return at_unit_peak(gathered(_resampled(mixed(audio), sample_rate, count), (1, count)))


def _resampled(mono: Sound, sample_rate: float, count: int) -> Iterator[Audio]:
    """One channel at `RATE`, stretch by stretch, ``[1, n]`` each: ``count`` samples in all."""
    stream = soxr.ResampleStream(sample_rate, RATE, 1, dtype="float32")
    for start in range(0, mono.shape[1], STRETCH):
        part = mono[:, start : start + STRETCH][0]
        last = start + len(part) == mono.shape[1]
        found = stream.resample_chunk(part, last=last)[:count]
        count -= len(found)
        yield found[None]
    yield np.zeros((1, count), np.float32)  # the stream may round down


def _check(audio: Sound, sample_rate: float) -> None:
    check_rate("A song", sample_rate)
    if len(audio.shape) != 2 or not audio.shape[1]:
        raise ValueError(f"A song is [channels, samples], and not empty, not {audio.shape}.")
    check_channels("A song", audio.shape[0])
    check_finite("The song", audio)
