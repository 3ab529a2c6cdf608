"""A MIDI file plays a chain: each parameter at its time, without clicks, and nothing else moves."""

import time
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from pedalboard_native._internal import AddLatency
from support.midi import control, file_of, program, writer
from support.sounds import melody, noise, sharpness, sine

from effects import Cancelled, Chain, Mix, Pedalboard, StyleTransfer, Tweak, automate
from effects.automated import ChainAutomation
from effects.automation import FADE_SECONDS
from effects.chains import hosting
from effects.chains.kinds import kinds
from presets.chain_files.chain import ChainError, Controller

RATE = 44_100
HALF = round(FADE_SECONDS / 2 * RATE) + 2
VIOLIN, FLUTE = 40, 73
CLIP = (melody(2, 22_050, seed=5, partials=10, tilt=0.3), 22_050)
VST3 = Path("/usr/lib/vst3")


def board(*members, midi, tail="cut", **named):
    """A board whose effects have names, with controllers: number -> (parameter, from, to)."""
    made = Pedalboard(members, tail=tail)
    made.named = named
    made.midi = {number: Controller(*it) for number, it in midi.items()}
    return made


def gain_board(least=-20.0, most=0.0, own=-6.0):
    gain = pedalboard.Gain(own)
    return board(gain, midi={20: ("gain.gain_db", least, most)}, gain=gain)


def is_native(kind):
    """Whether an effect is pedalboard's own, and can be made of nothing."""
    return kind.make.__module__.startswith("pedalboard_native") and not (kind.plugin or kind.given)


def at(seconds):
    return round(seconds * RATE)


@pytest.fixture
def midi(tmp_path):
    return writer(tmp_path)


@pytest.fixture(scope="module")
def stem():
    return noise(2, RATE, channels=2)


# Nothing moves


@pytest.mark.parametrize("event", [(5, control(20, 9)), (0, control(7, 127))])
def test_where_nothing_moves_the_output_is_the_boards_bit_for_bit(stem, midi, event):
    reverb, gain = pedalboard.Reverb(), pedalboard.Gain(-3)
    made = board(
        pedalboard.PitchShift(2), reverb, gain, midi={20: ("gain.gain_db", 0, 6)}, gain=gain
    )
    np.testing.assert_array_equal(automate(stem, RATE, midi(event), chain=made), made(stem, RATE))


@pytest.mark.parametrize("where", [0, 0.02, 0.025])
def test_what_is_set_at_the_start_holds_from_there_bit_for_bit(stem, midi, where):
    made = gain_board()
    output = automate(stem, RATE, midi((where, control(20, 127))), chain=made)
    np.testing.assert_array_equal(output, Pedalboard([pedalboard.Gain(0)])(stem, RATE))


def test_an_effect_that_takes_its_time_begins_with_what_is_set_at_the_start(stem, midi):
    reverb = pedalboard.Reverb(dry_level=0)
    made = board(reverb, midi={20: ("r.dry_level", 0, 1)}, r=reverb)
    made(stem, RATE)
    expected = pedalboard.Reverb(dry_level=1)(stem, RATE)
    output = automate(stem, RATE, midi((0, control(20, 127))), chain=made)
    np.testing.assert_array_equal(output, expected)
    output = automate(stem, RATE, midi((0, control(20, 127)), (1, control(20, 0))), chain=made)
    np.testing.assert_array_equal(output[:, : at(0.9)], expected[:, : at(0.9)])


def test_until_something_is_played_the_chains_own_value_holds(stem, midi):
    made = gain_board(own=-6.3)
    own = made(stem, RATE)
    output = automate(stem, RATE, midi((1, control(20, 0))), chain=made)
    np.testing.assert_array_equal(output[:, : at(1) - HALF], own[:, : at(1) - HALF])
    lower = pedalboard.Gain(-20)(stem, RATE)
    np.testing.assert_array_equal(output[:, at(1) + HALF :], lower[:, at(1) + HALF :])


