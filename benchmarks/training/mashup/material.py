"""Write and render the excerpts from which the network that hears two songs learns.

    python -m benchmarks.training.mashup.material --work FOLDER

writes one file of three channels (lead, rhythm, harmony) for each excerpt, as Ogg Vorbis, and goes
on where it was stopped. It needs Debian's packages mma, freedoom, openttd-openmsx,
hydrogen-drumkits, espeak-ng, fluidsynth, timidity, and the soundfonts of
``benchmarks.training.fonts``.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import soundfile

from benchmarks import script
from benchmarks.quality.recorded_drums import KITS
from benchmarks.training.fonts import check_fonts
from benchmarks.training.mashup.charts import chart, grooves
from benchmarks.training.mashup.events import Excerpt
from benchmarks.training.mashup.pieces import excerpts, pieces
from benchmarks.training.mashup.stems import rendered
from effects.notes.basic_pitch import RATE

# Nothing here was searched.
CHARTS = 320  # excerpts in grooves of MMA
PER_PIECE = 4  # stretches of each MIDI piece that are tried
CHARTS_ON_KITS, PER_PIECE_ON_KITS = 100, 2  # the same, with drums on recorded kits
FONTS = ("fluid", "fluid", "musescore", "musescore", "musescore", "opl3", "freepats")
TOGETHER = 40  # excerpts that are rendered in one go
QUALITY = 0.9  # libsndfile's compression, 0 to 1: about 20 kbit/s a channel


def main() -> None:
    """Render what the folder lacks."""
    parser = script.parser(__doc__)
    parser.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="where to write")
    parser.add_argument("--share", type=float, default=1, help="less than 1 to try the script")
    options = parser.parse_args()
    check_fonts()
    options.work.mkdir(parents=True, exist_ok=True)
    for font, lot in lots([*planned(options.share)]):
        missing = [it for it in lot if not (options.work / f"{it.name}.ogg").exists()]
        if missing:
            write(options.work, missing, font)
            script.say(f"{font}: {len(missing)} excerpts")


def planned(share: float = 1.0) -> Iterator[Excerpt]:
    """What to render: a share of all, from 0 to 1."""
    draw = random.Random("mashup material")
    for number, groove in enumerate(draw.sample(grooves(), round(CHARTS * share))):
        own = random.Random(f"chart {number}")
        found = chart(own, f"chart-{number}", groove, own.choice(FONTS))
        if found is not None:
            yield found
    for name, file in pieces():
        own = random.Random(f"piece {name}")
        if own.random() < share:
            yield from excerpts(own, name, file, PER_PIECE, FONTS)
    yield from _on_kits(share)


def _on_kits(share: float) -> Iterator[Excerpt]:
    """More charts and stretches of pieces, whose drums are played on recorded kits."""
    draw = random.Random("mashup material on kits")
    for number, groove in enumerate(draw.sample(grooves(), round(CHARTS_ON_KITS * share))):
        own = random.Random(f"kit chart {number}")
        found = chart(own, f"kit-chart-{number}", groove, own.choice(FONTS))
        if found is not None:
            yield replace(found, kit=own.choice([*KITS]))
    for name, file in pieces():
        own = random.Random(f"kit piece {name}")
        if own.random() < share:
            for it in excerpts(own, name, file, PER_PIECE_ON_KITS, FONTS):
                yield replace(it, name=f"kit-{it.name}", kit=own.choice([*KITS]))


def lots(plans: Sequence[Excerpt]) -> Iterator[tuple[str, list[Excerpt]]]:
    """Excerpts of the same soundfont, `TOGETHER` at once, soundfonts in turn."""
    of_font = {font: [it for it in plans if it.font == font] for font in sorted(set(FONTS))}
    for first in range(0, max(map(len, of_font.values()), default=0), TOGETHER):
        for font, mine in of_font.items():
            if lot := mine[first : first + TOGETHER]:
                yield font, lot


def write(folder: Path, plans: Sequence[Excerpt], font: str) -> None:
    """Render excerpts, and keep those that have all parts; the others leave an empty file."""
    for plan, stems in zip(plans, rendered(plans, font), strict=True):
        path = folder / f"{plan.name}.ogg"
        if stems is None:
            path.touch()
            continue
        peak = float(abs(stems.sum(0)).max())
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            soundfile.write(
                file,
                0.5 * stems.T / max(peak, 1e-9),
                RATE,
                format="OGG",
                subtype="VORBIS",
                compression_level=QUALITY,
            )
        part.rename(path)
        (folder / f"{plan.name}.txt").write_text(f"{plan.group}\n{plan.font}\n")


if __name__ == "__main__":
    sys.exit(script.run(main))
