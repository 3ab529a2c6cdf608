"""Collect the scores from which the latent learns.

    python -m benchmarks.training.latent.scores --out scores.npz

They are the music of Freedoom and OpenTTD, MMA's grooves over drawn chords with a tune of our own,
and drawn tunes, hymns and riffs. One piece in twenty is held out, by the hash of its name. It needs
Debian's packages mma, freedoom and openttd-openmsx.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import mido
import numpy as np

from benchmarks import script
from benchmarks.training import tunes
from benchmarks.training.mashup import charts
from benchmarks.training.mashup.events import DRUMS, Event, channels_of, of_file
from benchmarks.training.mashup.leads import tune
from benchmarks.training.mashup.pieces import pieces
from effects.latent.own.material import moved_about
from effects.latent.own.score_windows import Mistakes, Notes, ScoreWindows, joined
from effects.learned import array_file

# Nothing here was searched.
HELD_OUT = 20  # one piece in so many
WRITTEN = 0.35  # of the windows are of drawn tunes
OF_PIECES = 0.35  # of the others are of MIDI pieces, the rest of grooves
ALONE = 0.4  # how often a single channel of a piece is heard
LOT = 20_000  # windows of a lot
MOST_AT_ONCE = 12  # windows of one piece in a row, so that none fills a lot
REPEATS = 2  # of a groove's progression of chords
MOST_BYTES = 256 << 20

Channels = Mapping[int, Notes]  # of a piece, by the numbers of MIDI's channels
TUNE = 99  # stands for the channel of our own tune over a groove


def main() -> None:
    """Collect all."""
    parser = script.parser(__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write")
    options = parser.parse_args()
    arrays = {}
    for name, channels in (*of_pieces(), *of_grooves(charts.grooves())):
        arrays |= {f"{name}/{it}": notes for it, notes in channels.items() if len(notes)}
    array_file.save(options.out, arrays, {})
    script.say(f"{len({it.rpartition('/')[0] for it in arrays})} pieces")


def of_pieces() -> Iterator[tuple[str, Channels]]:
    """The MIDI pieces that are here."""
    for name, file in pieces():
        yield f"piece {name}", _channels(file)


def of_grooves(names: Sequence[str]) -> Iterator[tuple[str, Channels]]:
    """Chords in each groove that MMA plays alone, and a tune over them."""
    draw = random.Random("scores")
    for groove in draw.sample(names, len(names)):
        tempo, tonic = draw.randint(70, 170), draw.randrange(12)
        progression = draw.choice(charts.PROGRESSIONS) * REPEATS
        chords = [((tonic + step) % 12, kind) for step, kind in progression]
        file = charts.played(charts.text_of(groove, tempo, chords))
        if file is None:
            continue
        bar = charts.bar_seconds(file)
        classes = [{(root + it) % 12 for it in charts.INTERVALS[kind]} for root, kind in chords]
        scale = {(tonic + it) % 12 for it in charts.MAJOR}
        beats = max(round(bar * tempo / 60), 1)
        own = notes_of(tune(draw, classes, scale, bar, beats))
        yield f"mma {groove}", {**_channels(file), TUNE: own}


def _channels(file: mido.MidiFile) -> dict[int, Notes]:
    """The notes of each channel but the drums."""
    parts = channels_of(of_file(file))
    return {channel: notes_of(events) for channel, events in parts.items() if channel != DRUMS}


def notes_of(events: Sequence[Event]) -> Notes:
    """The notes of a channel; one that is struck again ends there."""
    found, begun = [], dict[int, float]()
    for second, message in events:
        if message.type not in ("note_on", "note_off"):
            continue
        if message.note in begun:
            found.append((begun.pop(message.note), second, float(message.note)))
        if message.type == "note_on" and message.velocity:
            begun[message.note] = second
    return np.array(sorted(found), np.float64).reshape(-1, 3)


class Scores:
    """Scores to learn from, or those that are held out.

    Args:
        path: what `main` wrote.
        held_out: whether those are wanted that are held out.
    """

    def __init__(self, path: Path, *, held_out: bool = False) -> None:
        arrays, _ = array_file.load(path, MOST_BYTES)
        self._pieces: dict[str, list[dict[int, Notes]]] = {"piece": [], "mma": []}
        by_name: dict[str, dict[int, Notes]] = {}
        for key, notes in arrays.items():
            name, _, channel = key.rpartition("/")
            by_name.setdefault(name, {})[int(channel)] = notes
        for name, channels in sorted(by_name.items()):
            if (zlib.crc32(name.encode()) % HELD_OUT == 0) == held_out:
                self._pieces[name.partition(" ")[0]].append(channels)
        self._seed = "held out" if held_out else "learnt"

    def lot(self, number: int, size: int = LOT) -> ScoreWindows:
        """Windows with mistakes, others in each lot."""
        draw = random.Random(f"{self._seed} {number}")
        rng = np.random.default_rng(draw.getrandbits(63))
        parts: list[ScoreWindows] = []
        count = 0
        while count < size:
            notes = self._drawn(draw)
            seconds = float(notes[:, 1].max(initial=0))
            part = moved_about(notes, seconds, rng, Mistakes(), most=MOST_AT_ONCE)
            parts.append(part)
            count += len(part)
        return joined(parts)

    def _drawn(self, draw: random.Random) -> Notes:
        """The notes of a tune, or of some or all channels of a piece."""
        if draw.random() < WRITTEN:
            return _written(draw)
        kind = "piece" if draw.random() < OF_PIECES else "mma"
        channels = draw.choice(self._pieces[kind] or self._pieces["piece"])
        count = 1 if draw.random() < ALONE else draw.randint(1, len(channels))
        return np.concatenate([channels[it] for it in draw.sample(sorted(channels), count)])


def _written(draw: random.Random) -> Notes:
    kind = draw.random()
    low = draw.randint(33, 60)
    high = low + draw.randint(24, 40)
    if kind < 0.6:
        score = tunes.hard_tune(draw, low, high, chords=draw.choice((0, 0, 0.2, 0.5)))
    elif kind < 0.85:
        score = tunes.hymn(draw, low, high)
    else:
        score = tunes.riff(draw, draw.randint(28, 48), 76)
    return tunes.table(score)[:, :3]


if __name__ == "__main__":
    main()
