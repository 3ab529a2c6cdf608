"""The networks that come with Restyle, in ONNX. ``benchmarks.training.latent`` has trained them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from effects.latent.bands import FLOOR_DB, Bands
from effects.latent.codec import SCORE, TOGETHER, Codec, Half, Spectra, Z
from effects.latent.roll import Roll
from effects.learned.onnx_session import session

FOLDER = Path(__file__).with_name("weights")
NETWORKS = ("score_encoder", "score_decoder", "timbre_encoder", "timbre_decoder")


class Shipped(Codec):
    """See the module."""

    def __init__(self) -> None:
        super().__init__(_hash())

    def encode_score(self, roll: Roll) -> Half:
        """See `Codec.encode_score`."""
        return _run("score_encoder", roll=roll)

    def encode_timbre(self, levels: Bands, roll: Roll) -> Half:
        """See `Codec.encode_timbre`."""
        return _run("timbre_encoder", bands=levels / np.float32(FLOOR_DB) + 1, roll=roll)

    def score(self, z: Z) -> Roll:
        """See `Codec.score`."""
        return _run("score_decoder", z=z[:, :SCORE])

    def spectrum(self, z: Z, roll: Roll) -> Spectra:
        """See `Codec.spectrum`."""
        found = _run("timbre_decoder", z=z[:, SCORE:], roll=roll)
        return np.asarray((np.clip(found, 0, 1) - 1) * np.float32(FLOOR_DB))


def _run(name: str, **arrays: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a network makes of some windows, a few at a time."""
    network = session(FOLDER / f"{name}.onnx")
    count = len(next(iter(arrays.values())))
    found = []
    for start in range(0, count, TOGETHER):
        some = {it: np.asarray(a[start : start + TOGETHER], np.float32) for it, a in arrays.items()}
        found += network.run(None, some)
    return np.concatenate(found)


@cache
def _hash() -> str:
    found = hashlib.sha256()
    for name in NETWORKS:
        found.update((FOLDER / f"{name}.onnx").read_bytes())
    return found.hexdigest()[:16]
