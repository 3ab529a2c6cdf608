"""The log-magnitude spectrogram that engines with Gram matrices work on, and the way back.

All sample rates share one frame grid. The published random-CNN methods analyse 22 050 Hz audio with
``n_fft=2048, hop=512`` (Ulyanov & Lebedev 2016). Here those are *durations* (92.9 ms and 23.2 ms):
bin 40 is at 430.7 Hz and a hop takes 23.2 ms, in a stem at 96 kHz as in a style clip at 8 kHz,
without resampling. At 22 050 Hz the amplitudes are exactly the published ones: ``|STFT|`` of 1025
bins, whose ``log1p`` the networks see.

Above 11 025 Hz, where nobody can tell partials 11 Hz apart, bins are joined into bands
of 1/24 octave, up to 20 kHz. One band weighs as much as one bin.

If a network was trained on another spectrogram, a `Resolution` describes that. Clips are then
resampled to its rate (`effects.signal.resample`), and the bins in its range are the features.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from effects.signal.lazy import lazy
from effects.signal.loudness import HIGH_PASS_HZ, SHELF_DB, SHELF_HZ

# As published (Ulyanov & Lebedev 2016): in Hz, samples and samples.
REFERENCE_RATE = 22_050
REFERENCE_N_FFT = 2048
REFERENCE_HOP = 512
#: Above the single bins: quarter tones, finer than the critical bands of hearing. Not searched.
BANDS_PER_OCTAVE = 24
#: The upper end of hearing.
HIGHEST_BAND_HZ = 20_000.0
#: Larger features are lowered to this, so that expm1 stays finite: an optimiser may try features
#: that no sound has. Not searched.
HIGHEST_FEATURE = 25.0
#: Sound above the compared range follows this many features at its upper end; see `Analysis.gains`.
#: Not searched.
EDGE_FEATURES = 8
#: With a network's resolution, it follows this part of an octave instead. Not searched.
EDGE_OCTAVES = 1 / 3


@dataclass(frozen=True)
class Resolution:
    """The spectrogram that a network was trained on.

    Args:
        sample_rate: of the network's audio, in Hz.
        n_window: samples of the periodic Hann window.
        hop: samples from one frame to the next.
        n_fft: length of the transform; shorter windows are followed by zeros.
        highest_hz: the upper end of its range.
        knee: the amplitude, in the units of `Analysis.amplitudes`, above which the features are
            logarithmic (log1p(amplitude / knee)). It is near the amplitude at which the network's
            own logarithm is cut off: if it were far lower or higher, small changes of the features
            would be large changes to the network, and an optimiser would go astray.
    """

    sample_rate: int
    n_window: int
    hop: int
    n_fft: int
    highest_hz: float
    knee: float

    def n_features(self, sample_rate: float) -> int:
        """How many bins of audio at this rate, in Hz, are in its range."""
        highest = min(self.highest_hz, sample_rate / 2)
        return max(math.floor(highest * self.n_fft / self.sample_rate), 1) + 1

    def magnitude(self, features: Tensor) -> Tensor:
        """The network's ``|STFT|``, ``[T, n_fft // 2 + 1]``, of features ``[T, n_features]``.

        The sound is between -1 and 1. Bins above the range are 0.
        """
        scale = self.knee * self.n_window / REFERENCE_N_FFT
        magnitude = torch.expm1(features.clamp_max(HIGHEST_FEATURE)) * scale
        return torch.nn.functional.pad(magnitude, (0, self.n_fft // 2 + 1 - features.shape[1]))


@dataclass(frozen=True)
class FrameGrid:
    """A short-time Fourier transform with a Hann window, frame ``t`` centred on sample ``t * hop``.

    Shapes: signals are ``[*, samples]``, spectra ``[*, frames, n_fft // 2 + 1]``. The window is as
    long as the transform, or has ``n_window`` samples, followed by zeros.
    """

    n_fft: int
    hop: int
    device: torch.device
    n_window: int | None = None

    @property
    def length(self) -> int:
        """Samples under one frame."""
        return self.n_window or self.n_fft

    @lazy
    def window(self) -> Tensor:
        """Periodic Hann window, ``[length]``."""
        return torch.hann_window(self.length, device=self.device)

    def n_frames(self, n_samples: int) -> int:
        """How many frames cover ``n_samples``: librosa's count for a centred transform."""
        return 1 + n_samples // self.hop

    def stft(self, framed: Tensor) -> Tensor:
        """Spectra of ``framed``, ``[*, (T - 1) * hop + length]``: no padding is added here."""
        spectra: Tensor = torch.fft.rfft(
            framed.unfold(-1, self.length, self.hop) * self.window, n=self.n_fft
        )
        return spectra

    def overlap_add(self, frames: Tensor) -> Tensor:
        """Add frames ``[*, T, length]`` at steps of ``hop``: ``[*, (T - 1) * hop + length]``."""
        n, reach = frames.shape[-2], -(-self.length // self.hop)
        pieces = torch.nn.functional.pad(frames, (0, reach * self.hop - self.length))
        pieces = pieces.reshape(*frames.shape[:-1], reach, self.hop)
        out = frames.new_zeros(*frames.shape[:-2], n + reach - 1, self.hop)
        for k in range(reach):
            out[..., k : k + n, :] += pieces[..., k, :]
        return out.flatten(-2)[..., : (n - 1) * self.hop + self.length]

    def weigh(self, spectra: Tensor) -> Tensor:
        """Windowed frames in time, ready to be overlap-added: ``[*, T, length]``."""
        frames: Tensor = torch.fft.irfft(spectra, n=self.n_fft)
        return frames[..., : self.length] * self.window

    def weight_sum(self, n: int) -> Tensor:
        """The squared windows of ``n`` frames, overlap-added, never 0: the divisor in `istft`."""
        return self.overlap_add((self.window**2).expand(n, -1)).clamp_min(1e-8)

    def istft(self, spectra: Tensor, weight_sum: Tensor | None = None) -> Tensor:
        """Least-squares inverse (Griffin & Lim 1984): ``[*, (T - 1) * hop + length]``.

        Of all signals x, the one whose frames are nearest to the wanted frames f_t minimises
        Σ_t Σ_n (w[n - tH] x[n] - f_t[n - tH])², so at each sample

            x[n] = Σ_t w[n - tH] f_t[n - tH] / Σ_t w[n - tH]².
        """
        total = self.weight_sum(spectra.shape[-2]) if weight_sum is None else weight_sum
        return self.overlap_add(self.weigh(spectra)) / total


@dataclass(frozen=True)
class Analysis:
    """Spectra at one sample rate, and the features made from their magnitudes.

    Args:
        sample_rate: in Hz; with a ``resolution``, it is the resolution's.
        n_features: how many; fewer than the rate offers if the other clip has a lower Nyquist
            frequency, so that both are compared in the range they share.
        device: where to compute.
        resolution: a network's own spectrogram; None for the common one.
    """

    sample_rate: float
    n_features: int
    device: torch.device
    resolution: Resolution | None = None

    @staticmethod
    def features_at(sample_rate: float, resolution: Resolution | None = None) -> int:
        """How many features audio of this rate has: bins up to 11 025 Hz, then bands."""
        if resolution:
            return resolution.n_features(sample_rate)
        return _n_bins(sample_rate) + len(_band_edges(sample_rate)) - 1

    @lazy
    def grid(self) -> FrameGrid:
        """Windows of 92.9 ms, hops of 23.2 ms, in whole samples; or the network's own."""
        if it := self.resolution:
            return FrameGrid(it.n_fft, it.hop, self.device, it.n_window)
        scale = self.sample_rate / REFERENCE_RATE
        hop = max(round(REFERENCE_HOP * scale), 2)
        return FrameGrid(_n_fft(self.sample_rate), hop, self.device)

    def frames(self, count: int) -> int:
        """How many frames last as long as ``count`` frames of 23.2 ms."""
        if it := self.resolution:
            return round(count * REFERENCE_HOP / REFERENCE_RATE * it.sample_rate / it.hop)
        return count

    @property
    def knee(self) -> float:
        """What amplitudes are divided by before ``log1p``."""
        return self.resolution.knee if self.resolution else 1.0

    @property
    def n_bins(self) -> int:
        """Features that are single bins; the others are bands."""
        if self.resolution:
            return self.n_features
        return min(_n_bins(self.sample_rate), self.n_features)

    @lazy
    def _band_of_bin(self) -> Tensor:
        """For every bin from ``n_bins`` on, its band; ``n_bands`` if it belongs to none."""
        edges = _band_edges(self.sample_rate)
        n_bands = self.n_features - self.n_bins
        frequency = torch.arange(self.grid.n_fft // 2 + 1) * self.sample_rate / self.grid.n_fft
        band = torch.bucketize(frequency[self.n_bins :], torch.tensor(edges), right=True) - 1
        return band.clamp(0, n_bands).to(self.device)

    @lazy
    def _bins_of_band(self) -> Tensor:
        """How many bins each feature joins, ``[n_features]``."""
        n_bands = self.n_features - self.n_bins
        size = torch.bincount(self._band_of_bin, minlength=n_bands + 1)[:n_bands]
        ones = torch.ones(self.n_bins, device=self.device)
        return torch.cat([ones, size.clamp_min(1).float()])

    @property
    def _bin_hz(self) -> float:
        """The distance from one bin to the next, in Hz."""
        if it := self.resolution:
            return it.sample_rate / it.n_fft
        return REFERENCE_RATE / REFERENCE_N_FFT

    @lazy
    def _power_weight(self) -> Tensor:
        """Share of each feature in the K-weighted mean square of a frame (ITU-R BS.1770).

        By Parseval, a frame of mean square m under a Hann window, whose own mean square is 3/8, has
        2 Σ|X|² = m · 3/8 · n_fft² over positive frequencies, or m · 3/8 · n_window · n_fft where
        zeros follow the window. The weights are those of `effects.signal.loudness`, as squared
        magnitudes of analog filters. With x = (f / f₀)² and A = 10^(dB / 40), the shelf of
        Q = √½ is

            |H(f)|² = A² ((1 - A x)² + 2 A x) / ((A - x)² + 2 A x)

        (Bristow-Johnson's cookbook), and two one-pole high-passes are (f² / (f² + f₁²))².
        """
        bins = torch.arange(self.n_bins, device=self.device) * self._bin_hz
        edges = torch.tensor(_band_edges(self.sample_rate), device=self.device)
        bands = (edges[:-1] * edges[1:]).sqrt()[: self.n_features - self.n_bins]
        frequency = torch.cat([bins, bands])
        x, gain = (frequency / SHELF_HZ) ** 2, 10 ** (SHELF_DB / 40)
        shelf = gain**2 * ((1 - gain * x) ** 2 + 2 * gain * x) / ((gain - x) ** 2 + 2 * gain * x)
        high_pass = (frequency**2 / (frequency**2 + HIGH_PASS_HZ**2)) ** 2
        zeros = self.grid.n_fft / self.grid.length
        return 2 / (REFERENCE_N_FFT**2 * 3 / 8 * zeros) * shelf * high_pass * self._bins_of_band

    def amplitudes(self, magnitude: Tensor) -> Tensor:
        """Bins, and the root mean squares of bands: ``[T, n_fft // 2 + 1] -> [T, n_features]``.

        They are scaled to what the transform at 22 050 Hz would give. Its window sums to 1024, so a
        sine at full scale has the amplitude 512.
        """
        scaled = magnitude * (REFERENCE_N_FFT / self.grid.length)
        n_bands = self.n_features - self.n_bins
        if n_bands == 0:
            return scaled[:, : self.n_bins]
        power = magnitude.new_zeros(len(magnitude), n_bands + 1)
        power.index_add_(1, self._band_of_bin, scaled[:, self.n_bins :] ** 2)
        bands = (power[:, :n_bands] / self._bins_of_band[self.n_bins :]).sqrt()
        return torch.cat([scaled[:, : self.n_bins], bands], dim=1)

    def power(self, amplitudes: Tensor) -> Tensor:
        """K-weighted mean square of each frame: ``[T, n_features] -> [T]``."""
        return (amplitudes**2) @ self._power_weight

    def gains(self, before: Tensor, after: Tensor) -> Tensor:
        """The gains of bins, from amplitudes: ``2 x [T, n_features] -> [T, n_fft // 2 + 1]``.

        Bins above the compared range (ultrasound; anything above the style clip's Nyquist
        frequency) follow the upper end of the range: they are turned down with it, but never up,
        since nothing is known about the style there.
        """
        gain = after / before.clamp_min(1e-9)
        edge = self.edge_gain(before, after)
        above = torch.cat([gain[:, self.n_bins :], edge[:, None]], dim=1)
        return torch.cat([gain[:, : self.n_bins], above[:, self._band_of_bin]], dim=1)

    def edge_gain(self, before: Tensor, after: Tensor) -> Tensor:
        """The factor for sound above the compared range, ``[T]``, at most 1; see `gains`."""
        edge = slice(-EDGE_FEATURES, None)
        if self.resolution:
            edge = slice(round(self.n_features / 2**EDGE_OCTAVES), None)
        return (after[:, edge].sum(1) / before[:, edge].sum(1).clamp_min(1e-9)).clamp_max(1)


def _n_fft(sample_rate: float) -> int:
    """The window in samples; odd at some rates, where an even one would detune the bins."""
    return max(round(REFERENCE_N_FFT * sample_rate / REFERENCE_RATE), 8)


def _n_bins(sample_rate: float) -> int:
    """Bins up to 11 025 Hz or the Nyquist frequency, whichever is lower."""
    return min(REFERENCE_N_FFT, _n_fft(sample_rate)) // 2 + 1


def _band_edges(sample_rate: float) -> list[float]:
    """Edges of the bands in Hz, from 11 025 Hz plus half a bin up to 20 kHz or Nyquist."""
    lowest = REFERENCE_RATE / 2 * (1 + 0.5 / (REFERENCE_N_FFT / 2))
    highest = min(sample_rate / 2, HIGHEST_BAND_HZ)
    n_bands = max(math.floor(BANDS_PER_OCTAVE * math.log2(highest / lowest)), 0)
    return [lowest * 2 ** (k / BANDS_PER_OCTAVE) for k in range(n_bands + 1)]
