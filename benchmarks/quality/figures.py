"""The figures of an output, compared with its target and its score.

The first three are from Cífka et al. 2021, "Self-supervised VQ-VAE for one-shot music style
transfer"; onsets are matched as in MIREX and mir_eval, loudness is from ITU-R BS.1770. LSD, timbre
and loudness are the product's own functions (`plugin_bridge.reports.distance`,
`plugin_bridge.reports.metrics`), with the target in place of the style. Loudness should stay the
content's.
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

NAMES = ("lsd", "timbre", "pitch", "onset")  # which are divided by the untouched content's
ONSET_RATE, ONSET_HOP = 22_050, 256  # Hz, samples: as `plugin_bridge.reports.metrics` has them


def figures(
    output: Mono, content: Mono, target: Mono, score: Score, ears: Ears
) -> dict[str, float]:
    """All of `NAMES`, 0 at best; ``onset F``, 1 at best; and the difference of ``loudness``, LU.

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
    """1 − the mean Jaccard index of the two sets of keys, over frames in which either has any."""
    both, either = (found & wanted).sum(axis=1), (found | wanted).sum(axis=1)
    counts = either > 0
    return float(1 - np.mean(both[counts] / either[counts])) if counts.any() else 0.0


def onset_error(found: Sequence[float], wanted: Sequence[float]) -> float:
    """1 − F-measure of times in seconds, which match within 50 ms, each only once."""
    return 1 - f_measure(found, wanted)


def onsets(clip: Mono) -> list[float]:
    """When librosa hears notes begin, in seconds: peaks of the spectral flux."""
    audio = librosa.resample(clip, orig_sr=RATE, target_sr=ONSET_RATE)
    if not audio.any():
        return []
    times = librosa.onset.onset_detect(y=audio, sr=ONSET_RATE, hop_length=ONSET_HOP, units="time")
    return [float(time) for time in times]


def written_onsets(score: Score) -> list[float]:
    """When notes begin by the score, in seconds; a chord begins once."""
    return sorted({note.start for note in score.notes})
