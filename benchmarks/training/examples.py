"""Examples to learn from: the features of some keys of a clip, and the answers wanted."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.training.recording import Table
from effects.notes import features
from effects.notes.basic_pitch import FRAMES_PER_SECOND, LOWEST, Activations, Frames, Keys
from effects.notes.features import Evidence, Spectra

# Not searched.
CROP, AT_MOST = 400, 34  # frames and keys of a clip in an example
HEARD_DB = 34  # a note so far below its loudest counts as silent, even while its key is down


@dataclass(frozen=True)
class Example:
    """Some seconds of some keys of a clip.

    Attributes:
        keys: which keys, 0 is `LOWEST`.
        features: of the keys, (keys, features, frames).
        note: whether a note of the key sounds, 0 or 1, (keys, frames).
        onset: exp(-d²) if a note begins d frames away, up to 2.6; otherwise 0, (keys, frames).
        onset_shift: how many frames later than this one that is; NaN if no onset is near.
    """

    keys: Keys
    features: Frames
    note: Frames
    onset: Frames
    onset_shift: Frames

    @classmethod
    def drawn(cls, clip: Mapping[str, NDArray], draw: random.Random) -> Example:
        """An example from a clip of `clips.keep`: all keys that are played, and some others."""
        arrays = {name: it.astype(np.float32) for name, it in clip.items() if name != "score"}
        found = Activations(arrays["note"], arrays["onset"], arrays["contour"])
        evidence = Evidence.of(found, Spectra(arrays["fine"], arrays["quick"]))
        played = {round(key) - LOWEST for key in clip["score"][:, 2]}
        keys = features.candidate_keys(found).tolist()
        ghosts = [it for it in keys if it not in played]
        draw.shuffle(ghosts)
        room = max(AT_MOST - (len(keys) - len(ghosts)), 4)
        chosen = np.array(sorted({*keys} & played | {*ghosts[:room]}), np.intp)
        first = draw.randrange(max(len(found.note) - CROP, 0) + 1)
        crop = slice(first, first + CROP)
        wanted = targets(clip["score"], chosen, arrays["quick"])
        return cls(chosen, evidence.of_keys(chosen, crop), *(it[:, crop] for it in wanted))


def targets(notes: Table, keys: Keys, quick: Frames) -> tuple[Frames, Frames, Frames]:
    """`Example.note`, `Example.onset` and `Example.onset_shift` of a whole clip."""
    frames = np.arange(len(quick))
    note, onset = np.zeros((2, len(keys), len(quick)), np.float32)
    shift = np.full_like(note, np.nan)
    rows = {key: row for row, key in enumerate(keys.tolist())}
    for start, end, key, _ in notes * (FRAMES_PER_SECOND, FRAMES_PER_SECOND, 1, 1):
        row = rows.get(round(key) - LOWEST)
        if row is not None:
            stop = min(end, heard_until(round(start), round(end), round(key), quick))
            note[row, (frames >= start - 0.5) & (frames < stop - 0.5)] = 1
            off = start - frames
            near = np.abs(off) <= 2.6
            onset[row, near] = np.maximum(onset[row, near], np.exp(-(off[near] ** 2)))
            shift[row, np.abs(off) <= 3.5] = off[np.abs(off) <= 3.5]
    return note, onset, shift


def heard_until(start: int, end: int, key: int, quick: Frames) -> int:
    """When the first four partials of a note have faded, or ``end`` if that is sooner; frames."""
    places = (key - LOWEST + features.BELOW) * features.STEPS_PER_KEY + np.array((0, 24, 38, 48))
    level = quick[start:end, places[places < quick.shape[1]]].max(axis=1, initial=-200)
    if level.size < 8:
        return end
    faded = np.flatnonzero(level[6:] < max(level[:12].max() - HEARD_DB, -75))
    return start + 6 + int(faded[0]) if faded.size else end
