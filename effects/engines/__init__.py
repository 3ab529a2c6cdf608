"""The engines: ways to restyle a clip.

An engine is one file with one class (see `effects.engines.engine`) and one line in `ENGINES`.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from effects.engines.engine import Engine

ENGINES = {
    "sampler": "effects.engines.sampler.engine:Sampler",
    "infinite": "effects.engines.gram.infinite:Infinite",
    "random_cnn_1d": "effects.engines.gram.random_cnn_1d:RandomCNN1D",
    "random_cnn_2d": "effects.engines.gram.random_cnn_2d:RandomCNN2D",
    "vgg19": "effects.engines.gram.networks.vgg19:VGG19Engine",
    "vggish": "effects.engines.gram.networks.vggish:VGGishEngine",
    "cnn14": "effects.engines.gram.networks.cnn14:Cnn14Engine",
}

DEFAULT_ENGINE = "sampler"

#: Where an engine's usual strength is not `USUAL_STRENGTH`. A performance is complete at strength
#: 1, while an optimiser that goes all the way to the style loses the melody (docs/quality.md has
#: the closed form at 0.3, 0.5, 0.8 and 1).
STRENGTHS = {"sampler": 1.0}
USUAL_STRENGTH = 0.5


def default_strength(engine: str | Engine) -> float:
    """The usual strength of an engine, which is given itself or by its name."""
    return STRENGTHS.get(engine if isinstance(engine, str) else engine.name, USUAL_STRENGTH)


def make_engine(
    name: str, *, seed: int = 0, weights: str | os.PathLike[str] | None = None
) -> Engine:
    """The engine of that name with its default options.

    Raises:
        ValueError: there is no such engine, or it reads no weights from a file.
        FileNotFoundError: there is no file ``weights``.
    """
    if name not in ENGINES:
        raise ValueError(f"There is no engine {name!r}; choose one of: {', '.join(ENGINES)}.")
    module, _, attribute = ENGINES[name].partition(":")
    kind = getattr(importlib.import_module(module), attribute)
    if weights is None:
        engine: Engine = kind(seed=seed)
    elif any(option.name == "weights" for option in dataclasses.fields(kind)):
        engine = kind(seed=seed, weights=weights)
    else:
        raise ValueError(f"The engine {name!r} was never trained: leave the weights away.")
    return engine
