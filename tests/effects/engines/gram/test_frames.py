"""A clip in frames: stretches of it, its channels, its rests."""

import numpy as np
import pytest
import torch
from support.sounds import melody, noise

from effects.engines.gram.frames import FramedClip
from effects.signal.spectrogram import Analysis

CPU = torch.device("cpu")


def analysis_at(rate, n_features=None):
    return Analysis(rate, n_features or Analysis.features_at(rate), CPU)


def frames_of(audio, rate, n_features=None):
    stem = FramedClip(audio, analysis_at(rate, n_features))
    return stem, stem.frames(0, stem.n_frames)


# Stretches of a stem


@pytest.mark.parametrize("rate", [8000, 44_100])
def test_frames_of_a_stretch_are_those_of_the_whole(rate):
    stem, whole = frames_of(np.vstack([melody(2, rate), noise(2, rate)]), rate)
    for start, stop in ((0, 1), (0, 20), (13, 40), (stem.n_frames - 5, stem.n_frames)):
        part = stem.frames(start, stop)
        torch.testing.assert_close(part.spectra, whole.spectra[:, start:stop])
        torch.testing.assert_close(part.amplitudes, whole.amplitudes[start:stop])


def test_opposite_channels_do_not_cancel():
    audio = melody(1, 44_100)
    stem, frames = frames_of(np.vstack([audio, -audio]), 44_100)
    _, alone = frames_of(audio, 44_100)
    torch.testing.assert_close(frames.amplitudes, alone.amplitudes)
    torch.testing.assert_close(frames.carrier(stem.polarity).abs(), alone.spectra[0].abs())


def test_rests_are_told_from_sound():
    audio = melody(2, 44_100)
    audio[:, 30_000:60_000] = noise(1, 44_100, level=1e-6)[:, :30_000]
    _, frames = frames_of(audio, 44_100)
    assert frames.active[:25].all()
    assert not frames.active[33:56].any()
    assert frames.active[64:80].all()
