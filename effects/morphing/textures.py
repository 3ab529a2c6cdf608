"""Pieces without a score: textures (rain, a crowd, noise), and silence.

A texture has no notes that could be moved, only statistics of its spectrum. So the way from A to B
leads over a sound that has the course of one and the statistics of the other: one piece restyled by
the other with the closed form (`effects.engines.gram.infinite`). Up to the middle it is A and this
sound, with magnitudes mixed in dB, and from there this sound and B. The piece that has notes or
strokes is the one that is restyled, since its course is what one would miss; of two textures, A.

Where one of the two is over, or is silent throughout, the other fades as its share does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from effects.morphing.at import At
from effects.morphing.given import EQUAL_LUFS, Given
from effects.morphing.hybrid import hybrid
from effects.morphing.piece import SILENCE, TEXTURE, Piece
from effects.running.progress import Progress
from effects.signal.arrays import Audio, Values
from effects.signal.envelope import STRETCH
from effects.signal.loudness import match_loudness
from effects.style_transfer import StyleTransfer

#: One that is over gives way within this time, in seconds. Not searched.
FADE_SECONDS = 0.05
#: Which fraction of the work is restyling. Not measured closely.
RESTYLED = 0.95


def without_score(a: Piece, b: Piece) -> bool:
    """Whether one of the two has neither notes nor strokes."""
    return any(it.kind in (SILENCE, TEXTURE) for it in (a, b))


def why(a: Piece, b: Piece) -> str:
    """What is done then, in a sentence."""
    silent = [name for name, it in (("A", a), ("B", b)) if it.kind == SILENCE]
    if len(silent) == 2:
        return "Both are silent, and so is what is between them."
    if silent:
        return f"{silent[0]} is silent, so the other fades by its share."
    content, style = ("A", "B") if _restyled(a, b) is a else ("B", "A")
    return (
        f"{style} is a texture, without notes or strokes that could be moved, so the way leads "
        f"over {content} restyled by {style}."
    )


def _restyled(a: Piece, b: Piece) -> Piece:
    """The piece whose course the middle has."""
    return b if a.kind == TEXTURE and b.kind != TEXTURE else a


def blended(a: Given, b: Given, at: At, samples: int, progress: Progress) -> Audio:
    """The sound between the two, ``[channels, samples]``: at `EQUAL_LUFS`, unless one is silent.

    Args:
        a: a piece.
        b: the other.
        at: how far from A to B.
        samples: of the result.
        progress: of this work; restyling takes nearly all of it.
    """
    rate = a.piece.sample_rate
    sounds = [it.sound[:, :samples] for it in (a, b)]
    faded = _faded(sounds, at, rate, samples)
    if SILENCE in (a.piece.kind, b.piece.kind):
        return faded
    content = int(_restyled(a.piece, b.piece) is b.piece)
    between = _restyled_by(sounds[content], sounds[1 - content], rate, progress)
    both = min(it.shape[1] for it in sounds)
    progress.tick(RESTYLED, "mixing")
    first, middle, last = (it[:, :both] for it in (sounds[0], between, sounds[1]))
    before = hybrid(first, middle, rate, _half(at, 0.0), None)
    return _continued(hybrid(before, last, rate, _half(at, 0.5), None), faded, rate)


def _restyled_by(content: Audio, style: Audio, rate: float, progress: Progress) -> Audio:
    """One sound with the statistics of another, at `EQUAL_LUFS`."""
    # The closed form draws nothing, and on the processor it gives the same bits everywhere.
    transfer = StyleTransfer(style=(style, rate), engine="infinite", device="cpu").transfer
    between = transfer.render(content, rate, progress.nested(0, RESTYLED, "restyling")).audio
    match_loudness(between, rate, EQUAL_LUFS, ceiling=math.inf)
    return between


def _half(at: At, start: float) -> Callable[[Values], Values]:
    """From ``start``, 0, to 1/2 later, 1: X as a share of half the way."""
    return lambda seconds: np.clip(2 * (at(seconds) - start), 0, 1)


def _faded(sounds: Sequence[Audio], at: At, rate: float, samples: int) -> Audio:
    """Both at their shares of the amplitude."""
    out = np.zeros((len(sounds[0]), samples), np.float32)
    for start in range(0, samples, STRETCH):
        stop = min(start + STRETCH, samples)
        share = at(np.arange(start, stop) / rate)
        for sound, gain in zip(sounds, (1 - share, share), strict=True):
            part = sound[:, start:stop]
            out[:, start : start + part.shape[1]] += np.float32(gain[: part.shape[1]]) * part
    return out


def _continued(sound: Audio, rest: Audio, rate: float) -> Audio:
    """``sound``, and from where it ends on, ``rest``, which is overwritten."""
    stop = sound.shape[1]
    fade = min(round(FADE_SECONDS * rate), stop) if stop < rest.shape[1] else 0
    gain = np.linspace(0, 1, fade, dtype=np.float32)
    rest[:, stop - fade : stop] *= gain
    rest[:, stop - fade : stop] += (1 - gain) * sound[:, stop - fade :]
    rest[:, : stop - fade] = sound[:, : stop - fade]
    return rest
