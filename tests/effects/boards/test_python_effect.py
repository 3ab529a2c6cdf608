"""The call contract of a Python effect, held against stock plugins called the same way."""

import gc
import math
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pedalboard
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from effects.boards.contract import Intake
from effects.boards.python_effect import PythonEffect
from effects.signal.arrays import Audio

RATE = 44100


class Double(PythonEffect):
    """Twice the input, which is what stock ``Gain`` does at this many decibels."""

    _parameters = ("name", "factor", "amount", "count", "on", "nothing")
    DB = 20 * np.log10(2)
    name, factor, amount, count, on, nothing = "a.wav", 1.0, 0.123456789, 1234567, True, None

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[tuple[int, ...], float]] = []

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        assert audio.dtype == np.float32
        assert audio.flags.c_contiguous
        assert audio.flags.writeable
        self.seen.append((audio.shape, sample_rate))
        audio *= 2
        return audio


class LateByOne(PythonEffect):
    """One sample later: unlike ``Double``, this shows which axis was taken for time."""

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        late = np.zeros_like(audio)
        late[:, 1:] = audio[:, :-1]
        return late


def stock_late_by_one() -> Any:
    return pedalboard.Delay(delay_seconds=1 / 8, feedback=0, mix=1)  # at 8 Hz


def noise(*shape: int, dtype: Any = np.float32) -> Any:
    return np.random.default_rng(sum(shape)).uniform(-0.5, 0.5, shape).astype(dtype)


def outcome(call: Any, *args: Any, **kwargs: Any) -> Any:
    """What a call returns, or the type and the message (without the arguments) of its error."""
    try:
        return call(*args, **kwargs)
    except Exception as error:
        return type(error), str(error).partition("Invoked with:")[0]


def assert_same_outcome(ours: Any, stock: Any) -> None:
    assert type(ours) is type(stock), (ours, stock)
    if isinstance(stock, tuple):
        assert ours == stock
        return
    assert ours.dtype == stock.dtype == np.float32
    assert ours.shape == stock.shape
    assert ours.flags.c_contiguous
    assert ours.flags.writeable
    np.testing.assert_allclose(ours, stock, rtol=1e-6)


SHAPES = [(0,), (1,), (50,), (1, 1), (50, 1), (1, 50), (2, 50), (50, 2), (9, 50), (50, 9)]
ODD_SHAPES = [(0, 5), (5, 0), (0, 0), (3, 3), (), (2, 3, 4)]


@pytest.mark.parametrize("shape", SHAPES + ODD_SHAPES)
@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4", ">f8", "f2", "i2", "i8", "g", "F", "?", "O"])
def test_shapes_and_dtypes_are_taken_and_refused_as_by_stock(
    shape: tuple[int, ...], dtype: str
) -> None:
    audio = noise(*shape).astype(dtype)
    before = audio.copy()
    ours = outcome(Double().process, audio, RATE)
    assert_same_outcome(ours, outcome(pedalboard.Gain(Double.DB).process, audio, RATE))
    np.testing.assert_array_equal(audio, before)
    assert not (isinstance(ours, np.ndarray) and np.shares_memory(ours, audio))


@pytest.mark.parametrize(
    "audio",
    [
        noise(2, 40)[:, ::2],
        noise(40, 2)[::-1],
        noise(2, 40).T,
        np.asfortranarray(noise(2, 40)),
        np.ma.masked_array(noise(9)),
        [0.0, 1.0],
        [[0.0]],
        (0.0,),
        0.5,
        None,
        "audio",
        b"audio",
        torch.zeros(5),
        torch.zeros(5, requires_grad=True),
    ],
    ids=lambda audio: type(audio).__name__,
)
def test_other_inputs_are_taken_and_refused_as_by_stock(audio: Any) -> None:
    ours = outcome(Double().process, audio, RATE)
    assert_same_outcome(ours, outcome(pedalboard.Gain(Double.DB).process, audio, RATE))


def test_read_only_input_is_taken() -> None:
    audio = noise(2, 30)
    audio.flags.writeable = False
    np.testing.assert_array_equal(Double()(audio, RATE), 2 * audio)


@pytest.mark.parametrize("rate", ["a", "44100", None, 1j, [1.0], np.array([3.0])])
def test_sample_rates_of_a_wrong_type_are_refused_as_by_stock(rate: Any) -> None:
    ours = outcome(Double().process, noise(9), rate)
    assert ours == outcome(pedalboard.Gain().process, noise(9), rate)
    assert ours[0] is TypeError


@pytest.mark.parametrize("size", ["a", None, -1, 1.5, 4.0, 2**40, [1]])
def test_buffer_sizes_of_a_wrong_type_are_refused_as_by_stock(size: Any) -> None:
    ours = outcome(Double().process, noise(9), RATE, size)
    assert ours == outcome(pedalboard.Gain().process, noise(9), RATE, size)
    assert ours[0] is TypeError


@pytest.mark.parametrize("reset", ["a", [], "True"])
def test_resets_of_a_wrong_type_are_refused_as_by_stock(reset: Any) -> None:
    ours = outcome(Double().process, noise(9), RATE, 9, reset)
    assert ours == outcome(pedalboard.Gain().process, noise(9), RATE, 9, reset)
    assert ours[0] is TypeError


