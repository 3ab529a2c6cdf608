"""Freed memory goes back to the system."""

import subprocess
import sys

import pytest

CODE = """
import numpy as np
from effects.running.memory import give_back

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

between = []
for _ in range(2000):  # large arrays, and a small one after each that stays
    large = [np.ones(2000) for _ in range(5)]
    between.append(np.ones(10))
    del large
pieces = [np.ones(2000) for _ in range(5000)]
kept = pieces[::100]
del pieces
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone can")
def test_pieces_between_others_are_given_back():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 40e6
