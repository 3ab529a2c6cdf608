"""A medley as a sound: its parts made one by one, each as loud as B, joined just before the bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from effects.listening.song import Song
from effects.mashing.alignment import Alignment
from effects.mashing.cropping import cropped
from effects.mashing.fitting import exponent_of, fitted, spread
from effects.mashing.grid import grid_of
from effects.mashing.hearing import Hear
from effects.mashing.mashed import Mashed
from effects.mashing.mask import Mask, times_of
from effects.mashing.medley import Medley, MedleyPart
from effects.mashing.options import Options
from effects.mashing.performance import Performance, perform
from effects.mashing.source import Source
from effects.mashing.telling import report_of
from effects.running.progress import Progress
from effects.signal.arrays import Audio
from effects.signal.loudness import loudness, match_loudness
from effects.signal.true_peak import ceiling_of
from effects.warping.timeline import Passage, Timeline

FADE_SECONDS = 0.03  # from part to part, ending on the bar line. Not searched


def perform_medley(
    sources: Sequence[Source],
    heard: Sequence[Song],
    medley: Medley,
    options: Options,
    network: Hear,
    progress: Progress,
    threads: int | None,
) -> Mashed:
    """Make the medley that is planned, with the rate, the channels and the loudness of B.

    Its report has that of each part under ``parts``. Its mask tells which of the two songs of each
    part is heard; the semitones are those of the last part.
    """
    like = sources[1]
    rate, level = like.sample_rate, loudness(like.audio, like.sample_rate)
    ceiling = ceiling_of(like.audio)
    out = np.zeros((len(like.audio), round(medley.seconds * rate)), np.float32)
    made, plans, reports = [], [], []
    for index, it in enumerate(medley.parts):
        lead, bed = sources[it.lead], _as(sources[it.bed], like)
        run_in = FADE_SECONDS if index else 0.0
        plan = cropped(it.alignment, round((it.start - run_in) * rate) / rate, it.stop)
        begin, end = (n / len(medley.parts) for n in (index, index + 1))
        nested = progress.nested(begin, end, f"part {index + 1}")
        performance = perform(lead, bed, plan, options, network, nested, threads)
        match_loudness(performance.audio, rate, level, ceiling=ceiling)
        _join(out, performance.audio, round((it.out_start - run_in) * rate), round(run_in * rate))
        songs = [(pair[it.lead], pair[it.bed]) for pair in (sources, heard)]
        reports.append({"start": it.out_start, **_part(songs, plan, options, performance)})
        made.append(performance)
        plans.append(_moved(plan, it.out_start - run_in))
    mask = _mask(medley.parts, made, plans, rate, out.shape[1])
    report = {
        "parts": reports,
        "seconds": medley.seconds,
        "part": [0.0, medley.seconds],
        "why": " ".join(f"Part {n}: {it['why']}" for n, it in enumerate(reports, 1)),
    }
    return Mashed(out, rate, mask, _all(plans, medley.seconds), report)


def _part(
    songs: Sequence[Any], plan: Alignment, options: Options, made: Performance
) -> dict[str, Any]:
    (sources, heard) = songs
    return report_of(sources, heard, plan, options, made)


def _as(source: Source, like: Source) -> Source:
    """A bed with the rate and the channels of another."""
    channels, rate = len(like.audio), like.sample_rate
    if source.sample_rate == rate and len(source.audio) == channels:
        return source
    exponent = exponent_of(source)
    sounds = [spread(it, channels) for it in fitted(source, rate, channels, exponent)]
    total = np.sum([np.asarray(it[:, :]) for it in sounds], axis=0, dtype=np.float32)
    return Source(source.name, np.ldexp(total, exponent), rate)


def _join(out: Audio, part: Audio, at: int, fade: int) -> None:
    """Put a part at its place; over ``fade`` samples it takes over from the one before."""
    part = part[:, : out.shape[1] - at]
    rise = (np.arange(fade, dtype=np.float32) + 0.5) / max(fade, 1)
    here = out[:, at : at + part.shape[1]]
    here[:, :fade] = (1 - rise) * here[:, :fade] + rise * part[:, :fade]
    here[:, fade:] = part[:, fade:]


def _moved(plan: Alignment, seconds: float) -> Alignment:
    """The same, so many seconds later."""

    def moved(it: Timeline) -> Timeline:
        return replace(
            it,
            passages=tuple(Passage(p.out_seconds + seconds, p.song_seconds) for p in it.passages),
        )

    return replace(
        plan,
        a=moved(plan.a),
        b=moved(plan.b),
        beats=plan.beats + seconds,
        bars=plan.bars + seconds,
    )


def _all(plans: Sequence[Alignment], seconds: float) -> Alignment:
    """All parts as one; what is said of the match and the semitones is the last part's."""
    last = plans[-1]
    return replace(
        last,
        seconds=seconds,
        a=replace(last.a, passages=tuple(p for it in plans for p in it.a.passages)),
        b=replace(last.b, passages=tuple(p for it in plans for p in it.b.passages)),
        beats=np.unique(np.concatenate([it.beats for it in plans])),
        bars=np.unique(np.concatenate([it.bars for it in plans])),
        why=" ".join(it.why for it in plans),
    )


def _mask(
    parts: Sequence[MedleyPart],
    made: Sequence[Performance],
    plans: Sequence[Alignment],
    rate: float,
    samples: int,
) -> Mask:
    """The parts' masks, one after the other: each frame is the nearest of its part."""
    grid = grid_of(rate)
    times = times_of(grid, rate, grid.n_frames(samples))
    first = made[0].mask
    steps = np.zeros((len(first.steps), len(times)), np.uint8)
    sources = np.full((2, len(times)), np.nan)
    rests = []
    part_of = np.searchsorted([it.out_start for it in parts[1:]], times, side="right")
    for index, (it, plan, part) in enumerate(zip(made, plans, parts, strict=True)):
        here = np.flatnonzero(part_of == index)
        begin = part.out_start - (FADE_SECONDS if index else 0.0)
        frames = np.rint((times[here] - begin) / (grid.hop / rate)).astype(int)
        steps[:, here] = it.mask.steps[:, np.clip(frames, 0, it.mask.steps.shape[1] - 1)]
        sources[:, here] = plan.a.at(times[here]), plan.b.at(times[here])
        rests.append(it.mask.rests + begin)
    return replace(
        made[-1].mask,
        steps=steps,
        times=times,
        a_seconds=sources[0],
        b_seconds=sources[1],
        rests=np.concatenate(rests),
    )
