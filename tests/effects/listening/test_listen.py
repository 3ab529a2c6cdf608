"""Listening to songs whose beats are known."""

import numpy as np
import pytest

from effects.listening.listen import listen

RATE = 22050


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(tmp_path))


@pytest.mark.parametrize("samples", [1, 100, 2205, 44100])
def test_silence_has_beats_of_which_nothing_is_sure(samples):
    song = listen(np.zeros((2, samples), np.float32), 44100)
    assert len(song.beats) >= 2
    assert (np.diff(song.beats) > 0).all()
    assert song.certainty < 0.2
    assert song.pitch_set == pytest.approx(np.full(12, 1 / 12))
