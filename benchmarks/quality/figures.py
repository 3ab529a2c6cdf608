"""The figures, of an output against its target and its score: 0 is perfect for each.

Cífka et al. 2021, "Self-supervised VQ-VAE for one-shot music style transfer", judge by the first
three; onsets are those of MIREX and mir_eval, loudness that of ITU-R BS.1770. LSD, timbre and
loudness are the product's own functions (`plugin_bridge.reports.distance`,
`plugin_bridge.reports.metrics`), with the target where these compare with the style. Loudness is to
stay that of the content.
"""

from __future__ import annotations

from collections.abc import Sequence

import librosa
import numpy as np

from benchmarks.quality.ears import Ears
from benchmarks.quality.pitches import Keys, written
from benchmarks.quality.sounds import RATE
from effects.signal.arrays import Mono
from plugin_bridge.reports.distance import log_spectral_distance
from plugin_bridge.reports.metrics import f_measure, loudness_difference, timbre_distance
from presets.studio.score import Score

NAMES = ("lsd", "timbre", "pitch", "onset")  # that are compared with copying the content
ONSET_RATE, ONSET_HOP = 22_050, 256


def figures(
    output: Mono, content: Mono, target: Mono, score: Score, ears: Ears
) -> dict[str, float]:
    """All of `NAMES`, of ``onset F`` the best is 1, and how far ``loudness`` is from the content's.

    Raises:
        ValueError: the output is silent.
    """
    a, b = output[None], target[None]
    heard = onsets(output)
    keys = ears.sounding(output)
    return {
        "lsd": log_spectral_distance(a, b, RATE, RATE),
        "timbre": timbre_distance(a, b, RATE, RATE),
        "pitch": pitch_error(keys, written(score, len(keys))),
        "onset": onset_error(heard, onsets(target)),
        "onset F": 1 - onset_error(heard, written_onsets(score)),
        "loudness": abs(loudness_difference(a, content[None], RATE, RATE)),
    }


def pitch_error(found: Keys, wanted: Keys) -> float:
    """1 − the mean Jaccard index of the sets of keys, over the frames in which either has any."""
    both, either = (found & wanted).sum(axis=1), (found | wanted).sum(axis=1)
    counts = either > 0
    return float(1 - np.mean(both[counts] / either[counts])) if counts.any() else 0.0


def onset_error(found: Sequence[float], wanted: Sequence[float]) -> float:
    """1 − F-measure of times in seconds, which match within 50 ms, each once."""
    return 1 - f_measure(found, wanted)


def onsets(clip: Mono) -> list[float]:
    """Where librosa hears notes begin: peaks of the spectral flux, in seconds."""
    audio = librosa.resample(clip, orig_sr=RATE, target_sr=ONSET_RATE)
    if not audio.any():
        return []
    times = librosa.onset.onset_detect(y=audio, sr=ONSET_RATE, hop_length=ONSET_HOP, units="time")
    return [float(time) for time in times]


def written_onsets(score: Score) -> list[float]:
    """Where notes begin by the score; those of a chord are one."""
    return sorted({note.start for note in score.notes})
