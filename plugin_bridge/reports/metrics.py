"""Figures for a restyled sound, when nobody can say what it should have become.

Two tell how far the sound still is from the style, four what it has lost of the content; 0 means
alike. They follow Cífka et al. 2021, "Self-supervised VQ-VAE for one-shot music style transfer",
who compare an output with a recording of what it should be. Here there is no such recording, so
the output's timbre is compared with the style's, and its pitches with the content's. Each figure
is blind to something, which its function names: they help to choose what to listen to.

Clips are (channels, samples), mixed to mono; rates are in Hz.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.running.cores import blas_in_one_thread
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.distance import log_spectral_distance

Clip = NDArray[np.floating]
Mono = NDArray[np.float64]

# Nothing here was searched: a measure must not be fitted to what it measures.
TIMBRE_RATE, TIMBRE_FFT, TIMBRE_HOP = 16_000, 2048, 512  # Hz, samples: as the spectral distance
N_MFCC = 12  # without the first, which is the level
PITCH_RATE, PITCH_HOP = 22_050, 512  # Hz, samples: librosa's defaults
SOUNDING = 0.5  # of a frame's strongest pitch class; weaker ones are taken for partials
REST_DB = -60.0  # below the loudest frame, nothing sounds
ONSET_HOP = 256  # samples at PITCH_RATE, 12 ms: a quarter of the tolerance
TOLERANCE_SECONDS = 0.05  # between onsets that match: mir_eval's default
# Samples to which a shorter clip is padded with silence: one window of the spectra, and 3 s for the
# constant-Q transform, whose lowest filters are long.
TIMBRE_SHORTEST, PITCH_SHORTEST, ONSET_SHORTEST = 2048, 66_150, 2048


@dataclass(frozen=True)
class Figure:
    """One of the figures.

    Attributes:
        name: its key in `figures`.
        title: what it is called in a table.
        near: ``"style"`` or ``"content"``, with which it compares the output.
        unit: dB, LU, or nothing.
        digits: how many to show after the point.
        about: its definition, in a sentence or two.
    """

    name: str
    title: str
    near: str
    unit: str
    digits: int
    about: str


FIGURES = (
    Figure(
        "lsd_style",
        "LSD to style",
        "style",
        "dB",
        1,
        "The log-spectral distance to the style: both clips at equal level, 16 kHz, 128 mel bands "
        "in dB (windows of 2048 samples, every 512), compared frame by frame; mean over the bands "
        "of the root mean square over the frames.",
    ),
    Figure(
        "timbre",
        "Timbre",
        "style",
        "",
        3,
        "1 − the cosine of the angle between output and style, each described by the mean over "
        "time of its MFCCs 1 to 12.",
    ),
    Figure(
        "lsd_content",
        "LSD to content",
        "content",
        "dB",
        1,
        "The log-spectral distance to the content: how much was changed at all.",
    ),
    Figure(
        "pitch",
        "Pitch lost",
        "content",
        "",
        2,
        "1 − Jaccard index of the pitch classes that sound in the output and in the content "
        "(those of a constant-Q chroma with at least half the strength of the strongest), mean "
        "over the frames in which the content sounds. Of little meaning for drums.",
    ),
    Figure(
        "onsets",
        "Onsets lost",
        "content",
        "",
        2,
        "1 − F-measure of the output's onsets against the content's, which match within 50 ms.",
    ),
    Figure(
        "loudness",
        "Loudness",
        "content",
        "LU",
        1,
        "The output's integrated loudness (ITU-R BS.1770) less the content's.",
    ),
)


def figures(content: Sound, style: Sound, output: Sound) -> dict[str, float | None]:
    """All of `FIGURES` by name; None where one is not defined, as for silence."""
    with blas_in_one_thread():
        return {
            "lsd_style": _of(log_spectral_distance, output, style),
            "timbre": _of(timbre_distance, output, style),
            "lsd_content": _of(log_spectral_distance, output, content),
            "pitch": _of(pitch_distance, output, content),
            "onsets": _of(onset_distance, output, content),
            "loudness": _of(loudness_difference, output, content),
        }


def timbre_distance(a: Clip, b: Clip, a_rate: float, b_rate: float) -> float:
    """1 − cosine between the mean MFCCs 1 to 12 of two clips: 0 alike, 2 opposite.

    It is deaf to level (MFCC 0) and to order in time. Silence within a clip has MFCCs of 0 and so
    changes no angle. It hears register: a high note is brighter than a low one.

    Raises:
        ValueError: a clip is silent.
    """
    first, second = _mean_mfcc(a, a_rate), _mean_mfcc(b, b_rate)
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    if not size > 0:
        raise ValueError("The timbre of a clip without any spectrum is not defined.")
    return max(1 - float(first @ second) / size, 0.0)


def pitch_distance(output: Clip, content: Clip, output_rate: float, content_rate: float) -> float:
    """1 − mean Jaccard index of the pitch classes that sound in each frame: 0 alike, 1 disjoint.

    Pitch classes come from a chroma, so octaves are forgiven, and a loud third or fifth partial is
    taken for a note. Frames in which the content rests do not count.

    Raises:
        ValueError: the content is silent.
    """
    content_classes, content_level = _pitch_classes(content, content_rate)
    output_classes, _ = _pitch_classes(output, output_rate)
    n = min(content_classes.shape[1], output_classes.shape[1])
    counts = content_level[:n] > content_level.max() * 10 ** (REST_DB / 20)
    if not counts.any():
        raise ValueError("The pitches of a silent clip are not defined.")
    first, second = content_classes[:, :n][:, counts], output_classes[:, :n][:, counts]
    both, either = (first & second).sum(axis=0), (first | second).sum(axis=0)
    return float(1 - np.mean(both / np.maximum(either, 1)))


def onset_distance(output: Clip, content: Clip, output_rate: float, content_rate: float) -> float:
    """1 − F-measure of the onsets that librosa finds in two clips; 0 if neither has any.

    Onsets of the two clips match if they are at most 50 ms apart, each only once.
    """
    return 1 - f_measure(_onsets(output, output_rate), _onsets(content, content_rate))


def loudness_difference(
    output: Clip, content: Clip, output_rate: float, content_rate: float
) -> float:
    """The output's integrated loudness less the content's, in LU.

    Raises:
        ValueError: a clip is silent.
    """
    from effects.signal.loudness import loudness

    levels = [
        loudness(np.asarray(clip, np.float32), rate)
        for clip, rate in ((output, output_rate), (content, content_rate))
    ]
    if not np.isfinite(levels).all():
        raise ValueError("The loudness of silence is not defined.")
    return levels[0] - levels[1]


def f_measure(
    found: Sequence[float], wanted: Sequence[float], tolerance_seconds: float = TOLERANCE_SECONDS
) -> float:
    """The F-measure of rising times in seconds, each matched at most once.

    As in `mir_eval.onset`, but 1 if both are empty: to find nothing in silence is right.
    """
    import mir_eval

    if not len(found) and not len(wanted):
        return 1.0
    times = np.asarray(wanted), np.asarray(found)
    matches = mir_eval.util.match_events(*times, tolerance_seconds)
    return 2 * len(matches) / (len(found) + len(wanted))


def _of(distance: Callable[[Clip, Clip, float, float], float], a: Sound, b: Sound) -> float | None:
    with suppress(ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of clips shorter than a window
        return distance(a.audio, b.audio, a.sample_rate, b.sample_rate)
    return None


def _mono(clip: Clip, rate: float, wanted_rate: int, shortest: int) -> Mono:
    """The clip in mono, at ``wanted_rate`` and an RMS of 1; silence follows if it is short."""
    import librosa

    mono = clip.mean(axis=0, dtype=np.float64)
    level = np.sqrt(np.mean(mono**2)) if mono.size else 0.0
    if level > 0:
        mono = librosa.resample(mono / level, orig_sr=rate, target_sr=wanted_rate)
    return np.pad(mono, (0, max(shortest - mono.size, 0)))


def _mean_mfcc(clip: Clip, rate: float) -> Mono:
    import librosa

    mono = _mono(clip, rate, TIMBRE_RATE, TIMBRE_SHORTEST)
    if not mono.any():
        return np.zeros(N_MFCC)
    mfcc = librosa.feature.mfcc(
        y=mono, sr=TIMBRE_RATE, n_mfcc=N_MFCC + 1, n_fft=TIMBRE_FFT, hop_length=TIMBRE_HOP
    )
    mean: Mono = mfcc[1:].mean(axis=1)
    return mean


def _pitch_classes(clip: Clip, rate: float) -> tuple[NDArray[np.bool_], Mono]:
    """Which pitch classes sound, (12, frames), and the RMS of each frame, (frames,)."""
    import librosa

    mono = _mono(clip, rate, PITCH_RATE, PITCH_SHORTEST)
    chroma = librosa.feature.chroma_cqt(y=mono, sr=PITCH_RATE, hop_length=PITCH_HOP, tuning=0.0)
    level = librosa.feature.rms(y=mono, hop_length=PITCH_HOP)[0]
    n = min(chroma.shape[1], len(level))
    chroma, level = chroma[:, :n], level[:n]
    heard = level > level.max(initial=0) * 10 ** (REST_DB / 20)
    return (chroma >= SOUNDING) & heard, level


def _onsets(clip: Clip, rate: float) -> list[float]:
    """The onsets in seconds; none in silence."""
    import librosa

    mono = _mono(clip, rate, PITCH_RATE, ONSET_SHORTEST)
    if not mono.any():
        return []
    times = librosa.onset.onset_detect(
        y=mono, sr=PITCH_RATE, hop_length=ONSET_HOP, units="time", normalize=True
    )
    return [float(time) for time in times]
