"""Train the network of `effects.notes.note_network` on music that is written and rendered here.

    python -m benchmarks.training.train_notes --work FOLDER

writes ``effects/notes/note_network.npz``. ``FOLDER`` keeps the clips with what is known of them, so
that a second run only trains. It takes Debian's packages fluidsynth, fluid-soundfont-gm,
opl3-soundfont, timidity, freepats and espeak-ng, 2 GB of memory, and one core for some two hours.
The weights that are shipped come of several runs: an hour with five of the ten convolutions, by
this script's predecessor; then, on the clips that are written here and as with ``--start``, some 80
minutes with all ten.

The tunes are those of ``benchmarks.quality.triplets``, from other seeds, and others that are
faster, wider, repeat notes and tie them. TimGM6mb, which renders the triplets of ``quality.py``, is
kept apart, and so are the voices that sing there. So that the network knows what is no note, drum
kits, textures, speech and noise are among the clips.
"""

from __future__ import annotations

import argparse
import io
import random
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from pedalboard import HighShelfFilter, LowShelfFilter, Pedalboard, Reverb
from pedalboard.io import AudioFile
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from benchmarks.quality.sounds import RATE as FILE_RATE
from benchmarks.quality.triplets import HIGHEST, KIND_OF, SCALES, compose
from benchmarks.quality.triplets import LOWEST as LOW
from benchmarks.quality.voices import sung
from effects.notes import basic_pitch, features, note_network
from effects.notes.basic_pitch import FRAMES_PER_SECOND, LOWEST, N_KEYS, RATE, Activations
from effects.notes.features import SOUNDING, STRUCK, Evidence, Spectra
from effects.notes.note_network import AKIN, DILATIONS, TELLS, WIDTH
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument, load
from presets.studio.render import midi_file, play
from presets.studio.score import Note, Score

FOLDER = Path("/usr/share/sounds/sf2")
FREEPATS = Path("/etc/timidity/freepats.cfg")
CLIPS = {"FluidR3_GM": 420, "OPL-3_FM_128M": 160, "freepats": 280}
SECONDS, SLOT = 8.0, 9.0  # of a clip, and from one to the next in a rendering
MORE = (
    *("acoustic-bass", "fingered-bass", "pizzicato-strings", "synth-strings", "tubular-bells"),
    *("glockenspiel", "twelve-string-guitar", "muted-guitar", "overdriven-guitar", "tuba"),
    *("polysynth", "saw-lead", "square-lead", "dulcimer", "synth-bass", "blown-bottle"),
    *("whistle", "electric-piano", "fm-piano", "synth-brass", "bagpipe", "shanai", "warm-pad"),
)
TEXTURES = ("seashore", "applause", "helicopter", "gunshot", "breath-noise", "bird", "telephone")
#: Who sings, on which syllables, and between which keys.
SINGERS = {
    **{"de": (38, 55), "it": (41, 58), "en+m3": (36, 54), "fr+m7": (43, 60)},
    **{"es+f2": (53, 70), "pt+f4": (55, 74), "sv+f1": (57, 72), "en+klatt4": (45, 62)},
}
SYLLABLES = ("ba", "lo", "nee", "soo", "tay", "wah")
SONGS = 8  # of each of them
VOICES = ("en-us", "de", "fr", "it", "es+f2", "en+f3")
WORDS = (
    *("the", "river", "carried", "a", "small", "boat", "past", "quiet", "houses", "while"),
    *("children", "counted", "seven", "white", "birds", "and", "nobody", "answered", "when"),
    *("the", "old", "bell", "rang", "twice", "over", "hills", "of", "wet", "grass"),
)

HIDDEN, TOLD = 32, 6
CROP, AT_MOST = 400, 34  # frames and keys of a clip in a step
TOGETHER = 2  # clips in a step
HEARD_DB = 34  # below its loudest a note is held to be silent, pressed or not

