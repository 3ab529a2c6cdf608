"""Restyle for Python: everything by one name.

>>> from restyle import Pedalboard, StyleTransfer
>>> board = Pedalboard([StyleTransfer(preset="violin")])  # doctest: +SKIP
>>> restyled = board(audio, sample_rate)  # doctest: +SKIP

What is here lives in `effects` (and `Client` in `plugin_bridge`); importing this loads none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from restyle.ours import check

if TYPE_CHECKING:
    from effects import (
        Cancelled,
        Chain,
        Mashup,
        Mix,
        Morph,
        Pedalboard,
        PythonEffect,
        Score,
        StyleTransfer,
        Tweak,
        automate,
        listen,
        mash,
    )
    from plugin_bridge import Client

__all__ = [
    "Cancelled",
    "Chain",
    "Client",
    "Mashup",
    "Mix",
    "Morph",
    "Pedalboard",
    "PythonEffect",
    "Score",
    "StyleTransfer",
    "Tweak",
    "automate",
    "listen",
    "mash",
]


if not TYPE_CHECKING:  # a type checker that sees this would take any name for one that exists

    def __getattr__(name: str) -> Any:
        """Load what is asked for, and keep it under its name. Raises ImportError: see `check`."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        check()
        import effects
        import plugin_bridge

        found = globals()[name] = getattr(plugin_bridge if name == "Client" else effects, name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
