"""To a network's sample rate and back, with what is above its range kept aside."""

from __future__ import annotations

import math

import numpy as np
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray

from effects.checkpoint import checkpoint
from effects.signal.arrays import Audio, Mono, Sound

STRETCH = 1 << 20  # samples at a time, to limit memory


def resample(audio: Audio, source: float, target: float, length: int | None = None) -> Audio:
    """``audio`` at another sample rate, without delay.

    Args:
        audio: ``[channels, samples]``.
        source: its rate in Hz.
        target: the wanted rate in Hz.
        length: the wanted number of samples; None for the same duration.
    """
    n = max(round(audio.shape[1] * target / source), 1) if length is None else length
    out = np.zeros((len(audio), n), np.float32)
    # Without two samples of silence after it, a clip of a few samples would come out empty.
    after = np.zeros(math.ceil(2 * source / target), np.float32)
    for channel, samples in zip(out, audio, strict=True):
        found = soxr.resample(np.append(samples, after), source, target, quality="VHQ")[:n]
        channel[: len(found)] = found
    return out


def streamed(audio: Sound, source: float, target: float) -> Mono:
    """``audio``, ``[samples]``, at another rate, read stretch by stretch.

    The bits are those of ``soxr.resample`` with its usual quality.
    """
    if not audio.shape[0]:
        return np.zeros(0, np.float32)
    stream = soxr.ResampleStream(source, target, 1, dtype="float32")
    parts = []
    for start in range(0, audio.shape[0], STRETCH):
        checkpoint()
        stop = min(start + STRETCH, audio.shape[0])
        parts.append(stream.resample_chunk(audio[start:stop], last=stop == audio.shape[0]))
    return np.concatenate(parts)


class BandSplit:
    """A clip split at a network's Nyquist frequency: the part below it, and the rest.

    Attributes:
        audio: the part below, at the network's rate. The rest stays at the clip's rate.

    Args:
        audio: the clip, ``[channels, samples]``.
        sample_rate: its rate in Hz.
        rate: the network's rate in Hz.
    """

    def __init__(self, audio: Audio, sample_rate: float, rate: float) -> None:
        self._rates = (float(rate), float(sample_rate))
        self._length = audio.shape[1]
        self.audio = resample(audio, sample_rate, rate)
        self._rest = audio - self._at_own_rate(self.audio)

    def join(self, restyled: Audio, gains: NDArray[np.float32], hop: int) -> Audio:
        """The clip with ``restyled`` in place of `audio`, and the rest times ``gains``.

        With `audio` itself and gains of 1, this is the clip, up to rounding.

        Args:
            restyled: as many samples as `audio` has.
            gains: one per frame, linear between frames.
            hop: samples of `audio` from one frame to the next.
        """
        low, high = self._rates
        out = self._at_own_rate(restyled)
        times = np.arange(len(gains)) * hop / low
        for start in range(0, self._length, STRETCH):
            part = slice(start, min(start + STRETCH, self._length))
            gain = np.interp(np.arange(part.start, part.stop) / high, times, gains)
            out[:, part] += self._rest[:, part] * gain.astype(np.float32)
        return out

    def _at_own_rate(self, audio: Audio) -> Audio:
        return resample(audio, *self._rates, self._length)
