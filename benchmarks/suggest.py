"""How often `restyle presets suggest` is right about clips of melodies that no preset plays.

Every instrument of the library plays a tune of about six seconds, drawn from a seed: notes, chords
if it plays any, part of the register, tempo, touch and velocities; a drum kit plays a beat. The
clips are rendered from the library's own soundfont, and from another one, whose General MIDI
instruments sound different; with ``--recordings``, from recorded notes, too (see
`benchmarks.quality.real`). `effects.nearest_presets` is asked what each clip sounds like, and for
every fourth, as a baseline, the engine's plain style distance. An answer is right if it has the
General MIDI family of the instrument that played. (Violin and fiddle are in two families, although
FluidR3 has one sound for both.)

The design of `suggest` was chosen on the clips of seed 0, so take another seed to learn how good it
is. The cache is a temporary one, so that the clips drive nothing out of the user's.

python -m benchmarks.suggest --seed 1
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from pedalboard.io import AudioFile

import presets
from benchmarks import script
from benchmarks.quality.real import Recordings
from benchmarks.quality.sounds import is_silent
from effects.engines.gram.infinite import Infinite, mean_squared_kernel, patch_products
from effects.engines.gram.objective import Statistics
from effects.engines.gram.statistics import style_statistics
from effects.nearest_presets import suggest
from effects.running.devices import one_thread
from effects.signal.spectrogram import Analysis
from effects.style_clip import Style
from presets.studio.instruments import Instrument, load
from presets.studio.render import midi_file, play
from presets.studio.score import DRUMS, Note, Score

SECONDS, TAIL_SECONDS = 6.0, 0.7  # of a tune, and for its last note to fade
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), tuple(range(12)))
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 9), (0, 5, 9), (0, 3, 6, 10), (0, 4, 7, 11), (0, 7, 12))

#: The recorded instruments that are asked about, each with its folder of notes. They were chosen
#: before anything was measured; nothing was trained or tuned on them.
RECORDED = {
    **{it: it for it in ("violin", "trumpet", "flute", "clarinet", "xylophone")},
    **{"grand-piano": "piano", "nylon-guitar": "guitar-nylon", "church-organ": "organ"},
}


def compose(instrument: Instrument, seed: int | str) -> Score:
    """A tune or a beat for ``instrument``, different for each seed."""
    draw = random.Random(f"{seed} {instrument.name}")
    notes = _beat(draw) if instrument.percussion else _tune(draw, instrument)
    return Score(tuple(sorted(notes)), SECONDS + TAIL_SECONDS)


def _tune(draw: random.Random, instrument: Instrument) -> list[Note]:
    """Steps and leaps in a scale, within one or two octaves of the register."""
    low, high = instrument.register
    low = draw.randint(low, max(low, high - draw.randint(12, 24)))
    high = min(high, low + draw.randint(12, 24))
    tonic, scale = draw.randrange(12), draw.choice(SCALES)
    keys = [key for key in range(low, high + 1) if (key - tonic) % 12 in scale]
    beat = 60 / draw.uniform(80, 150) * (2 if instrument.slow or instrument.texture else 1)
    chords = draw.choice((0, 0.3, 1)) if instrument.chords else 0
    place, velocity, now = draw.randrange(len(keys)), draw.uniform(50, 110), 0.0
    notes = []
    while now < SECONDS:
        slot = min(beat * draw.choice((0.5, 0.5, 1, 1, 1.5, 2)), SECONDS - now)
        place = min(max(place + draw.choice((-4, -2, -1, -1, 0, 1, 1, 2, 4)), 0), len(keys) - 1)
        velocity = min(max(velocity + draw.uniform(-25, 25), 35), 120)
        chord = draw.choice(CHORDS) if draw.random() < chords else (0,)
        if not notes or draw.random() < 0.9:  # else a rest
            seconds = max(slot * draw.uniform(0.5, 1.05), 0.05)
            for key in {min(keys[place] + step, high) for step in chord}:
                notes.append(Note(round(now, 3), round(seconds, 3), key, round(velocity)))
        now += slot
    return notes


def _beat(draw: random.Random) -> list[Note]:
    """Some of the drums, each with a chance of its own in each of 8 or 16 steps, repeated."""
    step = 60 / draw.uniform(80, 150) / 4
    length = draw.choice((8, 12, 16))
    chosen = {36, 38, 42, *draw.sample(DRUMS, 5)}
    pattern = {drum: [draw.random() < 0.3 for _ in range(length)] for drum in sorted(chosen)}
    return [
        Note(round(index * step, 3), round(step, 3), drum, draw.randint(45, 120))
        for index in range(int(SECONDS / step))
        for drum, hits in pattern.items()
        if hits[index % length] or (index == 0 and drum == 36)
    ]


def render(
    instruments: Sequence[Instrument], seed: int, soundfont: Path, to: Path
) -> dict[str, Path]:
    """Sound files in the folder ``to``, by the instruments' names; silent ones are left out."""
    clips = {}
    for instrument in instruments:
        notes, clip = to / f"{instrument.name}.mid", to / f"{instrument.name}.wav"
        midi_file(instrument, compose(instrument, seed)).save(notes)
        play(notes, soundfont, clip)
        with AudioFile(str(clip)) as file:
            if not is_silent(file.read(file.frames)):
                clips[instrument.name] = clip
    return clips


