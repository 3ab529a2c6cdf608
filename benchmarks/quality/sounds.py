"""From notes to sound: MIDI by mido, rendered dry by fluidsynth, kept in a folder."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import mido
import numpy as np
from pedalboard.io import AudioFile

from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument
from presets.studio.render import midi_file, play
from presets.studio.score import Note, Score

RATE = 44_100  # Hz
PEAK = 0.5  # of each render
SILENT = 1e-4  # a peak below this, -80 dB, counts as silence; not searched
GAP_SECONDS = 1.0  # between scores that are rendered in one go


@dataclass(frozen=True)
class Studio:
    """Renders scores, once each.

    Attributes:
        soundfont: what plays them.
        folder: where the sounds are kept, named by their notes and the soundfont.
    """

    soundfont: Path
    folder: Path

    @property
    def name(self) -> str:
        """The soundfont's file name."""
        return self.soundfont.name

    def clip(self, instrument: Instrument, score: Score) -> Path:
        """A mono WAV file of 44.1 kHz, exactly as long as the score, with its peak at 0.5.

        Raises:
            ValueError: the soundfont has no such instrument.
        """
        return self.midi(midi_file(instrument, score), score.seconds, instrument.label)

    def midi(self, file: mido.MidiFile, seconds: float, label: str) -> Path:
        """As `clip`, for a MIDI file; ``label`` names the instrument if it has no sound."""
        midi = io.BytesIO()
        file.save(file=midi)
        bank = f"{self.soundfont.name} {self.soundfont.stat().st_size}"
        key = hashlib.sha256(midi.getvalue() + bank.encode()).hexdigest()[:20]
        clip = self.folder / f"{key}.wav"
        if not clip.is_file():
            with tempfile.TemporaryDirectory(dir=self.folder) as own:
                notes, raw = Path(own) / "notes.mid", Path(own) / "notes.wav"
                notes.write_bytes(midi.getvalue())
                play(notes, self.soundfont, raw)
                audio = read(raw)
            if is_silent(audio):
                raise ValueError(f"{self.soundfont} has no sound for {label}.")
            length = round(seconds * RATE)
            audio = np.pad(audio, (0, max(length - audio.size, 0)))[:length]
            write(clip, audio * np.float32(PEAK / np.abs(audio).max()))
        return clip

    def clips(self, instrument: Instrument, scores: Sequence[Score]) -> list[Mono]:
        """The sounds of several scores, rendered in one go: a large soundfont loads slowly."""
        notes: list[Note] = []
        starts: list[float] = []
        now = 0.0
        for score in scores:
            starts.append(now)
            notes += [replace(note, start=round(now + note.start, 3)) for note in score.notes]
            now = round(now + score.seconds + GAP_SECONDS, 3)
        whole = read(self.clip(instrument, Score(tuple(notes), now)))
        cuts = [
            whole[round(start * RATE) : round((start + score.seconds) * RATE)]
            for start, score in zip(starts, scores, strict=True)
        ]
        return [cut * np.float32(PEAK / max(np.abs(cut).max(), SILENT)) for cut in cuts]


def is_silent(audio: Mono) -> bool:
    """Whether no sample reaches `SILENT`."""
    return bool(np.abs(audio).max(initial=0) < SILENT)


def read(path: Path) -> Mono:
    """The mean of a file's channels, resampled to 44.1 kHz."""
    with AudioFile(str(path)).resampled_to(RATE) as file:
        mono: Mono = file.read(file.frames).mean(axis=0)
    return mono


def write(path: Path, audio: Mono) -> None:
    """Write a mono WAV file of 24 bits and 44.1 kHz, whole or not at all."""
    with tempfile.TemporaryDirectory(dir=path.parent) as own:
        part = Path(own) / path.name
        with AudioFile(str(part), "w", RATE, num_channels=1, bit_depth=24) as file:
            file.write(audio[None])
        os.replace(part, path)
