"""Latents as files: what is saved comes back, and what is no latent is refused in one line."""

import dataclasses
import io
import json
import zipfile

import numpy as np
import pytest
from support.codecs import FakeCodec

from effects.latent.latent import Latent
from effects.learned import array_file

LATENT = Latent(
    name="a tune",
    seconds=9.5,
    z=np.random.default_rng(1).normal(size=(3, 120)).astype(np.float32),
    strokes=np.array([4, 0, 7]),
    levels_db=np.array([-20.0, -120.0, -18.5]),
    weights_hash="0123456789abcdef",
)


def same(a, b):
    for it in dataclasses.fields(a):
        np.testing.assert_array_equal(getattr(a, it.name), getattr(b, it.name))


def test_what_is_saved_comes_back(tmp_path):
    LATENT.save(tmp_path / "it.npz")
    same(Latent.load(tmp_path / "it.npz"), LATENT)
    assert [it.name for it in tmp_path.iterdir()] == ["it.npz"]


def test_a_latent_belongs_to_its_weights():
    LATENT.check(FakeCodec("0123456789abcdef"))
    with pytest.raises(
        ValueError, match=r"a tune was made with the weights 0123456789abcdef, not with f{16}:"
    ):
        LATENT.check(FakeCodec("f" * 16))


@pytest.fixture
def file(tmp_path):
    LATENT.save(tmp_path / "it.npz")
    return tmp_path / "it.npz"


def test_a_file_that_is_cut_or_changed_anywhere_is_refused(file):
    whole = file.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"The latent '.*it\.npz' is damaged"):
            Latent.load(file)
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        first = whole.index(packed.read("z.npy")[200:232])
    file.write_bytes(whole[:first] + bytes(4) + whole[first + 4 :])
    with pytest.raises(ValueError, match="is damaged"):
        Latent.load(file)


def changed(**arrays):
    return lambda found, about: (found | arrays, about)


def told(**more):
    return lambda found, about: (found, about | more)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed(z=np.full((3, 120), np.nan, np.float32)), "z must not hold NaN"),
        (changed(levels_db=np.full(3, -np.inf)), "levels_db must not hold NaN or infinity"),
        (changed(z=LATENT.z[:2]), r"its z has the shape \(3, 120\), not \(2, 120\)"),
        (changed(z=LATENT.z.astype(np.float64)), "numbers are of other types"),
        (changed(strokes=np.array([1, -2, 3])), "strokes must not be negative"),
        (changed(more=np.zeros(3)), "lacks arrays, or has others"),
        (lambda found, about: ({"z": found["z"]}, about), "lacks arrays, or has others"),
        (told(kind="restyle mashup weights"), "another kind of file"),
        (told(version=2), "written by another version"),
        (told(seconds=float("nan")), "length must be more than 0"),
        (told(seconds=True), "nothing of its length"),
        (told(seconds="9.5"), "nothing of its length"),
        (told(weights="other"), "its weights have no hash"),
        (told(weights=5), "nothing of its name or weights"),
        (told(name=None), "nothing of its name or weights"),
    ],
)
def test_what_is_no_latent_is_refused(file, change, message):
    array_file.save(file, *change(*array_file.load(file, 1 << 20)))
    with pytest.raises(ValueError, match=rf"it\.npz' is no latent that can be used: .*{message}"):
        Latent.load(file)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no latent at"):
        Latent.load(tmp_path / "none.npz")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        Latent.load(tmp_path)
    (tmp_path / "it.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match="is damaged, or no file of this kind"):
        Latent.load(tmp_path / "it.wav")
    np.savez(tmp_path / "it.npz", z=np.array([{}], dtype=object), about=json.dumps({}))
    with pytest.raises(ValueError, match="is damaged, or no file of this kind"):
        Latent.load(tmp_path / "it.npz")


def test_a_latent_whose_parts_do_not_belong_together_cannot_be_made():
    with pytest.raises(ValueError, match="has 5 windows of 4 s"):
        dataclasses.replace(LATENT, seconds=17.0)