def recorded(samples: Path, seed: int, to: Path) -> dict[str, Path]:
    """As `render`, on recorded notes.

    Raises:
        FileNotFoundError: the folder ``samples`` lacks an instrument.
    """
    recordings, clips = Recordings(samples, to, RECORDED), {}
    for instrument in (it for it in load() if it.name in RECORDED):
        if not recordings.notes(instrument):
            raise FileNotFoundError(f"There are no notes in {samples / RECORDED[instrument.name]}.")
        (low, high), (lowest, highest) = instrument.register, recordings.range(instrument)
        within = replace(instrument, register=(max(low, lowest), min(high, highest)))
        clips[instrument.name] = recordings.clip(within, compose(within, seed))
    return clips


def by_suggest(clips: Mapping[str, Path]) -> dict[str, list[str]]:
    """For each clip, the names of all presets, nearest first."""
    return {name: [it.preset.name for it in suggest(clip)] for name, clip in clips.items()}


def by_plain_distance(clips: Mapping[str, Path]) -> dict[str, list[str]]:
    """The same by the MMD over all patches, equally weighted, which the engine minimises."""
    engine, device = Infinite(), torch.device("cpu")
    n_features = Analysis.features_at(44_100)

    def statistics(style: Style) -> Statistics:
        return style_statistics(style, engine, n_features, device, tick=lambda: None)[1]

    distances: dict[str, list[tuple[float, str]]] = {name: [] for name in clips}
    with one_thread(), torch.no_grad():
        ours = {name: statistics(Style(clip)) for name, clip in clips.items()}
        for preset in presets.every():
            theirs = statistics(Style(preset.clip, preset.sha256))
            for name, clip in ours.items():
                dot = patch_products(clip["frames"], theirs["frames"], engine.width)
                cross = mean_squared_kernel(
                    dot, clip["norm"], theirs["norm"], clip["weight"], theirs["weight"]
                )
                far = float(clip["self"] - 2 * cross + theirs["self"])
                distances[name].append((far, preset.name))
    return {name: [it for _, it in sorted(found)] for name, found in distances.items()}


def report(title: str, answers: Mapping[str, Sequence[str]], *, details: bool) -> None:
    """Print how many answers were right, and which were not."""
    family = {it.name: it.family for it in presets.every()}
    asked, right = Counter[str](), Counter[str]()
    wrong, among = [], Counter[int]()
    for name, found in answers.items():
        asked[family[name]] += 1
        right[family[name]] += family[found[0]] == family[name]
        among.update(count for count in (1, 3, 5) if name in found[:count])
        if family[found[0]] != family[name]:
            wrong.append(f"{name} taken for {found[0]}")
    n = len(answers)
    print(
        f"{title:34} right family first {right.total()}/{n} = {right.total() / n:.2f},"
        f" right preset first {among[1]}, among three {among[3]}, among five {among[5]}",
        flush=True,
    )
    if details:
        for it, count in asked.items():
            print(f"    {it:24}{right[it]:3}/{count}")
        print("    " + ", ".join(wrong))


