"""A clip as engines with Gram matrices see it: channels joined, level brought to a reference.

Both the stem and the style clip become a `FramedClip`, which is cut into stretches of `Frames`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from effects.signal.arrays import Audio, samples_between
from effects.signal.downmix import polarity
from effects.signal.lazy import lazy
from effects.signal.loudness import lufs_to_power, peak
from effects.signal.spectrogram import Analysis
from effects.signal.units import db_to_power

#: In LUFS. Features are logarithms of level, so the clips that are compared are brought to one
#: loudness. Not searched; `networks.vgg19.FULL` builds on it.
REFERENCE_LUFS = -20.0
#: Levels are followed over this many frames of 23.2 ms (0.2 s), under a Hann window. Not searched.
LEVEL_FRAMES = 9
#: In dB: when dynamics are taken out, levels further than this below the loudest count as this far
#: below, so that noise and reverberation are not brought up. Not searched.
LEVEL_RANGE_DB = 40.0
#: In dB: a range that limits nothing audible, and only keeps divisions finite.
UNBOUNDED_DB = 120.0
#: In dB below the power of the clip's loudest frame: a softer frame is a rest. Not searched.
REST_DB = -60.0
#: The power of a frame below which it is a rest in any clip: -120 dB.
SILENT_POWER = 1e-12
#: `Frames.gain_to_energy` halves its interval of gains, 1e-6 to 1e6, this often: to a factor of
#: 1 + 3e-8, which is single precision.
BISECTIONS = 30
#: The energy of a stretch is measured on this many of its frames, evenly spread. Not searched.
ENERGY_FRAMES = 128


@dataclass(frozen=True)
class Frames:
    """A stretch of ``T`` frames of a clip.

    Attributes:
        analysis: how they were made.
        spectra: complex, of each channel, ``[channels, T, bins]``.
        amplitudes: the root mean square over the channels, in which nothing cancels,
            ``[T, n_features]``.
        active: 1 for frames in which something sounds, 0 for rests, ``[T]``.
    """

    analysis: Analysis
    spectra: Tensor
    amplitudes: Tensor
    active: Tensor

    @lazy
    def level(self) -> Tensor:
        """K-weighted root mean square around each frame, ``[T]``.

        It is nowhere more than `LEVEL_RANGE_DB` below its maximum.
        """
        return self._level(self.amplitudes, LEVEL_RANGE_DB)

    @lazy
    def flat(self) -> Tensor:
        """The amplitudes without their dynamics, ``[T, n_features]``.

        How loud the clip is, and when, is up to the content. Of the style only the spectra count,
        and how they change within `LEVEL_FRAMES`. If levels were compared too, loud passages would
        be turned down and soft ones up, by 20 dB and more, until their levels were distributed like
        the style's.
        """
        return self.amplitudes / self.level[:, None]

    @property
    def gain_to_reference(self) -> float:
        """The factor that brings the active frames of `flat` to `REFERENCE_LUFS`.

        With the K-weighted power P(t) of frame t and n active frames, it is the g for which
        g² · Σ P(t) / n over the active frames is the power of that loudness.
        """
        power = float((self.analysis.power(self.flat) * self.active).sum())
        wanted = lufs_to_power(REFERENCE_LUFS) * float(self.active.sum())
        return math.sqrt(wanted / max(power, 1e-30))

    def at_own_level(self, flat: Tensor) -> Tensor:
        """Amplitudes with the spectra of ``flat``, ``[T, n_features]``, as loud as these frames."""
        own = self._level(self.amplitudes, UNBOUNDED_DB)
        return flat * (own / self._level(flat, UNBOUNDED_DB))[:, None]

    def unflattened(self, flat: Tensor) -> Tensor:
        """As `at_own_level`, but frames that were left alone come out exactly as they were.

        Let A be the amplitudes, L their `level` and F = A / L what `flat` was before it was
        changed to F'. With the level ℓ of flattened frames, which is close to 1 everywhere but not
        exactly 1 (dividing by a smoothed level does not make it constant), the result is

            A' = F' · L · ℓ(F) / ℓ(F'),

        which is A where F' is F, and undoes any change of level that came with F'.
        `at_own_level` gives F' · ℓ(A) / ℓ(F'), in which ℓ(A) is not L · ℓ(F).
        """
        before, after = self._level(self.flat, UNBOUNDED_DB), self._level(flat, UNBOUNDED_DB)
        return flat * (self.level * before / after)[:, None]

    def _level(self, amplitudes: Tensor, range_db: float) -> Tensor:
        """√(P * w): the power P of the frames ``[T, n_features]`` under a Hann window w of sum 1.

        The first and last frames are repeated beyond the ends, or the level would fall there.
        """
        reach = self.analysis.frames(LEVEL_FRAMES) // 2
        window = torch.hann_window(2 * reach + 3, periodic=False, device=amplitudes.device)
        window = (window / window.sum())[1:-1]  # its ends are 0
        power = self.analysis.power(amplitudes)[None, None]
        power = torch.nn.functional.pad(power, (reach, reach), mode="replicate")
        smooth = torch.conv1d(power, window[None, None])[0, 0]
        lowest = max(float(smooth.max()) * db_to_power(-range_db), 1e-30)
        return smooth.clamp_min(lowest).sqrt()

    def gain_to_energy(self, wanted: float) -> float:
        """The factor for `flat` that brings the `energy` of these frames to ``wanted``.

        At equal loudness a noise has many more bins above the knee of ``log1p`` than a flute. An
        engine would see that difference first, and close it by turning everything down or up, which
        the loudness match at the end undoes. At equal energy only the distribution over frequency
        and time can differ.

        A sum of ``log1p`` has no inverse in closed form, so the gain is found by bisection of its
        logarithm: the energy rises with the gain.
        """
        low, high = math.log(1e-6), math.log(1e6)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if self.energy(math.exp(middle)) < wanted:
                low = middle
            else:
                high = middle
        return math.exp(low)

    def energy(self, gain: float) -> float:
        """The sum of squares of the features, as a mean over the active frames."""
        step = max(len(self.active) // ENERGY_FRAMES, 1)
        energy = (self.features(gain, step) ** 2).sum(dim=1)
        active = self.active[::step]
        if not bool(active.any()):
            return float(energy.mean())
        return float((energy * active).sum() / active.sum())

    def features(self, gain: float, step: int = 1) -> Tensor:
        """``log1p`` of `flat` times ``gain``, ``[T, n_features]``."""
        return torch.log1p(self.flat[::step] * gain)

    def carrier(self, polarity: Tensor) -> Tensor:
        """One channel for the phase: the channels' mean, ``[T, bins]``.

        ``polarity`` is `FramedClip.polarity`.
        """
        return (self.spectra * polarity[:, None, None]).mean(dim=0)


class FramedClip:
    """A stem or a style clip, cut into frames; there is silence before and after it.

    Args:
        audio: ``[channels, samples]``, not silent.
        analysis: at the clip's sample rate.
        n_frames_min: make the clip at least this long, with silence.
    """

    def __init__(self, audio: Audio, analysis: Analysis, n_frames_min: int = 1) -> None:
        self.audio, self.analysis = audio, analysis
        self.n_frames = max(analysis.grid.n_frames(audio.shape[1]), n_frames_min)
        #: All samples are multiplied by this first, so that their peak is 1.
        self.unit = 1 / peak(audio)

    @lazy
    def polarity(self) -> Tensor:
        """+1 or -1 per channel, so that channels in opposite phase do not cancel in a sum."""
        signs = polarity(self.audio)
        return torch.tensor(signs, dtype=torch.float32, device=self.analysis.device)

    def frames(self, start: int, stop: int) -> Frames:
        """Frames ``start`` to ``stop`` (exclusive), of the audio with its peak at 1."""
        analysis = self.analysis
        spectra = analysis.grid.stft(self._samples(start, stop).to(analysis.device))
        magnitude = spectra.abs().square_().mean(dim=0).sqrt_()
        amplitudes = analysis.amplitudes(magnitude)
        power = analysis.power(amplitudes)
        active = power > max(float(power.max()) * db_to_power(REST_DB), SILENT_POWER)
        return Frames(analysis, spectra, amplitudes, active.float())

    def _samples(self, start: int, stop: int) -> Tensor:
        """The samples under these frames, zeros before and after the clip."""
        grid = self.analysis.grid
        first = start * grid.hop - grid.length // 2
        end = first + (stop - 1 - start) * grid.hop + grid.length
        return torch.from_numpy(samples_between(self.audio, first, end)) * self.unit
