"""The effect as its users rely on it: what comes out, what stays, what is refused, how it ends."""

import gc
import re
import shutil
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pedalboard
import pytest
import torch
from support.sounds import lufs, melody, noise, sine

import presets
from effects import Cancelled, Mix, Pedalboard, StyleTransfer
from effects.engines import DEFAULT_DRUMS, DEFAULT_DYNAMICS
from effects.engines.gram.infinite import Infinite
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.engines.gram.random_cnn_2d import RandomCNN2D
from effects.engines.report import Stretch
from effects.engines.sampler.engine import Sampler
from effects.style_clip import Style
from plugin_bridge.reports.demo import recording
from presets import user

RATE = 44_100
STYLE = (melody(2, 22_050, seed=5, partials=10, tilt=0.3), 22_050)


def transfer(audio, rate=RATE, **options):
    """By the closed form: `test_sampler` has the default engine."""
    return StyleTransfer(**{"style": STYLE, "engine": "infinite", **options})(audio, rate)


def decibels(ratio):
    return 20 * np.log10(np.maximum(np.abs(ratio), 1e-12))


def moved(output, audio):
    """How much of the sound is new: 0 is none."""
    return float(np.abs(output - audio).max() / np.abs(audio).max())


# Shapes, rates, types


@pytest.mark.parametrize(
    "rate",
    [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000, 44_099.7],
)
def test_every_rate_gives_as_many_samples_at_the_contents_loudness(rate):
    audio = melody(0.7, rate) * np.float32(0.4)
    output = transfer(audio, rate)
    assert output.shape == audio.shape
    assert output.dtype == np.float32
    assert lufs(output, rate) == pytest.approx(lufs(audio, rate), abs=1)
    assert moved(output, audio) > 0.1


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layouts_and_types_come_out_as_pedalboards(channels, interleaved, dtype):
    rate = 8000
    audio = np.vstack([melody(0.5, rate, seed=n) for n in range(channels)]).astype(dtype)
    expected = transfer(audio, rate)
    given = audio.T if interleaved else audio
    before = given.copy()
    output = transfer(given, rate)
    assert output.dtype == np.float32
    assert output.flags.c_contiguous
    assert output.shape == given.shape
    np.testing.assert_array_equal(output.T if interleaved else output, expected)
    np.testing.assert_array_equal(given, before)
    assert not np.shares_memory(output, given)


def test_one_dimension_is_mono():
    audio = melody(0.5, 8000)
    np.testing.assert_array_equal(transfer(audio[0], 8000), transfer(audio, 8000)[0])


@pytest.mark.parametrize("rate", [8000, 44_100])
@pytest.mark.parametrize("length", [1, 2, 3, 10, 100, 185, 186, 187, 1000, 1023, 1024, 1025, 4097])
def test_clips_of_any_length(length, rate):
    audio = noise(1, rate, seed=1)[:, 500 : 500 + length]
    for strength in (0.5, 1.0):
        output = transfer(audio, rate, strength=strength)
        assert output.shape == audio.shape
        assert np.isfinite(output).all()
        assert np.abs(output).max() <= 1


@pytest.mark.parametrize("shape", [(0,), (1, 0), (2, 0), (0, 2)])
def test_empty_arrays_come_back(shape):
    assert transfer(np.zeros(shape, np.float32)).shape == shape


def test_process_is_call_and_the_buffer_size_is_nothing_to_the_result():
    audio = melody(0.5, 8000)
    effect = StyleTransfer(style=STYLE)
    np.testing.assert_array_equal(
        effect.process(audio, 8000, buffer_size=100), effect(audio, 8000, 99_999)
    )
    assert effect.is_effect
    assert not effect.is_instrument


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_and_located(bad):
    audio = noise(0.1, RATE, channels=2)
    audio[1, 123] = bad
    with pytest.raises(ValueError, match=r"NaN or infinity \(first in channel 1, at sample 123\)"):
        transfer(audio)


def test_more_than_eight_channels_are_refused_with_advice():
    with pytest.raises(ValueError, match=r"up to 8 channels, not 9: restyle them in groups"):
        transfer(noise(0.1, RATE, channels=9))


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf])
def test_impossible_rates_are_refused(rate):
    with pytest.raises(ValueError, match="sample_rate must be a positive"):
        transfer(noise(0.1, RATE), rate)


