"""Which notes are heard, family by family: of a soundfont and of recordings that no training saw.

    python -m benchmarks.training.hear --work FOLDER --samples FOLDER
    python -m benchmarks.training.hear --work FOLDER --network other.onnx

F is the F-measure of notes: the key is right and the onset within 50 ms (mir_eval; ends do not
count). F, any octave: the same with keys an octave or more off taken for right. Silent: the share
of the time in which notes sound while none is heard. Means over the clips.

TimGM6mb plays the tunes (Debian's package timgm6mb-soundfont); recorded notes are those of
`benchmarks.quality.real` and of the npm packages tonejs-instrument-NAME-mp3 beside them. Tunes are
drawn from seeds of their own: neither training nor the triplets have them.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import mir_eval
import numpy as np

from benchmarks import script
from benchmarks.quality.real import FOLDERS, STRETCH, Recordings
from benchmarks.quality.sounds import RATE, Studio, read
from benchmarks.quality.triplets import compose
from benchmarks.training.tunes import beat, hymn, riff
from effects.notes import note_network
from effects.notes.note import Note
from effects.notes.transcribe import transcribe
from effects.signal.arrays import Mono
from effects.signal.units import midi_to_hz
from presets.studio.instruments import Instrument, load
from presets.studio.score import Score

ONSET_SECONDS = 0.05
LOWEST, HIGHEST = 28, 100  # keys
#: The instruments of each family.
FAMILIES = {
    "organs": ("church-organ", "drawbar-organ", "rock-organ", "reed-organ"),
    "accordions": ("accordion", "bandoneon", "harmonica"),
    "distorted guitars": ("distortion-guitar", "overdriven-guitar"),
    "low piano": ("grand-piano", "bright-piano"),
    "basses": ("acoustic-bass", "fingered-bass", "picked-bass", "contrabass"),
    "choirs": ("choir-aahs", "voice-oohs", "synth-voice"),
    "keys": ("grand-piano", "electric-piano", "harpsichord"),
    "plucked": ("nylon-guitar", "harp", "banjo", "koto"),
    "mallets": ("marimba", "vibraphone", "music-box"),
    "strings": ("violin", "cello", "string-ensemble"),
    "brass": ("trumpet", "trombone", "brass-section"),
    "winds": ("flute", "clarinet", "oboe", "alto-sax"),
}
LOW = ("low piano", "basses")
#: Folders of recordings beside those of `benchmarks.quality.real`, for this script only.
MORE_FOLDERS = {
    "fingered-bass": "bass-electric",
    "contrabass": "contrabass",
    "steel-guitar": "guitar-acoustic",
    "clean-guitar": "guitar-electric",
    "reed-organ": "harmonium",
    "drawbar-organ": "organ",
}


@dataclass(frozen=True)
class Heard:
    """How well the notes of a clip were heard; all from 0 to 1.

    Attributes:
        f: F-measure of notes.
        f_any_octave: the same with keys in any octave.
        silent: share of the time with notes in which none was heard.
    """

    f: float
    f_any_octave: float
    silent: float


def heard(found: Sequence[Note], score: Score) -> Heard:
    """Compare what was heard with what is played."""
    spans = np.array([(it.start, it.start + it.seconds) for it in score.notes])
    keys = np.array([it.key for it in score.notes], float)
    own_spans = np.array([(it.start, max(it.end, it.start + 0.01)) for it in found]).reshape(-1, 2)
    own_keys = np.array([round(it.pitch) for it in found], float)
    grid = np.arange(0, score.seconds, 0.01)
    sounds, hears = _covered(grid, spans), _covered(grid, own_spans)
    return Heard(
        f=_f(spans, keys, own_spans, own_keys),
        f_any_octave=_f(spans, 60 + keys % 12, own_spans, 60 + own_keys % 12),
        silent=float((sounds & ~hears).sum() / max(sounds.sum(), 1)),
    )


def _f(spans: np.ndarray, keys: np.ndarray, own: np.ndarray, own_keys: np.ndarray) -> float:
    if not len(own):
        return 0.0
    _, _, f, _ = mir_eval.transcription.precision_recall_f1_overlap(
        spans,
        midi_to_hz(keys),
        own,
        midi_to_hz(own_keys),
        onset_tolerance=ONSET_SECONDS,
        pitch_tolerance=50.0,  # cents
        offset_ratio=None,
    )
    return float(f)


def _covered(times: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Which times lie within any of the spans."""
    return ((times[:, None] >= spans[:, 0]) & (times[:, None] < spans[:, 1])).any(axis=1)


