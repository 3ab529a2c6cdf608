"""One call of a board: what its members are run with, and how far they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from effects.checkpoint import checkpoint
from effects.running.progress import OnProgress, part
from effects.signal.arrays import Audio

It = TypeVar("It")
_SHOWN = 3  # of the effects that run together, in the name of their stage; by guess


@dataclass(frozen=True)
class Course:
    """What the members of a board are run with.

    Attributes:
        sample_rate: in Hz.
        buffer_size: the most samples that a native plugin is given at a time.
        longest: how many samples may come out if tails are kept; None if they are cut.
        least: how many come out at least if tails are kept, be they silent.
        report: called with the fraction of the work that is done, and the stage; None for nobody.
        names: of effects, by their identities, where they are not those of their classes.
    """

    sample_rate: float
    buffer_size: int
    longest: int | None = None
    least: int = 0
    report: OnProgress | None = None
    names: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))

    def room(self, audio: Audio) -> int:
        """How many samples a tail may add to what comes in; 0 if it is cut."""
        return 0 if self.longest is None else max(self.longest - audio.shape[1], 0)

    def tell(self, fraction: float, stage: str) -> None:
        """Report. Raises what ends the call."""
        checkpoint()
        if self.report is not None:
            self.report(fraction, stage)

    def part(self, start: float, end: float) -> Course:
        """What one part of the work is run with: see `effects.running.progress.part`."""
        return self if self.report is None else replace(self, report=part(self.report, start, end))

    def parts(self, pieces: Sequence[It], costs: Iterable[float]) -> Iterator[tuple[It, Course]]:
        """Each piece of the work and what it is run with, its share of the whole by its cost."""
        costs = list(costs)
        whole, done = sum(costs) or 1.0, 0.0
        for piece, cost in zip(pieces, costs, strict=True):
            yield piece, self.part(done / whole, (done + cost) / whole)
            done += cost

    def name(self, *effects: Any) -> str:
        """What users call an effect, or a few that run together."""
        names = [self.names.get(id(it), type(it).__name__) for it in effects if it is not None]
        more = len(names) - _SHOWN
        return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
