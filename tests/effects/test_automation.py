"""A MIDI file plays the settings: each at its time, without clicks, and nothing else changes."""

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support.midi import control, file_of, program, writer
from support.sounds import lufs, melody, noise, sharpness, sine

from effects import Cancelled, Pedalboard, StyleTransfer, automate, automation, layers
from effects.automation import Automation
from effects.engines.engine import Restyled
from effects.engines.report import Report
from effects.running.progress import Progress
from effects.transfer import Transfer

RATE = 22_050
VIOLIN, FLUTE = 40, 73
REPORT = Report.uniform("sampler", 1, heard="notes", notes=1, played=1)
FADE = round(automation.FADE_SECONDS / 2 * RATE) + round(0.005 * RATE)  # to a node of the blend
CLIP = (melody(2, RATE, seed=5, partials=10, tilt=0.3), RATE)


def at(seconds):
    return round(seconds * RATE)


def transfer(audio, **options):
    return StyleTransfer(**options)(audio, RATE)


def name_of(transfer):
    """The preset whose clip is the style."""
    source = transfer.style.source
    return "clip" if isinstance(source, tuple) else Path(source).parent.name


@pytest.fixture
def midi(tmp_path):
    return writer(tmp_path)


@pytest.fixture(scope="module")
def stem():
    return melody(2, RATE) * np.float32(0.5)


@pytest.fixture
def rendered(monkeypatch):
    """Count what is rendered: (preset, strength, mix, seconds), in place of rendering it."""
    jobs = []

    def render(transfer, audio, sample_rate, progress):
        job = (name_of(transfer), transfer.strength, transfer.mix, audio.shape[1] / sample_rate)
        jobs.append(job)
        return Restyled(audio * np.float32(0.5), [], REPORT)

    monkeypatch.setattr(Transfer, "render", render)
    return jobs


# Nothing moves


@pytest.mark.parametrize("where", [0, 0.02, 0.025])
def test_what_is_set_at_the_start_is_style_transfer_bit_for_bit(stem, midi, where):
    file = midi((where, program(FLUTE)), (where, control(1, 127)), (where, control(91, 127)))
    output = automate(stem, RATE, file, preset="violin")
    np.testing.assert_array_equal(output, transfer(stem, preset="flute", strength=1.0))


def test_options_hold_until_the_file_says_otherwise(stem, midi):
    file = midi((0, control(91, 64)))
    output = automate(stem, RATE, file, style=CLIP, strength=0.3, mix=0.1, seed=3)
    expected = transfer(stem, style=CLIP, strength=0.3, mix=64 / 127, seed=3)
    np.testing.assert_array_equal(output, expected)
    output = automate(stem, RATE, midi((5, control(1, 9))), style=CLIP)  # after the stem's end
    np.testing.assert_array_equal(output, transfer(stem, style=CLIP))


def test_a_setting_that_comes_again_changes_nothing(stem, midi):
    events = [(t, program(VIOLIN)) for t in (0, 0.5, 1, 1.5)]
    events += [(t, control(1, 100)) for t in (1.5, 1.6)]
    file = midi((0, control(1, 100)), *events)
    expected = transfer(stem, preset="violin", strength=100 / 127)
    np.testing.assert_array_equal(automate(stem, RATE, file), expected)


def test_the_gain_comes_after_everything_else(stem, midi):
    file = midi((0, program(VIOLIN)), (1, control(7, 64)))
    output, expected = automate(stem, RATE, file), transfer(stem, preset="violin")
    np.testing.assert_array_equal(output[:, : at(1) - FADE], expected[:, : at(1) - FADE])
    quiet = np.float32((64 / 127) ** 2)
    np.testing.assert_allclose(
        output[:, at(1) + FADE :], quiet * expected[:, at(1) + FADE :], atol=1e-6
    )


def test_volume_0_is_silence(stem, midi):
    output = automate(stem, RATE, midi((0.5, control(7, 0)), (1, control(7, 127))), style=CLIP)
    assert not output[:, at(0.5) + FADE : at(1) - FADE].any()
    assert output[:, : at(0.4)].any()
    assert output[:, at(1.1) :].any()


