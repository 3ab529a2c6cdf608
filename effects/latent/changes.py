"""What a tweak does with a latent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.latent.attributes import LABELS, Attributes
from effects.latent.codec import SCORE, TIMBRE, Z

ELEMENTS = SCORE + TIMBRE
#: An element that is maxed out is this many standard deviations above its mean: one window in 700
#: has more.
MAXED = 3.0
#: The most that the options may be, to either side: beyond, networks were never trained.
MOST = {"scale": 4.0, "add": 4.0, "noise": 4.0, **dict.fromkeys(LABELS, 4.0)}
SHARES = ("flatten", "shuffle", "towards_amount")


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes of a latent, made in the order of this list.

    Attributes:
        shuffle: the share of the windows of four seconds that change places, drawn by ``seed``.
        flatten: how far every window goes towards the piece's own mean: at 1, all are alike.
        towards: what every window goes towards: numbers, ``[120]``, or the name of something that
            has them; whoever asks finds them before `apply`.
        towards_amount: how far: at 1, it is that.
        scale: what all numbers are multiplied by. Of the score's, it is density: 0.8 has two thirds
            of the notes.
        add: what is added to all numbers.
        more_notes: standard deviations of this attribute that are added, as are ...
        higher: ... this, ...
        longer: ... this ...
        brighter: ... and this.
        noise: the standard deviation of noise that is added, drawn by ``seed``.
        max: elements, 0 to 119, that are set to 3 standard deviations above their mean.
        seed: a whole number from 0 up.

    Raises:
        TypeError: one is of a wrong type.
        ValueError: one is out of range.
    """

    shuffle: float = 0.0
    flatten: float = 0.0
    towards: tuple[float, ...] | NDArray[np.floating[Any]] | str | None = None
    towards_amount: float = 0.5
    scale: float = 1.0
    add: float = 0.0
    more_notes: float = 0.0
    higher: float = 0.0
    longer: float = 0.0
    brighter: float = 0.0
    noise: float = 0.0
    max: tuple[int, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        for name, most in MOST.items():
            self._check(name, 0.0 if name in ("scale", "noise") else -most, most)
        for name in SHARES:
            self._check(name, 0.0, 1.0)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise TypeError(f"seed must be a whole number, not {self.seed!r}.")
        if self.seed < 0:
            raise ValueError("seed must be a whole number from 0 up.")
        object.__setattr__(self, "max", _elements(self.max))
        if self.towards is not None and not isinstance(self.towards, str):
            object.__setattr__(self, "towards", _vector(self.towards))

    def _check(self, name: str, least: float, most: float) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"{name} must be a number, not {value!r}.")
        if not least <= float(value) <= most:
            raise ValueError(f"{name} must be between {least:g} and {most:g}, not {value:g}.")

    @property
    def changes_nothing(self) -> bool:
        """Whether every latent stays as it is."""
        moves = self.towards is not None and self.towards_amount > 0
        zeros = ("shuffle", "flatten", "add", "noise", *LABELS)
        return (
            not moves
            and self.scale == 1
            and not self.max
            and all(getattr(self, it) == 0 for it in zeros)
        )

    @property
    def attributes(self) -> dict[str, float]:
        """The attributes that are added, in standard deviations."""
        return {it: getattr(self, it) for it in LABELS if getattr(self, it) != 0}

    def order(self, windows: int) -> NDArray[np.int64]:
        """Which window comes where once they have changed places, ``[windows]``."""
        order = np.arange(windows)
        moved = self._drawn("shuffle").permutation(windows)[: round(self.shuffle * windows)]
        order[moved] = np.roll(moved, 1)  # each that is drawn goes elsewhere
        return order

    def blended(self, z: Z) -> Z:
        """The latent after the first three changes, which mix latents that there are."""
        if isinstance(self.towards, str):
            raise ValueError(f"Nobody has found the latent of {self.towards!r} yet.")
        out = z[self.order(len(z))]
        if self.flatten:
            out = out + np.float32(self.flatten) * (out.mean(axis=0) - out)
        if self.towards is not None and self.towards_amount:
            goal = np.array(self.towards, np.float32)
            out = out + np.float32(self.towards_amount) * (goal - out)
        return out

    def apply(self, z: Z, attributes: Attributes | None = None) -> Z:
        """The changed latent of a piece, ``[windows, 120]``.

        Args:
            z: likewise.
            attributes: what the weights know of attributes; without them, only changes of other
                kinds can be made, and z's elements are taken to have mean 0 and deviation 1, as
                the prior has it.

        Raises:
            ValueError: attributes are asked for that the weights do not know, or ``towards`` is
                still a name.
        """
        blended = self.blended(z)
        if self.changes_nothing:
            return z
        out = blended.astype(np.float64) * self.scale + self.add
        for name, amount in self.attributes.items():
            if attributes is None:
                raise ValueError(f"These weights know no direction for {name!r}: leave it out.")
            out = out + amount * attributes.direction(name)
        if self.noise:
            out = out + self.noise * self._drawn("noise").standard_normal(out.shape)
        chosen = list(self.max)
        if attributes is None:
            out[:, chosen] = MAXED
        else:
            out[:, chosen] = attributes.mean[chosen] + MAXED * attributes.deviation[chosen]
        return out.astype(np.float32)

    def _drawn(self, what: str) -> np.random.Generator:
        """Numbers for one purpose: what is drawn for one does not depend on others."""
        return np.random.default_rng([self.seed, *what.encode()])


def _elements(given: object) -> tuple[int, ...]:
    """Elements of z, each once and in order."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = (given,)
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(f"max must be elements, whole numbers, not {given!r}.")
    for it in given:
        if isinstance(it, bool) or not isinstance(it, (int, np.integer)):
            raise TypeError(f"max must be elements, whole numbers, not {it!r}.")
        if not 0 <= it < ELEMENTS:
            raise ValueError(f"max must be elements from 0 to {ELEMENTS - 1}, not {it}.")
    return tuple(sorted({int(it) for it in given}))


def _vector(given: object) -> tuple[float, ...]:
    """A latent of one window, as a tuple, which can be compared."""
    try:
        numbers = tuple(float(it) for it in given)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise TypeError(f"towards must be {ELEMENTS} numbers or a name, not {given!r}.") from None
    if len(numbers) != ELEMENTS or not all(map(math.isfinite, numbers)):
        raise ValueError(f"towards must be {ELEMENTS} finite numbers, not {len(numbers)}.")
    return numbers
