"""What is made of a stem goes no further between its samples than full scale, if the stem did not.

The engine here answers with a sine whose samples lie 3 dB below its peaks.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.signal import resample_poly
from support.midi import control, program, writer
from support.sounds import lufs, melody

from effects import StyleTransfer, automate
from effects.engines.engine import Engine, Restyled
from effects.engines.report import Report

RATE = 44_100
SECONDS = 3


@dataclass(frozen=True, kw_only=True)
class Between(Engine):
    name = "between"

    def restyle(self, audio, sample_rate, style, *, strength, device, progress):
        sound = np.sin(np.pi * (np.arange(audio.shape[1]) / 2 + 0.25)) * envelope(audio.shape[1])
        report = Report.uniform(self.name, SECONDS, blended=1.0)
        return Restyled(np.tile(np.float32(sound), (len(audio), 1)), [], report)


def envelope(samples):
    """Mostly soft, so that there is room to become as loud as the stem."""
    return np.where(np.arange(samples) % 8820 < 1000, 1.0, 0.5)


def true_peak(audio):
    return max(np.abs(resample_poly(it, 4, 1)).max() for it in np.float64(audio))


@pytest.fixture(scope="module")
def stem():
    """Dense and loud: its true peak is just below full scale."""
    sound = np.tanh(8 * melody(SECONDS, RATE, partials=3))
    return np.float32(sound * 0.999 / true_peak(sound))


@pytest.mark.parametrize("options", [{}, {"mix": 0.6}, {"strength": 0.5, "mix": 0.9}])
def test_a_transfer_stays_below_0_dbtp(stem, options):
    restyled = StyleTransfer((stem, RATE), engine=Between(), **options)(stem, RATE)
    assert np.abs(restyled).max() < 1
    assert true_peak(restyled) <= 1.0
    assert lufs(restyled, RATE) == pytest.approx(lufs(stem, RATE), abs=1)


def test_a_stem_that_goes_further_may_be_answered_as_far(stem):
    loud = stem * np.float32(1.3)
    restyled = StyleTransfer((stem, RATE), engine=Between())(loud, RATE)
    assert 1 < true_peak(restyled) <= true_peak(loud)


def test_an_automation_stays_below_0_dbtp(stem, tmp_path):
    mixes = [(0.3 * n, control(91, 127 * (n % 2))) for n in range(1, 10)]
    ride = writer(tmp_path)((0, program(73)), *mixes, (2.8, control(7, 120)))
    restyled = automate(stem, RATE, ride, preset="violin", threads=1, engine=Between())
    assert true_peak(restyled) <= 1.0
