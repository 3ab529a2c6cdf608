"""The sound of excerpts: every part alone, mono, at the rate of the network's spectra."""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
import pedalboard
import soxr
from numpy.typing import NDArray

from benchmarks.quality.recorded_drums import (
    CRASH,
    HAT,
    HIGH_TOM,
    KICK,
    LOW_TOM,
    OPEN_HAT,
    RIDE,
    SNARE,
    Stroke,
)
from benchmarks.quality.recorded_drums import rendered as on_kit
from benchmarks.quality.sounds import RATE as FILE_RATE
from benchmarks.quality.triplets import PLAY_SECONDS
from benchmarks.quality.voices import sung
from benchmarks.training.fonts import ALL_SOUND_OFF, FONTS, FREEPATS, read
from benchmarks.training.mashup.events import DRUMS, PARTS, SECONDS, Event, Excerpt
from benchmarks.training.mashup.pieces import GUITARS
from benchmarks.training.recording import amplified
from benchmarks.training.rooms import in_room
from benchmarks.training.sung import SINGERS, SYLLABLES
from effects.notes.basic_pitch import RATE
from effects.signal.arrays import Mono
from presets.studio.score import Note, Score

Stems = NDArray[np.float32]
"""The parts of an excerpt in the order of `PARTS`, ``[3, samples]``."""

# Nothing here was searched.
SLOT = 12.0  # seconds from one excerpt to the next in a rendering: two for its last notes to end
RESET_CONTROLLERS = 121  # a controller of MIDI
TICKS = 480  # in a beat of half a second
#: How likely a lead is sung; plays through an amplifier (guitars); a part stands in a room; all
#: are stretched and shifted, as mashups do.
SUNG, AMPLIFIED, IN_ROOM, STRETCHED = 0.12, 0.5, 0.25, 0.15
DRUMS_DB = 5.0  # a recorded kit is at most so much louder or softer than the bass
#: Which of a recorded kit's drums plays General MIDI's keys; it has no others.
KEYS = {
    **dict.fromkeys((35, 36), KICK),
    **dict.fromkeys((37, 38, 39, 40), SNARE),
    **dict.fromkeys((42, 44), HAT),
    46: OPEN_HAT,
    **dict.fromkeys((48, 50), HIGH_TOM),
    **dict.fromkeys((41, 43, 45, 47), LOW_TOM),
    **dict.fromkeys((51, 53, 59), RIDE),
    **dict.fromkeys((49, 52, 55, 57), CRASH),
}
SILENT = 1e-4  # a peak below this means that the soundfont lacks an instrument


def rendered(excerpts: Sequence[Excerpt], font: str) -> list[Stems | None]:
    """The stems of each excerpt; None where the soundfont lacks an instrument."""
    columns = [_render([_of_font(it, part) for it in excerpts], font) for part in PARTS]
    found: list[Stems | None] = []
    for excerpt, *sounds in zip(excerpts, *columns, strict=True):
        draw = random.Random(f"stems {excerpt.name}")
        stems = _treated(draw, excerpt, np.stack(sounds))
        found.append(stems if np.abs(stems).max(1).min() > SILENT else None)
    return found


def _of_font(excerpt: Excerpt, part: str) -> list[Event]:
    """What the soundfont plays of a part: all of it, or all but the drums."""
    if not excerpt.kit:
        return excerpt.parts[part]
    return [it for it in excerpt.parts[part] if it.message.channel != DRUMS]


def _drums(draw: random.Random, excerpt: Excerpt, bass: Mono) -> Mono:
    """The drums of an excerpt on its recorded kit, at a level drawn against the bass's."""
    struck = [
        Stroke(it.second, KEYS[it.message.note], 20 * np.log10(it.message.velocity / 127))
        for it in excerpt.parts["rhythm"]
        if it.message.channel == DRUMS and it.message.type == "note_on" and it.message.velocity
        if it.message.note in KEYS
    ]
    sound = _fit(soxr.resample(on_kit(excerpt.kit, struck, SECONDS), FILE_RATE, RATE), bass.size)
    powers = [float(np.mean(it**2)) for it in (bass, sound)]
    if min(powers) < SILENT**2:
        return sound
    gain = 10 ** (draw.uniform(-DRUMS_DB, DRUMS_DB) / 20) * np.sqrt(powers[0] / powers[1])
    return sound * np.float32(gain)


