"""Files of one's own weights of the latent: written whole, read as if by an enemy, and asked.

The torch networks are those of `networks` and `timbre_networks`; torch is loaded when a file is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from effects.latent.bands import FLOOR_DB, Bands
from effects.latent.codec import SCORE, Codec, Half, Spectra, Z
from effects.latent.roll import Roll
from effects.learned import array_file
from effects.learned.weights import find_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

KIND = "restyle latent weights"
VERSION = 1
MOST_BYTES = 64 << 20  # they take 10 MB
#: Windows that a network is asked about at once: the timbre's decoder takes 6 MB for each.
AT_ONCE = 16
HASH_DIGITS = 16  # of the SHA-256, in hexadecimal
PARTS = ("score_encoder", "score_decoder", "timbre_encoder", "timbre_decoder")
Numbers = NDArray[np.float32]


class Trained(Codec):
    """The networks of a file of weights.

    Attributes:
        about: what the file says of itself: how many pieces, seed, figures...
    """

    def __init__(
        self, networks: Mapping[str, nn.Module], weights_hash: str, about: Mapping[str, Any]
    ) -> None:
        super().__init__(weights_hash)
        ready = {name: it.eval().requires_grad_(False) for name, it in networks.items()}
        object.__setattr__(self, "_networks", ready)  # a codec is frozen
        object.__setattr__(self, "about", about)

    about: Mapping[str, Any]
    _networks: Mapping[str, nn.Module]

    def encode_score(self, roll: Roll) -> Half:
        """See `Codec.encode_score`."""
        encoder = self._networks["score_encoder"]
        return _asked(lambda it: encoder(it)[0], roll)

    def encode_timbre(self, levels: Bands, roll: Roll) -> Half:
        """See `Codec.encode_timbre`."""
        encoder = self._networks["timbre_encoder"]
        return _asked(lambda a, b: encoder(a, b)[0], levels / np.float32(FLOOR_DB) + 1, roll)

    def score(self, z: Z) -> Roll:
        """See `Codec.score`."""
        return _asked(self._networks["score_decoder"], z[:, :SCORE])

    def spectrum(self, z: Z, roll: Roll) -> Spectra:
        """See `Codec.spectrum`."""
        found = _asked(self._networks["timbre_decoder"], z[:, SCORE:], roll)
        return np.asarray((np.clip(found, 0, 1) - 1) * np.float32(FLOOR_DB))


def _asked(network: Callable[..., Tensor], *inputs: Numbers) -> Numbers:
    """What a network says, `AT_ONCE` windows at a time."""
    import torch

    from effects.running.devices import one_thread

    found = []
    with one_thread(), torch.inference_mode():
        for start in range(0, len(inputs[0]), AT_ONCE):
            parts = (np.array(it[start : start + AT_ONCE], np.float32) for it in inputs)
            found.append(network(*(torch.from_numpy(it) for it in parts)).numpy())
    return np.concatenate(found)


def save(path: Path, networks: Mapping[str, nn.Module], about: Mapping[str, Any]) -> str:
    """Write the networks, one for each of `PARTS`, whole or not at all; returns their hash.

    Raises:
        OSError: it cannot be written.
    """
    from effects.learned.training_state import arrays_of

    state = arrays_of({name: networks[name].state_dict() for name in PARTS})
    digits = hash_of(state)
    array_file.save(path, state, {**about, "kind": KIND, "version": VERSION, "hash": digits})
    return digits


def load(path: str | os.PathLike[str]) -> Trained:
    """The networks of a file.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: it cannot be opened.
        ValueError: it holds no such weights, or is damaged.
    """
    name = find_weights(path)
    try:
        state, about = array_file.load(Path(name), MOST_BYTES)
        if (about.get("kind"), about.get("version")) != (KIND, VERSION):
            raise ValueError("holds no weights of a latent, or another version's")
        digits = hash_of(state)
        if about.get("hash") != digits:
            raise ValueError("has other weights than it says")
        return Trained(_filled(state), digits, about)
    except ValueError as error:
        remedy = "name a file that restyle latent train has written"
        raise ValueError(f"{name!r} {error}: {remedy}.") from error


def hash_of(state: Mapping[str, NDArray[Any]]) -> str:
    """Of names, shapes and numbers of all weights."""
    whole = hashlib.sha256()
    for name, array in sorted(state.items()):
        whole.update(f"{name} {array.dtype.str} {array.shape}".encode())
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()[:HASH_DIGITS]


def new_networks() -> dict[str, nn.Module]:
    """Networks that have learnt nothing, by `PARTS`; torch's generator draws their weights."""
    from effects.latent.networks import ScoreDecoder, ScoreEncoder
    from effects.latent.timbre_networks import TimbreDecoder, TimbreEncoder

    makers = (ScoreEncoder, ScoreDecoder, TimbreEncoder, TimbreDecoder)
    return {name: make() for name, make in zip(PARTS, makers, strict=True)}


def _filled(state: Mapping[str, NDArray[Any]]) -> dict[str, nn.Module]:
    from effects.learned.training_state import fill

    found = new_networks()
    parts: dict[str, dict[str, NDArray[Any]]] = {part: {} for part in PARTS}
    for name, array in state.items():
        part, _, key = name.partition("/")
        if part not in parts:
            raise ValueError("has other weights than the networks of a latent")
        parts[part][key] = array
    for part, network in found.items():
        fill(network, parts[part], "the networks of a latent")
    return found
