"""MASK.npz: what it holds, and that it comes back."""

import io

import numpy as np
import pytest

from effects.mashing.mask import Mask

NAMES = {
    *("mask", "frequencies", "times", "a_seconds", "b_seconds", "a_semitones", "b_semitones"),
    "rests",
}


def some_mask():
    steps = np.random.default_rng(0).integers(0, 256, (5, 7)).astype(np.uint8)
    times = np.arange(7.0)
    return Mask(
        steps, np.arange(5.0), times, np.where(times > 3, times, np.nan), times, -3, 0, np.eye(2)
    )


def test_it_comes_back_from_a_file_as_it_was(tmp_path):
    mask, path = some_mask(), tmp_path / "mask"
    mask.save(path)
    with np.load(path) as found:
        assert set(found) == NAMES
        assert found["mask"].shape == (5, 7)
        assert 0 <= found["mask"].min() <= found["mask"].max() <= 1
        assert found["a_semitones"] == -3
    back = Mask.load(path)
    for name in Mask.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(back, name), getattr(mask, name))
    np.testing.assert_allclose(back.mask, mask.steps / 255, atol=3e-4)


def test_a_stream_will_do():
    stream = io.BytesIO()
    some_mask().save(stream)
    stream.seek(0)
    np.testing.assert_array_equal(Mask.load(stream).steps, some_mask().steps)


def saved(tmp_path, **changed):
    stream = io.BytesIO()
    some_mask().save(stream)
    with np.load(io.BytesIO(stream.getvalue())) as found:
        arrays = {**found, **changed}
    np.savez(tmp_path / "bad.npz", **{k: v for k, v in arrays.items() if v is not None})
    return tmp_path / "bad.npz"


@pytest.mark.parametrize(
    "changed",
    [
        {"mask": None},
        {"mask": np.full((5, 7), 1.5)},
        {"mask": np.full((5, 7), np.nan)},
        {"mask": np.zeros(5)},
        {"times": np.zeros(6)},
        {"rests": np.zeros((1, 3))},
        {"frequencies": np.array(["a"] * 5)},
        {"mask": np.array([[None]])},
    ],
)
def test_files_that_are_no_masks_are_refused(tmp_path, changed):
    with pytest.raises(ValueError, match="is not a mask of a mashup"):
        Mask.load(saved(tmp_path, **changed))


def test_damaged_and_missing_files(tmp_path):
    (tmp_path / "text").write_text("no mask")
    with pytest.raises(ValueError, match="is not a mask of a mashup"):
        Mask.load(tmp_path / "text")
    with pytest.raises(FileNotFoundError):
        Mask.load(tmp_path / "gone")
