"""The engines: ways to restyle a clip.

An engine is one file with one class (see `effects.engines.engine`) and one line in `ENGINES`.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from effects.engines.engine import Engine
    from effects.scores.score import Score

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

#: What becomes of drums beside notes: they are kept as they are, played by the style, or left out.
DRUMS = ("keep", "play", "drop")
DEFAULT_DRUMS = "keep"
#: How far the levels of what is played follow the stem's. On rendered tunes LSD is the same as
#: without, and grows beyond (docs/quality.md).
DEFAULT_DYNAMICS = 0.5


def default_strength(engine: str | Engine) -> float:
    """The usual strength of an engine, which is given itself or by its name."""
    return STRENGTHS.get(engine if isinstance(engine, str) else engine.name, USUAL_STRENGTH)


#: Options that not every engine has: what they are if they are not given, and what is said where an
#: engine has none.
_SOME_HAVE: Mapping[str, tuple[object, str]] = MappingProxyType(
    {
        "weights": (None, "was never trained"),
        "drums": (DEFAULT_DRUMS, "does not tell drums from the rest"),
        "dynamics": (DEFAULT_DYNAMICS, "plays no notes, whose levels it could shape"),
        "notes": (None, "plays no notes, and cannot play others"),
    }
)


def make_engine(
    name: str,
    *,
    seed: int = 0,
    weights: str | os.PathLike[str] | None = None,
    drums: str = DEFAULT_DRUMS,
    dynamics: float = DEFAULT_DYNAMICS,
    notes: Score | None = None,
) -> Engine:
    """The engine of that name, with its default options but for those that are given.

    Raises:
        ValueError: there is no such engine; or it has no such option: it reads no weights from a
            file, or ``drums``, ``dynamics`` or ``notes`` are not the default, and mean nothing to
            it.
        FileNotFoundError: there is no file ``weights``.
    """
    if name not in ENGINES:
        raise ValueError(f"There is no engine {name!r}; choose one of: {', '.join(ENGINES)}.")
    module, _, attribute = ENGINES[name].partition(":")
    kind = getattr(importlib.import_module(module), attribute)
    options = given_options(weights=weights, drums=drums, dynamics=dynamics, notes=notes)
    known = {option.name for option in dataclasses.fields(kind)}
    for option in options:
        if option not in known:
            why = _SOME_HAVE[option][1]
            raise ValueError(f"The engine {name!r} {why}: leave {option} away.")
    engine: Engine = kind(seed=seed, **options)
    return engine


def given_options(**options: object) -> dict[str, object]:
    """Those of the options that not every engine has which are not as if they were not given."""
    return {name: value for name, value in options.items() if value != _SOME_HAVE[name][0]}


def check_drums(value: object) -> str:
    """One of `DRUMS`.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(value, str) and value in DRUMS:
        return value
    raise ValueError(f"Drums must be one of {', '.join(DRUMS)}, not {value!r}.")
