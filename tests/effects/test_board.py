"""The board that users make, load and save."""

import copy
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pedalboard import Delay, Gain, HighpassFilter, Reverb

import effects
import restyle
from effects import Chain, Mix, Pedalboard, StyleTransfer
from effects.board import Pedalboard as Here
from presets.chain_files.chain import ChainError, Controller

RATE = 44100
WAYS = [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
ways = pytest.mark.parametrize("way", WAYS, ids=["copy", "deepcopy", "pickle"])


def noise(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).uniform(-0.5, 0.5, shape).astype(np.float32)


def note_progress(fraction: float, stage: str) -> None:
    """A callback that can be pickled."""


def board() -> Pedalboard:
    it = Pedalboard([Gain(2), Mix([Reverb(0.7), Chain([Delay(0.1), Gain(-3)])])], tail="keep")
    it.label, it.note, it.on_progress = "Hall", "For strings.", note_progress
    it.midi = {74: Controller("hall.wet_level", 0.1, 0.6)}
    it.named = {"drive": it[0], "blend": it[1], "hall": it[1][0], "last": it[1][1][1]}
    return it


def test_it_is_known_by_its_old_name_and_by_the_packages() -> None:
    from effects.boards import containers

    assert containers.Pedalboard is Here is effects.Pedalboard is restyle.Pedalboard
    old = pickle.dumps(Here([Gain(1)]), 2).replace(
        b"ceffects.board\n", b"ceffects.boards.containers\n"
    )
    assert b"effects.boards.containers\nPedalboard" in old
    assert type(pickle.loads(old)) is Here
    with pytest.raises(AttributeError, match=r"effects\.boards\.containers.*'Pedalbord'"):
        _ = containers.Pedalbord


def test_a_pickle_of_an_earlier_version_has_the_usual_tail() -> None:
    it = Pedalboard.__new__(Pedalboard)
    it.__setstate__({"_members": [Gain(3)]})
    assert (it.tail, it.label, it.note, it.midi, it.named) == ("cut", "", "", {}, {})
    assert it.on_progress is None
    assert it[0].gain_db == 3


def test_a_tail_is_cut_or_kept() -> None:
    it = Pedalboard()
    assert it.tail == "cut"
    it.tail = "keep"
    for make in (lambda: Pedalboard(tail="kep"), lambda: setattr(it, "tail", None)):
        with pytest.raises(ValueError, match="tail must be 'cut' or 'keep', not"):
            make()
    assert it.tail == "keep"


@ways
def test_a_copy_has_all_of_it_and_names_its_own_members(way: Any) -> None:
    first = board()
    other = way(first)
    for name in ("tail", "label", "note", "midi", "on_progress"):
        assert getattr(other, name) == getattr(first, name)
    assert list(other.named) == list(first.named)
    assert other.named["drive"] is other[0]
    assert other.named["hall"] is other[1][0]
    assert other.named["last"] is other[1][1][1]
    assert other.midi is not first.midi
    np.testing.assert_array_equal(other(noise(2, 900), RATE), first(noise(2, 900), RATE))


@ways
def test_a_name_whose_effect_was_taken_out_is_forgotten_by_copies(way: Any) -> None:
    first = board()
    del first[0]
    assert set(way(first).named) == {"blend", "hall", "last"}


def test_a_pickle_leaves_a_report_behind_that_cannot_be_pickled() -> None:
    first = board()
    first.on_progress = lambda fraction, stage: None
    assert pickle.loads(pickle.dumps(first)).on_progress is None
    assert copy.deepcopy(first).on_progress is first.on_progress


def test_a_subclass_may_have_attributes_of_its_own() -> None:
    class Own(Pedalboard):
        def __init__(self) -> None:
            super().__init__([Gain(0)])
            self.more = 1

    it = Own()
    it.other = 2
    assert (it.more, it.other, it.tail) == (1, 2, "cut")


def test_a_board_without_an_instrument_does_not_play(tmp_path: Path) -> None:
    for it in (Pedalboard(), Pedalboard([Gain()])):
        with pytest.raises(ValueError, match="begins with an instrument"):
            it.play(tmp_path / "tune.mid")


# Files.


def same(one: Any, other: Any) -> bool:
    """Whether two members are built alike."""
    if isinstance(one, pedalboard.PluginContainer):
        return type(one) is type(other) and all(map(same, one, other)) and len(one) == len(other)
    names = [name for name, it in vars(type(one)).items() if isinstance(it, property)]
    return type(one) is type(other) and all(getattr(one, it) == getattr(other, it) for it in names)


def test_a_board_is_saved_and_loaded(tmp_path: Path) -> None:
    first, path = board(), tmp_path / "hall.toml"
    first.save(path)
    other = Pedalboard.load(path)
    assert same(first, other)
    for name in ("tail", "label", "note", "midi"):
        assert getattr(other, name) == getattr(first, name)
    assert other.on_progress is None
    assert other.named["hall"] is other[1][0]
    assert other.to_chain() == first.to_chain()
    np.testing.assert_array_equal(other(noise(2, 900), RATE), first(noise(2, 900), RATE))
    again = tmp_path / "again.toml"
    other.save(again)
    assert again.read_bytes() == path.read_bytes()


def test_a_chain_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    Pedalboard([Gain(1)]).save(path)
    Pedalboard([Gain(2)]).save(path)
    assert Pedalboard.load(path)[0].gain_db == 2
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    Pedalboard([Gain(3)]).save(link)
    assert link.is_symlink()
    assert Pedalboard.load(str(path))[0].gain_db == 3
    assert {it.name for it in tmp_path.iterdir()} == {"mine.toml", "link.toml"}


def test_a_link_that_leads_to_itself_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(link)
    Pedalboard([Gain(3)]).save(link)
    assert Pedalboard.load(link)[0].gain_db == 3


@pytest.mark.parametrize("text", ["[project]\nname = 'a'\n", "no toml", ""])
def test_what_is_no_chain_is_not_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"pyproject\.toml is there and is no chain"):
        Pedalboard([Gain(1)]).save(path)
    assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_board_that_cannot_be_written_down_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    Pedalboard([Gain(1)]).save(path)
    before = path.read_bytes()
    with pytest.raises(ChainError):
        Pedalboard([StyleTransfer(style=(noise(2, RATE), RATE))]).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_controller_of_an_effect_that_is_gone_is_not_saved(tmp_path: Path) -> None:
    it = board()
    del it[1]
    with pytest.raises(ChainError, match=r"^.*mine\.toml: MIDI controller 74: .* no effect 'hall'"):
        it.save(tmp_path / "mine.toml")
    assert not os.listdir(tmp_path)
    it.midi = {}
    it.save(tmp_path / "mine.toml")
    assert len(Pedalboard.load(tmp_path / "mine.toml")) == 1


