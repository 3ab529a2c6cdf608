"""What keeps the ``restyle`` program's start short: parts of libraries that no command needs.

This holds for the program, whose process is its own, and not for the packages: other people's
programs import these.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

#: What SciPy asks NumPy for and no command has a use for. ``scipy.fft`` and ``scipy.ndimage`` run
#: ``from numpy import *``, which loads all that NumPy loads only on demand: its wrapper for
#: Fortran, and its tools for tests with ``unittest``. That is over a third of their import's time.
UNUSED_PARTS_OF_NUMPY = (
    "numpy.ctypeslib",
    "numpy.f2py",
    "numpy.polynomial",
    "numpy.testing",
)
#: What typer imports for help, by module and class. Our help has rich's own markup and not
#: Markdown, and `plugin_bridge.cli.main.run` shows tracebacks. With the parsers of both, and of the
#: code in them, ``--help`` takes a fifth longer.
UNUSED_PARTS_OF_RICH = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}


def leave_out(unused: dict[str, str]) -> None:
    """Put empty modules with an empty class in the place of real ones."""
    for module, name in unused.items():
        sys.modules[module] = empty = ModuleType(module)
        setattr(empty, name, type(name, (), {}))


def load_later(*names: str) -> None:
    """Have submodules loaded when something in them is asked for, and not when they are imported.

    This is the recipe for lazy imports in Python's documentation of importlib. The modules are
    whole for whoever uses them. Those that are loaded already, or do not exist, are passed over.

    Args:
        names: with their packages, which are imported: ``numpy.f2py``.
    """
    for name in names:
        spec = None if name in sys.modules else importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            continue
        loader = spec.loader = importlib.util.LazyLoader(spec.loader)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        package, _, own_name = name.rpartition(".")
        setattr(sys.modules[package], own_name, module)