@pytest.mark.parametrize(
    ("make", "parameter"),
    [
        (lambda: pedalboard.HighShelfFilter(gain_db=-3.3), "gain_db"),
        (lambda: pedalboard.PeakFilter(gain_db=2.7), "gain_db"),
        (lambda: pedalboard.Reverb(wet_level=0.3), "wet_level"),
        (lambda: pedalboard.Reverb(dry_level=0.3), "dry_level"),
        (lambda: pedalboard.Compressor(-40, 3.7), "ratio"),
        (pedalboard.LadderFilter, "mode"),
        (lambda: pedalboard.Delay(delay_seconds=0.07), "delay_seconds"),
    ],
)
@pytest.mark.parametrize("seconds", [0, 1])
def test_afterwards_the_board_is_as_it_was_bit_for_bit(stem, midi, make, parameter, seconds):
    effect = make()
    made = board(effect, midi={20: (f"e.{parameter}",)}, e=effect)
    before = made(stem, RATE)
    played = automate(stem, RATE, midi((seconds, control(20, 100))), chain=made)
    assert np.abs(played - before).max() > 1e-4
    np.testing.assert_array_equal(made(stem, RATE), before)


def test_the_board_may_be_set_between_calls(stem, midi):
    made = gain_board(own=-6.0)
    effect = ChainAutomation(midi((1, control(20, 127))), made)
    effect(stem, RATE)
    made[0].gain_db = -12
    np.testing.assert_array_equal(
        effect(stem, RATE)[:, : at(0.9)], pedalboard.Gain(-12)(stem, RATE)[:, : at(0.9)]
    )
    assert made[0].gain_db == -12


def test_a_style_may_be_set_between_calls(midi):
    made, stem = Pedalboard([StyleTransfer(preset="violin")]), melody(1, 22_050)
    file = midi((0.5, control(1, 127)))
    effect = ChainAutomation(file, made)
    before = effect(stem, 22_050)
    made[0].mix = 0.5
    after = effect(stem, 22_050)
    assert not np.array_equal(before, after)
    np.testing.assert_array_equal(after, ChainAutomation(file, made)(stem, 22_050))


# Something moves


def test_a_gain_goes_along_an_s_of_decibels(midi):
    """Twice the running mean of a step, over 25 ms each time, is known in closed form."""
    made = gain_board(-40, 0, own=0.0)
    output = automate(np.ones((1, at(2)), np.float32), RATE, midi((1, control(20, 0))), chain=made)
    u = np.clip((np.arange(at(2)) - at(1)) / (FADE_SECONDS / 2 * RATE), -1, 1)
    share = np.where(u < 0, (1 + u) ** 2 / 2, 1 - (1 - u) ** 2 / 2)
    np.testing.assert_allclose(20 * np.log10(output[0]), -40 * share, atol=0.02)


def test_frequencies_move_in_equal_ratios(midi):
    """Half of the way from 100 to 10 000 Hz is 1000 Hz, and not 5000."""
    low = pedalboard.LowpassFilter(20_000)
    made = board(low, midi={20: ("low.cutoff_frequency_hz", 100, 6400)}, low=low)
    stem = noise(2, RATE)
    steps = [(n / 127, control(20, n)) for n in range(128)]
    output = automate(stem, RATE, midi(*steps, (1.2, control(20, 0))), chain=made)
    assert np.isfinite(output).all()
    middle = slice(at(0.48), at(0.52))
    static = pedalboard.LowpassFilter(800)(stem, RATE)
    assert np.std(output[:, middle]) == pytest.approx(np.std(static[:, middle]), rel=0.1)


def test_frequencies_stay_below_half_the_rate(midi):
    low = pedalboard.LowpassFilter(500)
    made = board(low, midi={20: ("low.cutoff_frequency_hz", 100, 20_000)}, low=low)
    steps = [(n / 200, control(20, n)) for n in range(128)]
    output = automate(noise(1, 8000), 8000, midi(*steps), chain=made)
    assert np.abs(output).max() < 1


MOVING = {
    "Gain.gain_db": (-60, 0),
    "LowpassFilter.cutoff_frequency_hz": (50, 15_000),
    "HighpassFilter.cutoff_frequency_hz": (20, 5000),
    "LadderFilter.cutoff_hz": (50, 10_000),
    "LadderFilter.resonance": (0, 0.9),
    "PeakFilter.gain_db": (-30, 20),
    "HighShelfFilter.gain_db": (-30, 20),
    "Reverb.wet_level": (0, 1),
    "Delay.mix": (0, 1),
    "Chorus.mix": (0, 1),
    "Chorus.centre_delay_ms": (5, 50),
    "Phaser.centre_frequency_hz": (200, 8000),
    "Distortion.drive_db": (0, 40),
    "Clipping.threshold_db": (-20, 0),
    "Limiter.threshold_db": (-30, 0),
    "PitchShift.semitones": (0, 7),
}


