"""How often `restyle presets suggest` is right: about clips of melodies that no preset plays.

Every instrument of the library plays a tune of about six seconds that a seed draws: notes, chords
where it has them, part of the register, tempo, touch and velocities; a drum kit plays a beat. Such
clips are rendered from the library's own soundfont, and from another one, whose General MIDI
instruments sound otherwise. `effects.nearest_presets` is asked what each sounds like, and of every
fourth, as a baseline, the engine's plain style distance. Right is the family of the instrument that
played: General MIDI's, in which violin and fiddle are two although FluidR3 has one sound for both.

What `suggest` does was chosen on the clips of seed 0. Take another to learn how good it is. The
cache is a temporary one, filled at the start, so that the clips drive nothing out of the user's.

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
from pathlib import Path

import numpy as np
import torch
from pedalboard.io import AudioFile

import presets
from effects.engines.gram.infinite import Infinite, mean_squared_kernel, patch_products
from effects.engines.gram.objective import Statistics
from effects.engines.gram.statistics import style_statistics
from effects.nearest_presets import suggest
from effects.running.devices import one_thread
from effects.signal.spectrogram import Analysis
from effects.style_clip import Style
from presets.studio.instruments import Instrument, load
from presets.studio.render import check_tools, midi_file, play
from presets.studio.score import DRUMS, Note, Score

FOLDER = Path("/usr/share/sounds/sf2")
LIBRARY, OTHER = FOLDER / "FluidR3_GM.sf2", FOLDER / "TimGM6mb.sf2"
SECONDS, TAIL_SECONDS = 6.0, 0.7
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), tuple(range(12)))
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 9), (0, 5, 9), (0, 3, 6, 10), (0, 4, 7, 11), (0, 7, 12))


def compose(instrument: Instrument, seed: int) -> Score:
    """A tune for ``instrument``, or a beat; another for every seed."""
    draw = random.Random(f"{seed} {instrument.name}")
    notes = _beat(draw) if instrument.percussion else _tune(draw, instrument)
    return Score(tuple(sorted(notes)), SECONDS + TAIL_SECONDS)


def _tune(draw: random.Random, instrument: Instrument) -> list[Note]:
    """Steps and leaps of a scale, within one or two octaves of the register."""
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
    """Sound files in the folder ``to`` by the instruments' names; silent ones are left out."""
    clips = {}
    for instrument in instruments:
        notes, clip = to / f"{instrument.name}.mid", to / f"{instrument.name}.wav"
        midi_file(instrument, compose(instrument, seed)).save(notes)
        play(notes, soundfont, clip)
        with AudioFile(str(clip)) as file:
            if np.abs(file.read(file.frames)).max() > 1e-4:
                clips[instrument.name] = clip
    return clips


def by_suggest(clips: Mapping[str, Path]) -> dict[str, list[str]]:
    """The names of the presets for each clip, nearest first."""
    return {name: [it.preset.name for it in suggest(clip)] for name, clip in clips.items()}


def by_plain_distance(clips: Mapping[str, Path]) -> dict[str, list[str]]:
    """The same by the MMD of all patches, equally weighted: what the engine minimises."""
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
    wrong, among_three = [], 0
    for name, found in answers.items():
        asked[family[name]] += 1
        right[family[name]] += family[found[0]] == family[name]
        among_three += name in found[:3]
        if family[found[0]] != family[name]:
            wrong.append(f"{name} taken for {found[0]}")
    n = len(answers)
    print(
        f"{title:34} right family first {right.total()}/{n} = {right.total() / n:.2f},"
        f" right preset among three {among_three}/{n} = {among_three / n:.2f}",
        flush=True,
    )
    if details:
        for it, count in asked.items():
            print(f"    {it:24}{right[it]:3}/{count}")
        print("    " + ", ".join(wrong))


def main() -> int:
    """Render, ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clips", type=int, help="of each soundfont; all instruments without it")
    parser.add_argument("--no-details", action="store_true", help="shares alone, no misses")
    parser.add_argument("--no-baseline", action="store_true")
    parser.add_argument("--soundfont", type=Path, action="append")
    options = parser.parse_args()
    instruments = load()
    for soundfont in options.soundfont or (LIBRARY, OTHER):
        check_tools(soundfont)
        played = instruments
        if soundfont.name != LIBRARY.name:  # others have no such variations
            played = [it for it in played if not it.bank and not (it.percussion and it.program)]
        with tempfile.TemporaryDirectory() as folder:
            clips = render(_spread(played, options.clips), options.seed, soundfont, Path(folder))
            with cache_folder():
                title = f"{soundfont.stem}, seed {options.seed}:"
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
    return 0


def _spread(instruments: list[Instrument], count: int | None) -> list[Instrument]:
    if count is None:
        return instruments
    return [instruments[k * len(instruments) // count] for k in range(count)]


@contextmanager
def cache_folder() -> Iterator[None]:
    """A cache for a while."""
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
