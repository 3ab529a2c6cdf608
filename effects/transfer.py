"""The options of one transfer, and the sound that it renders.

`StyleTransfer` makes one `Transfer` from its properties for each call, `Automation` one for each
preset and strength that a MIDI file calls for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np

from effects.engines import given_options, make_engine
from effects.engines.engine import Engine, Restyled
from effects.engines.report import Report
from effects.running.cores import blas_in_one_thread, using
from effects.running.devices import check_device
from effects.running.progress import Progress, meanwhile
from effects.scores.score import Score
from effects.signal.arrays import Audio
from effects.signal.loudness import loudness, match_loudness, peak
from effects.signal.true_peak import ceiling_of
from effects.style_clip import MIN_PEAK, Style

#: Louder sounds are scaled down for the engine, and up again. In single precision, in which engines
#: take squares and products of spectra, the sampler overflows at some 150 dB above full scale; this
#: is 120 dB. Not searched.
MAX_PEAK = 1e6
STRETCH = 1 << 20  # samples at a time, to limit memory


class _Own(TypedDict):
    """The options that not every engine has."""

    weights: str | None
    drums: str
    dynamics: float
    notes: Score | None


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """The options of one transfer, as `effects.StyleTransfer` documents and checks them.

    Args:
        style: the style clip.
        strength: 0 to 1.
        mix: 0 to 1.
        engine: its name, or the engine itself.
        seed: draws the random filters of an engine given by its name.
        device: one of `effects.running.devices.DEVICES`.
        weights: the file of trained weights of an engine given by its name.
        drums: one of `effects.engines.DRUMS`, for an engine given by its name.
        dynamics: 0 to 1, likewise.
        threads: how many cores to use, at least 1; None for those there are.
        notes: the score to play, for an engine given by its name; None for what is heard.
    """

    style: Style
    strength: float
    mix: float
    engine: str | Engine
    seed: int
    device: str
    weights: str | None
    drums: str
    dynamics: float
    threads: int | None
    notes: Score | None = None

    def make_engine(self) -> Engine:
        """The engine, with its options.

        Raises:
            ValueError: ``weights``, ``drums``, ``dynamics`` or ``notes`` are given for an engine
                that has no such option, or is not given by its name; or the weights are another
                network's.
            OSError: the file of weights cannot be opened.
        """
        own: _Own = {
            "weights": self.weights,
            "drums": self.drums,
            "dynamics": self.dynamics,
            "notes": self.notes,
        }
        if isinstance(self.engine, str):
            return make_engine(self.engine, seed=self.seed, **own)
        for option in given_options(**own):
            raise ValueError(
                f"An engine with options has its {option} among them: name them there."
            )
        return self.engine

    def render(self, audio: Audio, sample_rate: float, progress: Progress) -> Restyled:
        """The restyled sound, as loud as ``audio``, ``[channels, samples]``, which is only read.

        However many threads there are, it has the same bits.

        If there is nothing to do, the sound is ``audio`` itself, and all of it is kept.

        Where strength s or mix m is below 1, the report has s·m of what the engine played and
        blended, and the rest is kept: so much of the way the sound goes from the stem to the style.
        (Loudness is matched on the way, so these are shares of the way and not of the power.)

        Raises:
            ValueError: as `make_engine`; there is no such device; the style clip cannot be used.
            Cancelled: ``progress`` was told to stop.
        """
        with blas_in_one_thread(), using(self.threads):
            return self._render(audio, sample_rate, progress)

    def _render(self, audio: Audio, sample_rate: float, progress: Progress) -> Restyled:
        loudest = peak(audio)
        if self.strength == 0 or self.mix == 0 or loudest < MIN_PEAK:
            return Restyled(audio, [], self._untouched(audio.shape[1] / sample_rate))
        if loudest > MAX_PEAK:
            return self._render_scaled(audio, sample_rate, progress, math.frexp(loudest)[1] - 1)
        progress.tick(0.0, "loading the engine")
        check_device(self.device)
        engine = meanwhile(self.make_engine, progress.tick)  # it may import torch: seconds
        restyled = engine.restyle(
            audio,
            sample_rate,
            self.style,
            strength=self.strength,
            device=self.device,
            progress=progress,
        )
        wet, level, ceiling = restyled.audio, loudness(audio, sample_rate), ceiling_of(audio)
        match_loudness(wet, sample_rate, level, ceiling=ceiling)
        progress.tick(0.97)  # only mixing may be left
        if self.mix < 1:  # dry and wet may cancel in part, so the mix is matched once more
            _mix_into(wet, audio, self.mix)
            match_loudness(wet, sample_rate, level, ceiling=ceiling)
        restyled.report = restyled.report.mixed(self.strength * self.mix)
        return restyled

    def _render_scaled(
        self, audio: Audio, sample_rate: float, progress: Progress, exponent: int
    ) -> Restyled:
        """As `_render`, at 2^-exponent of the level; powers of two cost no precision."""
        restyled = self._render(np.ldexp(audio, -exponent), sample_rate, progress)
        restyled.audio = np.ldexp(restyled.audio, exponent)
        return restyled

    def _untouched(self, seconds: float) -> Report:
        """The report if nothing is to be done."""
        name = self.engine if isinstance(self.engine, str) else self.engine.name
        wet = self.strength * self.mix
        return replace(Report.uniform(name, seconds, kept=1.0), wet=wet)


def _mix_into(wet: Audio, dry: Audio, mix: float) -> None:
    """Turn ``wet`` into the mix, in place."""
    for start in range(0, wet.shape[1], STRETCH):
        part = slice(start, start + STRETCH)
        wet[:, part] *= np.float32(mix)
        wet[:, part] += np.float32(1 - mix) * dry[:, part]