# Something moves


def test_a_program_change_switches_the_style_at_its_time(stem, midi):
    """The context reaches over all of this stem, so each part is that of a whole rendering."""
    output = automate(stem, RATE, midi((0, program(VIOLIN)), (1, program(FLUTE))), strength=0.7)
    before, after = (transfer(stem, preset=name, strength=0.7) for name in ("violin", "flute"))
    np.testing.assert_array_equal(output[:, : at(1) - FADE], before[:, : at(1) - FADE])
    np.testing.assert_array_equal(output[:, at(1) + FADE :], after[:, at(1) + FADE :])
    middle = output[0, at(1)]
    assert np.abs(middle - (before[0, at(1)] + after[0, at(1)]) / 2) < 0.2 * np.abs(stem).max()


def test_nothing_clicks(monkeypatch, midi):
    """Over a sine, in sounds that are as unlike as they can be: a step would be 80 times as sharp
    as the sine is, and a corner of a ramp no more than 3 times.
    """
    levels = {"violin": 0.3, "flute": -0.6}

    def render(transfer, audio, sample_rate, progress):
        level = np.float32(levels[name_of(transfer)] * transfer.strength)
        return Restyled(audio * level, [], REPORT)

    monkeypatch.setattr(Transfer, "render", render)
    changes = [
        (0.3, program(VIOLIN)),
        (0.6, program(FLUTE)),
        (0.9, control(91, 30)),
        (1.1, control(1, 127)),
        (1.3, control(7, 20)),
        (1.5, control(1, 0)),
        (1.7, control(7, 127)),
    ]
    stem = sine(110, 2, RATE)
    output = automate(stem, RATE, midi(*changes))
    assert sharpness(output).max() < 3 * sharpness(stem).max()
    for seconds, _ in changes:  # and each of them was heard
        before = np.abs(output[:, at(seconds - 0.1) : at(seconds - 0.03)]).max()
        after = np.abs(output[:, at(seconds + 0.03) : at(seconds + 0.1)]).max()
        assert abs(before - after) > 0.01 * before


def test_options_that_the_file_does_not_play_are_those_of_every_rendering(monkeypatch, midi, stem):
    seen = []

    def render(transfer, audio, *rest):
        seen.append((name_of(transfer), transfer.drums, transfer.dynamics))
        return Restyled(audio.copy(), [], REPORT)

    monkeypatch.setattr(Transfer, "render", render)
    file = midi((0, program(VIOLIN)), (1, program(FLUTE)))
    automate(stem, RATE, file, drums="drop", dynamics=0.2)
    assert sorted(seen) == [("flute", "drop", 0.2), ("violin", "drop", 0.2)]
    with pytest.raises(ValueError, match="Drums must be one of"):
        Automation(file, drums="solo")


def test_steps_of_a_controller_are_no_stairs(monkeypatch, midi):
    monkeypatch.setattr(Transfer, "render", lambda _, audio, *rest: Restyled(-audio, [], REPORT))
    stem = sine(110, 2, RATE)
    steps = [(0.5 + value / 127, control(91, value)) for value in range(0, 128, 8)]
    output = automate(stem, RATE, midi((0, control(91, 0)), *steps), preset="violin")
    assert sharpness(output).max() < 3 * sharpness(stem).max()


def test_until_there_is_a_style_the_stem_is_dry(stem, midi):
    file = midi((0, control(1, 127)), (1, program(VIOLIN)))
    output = automate(stem, RATE, file)
    np.testing.assert_array_equal(output[:, : at(1) - FADE], stem[:, : at(1) - FADE])
    expected = transfer(stem, preset="violin", strength=1.0)
    np.testing.assert_array_equal(output[:, at(1) + FADE :], expected[:, at(1) + FADE :])


