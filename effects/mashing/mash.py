"""Two songs, or several, become one: listen, align, warp, mix, and bring to the loudness of B.

The report of a mashup, as JSON has it:

==============  ==================================================================================
``songs``       of each song: ``name``, ``seconds``, ``bpm``, ``meter``, ``certainty`` of its beats,
                ``semitones`` by which it is played higher, ``stems`` (whether they were given)
``lead``        whose lead is heard: ``"a"`` or ``"b"``
``leads``       of A and B: for which share of the time its lead sounds (``heard``), and the lead's
                share of its power (``power``)
``bpm``         the mashup's beats a minute
``seconds``     how long it is
``part``        from when to when of the whole mashup, in seconds
``gain_db``     how much louder A was made, to be as loud as B
``match``       how well the songs go together, 0 to 1
``rests``       where the lead rests: ``start`` and ``end`` in seconds, and what is ``heard`` there
``why``         what was done and why, in a few sentences
==============  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from effects.listening.listen import listen
from effects.mashing.alignment import align
from effects.mashing.chosen_network import network_of
from effects.mashing.cropping import cropped, part_of
from effects.mashing.fitting import is_silent
from effects.mashing.mashed import Mashed
from effects.mashing.medley import plan_medley
from effects.mashing.options import Options
from effects.mashing.performance import only_b, perform
from effects.mashing.performed_medley import perform_medley
from effects.mashing.source import Source
from effects.mashing.telling import report_of
from effects.running.cores import blas_in_one_thread, using
from effects.running.progress import Progress

DEFAULTS = Options()
#: At which fractions of the work its steps end, rounded up: on two songs of a minute, one of which
#: was stretched, of 22 s listening took 0.9 s and aligning 0.01 s.
HEARD_A, HEARD_B, ALIGNED = 0.03, 0.05, 0.06
#: A song whose lead is to be heard is as long as this: shorter ones would begin again hundreds of
#: times: 0.05 s over 30 s took more than two minutes. Not searched.
LEAST_SECONDS = 1.0


def mash(
    songs: Sequence[Source],
    options: Options = DEFAULTS,
    progress: Progress | None = None,
    *,
    threads: int | None = None,
) -> Mashed:
    """Lay the lead of one song over the bed of another; of several songs, a medley.

    The sound has B's rate and channels, and its loudness within 1 LU; peaks stay below full scale
    if B's do. The same songs and options give the same bits, however many threads there are. If one
    of the songs is silent, B comes back.

    Args:
        songs: A and B; or A, B, C and so on.
        options: what is wanted.
        progress: is told how far the work is; it may be stopped.
        threads: how many cores may be used; None for all there are, at most 8.

    Raises:
        ValueError: there are fewer than two songs, or they cannot be mashed.
        Cancelled: ``progress`` was told to stop.
    """
    if len(songs) < 2:
        raise ValueError(f"A mashup needs two songs, not {len(songs)}: name another.")
    with blas_in_one_thread(), using(threads):
        if len(songs) > 2:
            return _mash_several(songs, options, progress or Progress(), threads)
        return _mash_two(songs[0], songs[1], options, progress or Progress(), threads)


def _mash_two(
    a: Source, b: Source, options: Options, progress: Progress, threads: int | None
) -> Mashed:
    network = network_of(options)
    silent = " and ".join(name for name, it in (("A", a), ("B", b)) if is_silent(it))
    if silent:
        verb = "are" if "and" in silent else "is"
        return only_b(b, options, f"{silent} {verb} silent, so B is heard as it is.")
    _check_long(a)
    heard = (
        listen(a.audio, a.sample_rate, progress.nested(0, HEARD_A, "song A")),
        listen(b.audio, b.sample_rate, progress.nested(HEARD_A, HEARD_B, "song B")),
    )
    progress.tick(HEARD_B, "laying A over B")
    whole = align(*heard, tempo=options.tempo, key=options.key)
    part = part_of(options, whole.bars, whole.seconds, b.sample_rate)
    plan = cropped(whole, *part)
    made = perform(a, b, plan, options, network, progress.nested(ALIGNED, 1, "mashup"), threads)
    report = {**report_of((a, b), heard, plan, options, made), "part": list(part)}
    return Mashed(made.audio, b.sample_rate, made.mask, plan, report)


def _check_long(song: Source) -> None:
    if song.seconds < LEAST_SECONDS:
        raise ValueError(
            f"{song.name} is {song.seconds:.2g} s long: a song to be laid over another has "
            f"{LEAST_SECONDS:g} s at least."
        )


def _mash_several(
    songs: Sequence[Source], options: Options, progress: Progress, threads: int | None
) -> Mashed:
    network = network_of(options)
    if options.start is not None or options.end is not None:
        raise ValueError("A medley has no start or end to choose: make it of two songs, or whole.")
    for it in songs:
        if is_silent(it):
            raise ValueError(f"{it.name} is silent: leave it out of the medley.")
    steps = [HEARD_B * it / len(songs) for it in range(len(songs) + 1)]
    heard = [
        listen(it.audio, it.sample_rate, progress.nested(*span, it.name))
        for it, span in zip(songs, pairwise(steps), strict=True)
    ]
    plan = plan_medley(heard, tempo=options.tempo, key=options.key)
    rest = progress.nested(HEARD_B, 1, "medley")
    return perform_medley(songs, heard, plan, options, network, rest, threads)
