"""A clip as the engines see it: its channels joined, its level brought to a reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from effects.signal.arrays import Audio
from effects.signal.downmix import polarity
from effects.signal.loudness import peak
from effects.signal.spectrogram import Analysis

#: Features are logarithms of level, so the clips that are compared are brought to one loudness.
REFERENCE_LUFS = -20.0
#: Levels are followed over this many frames of 23.2 ms (0.2 s), a Hann window.
LEVEL_FRAMES = 9
#: Flattening brings up what is softer by so much at most.
LEVEL_RANGE_DB = 40.0
UNBOUNDED_DB = 120.0
#: A frame this far below the clip's loudest is a rest.
REST_DB = -60.0


@dataclass(frozen=True)
class Frames:
    """A stretch of frames of a clip.

    Attributes:
        analysis: how they were made.
        spectra: of each channel, ``[channels, T, bins]``.
        amplitudes: of the channels' root mean square, so that nothing cancels,
            ``[T, n_features]``.
        active: 1 for frames in which something sounds, 0 for rests, ``[T]``.
    """

    analysis: Analysis
    spectra: Tensor
    amplitudes: Tensor
    active: Tensor

    @cached_property
    def level(self) -> Tensor:
        """K-weighted root mean square around each frame, ``[T]``, never 40 dB below its highest."""
        return self._level(self.amplitudes, LEVEL_RANGE_DB)

    @cached_property
    def flat(self) -> Tensor:
        """The amplitudes without their dynamics, ``[T, n_features]``.

        How loud it is, and when, is the content's to say; of the style only the spectra count, and
        their course within `LEVEL_FRAMES`. Were level compared too, loud passages would be turned
        down and soft ones up, by 20 dB and more, until their levels are distributed like the
        style's.
        """
        return self.amplitudes / self.level[:, None]

    @property
    def gain_to_reference(self) -> float:
        """Brings the active frames, flattened, to `REFERENCE_LUFS`."""
        power = float((self.analysis.power(self.flat) * self.active).sum())
        wanted = 10 ** ((REFERENCE_LUFS + 0.691) / 10) * float(self.active.sum())
        return math.sqrt(wanted / max(power, 1e-30))

    def at_own_level(self, flat: Tensor) -> Tensor:
        """Amplitudes with the spectra of ``flat``, ``[T, n_features]``, as loud as these frames."""
        own = self._level(self.amplitudes, UNBOUNDED_DB)
        return flat * (own / self._level(flat, UNBOUNDED_DB))[:, None]

    def unflattened(self, flat: Tensor) -> Tensor:
        """As `at_own_level`, but of frames that were left alone comes exactly what they were.

        There the level around a frame is made that of the content; here the change of it is made
        good, so that a frame keeps its place within the level around it.
        """
        before, after = self._level(self.flat, UNBOUNDED_DB), self._level(flat, UNBOUNDED_DB)
        return flat * (self.level * before / after)[:, None]

    def _level(self, amplitudes: Tensor, range_db: float) -> Tensor:
        reach = self.analysis.frames(LEVEL_FRAMES) // 2
        window = torch.hann_window(2 * reach + 3, periodic=False, device=amplitudes.device)
        window = (window / window.sum())[1:-1]
        power = self.analysis.power(amplitudes)[None, None]
        power = torch.nn.functional.pad(power, (reach, reach), mode="replicate")
        smooth = torch.conv1d(power, window[None, None])[0, 0]
        lowest = max(float(smooth.max()) * 10 ** (-range_db / 10), 1e-30)
        return smooth.clamp_min(lowest).sqrt()

    def gain_to_energy(self, wanted: float) -> float:
        """Brings the `energy` of these frames to another clip's.

        At equal loudness a noise has many more bins above the knee of ``log1p`` than a flute. An
        engine would see that difference first, and close it by turning everything down or up,
        which the loudness match at the end takes back. At equal energy only the distribution over
        frequency and time is left to differ.
        """
        low, high = math.log(1e-6), math.log(1e6)
        for _ in range(30):  # bisection: energy rises with gain
            middle = (low + high) / 2
            if self.energy(math.exp(middle)) < wanted:
                low = middle
            else:
                high = middle
        return math.exp(low)

    def energy(self, gain: float) -> float:
        """Mean over the active frames of the features' sum of squares."""
        step = max(len(self.active) // 128, 1)  # every few frames tell it well enough
        energy = (self.features(gain, step) ** 2).sum(dim=1)
        active = self.active[::step]
        if not bool(active.any()):
            return float(energy.mean())
        return float((energy * active).sum() / active.sum())

    def features(self, gain: float, step: int = 1) -> Tensor:
        """``log1p`` of `flat` times ``gain``, ``[T, n_features]``."""
        return torch.log1p(self.flat[::step] * gain)

    def carrier(self, polarity: Tensor) -> Tensor:
        """One channel for the phase: the channels' sum, ``[T, bins]``; see `Stem.polarity`."""
        return (self.spectra * polarity[:, None, None]).mean(dim=0)


class Stem:
    """Audio ``[channels, samples]``, not silent, with silence before and after.

    Args:
        audio: the clip.
        analysis: at the clip's sample rate.
        n_frames_min: make the clip at least this long, with silence.
    """

    def __init__(self, audio: Audio, analysis: Analysis, n_frames_min: int = 1) -> None:
        self.audio, self.analysis = audio, analysis
        self.n_frames = max(analysis.grid.n_frames(audio.shape[1]), n_frames_min)
        #: What the samples are multiplied with before anything else: their peak becomes 1.
        self.unit = 1 / peak(audio)

    @cached_property
    def polarity(self) -> Tensor:
        """+1 or -1 per channel, so that channels in opposite phase do not cancel in a sum."""
        signs = polarity(self.audio)
        return torch.tensor(signs, dtype=torch.float32, device=self.analysis.device)

    def frames(self, start: int, stop: int) -> Frames:
        """Frames ``start`` to ``stop`` (exclusive); spectra as of audio with its peak at 1."""
        analysis = self.analysis
        spectra = analysis.grid.stft(self._samples(start, stop).to(analysis.device))
        magnitude = spectra.abs().square_().mean(dim=0).sqrt_()
        amplitudes = analysis.amplitudes(magnitude)
        power = analysis.power(amplitudes)
        active = power > max(float(power.max()) * 10 ** (REST_DB / 10), 1e-12)
        return Frames(analysis, spectra, amplitudes, active.float())

    def _samples(self, start: int, stop: int) -> Tensor:
        """The samples under these frames, zeros outside of the clip."""
        grid = self.analysis.grid
        first = start * grid.hop - grid.length // 2
        end = first + (stop - 1 - start) * grid.hop + grid.length
        inside = self.audio[:, max(first, 0) : max(end, 0)]
        out = torch.zeros(len(self.audio), end - first)
        at = max(-first, 0)
        out[:, at : at + inside.shape[1]] = torch.from_numpy(inside) * self.unit
        return out
