"""Long sounds on the disk: what was written comes back, and a full disk costs only memory."""

import gc
import os
import tempfile

import numpy as np
import pytest
from support.disks import small_disk_or_skip
from support.sounds import noise

from effects.running import spool
from effects.running.cores import in_threads, using
from effects.running.spool import gathered
from effects.signal.arrays import Stretches

SOUND = noise(1, 100_000, channels=2)


def stretches(sound: np.ndarray, step: int = 7001) -> list[np.ndarray]:
    return [sound[:, at : at + step] for at in range(0, sound.shape[1], step)]


@pytest.fixture
def any_is_long(monkeypatch):
    monkeypatch.setattr(spool, "LEAST_BYTES", 0)


def test_a_short_sound_is_an_array():
    found = gathered(stretches(SOUND), SOUND.shape)
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, SOUND)


@pytest.mark.usefixtures("any_is_long")
def test_a_long_sound_is_read_from_the_disk():
    found = gathered(stretches(SOUND), SOUND.shape)
    assert isinstance(found, Stretches)
    assert found.shape == SOUND.shape
    np.testing.assert_array_equal(found[:, 5000:5010], SOUND[:, 5000:5010])
    np.testing.assert_array_equal(np.asarray(found), SOUND)


@pytest.mark.usefixtures("any_is_long")
def test_threads_read_it_at_the_same_time():
    found = gathered(stretches(SOUND), SOUND.shape)
    with using(4):
        parts = list(in_threads(lambda at: found[:, at : at + 500], range(0, 100_000, 500)))
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), SOUND)


@pytest.mark.usefixtures("any_is_long")
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs Linux")
def test_its_file_has_no_name_and_goes_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    found = gathered(stretches(SOUND), SOUND.shape)
    assert not list(tmp_path.iterdir())
    assert len(os.listdir("/proc/self/fd")) == before + 1
    del found
    assert len(os.listdir("/proc/self/fd")) == before
    gc.collect()


@pytest.mark.usefixtures("any_is_long")
def test_with_no_folder_for_files_it_is_an_array(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    found = gathered(stretches(SOUND), SOUND.shape)
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, SOUND)


@pytest.mark.usefixtures("any_is_long")
def test_where_the_disk_fills_the_rest_and_what_was_written_are_in_memory(tmp_path, monkeypatch):
    with small_disk_or_skip(tmp_path / "disk", "400k") as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        found = gathered(stretches(SOUND), SOUND.shape)
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, SOUND)


@pytest.mark.usefixtures("any_is_long")
def test_an_error_while_the_sound_is_made_comes_out():
    def parts():
        yield SOUND[:, :10]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gathered(parts(), SOUND.shape)