def main() -> int:
    """Render, ask, and print."""
    options = _options()
    soundfonts = options.soundfont or (script.FLUIDR3, script.TIMGM6MB)
    try:
        script.check_soundfonts({it: script.PACKAGES.get(it, "that has it") for it in soundfonts})
    except FileNotFoundError as error:
        print(f"suggest.py: {error}", file=sys.stderr)
        return 2
    script.announce(__doc__, "numpy", "torch")
    instruments = load()
    for soundfont in soundfonts:
        played = instruments
        if soundfont.name != script.FLUIDR3.name:  # others lack the variations of sounds and kits
            played = [it for it in played if not it.bank and not (it.percussion and it.program)]
        with tempfile.TemporaryDirectory() as folder, cache_folder():
            chosen = _spread(played, options.clips)
            clips = render(chosen, options.seed, soundfont, Path(folder))
            _ask(f"{soundfont.stem}, seed {options.seed}:", clips, options)
    return _ask_recorded(options)


def _ask_recorded(options: argparse.Namespace) -> int:
    """The same for recorded notes, if their folder is named."""
    if options.recordings is None:
        print("Recorded notes are left out: --recordings names their folder.")
        return 0
    with tempfile.TemporaryDirectory() as folder, cache_folder():
        try:
            clips = recorded(options.recordings, options.seed, Path(folder))
        except FileNotFoundError as error:
            print(f"suggest.py: {error}", file=sys.stderr)
            return 2
        _ask(f"recorded notes, seed {options.seed}:", clips, options)
    return 0


def _ask(title: str, clips: Mapping[str, Path], options: argparse.Namespace) -> None:
    """Ask about the clips of one soundfont, and print the answers and how long they took."""
    began = time.process_time()
    suggest(next(iter(clips.values())))
    cold = time.process_time() - began
    began = time.process_time()
    report(f"{title} suggest", by_suggest(clips), details=not options.no_details)
    warm = (time.process_time() - began) / len(clips)
    print(f"    {cold:.1f} s of CPU for the first clip, {warm:.2f} s for each other")
    if not options.no_baseline:
        few = dict(list(clips.items())[::4])
        report(f"{title} plain MMD", by_plain_distance(few), details=False)


def _options() -> argparse.Namespace:
    parser = script.parser(__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the tunes (%(default)s)")
    parser.add_argument("--clips", type=int, help="of each soundfont; without it, all instruments")
    parser.add_argument("--no-details", action="store_true", help="only the shares, no misses")
    parser.add_argument("--no-baseline", action="store_true", help="do not ask the plain distance")
    parser.add_argument(
        "--soundfont",
        type=Path,
        action="append",
        metavar="FILE",
        help="repeatable; without it, FluidR3_GM and TimGM6mb",
    )
    parser.add_argument(
        "--recordings", type=Path, metavar="FOLDER", help="of recorded notes; without it, none"
    )
    return parser.parse_args()


def _spread(instruments: list[Instrument], count: int | None) -> list[Instrument]:
    """So many of the instruments, evenly spread over the table; all if ``count`` is None."""
    if count is None:
        return instruments
    return [instruments[k * len(instruments) // count] for k in range(count)]


@contextmanager
def cache_folder() -> Iterator[None]:
    """Use a temporary cache for the block."""
    before = os.environ.get("RESTYLE_CACHE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RESTYLE_CACHE_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["RESTYLE_CACHE_DIR"]
            if before is not None:
                os.environ["RESTYLE_CACHE_DIR"] = before


if __name__ == "__main__":
    sys.exit(main())