@pytest.mark.parametrize("number", [1, 91])
def test_without_strength_or_mix_the_stem_is_itself_bit_for_bit(stem, midi, number):
    file = midi((0.5, control(number, 0)), (1.5, control(number, 127)))
    audio = np.vstack([stem, 0.5 * stem])
    output = automate(audio, RATE, file, preset="violin")
    dry = slice(at(0.5) + FADE, at(1.5) - FADE)
    np.testing.assert_array_equal(output[:, dry], audio[:, dry])
    assert np.abs(output - audio)[:, : at(0.5)].max() > 0.01
    assert np.abs(output - audio)[:, at(1.5) :].max() > 0.01


def test_a_ramp_of_controllers_is_a_ramp(stem, midi):
    steps = [(0.5 + value / 127, control(91, value)) for value in range(128)]
    ramp = automate(stem, RATE, midi((0, control(91, 0)), *steps), preset="violin", strength=0.8)
    wet = transfer(stem, preset="violin", strength=0.8)
    share = np.clip((np.arange(stem.shape[1]) / RATE - 0.5), 0, 1)
    mixed = stem + share * (wet - stem)
    gain = np.vdot(ramp, mixed) / np.vdot(mixed, mixed)
    assert 1 <= gain < 1.3  # what cancelled is made up for
    assert np.sqrt(np.mean((ramp - gain * mixed) ** 2) / np.mean(mixed**2)) < 0.15


def test_loudness_stays_that_of_the_stem_and_nothing_clips(stem, midi):
    audio = stem * np.float32(0.9 / np.abs(stem).max())
    events = [(0, program(FLUTE)), (1, program(VIOLIN))]
    events += [(n / 10, control(91, 30 + 60 * (n % 2))) for n in range(20)]
    events += [(n / 50, control(1, n)) for n in range(100)]
    output = automate(audio, RATE, midi(*sorted(events, key=lambda event: event[0])))
    assert lufs(output, RATE) == pytest.approx(lufs(audio, RATE), abs=1)
    assert np.abs(output).max() <= 1


