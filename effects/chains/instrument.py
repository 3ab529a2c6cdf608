"""An instrument, a plugin that makes sound of notes, plays a MIDI file.

Pedalboard counts a performance in seconds of 32 bits: after 6 minutes notes would begin on the
wrong sample, and a long one would have some samples too few. So it is given one block at a time,
in each of which the messages have their own samples. The bits are those of one call.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from effects.boards.tails import MOST_SECONDS, QUIET_SECONDS, fade_out, has_ended, last_sound
from effects.checkpoint import checkpoint
from effects.midi import file
from effects.signal.arrays import Audio
from effects.signal.limits import check_rate

#: Samples that the plugin is given at a time: pedalboard's own default. Progress is reported, and
#: cancelling noticed, after each.
BLOCK = 8192
#: A longer file is a mistake, or meant ill: an hour takes 1.3 GB of memory. Not searched.
MAX_SECONDS = 3600.0
#: How often it is looked for the end of a tail, in seconds; by guess.
_LOOK_SECONDS = 1.0
#: Controllers that hold notes: the sustain and the sostenuto pedal.
_PEDALS = (64, 66)


class _Cue(NamedTuple):
    """A message, and the sample at which it comes."""

    sample: int
    data: bytes


def perform(
    plugin: Any,
    midi_file: str | os.PathLike[str],
    sample_rate: float,
    *,
    keep: bool,
    tick: Callable[[float], object] = lambda fraction: None,
) -> Audio:
    """Have an instrument play all channels of a MIDI file, from its beginning.

    What it plays is as long as the file, and latency that the plugin reports is compensated.

    Args:
        plugin: pedalboard's, of an instrument; it is reset, for which pedalboard loads it anew.
            That has to happen in the main thread.
        midi_file: a standard MIDI file.
        sample_rate: in Hz.
        keep: at the end of the file all notes are released, and the sound goes on until it is
            silent, at most a minute.
        tick: called with the fraction that is done, in this thread; what it raises ends the call,
            as what `effects.checkpoint.checkpoint` raises does.

    Returns:
        float32, (2, samples); of an instrument in mono both channels are the same.

    Raises:
        ValueError: the plugin is no instrument; the file cannot be read, is too long, or has no
            notes; ``sample_rate`` is out of range.
        FileNotFoundError, IsADirectoryError, OSError: as `effects.midi.file.read`.
    """
    if not getattr(plugin, "is_instrument", False):
        name = getattr(plugin, "name", type(plugin).__name__)
        raise ValueError(
            f"{name} is no instrument: it cannot play {os.fspath(midi_file)}. Give it audio, or "
            "begin with a plugin that makes sound of notes."
        )
    rate = float(sample_rate)
    check_rate("An instrument", rate)
    cues, n = _read(os.fspath(midi_file), rate)
    most = n + round(MOST_SECONDS * rate) if keep else n
    output = np.zeros((2, most), np.float32)  # memory that is not written to is not taken
    at, look = 0, n + round(QUIET_SECONDS * rate)
    for block in _compensated(plugin, cues, rate):
        part = block[:, : most - at]
        output[:, at : at + part.shape[1]] = part
        at += part.shape[1]
        tick(min(at / n, 1.0))
        checkpoint()
        if at >= most:
            break
        if at >= look:
            if has_ended(output[:, n:at], rate):
                break
            look = at + round(_LOOK_SECONDS * rate)
    output = output[:, : n + last_sound(output[:, n:at], rate)]
    if output.shape[1] == most > n:
        fade_out(output, rate)
    return np.ascontiguousarray(output)


def _read(path: str, rate: float) -> tuple[list[_Cue], int]:
    """What is played when, all notes released at the end, and the sample of the end."""
    messages = file.read(path, file.PLAYED)
    seconds = messages[-1][0] if messages else 0.0
    if seconds > MAX_SECONDS:
        raise ValueError(f"{path} lasts more than {MAX_SECONDS / 3600:g} h: play a part of it.")
    end = round(seconds * rate)
    cues: list[_Cue] = []
    held: dict[tuple[int, int], bool] = {}  # what undoes what is down, as status and first byte
    notes = False
    for now, message in messages:
        if message.type == "end_of_track":
            continue
        cues.append(_Cue(round(now * rate), bytes(message.bytes())))
        if message.type in ("note_on", "note_off"):
            pressed = message.type == "note_on" and message.velocity > 0
            held[0x80 | message.channel, message.note] = pressed
            notes = notes or pressed
        elif message.type == "control_change" and message.control in _PEDALS:
            held[0xB0 | message.channel, message.control] = message.value > 0
    if not notes or not end:
        raise ValueError(f"{path} has no notes: there is nothing to play.")
    return cues + [_Cue(end, bytes([*it, 0])) for it, is_down in held.items() if is_down], end


def _compensated(plugin: Any, cues: list[_Cue], rate: float) -> Iterator[Audio]:
    """What the plugin plays, without end, from when it begins: it may report that it is late."""
    late: int | None = None
    for block in _blocks(plugin, cues, rate):
        if late is None:  # some know it only when they run
            late = max(0, int(plugin.reported_latency_samples))
        dropped = min(late, block.shape[1])
        late -= dropped
        yield block[:, dropped:]


def _blocks(plugin: Any, cues: list[_Cue], rate: float) -> Iterator[Audio]:
    """What the plugin puts out, `BLOCK` samples at a time, without end."""
    samples = [it.sample for it in cues]
    n_channels, start, done = 2, 0, 0
    while True:
        end = bisect_left(samples, start + BLOCK, done)
        messages = _timed(cues[done:end], start, rate)
        try:
            block = _play(plugin, messages, rate, n_channels, reset=start == 0)
        except ValueError:
            if start:
                raise
            n_channels = 1
            block = _play(plugin, messages, rate, n_channels, reset=True)
        yield block if len(block) == 2 else np.repeat(block, 2, axis=0)
        start, done = start + BLOCK, end


def _play(
    plugin: Any, messages: list[tuple[bytes, float]], rate: float, n_channels: int, *, reset: bool
) -> Audio:
    # Pedalboard rounds down what it computes with 32 bits: half a sample more makes sure of it.
    seconds = (BLOCK + 0.5) / rate
    played: Audio = plugin.process(messages, seconds, rate, n_channels, BLOCK, reset)
    return played


def _timed(cues: list[_Cue], start: int, rate: float) -> list[tuple[bytes, float]]:
    """Messages with seconds from ``start``, each within its sample, which is rounded down to.

    No two are the same: pedalboard refuses more than a hundred messages of one moment.
    """
    return [
        (cue.data, (cue.sample - start + 0.25 + 0.5 * k / len(cues)) / rate)
        for k, cue in enumerate(cues)
    ]
