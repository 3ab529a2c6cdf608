"""Native members of a board: plugins one by one, with what they report and how long they sound."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pedalboard

from effects.boards.course import Course
from effects.boards.origins import origin_of
from effects.boards.tails import MOST_SECONDS, QUIET_SECONDS, has_ended, last_sound
from effects.running.progress import meanwhile
from effects.signal.arrays import Audio

#: Begins the stage that is reported while a plugin in a file of its own is loaded or runs; the name
#: of its file follows. A server knows by it what was to blame when a process dies or hangs.
PLUGIN = "plugin "

#: Frequencies stay below this share of the rate: filters are not stable at its half.
MOST_OF_RATE = 0.49

# Of pedalboard's filters, those that explode above half the rate (measured with all of them).
_UNSTABLE = (pedalboard.LowpassFilter, pedalboard.HighpassFilter)
_CHUNK_SECONDS = 4.0  # how often a plugin reports, in seconds of audio; by guess
_SOON = 0.9  # how far a plugin is said to be when only a long tail can be left; by guess
_FIRST_SECONDS = 2.0  # of tails, that the first try covers; by guess
_BUFFER = 8192  # pedalboard's default
_LEAST_BUFFER = 64  # where the audio is shorter than a buffer; by guess, so that it is not slow
_OTHER_CHANNELS = "does not support"  # how pedalboard's error goes on if a plugin wants others


def plugin_name(plugin: Any) -> str:
    """What a user calls a plugin: the name of its file, or its own where that is not known."""
    path = origin_of(plugin).file
    return str(plugin.name) if path is None else path.name


def is_plugin(member: Any) -> bool:
    """Whether a member is a plugin in a file of its own, which runs somebody's code."""
    return isinstance(member, pedalboard.ExternalPlugin)


def keeps_pace(effect: Any) -> bool:
    """Whether an effect of pedalboard's gives back a sample for each that it takes, at once.

    In 0.9.26, a Mix adds what was never written to the output of those that do not: PitchShift,
    Resample and GSMFullRateCompressor (it does right by others with a latency; measured).
    """
    kinds = (it for it in type(effect).__mro__ if it.__module__.startswith("pedalboard_native"))
    return _keeps_pace(next(kinds, type(None)))


@cache
def _keeps_pace(kind: Any) -> bool:
    try:
        effect = kind()
    except (TypeError, ValueError, RuntimeError):  # a Convolution, which needs its response
        return True
    block = np.zeros((1, 512), np.float32)
    return effect is None or all(
        effect.process(block, 44100, 512, False).shape == block.shape for _ in range(4)
    )


def leaves(members: Iterable[Any]) -> Iterator[Any]:
    """All effects, also those in containers, without these."""
    for it in members:
        if isinstance(it, pedalboard.PluginContainer):
            yield from leaves(it)
        else:
            yield it


def run_native(members: Iterable[Any], audio: Audio, course: Course) -> Audio:
    """Run effects that pedalboard itself brings over (channels, samples), in one C++ call.

    If tails are kept, they are given silence after the audio. It is one call then, too, because
    PitchShift, GSMFullRateCompressor and a Mix with latencies make something else of several (as
    measured). What comes out begins with what would without the silence.
    """
    members = list(members)
    stage = course.name(*members)
    chain = _chain([stable(it, course.sample_rate) for it in members], audio)
    room, length = course.room(audio), audio.shape[1]

    size = course.buffer_size
    if room:  # a Convolution computes by what it is given at a time: as much as without the silence
        size = min(size, max(length, _LEAST_BUFFER))

    def run(audio: Audio) -> Audio:
        output: Audio = chain.process(audio, course.sample_rate, size)
        return output

    def heard(audio: Audio) -> Audio:
        """The same, and whoever waits is told; if they have gone, it goes on unheard."""
        if course.report is None or not stage:
            return run(audio)
        course.tell(0.0, stage)
        return meanwhile(lambda: run(audio), lambda: course.tell(0.0, stage), to_its_end=True)

    if not room:
        return heard(audio)
    output = audio
    for seconds in _silences(members):
        silence = min(round(seconds * course.sample_rate), room)
        output = heard(np.pad(audio, ((0, 0), (0, silence))))
        if silence == room or has_ended(output[:, length:], course.sample_rate):
            break
    return ended(output, length, course)


def explodes(member: Any, sample_rate: float) -> bool:
    """Whether a filter, the member or one in it, has its cutoff above half the sample rate."""
    return any(
        isinstance(it, _UNSTABLE) and it.cutoff_frequency_hz > sample_rate / 2
        for it in leaves([member])
    )


def stable(member: Any, sample_rate: float) -> Any:
    """A native effect; or, if it `explodes`, one like it with the highest cutoff that is stable."""
    if not explodes(member, sample_rate):
        return member
    if isinstance(member, pedalboard.PluginContainer):
        kind = pedalboard.Mix if isinstance(member, pedalboard.Mix) else pedalboard.Chain
        return kind([_stock(stable(it, sample_rate)) for it in member])
    return type(member)(cutoff_frequency_hz=MOST_OF_RATE * sample_rate)


def run_plugin(plugin: Any, audio: Audio, course: Course) -> Audio:
    """Run a plugin in a file of its own over (channels, samples), in this thread.

    Raises:
        ValueError: it cannot take as many channels, or makes sound of notes only.
    """
    if plugin.is_instrument:
        raise ValueError(
            f"{plugin_name(plugin)} is an instrument, which takes no sound: have the board play a "
            "MIDI file, with Pedalboard.play, or take it out."
        )
    return in_channels(lambda it, *part: _stream(plugin, it, course.part(*part)), audio)


