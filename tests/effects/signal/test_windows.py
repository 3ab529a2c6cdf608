"""Windows over a clip, cut out of it stretch by stretch."""

import numpy as np
import pytest

from effects.signal.arrays import energy
from effects.signal.windows import hann, single_hann, windows_between


@pytest.mark.parametrize(("size", "hop"), [(8, 3), (9, 4), (6, 11)])
def test_windows_are_those_of_the_padded_clip(size, hop):
    clip = np.random.default_rng(0).uniform(-1, 1, 50).astype(np.float32)
    padded = np.pad(clip, 100)
    for start, stop in ((0, 1), (0, 9), (3, 5)):
        firsts = [100 + it * hop - size // 2 for it in range(start, stop)]
        wanted = np.stack([padded[it : it + size] for it in firsts])
        found = windows_between(clip, start, stop, size, hop)
        np.testing.assert_array_equal(found, wanted)


def test_the_bell_is_that_of_numpy_and_no_caller_can_change_it():
    np.testing.assert_array_equal(hann(64), np.hanning(64))
    np.testing.assert_array_equal(single_hann(64), np.hanning(64).astype(np.float32))
    for bell in (hann(64), single_hann(64)):
        with pytest.raises(ValueError, match="read-only"):
            bell[0] = 1


def test_the_energy_of_a_long_clip_is_the_sum_of_its_squares():
    clip = np.random.default_rng(0).uniform(-1, 1, 600_000).astype(np.float32)
    assert energy(clip) == pytest.approx(np.square(clip, dtype=np.float64).sum(), rel=1e-12)
    assert energy(clip[:0]) == 0
