r"""One note's sound, out of a clip in which others sound at the same time.

A note is known by the comb of its partials: around every multiple of its fundamental, a bell as
wide as the window's main lobe. Its share of a bin of the short-time spectrum is a Wiener filter's,

    mask = (own² c_own² + ε share) / (Σ level² c² + ε),      share = own² / Σ level²,

where c are the combs and the levels are those of the notes then: constant while a note lasts,
falling at the clip's release rate after it. ε decides about what is no note's partial, such as
breath and bow: it is shared by level. Where the note is alone, the mask is 1 and the sound is the
clip's own, sample for sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft

from effects.notes.note import Note
from effects.signal.arrays import Mono, Values
from effects.signal.stft import Stft

WINDOW_SECONDS = 0.093
OVERLAP = 8  # windows over each sample
LOBE = 1.6  # standard deviation of a partial's bell, in bins
DETUNED = 0.006  # the same, relative to the partial's frequency: strings are not quite harmonic
EPSILON = 0.002
ALONE = 0.995  # share above which a note is
LEAST = 0.003  # of a note's level: what it falls to in its tail
EARLY_SECONDS = 0.03  # before it begins, a note is in the window already


@dataclass(frozen=True)
class Clip:
    """A clip and its notes.

    Attributes:
        audio: ``[samples]``.
        sample_rate: in Hz.
        notes: what it plays.
        release: how fast a note falls after its end, in dB per second.
    """

    audio: Mono
    sample_rate: float
    notes: Sequence[Note]
    release: float

    @cached_property
    def _stft(self) -> Stft:
        hop = max(round(WINDOW_SECONDS * self.sample_rate / OVERLAP), 8)
        return Stft(hop * OVERLAP, hop)

    @cached_property
    def _combs(self) -> list[Values]:
        return [self._comb(note.pitch) ** 2 for note in self.notes]

    def alone(self, index: int, start: int, stop: int) -> tuple[Mono, float]:
        """Samples ``start`` to ``stop`` of the clip with nothing but one of its notes.

        Returns:
            The sound, and the share of the note's time in which it is alone in the clip anyway.
        """
        note = self.notes[index]
        frames = np.arange(
            start // self._stft.hop - OVERLAP // 2, stop // self._stft.hop + OVERLAP // 2 + 2
        )
        times = frames * self._stft.hop / self.sample_rate
        own = np.maximum(self._level(note, times), LEAST * note.level) ** 2
        others = [
            (number, level)
            for number, it in enumerate(self.notes)
            if number != index
            and it.start < stop / self.sample_rate
            and (level := self._level(it, times) ** 2).any()
        ]
        total = own + sum((level for _, level in others), np.zeros(len(times)))
        share = own / np.maximum(total, 1e-30)
        if not others or share.min() > ALONE:
            return self.audio[start:stop].copy(), 1.0
        numerator = np.outer(own, self._combs[index])
        denominator = numerator + sum(np.outer(level, self._combs[it]) for it, level in others)
        rest = EPSILON * np.maximum(total, 1e-30)[:, None]
        mask = (numerator + rest * share[:, None]) / (denominator + rest)
        mask[share > ALONE] = 1
        during = (times >= note.start) & (times <= note.end)
        clear = float(np.mean(share[during] > ALONE)) if during.any() else 0.0
        return self._filtered(mask.astype(np.float32), int(frames[0]), start, stop), clear

    def _level(self, note: Note, times: Values) -> Values:
        """Of a note at these times: 0 before it, and soon after it."""
        fallen = 10 ** (-self.release * np.maximum(times - note.end, 0) / 20)
        heard = (times > note.start - EARLY_SECONDS) & (fallen > LEAST)
        return note.level * fallen * heard

    def _comb(self, pitch: float) -> Values:
        """1 at a note's partials, falling by the root of their order, and 0 between them."""
        hz = fft.rfftfreq(self._stft.size, 1 / self.sample_rate)
        fundamental = 440 * 2 ** ((pitch - 69) / 12)
        bin_hz = self.sample_rate / self._stft.size
        order = np.maximum(np.round(hz / fundamental), 1)
        width = np.maximum(LOBE * bin_hz, DETUNED * hz)
        width = np.minimum(width, max(0.35 * fundamental, bin_hz))
        bells: Values = np.exp(-0.5 * ((hz - order * fundamental) / width) ** 2) / np.sqrt(order)
        return bells

    def _filtered(self, mask: Mono, first: int, start: int, stop: int) -> Mono:
        """Samples ``start`` to ``stop`` under a mask, which begins at frame ``first``."""
        stft = self._stft
        begin = stft.begin(first)
        inside = slice(start - begin, stop - begin)
        total = stft.synthesise(stft.analyse(self.audio, first, first + len(mask)) * mask)
        sound: Mono = total[inside] / stft.weights(len(mask))[inside]
        return sound
