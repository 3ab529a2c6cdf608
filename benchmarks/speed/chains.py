"""A chain of eight of pedalboard's effects, loaded from its file, beside pedalboard itself.

    python -m benchmarks.speed.chains                      # about a minute

Both have the same effects with the same settings, and run in turns. The first call is of a board
that was just loaded, with an array that it has not seen; the second call follows on it, and so does
one that reports its progress. Times are the processor's, so that what else the machine does matters
less; a call uses one core. A ratio is the median of those of the pairs, of which every other one
begins with Restyle. The sound has to be the same, bit for bit.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard

from benchmarks import script
from benchmarks.speed.calls import RATE, stem
from benchmarks.speed.stems import STEMS
from effects import Pedalboard
from effects.signal.arrays import Audio

BAR = 1.05  # of what pedalboard takes: issue 21
CHAIN = """
effects = [
    { type = "HighpassFilter", cutoff_frequency_hz = 80 },
    { type = "Compressor", threshold_db = -20, ratio = 3 },
    { type = "PeakFilter", cutoff_frequency_hz = 2000, gain_db = 3 },
    { type = "Chorus", depth = 0.2 },
    { type = "Phaser", mix = 0.3 },
    { type = "Delay", delay_seconds = 0.3, feedback = 0.2, mix = 0.2 },
    { type = "Reverb", room_size = 0.6 },
    { type = "Gain", gain_db = -2 },
]
"""
CALLS = ("first call", "second call", "with progress")
BARRED = CALLS[:2]  # pedalboard reports no progress


@dataclass(frozen=True)
class Row:
    """What a call takes.

    Attributes:
        channels: of the stem.
        seconds: its length.
        call: which one it is of `CALLS`.
        stock: the seconds of the processor that pedalboard takes, the median.
        ratio: what Restyle takes in its place, the median of all pairs.
    """

    channels: int
    seconds: float
    call: str
    stock: float
    ratio: float

    def __str__(self) -> str:
        sound = f"{'mono' if self.channels == 1 else 'stereo'}, {self.seconds:g} s"
        row = (
            f"{sound:16}{self.call:16}{1000 * self.stock:9.1f} ms"
            f"{1000 * self.stock * self.ratio:9.1f} ms{self.ratio:9.3f}"
        )
        if self.call not in BARRED:
            return row
        return f"{row}   {'MISSED' if self.missed else 'reached'}"

    @property
    def missed(self) -> bool:
        """Whether it takes too long."""
        return self.call in BARRED and self.ratio > BAR


def rows(path: Path, audio: Audio, runs: int) -> list[Row]:
    """The calls of a chain in a file.

    Raises:
        ValueError: the outputs are not the same.
    """
    times: dict[str, list[tuple[float, float]]] = {call: [] for call in CALLS}
    for run in range(runs):
        ours, other = Pedalboard.load(path), Pedalboard.load(path)
        stock = pedalboard.Pedalboard(list(other))  # type: ignore[attr-defined]
        heard = audio.copy()
        for call in CALLS:
            ours.on_progress = (lambda fraction, stage: None) if call == CALLS[2] else None
            pair = [_timed(it, heard) for it in ((ours, stock) if run % 2 else (stock, ours))]
            (mine, my_sound), (theirs, their_sound) = pair if run % 2 else reversed(pair)
            times[call].append((mine, theirs))
            if not np.array_equal(my_sound, their_sound):
                raise ValueError("Restyle's board does not sound as pedalboard's does.")
    seconds = audio.shape[1] / RATE
    return [
        Row(
            len(audio),
            seconds,
            call,
            statistics.median(theirs for _, theirs in pairs),
            statistics.median(mine / theirs for mine, theirs in pairs),
        )
        for call, pairs in times.items()
    ]


def _timed(board: Callable[..., Any], audio: Audio) -> tuple[float, Audio]:
    began = time.process_time()
    output = board(audio, RATE)
    return time.process_time() - began, output


def main() -> int:
    """Measure, and print a row for each kind of call; 1 if one takes too long."""
    options = _options()
    script.announce(__doc__, "pedalboard")
    print(f"{'stem':16}{'':16}{'pedalboard':>12}{'Restyle':>12}{'ratio':>9}   at most {BAR}")
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "eight.toml"
        path.write_text(CHAIN, encoding="utf-8")
        for seconds in options.seconds:
            for channels in (1, 2):
                audio = stem(STEMS["guitar"], seconds)
                audio = np.resize(audio, (channels, audio.shape[1]))
                for row in rows(path, audio, options.runs):
                    print(row, flush=True)
                    missed = missed or row.missed
    return int(missed)


def _options() -> argparse.Namespace:
    parser = script.parser(__doc__)
    parser.add_argument(
        "--seconds",
        type=float,
        nargs="+",
        default=[1.0, 10.0, 60.0],
        metavar="S",
        help="how long the stems are (1, 10 and 60)",
    )
    parser.add_argument("--runs", type=script.count, default=11, help="of each (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(script.run(main))
