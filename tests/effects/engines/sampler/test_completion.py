"""What a performance gets of the stem: its dynamics and what no note explains."""

from dataclasses import replace

import numpy as np
import pytest
from support.players import RATE, decibels, note
from support.samplers import BRIGHT, DARK, strokes_of, tone
from support.sounds import melody, noise, sine

from effects.engines.sampler import completion as module
from effects.engines.sampler.completion import SETTINGS, complete, unexplained, unvoiced
from effects.notes.pitch_line import Phrase
from effects.notes.pitched_share import Explained
from effects.running.cores import using


def n_frames(n_samples, rate):
    return unvoiced([], n_samples, rate).size


def completed(performance, stem, rate=RATE, *, unsure=0.0, dynamics=1.0, drums=None):
    """A completed copy, and the share of the remainder; ``unsure`` everywhere."""
    out = performance.copy()
    u = np.full(n_frames(stem.shape[1], rate), unsure, np.float32)
    powers = complete(out, stem, rate, unexplained=u, dynamics=dynamics, drums=drums)
    return out, share_of(powers)


def share_of(powers):
    """The share of the remainder in each frame; 0 in silence."""
    assert np.all(powers >= 0)
    return powers[0] / np.maximum(powers[1], 1e-20)


def level(audio):
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


def levels_db(audio, rate=RATE, seconds=0.05):
    """The levels of stretches, down to 60 dB below the loudest."""
    size = round(seconds * rate)
    parts = audio[:, : audio.shape[1] // size * size].reshape(len(audio), -1, size)
    power = np.square(parts, dtype=np.float64).mean(axis=(0, 2))
    return 10 * np.log10(np.maximum(power, 1e-6 * power.max()))


def swelling(audio, rate=RATE):
    """The same, but swelling and falling by 24 dB, twice a second."""
    t = np.arange(audio.shape[1]) / rate
    return audio * (10 ** (12 * np.sin(2 * np.pi * 2 * t) / 20)).astype(np.float32)


# What stays as it is


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_without_dynamics_an_explained_performance_stays_as_it_is(channels, rate):
    stem, performance = (noise(0.5, rate, channels=channels, seed=it) for it in (1, 2))
    out, share = completed(performance, stem, rate, dynamics=0.0)
    assert decibels(level(out - performance) / level(performance)) < -80
    assert not share.any()


@pytest.mark.parametrize("dynamics", [0.5, 1.0])
def test_a_performance_like_the_stem_stays_as_it_is_and_lacks_nothing(dynamics):
    stem = melody(1.5, RATE)
    out, share = completed(stem, stem, unsure=1.0, dynamics=dynamics)
    assert decibels(level(out - stem) / level(stem)) < -40
    assert share.max() < 0.01


def test_the_stem_and_its_drums_stay_as_they_are():
    stem, drums = noise(0.5, RATE), 0.1 * noise(0.5, RATE, seed=1)
    before = stem.copy(), drums.copy()
    completed(noise(0.5, RATE, seed=2), stem, unsure=1.0, drums=drums)
    np.testing.assert_array_equal(stem, before[0])
    np.testing.assert_array_equal(drums, before[1])


# Dynamics


@pytest.mark.parametrize("unsure", [0.0, 1.0])
def test_more_dynamics_follow_the_stem_more_closely(unsure):
    performance = noise(3, RATE, seed=2)
    stem = swelling(noise(3, RATE, seed=1))
    wanted = levels_db(stem)
    spans = []
    for dynamics in (0.0, 0.25, 0.5, 1.0):
        found = levels_db(completed(performance, stem, unsure=unsure, dynamics=dynamics)[0])
        spans.append(found.std())
        if dynamics:
            assert np.corrcoef(found, wanted)[0, 1] > 0.9
    assert np.all(np.diff(spans) > -0.1)
    assert spans[0] < 0.5 * wanted.std()
    assert spans[-1] < 1.05 * wanted.std()  # never further than the stem itself


def test_where_nothing_is_explained_full_dynamics_are_the_stems_own():
    stem = swelling(noise(3, RATE, seed=1))
    out, _ = completed(noise(3, RATE, seed=2), stem, unsure=1.0)
    np.testing.assert_allclose(levels_db(out), levels_db(stem), atol=1.5)


def test_where_nothing_is_explained_every_band_follows_its_own():
    """Low and high take turns in the stem, and so they do in a performance of both at once."""
    turns = (np.arange(3 * RATE) // (RATE // 2) % 2).astype(np.float32)
    low, high = sine(200, 3, RATE), sine(3000, 3, RATE)
    out, _ = completed(low + high, low * (1 - turns) + high * turns, unsure=1.0)
    inside = np.arange(round(0.15 * RATE), round(0.35 * RATE))
    for number, (loud, soft) in enumerate([(200, 3000), (3000, 200)] * 3):
        power = np.abs(np.fft.rfft(out[0, inside + number * RATE // 2] * np.hanning(inside.size)))
        at = np.fft.rfftfreq(inside.size, 1 / RATE)
        heard = [power[np.abs(at - it) < 30].max() for it in (loud, soft)]
        assert decibels(heard[1] / heard[0]) < -20


def test_dynamics_of_explained_notes_leave_their_spectrum_alone():
    """The gain of each frame is that of a naive twin: overlapping frames, each with one gain."""
    performance = sine(440, 1, RATE) + sine(2500, 1, RATE, level=0.2)
    stem = swelling(sine(300, 1, RATE))
    out, _ = completed(performance, stem, dynamics=1.0)

    hop = round(SETTINGS.window_seconds / SETTINGS.overlap * RATE)
    size, n = SETTINGS.overlap * hop, stem.shape[1]
    window = np.hanning(size + 1)[:-1]
    count = 1 + n // hop

    def frames(audio):
        padded = np.pad(audio[0].astype(np.float64), (size // 2, 2 * size))
        return np.stack([padded[it * hop :][:size] * window for it in range(count)])

    def smooth(powers):
        reach = max(round(SETTINGS.level_seconds * RATE / hop), 1)
        padded = np.pad(powers, (reach // 2, reach), mode="symmetric")
        return np.array([padded[it : it + reach].mean() for it in range(count)])

    theirs, ours = (smooth((frames(it) ** 2).sum(axis=1)) for it in (stem, performance))
    gains = (theirs / ours) ** (1 / 4)  # d = dynamics / 2, of powers
    total, weights = np.zeros(n + 3 * size), np.full(n + 3 * size, 1e-12)
    for number, (frame, gain) in enumerate(zip(frames(performance), gains, strict=True)):
        total[number * hop :][:size] += gain * frame * window
        weights[number * hop :][:size] += window**2
    wanted = (total / weights)[size // 2 :][:n]
    np.testing.assert_allclose(out[0], wanted, atol=0.01 * np.abs(wanted).max())


# The remainder


def test_what_the_performance_lacks_is_taken_from_the_stem_where_nothing_explains_it():
    stem = noise(2, RATE)
    performance = noise(2, RATE, seed=1)
    performance[:, RATE:] = 0
    for unsure, wanted in ((0.0, 0.0), (1.0, 1.0)):
        out, share = completed(performance, stem, unsure=unsure)
        assert share[len(share) * 3 // 4] == pytest.approx(wanted, abs=0.01)
        silent = out[:, round(1.2 * RATE) :]
        if unsure:
            ours = stem[:, round(1.2 * RATE) :]
            assert np.corrcoef(silent[0], ours[0])[0, 1] > 0.7  # its phases are the stem's
            assert decibels(level(silent) / level(ours)) > -10
        else:
            assert not silent.any()


def test_a_silent_stem_adds_nothing():
    performance = noise(0.5, RATE)
    for unsure in (0.0, 1.0):
        out, share = completed(performance, 0 * performance, unsure=unsure)
        assert np.isfinite(out).all()
        assert level(out) <= 1.001 * level(performance)
        assert not share.any()


def test_drums_do_not_count():
    drums = strokes_of([(0.1 + 0.25 * n, (DARK, BRIGHT)[n % 2]) for n in range(7)], 2, RATE)[None]
    notes = tone(60, 2, RATE)[None] + noise(2, RATE, level=0.01)
    performance = 0.3 * noise(2, RATE, seed=1)
    expected = completed(performance, notes, unsure=0.5)
    found = completed(performance, notes + drums, unsure=0.5, drums=drums)
    np.testing.assert_allclose(found[0], expected[0], atol=1e-3 * np.abs(expected[0]).max())
    np.testing.assert_allclose(found[1], expected[1], atol=1e-3)
    assert level(completed(performance, notes + drums, unsure=0.5)[0] - found[0]) > 0.01


# In place, at any rate, of any length


@pytest.mark.parametrize("channels", [1, 2])
def test_a_long_stem_is_the_same_in_stretches_and_at_once(channels, monkeypatch):
    stem, performance = (noise(1.5, 8000, channels=channels, seed=it) for it in (1, 2))
    u = np.linspace(0, 1, n_frames(stem.shape[1], 8000)).astype(np.float32)
    found = []
    for together in (10_000, 7, 1):
        monkeypatch.setattr(module, "SETTINGS", replace(SETTINGS, together=together))
        out = swelling(performance, 8000)
        found.append((out, share_of(complete(out, stem, 8000, unexplained=u, dynamics=0.7))))
    for out, share in found[1:]:  # what is lacking is a small difference, which is rounded
        np.testing.assert_allclose(out, found[0][0], atol=2e-4)
        np.testing.assert_allclose(share, found[0][1], atol=2e-4)


@pytest.mark.parametrize("threads", [2, 5])
def test_the_bits_do_not_depend_on_the_threads(threads, monkeypatch):
    monkeypatch.setattr(module, "SETTINGS", replace(SETTINGS, together=7))
    stem, performance = (noise(1.5, 8000, channels=2, seed=it) for it in (1, 2))
    wanted = completed(performance, stem, 8000, unsure=0.5, drums=0.5 * stem)
    with using(threads):
        found = completed(performance, stem, 8000, unsure=0.5, drums=0.5 * stem)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def test_channels_have_the_same_gains():
    """So what is between the channels stays where it is."""
    stem, performance = swelling(noise(1, RATE)), noise(1, RATE, seed=1)
    both, _ = completed(np.vstack([performance, -0.5 * performance]), np.vstack([stem, stem]))
    np.testing.assert_allclose(both[1], -0.5 * both[0], atol=1e-6)


@pytest.mark.parametrize("rate", [8000, 22_050, 44_099.7, 96_000, 192_000])
@pytest.mark.parametrize("length", [1, 2, 10, 64, 100, 5000])
def test_stems_of_any_rate_and_length(rate, length):
    stem, performance = (noise(1, 8000, channels=2, seed=it)[:, :length] for it in (1, 2))
    for unsure in (0.0, 0.6, 1.0):
        out, share = completed(performance, stem, rate, unsure=unsure)
        assert out.shape == stem.shape
        assert np.isfinite(out).all()
        assert share.shape == (n_frames(length, rate),)
        assert np.all((share >= 0) & (share <= 1))
        assert np.abs(out).max() <= 40 * np.abs(performance).max()


# How unexplained a stem is


def test_what_notes_explain_is_sure_and_the_rest_is_not():
    known, unknown = sine(440, 3, RATE), noise(3, RATE)
    clip = np.concatenate([known, unknown, 0 * known], axis=1)
    explained = Explained.of(clip[0], [note(0, 3, 69)])
    for rate in (RATE, 2 * RATE):
        n = clip.shape[1] * rate // RATE
        found = unexplained(explained, n, rate)
        assert found.shape == (n_frames(n, rate),)
        assert found.dtype == np.float32
        assert np.all((found >= 0) & (found <= 1))
        early, late, silent = (found[round(it / 9 * found.size)] for it in (1.5, 4.5, 7.5))
        assert early == pytest.approx(0, abs=0.05)
        assert late == 1
        assert silent == 0  # nothing sounds, so nothing is missed


def test_a_voice_is_unexplained_where_it_has_no_pitch():
    phrase = Phrase(0.5, np.full(50, 60.0), np.full(50, 0.1))
    found = unvoiced([phrase], 2 * RATE, RATE)
    seconds = np.arange(found.size) / (found.size - 1) * 2
    inside = (seconds > 0.52) & (seconds < 0.48 + phrase.seconds)
    outside = (seconds < 0.48) | (seconds > 0.52 + phrase.seconds)
    assert not found[inside].any()
    assert found[outside].all()
