"""The notes and strokes of a piece as charts of a page."""

from __future__ import annotations

from collections.abc import Iterable

from effects.notes.note import Note
from plugin_bridge.reports.charts import LEFT, TOP, WIDTH, Bars, Chart, Field, Rule, beside, times
from plugin_bridge.reports.whose import Score, octaves

# Chosen by eye, in the charts' own units.
ROLL_HEIGHT, STRIP_HEIGHT = 130, 40
LEAST_SHOWN = 1.0  # a shorter note is drawn that wide
GAP = 0.6  # between a note and the next on its key
TICK_HEIGHT, TICK_WIDTH = 11.0, 2.5  # of a stroke


def notes(score: Score, keys: tuple[int, int], *, shown_seconds: float) -> Chart:
    """A piano roll, in the colours of whose the notes are.

    Args:
        score: what is played.
        keys: the lowest and the highest that are shown, as MIDI numbers.
        shown_seconds: the length of the time axis.
    """
    field = Field(LEFT, TOP, WIDTH - LEFT, ROLL_HEIGHT)
    low, high = keys
    step = field.height / (high - low + 2)  # half a key and another half are free at both ends

    def y(key: float) -> float:
        return field.bottom - (key - low + 1) * step

    def bar(note: Note) -> str:
        x = field.x + field.width * note.start / shown_seconds
        wide = max(field.width * note.seconds / shown_seconds - GAP, LEAST_SHOWN)
        return f"M{x:.1f} {y(note.pitch):.1f}h{wide:.1f}"

    count = sum(map(len, score.notes.values()))
    return Chart(
        f"Piano roll of {count} notes",
        field,
        rules=[Rule(y(key), beside(field, y(key), name)) for key, name in octaves(*keys).items()],
        bars=[Bars(owner, _path(map(bar, group)), step) for owner, group in score.notes.items()],
        labels=times(field, shown_seconds),
        seconds=shown_seconds,
    )


def strokes(score: Score, bright: tuple[float, float], *, shown_seconds: float) -> Chart:
    """A tick for each stroke, higher for brighter ones.

    Args:
        score: what is played.
        bright: the least and the greatest brightness that are shown.
        shown_seconds: the length of the time axis.
    """
    field = Field(LEFT, TOP, WIDTH - LEFT, STRIP_HEIGHT)
    low, high = bright
    room = field.height - TICK_HEIGHT

    def tick(stroke: Note) -> str:
        x = field.x + field.width * stroke.start / shown_seconds
        top = field.y + room * (1 - (stroke.pitch - low) / max(high - low, 1e-9))
        return f"M{x:.1f} {top:.1f}v{TICK_HEIGHT:g}"

    count = sum(map(len, score.strokes.values()))
    ends = [beside(field, field.y + 4, "bright"), beside(field, field.bottom - 4, "dark")]
    return Chart(
        f"{count} strokes, from dark to bright ones",
        field,
        bars=[
            Bars(owner, _path(map(tick, group)), TICK_WIDTH)
            for owner, group in score.strokes.items()
        ],
        labels=[*ends, *times(field, shown_seconds)],
        seconds=shown_seconds,
    )


def _path(bars: Iterable[str]) -> str:
    """Of many bars; those that would cover one another are drawn once, so its length is bounded."""
    return "".join(dict.fromkeys(bars))
