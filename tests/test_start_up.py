"""Which libraries a new process loads: those it uses, and no heavy ones beside them."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile
from support.sounds import melody

RATE = 44_100
#: Of engines, pictures and comparisons; nothing on the way of a usual call.
RARE = {"torch", "librosa", "matplotlib", "scipy.signal", "scipy.stats", "jinja2", "mir_eval"}
RARE |= {"numpy.f2py.crackfortran", "unittest", "distributed", "pythonosc"}
#: Of every call, and of nothing that makes no sound.
SOUND = {"numpy", "scipy", "pedalboard", "onnxruntime", "parselmouth", "soxr", "soundfile", "mido"}
#: For people at a terminal.
TERMINAL = {"rich.console", "pygments", "markdown_it"}


def loaded(code, *arguments):
    """The modules of a new process, after ``code`` or wherever it ends."""
    begin = "import atexit, sys; atexit.register(lambda: print('loaded:', *sys.modules));"
    done = subprocess.run(
        [sys.executable, "-c", begin + code, *arguments], capture_output=True, text=True, check=True
    )
    return {*done.stdout.rpartition("loaded:")[2].split()}


def restyle(*arguments):
    return loaded("from plugin_bridge.cli.main import main; main()", *map(str, arguments))


def test_help_loads_no_sound():
    found = restyle("--help")
    assert "rich.console" in found
    unused = {"importlib.metadata", "markdown_it", "pydantic", "pygments"}
    assert found & (RARE | SOUND | unused) == set()


def test_effects_loads_nothing_but_itself():
    found = loaded("import effects")
    assert {it for it in found if it.startswith("effects")} == {"effects", "effects.moved"}
    assert found & (RARE | SOUND | TERMINAL | {"typer", "pydantic", "importlib.metadata"}) == set()


def test_a_style_transfer_loads_no_engine_before_it_is_called():
    found = loaded("from effects import StyleTransfer; StyleTransfer(preset='violin')")
    engines = {"scipy", "onnxruntime", "parselmouth"}
    assert found & (RARE | TERMINAL | engines) == set()


@pytest.mark.parametrize("preset", ["violin", "jazz-kit"])
def test_apply_loads_what_the_default_engine_uses(preset, tmp_path):
    stem, out = tmp_path / "stem.wav", tmp_path / "out.wav"
    [sound] = melody(1.0, RATE)
    soundfile.write(stem, np.stack([sound, 0.5 * sound], axis=-1), RATE)
    found = restyle("apply", stem, out, "--preset", preset)
    assert out.exists()
    assert found & (RARE | TERMINAL) == set()