def _render(parts: Sequence[list[Event]], font: str) -> list[Mono]:
    """Many parts in one go, since a large soundfont loads slowly."""
    with tempfile.TemporaryDirectory() as own:
        notes, wave = Path(own) / "notes.mid", Path(own) / "notes.wav"
        _midi(parts).save(notes)
        if FONTS[font] == FREEPATS:
            command = ["timidity", "-c", str(FREEPATS), "-Ow", "--preserve-silence", "-A70"]
            command += ["-s", str(RATE), "-o", str(wave), str(notes)]
        else:
            command = ["fluidsynth", "-q", "-n", "-i", "-T", "wav", "-O", "float", "-r", str(RATE)]
            command += ["-o", "synth.gain=0.5", "-F", str(wave), str(FONTS[font]), str(notes)]
        subprocess.run(command, capture_output=True, check=True)
        whole = read(wave)
    n, step = round(SECONDS * RATE), round(SLOT * RATE)
    whole = np.pad(whole, (0, max(len(parts) * step - whole.size, 0)))
    return [whole[number * step :][:n] for number in range(len(parts))]


def _midi(parts: Sequence[list[Event]]) -> mido.MidiFile:
    events: list[Event] = []
    for number, part in enumerate(parts):
        begin = SLOT * number
        for channel in range(16):
            for control in (ALL_SOUND_OFF, RESET_CONTROLLERS):
                message = mido.Message("control_change", channel=channel, control=control, value=0)
                events.append(Event(begin, message))
        events += [Event(begin + it.second, it.message) for it in part]
    end = SLOT * len(parts)
    track, now = mido.MidiTrack(), 0
    for second, message in events:  # they are in order already
        at = round(2 * TICKS * second)
        track.append(message.copy(time=max(at - now, 0)))
        now = max(at, now)
    track.append(mido.MetaMessage("end_of_track", time=max(round(2 * TICKS * end) - now, 0)))
    return mido.MidiFile(type=0, ticks_per_beat=TICKS, tracks=[track])


def _treated(draw: random.Random, excerpt: Excerpt, stems: Stems) -> Stems:
    """The stems as a band might have recorded them."""
    lead, fire = excerpt.parts["lead"], draw.random()
    if excerpt.kit:
        stems[1] += _drums(draw, excerpt, stems[1])
    program = next((e.message.program for e in lead if e.message.type == "program_change"), 0)
    if fire < SUNG:
        stems[0] = _sung(draw, lead)
    elif program in GUITARS and draw.random() < AMPLIFIED:
        stems[0] = _fit(amplified(draw, stems[0]), stems.shape[1])
    for number in (0, 2):
        if draw.random() < IN_ROOM:
            stems[number] = _fit(in_room(draw, stems[number]), stems.shape[1])
    if draw.random() < STRETCHED:
        stems = _stretched(draw, stems)
    return stems


def _sung(draw: random.Random, lead: list[Event]) -> Mono:
    """A lead sung by one of eSpeak NG's voices, in octaves in which it can sing."""
    voice = draw.choice([*SINGERS])
    low, high = SINGERS[voice]
    begun: dict[int, Event] = {}
    notes, free = [], 0.0
    for event in lead:
        message = event.message
        if message.type == "note_on" and message.velocity:
            begun[message.note] = event
        elif message.type in ("note_on", "note_off") and message.note in begun:
            start = begun.pop(message.note)
            if start.second < free or start.second > PLAY_SECONDS:
                continue
            free = event.second
            key = low + (message.note - low) % 12
            key += 12 * (key + 12 <= high and message.note >= high)
            seconds = max(event.second - start.second, 0.08)
            notes.append(Note(start.second, seconds, key, start.message.velocity))
    sound = sung(draw, Score(tuple(sorted(notes)), SECONDS), voice, SYLLABLES)
    return _fit(soxr.resample(sound, FILE_RATE, RATE), round(SECONDS * RATE))


def _stretched(draw: random.Random, stems: Stems) -> Stems:
    factor, shift = 2 ** draw.uniform(-0.3, 0.3), draw.randint(-5, 5)
    found = [
        pedalboard.time_stretch(
            it[None], RATE, stretch_factor=factor, pitch_shift_in_semitones=shift
        )[0]
        for it in stems
    ]
    return np.stack([_fit(it, min(stems.shape[1], *(f.size for f in found))) for it in found])


def _fit(sound: Mono, n: int) -> Mono:
    return np.pad(sound, (0, max(n - sound.size, 0)))[:n].astype(np.float32)