@pytest.mark.parametrize("parameter", MOVING)
def test_nothing_clicks(midi, parameter):
    """Over a sine, from one end to the other in 50 ms: a jump would be 4000 times as sharp."""
    kind, _, name = parameter.partition(".")
    effect = getattr(pedalboard, kind)()
    ends = MOVING[parameter]
    made = board(effect, midi={20: (f"e.{name}", *ends)}, e=effect)
    stem = sine(111, 2, RATE)
    file = midi((0, control(20, 0)), (1, control(20, 127)), (1.5, control(20, 0)))
    output = automate(stem, RATE, file, chain=made)
    static = 0.0
    for value in np.linspace(*ends, 5):
        setattr(effect, name, float(value))
        static = max(static, sharpness(effect(stem, RATE)).max())
    assert sharpness(output).max() < 3 * static
    before, after = output[:, at(0.8) : at(0.95)], output[:, at(1.2) : at(1.35)]
    assert np.abs(np.std(before) - np.std(after)) > 1e-4 or np.abs(before - after).max() > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(it for it, kind in kinds().items() if is_native(kind)))
def test_all_numbers_of_native_effects_can_move_over_all_of_their_range(midi, name):
    kind = kinds()[name]
    stem = noise(0.5, RATE, channels=2)
    file = midi(*((n / 400, control(20, n)) for n in range(128)), (0.45, control(20, 0)))
    for parameter in kind.parameters.values():
        if parameter.kind in ("number", "switch", "choice"):
            effect = kind.make()
            made = board(effect, midi={20: (f"e.{parameter.name}",)}, e=effect)
            own = made(stem, RATE)
            output = automate(stem, RATE, file, chain=made)
            assert np.isfinite(output).all()
            assert output.shape == stem.shape
            np.testing.assert_array_equal(made(stem, RATE), own)


def test_a_convolution_moves(stem, midi):
    response = np.exp(-np.arange(3000) / 500).astype(np.float32) * noise(1, 3000)[0]
    room = pedalboard.Convolution(response, 0.2, RATE)
    made = board(room, midi={20: ("room.mix", 0, 1)}, room=room)
    own = made(stem, RATE)
    output = automate(stem, RATE, midi((1, control(20, 127))), chain=made)
    np.testing.assert_array_equal(output[:, : at(0.9)], own[:, : at(0.9)])
    wet = pedalboard.Convolution(response, 1, RATE)(stem, RATE)
    np.testing.assert_allclose(output[:, at(1.5) :], wet[:, at(1.5) :], atol=1e-4)


def test_a_slow_ride_is_no_stairs(midi):
    made = gain_board(-60, 0, own=0.0)
    stem = sine(110, 4, RATE)
    steps = [(0.5 + n / 50, control(20, n)) for n in range(128)]
    output = automate(stem, RATE, midi(*steps), chain=made)
    assert sharpness(output).max() < 2 * sharpness(stem).max()


def test_switches_and_words_change_at_their_time(midi):
    ladder = pedalboard.LadderFilter(cutoff_hz=300)
    made = board(ladder, midi={20: ("ladder.mode",)}, ladder=ladder)
    stem = noise(2, RATE)
    modes = list(type(ladder.mode).__members__.values())
    last = pedalboard.LadderFilter(modes[-1], cutoff_hz=300)(stem, RATE)
    first = made(stem, RATE)
    output = automate(stem, RATE, midi((1, control(20, 127))), chain=made)
    np.testing.assert_array_equal(output[:, : at(1)], first[:, : at(1)])
    np.testing.assert_allclose(output[:, at(1.5) :], last[:, at(1.5) :], atol=1e-3)


def test_the_volume_is_that_of_what_comes_out(stem, midi):
    compressor, made = pedalboard.Compressor(-40, 10), gain_board()
    made.append(compressor)
    output = automate(stem, RATE, midi((1, control(7, 64))), chain=made)
    expected = made(stem, RATE)
    np.testing.assert_array_equal(output[:, : at(1) - HALF], expected[:, : at(1) - HALF])
    quiet = np.float32((64 / 127) ** 2) * expected[:, at(1) + HALF :]
    np.testing.assert_allclose(output[:, at(1) + HALF :], quiet, atol=1e-6)


