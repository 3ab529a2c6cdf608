"""One channel of many."""

import numpy as np
from support.players import RATE
from support.sounds import melody

from effects.signal.downmix import downmix, polarity


def test_channels_in_opposite_phase_do_not_cancel():
    audio = melody(0.5, RATE)[0]
    for gains in ([1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, -0.5, 0.25]):
        channels = np.outer(gains, audio).astype(np.float32)
        found = downmix(channels)
        expected = np.mean(np.abs(gains)) * audio
        sign = np.sign(np.vdot(found, expected))
        np.testing.assert_allclose(sign * found, expected, atol=1e-6)
        assert set(polarity(channels)) <= {1.0, -1.0}
