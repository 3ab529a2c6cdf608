"""What one call made of a stem: which share of it was played, kept and blended, and when.

An engine gives a `Report` with its sound, as if strength and mix were 1; `effects.transfer` has
these take their part of it (`Report.mixed`). All shares are of the stem's energy:

- **played** by the notes or strokes of the style;
- **kept** as the stem has it, dry (drums, for example);
- **blended**: carried towards the style by its spectrum, as the closed form does.

What was left out on demand (``drums="drop"``) does not count: the shares are of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

Heard = Literal["notes", "voice", "strokes", "nothing", "texture"]

#: Below this share played, `Report.advice` says so. Half, so that what is said is true of most of
#: the sound; not searched.
LEAST_PLAYED = 0.5
#: How far from 1 the sum of the shares may be: enough for single precision. Not searched.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Stretch:
    """What one stretch of the sound is made of; the shares sum to 1.

    Attributes:
        start: when it begins, in seconds.
        end: when it ends, in seconds.
        played: by the style's own notes or strokes, 0 to 1.
        kept: as in the stem, 0 to 1.
        blended: carried towards the style, 0 to 1.

    Raises:
        ValueError: the shares are not 0 to 1, or do not sum to 1.
    """

    start: float
    end: float
    played: float
    kept: float
    blended: float

    def __post_init__(self) -> None:
        _check_shares(self.played, self.kept, self.blended)


@dataclass(frozen=True)
class Report:
    """What one call made of a stem.

    Attributes:
        engine: the engine's name.
        heard: what was heard of the stem and played: notes, a voice (one line whose pitch glides),
            strokes, or nothing that the style could play; ``"texture"`` if the style itself has
            neither notes nor strokes to play with. None if the stem was not listened to: the engine
            compares spectra, or nothing was to be done.
        notes: how many notes were played.
        strokes: how many strokes were played.
        played, kept, blended: the shares of the whole, as those of a `Stretch`: the mean of the
            stretches, weighted by their energy in the stem.
        stretches: what the sound is made of over time, in its order.
        wet: the part of the way that strength and mix let it go, 0 to 1.

    Raises:
        ValueError: the shares are not 0 to 1, or do not sum to 1, or ``heard`` is something else.
    """

    engine: str
    heard: Heard | None
    notes: int
    strokes: int
    played: float
    kept: float
    blended: float
    stretches: tuple[Stretch, ...]
    wet: float = 1.0

    def __post_init__(self) -> None:
        if self.heard is not None and self.heard not in get_args(Heard):
            raise ValueError(f"heard must be one of {', '.join(get_args(Heard))}, or None.")
        _check_shares(self.played, self.kept, self.blended)

    @classmethod
    def of_stretches(
        cls,
        engine: str,
        heard: Heard | None,
        stretches: Sequence[Stretch],
        energies: Sequence[float],
        *,
        notes: int = 0,
        strokes: int = 0,
    ) -> Report:
        """The report of ``stretches``, at least one, with the stem's energy in each.

        Where there is no energy at all, the stretches count by their length.
        """
        weights = list(energies)
        if not sum(weights) > 0:
            weights = [it.end - it.start for it in stretches]
        whole = sum(weights)
        played, kept, blended = (
            float(
                sum(w * getattr(it, name) for w, it in zip(weights, stretches, strict=True)) / whole
            )
            for name in ("played", "kept", "blended")
        )
        return cls(engine, heard, notes, strokes, played, kept, blended, tuple(stretches))

    @classmethod
    def uniform(
        cls,
        engine: str,
        seconds: float,
        *,
        heard: Heard | None = None,
        notes: int = 0,
        strokes: int = 0,
        played: float = 0.0,
        kept: float = 0.0,
        blended: float = 0.0,
    ) -> Report:
        """The report of a sound of ``seconds`` that is made of the same all the time."""
        stretch = Stretch(0.0, seconds, played, kept, blended)
        return cls(engine, heard, notes, strokes, played, kept, blended, (stretch,))

    def mixed(self, wet: float) -> Report:
        """The same if only the share ``wet`` is heard, and the stem as it is for the rest.

        With the share w: played w·p, blended w·b, and kept 1 - w·(p + b).
        """
        return replace(
            self,
            **_mixed(self, wet),
            stretches=tuple(replace(it, **_mixed(it, wet)) for it in self.stretches),
            wet=self.wet * wet,
        )

    @property
    def advice(self) -> str | None:
        """What was heard and what to try, in one line, if less than half was played; else None.

        Strength and mix do not count: they were asked for. None, too, if the stem was not listened
        to.
        """
        if self.heard is None or not self.wet or self.played / self.wet >= LEAST_PLAYED:
            return None
        if self.heard == "texture":
            return (
                "The style has no notes or strokes to play with, so the sound was blended towards "
                "it. To have it played, take a clip of an instrument."
            )
        clearer = "Try a clearer stem (one instrument, no drums), or the engine infinite."
        if self.heard == "nothing":
            return f"Heard nothing that the style could play: {self._rest('all of it')}. {clearer}"
        share = round(100 * self.played / self.wet)
        found, rest = self._found(), self._rest("the rest")
        return f"Heard {found} in {share} % of the sound; {rest}. {clearer}"

    def _found(self) -> str:
        """What was heard, counted."""
        if self.heard == "voice":
            return "a voice"
        counts = ((self.notes, "note"), (self.strokes, "stroke"))
        found = [f"{n} {name}{'' if n == 1 else 's'}" for n, name in counts if n]
        return " and ".join(found) or str(self.heard)

    def _rest(self, whole: str) -> str:
        """What became of what was not played, without what strength and mix kept."""
        kept = round(100 * (self.kept - (1 - self.wet)) / self.wet)
        blended = round(100 * self.blended / self.wet)
        if kept and blended:
            return f"{blended} % was blended towards the style and {kept} % kept as it was"
        return f"{whole} was {'kept as it was' if kept else 'blended towards the style'}"

    @property
    def summary(self) -> dict[str, Any]:
        """The report as JSON has it, with its advice, but without the stretches."""
        shares = ("played", "kept", "blended", "wet")
        return {
            "engine": self.engine,
            "heard": self.heard,
            "notes": int(self.notes),
            "strokes": int(self.strokes),
            **{name: float(getattr(self, name)) for name in shares},
            "advice": self.advice,
        }

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it: the summary and the stretches. `from_dict` reads it."""
        names = ("start", "end", "played", "kept", "blended")
        stretches = [{it: float(getattr(at, it)) for it in names} for at in self.stretches]
        return {**self.summary, "stretches": stretches}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Report:
        """The report of which ``facts`` is the `as_dict`.

        Raises:
            ValueError: it is that of none.
        """
        try:
            known = {**facts, "stretches": tuple(Stretch(**it) for it in facts["stretches"])}
            known.pop("advice", None)
            return cls(**known)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"This is not the report of a call: {error}.") from error


def _mixed(shares: Report | Stretch, wet: float) -> dict[str, Any]:
    """The shares if only ``wet`` is heard."""
    played, blended = wet * shares.played, wet * shares.blended
    return {"played": played, "kept": 1 - wet * (1 - shares.kept), "blended": blended}


def _check_shares(*shares: float) -> None:
    """Check that shares are 0 to 1 and sum to 1. Raises ValueError if not; so does NaN."""
    within = all(-TOLERANCE <= share <= 1 + TOLERANCE for share in shares)
    if not (within and abs(sum(shares) - 1) <= TOLERANCE):
        raise ValueError(
            f"Shares must be 0 to 1 and sum to 1, not {', '.join(f'{it:g}' for it in shares)}."
        )
