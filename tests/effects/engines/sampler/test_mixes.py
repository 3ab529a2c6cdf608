"""What a user hands over who has no clean stem: a tune with drums, a wall of guitars, noise."""

from functools import cache

import numpy as np
import pytest
from scipy.signal import butter, sosfilt
from support.samplers import BRIGHT, DARK, REED, hz, keys_and_onsets, strokes_of, tune
from support.sounds import lufs, noise

from effects import StyleTransfer
from effects.engines.sampler.listen import listen
from effects.notes.transcribe import transcribe
from effects.running.progress import Progress

RATE = 22_050
SECONDS = 3.0
SCALE = [(0.1 + 0.45 * n, 0.4, pitch) for n, pitch in enumerate((57, 60, 64, 67, 62, 55, 69))]
REEDS = (tune(SCALE, 3.5, RATE, REED), RATE)
KIT = (strokes_of([(0.05 + 0.4 * n, (DARK, BRIGHT)[n % 2]) for n in range(6)], 2.5, RATE), RATE)
TUNE = tune([(0.4, 0.35, 60), (0.9, 0.35, 64), (1.4, 0.6, 59), (2.15, 0.35, 67)], SECONDS, RATE)[
    None
]
KEYS = [60, 64, 59, 67]
BEATS = [(0.1 + 0.25 * n, (DARK, BRIGHT)[n % 2]) for n in range(11)]


def level(audio):
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


def beaten(amount):
    """The tune, and drums of so much of its level beside it."""
    drums = strokes_of(BEATS, SECONDS, RATE)[None]
    return TUNE + np.float32(amount * level(TUNE) / level(drums)) * drums


MIX = beaten(0.65)


@cache
def restyled(style="reeds", **options):
    """The mix restyled, and the report."""
    effect = StyleTransfer(style={"reeds": REEDS, "kit": KIT}[style], **options)
    return effect(MIX, RATE), effect.report


def treble(audio):
    """The level above 6 kHz, where the tune has nothing and the hats have all."""
    return level(sosfilt(butter(4, 6000, "high", fs=RATE, output="sos"), audio))


def middle(audio):
    """The level from 230 Hz to 3 kHz, where the drums have nothing and the tune has all."""
    return level(sosfilt(butter(4, (230, 3000), "band", fs=RATE, output="sos"), audio))


def keys_of(audio):
    """The keys of what is played, without repetitions and without faint ones."""
    keys = [round(it.pitch) for it in transcribe(audio[0], RATE) if it.level > 0.02]
    return [key for n, key in enumerate(keys) if n == 0 or key != keys[n - 1]]


# What every call keeps


@pytest.mark.parametrize("drums", ["keep", "play", "drop"])
@pytest.mark.parametrize("style", ["reeds", "kit"])
def test_a_mix_is_as_long_and_as_loud_as_it_was(style, drums):
    output, report = restyled(style, drums=drums)
    assert output.shape == MIX.shape
    assert output.dtype == np.float32
    assert np.isfinite(output).all()
    assert np.abs(output).max() <= 1
    assert lufs(output, RATE) == pytest.approx(lufs(MIX, RATE), abs=1)
    assert report.played + report.kept + report.blended == pytest.approx(1)


def test_a_mix_is_the_same_again():
    for options in ({}, {"drums": "play"}):
        effect = StyleTransfer(style=REEDS, **options)
        np.testing.assert_array_equal(effect(MIX, RATE), restyled(**options)[0])


def test_no_strength_leaves_a_mix_as_it_is_bit_for_bit():
    np.testing.assert_array_equal(StyleTransfer(style=REEDS, strength=0)(MIX, RATE), MIX)


def test_both_sides_of_a_mix_stay_where_they_are():
    drums = MIX - TUNE
    stereo = np.vstack([TUNE + 0.2 * drums, 0.2 * TUNE + drums])
    output = StyleTransfer(style=REEDS)(stereo, RATE)
    assert output.shape == stereo.shape
    assert middle(output[0]) > 2 * middle(output[1])
    assert treble(output[1]) > 2 * treble(output[0])
    both = StyleTransfer(style=REEDS)(np.vstack([MIX, MIX]), RATE)
    np.testing.assert_array_equal(both[0], both[1])