def test_more_than_a_file_may_have_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ChainError, match="64"):
        Pedalboard([Gain(1) for _ in range(65)]).save(tmp_path / "many.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_or_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    for name in ("folder.toml", "pipe.toml"):
        with pytest.raises(ValueError, match="is there and is no chain"):
            Pedalboard([Gain(1)]).save(tmp_path / name)


def test_a_chain_is_loaded_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTYLE_DATA_DIR", str(tmp_path))
    (tmp_path / "chains").mkdir()
    board().save(tmp_path / "chains" / "my-hall.toml")
    for plugins in ([], [tmp_path], str(tmp_path)):
        it = Pedalboard.load("My Hall", plugins=plugins)
        assert it.label == "Hall"
        assert it.named["hall"].room_size == pytest.approx(0.7)


def test_a_chains_file_ends_in_toml_and_its_folder_is_there(tmp_path: Path) -> None:
    for name in ("mine.txt", "mine", ".toml"):
        with pytest.raises(ValueError, match=r"end it in \.toml"):
            Pedalboard().save(tmp_path / name)
    with pytest.raises(FileNotFoundError, match=r"no folder .*missing: make it first"):
        Pedalboard().save(tmp_path / "missing" / "mine.toml")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    for source in ("no-such-chain", tmp_path / "no.toml"):
        with pytest.raises(ChainError, match=r"There is no "):
            Pedalboard.load(source)


members = st.recursive(
    st.one_of(
        st.floats(-60, 20, width=32).map(lambda it: lambda: Gain(it)),
        st.floats(20, 20_000, width=32).map(lambda it: lambda: HighpassFilter(it)),
        st.floats(0, 1, width=32).map(lambda it: lambda: Reverb(it)),
    ),
    lambda inside: st.tuples(st.sampled_from([Chain, Mix]), st.lists(inside, max_size=3)).map(
        lambda it: lambda: it[0]([make() for make in it[1]])
    ),
    max_leaves=6,
)


@given(st.lists(members, min_size=1, max_size=4), st.sampled_from(["cut", "keep"]), st.text())
@settings(deadline=None, max_examples=50)
def test_what_is_saved_is_what_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, makes: Any, tail: str, label: str
) -> None:
    path = tmp_path_factory.mktemp("chains") / "it.toml"
    first = Pedalboard([make() for make in makes], tail=tail)
    first.label = "".join(label.split())[:20]
    try:
        first.save(path)
    except ChainError:
        assert not path.exists()
        return
    other = Pedalboard.load(path)
    assert same(first, other)
    assert (other.tail, other.label) == (tail, first.label)
