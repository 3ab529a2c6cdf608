"""Restyle's effects: they stand in a chain with pedalboard's own.

>>> from effects import Pedalboard, StyleTransfer
>>> from pedalboard import Reverb
>>> board = Pedalboard([StyleTransfer(style="clip.wav"), Reverb()])  # doctest: +SKIP
>>> restyled = board(audio, sample_rate)  # doctest: +SKIP

Importing this loads neither torch nor librosa; the first call does.
"""

from effects.automation import automate
from effects.board import Chain, Mix, Pedalboard
from effects.contract import PythonEffect
from effects.progress import Cancelled
from effects.style_transfer import StyleTransfer

__all__ = ["Cancelled", "Chain", "Mix", "Pedalboard", "PythonEffect", "StyleTransfer", "automate"]
