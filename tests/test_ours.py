"""The package `restyle`: one name for everything, and other people's packages in our place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import effects
import restyle

PACKAGES = ("presets", "effects", "plugin_bridge")
SOURCE = Path(restyle.__file__).parents[1]
SHADOWS = "import sys; sys.path.insert(0, {folder!r}); "


@pytest.fixture
def installed(tmp_path):
    """A folder with a copy of our packages' modules, as after ``pip install``."""
    for name in (*PACKAGES, "restyle"):
        keep = shutil.ignore_patterns("library", "recordings", "*.onnx", "__pycache__", "static")
        shutil.copytree(SOURCE / name, tmp_path / name, ignore=keep)
    return tmp_path


def run(folder, *arguments):
    """Run Python where the packages of ``folder`` are found, and no others of their names."""
    variables = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        env=variables,
        cwd=folder,
        capture_output=True,
        text=True,
    )


def overwrite(folder, name):
    (folder / name / "__init__.py").write_text('"""Somebody else\'s."""\nraise SystemExit(9)\n')


def test_all_effects_and_the_client_are_there_by_one_name():
    assert {*restyle.__all__} == {*effects.__all__, "Client"}
    for name in effects.__all__:
        assert getattr(restyle, name) is getattr(effects, name)
    assert restyle.Client.__module__ == "plugin_bridge.client"
    assert {*restyle.__all__} <= {*dir(restyle)}
    with pytest.raises(AttributeError, match="no attribute 'StyleTransfers'"):
        restyle.StyleTransfers  # noqa: B018


def test_importing_it_loads_nothing_heavy():
    found = run(SOURCE, "-c", "import sys, restyle; print(*sys.modules)").stdout.split()
    assert "restyle" in found
    assert not {"numpy", "torch", "effects", "presets", "importlib.metadata"} & {*found}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_that_was_overwritten_is_told_in_one_line(installed, name):
    overwrite(installed, name)
    told = run(installed, "-m", "restyle", "presets")
    assert told.returncode == 2
    (line,) = told.stderr.splitlines()
    assert line.startswith(f"restyle: {installed / name / '__init__.py'} is not Restyle's")
    assert "pip install --force-reinstall --no-deps " in line
    assert told.stdout == ""
    told = run(installed, "-c", "from restyle import StyleTransfer")
    assert told.stderr.splitlines()[-1] == line.replace("restyle: ", "ImportError: ", 1)


def test_effects_tells_of_presets_that_are_not_ours(installed):
    (installed / "presets" / "__init__.py").write_text("")
    told = run(installed, "-c", "from effects import StyleTransfer")
    last = told.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert "is not Restyle's package presets" in last


def test_the_distribution_that_did_it_is_named(installed):
    overwrite(installed, "presets")
    about = installed / "presets-0.8.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: presets\nVersion: 0.8.0\n")
    (about / "RECORD").write_text("presets/__init__.py,,\n")
    line = run(installed, "-m", "restyle").stderr
    assert "but that of presets: pip uninstall presets, then pip install " in line


def test_a_folder_of_that_name_beside_a_script_is_told(installed, tmp_path_factory):
    beside = tmp_path_factory.mktemp("script")
    (beside / "presets").mkdir()
    (beside / "presets" / "__init__.py").write_text("")
    told = run(installed, "-c", SHADOWS.format(folder=str(beside)) + "from restyle import Mix")
    assert f"ImportError: {beside / 'presets' / '__init__.py'} is not Restyle's" in told.stderr
    assert "rename it or run elsewhere" in told.stderr


def test_one_that_is_missing_or_only_a_folder_is_told(installed):
    (installed / "presets" / "__init__.py").unlink()
    # -S: without what is installed, which has the three, too.
    told = run(installed, "-S", "-m", "restyle").stderr
    assert "is not Restyle's package presets" in told
    shutil.rmtree(installed / "presets")
    assert (
        "Restyle's package presets is missing: pip " in run(installed, "-S", "-m", "restyle").stderr
    )
