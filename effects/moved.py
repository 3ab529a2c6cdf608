"""Import paths of earlier versions: they still work, and so do pickles that name them.

    >>> from effects.engines.random_cnn_1d import RandomCNN1D  # doctest: +SKIP
    >>> from effects.boards.containers import Pedalboard  # doctest: +SKIP

A finder at the end of `sys.meta_path` is asked only for modules that nobody else has. For an old
name it loads the module that took its place, so there is one module under two names. A module that
only some names have left asks `name_of` for them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import MappingProxyType, ModuleType
from typing import Any

MOVED = MappingProxyType(
    {
        "effects.engines.base": "effects.engines.gram.engine",
        "effects.engines.checkpoint": "effects.learned.checkpoint",
        "effects.engines.cnn14": "effects.engines.gram.networks.cnn14",
        "effects.engines.infinite": "effects.engines.gram.infinite",
        "effects.engines.network": "effects.engines.gram.networks.network",
        "effects.engines.random_cnn_1d": "effects.engines.gram.random_cnn_1d",
        "effects.engines.random_cnn_2d": "effects.engines.gram.random_cnn_2d",
        "effects.engines.vgg19": "effects.engines.gram.networks.vgg19",
        "effects.engines.vggish": "effects.engines.gram.networks.vggish",
    }
)

#: Names that have left a module that is still there, and where they are now.
NAMES = MappingProxyType({("effects.boards.containers", "Pedalboard"): "effects.board"})


def name_of(module: str, name: str) -> Any:
    """What was once in ``module``, which calls this in its ``__getattr__``.

    Raises:
        AttributeError: it never had it.
    """
    if (module, name) not in NAMES:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return getattr(importlib.import_module(NAMES[module, name]), name)


class _Finder:
    """A finder and a loader by its methods. The bases for that are in importlib.abc, whose import
    takes longer than all of this one.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MOVED else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make an empty module, which `exec_module` replaces."""

    def exec_module(self, module: ModuleType) -> None:
        # The import returns what is in sys.modules after this.
        sys.modules[module.__name__] = importlib.import_module(MOVED[module.__name__])


def install() -> None:
    """Make the old names importable. Doing so again changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
