"""Loudness (ITU-R BS.1770-4): measured, matched without clipping, and rests kept silent.

Blocks of K-weighted mean square z have the loudness -0.691 + 10 log₁₀ z, in LUFS. Signals are
float32 ``[channels, samples]``; all channels weigh the same.

Everything here works in stretches of a few seconds, so that an hour of audio takes hardly more
memory than the audio itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from pedalboard import Chain, HighpassFilter, HighShelfFilter

from effects.checkpoint import checkpoint
from effects.signal.arrays import Audio, Sound
from effects.signal.true_peak import Ceiling, Peaks, peaks_of
from effects.signal.units import db_to_amplitude, db_to_power

Nodes = NDArray[np.float64]
"""A gain at equidistant nodes, linear between them."""

# BS.1770-4. Blocks of 0.4 s begin every 0.1 s; those below the absolute gate are left out, then
# those that are more than 10 LU below the mean of the rest.
BLOCK_STEP_SECONDS = 0.1
BLOCK_STEPS = 4
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
#: The K-weighting amplifies 997 Hz by 0.691 dB. With this subtracted, a sine of 997 Hz of full
#: scale in one channel, whose mean square is 1/2, has -3.01 LUFS.
K_WEIGHTING_LU = 0.691
# The K-weighting's high shelf and high-pass as analog filters. BS.1770 gives digital coefficients
# for 48 kHz only; these come close at all rates (tests compare with pyloudnorm).
SHELF_HZ, SHELF_DB, SHELF_Q = 1500.0, 4.0, math.sqrt(0.5)
HIGH_PASS_HZ = 38.0
#: A sample this far below the stem's peak belongs to a rest. Not searched.
REST_DB = -80.0
#: Restyled sound may ring this long into a rest. Not searched.
REST_FADE_SECONDS = 0.02
#: The limiter turns down over this time before and after a peak, with a node per hop. Not searched.
LIMITER_SECONDS = 0.005
LIMITER_HOP_SECONDS = 0.001
#: A true peak above the ceiling is brought so far below it: other meters, with other filters, read
#: some hundredths of a dB more. Not searched.
TRUE_PEAK_MARGIN_DB = 0.1
#: So often what is limited is measured again: a gain that changes within the filter's reach leaves
#: a little above the ceiling. Not searched; the margin makes one enough nearly always.
MOST_ROUNDS = 4
#: The most gain into the limiter, beyond the plain gain to the target. Not searched.
MOST_LIMITING_DB = 30.0
#: A loudness this close to the target is close enough, in LU: the just noticeable difference is
#: some 1 dB.
TOLERANCE_LU = 0.1
#: This much gain into the limiter, in dB, costs as much as being 1 LU off; see `match_loudness`.
#: Not searched.
GAIN_PER_LU_DB = 20
MOST_TRIALS = 10  # gains that are tried; not searched
STRETCH = 1 << 18  # samples at a time, to limit memory


def loudness(audio: Sound, sample_rate: float, envelope: Nodes | None = None) -> float:
    """Integrated loudness in LUFS, -inf for silence.

    If gating leaves nothing (shorter than 0.4 s, or quieter than -70 LUFS), the whole is measured
    without gates: BS.1770 has no answer then, but a level is needed.

    Args:
        audio: ``[channels, samples]``.
        sample_rate: in Hz.
        envelope: a gain to apply before measuring, at the limiter's nodes.
    """
    step = _step(sample_rate)
    power = k_weighted_power(audio, sample_rate, step, envelope)
    return _gated(power, step, audio.shape[1])


def _step(sample_rate: float) -> int:
    """Samples from one block to the next."""
    return max(round(BLOCK_STEP_SECONDS * sample_rate), 1)


def _gated(power: Nodes, step: int, samples: int) -> float:
    """The loudness in LUFS of so many samples, from sums of squares over every ``step`` samples."""
    whole_steps = samples // step
    blocks = _sliding_mean(power[:whole_steps] / step, BLOCK_STEPS)
    loud = blocks[_lufs(blocks) > ABSOLUTE_GATE_LUFS]
    if len(loud):
        loud = loud[_lufs(loud) > _lufs(loud.mean()) + RELATIVE_GATE_LU]
        return float(_lufs(loud.mean()))
    return float(_lufs(power.sum() / max(samples, 1)))


def match_loudness(
    audio: Audio, sample_rate: float, target_lufs: float, *, ceiling: float | Ceiling
) -> None:
    """Scale ``audio`` in place to a loudness; peaks above ``ceiling`` are limited, not clipped.

    A ceiling that is a number is one of samples; what is between them may be above.

    Limiting costs loudness, so the gain is raised until loudness and ceiling both hold. Where they
    cannot (a stem as loud as a square wave at full scale), the ceiling wins. The limiter takes gain
    back in loud passages, so more gain only brings up quiet ones. The gain that is chosen is
    therefore not the one nearest to the target, but the one with the lowest cost: the distance from
    the target in LU, plus 1 LU for every 20 dB above the plain gain.

    The search raises the gain by twice the missing loudness until the target is exceeded, then
    halves the interval between the two nearest gains.
    """
    step = _step(sample_rate)
    power = k_weighted_power(audio, sample_rate, step)
    now = _gated(power, step, audio.shape[1])
    if not (math.isfinite(now) and math.isfinite(target_lufs)):
        return
    hop, ceiling = _limiter_hop(sample_rate), _as_ceiling(ceiling)
    peaks = peaks_of(audio, hop)
    low, high = target_lufs - now, math.inf  # gains in dB that are too little and too much
    least, most = low, low + MOST_LIMITING_DB
    gain, lowest_cost, best, limited = low, math.inf, np.ones(0), False
    for _ in range(MOST_TRIALS):
        factor = db_to_amplitude(gain)
        limiting = _limiting(peaks, factor, ceiling)
        envelope = factor * limiting
        if limiting.min() == 1:  # only louder, so what was measured says how loud, up to rounding
            expected = _gated(power * factor**2, step, audio.shape[1])
            if abs(expected - target_lufs) < TOLERANCE_LU / 2:
                best, limited = envelope, False
                break
        over = loudness(audio, sample_rate, envelope) - target_lufs
        met, cost = abs(over) < TOLERANCE_LU, abs(over) + (gain - least) / GAIN_PER_LU_DB
        if met or cost < lowest_cost:
            lowest_cost, best, limited = cost, envelope, limiting.min() < 1
        if met or (over < 0 and gain == most):
            break
        low, high = (gain, high) if over < 0 else (low, gain)
        gain = (low + high) / 2 if high < math.inf else min(gain - 2 * over, most)
    _apply_envelope(audio, best, hop)
    if limited:
        limit(audio, sample_rate, ceiling)
    _clip(audio, ceiling)


def limit(audio: Audio, sample_rate: float, ceiling: float | Ceiling) -> bool:
    """Turn ``audio`` down in place around its peaks, smoothly over 5 ms, to at most ``ceiling``.

    All channels are turned down alike. Returns whether anything was above.
    """
    hop, ceiling = _limiter_hop(sample_rate), _as_ceiling(ceiling)
    for already in range(MOST_ROUNDS):
        peaks = peaks_of(audio, hop)
        above = peaks.samples.max(initial=0.0) > ceiling.sample
        if not above and peaks.true_above(ceiling.true).max(initial=0.0) <= ceiling.true:
            return already > 0
        _apply_envelope(audio, _limiting(peaks, 1.0, ceiling), hop)
        _clip(audio, ceiling)
    return True


def _as_ceiling(ceiling: float | Ceiling) -> Ceiling:
    return ceiling if isinstance(ceiling, Ceiling) else Ceiling(ceiling)


def _clip(audio: Audio, ceiling: Ceiling) -> None:
    """Take away what rounding left above the ceiling."""
    np.clip(audio, -ceiling.sample, ceiling.sample, out=audio)


def _limiter_hop(sample_rate: float) -> int:
    return max(round(LIMITER_HOP_SECONDS * sample_rate), 1)


def _limiting(peaks: Peaks, factor: float, ceiling: Ceiling) -> Nodes:
    """The limiter's gain, after a ``factor``, at nodes 1 ms apart, linear between them.

    Each node first takes the lower of the gains that the milliseconds before and after it need.
    Then comes the minimum over the nodes around it, then the mean over as many. Every averaged
    minimum includes the node itself, so the mean is nowhere above what the node needs.
    """
    needed = _needed(peaks.samples * factor, ceiling.sample)
    true = peaks.true_above(ceiling.true / factor) * factor
    if true.max(initial=0.0) > ceiling.true:
        most = ceiling.true * db_to_amplitude(-TRUE_PEAK_MARGIN_DB)
        above = np.where(true > ceiling.true, true, 0.0)  # what is just below is left alone
        needed = np.minimum(needed, _needed(above, most))
    if needed.min(initial=1.0) == 1:
        return np.ones(len(needed) + 1)
    nodes = np.minimum(np.append(needed, 1.0), np.append(1.0, needed))
    return _smooth(nodes, round(LIMITER_SECONDS / LIMITER_HOP_SECONDS), np.min)


def _needed(peaks: Nodes, ceiling: float) -> Nodes:
    """The gain that brings each of the peaks to the ceiling; 1 where it is below."""
    most = ceiling * (1 - 1e-6)  # a little below the ceiling, because of rounding
    return np.minimum(1.0, most / np.maximum(peaks, 1e-30))


def keep_rests(audio: Audio, content: Audio, sample_rate: float) -> None:
    """Silence ``audio`` in place wherever ``content`` rests (80 dB below its peak, or digital 0).

    Restyled sound may fade for 20 ms into a rest, and out of it; in between, it is exactly 0.
    """
    # A sound may end with the first sample of its hop. After that hop come two nodes that the
    # maximum reaches, two that the mean reaches, and the line down to 0: six hops.
    hop = max(int(REST_FADE_SECONDS / 6 * sample_rate), 1)
    peaks = peaks_of(content, hop).samples
    if not len(peaks):
        return
    sounding = (peaks > peaks.max() * db_to_amplitude(REST_DB)).astype(np.float64)
    if sounding.all():
        return
    nodes = np.maximum(np.append(sounding, 0.0), np.append(0.0, sounding))
    _apply_envelope(audio, _smooth(nodes, 2, np.max), hop)


def peak(audio: Sound) -> float:
    """The largest absolute sample of ``[*, samples]``."""
    parts = (audio[..., at] for at in _stretches(audio.shape[-1]))
    return max((abs(float(it)) for part in parts for it in (part.max(), part.min())), default=0.0)


def k_weighted_power(
    audio: Sound, sample_rate: float, step: int, envelope: Nodes | None = None
) -> Nodes:
    """Sums of squares of the K-weighted channels over every ``step`` samples: ``[steps]``.

    The weighting is BS.1770's high shelf and high-pass. The high-pass has Q 0.5, so its two poles
    are equal: it is a one-pole filter applied twice. All of these are plugins of pedalboard.

    Args:
        audio: ``[channels, samples]``.
        sample_rate: in Hz.
        step: in samples.
        envelope: a gain to apply before measuring, at the limiter's nodes.
    """
    shelf = min(SHELF_HZ, 0.45 * sample_rate)  # below the Nyquist frequency
    weighting = Chain(
        [
            HighShelfFilter(shelf, SHELF_DB, SHELF_Q),
            HighpassFilter(HIGH_PASS_HZ),
            HighpassFilter(HIGH_PASS_HZ),
        ]
    )
    # Brought to a peak of 1, whatever the stem's level: the filters have single precision.
    top = peak(audio)
    unit = 1 / top if top > 0 else 1.0
    sums = [np.zeros(0)]
    n = max(STRETCH // step, 1) * step
    for start in range(0, audio.shape[1], n):
        checkpoint()
        length = min(n, audio.shape[1] - start)
        # The copy is in pedalboard's layout: with two dimensions, the smaller one is the channels.
        part = np.zeros((len(audio), max(length, 2 * len(audio))), np.float32)
        np.multiply(
            audio[:, start : start + length],
            unit,
            out=part[:, :length],
            dtype=np.float64,
            casting="same_kind",
        )
        if envelope is not None:
            part[:, :length] *= _line(envelope, start, start + length, _limiter_hop(sample_rate))
        part = weighting(part, sample_rate, reset=False)[:, :length]
        sums.append(step_sums(np.square(part, dtype=np.float64), step))
    return np.concatenate(sums) / unit**2


def k_weighting(hz: Nodes) -> Nodes:
    """The factor by which the K-weighting changes the power at frequencies in Hz.

    That of the analog filters from which those of `k_weighted_power` are made: with A the square
    root of the shelf's gain and s = i f / f₀, the shelf is (R. Bristow-Johnson's audio EQ cookbook)

        H(s) = A (A s² + √A s / Q + 1) / (s² + √A s / Q + A)
    """
    root = 10 ** (SHELF_DB / 40)
    s = 1j * hz / SHELF_HZ
    middle = np.sqrt(root) * s / SHELF_Q
    shelf = root * (root * s**2 + middle + 1) / (s**2 + middle + root)
    high_pass = hz**2 / (hz**2 + HIGH_PASS_HZ**2)
    return np.asarray(np.abs(shelf) ** 2 * high_pass**2)


def step_sums(power: NDArray[np.float64], step: int) -> Nodes:
    """The sums over all channels and every ``step`` samples of ``[channels, samples]``."""
    return np.add.reduceat(power.sum(0), np.arange(0, power.shape[1], step))


def _lufs(power: NDArray[np.float64] | float) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(-K_WEIGHTING_LU + 10 * np.log10(power))


def lufs_to_power(lufs: float) -> float:
    """The K-weighted mean square of a loudness."""
    return db_to_power(lufs + K_WEIGHTING_LU)


def _smooth(nodes: Nodes, reach: int, extreme: Callable[..., Nodes]) -> Nodes:
    """For each node, the minimum (or maximum) around it, then the mean of these around it.

    Both reach ``reach`` nodes to either side. Every averaged value includes the node itself, so the
    mean is at least as low (or high) as the node.
    """
    width = 2 * reach + 1
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(nodes, 2 * reach, "edge"), width)
    return _sliding_mean(extreme(windows, axis=1), width)


def _sliding_mean(values: Nodes, width: int) -> Nodes:
    """The means of ``width`` neighbours; none if there are fewer values.

    scipy.ndimage would keep a running sum, whose rounding leaves gains that are not exactly 0 in
    rests and not exactly 1 where nothing is limited.
    """
    if len(values) < width:
        return np.zeros(0)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(values, width).mean(axis=1))


def _apply_envelope(audio: Audio, nodes: Nodes, hop: int) -> None:
    """Multiply in place by the line through ``nodes``, node n at sample n * hop."""
    for at in _stretches(audio.shape[1]):
        part = audio[:, at]
        line = _line(nodes, at.start, at.stop, hop)
        np.multiply(part, line, out=part, dtype=np.float64, casting="same_kind")


def _line(nodes: Nodes, start: int, stop: int, hop: int) -> Nodes:
    """The line through ``nodes``, node n at sample n * hop, at samples ``start`` to ``stop``.

    Where it is level, one value stands for all.
    """
    first, last = start // hop, min((stop - 1) // hop + 2, len(nodes))
    if (nodes[first:last] == nodes[first]).all():
        return nodes[first : first + 1]
    at = np.arange(start, stop) / hop
    return np.interp(at, np.arange(first, last), nodes[first:last])


def _stretches(n: int) -> Iterator[slice]:
    for start in range(0, n, STRETCH):
        checkpoint()
        yield slice(start, min(start + STRETCH, n))
