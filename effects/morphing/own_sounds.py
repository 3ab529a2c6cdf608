"""What a piece is played with: the sounds of its own notes, and of its own strokes.

They are learnt as those of a style clip are (`effects.engines.sampler.learn`), with three
differences. A piece may have both notes and strokes. Its notes are learnt from the sound without
its drums, so no grain of a note has a snare in it. And chords count as notes: a style clip whose
notes are unclear is a texture, while a piece of music is to be played anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from effects.engines.sampler.doublings import fused
from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.kit import Kit, kit
from effects.engines.sampler.known import digest, knowing
from effects.engines.sampler.listen import listen, one_channel
from effects.engines.sampler.strokes import root_mean_square, strokes
from effects.notes.tuning import in_tune
from effects.running.cache import Arrays, shared_cache
from effects.running.progress import Progress
from effects.signal.arrays import Audio, Sound
from effects.signal.downmix import mixed
from effects.signal.loudness import peak
from effects.style_clip import MIN_PEAK, spans

#: Part of the key: to be raised when the same piece is played with other sounds.
VERSION = 1


def own_instrument(
    stem: str, sound: Sound, loudest: float, sample_rate: float, progress: Progress
) -> Instrument | None:
    """What plays the notes of a piece, from the cache if it is there; None if none is usable.

    Args:
        stem: the digest of the piece.
        sound: the piece without its drums, ``[channels, samples]``.
        loudest: the peak of the whole piece's downmix, which is 1 on the scale of the grains.
        sample_rate: in Hz.
        progress: of this.
    """

    def learnt() -> Instrument | None:
        clip = _excerpts(sound, sample_rate)
        if peak(clip) < MIN_PEAK:
            return None
        with knowing(digest(clip, sample_rate), clip.shape[1] / sample_rate, progress.tick) as it:
            heard = listen(clip, sample_rate, progress, it)
            notes = in_tune(fused(sorted([*heard.notes, *heard.chords])))
        found = Instrument.of(one_channel(clip), sample_rate, notes, progress.tick)
        return found and _scaled(found, peak(mixed(clip)) / loudest)

    arrays = _cached(stem, "instrument", learnt)
    return Instrument.from_arrays(arrays) if arrays else None


def own_kit(stem: str, sound: Sound, loudest: float, sample_rate: float) -> Kit | None:
    """What plays its strokes, likewise; ``sound`` is the piece's drums alone."""

    def learnt() -> Instrument | None:
        clip = _excerpts(sound, sample_rate)
        mono = one_channel(clip)
        found = kit(mono, sample_rate, strokes(mono, sample_rate, root_mean_square))
        return found and _scaled(found, peak(mixed(clip)) / loudest)

    arrays = _cached(stem, "kit", learnt)
    return Kit.from_arrays(arrays) if arrays else None


def _cached(stem: str, what: str, learn: Callable[[], Instrument | None]) -> Arrays:
    """What ``learn`` finds, as arrays, from the cache if it is there; none if there is nothing."""

    def arrays() -> Arrays:
        found = learn()
        return found.arrays() if found else {}

    return shared_cache().get({"piece": stem, "own": what, "version": VERSION}, arrays)


def _excerpts(sound: Sound, sample_rate: float) -> Audio:
    """All of a sound, or as much of a long one as represents a style clip."""
    parts = [sound[:, a:b] for a, b in spans(sound.shape[1], sample_rate)]
    return np.concatenate(parts, axis=1).astype(np.float32, copy=False)


def _scaled(instrument: Instrument, gain: float) -> Instrument:
    """The instrument with louder or softer grains."""
    grains = [
        replace(it, level=it.level * gain, audio=it.audio * np.float32(gain))
        for it in instrument.grains
    ]
    return replace(instrument, grains=grains)
