"""From a board to the chain that it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from presets.chain_files.chain import Chain


def to_chain(
    members: Sequence[Any],
    *,
    label: str = "",
    note: str = "",
    tail: str = "cut",
    midi: Mapping[int, Any] | None = None,
    named: Mapping[str, Any] | None = None,
) -> Chain:
    """The chain that builds the same effects, bit for bit.

    Raises:
        ChainError: an effect cannot be written down: a style that is an array, an effect of
            somebody else's class.
    """
    raise NotImplementedError
