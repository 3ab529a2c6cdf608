"""From a folder of music to weights: what is learnt from, and what is refused."""

import numpy as np
import pytest
import soundfile as sf
from support.own_mashups import RATE, score

from effects.latent.loading import load_codec
from effects.latent.own import material
from effects.latent.own.folder import Found, pieces_in
from effects.latent.own.material import Piece, listened
from effects.latent.own.train import Wish, apart, train
from effects.notes.note import Note
from effects.running.progress import Cancelled, Progress

NOTES = [Note(it / 2, it / 2 + 0.3, 60.0 + it, 0.1, 1.0) for it in range(12)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    for number in range(3):
        sf.write(folder / f"{number}.wav", 0.3 * score(number).played(100, 0, (0, 14)), RATE)
    (folder / "damaged.wav").write_bytes((folder / "0.wav").read_bytes()[:30])
    (folder / "empty.mp3").touch()
    sf.write(folder / "short.flac", np.ones(RATE) / 2, RATE)
    sf.write(folder / "silent.wav", np.zeros(10 * RATE), RATE)
    return folder


@pytest.fixture
def heard(monkeypatch):
    """Notes that are always heard; and how often that was asked."""
    asked = []

    def transcribe(sound, rate, tick):
        tick(0.5)
        asked.append(len(sound))
        return NOTES

    monkeypatch.setattr(material, "transcribe", transcribe)
    return asked


def listen(folder, work, seconds=60.0, progress=None):
    return listened(pieces_in(folder), seconds, work, progress or Progress(), threads=1)


def test_damaged_files_are_left_out_and_named(folder, heard, tmp_path):
    pieces, skipped = listen(folder, tmp_path)

    assert [it.found.name for it in pieces] == ["0.wav", "1.wav", "2.wav"]
    reasons = {it.name: it.reason for it in skipped}
    assert reasons.keys() == {"damaged.wav", "empty.mp3", "short.flac", "silent.wav"}
    assert "shorter than 8 s" in reasons["short.flac"]
    assert "silent" in reasons["silent.wav"]
    assert not any(name in reason for name, reason in reasons.items())


def test_what_was_heard_is_kept_unless_it_is_damaged(folder, heard, tmp_path):
    first, _ = listen(folder, tmp_path)
    again, _ = listen(folder, tmp_path)
    assert len(heard) == 3

    kept = sorted(tmp_path.iterdir())
    kept[0].write_bytes(kept[0].read_bytes()[:1000])
    third, _ = listen(folder, tmp_path)

    assert len(heard) == 4
    for found in (again, third):
        for one, other in zip(first, found, strict=True):
            for name in ("notes", "levels", "scores"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_only_the_middle_is_heard_if_that_is_wished(folder, heard, tmp_path):
    pieces, _ = listen(folder, tmp_path, seconds=8.0)

    assert {it.seconds for it in pieces} == {8.0}
    assert {len(it.levels) for it in pieces} == {2}


def test_listening_can_be_stopped(folder, heard, tmp_path):
    progress = Progress()
    progress.stop()
    with pytest.raises(Cancelled):
        listen(folder, tmp_path, progress=progress)


def piece(name):
    return Piece(Found(None, name, name), name, 4.0, np.zeros((0, 3)), np.zeros(0), np.zeros(0))


def test_pieces_are_held_out_by_their_names():
    many = [piece(f"{it}.wav") for it in range(40)]

    taught, held = apart(many)

    assert (len(taught), len(held)) == (36, 4)
    assert {id(it) for it in taught + held} == {id(it) for it in many}
    assert {it.found.name for it in apart(many[::-1])[1]} == {it.found.name for it in held}
    assert len(apart(many[:10])[1]) == 1
    assert apart(many[:9]) == (many[:9], [])


@pytest.mark.parametrize(
    "wish",
    [
        {"seconds": 1.0},
        {"minutes": 0.0},
        {"minutes": float("nan")},
        {"steps": 0},
        {"steps": 3, "minutes": 1.0},
        {"seed": -1},
        {"threads": 0},
    ],
)
def test_wishes_that_make_no_sense_are_refused(wish):
    with pytest.raises(ValueError, match=next(iter(wish))):
        Wish(**wish)


def test_too_few_pieces_are_refused_with_the_reasons(folder, heard, tmp_path):
    few = tmp_path / "few"
    few.mkdir()
    for name in ("0.wav", "1.wav", "damaged.wav"):
        (few / name).symlink_to(folder / name)

    with pytest.raises(ValueError, match=r"^Two pieces [^\n]*at least 3 [^\n]*damaged\.wav[^\n]*$"):
        train(few, tmp_path / "own.npz", steps=1)
    assert not (tmp_path / "own.npz").exists()


def test_weights_are_not_written_where_they_cannot_be(folder, tmp_path):
    with pytest.raises(ValueError, match=r"\.npz"):
        train(folder, tmp_path / "own.pt")
    with pytest.raises(FileNotFoundError, match="make it first"):
        train(folder, tmp_path / "none" / "own.npz")


@pytest.mark.slow
def test_a_folder_becomes_weights_and_the_same_after_a_stop(folder, tmp_path):
    out, again = tmp_path / "own.npz", tmp_path / "again.npz"
    stopping = Progress()

    def tick(fraction=None, stage=None):
        if stage and "timbres" in stage:
            raise Cancelled

    stopping.tick = tick
    with pytest.raises(Cancelled):
        train(folder, out, steps=1, progress=stopping)
    assert not out.exists()
    report = train(folder, out, steps=1)
    (tmp_path / "again.work").mkdir()
    (tmp_path / "own.work" / "songs").rename(tmp_path / "again.work" / "songs")
    other = train(folder, again, steps=1)

    assert report.learnt == ("0.wav", "1.wav", "2.wav")
    assert len(report.skipped) == 4
    assert report.weights_hash == other.weights_hash == load_codec(out).weights_hash
    assert "damaged.wav" in report.as_text()
    assert report.as_json()["scores"]["windows"] > 0