@pytest.mark.parametrize("rate", [1, 22050, 44100.5, np.float32(8000), np.int64(48000)])
@pytest.mark.parametrize("size", [1, 160, np.int64(3), 2**32 - 1])
@pytest.mark.parametrize("reset", [True, 1, np.bool_(True)])
def test_arguments_that_stock_takes_are_taken(rate: Any, size: Any, reset: Any) -> None:
    effect = Double()
    audio = noise(2, 500)
    np.testing.assert_array_equal(effect(audio, rate, size, reset), 2 * audio)
    assert effect.seen == [((2, 500), float(rate))]  # once, and whole
    assert type(effect.seen[0][1]) is float


@pytest.mark.parametrize("rate", [0, -1, -44100.0, float("nan"), float("inf"), -float("inf")])
def test_sample_rate_must_be_positive_and_finite(rate: float) -> None:
    with pytest.raises(ValueError, match=r"sample_rate must be a positive.*44100"):
        Double()(noise(9), rate)


@pytest.mark.parametrize("size", [0, False, np.int64(0), np.float32(0.5)])
def test_buffer_size_must_be_one_or_more(size: Any) -> None:
    with pytest.raises(ValueError, match=r"buffer_size must be 1 or more.*8192"):
        Double()(noise(9), RATE, size)


@pytest.mark.parametrize("reset", [False, 0, None, np.bool_(False)])
@pytest.mark.parametrize("shape", [(0,), (9,), (2, 9)])
def test_streaming_is_refused_with_the_way_out(reset: Any, shape: tuple[int, ...]) -> None:
    effect = Double()
    with pytest.raises(ValueError, match=r"Double needs the whole clip.*pass the whole clip.*True"):
        effect(noise(*shape), RATE, reset=reset)
    assert not effect.seen


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(3_000_000,), (2, 1_500_000), (1_500_000, 2)])
def test_bad_samples_are_refused_with_their_place(bad: float, shape: tuple[int, ...]) -> None:
    effect = Double()
    audio = np.zeros(shape, np.float32)
    at = max(shape) - 2
    audio[at if len(shape) == 1 else ((1, at) if shape[0] == 2 else (at, 1))] = bad
    with pytest.raises(
        ValueError, match=rf"channel {len(shape) - 1}, at sample {at}\).*nan_to_num"
    ):
        effect(audio, RATE)
    assert not effect.seen


def test_extreme_but_finite_samples_are_taken() -> None:
    audio = np.array([1e-45, -1e38, 0.0, 1e30], np.float32)
    np.testing.assert_array_equal(Double()(audio, RATE), audio * 2)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0)])
def test_empty_audio_is_returned_without_rendering(shape: tuple[int, ...]) -> None:
    effect = Double()
    assert effect(noise(*shape), RATE).shape == shape
    assert not effect.seen


def test_keywords_positions_and_call_are_the_same() -> None:
    effect, audio = Double(), noise(2, 30)
    for call in (effect, effect.process):
        for output in (
            call(audio, RATE),
            call(audio, RATE, 512, True),
            call(input_array=audio, sample_rate=RATE, buffer_size=512, reset=True),
        ):
            np.testing.assert_array_equal(output, 2 * audio)
    with pytest.raises(TypeError):
        effect(audio)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        effect(audio=audio, sample_rate=RATE)  # type: ignore[call-arg]


def test_call_dispatches_to_an_overridden_process() -> None:
    class Silent(Double):
        def process(self, input_array: Any, *_: Any, **__: Any) -> Any:
            return np.zeros_like(input_array)

    assert not Silent()(noise(9), RATE).any()


def test_it_is_an_effect_but_not_a_plugin() -> None:
    effect: Any = Double()
    assert effect.is_effect is True
    assert effect.is_instrument is False
    assert not isinstance(effect, pedalboard.Plugin)
    for container in (pedalboard.Pedalboard, pedalboard.Chain, pedalboard.Mix):
        with pytest.raises(TypeError):
            container([effect])
        with pytest.raises(TypeError):
            container([]).append(effect)
    with pytest.raises(AttributeError):
        effect.is_effect = False
    with pytest.raises(TypeError, match="abstract"):
        PythonEffect()  # type: ignore[abstract]


layouts = st.lists(
    st.one_of(
        st.none(),
        st.tuples(st.integers(0, 12)),
        st.tuples(st.integers(0, 8), st.integers(0, 8)),
        st.just(()),
        st.just((2, 3, 4)),
    ),
    max_size=12,
)


@given(layouts)
@example([(5, 2), (3, 3)])
@example([(5, 2), (1, 1), (3, 3)])
@example([(5, 2), (4,), (3, 3)])
@example([(5, 9), (5, 3), (3, 3)])
@example([(5, 9), (0, 0), (5, 3)])
@example([(5, 9), None, (5, 3)])
def test_layouts_are_remembered_as_by_stock(shapes: list[tuple[int, ...] | None]) -> None:
    """A square array is read by the last layout; the last channel count is a hint; reset forgets.

    None stands for a call of ``reset()``.
    """
    ours, stock = LateByOne(), stock_late_by_one()
    for shape in shapes:
        if shape is None:
            ours.reset()
            stock.reset()
        else:
            audio = noise(*shape)
            assert_same_outcome(outcome(ours.process, audio, 8), outcome(stock.process, audio, 8))


