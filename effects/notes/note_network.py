"""Which keys sound and which are struck: a second opinion, by what `features` has of each key.

A small network goes over every key's features in time: one layer across the features, then
convolutions over five frames, ever further apart, each of which adds to what it was given. It
sees 1.4 s to either side. Twice between them a key hears of the keys whose partials coincide with
its; and a mean over all that sounds tells what the clip's notes are like, for an instrument whose
third partial is strong is one in every note. ``benchmarks/training/train_notes.py`` trained it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from effects.notes.basic_pitch import N_KEYS, Frames
from effects.notes.features import SOUNDING, STRUCK

WEIGHTS = Path(__file__).with_name("note_network.npz")
DILATIONS = (1, 2, 4, 8, 16, 1, 2, 4, 8, 16)
WIDTH = 5  # frames of a convolution
TELLS = (2, 4)  # the convolutions after which keys hear of each other
#: The intervals between keys of which some partials coincide, and between neighbours.
AKIN = (-36, -34, -31, -28, -24, -19, -12, -2, -1, 0, 1, 2, 12, 19, 24, 28, 31, 34, 36)
REACH = sum(DILATIONS) * (WIDTH // 2)  # frames to either side

Keys = NDArray[np.intp]


@dataclass(frozen=True)
class Verdict:
    """About some keys, (keys, frames) each.

    Attributes:
        sounding: how surely there is a note, 0 to 1.
        struck: how surely one begins here, 0 to 1.
        late: if one begins, how many frames later than here.
    """

    sounding: Frames
    struck: Frames
    late: Frames


def judge(features: Frames, keys: Keys) -> Verdict:
    """What to make of the features of ``keys``, (keys, features, frames)."""
    weights = _weights()
    hidden = np.maximum(weights["in"] @ features + weights["in_bias"][:, None], 0)
    scale, shift = np.split(_context(features, hidden), 2)
    hidden = hidden * (1 + scale[:, None]) + shift[:, None]
    for number, dilation in enumerate(DILATIONS):
        hidden += _over_time(hidden, number, dilation)
        if number in TELLS:
            hidden += _of_akin(hidden, keys, number)
    out = weights["out"] @ hidden + weights["out_bias"][:, None]
    return Verdict(_sigmoid(out[:, 0]), _sigmoid(out[:, 1]), out[:, 2])


def _context(features: Frames, hidden: Frames) -> Frames:
    """What the clip's notes are like on the whole, as a scale and a shift for `hidden`."""
    weights = _weights()
    means = []
    for feature in (SOUNDING.index(0), len(SOUNDING) + STRUCK.index(0)):
        sure = features[:, feature] ** 2
        total = np.matmul(hidden, sure[:, :, None])[:, :, 0].sum(axis=0)
        means.append(total / (sure.sum() + 1))
    context: Frames = weights["context"] @ np.concatenate(means) + weights["context_bias"]
    return context


def _over_time(hidden: Frames, number: int, dilation: int) -> Frames:
    weights, n_frames = _weights(), hidden.shape[2]
    side = WIDTH // 2 * dilation
    padded = np.pad(hidden, ((0, 0), (0, 0), (side, side)))
    out = np.zeros_like(hidden)
    for tap in range(WIDTH):
        first = tap * dilation
        out += weights[f"kernel{number}"][:, :, tap] @ padded[:, :, first : first + n_frames]
    return np.asarray(np.maximum(out + weights[f"bias{number}"][:, None], 0), np.float32)


def _of_akin(hidden: Frames, keys: Keys, number: int) -> Frames:
    """What each key hears of those whose partials coincide with its."""
    weights, side = _weights(), max(AKIN)
    told = np.maximum(weights[f"tell{number}"] @ hidden + weights[f"tell_bias{number}"][:, None], 0)
    place = np.full(N_KEYS + 2 * side, len(keys))  # of a key among ``keys``; the last is silence
    place[keys + side] = np.arange(len(keys))
    told = np.concatenate([told, np.zeros_like(told[:1])])
    heard = np.zeros_like(hidden)
    listen = np.split(weights[f"listen{number}"], len(AKIN), axis=1)
    for weight, interval in zip(listen, AKIN, strict=True):
        heard += weight @ told[place[keys + side + interval]]
    return heard + weights[f"listen_bias{number}"][:, None]


def _sigmoid(x: Frames) -> Frames:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))), np.float32)


@cache
def _weights() -> dict[str, NDArray[np.float32]]:
    with np.load(WEIGHTS, allow_pickle=False) as file:
        return {name: file[name].astype(np.float32) for name in file.files}