Table = NDArray[np.float64]  # a row a note: start, end, key, velocity


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=90, help="how long to train")
    parser.add_argument("--rate", type=float, default=3e-3, help="of learning, at first")
    parser.add_argument("--start", type=Path, help="weights to start from")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    write_clips(options.work)
    network = Network(options.start)
    train(network, sorted(options.work.glob("*.npz")), options.minutes, options.rate)
    network.save(note_network.WEIGHTS)


# What is heard.


def write_clips(folder: Path) -> None:
    """Render all clips that ``folder`` has not, and keep what `features` is made of."""
    instruments = {it.name: it for it in load()}
    for font, count in CLIPS.items():
        draw = random.Random(f"notes A {font}")
        names: list[str] = []
        while len(names) < count:
            names += draw.sample([*KIND_OF, *MORE], len(KIND_OF) + len(MORE))
        for name, times in Counter(names[:count]).items():
            if not (folder / f"{font}-{name}-0.npz").is_file():
                for number, (clip, notes) in enumerate(tunes(instruments[name], font, times)):
                    keep(folder / f"{font}-{name}-{number}.npz", clip, notes)
    for voice in SINGERS:
        if not (folder / f"sung-{voice}-0.npz").is_file():
            for number in range(SONGS):
                keep(folder / f"sung-{voice}-{number}.npz", *song(voice, number))
    for name, clip in others(instruments):
        if not (folder / f"{name}.npz").is_file():
            keep(folder / f"{name}.npz", clip, np.zeros((0, 4)))


def tunes(instrument: Instrument, font: str, count: int) -> list[tuple[Mono, Table]]:
    """Clips and their notes; none where the soundfont has no such sound."""
    low, high = instrument.register
    scores = []
    for number in range(count):
        draw = random.Random(f"notes A {font} {instrument.name} {number}")
        chords = 0.5 if instrument.chords and draw.random() < 0.5 else 0.0
        if draw.random() < 0.5:
            scores.append(wild(draw, low, high, chords))
        else:
            scores.append(compose(draw, max(low, LOW), min(high, HIGHEST), chords=chords))
    whole = [
        replace(note, start=round(note.start + SLOT * number, 3))
        for number, score in enumerate(scores)
        for note in score.notes
    ]
    draw = random.Random(f"vibrato A {font} {instrument.name}")
    vibrato = 0 if instrument.rings else draw.choice((0, 0, 60, 110))
    sound = render(instrument, Score(tuple(whole), SLOT * count), font, vibrato)
    found = []
    for number, score in enumerate(scores):
        clip = sound[round(number * SLOT * RATE) :][: round(SECONDS * RATE)]
        if np.abs(clip).max(initial=0) > 1e-4:
            notes = [(it.start, it.start + it.seconds, it.key, it.velocity) for it in score.notes]
            draw = random.Random(f"room A {font} {instrument.name} {number}")
            found.append(changed(draw, clip, np.array(notes)))
    return found


def song(voice: str, number: int) -> tuple[Mono, Table]:
    """A tune that is sung, and its notes."""
    draw = random.Random(f"song A {voice} {number}")
    make = wild if draw.random() < 0.5 else compose
    score = make(draw, *SINGERS[voice], chords=0.0)
    clip = soxr.resample(sung(draw, score, voice, SYLLABLES), FILE_RATE, RATE)
    notes = [(it.start, it.start + it.seconds, it.key, it.velocity) for it in score.notes]
    return changed(draw, clip[: round(SECONDS * RATE)], np.array(notes))


