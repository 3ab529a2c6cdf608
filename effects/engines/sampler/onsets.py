"""Where something is struck in a clip, how surely, how bright and how strong.

In half octaves, levels are compared with the highest level shortly before. A stroke makes them
rise, at least in some bands if others ring on. Noise rises, too, by chance: its level has a
standard deviation σ (`effects.engines.sampler.bands`). The rise of a moment is the mean over the
bands of what exceeds 2σ. Its peaks are the strokes.

After the spectral flux of S. Böck & G. Widmer, *Maximum filter vibrato suppression for onset
detection*, DAFx 2013, which also compares with a maximum, but there over frequency.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from effects.engines.sampler.bands import SETTINGS as BANDS
from effects.engines.sampler.bands import Bands
from effects.running.cores import each_in_threads
from effects.signal.arrays import Sound, Values
from effects.signal.units import hz_to_midi


@dataclass(frozen=True)
class Settings:
    """The numbers of this module: tried on twelve recorded grooves of the tuning half, and noise.

    "Best" means the F-measure of the strokes within 25 ms, with as little as possible in noise.
    """

    #: Bands that are softer than the loudest moment by more than this, in dB, are silent. Best of
    #: 60, 65 and 75.
    silent_db: float = 65.0
    #: Most rise of a band in dB that counts. Not searched.
    most_rise_db: float = 30.0
    #: Standard deviations that are taken off a rise. Best of 1, 1.5, 2, 2.5 and 3, each with the
    #: least rise that finds nothing in noise.
    deviations: float = 2.0
    #: A stroke rises by more than this, in dB. Of 0.4, 0.5 and 0.6, the least that finds nothing
    #: in noise but its beginning.
    least_rise_db: float = 0.5
    #: A sound that falls below this share of its power within 30 to 50 ms is cut off, which clicks.
    #: Not searched.
    cut_off: float = 0.1
    #: Strokes are further apart than this, in seconds, or a flam would be one stroke. Best of 12,
    #: 15, 18, 21 and 25 ms.
    apart_seconds: float = 0.018
    #: A stroke's power is measured for this many hops, 81 ms, unless the next stroke comes earlier,
    #: without this share of what rang before. Best of 23, 29, 49 and 81 ms and of 0 to 1.5 in
    #: steps of 0.25: levels are wrong by 0.9 dB, and by 2.0 dB if nothing is taken off.
    level_hops: int = 28
    level_rings_on: float = 0.25
    #: Likewise for its brightness: 29 ms. Best of 9, 17 and 29 ms and of 0, 0.5, 1 and 2, by how
    #: often kicks, toms, snares and hats are in this order.
    brightness_hops: int = 10
    brightness_rings_on: float = 1.0
    #: Frames at a time, to limit memory. The result does not depend on this.
    frames_together: int = 4096


SETTINGS = Settings()


@dataclass(frozen=True)
class Onset:
    """A stroke's beginning.

    Attributes:
        seconds: when it is.
        rise: how much levels rise there, in dB: the mean over the bands.
        brightness: where the power that is added has its centre, on a logarithmic axis of
            frequency, as a MIDI number.
        power: what is added, as mean squares, ``[bands]``.
        attack: the same of the first 29 ms, of which the brightness is the centre.
        hz: the bands' centres.
        clear: the share of what sounds that is added, 0 to 1; the rest rings on.
    """

    seconds: float
    rise: float
    brightness: float
    power: Values
    attack: Values
    hz: Values
    clear: float


def onsets(audio: Sound, sample_rate: float) -> list[Onset]:
    """The strokes of a clip, ``[samples]``, in order."""
    bands = Bands.of(audio, sample_rate)
    curve = rise(bands)
    apart = SETTINGS.apart_seconds / bands.hop_seconds
    highest = maximum_filter1d(curve, 2 * max(round(apart), 1) + 1)
    frames: list[int] = []
    for frame in np.flatnonzero((curve == highest) & (curve > SETTINGS.least_rise_db)).tolist():
        if not frames or frame - frames[-1] > apart:
            frames.append(frame)
    ends = [*(it - BANDS.before[0] for it in frames[1:]), len(curve)]
    return [
        _onset(bands, frame, end, float(curve[frame]))
        for frame, end in zip(frames, ends, strict=True)
    ]


def rise(bands: Bands) -> Values:
    """How much levels rise at each frame, in dB, ``[frames]``; see the module."""
    loudest = float(bands.power.sum(axis=1).max(initial=0))
    least = max(loudest * 10 ** (-SETTINGS.silent_db / 10), 1e-300) / len(bands.hz)
    mean = np.empty(len(bands.power))

    def measure(first: int) -> None:
        # With the frames before it that count, a stretch rises as it does in the whole.
        begin = max(first - BANDS.before[1], 0)
        levels = 10 * np.log10(bands.power[begin : first + SETTINGS.frames_together] + least)
        before = bands.before(levels, 10 * np.log10(least))
        rises = (levels - before - SETTINGS.deviations * bands.deviations)[first - begin :]
        found = np.clip(rises, 0, SETTINGS.most_rise_db).mean(axis=1)
        mean[first : first + SETTINGS.frames_together] = found

    each_in_threads(measure, range(0, len(mean), SETTINGS.frames_together))
    mean[_cut_off(bands)] = 0
    return mean


def _cut_off(bands: Bands) -> NDArray[np.bool_]:
    """Where a sound is cut off: that clicks, but nothing is struck. ``[frames]``."""
    total = bands.power.sum(axis=1, keepdims=True)
    later = np.concatenate([total, np.zeros((BANDS.overlap, 1))])[BANDS.overlap :]
    return (later < SETTINGS.cut_off * bands.before(total, 0.0))[:, 0]


def _onset(bands: Bands, frame: int, end: int, height: float) -> Onset:
    """The stroke at a frame; ``end`` is where the next one begins to sound."""
    attack = bands.added(
        frame, min(end, frame + SETTINGS.brightness_hops), SETTINGS.brightness_rings_on
    )
    stop = max(min(end, frame + SETTINGS.level_hops), frame + 1)
    power = bands.added(frame, stop, SETTINGS.level_rings_on)
    sounds, total = float(bands.power[frame:stop].mean(axis=0).sum()), float(attack.sum())
    pitches = hz_to_midi(bands.hz)
    return Onset(
        seconds=frame * bands.hop_seconds,
        rise=height,
        brightness=float((pitches * attack).sum() / total) if total > 0 else 60.0,
        power=power,
        attack=attack,
        hz=bands.hz,
        clear=float(power.sum()) / sounds if sounds > 0 else 1.0,
    )
