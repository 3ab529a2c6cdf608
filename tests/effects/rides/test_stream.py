"""Effects run in blocks: the same bits as in one call, and only where that is true."""

from itertools import pairwise

import numpy as np
import pedalboard
import pytest
from pedalboard_native._internal import AddLatency
from support.sounds import noise

from effects.rides.curve import Curve
from effects.rides.stream import LONG, LONGEST_MOVING, blocks, stream, streams

RATE = 44_100
STREAMING = [
    "Chorus", "Compressor", "Delay", "Distortion", "Gain", "HighpassFilter", "HighShelfFilter",
    "LadderFilter", "Limiter", "LowpassFilter", "NoiseGate", "PeakFilter",
    "Phaser", "Resample", "Reverb",
]  # fmt: skip


def curves(*steps, n=60_000):
    return [Curve([(0, 0.0), *steps], n, 400)]


def streamed(effect, audio, moves):
    return stream(effect, audio, RATE, moves, lambda places: None, lambda done: None)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", STREAMING)
def test_blocks_of_any_length_give_the_bits_of_one_call(name, channels):
    audio = noise(1.3, RATE, channels=channels)
    moves = curves((20_000, 1.0), (20_100, 0.9), (30_000, 0.0), n=audio.shape[1])
    output = streamed(getattr(pedalboard, name)(), audio, moves)
    np.testing.assert_array_equal(output, getattr(pedalboard, name)()(audio, RATE))


@pytest.mark.parametrize("latency", [1, 100, 9000])
@pytest.mark.parametrize("where", [300, 30_000])
def test_latency_is_compensated(latency, where):
    audio = noise(1.3, RATE, channels=2)
    moves = curves((where, 1.0), n=audio.shape[1])
    np.testing.assert_array_equal(streamed(AddLatency(latency), audio, moves), audio)


def test_where_something_moves_at_the_start_the_sound_is_in_its_place():
    audio = noise(0.5, RATE, channels=2)
    effect = pedalboard.HighpassFilter(50)
    output = streamed(effect, audio, curves((250, 1.0), n=audio.shape[1]))
    np.testing.assert_array_equal(output, effect(audio, RATE))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Gain", True),
        ("Reverb", True),
        ("PitchShift", False),
        ("GSMFullRateCompressor", False),
        ("MP3Compressor", False),
    ],
)
def test_it_is_known_what_streams(name, expected):
    effect = getattr(pedalboard, name)()
    if name == "PitchShift":
        effect.semitones = 3
    assert streams(effect, 2, RATE) is expected


def test_blocks_follow_each_other_and_are_short_where_something_moves():
    found = list(blocks(curves((20_000, 1.0), (50_000, 0.9)), 60_000))
    assert found[0][0] == 0
    assert found[-1][1] == 60_000
    assert all(a[1] == b[0] for a, b in pairwise(found))
    sizes = [stop - start for start, stop, _ in found if 19_800 <= start < 20_200]
    assert min(sizes) == 1
    assert max(sizes) <= LONGEST_MOVING
    assert max(stop - start for start, stop, _ in found) == LONG
    for _, _, (place,) in found:
        assert 0 <= place <= 1


def test_what_changes_at_once_begins_a_block_also_while_something_else_moves():
    n = 20_000
    moving = [Curve([(0, 0.0), (10_000, 1.0)], n, 400), Curve([(0, 0.0), (10_007, 1.0)], n, 0)]
    starts = {start: places for start, _, places in blocks(moving, n, plugin=True)}
    assert starts[10_007][1] == 1
    assert all(places[1] == (start >= 10_007) for start, places in starts.items())