def test_peaks_are_limited_and_not_cut_where_sounds_add_up(monkeypatch, midi):
    """Sines at full scale, half of each: at the level of one alone, they would reach 3 dB over."""
    audio, other = sine(110, 2, RATE, level=1), -sine(330, 2, RATE, level=1)
    monkeypatch.setattr(Transfer, "render", lambda *_: Restyled(other, [], REPORT))
    file = midi((0, control(91, 0)), (0.5, control(91, 64)), (1.5, control(91, 0)))
    output = automate(audio, RATE, file, style=CLIP)
    assert np.abs(output).max() <= 1
    middle = output[0, at(0.6) : at(1.4)]
    assert np.abs(middle).max() > 0.9
    full = np.abs(middle) > 1 - 1e-5
    assert not np.any(full[1:] & full[:-1])  # flat tops are what cutting leaves
    np.testing.assert_array_equal(output[:, : at(0.4)], audio[:, : at(0.4)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_loudness_stays_however_the_settings_move(midi, seed):
    draw = np.random.default_rng(seed)
    audio = np.vstack([melody(4, RATE, seed=seed), 0.3 * melody(4, RATE, seed=seed + 9)])
    audio *= np.float32(0.99 / np.abs(audio).max())
    events = [(float(t), program(int(draw.integers(120)))) for t in draw.uniform(0, 4, 4)]
    for number in (1, 91):
        times = draw.uniform(0, 4, 20)
        events += [(float(t), control(number, int(draw.integers(128)))) for t in times]
    output = automate(audio, RATE, midi(*sorted(events, key=lambda event: event[0])))
    assert lufs(output, RATE) == pytest.approx(lufs(audio, RATE), abs=1)
    assert np.abs(output).max() <= 1


# What is rendered


def test_each_sound_is_rendered_only_where_it_is_heard(rendered, midi):
    audio = noise(60, 8000)
    file = midi((20, program(FLUTE)), (40, program(VIOLIN)), (50, control(1, 0)))
    automate(audio, 8000, file, preset="violin")
    seconds = {}
    for name, strength, mix, length in rendered:
        assert (strength, mix) == (1.0, 1.0)
        seconds.setdefault(name, []).append(length)
    assert seconds["violin"] == pytest.approx([21, 12], abs=0.1)
    assert seconds["flute"] == pytest.approx([22], abs=0.1)


def test_a_few_strengths_are_rendered_as_they_are(rendered, midi):
    file = midi(*((t, control(1, value)) for t, value in enumerate([20, 127, 60, 0, 20])))
    automate(noise(5, 8000), 8000, file, preset="violin")
    assert {strength for _, strength, _, _ in rendered} == {20 / 127, 1.0, 60 / 127}


def test_of_many_strengths_those_that_are_held_and_the_quarters_are_rendered(rendered, midi):
    ramp = [(5 + n / 50, control(1, n)) for n in range(20, 110)]
    automate(noise(12, 8000), 8000, midi((0, control(1, 20)), *ramp), preset="violin")
    found = sorted({strength for _, strength, _, _ in rendered})
    assert found == [20 / 127, 0.25, 0.5, 0.75, 109 / 127, 1.0][: len(found)]
    assert 20 / 127 in found
    assert 109 / 127 in found
    held = [seconds for _, strength, _, seconds in rendered if strength == 109 / 127]
    assert sum(held) < 7.5


def test_programs_too_brief_to_hear_are_not_rendered(rendered, midi):
    sweep = [(1 + n / 1000, program(n)) for n in range(FLUTE)]
    automate(noise(3, 8000), 8000, midi(*sweep, (1.08, program(FLUTE))), preset="violin")
    assert {name for name, *_ in rendered} == {"violin", "flute"}


def test_many_events_are_quick(rendered, tmp_path, within):
    draw = np.random.default_rng(0)
    events = draw.choice([1, 7, 91], 100_000), draw.integers(0, 128, 100_000)
    content = b"".join(
        bytes([1, 0xB0, number, value]) for number, value in zip(*events, strict=True)
    )
    (tmp_path / "many.mid").write_bytes(file_of(content, division=830))  # 60 s
    audio = noise(60, 8000)
    with within(10):
        output = automate(audio, 8000, tmp_path / "many.mid", preset="violin")
    assert len(rendered) <= layers.MAX_STRENGTHS + 4
    assert np.isfinite(output).all()


def test_a_style_is_rendered_with_the_settings_of_its_own_time(rendered, midi):
    file = midi((0, control(1, 10)), (1, control(1, 100)), (1, program(VIOLIN)))
    automate(noise(2, 8000), 8000, file)
    assert [job[:2] for job in rendered] == [("violin", 100 / 127)]


# The contract


@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layouts_and_types_come_out_as_pedalboards(midi, channels, interleaved, dtype):
    file = midi((0.2, program(VIOLIN)), (0.3, control(91, 90)))
    audio = np.vstack([melody(0.5, 8000, seed=n) for n in range(channels)]).astype(dtype)
    expected = automate(audio, 8000, file)
    given = audio.T if interleaved else audio
    before = given.copy()
    output = automate(given, 8000, file)
    assert (output.dtype, output.shape) == (np.float32, given.shape)
    np.testing.assert_array_equal(output.T if interleaved else output, expected)
    np.testing.assert_array_equal(given, before)
    assert not np.shares_memory(output, given)


def test_one_dimension_is_mono(stem, midi):
    file = midi((1, program(VIOLIN)))
    np.testing.assert_array_equal(automate(stem[0], RATE, file), automate(stem, RATE, file)[0])


@pytest.mark.parametrize("length", [0, 1, 2, 100, 1000, 2000, 4097])
def test_stems_of_any_length(midi, length):
    file = midi((0.01, program(VIOLIN)), (0.05, control(7, 9)), (0.12, control(1, 99)))
    output = automate(noise(1, 8000)[:, :length], 8000, file, strength=1.0)
    assert output.shape == (1, length)
    assert np.isfinite(output).all()


def test_silence_stays_silence(midi):
    silence = np.zeros((2, RATE), np.float32)
    assert not automate(silence, RATE, midi((0, program(0)), (0.5, program(VIOLIN)))).any()


def test_the_same_seed_gives_the_same_bits(stem, midi):
    file = midi((0, program(VIOLIN)), (0.7, program(FLUTE)), (1.2, control(1, 127)))
    outputs = [automate(stem, RATE, file, seed=1) for _ in range(2)]
    np.testing.assert_array_equal(*outputs)


def test_calls_of_one_effect_do_not_depend_on_those_before(stem, midi):
    effect = Automation(midi((0.5, control(1, 127)), (1, program(FLUTE))), preset="violin")
    first = effect(stem, RATE)
    effect(stem[:, : at(0.8)], RATE)
    np.testing.assert_array_equal(effect(stem, RATE), first)


def test_it_stands_in_a_chain(stem, midi):
    effect = Automation(midi((1, program(FLUTE))))
    np.testing.assert_array_equal(Pedalboard([effect])(stem, RATE), effect(stem, RATE))
    assert repr(effect).startswith("<effects.Automation midi_file=")


def test_bad_audio_is_refused(midi):
    file = midi((0, program(VIOLIN)), (0.5, program(FLUTE)))
    with pytest.raises(ValueError, match="NaN or infinity"):
        automate(np.full((1, 99), np.nan), RATE, file)
    with pytest.raises(ValueError, match="up to 8 channels, not 9"):
        automate(noise(0.1, RATE, channels=9), RATE, file)
    with pytest.raises(TypeError):
        automate([0.0, 1.0], RATE, file)
    with pytest.raises(ValueError, match="sample_rate"):
        automate(noise(0.1, RATE), 0, file)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"preset": "violin", "style": CLIP}, TypeError, "exactly one of style"),
        ({"preset": "no such"}, ValueError, "There is no preset"),
        ({"strength": 2}, ValueError, "Strength must be between"),
        ({"mix": "x"}, TypeError, "Mix must be a number"),
        ({"engine": "vgg"}, ValueError, "no engine"),
        ({"seed": -1}, ValueError, "Seed must be"),
        ({"device": "tpu"}, ValueError, "Device must be"),
        ({"on_progress": 3}, TypeError, "on_progress must be"),
        ({"channel": 0}, ValueError, "MIDI channel is between 1 and 16"),
        ({"channel": 2}, ValueError, "sets nothing on channel 2"),
    ],
)
def test_bad_options_are_refused_before_any_work(stem, midi, options, error, message):
    with pytest.raises(error, match=message):
        automate(stem, RATE, midi((0, program(VIOLIN))), **options)


