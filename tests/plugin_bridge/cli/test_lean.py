"""Modules that the program loads at their first use."""

import subprocess
import sys

from plugin_bridge.cli.lean import UNUSED_PARTS_OF_NUMPY


def fresh(*lines):
    """What a new process prints, told which files it loads."""
    code = "\n".join(["import sys", "from plugin_bridge.cli.lean import *", *lines])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_module_is_loaded_at_its_first_use_and_is_whole():
    assert fresh(
        "load_later('numpy.ma')",
        "import numpy",
        "print('numpy.ma.core' in sys.modules)",
        "print(numpy.ma.masked_less([1, 2], 2).sum(), 'numpy.ma.core' in sys.modules)",
        "from numpy import ma",
        "import numpy.ma.core, numpy.ma as same",
        "print(ma is same is numpy.ma is sys.modules['numpy.ma'], ma.core is numpy.ma.core)",
    ) == ["False", "2", "True", "True", "True"]


def test_modules_that_are_there_stay_and_those_that_are_not_are_passed_over():
    assert fresh(
        "import numpy.ma",
        "there = numpy.ma",
        "load_later('numpy.ma', 'numpy.nothing_of_that_name')",
        "print(numpy.ma is there, 'numpy.nothing_of_that_name' in sys.modules)",
    ) == ["True", "False"]


def test_every_unused_part_works_after_the_engine_is_loaded():
    assert fresh(
        "load_later(*UNUSED_PARTS_OF_NUMPY)",
        "import effects.engines.sampler.engine, numpy",
        "parts = [it for it in ('numpy.f2py.crackfortran', 'numpy.testing._private.utils',"
        " 'unittest') if it in sys.modules]",
        "print(len(parts), numpy.testing.assert_array_equal([1], [1]), numpy.f2py.__name__,"
        " numpy.polynomial.Polynomial([1, 2])(3), numpy.ctypeslib.as_array.__name__)",
    ) == ["0", "None", "numpy.f2py", "7.0", "as_array"]


def test_numpy_has_the_unused_parts():
    code = "import importlib; print(*(importlib.import_module(it).__name__ for it in {}))"
    assert fresh(code.format(UNUSED_PARTS_OF_NUMPY)) == [*UNUSED_PARTS_OF_NUMPY]
