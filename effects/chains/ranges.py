"""The range of a number, found by asking: pedalboard's effects refuse what is impossible to them.

They declare no ranges, but their setters raise for values beyond. So a range is found by bisecting
between a value that is accepted and one that is refused, and where many values are accepted that
make no sense, by `LIMITS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

Accepts = Callable[[float], bool]
Range = tuple[float | None, float | None]

#: A number that accepts this is open. Below the largest float32, 3.4e38.
FAR = 1e30
FAR_WHOLE = 2**64
#: How closely an end is found, relative and absolute: values are kept in single precision.
RELATIVE, ABSOLUTE = 4e-7, 2e-9
#: In place of an end that is itself refused, as 0 where a number has to be above 0. By guess: fine
#: enough for all units there are.
LEAST_STEP = 1e-3

#: Where pedalboard takes values that make no sense, by ``Effect.parameter``, or a parameter's name,
#: or the end of one. What is said to fail was tried, with a second of stereo noise at 44.1 kHz.
LIMITS: Mapping[str, Range] = MappingProxyType(
    {
        # The encoder fails when it runs, at 9.9999, which the setter accepts.
        "MP3Compressor.vbr_quality": (None, 9.9),
        # Four octaves, and not pedalboard's six: there, a second of sound takes eight.
        "semitones": (-48.0, 48.0),
        # JUCE, which it is made of, keeps it within these.
        "Chorus.centre_delay_ms": (1.0, 100.0),
        # Beyond -1 and 1, Chorus and Phaser grow to infinity, and then NaN.
        "feedback": (-1.0, 1.0),
        # Shares of a whole, which Chorus and Phaser leave open.
        "depth": (0.0, 1.0),
        "mix": (0.0, 1.0),
        # A compressor at 1000:1 is a limiter, by guess. Compressor refuses less than 1 itself, and
        # NoiseGate does not.
        "ratio": (1.0, 1000.0),
        # LadderFilter has no most: 100 is 40 dB. By guess.
        "drive": (None, 100.0),
        # Narrower than a semitone's twentieth, or wider than all that is heard. By guess.
        "q": (0.01, 100.0),
        # Of low-frequency oscillators: Chorus has this range itself. Phaser has none, takes as many
        # steps as there are periods, and hangs at 3e38.
        "rate_hz": (0.0, 100.0),
        # At 1 Hz it takes seconds, at 0.5 and 1e9 it hangs, at 0.001 it asks for all memory.
        "target_sample_rate": (100.0, 192_000.0),
        # What can be heard, and what filters out an offset. HighpassFilter, LowpassFilter and
        # LadderFilter give NaN below 0, the first two also above half the sample rate.
        "_hz": (1.0, 20_000.0),
        # 100 dB are a factor of 100 000. Gains of 1000 dB give infinity, and PeakFilter at -100 dB,
        # where its factor is taken for 0, NaN.
        "PeakFilter.gain_db": (-99.0, 100.0),
        "_db": (-100.0, 100.0),
        # Nothing fails, not even at negative times, which mean nothing.
        "_ms": (0.0, 10_000.0),
        "_seconds": (0.0, 60.0),
    }
)


def find(accepts: Accepts, inside: float, *, whole: bool = False) -> Range:
    """The least and the most number that is accepted; None where it is open.

    Args:
        accepts: whether a value is accepted. Those that are must have no gaps.
        inside: a value that is.
        whole: whether only whole numbers are.
    """
    if whole:
        return _whole_end(accepts, int(inside), -1), _whole_end(accepts, int(inside), 1)
    return _end(accepts, inside, -1), _end(accepts, inside, 1)


def limited(found: Range, effect: str, parameter: str) -> Range:
    """A range within the limits of that parameter."""
    least, most = found
    low, high = _limits(effect, parameter)
    least = low if least is None else least if low is None else max(least, low)
    most = high if most is None else most if high is None else min(most, high)
    return least, most


def _limits(effect: str, parameter: str) -> Range:
    for key in (f"{effect}.{parameter}", parameter):
        if key in LIMITS:
            return LIMITS[key]
    ends = [key for key in LIMITS if key.startswith("_") and parameter.endswith(key)]
    return LIMITS[ends[0]] if ends else (None, None)


def _end(accepts: Accepts, inside: float, side: int) -> float | None:
    """One end of the range, as the roundest number that is as good as it."""
    if accepts(side * FAR):
        return None
    accepted, step = inside, 1.0
    while accepts(refused := inside + side * step):  # in steps: FAR itself is too far to bisect
        accepted, step = refused, step * 8
    while abs(refused - accepted) > ABSOLUTE + RELATIVE * abs(accepted) / 4:
        middle = (accepted + refused) / 2
        if accepts(middle):
            accepted = middle
        else:
            refused = middle
    nearest = 0.0 if abs(accepted) <= ABSOLUTE else _rounded(accepted)
    if accepts(nearest):
        return nearest
    stepped = nearest - side * LEAST_STEP
    return stepped if (inside - stepped) * side <= 0 and accepts(stepped) else accepted


def _rounded(number: float) -> float:
    """The shortest number that is as near as the end was found."""
    for digits in range(1, 9):
        short = float(f"{number:.{digits}g}")
        if abs(short - number) <= ABSOLUTE + RELATIVE * abs(number):
            return short
    return number


def _whole_end(accepts: Accepts, inside: int, side: int) -> int | None:
    if accepts(side * FAR_WHOLE):
        return None
    accepted, refused = inside, side * FAR_WHOLE
    while abs(refused - accepted) > 1:
        middle = (accepted + refused) // 2
        if accepts(middle):
            accepted = middle
        else:
            refused = middle
    return accepted
