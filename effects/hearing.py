"""Listening to a stem: what is played in it, as a score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from effects.boards.contract import Intake
from effects.engines.sampler.known import digest, knowing
from effects.engines.sampler.listen import listen as listen_for_notes
from effects.engines.sampler.written import write
from effects.running.cores import blas_in_one_thread, check_threads, using
from effects.running.progress import OnProgress, Progress, check_on_progress, run_reporting
from effects.scores.pulse import Pulse
from effects.scores.score import Score
from effects.signal.limits import check_channels, check_finite, check_rate
from effects.signal.loudness import peak
from effects.style_clip import MIN_PEAK

if TYPE_CHECKING:
    from effects.listening.song import Song
    from effects.signal.arrays import Audio


def listen(
    audio: NDArray[Any],
    sample_rate: float,
    *,
    beats: bool = True,
    on_progress: OnProgress | None = None,
    threads: int | None = None,
) -> Score:
    """What is heard of a stem: what `StyleTransfer` plays of it, and its beats.

    >>> listen(audio, 44_100).save_midi("heard.mid")  # doctest: +SKIP

    What was heard is kept in the cache. It is the same however many threads compute it.

    Args:
        audio: as pedalboard takes it: float32 or float64, ``[samples]`` or ``[channels, samples]``.
        sample_rate: in Hz.
        beats: whether to listen for beats, too.
        on_progress: called as ``on_progress(fraction, stage)``; what it raises ends the call.
        threads: how many cores to use; None for all there are, at most 8.

    Raises:
        TypeError: ``audio`` is no array of these types, or another option is of a wrong type.
        RuntimeError: it has more than two dimensions.
        ValueError: it is empty or holds NaN or infinity, or its rate, its number of channels or
            ``threads`` is out of range.
    """
    check_on_progress(on_progress)
    check_threads(threads)
    check_rate("A stem", sample_rate)
    stem = Intake().take(audio, sample_rate, to_read=True).audio
    check_channels("A stem", len(stem))
    if not stem.shape[1]:
        raise ValueError("The stem is empty: there is nothing to listen to.")
    check_finite("The stem", stem)

    def work(progress: Progress) -> Score:
        with blas_in_one_thread(), using(threads):
            return _heard(stem, sample_rate, progress, beats=beats)

    return run_reporting(work, on_progress)


def _heard(stem: Audio, sample_rate: float, progress: Progress, *, beats: bool) -> Score:
    seconds = stem.shape[1] / sample_rate
    if peak(stem) < MIN_PEAK:
        return Score("nothing", seconds)
    with knowing(digest(stem, sample_rate), seconds, progress.tick) as known:
        part = progress.nested(0.0, 0.7 if beats else 1.0, "notes")  # not measured
        score = write(listen_for_notes(stem, sample_rate, part, known)).score
    if not beats or score.kind == "nothing":
        return score
    from effects.listening.listen import listen as listen_for_beats

    song = listen_for_beats(stem, sample_rate, progress.nested(0.7, 1.0, "beats"))
    return score.with_pulse(_pulse(song))


def _pulse(song: Song) -> Pulse | None:
    """The beats of a song; None if there are hardly any."""
    from effects.listening.song import LEAST_CERTAINTY

    if song.certainty < LEAST_CERTAINTY:
        return None
    beats = tuple(song.beats.tolist())
    return Pulse(beats, int(song.bars[0]), song.meter.beats, song.meter.parts)
