"""A tune, drums and both, and networks, for the tests of tweaks."""

import numpy as np
import pytest
from support.codecs import FakeCodec
from support.samplers import BRIGHT, DARK, strokes_of, tune

RATE = 22_050
SECONDS = 8.0
KEYS = [60, 64, 67, 72, 65, 69, 62, 67, 64, 60, 71, 67]
STARTS = [0.25 + 0.6 * n for n in range(12)]
TUNE = tune([(at, 0.5, key) for at, key in zip(STARTS, KEYS, strict=True)], SECONDS, RATE)[None]
BEATS = [(0.1 + 0.25 * n, (DARK, BRIGHT)[n % 2]) for n in range(31)]
LOOP = strokes_of(BEATS, SECONDS, RATE)[None]
MIX = TUNE + 0.65 * np.float32(np.std(TUNE) / np.std(LOOP)) * LOOP


@pytest.fixture(scope="session")
def codec():
    return FakeCodec()


@pytest.fixture(scope="session")
def source():
    """A tune of twelve notes, with its rate."""
    return "a tune", TUNE, RATE


@pytest.fixture(scope="session")
def drums():
    return "drums", LOOP[:, : 4 * RATE], RATE


@pytest.fixture(scope="session")
def mix():
    return "a tune with drums", MIX[:, : 4 * RATE], RATE
