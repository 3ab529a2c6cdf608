"""Modules that other libraries import and nobody uses: loaded at their first use, if there is one.

``scipy.fft`` and ``scipy.ndimage`` run ``from numpy import *``, which loads all that NumPy loads
only on demand: its wrapper for Fortran, and its tools for tests with ``unittest``. That is over a
third of the time of their import.
"""

from __future__ import annotations

import importlib.util
import sys

#: What SciPy asks NumPy for and a call has no use for.
UNUSED_PARTS_OF_NUMPY = (
    "numpy.ctypeslib",
    "numpy.f2py",
    "numpy.polynomial",
    "numpy.testing",
)


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
