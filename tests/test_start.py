"""``start.py``, which installs Restyle where nothing but Python is."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

START = Path(__file__).parents[1] / "start.py"

pytestmark = pytest.mark.skipif(not START.exists(), reason="needs the whole repository")


@pytest.fixture
def clone(tmp_path):
    """A folder like a clone, with a project that needs nothing."""
    (tmp_path / "start.py").write_bytes(START.read_bytes())
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "nothing"\nversion = "1"\n'
        '[build-system]\nrequires = []\nbuild-backend = "none"\n'
    )
    return tmp_path


def start(folder, *words):
    command = [sys.executable, str(folder / "start.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def stand_in(folder, code="import sys; print('pip', *sys.argv[1:])"):
    """Have a .venv whose pip says what it is asked, in place of doing it."""
    venv.create(folder / ".venv", symlinks=True)
    (packages,) = folder.glob(".venv/lib/*/site-packages")
    (packages / "pip").mkdir()
    (packages / "pip/__init__.py").touch()
    (packages / "pip/__main__.py").write_text(code)
    for name in ("restyle", "pytest"):
        program = folder / ".venv/bin" / name
        program.write_text(f'#!/bin/sh\necho {name} "$@"\nexit 7\n')
        program.chmod(0o755)


def test_demo_installs_and_makes_the_demo(clone):
    stand_in(clone)
    done = start(clone, "demo", "out", "--quiet")
    assert done.stdout.splitlines() == [f"pip install {clone}", "restyle demo out --quiet"]
    assert done.returncode == 7


def test_test_installs_what_tests_need_and_runs_them(clone):
    stand_in(clone)
    lines = start(clone, "test", "--slow").stdout.splitlines()
    assert lines == [f"pip install {clone}[test] {clone}/tests/support", "pytest --slow"]


def test_torch_without_cuda_comes_first(clone):
    stand_in(clone)
    (clone / "pyproject.toml").write_text('[project]\ndependencies = ["torch>=2.6,<2.14"]\n')
    first, second, _ = start(clone, "--cpu", "demo").stdout.splitlines()
    assert first.startswith("pip install --index-url https://download.pytorch.org/")
    assert first.endswith(" torch>=2.6,<2.14")
    assert second == f"pip install {clone}"


def test_an_installation_that_fails_ends_in_one_line(clone):
    stand_in(clone, "import sys; sys.exit(1)")
    done = start(clone, "demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "start.py: the installation ended; what is above says why. Run it again to go on.\n"
    )


def test_what_it_cannot_do_is_said(clone):
    done = start(clone, "dmeo")
    assert done.returncode == 2
    assert "choose from" in done.stderr
    assert not (clone / ".venv").exists()