def test_a_wrong_shape_from_the_subclass_is_an_error() -> None:
    class Shorter(PythonEffect):
        def _render(self, audio: Audio, sample_rate: float) -> Audio:
            return audio[:, :-1]

    with pytest.raises(RuntimeError, match=r"Shorter._render\(\) returned.*\(2, 8\).*\(2, 9\)"):
        Shorter()(noise(2, 9), RATE)


def test_float64_from_the_subclass_is_made_float32() -> None:
    class Wide(PythonEffect):
        def _render(self, audio: Audio, sample_rate: float) -> Any:
            return audio.astype(np.float64)[:, ::-1]

    output = Wide()(noise(2, 9), RATE)
    assert output.dtype == np.float32
    assert output.flags.c_contiguous


def test_an_effect_works_again_after_an_error() -> None:
    class Fragile(Double):
        def _render(self, audio: Audio, sample_rate: float) -> Audio:
            if sample_rate == 1:
                raise KeyError("once")
            return super()._render(audio, sample_rate)

    effect = Fragile()
    with pytest.raises(KeyError):
        effect(noise(9), 1)
    with ThreadPoolExecutor(1) as pool:  # another thread: the lock was released
        pool.submit(effect, noise(9), RATE).result(timeout=5)


def test_repr_reads_as_stock() -> None:
    effect = Double()
    module = __name__.partition(".")[0]
    assert repr(effect) == (
        f"<{module}.Double name='a.wav' factor=1 amount=0.123457 count=1234567 on=1 nothing=None "
        f"at {id(effect):#x}>"
    )
    assert repr(LateByOne()).startswith(f"<{module}.LateByOne at 0x")
    for value in (0.5, 1.0, 0.0, 1e-6, 12345678.0, -1.23456789):
        effect.factor = value
        assert f" factor={repr(pedalboard.Gain(value)).split('=')[1].split()[0]} " in repr(effect)


def test_calls_of_one_instance_wait_and_instances_do_not() -> None:
    barrier = threading.Barrier(2)

    class Meets(PythonEffect):
        """Renders only once another instance is rendering, and never twice together."""

        inside = 0

        def _render(self, audio: Audio, sample_rate: float) -> Audio:
            self.inside += 1
            assert self.inside == 1
            barrier.wait(timeout=10)
            self.inside -= 1
            return audio

    one, two = Meets(), Meets()
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(effect, noise(99), RATE) for effect in (one, two) * 4]
    for call in calls:
        np.testing.assert_array_equal(call.result(), noise(99))


def test_eight_threads_hear_what_one_hears() -> None:
    effect = LateByOne()
    clips = [noise(*shape) for shape in [(500,), (2, 700), (900, 2), (1, 300)] * 20]
    with ThreadPoolExecutor(8) as pool:
        for clip, output in zip(clips, pool.map(lambda c: effect(c, RATE), clips), strict=True):
            np.testing.assert_array_equal(output, LateByOne()(clip, RATE))


def test_it_is_collected() -> None:
    effect = Double()
    output = effect(noise(2, 9), RATE)
    gone = weakref.ref(effect)
    del effect
    gc.collect()
    assert gone() is None
    assert output.shape == (2, 9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([(5,), (1, 5), (5, 1), (2, 5), (5, 2), (2, 3), (3, 2), (2, 2), (4, 9)]),
            st.sampled_from([np.float32, np.float64]),
            st.sampled_from("CF"),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_an_array_that_is_only_read_is_lent_and_taken_for_what_its_copy_is(arrays) -> None:
    lending, copying = Intake(), Intake()
    for shape, dtype, order in arrays:
        array = np.asarray(np.arange(math.prod(shape)).reshape(shape), dtype, order=order)
        answers = []
        for intake, to_read in ((lending, True), (copying, False)):
            try:
                taken = intake.take(array, 44_100, to_read=to_read)
                answers.append((taken.audio.tolist(), taken.ndim, taken.interleaved))
                assert not (taken.audio.flags.writeable and np.shares_memory(taken.audio, array))
                assert to_read or not np.shares_memory(taken.audio, array)
            except RuntimeError as error:
                answers.append(str(error))
        assert answers[0] == answers[1]


def test_a_long_clip_that_is_only_read_is_not_copied_and_never_returned_itself() -> None:
    class Reader(PythonEffect):
        _only_reads = True

        def _render(self, audio, sample_rate):
            self._audio = audio
            return audio

    for clip in (np.ones((2, 1000), np.float32), np.ones(1000, np.float32)):
        reader = Reader()
        output = reader(clip, 44_100)
        assert np.shares_memory(reader._audio, clip)
        assert not np.shares_memory(output, clip)
        output[:] = 0
        assert clip.all()