def test_a_file_without_programs_needs_a_style(stem, midi):
    with pytest.raises(ValueError, match="no program change, so there is no style: give one"):
        automate(stem, RATE, midi((0, control(1, 127))))


def test_progress_rises_from_0_to_1_and_names_the_styles(stem, midi, monkeypatch):
    told, stages, tick = [], [], Progress.tick

    def noted(self, fraction=None, stage=None):  # a short stage may end between two reports
        stages.append(stage or "")
        tick(self, fraction, stage)

    monkeypatch.setattr(Progress, "tick", noted)
    events = [(0, program(VIOLIN)), (0.5, program(FLUTE)), (1, control(1, 127))]
    automate(stem, RATE, midi(*events), on_progress=lambda *report: told.append(report))
    fractions = [fraction for fraction, _ in told]
    assert all(a <= b for a, b in pairwise(fractions))
    assert told[0][0] == 0
    assert told[-1] == (1.0, "done")
    assert {stage.split(":")[0] for stage in stages} >= {"violin", "flute"}


@pytest.mark.parametrize("after", [0.0, 0.3])
def test_cancelling_stops_it_soon(midi, after):
    raised = []

    def report(fraction, stage):
        if fraction >= after:
            raised.append(time.monotonic())
            raise Cancelled

    file = midi((0, program(VIOLIN)), (6, program(FLUTE)))
    with pytest.raises(Cancelled):
        automate(melody(12, RATE), RATE, file, on_progress=report)
    assert len(raised) == 1
    assert time.monotonic() - raised[0] < 1.5
