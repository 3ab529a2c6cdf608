"""Loading a library leaves this thread's arithmetic as it was."""

import ctypes
import platform
import shutil
import subprocess

import numpy as np
import pytest

from effects.running import float_mode

#: What -ffast-math does to a library: when it is loaded, tiny numbers become 0 from then on.
SOURCE = "__attribute__((constructor)) void f(void) { __builtin_ia32_ldmxcsr(0x9fc0); }"
TINY = np.array([2e-308])


@pytest.fixture
def fast(tmp_path):
    if platform.machine() != "x86_64" or not shutil.which("cc"):
        pytest.skip("needs a C compiler, and a processor that it was written for")
    (tmp_path / "fast.c").write_text(SOURCE)
    library = tmp_path / "fast.so"
    subprocess.run(["cc", "-shared", "-fPIC", tmp_path / "fast.c", "-o", library], check=True)
    return library


def test_what_a_library_changes_when_it_is_loaded_is_changed_back(fast):
    with float_mode.kept():
        assert (TINY / 100).all()
        ctypes.CDLL(str(fast))
        assert not (TINY / 100).any()
    assert (TINY / 100).all()


def test_it_is_changed_back_whatever_is_raised(fast):
    with pytest.raises(OSError, match="no plugin"), float_mode.kept():
        _fail(fast)
    assert (TINY / 100).all()


def _fail(library):
    ctypes.CDLL(str(library))
    raise OSError("no plugin")


def test_where_nothing_changes_nothing_is_changed():
    with float_mode.kept():
        pass
    assert (TINY / 100).all()