def rendered(studio: Studio, count: int) -> Iterator[tuple[str, Mono, Score]]:
    """Clips of each family on the soundfont: the family, the sound, the notes."""
    instruments = {it.name: it for it in load()}
    for family, names in FAMILIES.items():
        for name in names:
            scores = [_score(family, instruments[name], number) for number in range(count)]
            for sound, score in zip(studio.clips(instruments[name], scores), scores, strict=True):
                yield family, sound, score
    yield from _over_drums(studio, instruments, count)


def _score(family: str, instrument: Instrument, number: int) -> Score:
    draw = random.Random(f"hear {family} {instrument.name} {number}")
    low, high = max(instrument.register[0], LOWEST), min(instrument.register[1], HIGHEST)
    if family in LOW:
        high = min(high, low + 26)
    if family == "distorted guitars" and number % 2:
        return riff(draw, low, high)
    if instrument.chords and number % 3 == 1:
        return hymn(draw, low, high)
    return compose(draw, low, high, chords=0.5 if instrument.chords and number % 3 else 0.0)


def _over_drums(
    studio: Studio, instruments: dict[str, Instrument], count: int
) -> Iterator[tuple[str, Mono, Score]]:
    """Piano, bass and drums together; only the kit has no notes to hear."""
    for number in range(2 * count):
        draw = random.Random(f"hear drums {number}")
        piano = compose(draw, 52, 84, chords=0.5)
        bass = compose(draw, *instruments["fingered-bass"].register, chords=0.0)
        parts = (("grand-piano", piano), ("fingered-bass", bass), ("standard-kit", beat(draw)))
        sounds = [read(studio.clip(instruments[name], score)) for name, score in parts]
        n = max(it.size for it in sounds)
        sound = np.sum([np.pad(it, (0, n - it.size)) for it in sounds], axis=0) / 3
        notes = tuple(sorted([*piano.notes, *bass.notes]))
        yield "piano, bass and drums", sound.astype(np.float32), Score(notes, piano.seconds)


def recorded(recordings: Recordings, count: int) -> Iterator[tuple[str, Mono, Score]]:
    """Clips of recorded notes: the instrument, the sound, the notes."""
    instruments = {it.name: it for it in load()}
    for name in recordings.folders:
        keys = recordings.notes(instruments[name])
        low, high = max(min(keys) - STRETCH, LOWEST), min(max(keys) + STRETCH, HIGHEST)
        for number in range(count):
            draw = random.Random(f"hear recorded {name} {number}")
            chords = 0.5 if instruments[name].chords and number % 2 else 0.0
            score = compose(draw, low, high, chords=chords)
            yield f"recorded {name}", read(recordings.clip(instruments[name], score)), score


def main() -> None:
    """Render, listen, and print a table."""
    parser = script.parser(__doc__)
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="keeps renders")
    parser.add_argument("--samples", type=Path, metavar="DIR", help="folder of recorded notes")
    parser.add_argument("--count", type=script.count, default=3, help="of clips an instrument")
    parser.add_argument(
        "--network", type=Path, default=note_network.MODEL, metavar="FOLDER", help="who listens"
    )
    options = parser.parse_args()
    script.check_soundfonts({script.TIMGM6MB: script.PACKAGES[script.TIMGM6MB]})
    options.work.mkdir(parents=True, exist_ok=True)
    note_network.MODEL = options.network
    clips = [*rendered(Studio(script.TIMGM6MB, options.work), options.count)]
    if options.samples:
        clips += recorded(
            Recordings(options.samples, options.work, FOLDERS | MORE_FOLDERS), options.count
        )
    found: dict[str, list[Heard]] = {}
    for family, sound, score in clips:
        found.setdefault(family, []).append(heard(transcribe(sound, RATE), score))
    show(found)


def show(found: dict[str, list[Heard]]) -> None:
    """Print a row for each family, and one for all rendered ones and all recordings."""
    groups = {
        "all rendered": [it for name, of in found.items() if "recorded" not in name for it in of],
        "all recorded": [it for name, of in found.items() if "recorded" in name for it in of],
    }
    print(f"| {'':24} | clips |    F | F, any octave | silent |\n|---|---|---|---|---|")
    for name, of in {**found, **groups}.items():
        if of:
            f, octave, silent = np.mean([(it.f, it.f_any_octave, it.silent) for it in of], axis=0)
            print(f"| {name:24} | {len(of):5} | {f:.2f} | {octave:13.2f} | {silent:6.2f} |")


if __name__ == "__main__":
    sys.exit(script.run(main))
