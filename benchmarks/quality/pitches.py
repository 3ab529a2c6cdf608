"""Which keys sound when: by a score, or by basic-pitch, which writes down notes for the replay.

Basic-pitch is from Bittner et al. 2022, "A lightweight instrument-agnostic model for polyphonic
note transcription and multipitch estimation". Its ONNX file (230 kB, Apache-2.0) is in the package
basic-pitch, of which nothing else is used: ``pip install --no-deps basic-pitch onnxruntime`` brings
no TensorFlow. It is not used as a judge, since an engine may transcribe by the same model.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.sounds import RATE
from effects.signal.arrays import Mono
from presets.studio.score import Note, Score

MODEL_RATE, HOP = 22_050, 256  # Hz, samples: the model's
FRAMES_PER_SECOND = MODEL_RATE / HOP
WINDOW = 43_844  # samples the model takes: 172 frames
EDGE, INNER = 15, 142  # frames that are dropped at a window's start, and then kept
LOWEST, N_KEYS = 21, 88  # the lowest key, and how many there are
#: Activations from which a key counts as sounding, and as struck. With the model's own 0.3 for the
#: former, partials often pass for notes: on the triplets for tuning, that makes the error of the
#: targets a quarter larger.
SOUNDS, BEGINS = 0.5, 0.5
LASTS = 0.3  # a note that has reached `SOUNDS` once goes on while above this
#: Frames: the shortest note, the shortest without an onset, the longest gap within a note.
SHORTEST, SHORTEST_UNSTRUCK, GAP = 5, 11, 3

Keys = NDArray[np.bool_]  # (frames, keys)


@dataclass(frozen=True)
class Transcriber:
    """Basic-pitch.

    Attributes:
        session: of onnxruntime, with the model.
    """

    session: Any

    @classmethod
    def load(cls, model: Path | None = None) -> Transcriber:
        """Load the file ``model``, or the installed package's.

        Raises:
            FileNotFoundError: there is none.
        """
        if importlib.util.find_spec("onnxruntime") is None:
            raise FileNotFoundError("There is no onnxruntime: pip install onnxruntime.")
        import onnxruntime

        if model is None:
            package = importlib.util.find_spec("basic_pitch")
            if package is None or not package.submodule_search_locations:
                raise FileNotFoundError(
                    "There is no basic-pitch: pip install --no-deps basic-pitch, or name its "
                    "nmp.onnx with --model."
                )
            folder = Path(package.submodule_search_locations[0])
            model = folder / "saved_models" / "icassp_2022" / "nmp.onnx"
        if not model.is_file():
            raise FileNotFoundError(f"There is no model {model}.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return cls(onnxruntime.InferenceSession(str(model), options))

    def activations(self, clip: Mono) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How surely each key sounds, and is struck, both (frames, keys), in a clip at 44.1 kHz."""
        audio = librosa.resample(clip, orig_sr=RATE, target_sr=MODEL_RATE)
        n_frames = int(np.ceil(audio.size / HOP))
        n_windows = max(int(np.ceil(n_frames / INNER)), 1)
        padded = np.zeros((n_windows - 1) * INNER * HOP + WINDOW + EDGE * HOP, np.float32)
        padded[EDGE * HOP :][: audio.size] = audio
        windows = np.stack([padded[i * INNER * HOP :][:WINDOW] for i in range(n_windows)])[
            ..., None
        ]
        name = self.session.get_inputs()[0].name
        struck, sounding = self.session.run(
            ["StatefulPartitionedCall:2", "StatefulPartitionedCall:1"], {name: windows}
        )
        kept = slice(EDGE, EDGE + INNER)
        return tuple(  # type: ignore[return-value]
            it[:, kept].reshape(-1, N_KEYS)[:n_frames] for it in (sounding, struck)
        )

    def sounding(self, clip: Mono) -> Keys:
        """Which keys sound in each frame."""
        keys: Keys = self.activations(clip)[0] >= SOUNDS
        return keys

    def transcribe(self, clip: Mono) -> Score:
        """The notes of a clip; none lasts longer than the clip."""
        sounding, struck = self.activations(clip)
        length = clip.size / RATE
        notes = [
            replace(note, seconds=min(note.seconds, length - note.start))
            for key in range(N_KEYS)
            for note in _notes(sounding[:, key], struck[:, key], key + LOWEST)
        ]
        return Score(tuple(sorted(notes)), length)


def written(score: Score, n_frames: int) -> Keys:
    """Which keys are down in each frame, by the score."""
    keys = np.zeros((n_frames, N_KEYS), np.bool_)
    for note in score.notes:
        start, end = (
            round(at * FRAMES_PER_SECOND) for at in (note.start, note.start + note.seconds)
        )
        keys[start : max(end, start + 1), note.key - LOWEST] = True
    return keys


def _notes(sounding: NDArray[np.float32], struck: NDArray[np.float32], key: int) -> list[Note]:
    """The notes of one key: stretches in which it sounds, cut where it is struck again."""
    down = np.flatnonzero(sounding >= LASTS)
    if not down.size:
        return []
    peaks = (struck >= BEGINS) & (struck >= np.roll(struck, 1)) & (struck > np.roll(struck, -1))
    notes = []
    for run in np.split(down, np.flatnonzero(np.diff(down) > GAP + 1) + 1):
        first, end = int(run[0]), int(run[-1]) + 1
        if sounding[run].max() < SOUNDS:
            continue
        strikes = [int(it) for it in np.flatnonzero(peaks[max(first - 2, 0) : end])]
        strikes = [it + max(first - 2, 0) for it in strikes]
        starts = (
            strikes if strikes and strikes[0] - first < SHORTEST_UNSTRUCK else [first, *strikes]
        )
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            if stop - start >= (SHORTEST if start in strikes else SHORTEST_UNSTRUCK):
                velocity = round(30 + 90 * float(sounding[start:stop].mean()))
                seconds = (stop - start) / FRAMES_PER_SECOND
                notes.append(
                    Note(round(start / FRAMES_PER_SECOND, 3), round(seconds, 3), key, velocity)
                )
    return notes
