"""BLAS has one thread wherever Restyle computes with it, and its own number again after that.

Each way in runs in a process of its own, where BLAS would have two threads.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from support import blas
from support.midi import control, program, writer
from support.sounds import melody

from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound

RATE = 22_050
RESTYLE = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()"]
WAYS = {
    "the command": ([*RESTYLE, "apply", "in/stem.wav", "out.wav", "--preset", "violin"], 1),
    "the command with MIDI": ([*RESTYLE, "apply", "in/stem.wav", "out.wav", "--midi", "a.mid"], 2),
    "batch": ([*RESTYLE, "batch", "in", "out", "--preset", "violin", "--workers", "1"], 1),
    "compare": (
        [*RESTYLE, "compare", "in/stem.wav", "out", "--preset", "violin", "--engine", "sampler"],
        1,
    ),
}
PYTHON = """
import threading
from pathlib import Path
from effects import Cancelled, StyleTransfer
from effects.engines.sampler.engine import Sampler
from plugin_bridge.files import sound_files
from support.blas import threads
sound = sound_files.read(Path("in/stem.wav"))
def call(engine):
    StyleTransfer(preset="violin", engine=engine)(sound.audio, sound.sample_rate)
class Own(Sampler):
    def restyle(self, *audio, **options):
        result = super().restyle(*audio, **options)
        meet(self.seed)
        return result
"""
STOPS = """
own = threads()
for error in (ValueError("no"), Cancelled("enough"), KeyboardInterrupt()):
    def meet(seed): raise error
    try: call(Own())
    except type(error): assert threads() == own
    else: raise AssertionError("it went on")
"""
OVERLAP = """
own = threads()
for ends_first in (0, 1):
    both, ended = threading.Barrier(2, timeout=60), threading.Event()
    def meet(seed):
        both.wait()
        if seed != ends_first: assert ended.wait(60)
        assert set(threads().values()) <= {1}
    def run(seed):
        call(Own(seed=seed))
        ended.set()
    other = threading.Thread(target=run, args=[1])
    other.start()
    run(0)
    other.join()
    assert threads() == own
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "in").mkdir()
    stereo = np.concatenate([melody(1, RATE), melody(1, RATE, seed=1)])
    sound_files.write(tmp_path / "in" / "stem.wav", Sound(stereo, RATE, 24))
    writer(tmp_path)((0, program(40)), (0.5, control(1, 64)), name="a.mid")

    def run(command):
        """What BLAS had when, after a command that must succeed."""
        environment = blas.recording(tmp_path / "watch", os.environ)
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return blas.recorded(tmp_path / "watch")

    return run


def hold(record, renders):
    """Check that BLAS had one thread within, and after each call as many as before it."""
    around = [found for where, found in record if where.startswith("render")]
    assert len(around) == 2 * renders
    assert all(
        before.items() <= after.items()
        for before, after in zip(around[::2], around[1::2], strict=True)
    )
    within = [found for where, found in record if not where.startswith("render")]
    assert within
    assert all(set(found.values()) <= {1} for found in within), record


@pytest.mark.parametrize(("command", "renders"), WAYS.values(), ids=list(WAYS))
def test_each_way_in_has_blas_compute_in_one_thread(run, command, renders):
    record = run(command)
    hold(record, renders)
    if "compare" in command:
        assert {"melspectrogram ends", "mfcc ends", "chroma_cqt ends"} <= {it for it, _ in record}


def test_python_has_its_number_of_threads_again_after_a_call_ended_or_not(run):
    record = run([sys.executable, "-c", PYTHON + 'call("sampler")' + STOPS])
    hold(record, 4)


def test_calls_that_overlap_have_one_thread_until_the_last_ends(run):
    record = run([sys.executable, "-c", PYTHON + OVERLAP])
    hold([it for it in record if not it[0].startswith("render")], 0)
