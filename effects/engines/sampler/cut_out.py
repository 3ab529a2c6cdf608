r"""One note's sound, out of a clip in which others sound at the same time.

A note is described by a comb c: a bell, as wide as the main lobe of the window, around every
multiple of its fundamental. Its level g is constant while it lasts and falls at the clip's release
rate afterwards. The model of its power in a bin of the short-time spectrum is g² c². Between the
partials there are the sounds of breath, bow and hammer. Their model is noise of the power ε Σ g²,
of which each note has a share by its level,

    share = g² / Σ g².

If all of these are independent, a Wiener filter estimates one note with the least mean square
error. It multiplies each bin by the note's part of the power that is expected there,

    mask = (g² c² + ε Σ g² · share) / (Σ g² c² + ε Σ g²).

The masks of all notes sum to 1. Where a note is alone, its mask is set to 1: what comes out is the
clip itself, sample for sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from effects.notes.note import Note
from effects.signal.arrays import Mono, Values
from effects.signal.lazy import lazy
from effects.signal.stft import Stft
from effects.signal.units import midi_to_hz


@dataclass(frozen=True)
class Settings:
    """The numbers of this module.

    They come from the first design that worked and were not searched, unless a comment says more.
    """

    #: Length of the window in seconds.
    window_seconds: float = 0.093
    #: Windows over each sample.
    overlap: int = 8
    #: Smallest hop in samples.
    least_hop: int = 8
    #: Standard deviation of a partial's bell: this many bins, ...
    lobe_bins: float = 1.6
    #: ... or this share of the partial's frequency if it is more (strings are not harmonic), ...
    detuned: float = 0.006
    #: ... but no more than this share of the fundamental.
    most_width: float = 0.35
    #: ε, the power between partials relative to a note's. It was 0.02 at first; 0.002 leaves less
    #: of other notes in a grain. Sharing more of what is between the partials was worse (LSD 0.58
    #: and 0.60 for 0.57), and so was removing all of it (timbre 0.16 for 0.09): docs/quality.md.
    epsilon: float = 0.002
    #: A note with a higher share than this is alone.
    alone: float = 0.995
    #: Once a note has fallen to this share of its level, -50 dB, it no longer counts beside others.
    #: The note that is being cut out is held at that level.
    least: float = 0.003
    #: A note counts from this many seconds before its start, since windows there reach into it.
    early_seconds: float = 0.03


SETTINGS = Settings()


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

    @lazy
    def _stft(self) -> Stft:
        hop = round(SETTINGS.window_seconds * self.sample_rate / SETTINGS.overlap)
        hop = max(hop, SETTINGS.least_hop)
        return Stft(hop * SETTINGS.overlap, hop)

    @lazy
    def _combs(self) -> list[Values]:
        """c² of every note."""
        return [self._comb(note.pitch) ** 2 for note in self.notes]

    def alone(self, index: int, start: int, stop: int) -> tuple[Mono, float]:
        """Samples ``start`` to ``stop`` of the clip with nothing but one of its notes.

        Returns:
            The sound, and the share of the note's time in which it is alone in the clip anyway.
        """
        note = self.notes[index]
        hop, reach = self._stft.hop, SETTINGS.overlap // 2
        frames = np.arange(start // hop - reach, stop // hop + reach + 2)
        times = frames * hop / self.sample_rate
        own = np.maximum(self._level(note, times), SETTINGS.least * note.level) ** 2
        others = self._others(index, stop, times)
        total = own + sum((level for _, level in others), np.zeros(len(times)))
        share = own / np.maximum(total, 1e-30)
        if not others or share.min() > SETTINGS.alone:
            return self.audio[start:stop].copy(), 1.0
        numerator = np.outer(own, self._combs[index])
        denominator = numerator + sum(np.outer(level, self._combs[it]) for it, level in others)
        rest = SETTINGS.epsilon * np.maximum(total, 1e-30)[:, None]
        mask = (numerator + rest * share[:, None]) / (denominator + rest)
        mask[share > SETTINGS.alone] = 1
        during = (times >= note.start) & (times <= note.end)
        clear = float(np.mean(share[during] > SETTINGS.alone)) if during.any() else 0.0
        return self._filtered(mask.astype(np.float32), int(frames[0]), start, stop), clear

    def _others(self, index: int, stop: int, times: Values) -> list[tuple[int, Values]]:
        """The indices of the other notes that sound at some of the times, and their g²."""
        found = []
        for number, note in enumerate(self.notes):
            if number != index and note.start < stop / self.sample_rate:
                level = self._level(note, times) ** 2
                if level.any():
                    found.append((number, level))
        return found

    def _level(self, note: Note, times: Values) -> Values:
        """The level g of a note at these times; 0 before it starts and when it has decayed."""
        fallen = 10 ** (-self.release * np.maximum(times - note.end, 0) / 20)
        heard = (times > note.start - SETTINGS.early_seconds) & (fallen > SETTINGS.least)
        return note.level * fallen * heard

    def _comb(self, pitch: float) -> Values:
        """The comb c of a note: the bell of partial k has the height 1/√k."""
        hz = fft.rfftfreq(self._stft.size, 1 / self.sample_rate)
        fundamental = float(midi_to_hz(pitch))
        bin_hz = self.sample_rate / self._stft.size
        order = np.maximum(np.round(hz / fundamental), 1)
        width = np.maximum(SETTINGS.lobe_bins * bin_hz, SETTINGS.detuned * hz)
        width = np.minimum(width, max(SETTINGS.most_width * fundamental, bin_hz))
        bells: Values = np.exp(-0.5 * ((hz - order * fundamental) / width) ** 2) / np.sqrt(order)
        return bells

    def _filtered(self, mask: Mono, first: int, start: int, stop: int) -> Mono:
        """Samples ``start`` to ``stop`` through a mask whose first frame is ``first``."""
        stft = self._stft
        begin = stft.begin(first)
        inside = slice(start - begin, stop - begin)
        total = stft.synthesise(stft.analyse(self.audio, first, first + len(mask)) * mask)
        sound: Mono = total[inside] / stft.weights(len(mask))[inside]
        return sound
