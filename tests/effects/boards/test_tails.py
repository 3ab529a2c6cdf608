"""A board that keeps its tail goes on until it is silent, and begins as one that cuts it."""

from typing import Any

import numpy as np
import pedalboard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pedalboard import (
    Clipping,
    Compressor,
    Delay,
    Distortion,
    Gain,
    GSMFullRateCompressor,
    HighpassFilter,
    Invert,
    LowShelfFilter,
    MP3Compressor,
    PitchShift,
    Reverb,
)
from pedalboard_native._internal import AddLatency

from effects import Chain, Mix, Pedalboard, PythonEffect
from effects.boards.tails import MOST_SECONDS, SILENCE

RATE = 44100


def noise(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).uniform(-0.5, 0.5, shape).astype(np.float32)


def both(make: Any, audio: Any, rate: float = RATE, size: int = 8192) -> tuple[Any, Any]:
    """What comes out of boards of ``make()`` that cut the tail and that keep it."""
    return Pedalboard(make())(audio, rate, size), Pedalboard(make(), tail="keep")(audio, rate, size)


class Negate(PythonEffect):
    heard = 0

    def _render(self, audio: Any, sample_rate: float) -> Any:
        self.heard = audio.shape[1]
        return -audio


def response() -> Any:
    fading = np.exp(-np.arange(9000) / 900).astype(np.float32) / 30
    return pedalboard.Convolution(fading, 1, sample_rate=RATE)


def natives() -> dict[str, Any]:
    """One of every effect that pedalboard brings."""
    found = {"Convolution": response, "AddLatency": lambda: AddLatency(700)}
    for name, kind in vars(pedalboard).items():
        if not (isinstance(kind, type) and issubclass(kind, pedalboard.Plugin)):
            continue
        try:
            kind()
        except (TypeError, RuntimeError):  # abstract, or it needs a file
            continue
        found[name] = kind
    return found


@pytest.mark.parametrize("make", natives().values(), ids=natives())
@pytest.mark.parametrize("length", [50, 30_000])
def test_each_effect_begins_as_if_it_were_cut(make: Any, length: int) -> None:
    audio = noise(2, length)
    cut, kept = both(lambda: [make()], audio)
    assert cut.shape == audio.shape
    np.testing.assert_array_equal(kept[:, :length], cut)
    assert kept.flags.c_contiguous
    assert not kept[:, length:].size or np.abs(kept[:, -1]).max() > SILENCE  # no silence at the end


@pytest.mark.parametrize(
    "make",
    [
        lambda: Gain(3),
        lambda: Clipping(-20),
        lambda: Compressor(-30, 4),
        lambda: Distortion(20),
        Invert,
        lambda: HighpassFilter(500),
        lambda: LowShelfFilter(500, 6),
        lambda: AddLatency(3000),
        lambda: Mix([Gain(), AddLatency(700)]),
        lambda: Chain([]),
        lambda: None,
    ],
)
def test_effects_without_a_tail_add_none(make: Any) -> None:
    _, kept = both(lambda: [make()], noise(2, 20_000))
    assert 20_000 <= kept.shape[1] < 20_000 + 0.005 * RATE


def test_a_codec_that_hums_in_silence_has_no_tail() -> None:
    for codec in (GSMFullRateCompressor, MP3Compressor):
        _, kept = both(lambda codec=codec: [codec()], noise(1, 20_000))
        assert kept.shape[1] < 20_000 + 0.5 * RATE


def test_a_tail_lasts_until_it_is_silent() -> None:
    audio = noise(2, 9000)
    _, kept = both(lambda: [Reverb(0.9)], audio)
    longer = Reverb(0.9)(np.pad(audio, ((0, 0), (0, 30 * RATE))), RATE)
    np.testing.assert_array_equal(kept, longer[:, : kept.shape[1]])
    assert kept.shape[1] > 9000 + RATE
    assert np.abs(longer[:, kept.shape[1] :]).max() <= SILENCE


def test_an_echo_after_a_long_silence_is_waited_for() -> None:
    for seconds in (5, 11):
        _, kept = both(lambda it=seconds: [Delay(it, 0, 0.5)], np.ones((1, 100), "f4"), 8000)
        assert kept.shape == (1, 8000 * seconds + 100)


def test_what_never_ends_fades_out_after_a_minute() -> None:
    _, kept = both(lambda: [Delay(0.25, 1, 1), Delay(0.25, 1, 1)], noise(2, 4000), 8000)
    assert kept.shape == (2, 4000 + MOST_SECONDS * 8000)
    last = np.abs(kept[:, -8000:]).reshape(2, 4, -1).max(axis=(0, 2))
    assert (np.diff(last) < 0).all()
    assert not kept[:, -1].any()


def test_tails_go_on_through_the_next_effects() -> None:
    negate = Negate()
    _, kept = both(lambda: [Delay(0.5, 0, 1), negate, Gain(0), Delay(0.25, 0, 1)], noise(2, 999))
    assert negate.heard == 999 + RATE // 2
    assert kept.shape[1] == 999 + RATE // 2 + RATE // 4
    np.testing.assert_array_equal(kept[:, -999:], -noise(2, 999))
    assert not kept[:, :-999].any()


