"""Morphs and tweaks as the tests of the bridge need them: at once, and without any network."""

from __future__ import annotations

import numpy as np

from effects.morphing.at import At
from effects.morphing.middle import Middle
from effects.morphing.morphed import Morphed
from effects.morphing.piece import TEXTURE, Piece
from effects.warping.timeline import Timeline

STILL = (Timeline(()), Timeline(()))  # nobody asks where their moments come


def mean_of(a, b, options, *, progress=None, threads=None):
    """As `effects.morphing.morph.morph`: both at once, as loud as they are far."""
    (_, first, rate), (_, second, _) = a, b
    seconds = options.seconds or max(first.shape[1], second.shape[1]) / rate
    audio = np.zeros((max(len(first), len(second)), round(seconds * rate)), np.float32)
    at = At.of(options.at, seconds)
    x = at(np.arange(audio.shape[1]) / rate).astype(np.float32)
    for sound, share in ((first, 1 - x), (second, x)):
        count = min(sound.shape[1], audio.shape[1])
        audio[:, :count] += sound[:, :count] * share[:count]
    if progress is not None:
        progress.tick(0.5, "morphing")
    heard = (_unheard(a), _unheard(b))
    report = {"why": "The notes are moved.", "method": options.method}
    return Morphed(audio, rate, at, Middle((), ()), *heard, STILL, report)


def _unheard(source):
    return Piece(*source, TEXTURE, (), (), None, None, None)


def scaled(source, changes, *, progress=None, **more):
    """As `effects.tweaking.tweak.tweak`: as loud as the latent was to be scaled."""
    from effects.tweaking.tweaked import Tweaked

    _, audio, rate = source
    if progress is not None:
        progress.tick(0.5, "tweaking")
    z = np.zeros((1, 120), np.float32)
    said = {"why": "Four notes of five stay."}
    return Tweaked(audio * np.float32(changes.scale), rate, (), (), z, z, said)
