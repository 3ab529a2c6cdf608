"""The volume of what comes out of a board, which moves."""

from __future__ import annotations

from collections.abc import Sequence

from effects.boards.python_effect import PythonEffect
from effects.layers import Step, changes, spans
from effects.signal.arrays import Audio
from effects.signal.envelope import Envelope


def volume_steps(
    events: Sequence[tuple[float, float]], n: float, sample_rate: float, fade: int
) -> list[Step[float]]:
    """From which sample each gain holds, within ``n`` samples; the first is at 0, and 1 if nothing
    is played at the beginning.
    """
    steps = [(0, 1.0)]
    for seconds, gain in events:
        at = round(seconds * sample_rate)
        if at >= n:
            break
        steps.append((0 if at <= fade // 2 else at, gain))
    return changes(steps)


class Volume(PythonEffect):
    """Scales what comes in by gains that change.

    Args:
        events: seconds and gains.
        fade_seconds: how long a change takes.
    """

    def __init__(self, events: Sequence[tuple[float, float]], fade_seconds: float) -> None:
        super().__init__()
        self._events, self._fade_seconds = events, fade_seconds

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        n, fade = audio.shape[1], 2 * max(round(self._fade_seconds / 2 * sample_rate), 1)
        steps = volume_steps(self._events, n, sample_rate, fade)
        Envelope.smoothed([(*span, gain) for span, gain in spans(steps, n, fade)], fade).scale(
            audio
        )
        return audio