def test_rests_of_a_mix_stay_silent():
    rest = round(2.0 * RATE)
    stem = np.concatenate([np.zeros((1, RATE)), MIX, np.zeros((1, rest))], axis=1)
    output = StyleTransfer(style=REEDS)(stem.astype(np.float32), RATE)
    before, after = output[:, : round(0.9 * RATE)], output[:, -rest // 2 :]
    assert np.abs(before).max() < 1e-4 * np.abs(output).max()
    assert np.abs(after).max() < 1e-4 * np.abs(output).max()


# Drums beside a tune


def test_kept_drums_are_there_and_the_tune_is_played():
    output, report = restyled()
    assert treble(output) == pytest.approx(treble(MIX), rel=0.15)
    assert middle(output) == pytest.approx(middle(MIX), rel=0.15)
    assert keys_of(output) == KEYS
    assert report.heard == "notes"
    assert 0.15 < report.kept < 0.45
    assert report.played > 0.5


def test_dropped_drums_are_gone_and_the_tune_is_played():
    output, report = restyled(drums="drop")
    assert treble(output) < 0.1 * treble(MIX)
    assert keys_of(output) == KEYS
    assert report.kept == 0


def test_drums_are_played_by_an_instrument_among_the_notes():
    output, report = restyled(drums="play")
    assert treble(output) < 0.2 * treble(MIX)  # a reed has no hats
    assert report.kept == 0
    assert report.strokes >= len(BEATS)
    assert report.notes >= len(KEYS)
    keys, onsets = keys_and_onsets(output[0], RATE)
    assert all(min(abs(it - at) for it in onsets) < 0.05 for at, _ in BEATS[::2])
    assert set(KEYS) <= set(keys)
    for at in (0.1, 2.6):  # where no note sounds, the strokes are about as loud as they were
        here = slice(round(at * RATE), round((at + 0.12) * RATE))
        assert level(output[:, here]) == pytest.approx(level(MIX[:, here]), rel=0.5)


def test_a_kit_plays_the_drums_and_the_tune_stays():
    """As loud beside each other as they were."""
    output, report = restyled("kit", drums="play")
    assert keys_of(output) == KEYS
    assert middle(output) == pytest.approx(middle(MIX), rel=0.15)
    assert treble(output) == pytest.approx(treble(MIX), rel=0.35)
    assert report.kept > 0.4
    assert report.strokes >= len(BEATS)


def test_a_kit_keeps_or_drops_drums_beside_the_notes_that_it_plays():
    """Its own hats are no help in telling, so what is measured is what differs."""
    kept, report = restyled("kit")
    assert report.kept > 0.1
    assert report.strokes >= len(KEYS)
    drums = MIX - TUNE
    dropped, without = restyled("kit", drums="drop")
    assert without.kept == 0
    assert np.corrcoef(kept[0], drums[0])[0, 1] > np.corrcoef(dropped[0], drums[0])[0, 1] + 0.2


# Dynamics


def swells(dynamics):
    """By how many dB a held note's level varies if that of the stem does by 20 dB."""
    held = tune([(0.1, 2.8, 60)], SECONDS, RATE)[None]
    t = np.arange(held.shape[1]) / RATE
    stem = held * (10 ** (10 * np.sin(2 * np.pi * t) / 20)).astype(np.float32)
    output = StyleTransfer(style=REEDS, dynamics=dynamics)(stem, RATE)
    levels = [level(output[:, round(at * RATE) :][:, : RATE // 10]) for at in (1.2, 1.7)]
    return 20 * np.log10(levels[0] / levels[1])


def test_with_more_dynamics_a_held_note_swells_more_as_the_stem_does():
    found = [swells(it) for it in (0.0, 0.5, 1.0)]
    assert found[0] < found[1] < found[2] < 21
    assert found[2] - found[0] > 5


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_dynamics_beyond_0_and_1_are_refused(bad):
    with pytest.raises(ValueError, match=r"[Dd]ynamics"):
        StyleTransfer(style=REEDS, dynamics=bad)


def test_other_drums_are_refused():
    with pytest.raises(ValueError, match="keep, play, drop"):
        StyleTransfer(style=REEDS, drums="mute")


# What is dense


def guitars():
    """Chords of two guitars a little out of tune, through one amplifier that is turned up."""
    t = np.arange(round(SECONDS * RATE)) / RATE
    sound = np.zeros_like(t)
    for n, root in enumerate((40, 43, 45, 38, 40, 47)):
        now = (t >= 0.5 * n) & (t < 0.5 * n + 0.5)
        for pitch in (root, root + 7, root + 12, root + 15):
            for phase, cents in enumerate((-10, 7)):
                turns = hz(pitch + cents / 100) * t + 0.37 * phase
                sound += now * (2 * (turns % 1) - 1) * np.exp(-0.8 * (t - 0.5 * n))
    sound = np.tanh(6 * sound) + noise(SECONDS, RATE, level=0.5)[0]
    band = butter(2, (80, 5000), "band", fs=RATE, output="sos")
    return (0.2 * sosfilt(band, sound)).astype(np.float32)[None]


def test_of_a_wall_of_guitars_that_no_notes_explain_chords_are_played():
    stem = guitars()
    assert listen(stem, RATE, Progress()).pitched < 0.1
    effect = StyleTransfer(style=REEDS)
    output = effect(stem, RATE)
    assert effect.report.heard == "notes"
    assert effect.report.notes >= 6
    assert effect.report.played > 0.5
    assert lufs(output, RATE) == pytest.approx(lufs(stem, RATE), abs=1)


def test_white_noise_has_nothing_to_play_and_is_blended():
    effect = StyleTransfer(style=REEDS)
    effect(noise(0.5, RATE), RATE)
    assert effect.report.heard == "nothing"
    assert effect.report.blended == 1
    assert effect.report.advice
