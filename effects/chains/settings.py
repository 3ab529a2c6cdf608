"""A chain's settings by name: ``strength`` of its StyleTransfer, or ``reverb.wet_level``."""

from __future__ import annotations

from collections.abc import Mapping

from effects.chains.kinds import Parameter
from presets.chain_files.chain import Chain, Value


def parameters(chain: Chain) -> dict[str, Parameter]:
    """What can be set of a chain, by its whole name, each with the chain's value as its default.

    If the chain has one StyleTransfer, its settings are there by their plain names
    (``"strength"``); those of all other effects as ``"name.parameter"``. Of plugins, which are not
    loaded here, only what the chain sets, with open ranges.
    """
    raise NotImplementedError


def with_settings(chain: Chain, settings: Mapping[str, Value]) -> Chain:
    """The chain with some settings changed.

    ``strength`` goes to the chain's StyleTransfer, ``name.parameter`` to the effect of that name
    (also to a StyleTransfer). A plugin's parameters are only checked when it is loaded.

    Raises:
        ChainError: there is no such setting (the likely ones are named), it is not clear whose it
            is, or its value is impossible.
    """
    raise NotImplementedError
