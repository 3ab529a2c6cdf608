"""A stem restyled in windows: no seams between them, its dynamics kept, its strength heard."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sounds import melody, noise, sine

from effects import StyleTransfer
from effects.engines.gram import windows
from effects.engines.gram.frames import FramedClip
from effects.engines.gram.infinite import Infinite
from effects.engines.gram.statistics import style_statistics
from effects.engines.gram.windows import window_spans
from effects.signal.loudness import loudness
from effects.signal.spectrogram import Analysis
from effects.style_clip import Style
from plugin_bridge.reports.demo import recording

RATE = 44_100
STYLE = (melody(2, 22_050, seed=5, partials=10, tilt=0.3), 22_050)


def transfer(audio, rate=RATE, **options):
    """By the closed form: `test_sampler` has the default engine."""
    return StyleTransfer(**{"style": STYLE, "engine": "infinite", **options})(audio, rate)


def distances_as_heard(sounds, content, rate):
    """Roots of the style distances, and the content distances, of finished sounds."""
    device, engine = torch.device("cpu"), Infinite()
    analysed = Analysis.features_at(rate)
    n, statistics = style_statistics(Style(STYLE), engine, analysed, device, tick=lambda: None)

    def look(audio):
        stem = FramedClip(audio, Analysis(rate, n, device), engine.n_frames_min)
        frames = stem.frames(0, stem.n_frames)
        return frames.features(frames.gain_to_energy(float(statistics["energy"]))), frames.active

    features, active = look(content)
    objective = engine.objective(features, active, statistics, tick=lambda: None)
    found = [objective(look(sound)[0]) for sound in sounds]
    return [float(style) ** 0.5 for style, _ in found], [float(content) for _, content in found]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_stronger_is_nearer_to_the_style_and_further_from_the_content(seed):
    audio = melody(2, RATE, seed=seed) * np.float32(0.2)
    strengths = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    sounds = [transfer(audio, strength=strength) for strength in strengths]
    style, content = distances_as_heard(sounds, audio, RATE)
    assert np.all(np.diff(content) > 0)
    assert np.all(np.diff(style[:5]) < 0)
    # What is gained on the last stretch, no sound has; it must not be lost again either.
    assert style[5] < style[4] + 0.06 * style[0]


# Long stems


def flux(audio):
    """Change from one frame to the next of the log spectrum, every 512 samples."""
    frames = np.lib.stride_tricks.sliding_window_view(audio[0], 2048)[::512]
    spectra = np.log1p(0.5 * np.abs(np.fft.rfft(frames * np.hanning(2048))))
    return np.sqrt(np.square(np.diff(spectra, axis=0)).sum(axis=1))


BUZZ = (
    sum(sine(196 * k, 3, RATE, level=0.1 / k) for k in range(1, 20)) + noise(3, RATE, level=0.01),
    RATE,
)


def assert_no_seams(audio, strength):
    """At 44.1 kHz a frame of the effect is 1024 samples."""
    change = flux(transfer(audio, strength=strength, style=BUZZ))
    frames = 1 + audio.shape[1] // 1024
    starts = [
        a
        for a, _ in windows.window_spans(frames, windows.WINDOW_FRAMES, windows.OVERLAP_FRAMES)[1:]
    ]
    assert len(starts) >= 3
    near = np.zeros(len(change), bool)
    for start in starts:
        near[2 * start - 4 : 2 * (start + windows.OVERLAP_FRAMES) + 4] = True
    inside = np.zeros(len(change), bool)
    inside[20:-20] = True
    at_seams, elsewhere = change[near & inside], change[~near & inside]
    assert np.quantile(at_seams, 0.95) < 1.25 * np.quantile(elsewhere, 0.95)
    assert at_seams.max() < 1.1 * elsewhere.max()


STEADY = {
    "noise": lambda seconds: noise(seconds, RATE),
    "tone": lambda seconds: sine(440, seconds, RATE),
    "chord": lambda seconds: sum(sine(f, seconds, RATE, level=0.1) for f in (220, 277, 330)),
    "glide": lambda seconds: (
        0.3 * np.sin(np.cumsum(np.linspace(0.03, 0.06, round(seconds * RATE))))[None]
    ).astype(np.float32),
}


# The glide is left to windows of full size: in such short ones each has pitches of its own.
@pytest.mark.parametrize("strength", [0.3, 0.7])
@pytest.mark.parametrize("sound", ["noise", "tone", "chord"])
def test_windows_leave_no_seams(sound, strength, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW_FRAMES", 192)
    monkeypatch.setattr(windows, "OVERLAP_FRAMES", 32)
    assert_no_seams(STEADY[sound](12), strength)


@pytest.mark.slow
@pytest.mark.parametrize(("sound", "strength"), list(zip(STEADY, [0.3, 0.7] * 2, strict=True)))
def test_full_size_windows_leave_no_seams(sound, strength):
    """Both strengths with every sound are tried with smaller windows above."""
    assert_no_seams(STEADY[sound](40), strength)


# Dynamics


@pytest.mark.parametrize("sound", ["noise", "tone", "chord"])
@pytest.mark.parametrize("strength", [0.3, 0.7])
def test_a_steady_sound_stays_steady(sound, strength):
    output = transfer(STEADY[sound](6), strength=strength, style=BUZZ)
    level = 10 * np.log10(np.square(output[0]).reshape(-1, 13_230).mean(axis=1))
    assert level.max() - level.min() < 6


def short_term(audio, rate):
    """Loudness of half seconds."""
    half = rate // 2
    starts = range(0, audio.shape[1] - half, half // 2)
    return np.array([loudness(audio[:, start : start + half], rate) for start in starts])


@pytest.mark.parametrize(("content", "style"), [("guitar", "warm-pad"), ("drums", "warm-pad")])
def test_real_clips_keep_their_dynamics(content, style):
    audio, rate = Style(recording(content).clip).excerpts()
    audio, rate = audio[:, : round(3 * rate)], round(rate)
    before = short_term(audio, rate)
    after = short_term(StyleTransfer(preset=style, engine="infinite")(audio, rate), rate)
    loud = before > before.max() - 20
    assert np.abs(after - before)[loud].max() < 10


@settings(max_examples=300, deadline=None)
@given(n_frames=st.integers(1, 20_000), overlap=st.integers(0, 80), more=st.integers(1, 600))
def test_windows_cover_all_and_overlap_by_as_much_as_was_asked(n_frames, overlap, more):
    longest = 2 * overlap + more
    spans = window_spans(n_frames, longest, overlap)
    assert spans[0][0] == 0
    assert spans[-1][1] == n_frames
    assert all(0 < stop - start <= longest for start, stop in spans)
    for (_, stop), (start, _) in pairwise(spans):
        assert stop - start == overlap
    lengths = [stop - start for start, stop in spans]
    assert max(lengths) - min(lengths) <= 1
    assert (len(spans) == 1) == (n_frames <= longest)