def test_several_parameters_of_one_effect_move_at_once(stem, midi):
    reverb = pedalboard.Reverb(wet_level=0, dry_level=1)
    made = board(reverb, midi={20: ("r.wet_level", 0, 1), 21: ("r.dry_level", 1, 0)}, r=reverb)
    output = automate(stem, RATE, midi((1, control(20, 127)), (1, control(21, 127))), chain=made)
    dry = made(stem, RATE)
    np.testing.assert_array_equal(output[:, : at(0.9)], dry[:, : at(0.9)])
    wet = pedalboard.Reverb(wet_level=1, dry_level=0)(stem, RATE)
    np.testing.assert_allclose(output[:, at(1.5) :], wet[:, at(1.5) :], atol=1e-3)


def test_effects_in_containers_move_and_what_is_beside_them_does_not(stem, midi):
    inner = pedalboard.Gain(0)
    made = board(
        Mix([Chain([pedalboard.Invert()]), pedalboard.Chain([inner])]),
        midi={20: ("inner.gain_db", -100, 0)},
        inner=inner,
    )
    output = automate(stem, RATE, midi((1, control(20, 0))), chain=made)
    assert np.abs(output[:, : at(0.9)]).max() == 0
    np.testing.assert_allclose(output[:, at(1.1) :], -stem[:, at(1.1) :], atol=1e-4)


def test_a_chains_file_says_what_moves(stem, midi, tmp_path):
    (tmp_path / "dim.toml").write_text(
        """
        [[effects]]
        type = "Mix"
        effects = [{ type = "Gain", name = "level", gain_db = -6 }]

        [midi]
        11 = { parameter = "level.gain_db", from = -40, to = 0 }
        """
    )
    file = midi((1, control(11, 127)))
    for chain in (tmp_path / "dim.toml", str(tmp_path / "dim.toml")):
        output = automate(stem, RATE, file, chain=chain)
        np.testing.assert_array_equal(output[:, at(1) + HALF :], stem[:, at(1) + HALF :])
        lower = pedalboard.Gain(-6)(stem, RATE)
        np.testing.assert_array_equal(output[:, : at(1) - HALF], lower[:, : at(1) - HALF])


def test_many_events_are_quick(tmp_path, within):
    draw = np.random.default_rng(0)
    values = draw.integers(0, 128, 40_000)
    content = b"".join(bytes([1, 0xB0, 20, value]) for value in values)
    (tmp_path / "many.mid").write_bytes(file_of(content, division=996))  # 20 s
    with within(10):
        output = automate(noise(20, 8000), 8000, tmp_path / "many.mid", chain=gain_board())
    assert np.isfinite(output).all()


# Latency, length and layout


@pytest.mark.parametrize("latency", [1, 480, 10_000])
def test_latency_is_compensated(stem, midi, latency):
    """A gain in a stock chain with latency would be streamed with it; here they are two."""
    made = gain_board(-20, 0, own=0.0)
    made.insert(0, AddLatency(latency))
    output = automate(stem, RATE, midi((1, control(20, 0))), chain=made)
    assert output.shape == stem.shape
    np.testing.assert_array_equal(output[:, : at(1) - HALF], stem[:, : at(1) - HALF])


