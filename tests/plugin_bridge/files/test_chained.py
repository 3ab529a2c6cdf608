"""A chain on a sound file's audio, or on a MIDI file."""

from pathlib import Path

import numpy as np
import pedalboard
import pytest
from support.midi import file_of

from effects import Pedalboard
from plugin_bridge.files import chained
from plugin_bridge.files.chained import Tune
from plugin_bridge.files.sound_files import Sound
from presets.chain_files.chain import parse

RATE = 44_100
HALL = """
tail = "{tail}"
[[effects]]
type = "HighpassFilter"
cutoff_frequency_hz = 80
[[effects]]
type = "Mix"
effects = [{{ type = "Gain", gain_db = -6 }}, {{ type = "Reverb", room_size = 0.3 }}]
"""
PLAYED = """
[[effects]]
type = "Chain"
effects = [{ type = "StyleTransfer", preset = "violin", strength = 0 }]
"""


def sound(samples=RATE // 2, channels=2, seed=0):
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, samples))
    return Sound(noise.astype(np.float32), RATE, 24)


def quiet(fraction, stage):
    pass


def test_a_sound_goes_through_every_effect_and_stays_the_same_kind_of_file():
    given = sound()
    made, of_what = chained.chained(given, parse(HALL.format(tail="cut")), report=quiet)
    mix = pedalboard.Mix([pedalboard.Gain(-6), pedalboard.Reverb(room_size=0.3)])
    own = pedalboard.Pedalboard([pedalboard.HighpassFilter(80), mix])(given.audio, RATE)
    assert np.array_equal(made.audio, own)
    assert (made.sample_rate, made.bits, of_what) == (RATE, 24, {})


def test_what_a_chain_keeps_of_its_tail_makes_the_sound_longer():
    given = sound()
    cut, _ = chained.chained(given, parse(HALL.format(tail="cut")), report=quiet)
    kept, _ = chained.chained(given, parse(HALL.format(tail="keep")), report=quiet)
    assert cut.audio.shape == given.audio.shape
    assert kept.audio.shape[1] > given.audio.shape[1] + RATE // 10


@pytest.mark.parametrize("samples", [1, 2])
def test_very_short_sounds_keep_their_channels(samples):
    made, _ = chained.chained(sound(samples), parse(HALL.format(tail="cut")), report=quiet)
    assert made.audio.shape == (2, samples)


def test_it_tells_what_a_style_transfer_has_made_of_it_wherever_that_stands():
    _, of_what = chained.chained(sound(), parse(PLAYED), report=quiet)
    assert of_what["engine"] == "sampler"


def test_progress_is_that_of_the_whole_and_what_it_raises_ends_it():
    fractions = []

    def stop(fraction, stage):
        fractions.append(fraction)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        chained.chained(sound(), parse(PLAYED), report=stop)
    assert len(fractions) == 1


def test_a_board_is_built_once_for_many_sounds():
    board = chained.board_of(parse(HALL.format(tail="cut")), report=quiet)
    assert isinstance(board, Pedalboard)
    first, again = (chained.through(board, it, quiet)[0] for it in (sound(), sound()))
    assert np.array_equal(first.audio, again.audio)  # no tail of the one is in the other


def test_what_goes_out_of_bounds_is_no_sound():
    loud = parse('effects = [{ type = "Gain", gain_db = 100 }]\n')
    board = Pedalboard([pedalboard.Gain(gain_db=0) for _ in range(2)])
    board.insert(0, pedalboard.Gain(gain_db=float("inf")))
    with pytest.raises(ValueError, match="NaN or infinity"):
        chained.through(board, sound(), quiet)
    assert chained.chained(sound(), loud, report=quiet)[0].audio.max() > 1e4  # which floats hold


def test_a_midi_file_is_known_by_its_first_bytes(tmp_path):
    for name, content, known in (
        ("tune.txt", file_of(b"\x00\xff\x2f\x00"), True),
        ("tune.mid", b"RIFF....WAVE", False),
        ("empty.mid", b"", False),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert chained.is_midi(path) == known


def test_a_tune_without_an_instrument_is_refused():
    board = chained.board_of(parse(HALL.format(tail="cut")), report=quiet)
    with pytest.raises(ValueError, match="instrument"):
        chained.played(board, Tune(Path("tune.mid")), quiet)