def test_a_filters_ringing_is_no_tail_for_an_effect_in_python() -> None:
    negate = Negate()
    cut, kept = both(lambda: [HighpassFilter(60), negate, Delay(0.25, 0, 1)], noise(2, 9999))
    assert negate.heard == 9999
    assert kept.shape[1] == 9999 + RATE // 4
    np.testing.assert_array_equal(kept[:, :9999], cut)


@pytest.mark.parametrize("python", [False, True])
def test_branches_of_a_mix_have_silence_after_their_tails(python: bool) -> None:
    last: Any = Negate() if python else Invert()
    _, kept = both(lambda: [Mix([Delay(0.2, 0, 1), Gain(0), last])], noise(2, 1000))
    assert kept.shape[1] == 1000 + RATE // 5
    np.testing.assert_array_equal(kept[:, -1000:], noise(2, 1000))
    assert not kept[:, :-1000].any()


@pytest.mark.parametrize("shape", [(3000,), (1, 3000), (3000, 1), (2, 3000), (3000, 2)])
def test_the_layout_is_that_of_the_input(shape: tuple[int, ...]) -> None:
    cut, kept = both(lambda: [Delay(0.1, 0, 0.5), Negate()], noise(*shape))
    axis = int(np.argmax(shape))
    assert kept.ndim == len(shape)
    assert kept.shape[axis] == 3000 + RATE // 10
    np.testing.assert_array_equal(np.take(kept, range(3000), axis), cut)


def test_nothing_has_no_tail() -> None:
    for shape in [(0,), (2, 0)]:
        assert Pedalboard([Reverb()], tail="keep")(np.zeros(shape, "f4"), RATE).shape == shape


def test_a_board_within_a_board_sounds_as_long_as_that_lets_it() -> None:
    inner = Pedalboard([Delay(0.1, 0, 1)], tail="keep")
    assert Pedalboard([inner])(noise(2, 500), RATE).shape == (2, 500)
    inner.tail = "cut"
    assert Pedalboard([inner], tail="keep")(noise(2, 500), RATE).shape == (2, 500 + RATE // 10)
    assert inner(noise(2, 500), RATE).shape == (2, 500)


def test_chunks_stream_as_stock() -> None:
    ours, stock = Pedalboard([Delay(0.1)], tail="keep"), pedalboard.Pedalboard([Delay(0.1)])
    for _ in range(3):
        audio = noise(2, 5000)
        np.testing.assert_array_equal(
            ours(audio, RATE, reset=False), stock(audio, RATE, reset=False)
        )


def test_a_rate_beyond_those_of_sounds_is_refused() -> None:
    with pytest.raises(ValueError, match=r"keeps its tail takes 8 to 192 kHz, not 1e\+09 Hz"):
        Pedalboard([Gain()], tail="keep")(noise(9), 1e9)


NATIVES: list[Any] = [
    lambda: Gain(-2),
    lambda: HighpassFilter(500),
    lambda: Reverb(room_size=0.2),
    lambda: Delay(0.03, 0.4),
    lambda: Clipping(-8),
    lambda: AddLatency(130),
    lambda: None,
]


def some(members: list[Any]) -> Any:
    """Lists of what makes members, some of them containers."""
    nested = st.recursive(
        st.sampled_from(members),
        lambda inside: st.tuples(st.sampled_from([Chain, Mix]), st.lists(inside, max_size=3)).map(
            lambda it: lambda: it[0]([make() for make in it[1]])
        ),
        max_leaves=5,
    )
    return st.lists(nested, max_size=4)


@given(
    # What looks ahead hears, after an effect in Python, a tail only if that is kept.
    some([*NATIVES, lambda: PitchShift(2)]) | some([*NATIVES, Negate]),
    st.sampled_from([(900,), (2, 900), (20_000, 2)]),
    st.sampled_from([512, 8192]),
)
@settings(deadline=None, max_examples=40)
def test_whatever_is_kept_begins_with_what_is_cut(
    makes: Any, shape: tuple[int, ...], size: int
) -> None:
    cut, kept = both(lambda: [make() for make in makes], noise(*shape), 8000, size)
    axis = int(np.argmax(shape))
    assert cut.shape == shape
    assert kept.shape[axis] >= shape[axis]
    np.testing.assert_array_equal(np.take(kept, range(shape[axis]), axis), cut)


@pytest.mark.parametrize("size", [512, 1024, 8192])
@pytest.mark.parametrize("make", natives().values(), ids=natives())
def test_a_mix_adds_up_each_effect_where_pedalboards_does_not(make: Any, size: int) -> None:
    """Pedalboard's own puts noise of its own beside PitchShift, Resample and GSM."""
    audio = noise(2, 30_000)
    for mix in (Mix, pedalboard.Mix):
        output = Pedalboard([mix([make(), Gain(0)])])(audio, RATE, size)
        np.testing.assert_allclose(output, make()(audio, RATE, size) + audio, atol=1e-6)


def test_what_looks_ahead_hears_the_tail_of_what_was_before() -> None:
    makes = [lambda: Reverb(0.5), lambda: PitchShift(2)]
    cut, _ = both(lambda: [makes[0](), Mix([makes[1](), Gain(0)])], noise(2, 5000))
    dry = makes[0]()(noise(2, 5000), RATE)
    shifted = pedalboard.Pedalboard([make() for make in makes])(noise(2, 5000), RATE)
    np.testing.assert_allclose(cut, shifted + dry, atol=1e-6)
