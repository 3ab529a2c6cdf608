"""From a folder of mashups to weights that a mashup takes."""

import numpy as np
import pytest
from support.own_mashups import RATE, score, write_mashup

from effects.mashing.mash import mash
from effects.mashing.options import Options
from effects.mashing.own.train import train
from effects.mashing.source import Source
from effects.running.progress import Cancelled, Progress


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mashups")
    for index in (1, 2):
        write_mashup(folder, index, beats=12, skipped_beats=(0, 4))
    return folder


def stopping_while(stage):
    """Progress that ends the work at the first word of a stage."""
    progress = Progress()

    def tick(fraction, found):
        if stage in found:
            raise Cancelled

    progress.tick = tick
    return progress


def test_a_stopped_training_goes_on_and_gives_weights_that_a_mashup_takes(folder, tmp_path):
    wish = {"network": "lstm", "seconds": 5, "epochs": 1, "device": "cpu"}
    out = tmp_path / "own.npz"

    with pytest.raises(Cancelled):
        train(folder, out=out, progress=stopping_while("measuring"), **wish)
    assert not out.exists()
    report = train(folder, out=out, **wish)

    assert not report.skipped
    assert all(it["explained"] > 0.9 for it in report.as_json()["mashups"])
    songs = [Source(str(it), score(it).played(100, 0, (0, 8))[None], RATE) for it in (1, 2)]
    found = mash(songs, Options(weights=out))
    assert np.isfinite(found.audio).all()
    assert found.audio.shape == songs[1].audio.shape
