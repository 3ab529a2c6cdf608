"""Two pieces in, one between them out: heard, put on one time axis, moved, and played.

The report of a morph, as JSON has it:

===========  =====================================================================================
``heard``    of ``"a"`` and ``"b"``: ``name``, ``seconds``, ``kind`` (as `effects.morphing.piece`
             has it), ``notes``, ``strokes``, ``bpm`` (None where no beat was looked for), ``lufs``
``paired``   how many notes of the middle come from a note of each
``only_a``   how many come from A alone
``only_b``   from B alone
``strokes``  how many strokes there are
``at``       X at the beginning, in the middle and at the end
``tempo``    ``"between"`` or ``"own"``, as it was done; ``"together"`` if they were not moved since
             they have most notes in common
``method``   where the notes come from: ``"notes"``, ``"latent"``, ``"both"``; ``"texture"`` if
             there is no score, ``"itself"`` if one of the pieces is the result, as it
             is if both are the same sound
``seconds``  how long it is
``why``      what was done and why, in a few sentences
===========  =====================================================================================
"""

from __future__ import annotations

import math

import numpy as np

from effects.latent.codec import Codec
from effects.morphing.at import At
from effects.morphing.drumming import drummed
from effects.morphing.ends import put_back, with_ends
from effects.morphing.given import EQUAL_LUFS, Given, Named, heard, itself
from effects.morphing.middle import Between, Middle
from effects.morphing.morphed import Morphed
from effects.morphing.moved import moved
from effects.morphing.options import Options
from effects.morphing.performance import performed
from effects.morphing.telling import report_of
from effects.morphing.textures import blended, without_score
from effects.morphing.times import TOGETHER, times
from effects.morphing.together import are_together
from effects.running.cores import blas_in_one_thread, using
from effects.running.progress import Progress
from effects.signal.arrays import Audio, samples_between
from effects.signal.envelope import Envelope
from effects.signal.loudness import limit, match_loudness
from effects.signal.true_peak import ceiling_of
from effects.warping.timeline import Timeline

#: At which fractions of the work its steps end: listening is most of it. Not measured closely.
HEARD_A, HEARD_B, MOVED, PLAYED, ENDED = 0.4, 0.8, 0.83, 0.94, 0.98
#: How often the gain from A's loudness to B's is computed, in seconds; linear in between.
GAIN_SECONDS = 0.01

Times = tuple[Timeline, Timeline]


def morph(
    a: Named,
    b: Named,
    options: Options,
    *,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Morphed:
    """The piece ``options.at`` of the way from A to B. Each is a name, audio and its rate in Hz.

    It has A's rate, as many channels as the piece with more of them, and is as long as
    ``options.seconds`` or the longer piece. Where X is 0 it is A, bit for bit, and where X is 1 it
    is B, if B has A's rate and that many channels. Its loudness goes from A's to B's, and peaks
    stay below full scale if A's and B's do. The same pieces and options give the same bits, however
    many threads there are.

    Args:
        a: a piece.
        b: the other.
        options: what is wanted.
        progress: is told how far the work is; it may be stopped.
        threads: how many cores may be used; None for all there are, at most 8.

    Raises:
        ValueError: one of them is no sound, or out of range; ``options.at`` is no such curve.
        FileNotFoundError: there is no file of that curve, or of the weights.
        Cancelled: ``progress`` was told to stop.
    """
    progress = progress or Progress()
    with blas_in_one_thread(), using(threads):
        return _morph(a, b, options, progress)


def _morph(a: Named, b: Named, options: Options, progress: Progress) -> Morphed:
    codec = _codec(options)
    spans = {"A": (0.0, HEARD_A), "B": (HEARD_A, HEARD_B)}
    both = heard(a, b, lambda it: progress.nested(*spans[it], f"listening to {it}"))
    first, second = (it.piece for it in both)
    samples = _samples(both, options)
    seconds = samples / first.sample_rate
    at = At.of(options.at, seconds)
    tempo = TOGETHER if are_together(first, second) else options.tempo
    on = times(first.song, second.song, at, seconds, tempo)
    textures = without_score(first, second)
    middle = Middle((), ()) if textures else _score(both, at, on, options, codec)
    progress.tick(MOVED, "playing")
    rest = progress.nested(MOVED, 1, "morph")
    if (one := itself(both, at)) is not None:
        audio = samples_between(one.audio, 0, samples)
    else:
        audio = _sounding(both, middle, at, on, samples, textures, rest)
    report = report_of(both, middle, at, options.method, tempo, seconds)
    return Morphed(audio, first.sample_rate, at, middle, first, second, on, report)


def _samples(both: tuple[Given, Given], options: Options) -> int:
    """How long the result is."""
    if options.seconds is not None:
        return max(round(options.seconds * both[0].piece.sample_rate), 1)
    return int(max(it.piece.audio.shape[1] for it in both))


def _codec(options: Options) -> Codec | None:
    """The networks, if they are asked for: before the long work, in case they cannot be used."""
    if options.method == "notes":
        return None
    from effects.latent.loading import load_codec  # loads onnxruntime

    return load_codec(options.weights)


def _score(
    both: tuple[Given, Given], at: At, on: Times, options: Options, codec: Codec | None
) -> Middle:
    a, b = (it.piece for it in both)
    strokes = drummed(a, b, at, on, options.seed)
    notes: list[Between] | None = None
    if options.method != "latent":
        notes = moved(a, b, at, on, options.seed)
    if codec is not None:
        from effects.morphing.from_latent import from_latent

        notes = from_latent(a, b, at, on, notes, codec, seed=options.seed)
    return Middle(notes or (), strokes)


def _sounding(
    both: tuple[Given, Given],
    middle: Middle,
    at: At,
    on: Times,
    samples: int,
    textures: bool,
    progress: Progress,
) -> Audio:
    """The sound between the two, ``[channels, samples]``."""
    rate = both[0].piece.sample_rate
    if textures:
        out = blended(*both, at, samples, progress)
    else:
        out = performed(middle, *both, at, samples, progress.nested(0, 0.8, "playing"))
        progress.tick(0.8, "mixing")
        out = with_ends(out, *both, at, on, progress.tick)
        if at.constant is not None:  # what is mixed in dB is softer, if it is not the same
            match_loudness(out, rate, EQUAL_LUFS, ceiling=math.inf)
    _at_loudness(out, both, at, rate)
    limit(out, rate, ceiling_of(*(it.piece.audio for it in both)))
    for side, (it, timeline) in enumerate(zip(both, on, strict=True)):
        progress.tick()
        put_back(out, it.piece.audio, side, at, timeline, rate)
    return out


def _at_loudness(out: Audio, both: tuple[Given, Given], at: At, rate: float) -> None:
    """From `EQUAL_LUFS` to between the pieces' own, in place."""
    levels = [it.lufs for it in both if math.isfinite(it.lufs)]
    if not levels:
        return
    seconds = np.arange(0, out.shape[1] / rate + GAIN_SECONDS, GAIN_SECONDS)
    x = at(seconds)
    gains = 10 ** (((1 - x) * levels[0] + x * levels[-1] - EQUAL_LUFS) / 20)
    Envelope(seconds * rate, gains).scale(out)
