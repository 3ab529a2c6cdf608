"""How right is what `restyle listen` writes: notes of rendered tunes, drums of recorded kits.

    python -m benchmarks.heard --work FOLDER --half tune

Tunes are those of the triplets (`benchmarks.quality.triplets`), by turns one voice and chords, on
TimGM6mb. F is the F-measure of notes: the key is right and the onset within 50 ms (mir_eval; ends
do not count). A sure note is one that is not marked as unsure. Drums are grooves of
`benchmarks.quality.recorded_drums`, if its kits are installed: a stroke is right if one of the
drums that begin within 25 ms is of its family.
"""

from __future__ import annotations

import random
from pathlib import Path

import mir_eval
import numpy as np

from benchmarks import script
from benchmarks.quality import recorded_drums
from benchmarks.quality.sounds import RATE, Studio, read
from benchmarks.quality.triplets import HALVES, triplets
from benchmarks.training.hear import ONSET_SECONDS, heard
from effects import Score, listen
from effects.notes.note import Note
from effects.scores.drum_names import HAT, KICK, SNARE
from effects.signal.arrays import Mono
from effects.signal.units import midi_to_hz
from presets.studio.score import Score as Tune

GROOVES = 4  # of each kit
NEAR_SECONDS = 0.025
FAMILIES = dict(
    zip(recorded_drums.DRUMS, (KICK, SNARE, HAT, HAT, SNARE, SNARE, HAT, None), strict=True)
)


def main() -> None:
    """Render, listen, and print what was right."""
    parser = script.parser(__doc__)
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="keeps renders")
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--count", type=script.count, default=24, help="of tunes")
    options = parser.parse_args()
    script.check_soundfonts({script.TIMGM6MB: script.PACKAGES[script.TIMGM6MB]})
    options.work.mkdir(parents=True, exist_ok=True)
    _notes(Studio(script.TIMGM6MB, options.work), options.half, options.count)
    if recorded_drums.FOLDER.is_dir():
        _drums(options.half)


def _notes(studio: Studio, half: str, count: int) -> None:
    found: dict[str, list[float]] = {"one voice": [], "chords": []}
    right: dict[bool, list[bool]] = {False: [], True: []}
    for it in triplets(half, count):
        score = listen(read(studio.clip(it.content, it.notes)), RATE, beats=False)
        notes = [Note(n.start, n.end, n.pitch, 1.0, n.confidence) for n in score.notes]
        found["chords" if it.poly else "one voice"].append(heard(notes, it.notes).f)
        for note, is_right in zip(score.notes, _right(score, it.notes), strict=True):
            right[note.unsure].append(is_right)
    for name, values in found.items():
        print(f"{name}: {len(values)} tunes, F {np.mean(values):.3f}")
    for unsure, values in right.items():
        if values:
            name = "unsure" if unsure else "sure"
            print(f"{name} notes: {sum(values)} of {len(values)} right, {np.mean(values):.2f}")


def _right(score: Score, tune: Tune) -> list[bool]:
    """Which notes of a score are notes of the tune."""
    if not score.notes:
        return []
    matched = mir_eval.transcription.match_notes(
        np.array([(it.start, it.start + it.seconds) for it in tune.notes]),
        midi_to_hz([it.key for it in tune.notes]),
        np.array([(it.start, max(it.end, it.start + 0.01)) for it in score.notes]),
        midi_to_hz([it.key for it in score.notes]),
        onset_tolerance=ONSET_SECONDS,
        pitch_tolerance=50.0,  # cents
        offset_ratio=None,
    )
    ours = {number for _, number in matched}
    return [number in ours for number in range(len(score.notes))]


def _drums(half: str) -> None:
    alone, all_strokes = list[bool](), list[bool]()
    for kit in recorded_drums.kits(half):
        for seed in range(GROOVES):
            groove = recorded_drums.groove(random.Random(f"{kit}{seed}"))
            audio: Mono = recorded_drums.rendered(kit, groove)
            score = listen(audio / np.abs(audio).max(), RATE, beats=False)
            for stroke in score.strokes:
                near = {it.drum for it in groove if abs(it.start - stroke.start) < NEAR_SECONDS}
                if near - {recorded_drums.CRASH}:
                    is_right = stroke.key in {FAMILIES[it] for it in near}
                    all_strokes.append(is_right)
                    alone += [is_right] if len(near) == 1 else []
    for name, values in (("of one drum", alone), ("all", all_strokes)):
        if values:
            print(f"strokes, {name}: {len(values)}, {np.mean(values):.2f} right")


if __name__ == "__main__":
    main()