def test_streaming_is_refused_with_advice():
    with pytest.raises(ValueError, match=r"reset=False: join the chunks"):
        StyleTransfer(style=STYLE)(noise(0.1, RATE), RATE, reset=False)


# What stays


@pytest.mark.parametrize("options", [{"strength": 0}, {"mix": 0}, {"strength": 0, "mix": 0.5}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_strength_or_no_mix_is_the_input_bit_for_bit(options, dtype):
    audio = noise(0.3, RATE, channels=2, level=3).astype(dtype)
    output = transfer(audio, **options)
    np.testing.assert_array_equal(output, audio.astype(np.float32))
    assert not np.shares_memory(output, audio)


@pytest.mark.parametrize("shape", [(1,), (1, 44_100), (2, 5000), (8, 100)])
def test_silence_stays_silence(shape):
    assert not transfer(np.zeros(shape, np.float32), strength=1.0).any()


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_a_rest_in_the_middle_stays_silent(strength):
    audio = melody(2, RATE)
    first, last = 30_011, 60_017
    audio[:, first:last] = 0
    output = transfer(audio, strength=strength)
    fade = round(0.02 * RATE) + 1
    assert not output[:, first + fade : last - fade].any()
    assert output[:, :first].any()
    assert output[:, last:].any()


def test_silence_before_and_after_stays_silent():
    audio = np.pad(melody(0.5, RATE), ((0, 0), (60_000, 60_000)))
    output = transfer(audio)
    fade = round(0.02 * RATE) + 1
    assert not output[:, : 60_000 - fade].any()
    assert not output[:, -60_000 + fade :].any()


@pytest.mark.parametrize("strength", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("mix", [0.3, 1.0])
@pytest.mark.parametrize(("content", "style"), [("guitar", "choir-aahs"), ("drums", "celesta")])
def test_real_clips_keep_their_loudness_and_do_not_clip(content, style, strength, mix):
    audio, rate = Style(recording(content).clip).excerpts()
    audio = audio[:, : round(2.5 * rate)]
    output = StyleTransfer(preset=style, strength=strength, mix=mix)(audio, rate)
    assert lufs(output, rate) == pytest.approx(lufs(audio, rate), abs=1)
    assert np.abs(output).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.25, 0.7])
@pytest.mark.parametrize("content", ["drums", "guitar", "safari", "tabla"])
def test_every_recording_in_every_other_keeps_its_loudness(content, strength):
    audio, rate = Style(recording(content).clip).excerpts()
    for style in ("drums", "guitar", "safari", "tabla"):
        effect = StyleTransfer(style=recording(style).clip, strength=strength)
        output = effect(audio, rate)
        assert lufs(output, rate) == pytest.approx(lufs(audio, rate), abs=1)
        assert np.abs(output).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("preset", presets.names())
def test_every_preset_restyles_a_melody(preset):
    audio = np.vstack([melody(5, 44_100, seed=3), 0.5 * melody(5, 44_100, seed=4)])
    before = audio.copy()
    output = StyleTransfer(preset=preset)(audio, 44_100)
    np.testing.assert_array_equal(audio, before)
    assert output.shape == audio.shape
    assert output.dtype == np.float32
    assert np.isfinite(output).all()
    assert np.abs(output).max() <= 1
    assert lufs(output, 44_100) == pytest.approx(lufs(audio, 44_100), abs=1)
    assert moved(output, audio) > 0.01


HOT = {
    "square": lambda: 0.999 * np.sign(sine(220, 1, RATE)),
    "clipped noise": lambda: np.clip(noise(1, RATE, level=3), -1, 1),
    "full-scale melody": lambda: 2 * melody(1, RATE),
    "Nyquist": lambda: np.tile([1.0, -1.0], RATE // 2)[None],
    "impulse": lambda: np.eye(1, RATE, 20_000),
    "first sample": lambda: np.eye(1, RATE),
    "last sample": lambda: np.eye(1, RATE, RATE - 1),
    "DC": lambda: np.full((1, RATE), 1.0),
}


@pytest.mark.parametrize("mix", [0.5, 1.0])
@pytest.mark.parametrize("sound", HOT)
def test_nothing_clips_that_did_not_clip(sound, mix):
    audio = np.clip(HOT[sound](), -1, 1).astype(np.float32)
    for strength in (0.4, 1.0):
        output = transfer(audio, strength=strength, mix=mix)
        assert np.isfinite(output).all()
        assert np.abs(output).max() <= 1


def test_what_is_above_full_scale_may_stay_there_but_goes_no_higher():
    audio = melody(1, RATE) * 5
    output = transfer(audio)
    assert np.abs(output).max() <= np.abs(audio).max()
    assert lufs(output, RATE) == pytest.approx(lufs(audio, RATE), abs=1)


@pytest.mark.parametrize(
    ("level", "reference"),
    [(2.0**-24, 1.0), (2.0**-10, 1.0), (2.0**20, 2.0**10), (2.0**100, 2.0**10)],
)
def test_level_is_nothing_to_the_result_but_level(level, reference):
    """Powers of two, which round nothing. Below full scale the ceiling is 1, above the peak."""
    audio = melody(1, RATE, tilt=1.5) * np.float32(0.1)
    expected = transfer(audio * np.float32(reference)) / np.float32(reference)
    assert np.abs(expected).max() < 0.99  # so that no limiting differs
    output = transfer(audio * np.float32(level)) / np.float32(level)
    gain = float(np.vdot(output, expected) / np.vdot(expected, expected))
    np.testing.assert_allclose(output, gain * expected, atol=1e-5 * np.abs(expected).max())
    assert abs(decibels(gain)) < 1  # loudness is gated at an absolute level


@pytest.mark.parametrize("engine", ["sampler", "infinite"])
@pytest.mark.parametrize("level", [3.4e38, 1e30, 1e9, 1e-9, 1e-30, 1e-38])
def test_whatever_the_level_the_output_is_finite(engine, level):
    audio = melody(0.5, RATE) * np.float32(1 / np.abs(melody(0.5, RATE)).max())
    for mix in (1.0, 0.5):
        output = transfer(audio * np.float32(level), engine=engine, mix=mix)
        assert np.isfinite(output).all()
        assert np.abs(output).max() > 0


@pytest.mark.parametrize("rate", [1, 10, 7999, 192_001, 1e6])
def test_rates_that_no_sound_has_are_refused_with_advice(rate):
    with pytest.raises(ValueError, match=r"8 to 192 kHz, not .* Hz: resample it first"):
        StyleTransfer(preset="violin")(noise(0.1, RATE), rate)


def test_the_mix_is_in_phase_and_between_dry_and_wet():
    audio = melody(1, RATE) * np.float32(0.3)
    wet, half = transfer(audio, strength=0.3), transfer(audio, strength=0.3, mix=0.5)
    expected = (wet + audio) / 2
    gain = float(np.vdot(half, expected) / np.vdot(expected, expected))
    np.testing.assert_allclose(half, gain * expected, atol=1e-5)
    assert 0.9 < gain < 1.5  # in phase: little cancels, so little is to be made up for
    assert np.corrcoef(half[0], audio[0])[0, 1] > np.corrcoef(wet[0], audio[0])[0, 1]


# The stereo image


def test_hard_left_stays_hard_left():
    output = transfer(np.vstack([melody(1, RATE), np.zeros((1, RATE), np.float32)]))
    assert output[0].any()
    assert not output[1].any()


def test_a_mono_stem_in_two_channels_stays_mono():
    audio = melody(1, RATE)
    output = transfer(np.vstack([audio, audio]))
    np.testing.assert_array_equal(output[0], output[1])
    np.testing.assert_allclose(output[:1], transfer(audio), atol=1e-4)


def test_opposite_channels_stay_opposite():
    audio = melody(1, RATE)
    output = transfer(np.vstack([audio, -audio]))
    np.testing.assert_array_equal(output[0], -output[1])
    assert np.abs(output).max() > 0.1


def test_a_panned_sound_stays_where_it_is():
    audio = melody(1, RATE)
    output = transfer(np.vstack([audio, np.float32(0.25) * audio]))
    np.testing.assert_allclose(output[1], 0.25 * output[0], atol=1e-5)


def band_levels(audio, rate, edges):
    power = np.abs(np.fft.rfft(audio)) ** 2
    frequency = np.fft.rfftfreq(audio.shape[-1], 1 / rate)
    return np.array([power[(frequency >= a) & (frequency < b)].sum() for a, b in edges])


@pytest.mark.parametrize("strength", [0.3, 0.7, 1.0])
def test_each_of_two_panned_instruments_stays_where_it_is(strength):
    low, high = melody(3, RATE, seed=1, partials=2), sine(3000, 3, RATE, level=0.2)
    high = high + noise(3, RATE, level=0.02)
    spectrum = np.fft.rfft(high)
    spectrum[:, np.fft.rfftfreq(high.shape[1], 1 / RATE) < 2000] = 0
    high = np.fft.irfft(spectrum, high.shape[1]).astype(np.float32)
    audio = np.vstack([low + 0.3 * high, 0.4 * low + high]).astype(np.float32)
    output = transfer(audio, strength=strength)
    edges = [(100, 1000), (2200, 2700), (2700, 3300), (3300, 6000), (6000, 12_000)]
    before, after = (
        10 * np.log10(np.divide(*(band_levels(channel, RATE, edges) for channel in sound)))
        for sound in (audio, output)
    )
    np.testing.assert_allclose(after, before, atol=1 if strength < 1 else 2)


# Again and again, the same


@pytest.mark.parametrize(
    "engine",
    [Infinite(), RandomCNN1D(n_filters=32), RandomCNN2D(n_filters=8)],
    ids=["infinite", "1d", "2d"],
)
def test_eight_threads_get_the_same_bits_with_and_without_reports(engine):
    audio = melody(0.6, 22_050)
    expected = transfer(audio, 22_050, engine=engine)
    shared = StyleTransfer(style=STYLE, engine=engine)
    reported = []

    def run(n):
        if n % 2:
            return shared(audio, 22_050)
        report = (lambda *progress: reported.append(progress)) if n % 4 else None
        return transfer(audio, 22_050, engine=engine, on_progress=report)

    with ThreadPoolExecutor(8) as pool:
        for output in pool.map(run, range(16)):
            np.testing.assert_array_equal(output, expected)
    assert reported


def test_calls_do_not_depend_on_the_calls_before():
    effect = StyleTransfer(style=STYLE)
    audio = melody(0.5, 22_050)
    expected = effect(audio, 22_050)
    effect(noise(0.5, 44_100, channels=2), 44_100)
    effect.reset()
    np.testing.assert_array_equal(effect(audio, 22_050), expected)


@pytest.mark.parametrize("engine", ["random_cnn_1d", "random_cnn_2d"])
@pytest.mark.slow
def test_seeds_draw_other_filters_for_another_sound(engine):
    audio, style = melody(0.5, 8000), (noise(0.5, 8000), 8000)

    def output(seed):
        named = StyleTransfer(style, engine=engine, seed=seed).transfer.make_engine()
        return StyleTransfer(style, engine=replace(named, n_filters=64))(audio, 8000)

    outputs = [output(seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert moved(outputs[2], outputs[0]) > 1e-3


def test_torch_is_left_as_it_was():
    before = torch.get_num_threads()
    torch.manual_seed(7)
    expected = torch.rand(2)
    torch.manual_seed(7)
    try:
        torch.set_num_threads(2)
        transfer(melody(0.5, 8000), 8000, engine=RandomCNN1D(n_filters=8))
        assert torch.get_num_threads() == 2
        with pytest.raises(Cancelled):
            transfer(melody(0.5, 8000), 8000, on_progress=cancel)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert torch.equal(torch.rand(2), expected)


# Progress and cancelling


def cancel(fraction, stage):
    raise Cancelled


def test_progress_is_told_often_rises_and_ends_at_1():
    told = []
    effect = StyleTransfer(style=STYLE, engine=RandomCNN1D(n_filters=64))
    effect.on_progress = lambda fraction, stage: told.append((time.monotonic(), fraction, stage))
    effect(melody(12, RATE), RATE)
    times, fractions, stages = zip(*told, strict=True)
    assert np.diff(times).max() < 0.5
    assert np.all(np.diff(fractions) >= 0)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert all(isinstance(fraction, float) for fraction in fractions)
    assert {"restyling", "phases"} <= set(stages)
    assert stages[-1] == "done"
    assert all(stages)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["infinite", "random_cnn_1d", "random_cnn_2d"])
def test_full_size_engines_report_and_stop_soon_too(engine):
    told = []

    def report(fraction, stage):
        told.append(time.monotonic())
        if fraction > 0.08 or told[-1] - told[0] > 10:
            raise Cancelled

    with pytest.raises(Cancelled):
        transfer(np.tile(melody(12, RATE), 3), engine=engine, on_progress=report)
    assert time.monotonic() - told[-1] < 2
    assert np.diff(told).max() < 0.5


def test_strength_0_and_silence_report_their_end():
    for audio, options in (
        (noise(0.1, RATE), {"strength": 0}),
        (np.zeros((1, 99), np.float32), {}),
    ):
        told = []
        transfer(audio, on_progress=lambda *progress, told=told: told.append(progress), **options)
        assert told[-1] == (1.0, "done")


@pytest.mark.parametrize(
    "error", [Cancelled("enough"), ZeroDivisionError("x"), KeyboardInterrupt()]
)
@pytest.mark.parametrize("after", [0.0, 0.01, 0.3])
def test_an_exception_in_on_progress_comes_out_soon_and_leaves_nothing_behind(error, after):
    raised = []

    def report(fraction, stage):
        if fraction >= after:
            raised.append(time.monotonic())
            raise error

    audio = melody(8, RATE)
    threads = set(threading.enumerate())
    effect = StyleTransfer(style=STYLE, engine=RandomCNN1D(n_filters=64), on_progress=report)
    with pytest.raises(type(error)) as caught:
        effect(audio, RATE)
    assert time.monotonic() - raised[0] < 1.5
    assert caught.value is error
    assert len(raised) == 1
    assert set(threading.enumerate()) <= threads
    effect.on_progress = None
    np.testing.assert_array_equal(
        effect(audio[:, :9999], RATE),
        transfer(audio[:, :9999], engine=RandomCNN1D(n_filters=64)),
    )


def test_an_error_in_the_work_comes_out_and_reports_stop(tmp_path):
    clip = tmp_path / "clip.wav"
    with pedalboard.io.AudioFile(str(clip), "w", 8000) as file:
        file.write(np.zeros((1, 8000), np.float32))
    told = []
    effect = StyleTransfer(style=clip, on_progress=lambda *progress: told.append(progress))
    threads = set(threading.enumerate())
    with pytest.raises(ValueError, match="is silent: choose one that sounds"):
        effect(noise(0.1, RATE), RATE)
    assert set(threading.enumerate()) <= threads
    assert (1.0, "done") not in told


# Properties


def test_defaults():
    effect = StyleTransfer(style=STYLE)
    assert (effect.strength, effect.mix, effect.engine) == (1.0, 1.0, "sampler")
    assert (effect.seed, effect.device, effect.on_progress) == (0, "auto", None)
    assert (effect.drums, effect.dynamics) == ("keep", DEFAULT_DYNAMICS)
    assert effect.preset is None


BAD = [
    ("strength", -0.01, ValueError, r"Strength must be between 0\.0 and 1\.0\."),
    ("strength", 1.01, ValueError, r"Strength must be between"),
    ("strength", float("nan"), ValueError, r"Strength must be between"),
    ("strength", "0.5", TypeError, r"Strength must be a number"),
    ("strength", None, TypeError, r"Strength must be a number"),
    ("strength", True, TypeError, r"Strength must be a number"),
    ("mix", 2, ValueError, r"Mix must be between 0\.0 and 1\.0\."),
    ("mix", float("inf"), ValueError, r"Mix must be between"),
    ("mix", [1], TypeError, r"Mix must be a number"),
    ("drums", "solo", ValueError, r"Drums must be one of keep, play, drop, not 'solo'\."),
    ("drums", None, ValueError, r"Drums must be one of"),
    ("drums", ["keep"], ValueError, r"Drums must be one of"),
    ("dynamics", 1.5, ValueError, r"Dynamics must be between 0\.0 and 1\.0\."),
    ("dynamics", float("nan"), ValueError, r"Dynamics must be between"),
    ("dynamics", "loud", TypeError, r"Dynamics must be a number"),
    ("engine", "vgg", ValueError, r"no engine 'vgg'; choose one of: sampler, infinite"),
    ("engine", 3, TypeError, r"engine must be one of sampler.*or an Engine, not 3"),
    ("engine", None, TypeError, r"engine must be one of"),
    ("engine", Infinite, TypeError, r"engine must be one of"),
    ("seed", 1.5, TypeError, r"Seed must be an integer"),
    ("seed", True, TypeError, r"Seed must be an integer"),
    ("seed", -1, ValueError, r"Seed must be between 0 and 2\*\*63 - 1"),
    ("seed", 2**63, ValueError, r"Seed must be between"),
    ("device", "tpu", ValueError, r"Device must be one of auto, cpu, cuda, mps, not 'tpu'"),
    ("device", None, ValueError, r"Device must be one of"),
    ("on_progress", 3, TypeError, r"on_progress must be callable or None"),
    ("preset", "no such preset", ValueError, r"There is no preset 'no such preset'"),
    ("preset", None, TypeError, r"preset must be a name from presets\.names\(\)"),
    ("preset", 5.5, TypeError, r"preset must be a name from presets\.names\(\)"),
    ("preset", 128, ValueError, r"between 0 and 127"),
    ("style", "no such file.wav", FileNotFoundError, r"no style clip at 'no such file\.wav'"),
    ("style", None, TypeError, r"style must be a path or a tuple"),
    ("style", np.zeros(9), TypeError, r"style must be a path or a tuple"),
]


@pytest.mark.parametrize(("name", "value", "error", "message"), BAD)
def test_a_bad_value_is_refused_and_the_old_one_stays(name, value, error, message):
    effect = StyleTransfer(style=STYLE)
    before = getattr(effect, name)
    with pytest.raises(error, match=message):
        setattr(effect, name, value)
    assert getattr(effect, name) is before
    assert effect.preset is None
    if value is None and name in ("style", "preset", "strength"):
        return  # left out, in the constructor
    style = {} if name in ("style", "preset") else {"style": STYLE}
    with pytest.raises(error, match=message):
        StyleTransfer(**{**style, name: value})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("strength", [0, 1, 0.25, np.float32(0.5), np.float64(1)]),
        ("mix", [0, 1, 0.25, np.float32(0.5)]),
        ("drums", ["play", "drop", "keep"]),
        ("dynamics", [0, 1, 0.25, np.float32(0.5)]),
        ("engine", ["random_cnn_1d", "random_cnn_2d", Infinite(width=5)]),
        ("seed", [0, 5, 2**63 - 1, np.int64(7)]),
        ("device", ["cpu", "cuda", "mps", "auto"]),
        ("on_progress", [print, None]),
    ],
)
def test_properties_can_be_set_and_read_back(name, values):
    effect = StyleTransfer(style=STYLE)
    for value in values:
        setattr(effect, name, value)
        assert getattr(effect, name) == value
        assert getattr(StyleTransfer(style=STYLE, **{name: value}), name) == value


@pytest.mark.parametrize("options", [{}, {"style": STYLE, "preset": "violin"}])
def test_exactly_one_of_style_and_preset_is_needed(options):
    with pytest.raises(TypeError, match="exactly one of style"):
        StyleTransfer(**options)


def test_style_and_preset_can_be_switched():
    effect = StyleTransfer(preset="violin")
    audio = melody(0.5, RATE)
    assert effect.preset == "violin"
    assert effect.style == presets.get("violin").clip
    by_preset = effect(audio, RATE)
    effect.style = STYLE
    assert effect.preset is None
    by_style = effect(audio, RATE)
    np.testing.assert_array_equal(by_style, transfer(audio, engine="sampler"))
    assert moved(by_style, by_preset) > 0.01
    effect.preset = "violin"
    np.testing.assert_array_equal(effect(audio, RATE), by_preset)
    effect.style = presets.get("violin").clip
    assert effect.preset is None


def test_a_property_set_in_a_call_is_for_the_next_call():
    audio = melody(2, RATE)
    effect = StyleTransfer(style=STYLE)

    def report(fraction, stage):
        if fraction > 0:
            effect.strength, effect.mix, effect.engine = 0.0, 0.0, "random_cnn_2d"

    effect.on_progress = report
    np.testing.assert_array_equal(effect(audio, RATE), transfer(audio, engine="sampler"))
    np.testing.assert_array_equal(effect(audio, RATE), audio)


def test_repr():
    text = repr(StyleTransfer(preset="violin", strength=0.7))
    expected = (
        "<effects.StyleTransfer preset='violin' strength=0.7 mix=1 engine='sampler' seed=0 "
        f"device='auto' drums='{DEFAULT_DRUMS}' dynamics={DEFAULT_DYNAMICS:g} at 0x"
    )
    assert text.startswith(expected)
    assert re.fullmatch(
        r"<effects\.StyleTransfer style='<2\.00 s of audio>' .* at 0x\w+>",
        repr(StyleTransfer(style=STYLE)),
    )
    assert "engine=RandomCNN1D(seed=0, n_filters=5" in repr(
        StyleTransfer(style=STYLE, engine=RandomCNN1D(n_filters=5))
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"no 'cuda' device: use device='auto' or 'cpu'"):
        transfer(noise(0.1, RATE), device="cuda")


@pytest.mark.parametrize(
    "engine",
    [
        Infinite(width=1),
        Infinite(width=40),
        RandomCNN1D(n_filters=16, width=3, depth=2),
        RandomCNN2D(n_filters=8, width=2, height=10, step=10),
    ],
    ids=repr,
)
def test_engines_with_options_of_ones_own(engine):
    audio = melody(0.5, 22_050)
    output = transfer(audio, 22_050, engine=engine)
    assert np.isfinite(output).all()
    assert moved(output, audio) > 0.01


def test_loss_curves_are_those_of_the_last_call():
    effect = StyleTransfer(style=STYLE, engine="infinite")
    assert effect.loss_curves == []
    effect(melody(1, RATE), RATE)
    (curve,) = effect.loss_curves
    assert curve[-1][0] < curve[0][0]
    assert curve[0][1] == pytest.approx(0, abs=1e-5)
    effect.strength = 0
    effect(melody(1, RATE), RATE)
    assert effect.loss_curves == []


def test_effects_are_freed():
    effect = StyleTransfer(style=STYLE, on_progress=lambda fraction, stage: None)
    effect(melody(0.3, 8000), 8000)
    gone = weakref.ref(effect)
    del effect
    gc.collect()
    assert gone() is None


# In a chain


def test_in_a_chain_with_pedalboards_plugins():
    audio = melody(1, RATE)
    high_pass, reverb = pedalboard.HighpassFilter(80), pedalboard.Reverb()
    effect = StyleTransfer(style=STYLE, strength=0.7)
    expected = reverb(effect(high_pass(audio, RATE), RATE), RATE)
    np.testing.assert_array_equal(Pedalboard([high_pass, effect, reverb])(audio, RATE), expected)


def test_in_parallel_with_the_dry_sound():
    audio = melody(0.5, RATE)
    effect = StyleTransfer(style=STYLE, engine="infinite")
    board = Pedalboard([Mix([pedalboard.Gain(-6), effect])])
    expected = pedalboard.Gain(-6)(audio, RATE) + transfer(audio)
    np.testing.assert_allclose(board(audio, RATE), expected, atol=1e-6)


def test_a_stock_board_refuses_it():
    with pytest.raises(TypeError):
        pedalboard.Pedalboard([StyleTransfer(style=STYLE)])


def test_a_preset_may_be_a_number_and_advises_settings_that_may_be_overruled():
    assert StyleTransfer(preset=40).preset == "violin"
    user.add("Gentle", recording("guitar").clip)
    text = presets.user_folder() / "gentle" / "preset.toml"
    text.write_text(text.read_text() + "\n[parameters]\nstrength = 0.25\nmix = 0.75\n")
    effect = StyleTransfer(preset="gentle")
    assert (effect.strength, effect.mix) == (0.25, 0.75)
    effect = StyleTransfer(preset="gentle", strength=1.0, mix=0.5)
    assert (effect.strength, effect.mix) == (1.0, 0.5)


def test_a_presets_statistics_come_from_the_cache_without_its_sound_being_read(fresh_cache):
    user.add("Mine", recording("guitar").clip)
    clip = presets.get("mine").clip
    code = (
        "import sys, numpy as np; from effects import StyleTransfer\n"
        "audio = np.random.default_rng(0).normal(0, 0.1, (1, 22_050)).astype(np.float32)\n"
        "np.save(sys.argv[1], StyleTransfer(preset='mine')(audio, 44_100))"
    )
    outs = [fresh_cache.parent / name for name in ("cold.npy", "warm.npy")]
    for out in outs:
        subprocess.run([sys.executable, "-c", code, str(out)], check=True)
        clip.write_bytes(b"no sound at all")
    np.testing.assert_array_equal(np.load(outs[0]), np.load(outs[1]))
    shutil.rmtree(fresh_cache)
    with pytest.raises(ValueError, match="not the one that its preset"):
        StyleTransfer(preset="mine")(melody(0.5, RATE), RATE)


# Options of some engines


@pytest.mark.parametrize(("option", "value"), [("drums", "drop"), ("dynamics", 0.2)])
@pytest.mark.parametrize("engine", ["infinite", "random_cnn_1d", "vgg19"])
def test_an_engine_without_an_option_is_named_when_it_is_given(engine, option, value):
    effect = StyleTransfer(style=STYLE, engine=engine, **{option: value})
    with pytest.raises(ValueError, match=f"engine '{engine}' .*: leave {option} away"):
        effect(melody(0.3, 8000), 8000)


@pytest.mark.parametrize(("option", "value"), [("drums", "drop"), ("dynamics", 0.2)])
def test_an_engine_given_with_options_keeps_its_own(option, value):
    own = Sampler(**{option: value})
    assert StyleTransfer(style=STYLE, engine=own).transfer.make_engine() is own
    named = StyleTransfer(style=STYLE, **{option: value}).transfer.make_engine()
    assert named == own
    with pytest.raises(ValueError, match=f"has its {option} among them"):
        transfer(melody(0.3, 8000), 8000, engine=Sampler(), **{option: value})


# What was made of the sound


def shares(report):
    return report.played, report.kept, report.blended


def test_there_is_no_report_before_a_call_and_none_of_a_call_that_failed():
    effect = StyleTransfer(style=STYLE, engine="infinite")
    assert effect.report is None
    effect(melody(0.3, 8000), 8000)
    assert effect.report is not None
    effect.drums = "drop"
    with pytest.raises(ValueError, match="leave drums away"):
        effect(melody(0.3, 8000), 8000)
    assert effect.report is None


@pytest.mark.parametrize(("strength", "mix"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.5), (0.5, 0.5)])
def test_an_engine_of_spectra_blends_as_far_as_strength_and_mix_go(strength, mix):
    effect = StyleTransfer(style=STYLE, engine="infinite", strength=strength, mix=mix)
    effect(melody(0.5, 8000), 8000)
    wet = strength * mix
    assert (effect.report.engine, effect.report.heard) == ("infinite", None)
    assert shares(effect.report) == pytest.approx((0, 1 - wet, wet))
    assert effect.report.stretches == (Stretch(0.0, 0.5, 0.0, 1 - wet, wet),)
    assert effect.report.advice is None


@pytest.mark.parametrize("options", [{"strength": 0}, {"mix": 0}])
def test_what_is_left_alone_is_kept(options):
    effect = StyleTransfer(style=STYLE, **options)
    effect(melody(0.5, 8000), 8000)
    assert shares(effect.report) == (0, 1, 0)
    assert effect.report.advice is None


def test_silence_is_kept():
    effect = StyleTransfer(style=STYLE)
    effect(np.zeros((1, 800), np.float32), 8000)
    assert shares(effect.report) == (0, 1, 0)
    assert effect.report.stretches == (Stretch(0.0, 0.1, 0.0, 1.0, 0.0),)


def test_of_a_texture_nothing_can_be_played_and_the_report_says_so():
    effect = StyleTransfer(style=(noise(3, 22_050, seed=3), 22_050))
    effect(melody(1, 22_050), 22_050)
    assert (effect.report.engine, effect.report.heard) == ("sampler", "texture")
    assert shares(effect.report) == (0, 0, 1)
    assert "take a clip of an instrument" in effect.report.advice
