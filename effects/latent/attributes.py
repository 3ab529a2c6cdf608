"""Attributes of music as directions in the latent space: more notes, higher, longer, brighter.

Let z be the latents of many windows, S their covariance, and A a few attributes measured in each,
with the standard deviations s. Least squares predicts A = W z + c. Of all changes d of z by which
the attribute k is predicted to rise by one standard deviation while the others stay,

    W d = s_k e_k,

the likeliest under the data is the one with the least dᵀ S⁻¹ d (Lagrange):

    d = S Wᵀ (W S Wᵀ)⁻¹ s_k e_k,        and S Wᵀ is the covariance of z with A.

For one attribute, that is the difference of the mean latents of much and little of it (MusicVAE's
attribute vectors) with its length corrected for what z does not know of the attribute.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from effects.latent.codec import SCORE, TIMBRE, Z
from effects.learned import array_file
from effects.signal.arrays import Values

SHIPPED = Path(__file__).with_name("weights") / "latent.attributes.npz"
MOST_BYTES = 1 << 20  # a direction takes 0.5 kB
#: This share of the mean variance is added to every element's when W is looked for, so that an
#: element that says nothing has no say. Not searched.
RIDGE = 1e-3
LABELS = {
    "more_notes": "more notes",
    "higher": "higher",
    "longer": "longer notes",
    "brighter": "brighter",
}
"""The attributes, and how people call them."""


@dataclass(frozen=True)
class Attributes:
    """Directions in the latent space.

    Attributes:
        names: of the attributes, of `LABELS`.
        directions: ``[names, 120]``: this added to z is one standard deviation more.
        mean: of z's elements over the data, ``[120]``.
        deviation: their standard deviations, ``[120]``.
    """

    names: tuple[str, ...]
    directions: NDArray[np.float32]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    def __post_init__(self) -> None:
        size = SCORE + TIMBRE
        shapes = {"directions": (len(self.names), size), "mean": (size,), "deviation": (size,)}
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or not np.isfinite(array).all():
                raise ValueError(f"Attributes need finite {name} of the shape {shape}.")

    def direction(self, name: str) -> NDArray[np.float32]:
        """One of them, ``[120]``. Raises ValueError if these weights do not know it."""
        if name not in self.names:
            raise ValueError(
                f"These weights know no direction for {name!r}; they know: "
                f"{', '.join(self.names) or 'none'}."
            )
        return np.asarray(self.directions[self.names.index(name)])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write them beside the weights."""
        arrays = {name: getattr(self, name) for name in ("directions", "mean", "deviation")}
        array_file.save(Path(path), arrays, {"names": list(self.names)})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` has written.

        Raises:
            OSError: it cannot be read.
            ValueError: it is damaged, or another kind of file.
        """
        name = os.fspath(path)
        try:
            arrays, about = array_file.load(Path(name), MOST_BYTES)
            names = about["names"]
            if not isinstance(names, list) or not all(isinstance(it, str) for it in names):
                raise ValueError("has no names")
            numbers = {
                it: arrays[it].astype(np.float32) for it in ("directions", "mean", "deviation")
            }
            return cls(tuple(names), **numbers)
        except (KeyError, ValueError) as error:
            raise ValueError(f"The attributes {name!r} are damaged: {error}.") from error


def beside(weights: str | os.PathLike[str] | None) -> Attributes | None:
    """What is known of the attributes of weights; None if nothing is.

    Args:
        weights: a file ``NAME.npz``, beside which ``NAME.attributes.npz`` may lie; None for the
            shipped weights.

    Raises:
        OSError, ValueError: as `Attributes.load`.
    """
    path = SHIPPED if weights is None else Path(weights).with_suffix(".attributes.npz")
    return Attributes.load(path) if path.is_file() else None


def measure(z: Z, values: Mapping[str, Values]) -> Attributes:
    """The directions of attributes; see the module.

    Args:
        z: ``[n, 120]``, of many windows: a thousand and more.
        values: of each attribute in each window, ``[n]``; NaN where it has none, as a silence has
            no pitch. Such windows are left out.

    Raises:
        ValueError: fewer windows are left than z has elements, or an attribute never changes.
    """
    names = tuple(values)
    table = np.stack([np.asarray(values[it], np.float64) for it in names], axis=1)
    known = np.isfinite(table).all(axis=1)
    all_z = np.asarray(z, np.float64)
    latents, wanted = all_z[known], table[known]
    if len(latents) <= latents.shape[1]:
        raise ValueError(
            f"Attributes need more than {latents.shape[1]} windows in which they can be measured, "
            f"not {len(latents)}."
        )
    deviations = wanted.std(axis=0)
    if (deviations == 0).any():
        raise ValueError(f"{names[int(deviations.argmin())]} is the same in all windows.")
    latents = latents - latents.mean(axis=0)
    covariance = latents.T @ latents / len(latents)
    # Attributes in standard deviations, so s is 1.
    with_z = latents.T @ ((wanted - wanted.mean(axis=0)) / deviations) / len(latents)
    ridge = RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    predictor = np.linalg.solve(covariance + ridge, with_z)  # W, transposed
    spread = covariance @ predictor
    directions = spread @ np.linalg.inv(predictor.T @ spread)
    return Attributes(
        names,
        directions.T.astype(np.float32),
        all_z.mean(axis=0).astype(np.float32),
        all_z.std(axis=0).astype(np.float32),
    )
