"""What the sampler reports of a call: what it heard, and that all of it is accounted for."""

import numpy as np
import pytest
from support.samplers import REED, SAW, tune

from effects import StyleTransfer

RATE = 22_050
SCALE = [(0.1 + 0.45 * n, 0.4, pitch) for n, pitch in enumerate((57, 60, 64, 67, 62, 55, 69))]
REEDS = (tune(SCALE, 3.5, RATE, REED), RATE)
TUNE = tune([(0.4, 0.35, 60), (0.9, 0.35, 64), (1.4, 0.6, 59)], 2.5, RATE, SAW)


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_a_clean_tune_is_heard_counted_and_played_as_far_as_the_strength_goes(strength):
    effect = StyleTransfer(style=REEDS, strength=strength)
    effect(TUNE, RATE)
    report = effect.report
    assert (report.engine, report.heard, report.notes) == ("sampler", "notes", 3)
    assert report.played == pytest.approx(strength, abs=0.1 * strength)
    assert report.played + report.kept + report.blended == pytest.approx(1)
    assert report.advice is None


def test_the_stretches_cover_the_whole_sound_in_its_order():
    effect = StyleTransfer(style=REEDS)
    effect(TUNE, RATE)
    ends = [0.0, *(it.end for it in effect.report.stretches)]
    assert [it.start for it in effect.report.stretches] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(TUNE.size / RATE)
    assert np.all(np.diff(ends) > 0)
