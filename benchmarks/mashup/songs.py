"""Songs with their stems, beats, bars and pitches: rendered ones, and recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import mido
import numpy as np
import soundfile

from benchmarks.mashup.writer import PARTS, Plan, Tune, write
from effects.signal.arrays import Audio, Values
from effects.signal.units import db_to_amplitude
from presets.studio.render import TICKS_PER_BEAT, play
from presets.studio.score import Note

RATE = 44_100  # Hz
TAIL_SECONDS = 1.0  # after the last beat
#: Levels of parts in dB, as root mean squares over the whole song, and how far a song's may be
#: from these, either way. By guess: a lead that stands out as on records.
LEVELS_DB = {"lead": -28.0, "drums": -28.0, "bass": -30.0, "chords": -33.0}
LEVEL_SPREAD_DB = 2.5
PANS = {"lead": (54, 74), "drums": (64, 64), "bass": (60, 68), "chords": (24, 104)}
VERSION = 1  # of the renders in the work folder: raise it if anything here changes the sound

#: Metal with stems, from Debian's fretsonfire-songs-muldjord: CC BY-SA 3.0, Lars Muldjord.
MULDJORD = Path("/usr/share/games/fretsonfire/data/songs/muldjord")
RECORDINGS = ("armygeddon", "chaos_god", "internal_degeneration", "mutilated_mime")
RECORDED_FROM, RECORDED_SECONDS = 30.0, 60.0


@dataclass(frozen=True)
class Known:
    """A song of which all is known.

    Attributes:
        name: of the song.
        stems: by the names of `benchmarks.mashup.writer.PARTS`, or ``lead`` and ``bed``; each
            ``[2, samples]`` at `RATE`.
        beats: in seconds, ``[beats]``.
        bars: in seconds, ``[bars]``; None if not known.
        meter: beats of a bar, and into how many notes each is divided; None if not known.
        pitch_set: where the major scale of its notes begins, from C = 0; None if not known.
        drums: whether there are any.
    """

    name: str
    stems: Mapping[str, Audio]
    beats: Values
    bars: Values | None
    meter: tuple[int, int] | None
    pitch_set: int | None
    drums: bool = True

    @cached_property
    def lead(self) -> Audio:
        """The melody, or the guitars."""
        return self.stems["lead"]

    @cached_property
    def bed(self) -> Audio:
        """All the rest."""
        rest = [it for name, it in self.stems.items() if name != "lead"]
        return np.sum(rest, axis=0, dtype=np.float32)

    @cached_property
    def mix(self) -> Audio:
        """The song as it is heard."""
        return self.lead + self.bed


def rendered(plan: Plan, soundfont: Path, folder: Path) -> Known:
    """The song of a plan as ``soundfont`` plays it; ``folder`` keeps the renders.

    Raises:
        BuildError: fluidsynth failed.
    """
    tune = write(plan)
    text = repr((VERSION, soundfont.name, sorted(asdict(plan).items())))
    kept = folder / f"song-{sha256(text.encode()).hexdigest()[:16]}"
    kept.mkdir(parents=True, exist_ok=True)
    stems = {name: _part(tune, name, soundfont, kept) for name in PARTS if tune.notes[name]}
    steps = 3 if plan.style == "six-eight" else 2
    beats_of_bar = round((tune.bars[1] - tune.bars[0]) / (tune.beats[1] - tune.beats[0]))
    return Known(
        f"{plan.style} {plan.bpm:g} {plan.seed}",
        stems,
        tune.beats,
        tune.bars,
        (beats_of_bar, steps),
        plan.pitch_set,
        plan.drums,
    )


def recording(name: str, seconds: float = RECORDED_SECONDS) -> Known:
    """A minute of one of `RECORDINGS`: its guitars are the lead.

    Raises:
        FileNotFoundError: it is not there; the message names the package.
    """
    folder = MULDJORD / name
    if not folder.is_dir():
        raise FileNotFoundError(
            f"There is no {folder}: install Debian's package fretsonfire-songs-muldjord."
        )
    bpm = next(
        60e6 / it.tempo
        for track in mido.MidiFile(folder / "notes.mid").tracks
        for it in track
        if it.type == "set_tempo"
    )
    stems = {
        stem: _read(folder / file, RECORDED_FROM, seconds)
        for stem, file in (("lead", "guitar.ogg"), ("bed", "song.ogg"))
    }
    grid = np.arange(0, RECORDED_FROM + seconds, 60 / bpm) - RECORDED_FROM
    return Known(name, stems, grid[grid >= 0], None, None, None)


def _part(tune: Tune, name: str, soundfont: Path, folder: Path) -> Audio:
    """A part at its level, ``[2, samples]``."""
    wave = folder / f"{name}.wav"
    if not wave.exists():
        midi = folder / f"{name}.mid"
        _midi(tune, name).save(midi)
        made = folder / f"{name}.part.wav"
        play(midi, soundfont, made)
        made.rename(wave)
    raw, _ = soundfile.read(wave, dtype="float32", always_2d=True)
    audio = np.zeros((2, round((tune.seconds + TAIL_SECONDS) * RATE)), np.float32)
    length = min(audio.shape[1], len(raw))
    audio[:, :length] = raw[:length].T
    draw = np.random.default_rng([tune.plan.seed, PARTS.index(name)])
    level = LEVELS_DB[name] + draw.uniform(-LEVEL_SPREAD_DB, LEVEL_SPREAD_DB)
    rms = float(np.sqrt(np.mean(audio**2)))
    return audio * np.float32(db_to_amplitude(level) / max(rms, 1e-9))


def _midi(tune: Tune, name: str) -> mido.MidiFile:
    """A part as a MIDI file, in milliseconds."""
    channel = 9 if name == "drums" else 0
    draw = np.random.default_rng([tune.plan.seed, PARTS.index(name), 1])
    pan = int(draw.integers(PANS[name][0], PANS[name][1] + 1))
    track = mido.MidiTrack(
        [
            mido.Message("program_change", channel=channel, program=tune.programs[name]),
            mido.Message("control_change", channel=channel, control=10, value=pan),
        ]
    )
    now = 0
    for at, velocity, note in sorted(_events(tune.notes[name])):
        track.append(
            mido.Message("note_on", channel=channel, note=note, velocity=velocity, time=at - now)
        )
        now = at
    return mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track])


def _events(notes: tuple[Note, ...]) -> list[tuple[int, int, int]]:
    """When keys go down and up, in milliseconds: with their velocity and key. Ends come first."""
    found = []
    for it in notes:
        start = round(1000 * it.start)
        found.append((start, it.velocity, it.key))
        found.append((start + max(round(1000 * it.seconds), 1), 0, it.key))
    return found


def _read(path: Path, start: float, seconds: float) -> Audio:
    """A part of a stereo file."""
    with soundfile.SoundFile(path) as file:
        file.seek(round(start * file.samplerate))
        audio = file.read(round(seconds * file.samplerate), dtype="float32", always_2d=True)
        if file.samplerate != RATE:
            raise ValueError(f"{path} has {file.samplerate} Hz, not {RATE}.")
    return np.ascontiguousarray(audio.T)
