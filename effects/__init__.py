"""Restyle's effects, for chains with pedalboard's own.

>>> from effects import Pedalboard, StyleTransfer
>>> from pedalboard import Reverb
>>> board = Pedalboard([StyleTransfer(style="clip.wav"), Reverb()])  # doctest: +SKIP
>>> restyled = board(audio, sample_rate)  # doctest: +SKIP

Importing this loads none of them, nor NumPy: each is loaded when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from effects import moved

if TYPE_CHECKING:
    from effects.automated import automate
    from effects.board import Pedalboard
    from effects.boards.containers import Chain, Mix
    from effects.boards.python_effect import PythonEffect
    from effects.hearing import listen
    from effects.mashing.mash import mash
    from effects.mashup import Mashup
    from effects.morph import Morph
    from effects.running.progress import Cancelled
    from effects.scores.score import Score
    from effects.style_transfer import StyleTransfer
    from effects.tweak import Tweak

__distribution__ = "restyle"  # not another's: `restyle.ours` looks for it

moved.install()

__all__ = [
    "Cancelled",
    "Chain",
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

_MODULES = {
    "Cancelled": "effects.running.progress",
    "Chain": "effects.boards.containers",
    "Mashup": "effects.mashup",
    "Mix": "effects.boards.containers",
    "Morph": "effects.morph",
    "Pedalboard": "effects.board",
    "PythonEffect": "effects.boards.python_effect",
    "Score": "effects.scores.score",
    "StyleTransfer": "effects.style_transfer",
    "Tweak": "effects.tweak",
    "automate": "effects.automated",
    "listen": "effects.hearing",
    "mash": "effects.mashing.mash",
}


if not TYPE_CHECKING:  # a type checker that sees this would take any name for one that exists

    def __getattr__(name: str) -> Any:
        """Load what is asked for, and keep it under its name."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import presets

        if getattr(presets, "__distribution__", None) != __distribution__:
            raise ImportError(
                f"{presets.__file__ or 'presets'} is not Restyle's package presets but another's: "
                "restyle doctor says what to do."
            )
        found = globals()[name] = getattr(importlib.import_module(_MODULES[name]), name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