@pytest.mark.parametrize("length", [1, 2, 3, 100, 3000, 8192, 8193, 20_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_clips_of_any_length(midi, length, channels):
    made = gain_board()
    stem = noise(1, RATE, channels=channels)[:, :length]
    file = midi((0.03, control(20, 0)), (0.06, control(20, 127)), (0.07, control(7, 9)))
    output = automate(stem if length > channels else stem[0], RATE, file, chain=made)
    assert output.shape[-1] == length
    assert np.isfinite(output).all()


def test_layouts_and_types_come_out_as_the_boards(stem, midi):
    made, file = gain_board(), midi((1, control(20, 127)))
    expected = automate(stem, RATE, file, chain=made)
    given = stem.T.astype(np.float64)
    before = given.copy()
    output = automate(given, RATE, file, chain=made)
    assert output.dtype == np.float32
    np.testing.assert_allclose(output.T, expected, atol=1e-6)
    np.testing.assert_array_equal(given, before)
    mono = automate(stem[0], RATE, file, chain=made)
    np.testing.assert_array_equal(mono, expected[0])


def test_a_tail_that_is_kept_sounds_on_while_its_effect_moves(midi):
    delay = pedalboard.Delay(0.5, 0.5, 0.5)
    made = board(delay, midi={20: ("d.mix", 0, 1)}, tail="keep", d=delay)
    stem = noise(1, RATE)
    output = automate(stem, RATE, midi((0.5, control(20, 127))), chain=made)
    assert output.shape[1] > 3 * RATE
    assert np.abs(output[:, 2 * RATE : 3 * RATE]).max() > 0.01


def test_a_tail_that_is_kept_ends_within_a_minute_and_fades_out(midi):
    rate, echo = 8_000, pedalboard.Delay(0.2, feedback=1.0)
    made = Pedalboard([pedalboard.Reverb(0.9), echo], tail="keep")
    made.named, made.midi = {"echo": echo}, {20: Controller("echo.mix")}
    output = automate(noise(1, rate), rate, midi((0.5, control(20, 127))), chain=made)
    assert output.shape[1] == 61 * rate
    assert np.abs(output[:, -80:]).max() < 0.02 < np.abs(output[:, -2 * rate : -rate]).max()


# StyleTransfer


def test_a_style_transfer_alone_is_automation(midi):
    stem = melody(2, 22_050) * np.float32(0.5)
    file = midi(
        (0, control(1, 30)), (0.5, program(FLUTE)), (1, control(1, 127)), (1.5, control(7, 50))
    )
    expected = automate(stem, 22_050, file, preset="violin")
    output = automate(stem, 22_050, file, chain=Pedalboard([StyleTransfer(preset="violin")]))
    np.testing.assert_allclose(output, expected, atol=1e-6)


def test_a_setting_of_the_chain_holds_through_programs_and_the_advised_one_does_not(midi):
    stem, file = melody(1, 22_050), midi((0.5, program(FLUTE)))
    for options in ({}, {"strength": 0.4}):
        made = Pedalboard([StyleTransfer(preset="violin", **options)])
        output = automate(stem, 22_050, file, chain=made)
        expected = automate(stem, 22_050, file, preset="violin", **options)
        np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("name", ["strength", "style.strength"])
def test_a_controller_of_the_chains_choice_moves_the_strength_and_1_does_not(midi, name):
    stem = melody(1, 22_050)
    style = StyleTransfer(preset="violin", strength=0.5)
    made = board(style, midi={11: (name, 0.2, 0.8)}, style=style)
    file = midi((0, control(1, 0)), (0, control(11, 127)), (0.5, control(1, 90)))
    expected = StyleTransfer(preset="violin", strength=0.8)(stem, 22_050)
    np.testing.assert_array_equal(automate(stem, 22_050, file, chain=made), expected)


def test_of_several_style_transfers_only_those_move_that_are_named(midi):
    stem = melody(1, 22_050)
    first, second = StyleTransfer(preset="violin"), StyleTransfer(preset="flute")
    made = board(first, second, midi={11: ("a.mix", None, None)}, a=first, b=second)
    file = midi((0, program(VIOLIN + 1)), (0, control(1, 0)), (0, control(11, 0)))
    expected = StyleTransfer(preset="flute")(stem, 22_050)
    np.testing.assert_array_equal(automate(stem, 22_050, file, chain=made), expected)


def test_style_and_effect_move_in_one_chain(midi):
    stem = melody(2, 22_050)
    style, gain = StyleTransfer(style=CLIP), pedalboard.Gain(0)
    made = board(style, gain, midi={20: ("gain.gain_db", -100, 0)}, gain=gain)
    file = midi((0.5, control(91, 0)), (1.5, control(20, 0)))
    output = automate(stem, 22_050, file, chain=made)
    np.testing.assert_array_equal(output[:, 12_000:32_000], stem[:, 12_000:32_000])
    assert np.abs(output[:, 34_000:]).max() < 1e-4


# Plugins


def plugin(name):
    path = VST3 / f"{name}.vst3"
    if not path.exists():
        pytest.skip(f"{name} is not installed")
    return hosting.load(kinds()["VST3Plugin"], path, {})


def test_a_plugins_parameter_moves(stem, midi):
    comp = plugin("ZamCompX2")
    made = board(comp, midi={20: ("comp.makeup_db", 0, 20)}, comp=comp)
    static = made(stem, RATE)
    output = automate(stem, RATE, midi((1, control(20, 127))), chain=made)
    assert output.shape == stem.shape
    np.testing.assert_array_equal(output[:, : at(1) - HALF], static[:, : at(1) - HALF])
    louder = np.std(output[:, at(1.5) :]) / np.std(static[:, at(1.5) :])
    assert 20 * np.log10(louder) == pytest.approx(20, abs=0.1)
    np.testing.assert_array_equal(made(stem, RATE), static)


def test_a_plugins_controller_goes_evenly_through_its_own_units(stem, midi):
    comp = plugin("ZamCompX2")
    comp.makeup_db = 3
    made = board(comp, midi={20: ("comp.makeup_db", 10, 0)}, comp=comp)
    for controller, decibels in ((0, 10), (64, 10 * (1 - 64 / 127)), (127, 0)):
        louder = automate(stem, RATE, midi((0, control(20, controller))), chain=made)
        ratio = np.std(louder) / np.std(made(stem, RATE))
        assert 20 * np.log10(ratio) == pytest.approx(decibels - 3, abs=0.05)
    assert comp.makeup_db == pytest.approx(3, abs=0.02)


def test_after_a_plugins_program_has_moved_all_that_it_sets_is_as_it_was(stem, midi):
    comp = plugin("ZamCompX2")
    comp.ratio = 3
    made = board(comp, midi={20: ("comp.current_program",)}, comp=comp)
    before, positions = made(stem, RATE), {n: it.raw_value for n, it in comp.parameters.items()}
    automate(stem, RATE, midi((1, control(20, 127))), chain=made)
    meters = ("gain_reduction_db", "output_level_db")
    after = {n: it.raw_value for n, it in comp.parameters.items()}
    assert {n for n in after if after[n] != positions[n]} <= {*meters}
    np.testing.assert_array_equal(made(stem, RATE), before)


def test_a_plugin_does_not_click(midi):
    """By 20 dB in 50 ms: a jump would be 2500 times as sharp as the sine."""
    comp = plugin("ZamCompX2")
    made = board(comp, midi={20: ("comp.makeup_db", 0, 20)}, comp=comp)
    stem = sine(110, 2, RATE, level=0.05)
    file = midi((0, control(20, 0)), (1, control(20, 127)))
    output = automate(stem, RATE, file, chain=made)
    assert sharpness(output).max() < 30 * sharpness(stem * 10).max()


def test_a_plugins_latency_is_compensated_while_it_moves(stem, midi):
    maximizer = plugin("ZaMaximX2")
    assert maximizer.reported_latency_samples
    names = maximizer.parameters
    ceiling = next(it for it in names if "ceiling" in it or "output" in it)
    made = board(maximizer, midi={20: (f"max.{ceiling}",)}, max=maximizer)
    static = made(stem, RATE)
    output = automate(stem, RATE, midi((1, control(20, 20))), chain=made)
    # What it does to the sound that it keeps back is early, as in every host.
    before = slice(at(1) - HALF - maximizer.reported_latency_samples)
    np.testing.assert_array_equal(output[:, before], static[:, before])
    assert np.abs(output - static)[:, at(1.2) :].max() > 0.01


def test_a_plugin_of_one_channel_moves_on_each(stem, midi):
    comp = plugin("ZamComp")
    made = board(comp, midi={20: ("comp.makeup_db", 0, 20)}, comp=comp)
    output = automate(stem, RATE, midi((1, control(20, 127))), chain=made)
    for channel in range(2):
        alone = automate(stem[channel], RATE, midi((1, control(20, 127))), chain=made)
        np.testing.assert_array_equal(output[channel], alone)


# What is wrong


@pytest.mark.parametrize(
    ("midi_map", "message"),
    [
        ({20: ("gian.gain_db", 0, 1)}, "MIDI controller 20: there is no effect 'gian'.*gain"),
        ({20: ("gain.gian_db", 0, 1)}, "MIDI controller 20: Gain has no parameter 'gian_db'"),
        ({20: ("gain.gain_db", 0, 1e9)}, "MIDI controller 20: to "),
        ({20: ("tweak.pitch", 0, 1)}, "nothing of a Tweak can move"),
        ({20: ("style.seed", 0, 1)}, "no parameter 'seed' that can move"),
        ({20: ("strength",), 21: ("style.strength",)}, "20 and 21 both move style.strength"),
        ({20: ("ladder.mode", 0, 1)}, "is no number"),
    ],
)
def test_what_cannot_be_moved_is_said_in_one_line(stem, midi, midi_map, message):
    gain, tweak, style = pedalboard.Gain(), Tweak(), StyleTransfer(preset="violin")
    ladder = pedalboard.LadderFilter()
    named = {"gain": gain, "tweak": tweak, "style": style, "ladder": ladder}
    made = board(*named.values(), midi=midi_map, **named)
    with pytest.raises(ChainError, match=message) as error:
        automate(stem, RATE, midi((0, control(20, 0))), chain=made)
    assert "\n" not in str(error.value)


def test_a_plain_name_needs_one_style_transfer(midi, stem):
    for styles, message in ((0, "no StyleTransfer has"), (2, "several StyleTransfers have")):
        members = [StyleTransfer(preset="violin") for _ in range(styles)]
        with pytest.raises(ChainError, match=f"{message} the setting 'strength'"):
            ChainAutomation(midi((0, control(20, 0))), board(*members, midi={20: ("strength",)}))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"preset": "violin"}, TypeError, "leave out preset, or the chain"),
        ({"strength": 1, "style": CLIP}, TypeError, "leave out strength, style"),
        ({"on_progress": 3}, TypeError, "on_progress must be"),
        ({"channel": 17}, ValueError, "MIDI channel is between"),
        ({"channel": 2}, ValueError, "on channel 2: this chain follows the controllers 7 and 20"),
    ],
)
def test_bad_options_are_refused(stem, midi, options, error, message):
    file = midi((0, control(20, 127)))
    with pytest.raises(error, match=message):
        automate(stem, RATE, file, chain=gain_board(), **options)


