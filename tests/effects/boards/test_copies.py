"""Effects and boards are copied and pickled, with pedalboard's plugins in them."""

import contextlib
import copy
import multiprocessing
import pickle
import sys
import threading
from functools import partial
from typing import Any

import numpy as np
import pedalboard
import pytest
from support.midi import program, writer
from support.sounds import sine

from effects import Chain, Mashup, Mix, Morph, Pedalboard, PythonEffect, StyleTransfer, Tweak
from effects.automation import Automation
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from presets.chain_files.chain import parse

RATE = 22050
CLIP = (sine(440, 1, RATE), RATE)
WAYS = [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
ways = pytest.mark.parametrize("way", WAYS, ids=["copy", "deepcopy", "pickle"])


class Times(PythonEffect):
    def __init__(self, factors: list[float]) -> None:
        super().__init__()
        self.factors = factors

    def _render(self, audio: Any, sample_rate: float) -> Any:
        return audio * np.float32(np.prod(self.factors))


def noise(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).uniform(-0.5, 0.5, shape).astype(np.float32)


def note_progress(fraction: float, stage: str) -> None:
    """A callback that can be pickled."""


def response() -> Any:
    return pedalboard.Convolution(noise(2, 90), mix=0.5, sample_rate=44100)


PLUGINS = [
    *(it for it in vars(pedalboard).values() if isinstance(it, type)),
    lambda: pedalboard.Chain([pedalboard.Reverb(0.9), pedalboard.Mix([pedalboard.Gain(-9)])]),
    response,
]


def plugins() -> list[Any]:
    """One of every plugin that pedalboard brings, with settings that are not the default."""
    made = []
    for kind in PLUGINS:
        if isinstance(kind, type) and not issubclass(kind, pedalboard.Plugin):
            continue
        try:
            plugin = kind()
        except (TypeError, RuntimeError):  # abstract, or it needs a file
            continue
        for name, it in vars(type(plugin)).items():
            if isinstance(it, property) and isinstance(getattr(plugin, name), float):
                with contextlib.suppress(ValueError):  # out of range
                    setattr(plugin, name, getattr(plugin, name) * 0.93)
        made.append(plugin)
    return made


def boards() -> list[Any]:
    stretches = [Times([0.5, 0.7]), Mix([pedalboard.Gain(2), Times([2.0])]), None, Chain([])]
    return [*(Pedalboard([it, Times([1.0])]) for it in plugins()), Pedalboard(stretches)]


@ways
def test_a_copy_of_a_board_sounds_the_same(way: Any) -> None:
    audio = noise(2, 5000)
    found = boards()
    assert len(found) > 20
    for board in found:
        output = board(audio, RATE)
        np.testing.assert_array_equal(way(board)(audio, RATE), output, str(board))


def test_a_deep_copy_is_independent_and_a_shallow_one_shares_its_members() -> None:
    board = Pedalboard([pedalboard.Gain(1), Times([2.0]), Chain([pedalboard.Reverb()])])
    shallow, deep = copy.copy(board), copy.deepcopy(board)
    assert list(shallow) == list(board)
    board[0].gain_db = 7
    board[1].factors.append(0.0)
    board[2].append(Times([0.0]))
    del board[2]
    assert (deep[0].gain_db, deep[1].factors, len(deep[2]), len(deep)) == (1, [2.0], 1, 3)
    assert (shallow[0].gain_db, len(shallow)) == (7, 3)


def test_a_board_in_itself_is_copied_with_its_shape() -> None:
    board = Pedalboard([Times([1.0])])
    board.append(board)
    deep = copy.deepcopy(board)
    assert deep[1] is deep


class Tuned(pedalboard.Reverb):
    """A class of one's own, whose constructor nobody knows."""


@pytest.mark.parametrize("way", WAYS[1:])
def test_a_plugin_that_nobody_can_build_is_named(way: Any) -> None:
    with pytest.raises(TypeError, match=r"Tuned .*room_size=0\.5.* add it to the copy"):
        way(Pedalboard([Times([1.0]), Mix([Tuned()])]))


def effects_of_all_kinds(tmp_path: Any) -> list[Any]:
    ride = writer(tmp_path)((0.0, program(40)))
    return [
        StyleTransfer(preset="violin", strength=0.3, dynamics=0.1, threads=1),
        StyleTransfer(CLIP, mix=0.4, engine=RandomCNN1D(n_filters=8)),
        Mashup(CLIP, balance=0.2),
        Morph(CLIP, at="0:1"),
        Tweak(brighter=0.5, preset="flute"),
        Automation(ride, threads=1),
    ]


def told(effect: Any) -> str:
    return repr(effect).rpartition(" at ")[0]


@ways
def test_a_copy_has_all_options(way: Any, tmp_path: Any) -> None:
    for effect in effects_of_all_kinds(tmp_path):
        effect.on_progress = note_progress
        twin = way(effect)
        assert twin is not effect
        assert told(twin) == told(effect)
        assert (twin.threads, twin.on_progress) == (effect.threads, note_progress)
        assert twin._lock is not effect._lock
        twin.threads = 3
        assert effect.threads != 3
        with pytest.raises(AttributeError):
            twin.thread = 3


@ways
def test_a_copy_of_a_transfer_gives_the_same_bits_and_was_not_called(way: Any) -> None:
    effect = StyleTransfer((noise(2, RATE), RATE), engine="infinite", strength=0.4)
    audio = noise(2, RATE // 4)
    twin = way(effect)
    output = effect(audio, RATE)
    np.testing.assert_array_equal(twin(audio, RATE), output)
    assert effect.report is not None
    late = way(effect)
    assert late.report is None
    assert late.loss_curves == []
    effect.strength = 0.9
    assert twin.strength == 0.4


def test_a_pickle_is_small() -> None:
    """What was learnt of a clip is in the cache, and not in the pickle; a clip of arrays is."""
    assert len(pickle.dumps(StyleTransfer(preset="violin"))) < 2000
    board = Pedalboard([StyleTransfer(preset="violin"), pedalboard.Reverb()])
    assert len(pickle.dumps(board)) < 3000
    size = CLIP[0].nbytes
    assert size < len(pickle.dumps(StyleTransfer(CLIP))) < size + 2000


def test_callbacks_come_along_where_they_can() -> None:
    lock = threading.Lock()
    effect = StyleTransfer(preset="violin", on_progress=lambda fraction, stage: lock.locked())
    assert copy.copy(effect).on_progress is effect.on_progress
    assert copy.deepcopy(effect).on_progress is effect.on_progress
    assert pickle.loads(pickle.dumps(effect)).on_progress is None
    effect.on_progress = partial(note_effect, effect)  # which leads back to the effect
    twin = pickle.loads(pickle.dumps(effect))
    assert twin.on_progress.args == (twin,)


def note_effect(effect: Any, fraction: float, stage: str) -> None:
    """A callback that holds the effect."""


def test_every_protocol_of_pickle(tmp_path: Any) -> None:
    for effect in [*effects_of_all_kinds(tmp_path), *boards()]:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            assert type(pickle.loads(pickle.dumps(effect, protocol))) is type(effect)


def test_every_protocol_of_pickle_takes_a_chains_words() -> None:
    board = Pedalboard.from_chain(parse('[[effects]]\ntype = "LadderFilter"\nmode = "HPF24"'))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        copied = pickle.loads(pickle.dumps(board, protocol))
        assert copied.to_chain() == board.to_chain()


@pytest.mark.parametrize(
    "method",
    [
        pytest.param("fork", marks=pytest.mark.skipif(sys.platform != "linux", reason="no fork")),
        pytest.param("spawn", marks=pytest.mark.slow),
    ],
)
def test_other_processes_give_the_same_bits(method: str) -> None:
    board = Pedalboard(
        [
            pedalboard.HighpassFilter(80),
            StyleTransfer((noise(1, RATE), RATE), engine="infinite"),
            pedalboard.Reverb(),
        ]
    )
    clips = [noise(2, RATE // 4), noise(1, RATE // 4)]
    with multiprocessing.get_context(method).Pool(1) as pool:
        outputs = pool.map(partial(board, sample_rate=RATE), clips)
    for clip, output in zip(clips, outputs, strict=True):
        np.testing.assert_array_equal(output, board(clip, RATE))
