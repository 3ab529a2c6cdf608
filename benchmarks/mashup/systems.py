"""The rows of a pair: Restyle's mashup, and the others on the same time axis."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.mashup import rows, spectra
from benchmarks.mashup.heard import Heard, heard_as
from benchmarks.mashup.judge import Figures, Result, late, met, sounds
from benchmarks.mashup.meeting import timeline_of
from benchmarks.mashup.pairs import Pair
from benchmarks.mashup.songs import RATE, Known
from benchmarks.mashup.truth import true_alignment
from effects.mashing.mash import mash
from effects.mashing.mashed import Mashed
from effects.mashing.mixing import Wish, mix
from effects.mashing.parts import hear_parts
from effects.mashing.source import Source
from effects.mashing.stems import joined
from effects.mashing.track import Track
from effects.signal.arrays import Audio
from effects.warping.timeline import Passage, Timeline

AGREES_SECONDS = 0.002  # the mask file and the alignment of one mashup


def results(pair: Pair, *, told: bool, others: bool) -> Iterator[Result]:
    """All rows of a pair.

    Args:
        pair: two songs.
        told: whether Restyle's mask on the true alignment is one of them.
        others: whether those that are not Restyle's are.
    """
    began = time.process_time(), time.perf_counter()
    mashed = mash([_source(it) for it in (pair.a, pair.b)])
    taken = {
        "processor s": time.process_time() - began[0],
        "wall s": time.perf_counter() - began[1],
    }
    heard = _heard(pair, mashed)
    meets = met(pair, *_told_by_file(mashed))

    def result(row: str, audio: Audio, extra: Figures) -> Result:
        figures = {**meets, **sounds(heard, audio), **extra}
        return Result(row, *_of(pair), figures)

    out = spectra.resampled(mashed.audio, mashed.sample_rate)
    yield result(rows.RESTYLE, out, {**late(pair, heard, out), **taken})
    stemmed = mash([_source(it, stems=True) for it in (pair.a, pair.b)])
    with_stems = _heard(pair, stemmed)
    figures = sounds(with_stems, spectra.resampled(stemmed.audio, stemmed.sample_rate))
    meets_too = met(pair, *_told_by_file(stemmed))
    yield Result(rows.STEMMED, *_of(pair), {**meets_too, **figures})
    if told:
        yield _told(pair)
    if others:
        for name, row in rows.ROWS.items():
            yield result(name, row(heard), {})
        yield _unaligned(pair)


def _of(pair: Pair) -> tuple[str, int, bool]:
    return pair.family, pair.number, pair.a.drums and pair.b.drums


def _source(song: Known, *, stems: bool = False) -> Source:
    if not stems:
        return Source(song.name, song.mix, RATE)
    parts, rate = joined(song.name, [(name, it, RATE) for name, it in song.stems.items()])
    return Source(song.name, parts.mixture, rate, parts)


def _heard(pair: Pair, mashed: Mashed) -> Heard:
    """The pair on the time axis of a mashup. Raises ValueError if its file says something else."""
    if mashed.alignment is None:
        raise ValueError(f"{pair.a.name} and {pair.b.name} were not aligned.")
    mask = mashed.mask
    for timeline, told in (
        (mashed.alignment.a, mask.a_seconds),
        (mashed.alignment.b, mask.b_seconds),
    ):
        error = np.abs(timeline.at(mask.times) - told)
        if np.nanmax(error, initial=0.0) > AGREES_SECONDS:
            raise ValueError("The mask file does not say what was done.")
    seconds = mashed.audio.shape[1] / mashed.sample_rate
    return heard_as(pair, mashed.alignment.a, mashed.alignment.b, seconds)


def _told_by_file(mashed: Mashed) -> tuple[Timeline, Timeline]:
    """The timelines of A and B as a mask file tells them."""
    with io.BytesIO() as file:
        mashed.mask.save(file)
        file.seek(0)
        with np.load(file) as found:
            told = {name: np.asarray(found[name], np.float64) for name in found.files}
    a, b = (
        timeline_of(told["times"], told[f"{it}_seconds"], float(told[f"{it}_semitones"]))
        for it in "ab"
    )
    return a, b


def _unaligned(pair: Pair) -> Result:
    """Both songs from their starts, as they are."""
    a, b = (_from_the_start(it) for it in (pair.a, pair.b))
    heard = heard_as(pair, a, b, pair.b.mix.shape[1] / RATE)
    figures = {**met(pair, a, b), **sounds(heard, rows.plain_sum(heard))}
    return Result(rows.UNALIGNED, *_of(pair), figures)


def _from_the_start(song: Known) -> Timeline:
    whole = np.array([0.0, song.mix.shape[1] / RATE])
    return Timeline((Passage(whole, whole),))


def _told(pair: Pair) -> Result:
    """The mask that Restyle makes if it is told how to align: what is its own fault."""
    a, b = true_alignment(pair.a, pair.b)
    heard = heard_as(pair, a, b, pair.b.mix.shape[1] / RATE)
    beat = float(np.mean(np.diff(pair.b.beats)))
    wish = Wish(beat_seconds=beat, bar_seconds=beat * (pair.b.meter or (4, 2))[0])
    tracks = [Track((it,)) for it in (heard.a, heard.b)]
    mixed = mix(*tracks, spectra.RATE, wish, hear_parts, lambda _: None)
    figures = {**met(pair, a, b), **sounds(heard, mixed.audio)}
    return Result(rows.TOLD, *_of(pair), figures)
