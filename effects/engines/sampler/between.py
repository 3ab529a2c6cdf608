"""Between a stem and its performance.

In every frame and bin of the short-time spectrum, amplitudes go from one to the other evenly in
decibels, |X|^(1-s) |Y|^s, and the phase is that of the mix (1-s) X/|X|·g + s Y/|Y|·g with the
common amplitude g: so 0 is the stem, 1 is the performance, and partials that only one of them has
are soon gone. In a mix, both would be heard at once.
"""

from __future__ import annotations

import torch

from effects.engines.gram.frames import Stem
from effects.signal.arrays import Audio
from effects.signal.overlap_add import OverlapAdder
from effects.signal.spectrogram import Analysis

FRAMES = 512  # looked at together
FLOOR = 1e-7  # relative to full scale: below, amplitudes are the same


def morph(stem: Audio, performance: Audio, sample_rate: float, strength: float) -> Audio:
    """``strength`` of the way from one to the other, ``[channels, samples]`` each, equally loud."""
    analysis = Analysis(sample_rate, Analysis.features_at(sample_rate), torch.device("cpu"))
    here, there = Stem(stem, analysis), Stem(performance, analysis)
    adder = OverlapAdder(analysis.grid, stem, 1 / here.unit)
    level = here.unit / there.unit
    for start in range(0, here.n_frames, FRAMES):
        stop = min(start + FRAMES, here.n_frames)
        x = here.frames(start, stop).spectra
        y = there.frames(start, stop).spectra * level
        a, b = x.abs() + FLOOR, y.abs() + FLOOR
        phase = torch.angle((1 - strength) * x / a + strength * y / b)
        adder.add(torch.polar(a ** (1 - strength) * b**strength - FLOOR, phase))
    return adder.finish()
