"""What ``effects`` exports is loaded when it is asked for, and otherwise as if it were there."""

import pickle
import subprocess
import sys

import pytest

import effects


def fresh(code):
    """What a new process prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_every_name_is_there_and_no_other():
    assert {*effects.__all__} <= {*dir(effects)}
    for name in effects.__all__:
        assert getattr(effects, name).__name__ == name
        assert getattr(effects, name) is getattr(effects, name)
    with pytest.raises(AttributeError, match="module 'effects' has no attribute 'StyleTransfers'"):
        _ = effects.StyleTransfers
    with pytest.raises(ImportError, match="cannot import name 'StyleTransfers'"):
        from effects import StyleTransfers  # noqa: F401


def test_a_star_imports_them_all():
    assert fresh(
        "from effects import *; import effects; print(*(globals()[n] is getattr(effects, n)"
        " for n in effects.__all__), 'numpy' in dir())"
    ) == [*["True"] * len(effects.__all__), "False"]


def test_dir_names_them_before_any_is_loaded():
    code = "import effects; names = dir(effects); import sys; print('numpy' in sys.modules, *names)"
    loaded, *names = fresh(code)
    assert loaded == "False"
    assert {*effects.__all__} <= {*names}


def test_they_can_be_pickled():
    assert pickle.loads(pickle.dumps(effects.StyleTransfer)) is effects.StyleTransfer
