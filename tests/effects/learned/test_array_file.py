"""Files of arrays: what is damaged or hostile is refused, and none is left half written."""

import json
import zipfile

import numpy as np
import pytest

from effects.learned import array_file


def test_a_file_cannot_say_that_it_is_larger_than_it_is(tmp_path):
    header = b"\x93NUMPY\x01\x00v\x00"
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999,), }"
    with zipfile.ZipFile(tmp_path / "it.npz", "w") as packed:
        packed.writestr("x.npy", header + text.ljust(117) + b"\n")
        packed.writestr("about.npy", json.dumps({}))

    with pytest.raises(ValueError, match="damaged"):
        array_file.load(tmp_path / "it.npz", 1 << 20)


def test_objects_are_not_unpickled(tmp_path):
    np.savez(tmp_path / "it.npz", about=np.array([{}], dtype=object))

    with pytest.raises(ValueError, match="damaged"):
        array_file.load(tmp_path / "it.npz", 1 << 20)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    array_file.save(tmp_path / "it.npz", {"x": np.ones(3)}, {})

    with pytest.raises(TypeError):
        array_file.save(tmp_path / "it.npz", {"x": np.zeros(3)}, {"x": object()})

    assert array_file.load(tmp_path / "it.npz", 1 << 20)[0]["x"].all()
    assert [it.name for it in tmp_path.iterdir()] == ["it.npz"]
