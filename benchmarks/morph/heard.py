"""What is heard of a clip, or of what a system made of two: notes, strokes and spectra.

Notes are those of `effects.notes.transcribe`, strokes those of `effects.engines.sampler.onsets`, as
for everyone who listens: no figure knows how a sound was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.sounds import RATE
from effects.engines.sampler.onsets import onsets
from effects.notes.note import Note
from effects.notes.transcribe import transcribe
from effects.signal.arrays import Mono, Values
from effects.signal.stft import Stft

STFT = Stft(4096, 1024)  # 93 ms every 23 ms
FASTEST_SECONDS = 0.03  # strokes that follow sooner are one to a listener: the sampler's number
SILENT = 1e-5


@dataclass(frozen=True, eq=False)
class Heard:
    """A sound, and what is heard of it.

    Attributes:
        audio: ``[samples]`` at `benchmarks.quality.sounds.RATE`.
        folder: keeps what was heard for the next time; None if nothing is kept.
    """

    audio: Mono
    folder: Path | None = None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.audio.size / RATE

    @cached_property
    def notes(self) -> Sequence[Note]:
        """The notes, by their beginnings."""
        return tuple(Note(*row) for row in self._known[0].tolist())

    @cached_property
    def strokes(self) -> Values:
        """When something is struck, in seconds, ``[strokes]``."""
        return self._known[1]

    @cached_property
    def powers(self) -> NDArray[np.float32]:
        """The power spectra, ``[frames, bins]``."""
        spectra = STFT.analyse(self.audio, 0, STFT.n_frames(self.audio.size))
        return np.asarray(spectra.real**2 + spectra.imag**2, np.float32)

    @cached_property
    def _known(self) -> tuple[Values, Values]:
        """Notes, ``[notes, 5]``, and strokes: read, or heard and kept."""
        if self.folder is None:
            return self._listen()
        file = self.folder / f"heard-{sha256(self.audio.tobytes()).hexdigest()[:20]}.npz"
        if file.is_file():
            with np.load(file) as kept:
                return kept["notes"], kept["strokes"]
        notes, strokes = self._listen()
        np.savez(file, notes=notes, strokes=strokes)
        return notes, strokes

    def _listen(self) -> tuple[Values, Values]:
        found = transcribe(self.audio, RATE)
        notes = [(it.start, it.end, it.pitch, it.level, it.confidence) for it in found]
        loud = bool(np.abs(self.audio).max(initial=0) > SILENT)
        strokes = [it.seconds for it in onsets(self.audio, RATE)] if loud else []
        return np.array(notes, float).reshape(-1, 5), apart(strokes)


def apart(seconds: Sequence[float]) -> Values:
    """Moments in order, without those that follow another one within `FASTEST_SECONDS`."""
    found: list[float] = []
    for it in sorted(seconds):
        if not found or it - found[-1] >= FASTEST_SECONDS:
            found.append(it)
    return np.array(found, float)