def in_channels(run: Callable[[Audio, float, float], Audio], audio: Audio) -> Audio:
    """Run a plugin on as many channels as it takes.

    One that takes a single channel is run on each channel alone. One that takes two is given a
    single channel twice, and the mean of what comes out is taken.

    Args:
        run: called with channels, and from where to where they are of the work, 0 to 1.
        audio: (channels, samples).

    Raises:
        ValueError: the plugin cannot take as many channels.
    """
    try:
        return run(audio, 0.0, 1.0)
    except ValueError as error:
        if _OTHER_CHANNELS not in str(error):
            raise
        refused = error
    count = len(audio)
    if count == 1:
        both = run(audio.repeat(2, axis=0), 0.0, 1.0)
        return (both[:1] + both[1:]) / np.float32(2)
    try:
        return stacked([run(audio[k : k + 1], k / count, (k + 1) / count) for k in range(count)])
    except ValueError as error:
        raise refused if _OTHER_CHANNELS in str(error) else error from None


def stacked(parts: Sequence[Audio]) -> Audio:
    """Channels that may not be of one length, one above the other, with silence at their ends."""
    length = max(it.shape[1] for it in parts)
    output = np.zeros((sum(map(len, parts)), length), np.float32)
    row = 0
    for it in parts:
        output[row : row + len(it), : it.shape[1]] = it
        row += len(it)
    return output


def _stream(plugin: Any, audio: Audio, course: Course) -> Audio:
    """Run a plugin a few seconds at a time, so that whoever waits sees it and can end it.

    A buffer is always full, since some plugins begin anew when one is larger than those before:
    the last one of the audio has silence at its end. So the output is that of one call, bit for
    bit (measured with zam-plugins). Pedalboard drops the latency that a plugin reports from the
    beginning, and so more silence is given until all of the audio has come out.
    """
    rate, size, length = course.sample_rate, course.buffer_size, audio.shape[1]
    stage, chain = PLUGIN + plugin_name(plugin), _chain([plugin], audio)
    room = course.room(audio)
    chunk = max(round(_CHUNK_SECONDS * rate) // size, 1) * size
    course.tell(0.0, stage)
    if not room and length <= chunk:
        return chain.process(audio, rate, size)
    size = min(size, max(length, _BUFFER))
    chunk = max(round(_CHUNK_SECONDS * rate) // size, 1) * size
    outputs: list[Audio] = []
    given = made = 0
    soon = length + min(room, QUIET_SECONDS * rate)  # the end, if there is next to no tail
    with _lock(plugin):
        chain.reset()
        while given < length + room + MOST_SECONDS * rate:  # and some plugins never give enough
            if given < length:
                piece = _full(audio[:, given : given + chunk], size)
            else:
                piece = np.zeros((len(audio), chunk if room else size), np.float32)
            outputs.append(chain.process(piece, rate, size, False))
            given += piece.shape[1]
            made += outputs[-1].shape[1]
            course.tell(_fraction(given, soon, length + room), stage)
            if made >= length + room:
                break
            if room and made >= length + QUIET_SECONDS * rate:
                outputs = [np.concatenate(outputs, axis=1)]
                if has_ended(outputs[0][:, length:], rate):
                    break
    output = np.concatenate(outputs, axis=1)
    if output.shape[1] < length:
        output = np.pad(output, ((0, 0), (0, length - output.shape[1])))
    return ended(output, length, course)


def _fraction(given: int, soon: float, most: int) -> float:
    """How far a plugin is: it moves on in tails of any length, so that none is taken to hang."""
    if most <= soon:  # tails are cut, or short at most
        return min(given / soon, 1.0)
    if given < soon:
        return _SOON * given / soon
    return _SOON + (1 - _SOON) * min((given - soon) / (most - soon), 1.0)


def _full(piece: Audio, size: int) -> Audio:
    """A piece of the audio with silence up to the next whole buffer."""
    count = -(-piece.shape[1] // size) * size
    return np.pad(piece, ((0, 0), (0, count - piece.shape[1])))


def ended(output: Audio, length: int, course: Course) -> Audio:
    """Output up to the end of its tail, which begins at ``length``."""
    tail = output[:, length : length + course.room(output[:, :length])]
    end = length + last_sound(tail, course.sample_rate)
    return np.ascontiguousarray(output[:, : max(end, min(course.least, length + tail.shape[1]))])


def _silences(members: Sequence[Any]) -> list[float]:
    """How many seconds of silence to try: most tails are short, and each try begins anew."""
    first = QUIET_SECONDS + _FIRST_SECONDS
    delays = sum(getattr(it, "delay_seconds", 0.0) for it in leaves(members))
    return [MOST_SECONDS] if delays > QUIET_SECONDS else [first, MOST_SECONDS]


def _chain(members: Iterable[Any], audio: Audio) -> pedalboard.Chain:
    """A stock chain that takes audio like this for (channels, samples).

    After an empty array with as many channels it takes what follows so, even if that is square or
    has fewer samples than channels. No plugin is in it yet, so none is disturbed.
    """
    chain = pedalboard.Chain([])
    chain.process(np.empty((len(audio), 0), np.float32), 44100)
    for it in members:
        chain.append(_stock(it))
    return chain


def _stock(member: Any) -> Any:
    """What pedalboard's own containers take for a member."""
    return member._as_native() if hasattr(member, "_as_native") else member


def _lock(plugin: Any) -> threading.RLock:
    """Calls of one plugin wait for each other, as pedalboard's do, even if each is many of them."""
    lock: threading.RLock = vars(plugin).setdefault("_restyle_lock", threading.RLock())
    return lock
