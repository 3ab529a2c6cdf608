"""The engines: ways to tell how far a spectrogram is from a style and from its content.

An engine is one file with one class (see `effects.engines.base`) and one line in `ENGINES`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from effects.engines.base import Engine

ENGINES = {
    "infinite": "effects.engines.infinite:Infinite",
    "random_cnn_1d": "effects.engines.random_cnn_1d:RandomCNN1D",
    "random_cnn_2d": "effects.engines.random_cnn_2d:RandomCNN2D",
}


def make_engine(name: str, *, seed: int = 0) -> Engine:
    """The engine of that name with its default options.

    Raises:
        ValueError: there is no such engine.
    """
    if name not in ENGINES:
        raise ValueError(f"There is no engine {name!r}; choose one of: {', '.join(ENGINES)}.")
    module, _, attribute = ENGINES[name].partition(":")
    engine: Engine = getattr(importlib.import_module(module), attribute)(seed=seed)
    return engine
