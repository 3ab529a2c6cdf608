"""Networks of a latent that were never trained: fixed linear maps, for tests of what uses them."""

from __future__ import annotations

import numpy as np

from effects.latent.bands import BANDS, FRAMES, Bands
from effects.latent.codec import SCORE, TIMBRE, Codec, Half, Spectra, Z
from effects.latent.roll import N_KEYS, SOUNDING, STRUCK, WINDOW_STEPS, Roll

TIMES, REGISTERS = 8, 12  # of a window, and of a piano: together the numbers of a score
assert TIMES * REGISTERS == SCORE


class FakeCodec(Codec):
    """Each number of the score's latent is how many keys are struck in half a second and a group of
    eight keys; each of the timbre's is the level of one of 24 bands. Zeros are hardly a note. All
    clips sound alike to it.
    """

    def __init__(self, weights_hash: str = "0123456789abcdef") -> None:
        super().__init__(weights_hash)

    def encode_score(self, roll: Roll) -> Half:
        struck = np.pad(roll[..., STRUCK], ((0, 0), (0, 0), (0, REGISTERS * 8 - N_KEYS)))
        grouped = struck.reshape(len(roll), TIMES, -1, REGISTERS, 8).sum(axis=(2, 4))
        return np.asarray(grouped.reshape(len(roll), SCORE), np.float32)

    def encode_timbre(self, levels: Bands, roll: Roll) -> Half:
        return np.zeros((len(roll), TIMBRE), np.float32)

    def score(self, z: Z) -> Roll:
        grouped = z[:, :SCORE].reshape(len(z), TIMES, REGISTERS)
        cells = np.repeat(np.repeat(grouped, WINDOW_STEPS // TIMES, axis=1), 8, axis=2)
        logits = 9 * cells[..., :N_KEYS] - 9
        # Of a group, keys and steps are not equally likely, or ties would decide.
        uneven = np.random.default_rng(19).uniform(-0.5, 0.5, logits.shape[1:])
        found = np.stack([logits, logits], axis=-1)
        found[..., STRUCK] += uneven
        found[..., SOUNDING] += 2
        return np.asarray(found, np.float32)

    def spectrum(self, z: Z, roll: Roll) -> Spectra:
        bright = 6 * np.repeat(z[:, SCORE:], BANDS // TIMBRE, axis=1)[:, None, :]
        played = 3 * roll[..., STRUCK].mean(axis=(1, 2))[:, None, None]
        return np.asarray(np.broadcast_to(bright + played, (len(z), FRAMES, BANDS)), np.float32)