def wild(draw: random.Random, low: int, high: int, chords: float) -> Score:
    """A tune over up to 30 semitones, with short notes, repeated ones, and notes that overlap."""
    now, level = 0.1, draw.uniform(45, 105)
    tonic, scale = draw.randrange(12), draw.choice(SCALES)
    span = min(draw.randint(12, 30), high - low)
    low = draw.randint(low, high - span)
    keys = [key for key in range(low, low + span + 1) if (key - tonic) % 12 in scale]
    beat, touch = 60 / draw.uniform(60, 170), draw.uniform(0.35, 1.25 if chords else 1.02)
    place, again = draw.randrange(len(keys)), draw.choice((0.0, 0.1, 0.4))
    last: dict[int, Note] = {}
    notes: list[Note] = []
    while now < 6.8:
        slot = max(min(beat * draw.choice((0.25, 0.5, 0.5, 1, 1, 2, 3)), 7 - now), 0.09)
        if draw.random() < 0.1:
            now += slot
            continue
        if draw.random() > again:
            leap = draw.choice((-7, -4, -3, -2, -1, -1, 1, 1, 2, 3, 4, 7))
            place = min(max(place + leap, 0), len(keys) - 1)
        chord = {keys[place]}
        if draw.random() < chords:
            chord |= {draw.choice(keys) for _ in range(draw.randint(1, 3))}
        level = min(max(level + draw.uniform(-20, 20), 25), 120)
        for key in sorted(chord):
            held = slot * touch * (draw.uniform(0.7, 1.3) if len(chord) > 1 else 1)
            velocity = round(min(max(level + draw.uniform(-12, 12), 1), 127))
            before = last.get(key)
            if before is not None and before.start + before.seconds > now - 0.01:
                shorter = replace(before, seconds=max(round(now - before.start - 0.01, 3), 0.03))
                notes[notes.index(before)] = shorter
            last[key] = Note(round(now, 3), max(round(held, 3), 0.07), key, velocity)
            notes.append(last[key])
        now += slot
    return Score(tuple(sorted(notes)), SECONDS)


def render(instrument: Instrument, score: Score, font: str, vibrato: int = 0) -> Mono:
    """The sound at `RATE`."""
    midi = midi_file(instrument, score)
    if vibrato:
        midi.tracks[0].insert(1, mido.Message("control_change", control=1, value=vibrato))
    with tempfile.TemporaryDirectory() as own:
        notes, wave = Path(own) / "notes.mid", Path(own) / "notes.wav"
        midi.save(notes)
        if font == "freepats":
            dry = ["-EFreverb=0", "-EFchorus=0", "-A70", "-s", "44100"]
            subprocess.run(
                ["timidity", "-c", FREEPATS, "-Ow", "--preserve-silence", *dry, "-o", wave, notes],
                capture_output=True,
                check=True,
            )
        else:
            play(notes, FOLDER / f"{font}.sf2", wave)
        return read(wave)


def read(wave: Path) -> Mono:
    with AudioFile(str(wave)) as file:
        audio = file.read(file.frames).mean(axis=0)
        return np.asarray(soxr.resample(audio, file.samplerate, RATE), np.float32)


def changed(draw: random.Random, clip: Mono, notes: Table) -> tuple[Mono, Table]:
    """Perhaps out of tune, in a room, with other treble and bass, and with noise."""
    if draw.random() < 0.4:
        faster = 2 ** (draw.uniform(-35, 35) / 1200)
        clip = soxr.resample(clip, RATE * faster, RATE)
        notes[:, :2] /= faster
    board = Pedalboard([])
    if draw.random() < 0.5:
        room, wet, damping = draw.uniform(0.1, 0.6), draw.uniform(0.03, 0.25), draw.random()
        board.append(Reverb(room_size=room, wet_level=wet, dry_level=0.6, damping=damping))
    if draw.random() < 0.5:
        board.append(HighShelfFilter(draw.uniform(1500, 6000), draw.uniform(-15, 6)))
        board.append(LowShelfFilter(draw.uniform(100, 400), draw.uniform(-15, 6)))
    clip = board(clip, RATE)
    if draw.random() < 0.4:
        level = np.abs(clip).max() * 10 ** (draw.uniform(-60, -32) / 20)
        clip = clip + np.random.default_rng(draw.randrange(1 << 30)).normal(0, level, clip.size)
    return np.asarray(clip, np.float32), notes