def test_files_that_play_nothing_of_the_chain_are_refused(stem, midi, tmp_path):
    with pytest.raises(ValueError, match="sets nothing: this chain follows the controllers 7 and"):
        automate(stem, RATE, midi((0, control(1, 5)), (0, program(3))), chain=gain_board())
    with pytest.raises(FileNotFoundError, match="no MIDI file"):
        automate(stem, RATE, tmp_path / "none.mid", chain=gain_board())
    (tmp_path / "bad.mid").write_bytes(b"MThd and no more")
    with pytest.raises(ValueError, match="cannot be read as MIDI"):
        automate(stem, RATE, tmp_path / "bad.mid", chain=gain_board())
    with pytest.raises(TypeError, match="chain must be"):
        automate(stem, RATE, midi((0, control(20, 5))), chain=3)


def test_bad_audio_is_refused(midi):
    file, made = midi((0.1, control(20, 5))), gain_board()
    with pytest.raises(ValueError, match="NaN or infinity"):
        automate(np.full((1, 9000), np.nan), RATE, file, chain=made)
    with pytest.raises(TypeError):
        automate([0.0, 1.0], RATE, file, chain=made)
    with pytest.raises(ValueError, match="sample_rate"):
        automate(noise(0.1, RATE), 0, file, chain=made)


