"""Restyle's effects, for chains with pedalboard's own.

>>> from effects import Pedalboard, StyleTransfer
>>> from pedalboard import Reverb
>>> board = Pedalboard([StyleTransfer(style="clip.wav"), Reverb()])  # doctest: +SKIP
>>> restyled = board(audio, sample_rate)  # doctest: +SKIP

Importing this loads neither torch nor librosa; calls load what they need.
"""

from effects import moved
from effects.automation import automate
from effects.boards.containers import Chain, Mix, Pedalboard
from effects.boards.python_effect import PythonEffect
from effects.running.progress import Cancelled
from effects.style_transfer import StyleTransfer

moved.install()

__all__ = ["Cancelled", "Chain", "Mix", "Pedalboard", "PythonEffect", "StyleTransfer", "automate"]