def others(instruments: dict[str, Instrument]) -> list[tuple[str, Mono]]:
    """Clips that have no notes, by name."""
    found = []
    for kit in (it for it in instruments.values() if it.percussion):
        for number in range(6):
            score = beat(random.Random(f"kit A {kit.name} {number}"))
            found.append((f"{kit.name}-{number}", render(kit, score, "FluidR3_GM")))
    for name in TEXTURES:
        for number in range(2):
            draw = random.Random(f"texture A {name} {number}")
            low, high = instruments[name].register
            notes = [
                Note(round(0.1 + 1.8 * i, 3), 1.5, draw.randint(low, high), draw.randint(50, 110))
                for i in range(4)
            ]
            sound = render(instruments[name], Score(tuple(notes), SECONDS), "FluidR3_GM")
            found.append((f"{name}-{number}", sound))
    for voice in VOICES:
        for number in range(2):
            draw = random.Random(f"speech A {voice} {number}")
            found.append((f"speech-{voice}-{number}", speech(draw, voice)))
    for number in range(6):
        generator = np.random.default_rng(100 + number)
        n = round(SECONDS * RATE)
        colour = np.maximum(np.arange(n // 2 + 1), 20) ** (-0.5 * (number % 3))
        gusts = np.repeat(generator.uniform(0.05, 1, 81), n // 80)[:n] if number % 2 else 1.0
        sound = np.fft.irfft(np.fft.rfft(generator.normal(size=n)) * colour, n) * gusts
        found.append((f"noise-{number}", sound.astype(np.float32)))
    return found


def beat(draw: random.Random) -> Score:
    """Sixteen steps of a drum kit, drawn once and repeated."""
    step, now = 60 / draw.uniform(70, 170) / 4, 0.05
    often = {36: 0.3, 38: 0.2, 42: 0.5, 46: 0.1, 43: 0.08, 47: 0.08, 50: 0.08, 49: 0.05, 51: 0.2}
    hits = {drum: [draw.random() < odds for _ in range(16)] for drum, odds in often.items()}
    notes = []
    for number in range(int((SECONDS - 0.5) / step)):
        for drum, steps in hits.items():
            if steps[number % 16]:
                notes.append(Note(round(now, 3), round(0.9 * step, 3), drum, draw.randint(40, 120)))
        now += step
    return Score(tuple(sorted(notes)), SECONDS)


def speech(draw: random.Random, voice: str) -> Mono:
    text = " ".join(draw.sample(WORDS, 20))
    pace, height = str(draw.randint(120, 190)), str(draw.randint(30, 70))
    with tempfile.TemporaryDirectory() as own:
        wave = Path(own) / "speech.wav"
        subprocess.run(
            ["espeak-ng", "-v", voice, "-s", pace, "-p", height, "-w", wave, text], check=True
        )
        return read(wave)[: round(SECONDS * RATE)]


def keep(path: Path, clip: Mono, notes: Table) -> None:
    """Write what the features are made of, and the notes."""
    clip = clip / np.float32(max(np.abs(clip).max(initial=0), 1e-9))
    found, spectra = basic_pitch.activations(clip), Spectra.of(clip)
    arrays = {**vars(found), **vars(spectra)}
    whole = io.BytesIO()
    halves = {name: np.maximum(array, -150).astype(np.float16) for name, array in arrays.items()}
    np.savez(whole, notes=notes, **halves)
    path.write_bytes(whole.getvalue())


# The network and how it learns.


class Network(nn.Module):
    """`effects.notes.note_network.judge` with gradients, for several clips at once."""

    def __init__(self, start: Path | None = None) -> None:
        """``start``: weights to begin with; layers that it lacks add next to nothing at first."""
        super().__init__()
        self.enter = nn.Conv2d(features.N_FEATURES, HIDDEN, 1)
        self.context = nn.Linear(2 * HIDDEN, 2 * HIDDEN)
        self.kernels = nn.ModuleList(
            nn.Conv2d(HIDDEN, HIDDEN, (1, WIDTH), dilation=(1, it), padding=(0, it * (WIDTH // 2)))
            for it in DILATIONS
        )
        self.tell = nn.ModuleList(nn.Conv2d(HIDDEN, TOLD, 1) for _ in TELLS)
        self.listen = nn.ModuleList(nn.Conv2d(TOLD * len(AKIN), HIDDEN, 1) for _ in TELLS)
        self.leave = nn.Conv2d(HIDDEN, 3, 1)
        for layer in (self.context, *self.listen):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
        if start is not None:
            self.load(start)
        self.to(memory_format=torch.channels_last)  # twice as fast

    def load(self, start: Path) -> None:
        with np.load(start) as kept, torch.no_grad():
            for name, parameter in self._named().items():
                if name in kept:
                    parameter.copy_(torch.from_numpy(kept[name]).reshape(parameter.shape))
                elif name.startswith("kernel"):
                    nn.init.normal_(parameter, std=0.01)

    def _named(self) -> dict[str, Tensor]:
        layers = {"in": self.enter, "context": self.context, "out": self.leave}
        named: dict[str, Tensor] = {}
        for name, layer in layers.items():
            named |= {name: layer.weight, f"{name}_bias": layer.bias}
        for number, kernel in enumerate(self.kernels):
            named |= {f"kernel{number}": kernel.weight, f"bias{number}": kernel.bias}
        for number, *pair in zip(TELLS, self.tell, self.listen, strict=True):
            for name, layer in zip(("tell", "listen"), pair, strict=True):
                named |= {f"{name}{number}": layer.weight, f"{name}_bias{number}": layer.bias}
        return named

    def save(self, path: Path) -> None:
        """Write the weights as `judge` reads them: matrices, but for the kernels."""
        arrays = {
            name: it.detach().numpy().astype(np.float16) for name, it in self._named().items()
        }
        np.savez(
            path,
            **{
                name: it[:, :, 0, :] if name.startswith("kernel") else it.squeeze()
                for name, it in arrays.items()
            },
        )

    def forward(self, heard: Tensor, keys: Tensor, clips: Tensor, n_clips: int) -> Tensor:
        """Logits of sounding and struck, and how late, (keys, 3, frames); ``clips``: whose."""
        x = heard[:, :, None].contiguous(memory_format=torch.channels_last)
        x = torch.relu(self.enter(x))
        means = []
        for feature in (SOUNDING.index(0), len(SOUNDING) + STRUCK.index(0)):
            sure = heard[:, feature] ** 2
            of_keys = torch.einsum("kct,kt->kc", x[:, :, 0], sure)
            total = x.new_zeros(n_clips, HIDDEN).index_add(0, clips, of_keys)
            weight = x.new_zeros(n_clips).index_add(0, clips, sure.sum(dim=1))
            means.append(total / (weight[:, None] + 1))
        context = self.context(torch.cat(means, dim=1))[clips][..., None, None]
        scale, shift = context.chunk(2, dim=1)
        x = x * (1 + scale) + shift
        for number, kernel in enumerate(self.kernels):
            x = x + torch.relu(kernel(x))
            if number in TELLS:
                x = x + self._of_akin(x, keys, clips, n_clips, TELLS.index(number))
        logits: Tensor = self.leave(x)[:, :, 0]
        return logits

    def _of_akin(self, x: Tensor, keys: Tensor, clips: Tensor, n_clips: int, number: int) -> Tensor:
        told, side = torch.relu(self.tell[number](x)), max(AKIN)
        board = told.new_zeros(n_clips, N_KEYS + 2 * side, *told.shape[1:])
        board = board.index_put((clips, keys + side), told)
        of_akin = board[clips[:, None], keys[:, None] + side + torch.tensor(AKIN)]
        heard: Tensor = self.listen[number](of_akin.flatten(1, 2))
        return heard


def train(network: Network, files: list[Path], minutes: float, rate: float) -> None:
    """Adam with a rate that falls as a cosine, for a time."""
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-3)
    draw, begin, step = random.Random(1), time.time(), 0
    clips = {file: dict(np.load(file)) for file in files}
    while (done := (time.time() - begin) / 60 / minutes) < 1:
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 50) * (0.51 + 0.5 * np.cos(np.pi * done))
        chosen = [example(clips[it], draw) for it in draw.choices(files, k=TOGETHER)]
        chosen = [it for it in chosen if len(it[0])]
        if not chosen:
            continue
        keys, heard, sounding, struck, late = (
            torch.from_numpy(np.concatenate(parts)) for parts in zip(*chosen, strict=True)
        )
        whose = torch.repeat_interleave(torch.tensor([len(it[0]) for it in chosen]))
        found = network(heard, keys, whose, len(chosen))
        near = ~torch.isnan(late)
        loss = binary_cross_entropy_with_logits(found[:, 0], sounding)
        loss = loss + 10 * binary_cross_entropy_with_logits(found[:, 1], struck)
        if near.any():
            loss = loss + 0.2 * smooth_l1_loss(found[:, 2][near], late[near], beta=0.3)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        step += 1
        if step % 100 == 0:
            print(f"{done:.0%}, step {step}: {loss.item():.4f}", flush=True)


def example(clip: dict[str, NDArray], draw: random.Random) -> tuple[NDArray, ...]:
    """Some seconds of some keys: the keys, their features, and three targets."""
    arrays = {name: it.astype(np.float32) for name, it in clip.items() if name != "notes"}
    found = Activations(arrays["sounding"], arrays["struck"], arrays["contour"])
    evidence = Evidence.of(found, Spectra(arrays["fine"], arrays["quick"]))
    played = {round(key) - LOWEST for key in clip["notes"][:, 2]}
    keys = features.heard(found).tolist()
    ghosts = [it for it in keys if it not in played]
    draw.shuffle(ghosts)
    room = max(AT_MOST - (len(keys) - len(ghosts)), 4)
    chosen = np.array(sorted({*keys} & played | {*ghosts[:room]}), np.intp)
    first = draw.randrange(max(len(found.sounding) - CROP, 0) + 1)
    crop = slice(first, first + CROP)
    wanted = targets(clip["notes"], chosen, arrays["quick"])
    return chosen, evidence.of_keys(chosen, crop), *(it[:, crop] for it in wanted)


def targets(notes: Table, keys: NDArray, quick: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Whether a key sounds, whether it is struck (1 there, less around), and when it was."""
    frames = np.arange(len(quick))
    sounding, struck = np.zeros((2, len(keys), len(quick)), np.float32)
    late = np.full_like(sounding, np.nan)
    rows = {key: row for row, key in enumerate(keys.tolist())}
    for start, end, key, _ in notes * (FRAMES_PER_SECOND, FRAMES_PER_SECOND, 1, 1):
        row = rows.get(round(key) - LOWEST)
        if row is not None:
            stop = min(end, heard_until(round(start), round(end), round(key), quick))
            sounding[row, (frames >= start - 0.5) & (frames < stop - 0.5)] = 1
            off = start - frames
            near = np.abs(off) <= 2.6
            struck[row, near] = np.maximum(struck[row, near], np.exp(-(off[near] ** 2)))
            late[row, np.abs(off) <= 3.5] = off[np.abs(off) <= 3.5]
    return sounding, struck, late


def heard_until(start: int, end: int, key: int, quick: NDArray) -> int:
    """When the first four partials of a note that ends at ``end`` have faded, if that is sooner."""
    places = (key - LOWEST + features.BELOW) * features.STEPS_PER_KEY + np.array((0, 24, 38, 48))
    level = quick[start:end, places[places < quick.shape[1]]].max(axis=1, initial=-200)
    if level.size < 8:
        return end
    faded = np.flatnonzero(level[6:] < max(level[:12].max() - HEARD_DB, -75))
    return start + 6 + int(faded[0]) if faded.size else end


if __name__ == "__main__":
    main()