# Progress


def test_progress_rises_to_the_end(midi):
    told = []
    made = gain_board()
    steps = [(n / 20, control(20, n)) for n in range(128)]
    automate(
        noise(7, RATE), RATE, midi(*steps), chain=made, on_progress=lambda *it: told.append(it)
    )
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_while_a_plugin_moves_the_stage_says_so_first(midi):
    comp, told = plugin("ZamCompX2"), []
    made = board(comp, midi={20: ("comp.makeup_db", 0, 20)}, comp=comp)
    automate(
        noise(1, RATE, channels=2),
        RATE,
        midi((0.5, control(20, 127))),
        chain=made,
        on_progress=lambda fraction, stage: told.append(stage),
    )
    assert any(stage.startswith("plugin ZamCompX2") for stage in told)


@pytest.mark.parametrize("kind", ["Gain", "PitchShift"])
def test_cancelling_stops_it_soon_and_the_board_is_as_it_was(midi, kind):
    made = gain_board(own=-6.3)
    if kind == "PitchShift":
        shift = pedalboard.PitchShift(3)
        made = board(shift, midi={20: ("e.semitones", 0, 7)}, e=shift)
    stem = noise(20, RATE)
    before = made(stem[:, :RATE], RATE)
    jumps = [(10 + n / 20, control(20, 127 * (n % 2))) for n in range(100)]
    raised = []

    def report(fraction, stage):
        if stage.endswith("moving") and (fraction > 0 or kind == "PitchShift"):
            raised.append(time.monotonic())
            raise Cancelled

    with pytest.raises(Cancelled):
        automate(stem, RATE, midi(*jumps), chain=made, on_progress=report)
    assert time.monotonic() - raised[0] < 0.5
    np.testing.assert_array_equal(made(stem[:, :RATE], RATE), before)
