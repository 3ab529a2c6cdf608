"""What is known about a style clip: computed once, and the same from the cache."""

import os
import subprocess
import sys

import numpy as np
import pedalboard
import pytest
import torch
from support.gram import everywhere, no_tick, spectrogram
from support.sounds import melody, noise

from effects import StyleTransfer
from effects.engines.gram.infinite import Infinite
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.engines.gram.random_cnn_2d import RandomCNN2D
from effects.engines.gram.statistics import style_statistics
from effects.signal.spectrogram import Analysis
from effects.style_clip import Style

pytestmark = pytest.mark.usefixtures("one_torch_thread")


CPU = torch.device("cpu")


@pytest.mark.parametrize(
    "engine", [Infinite(), RandomCNN1D(n_filters=16), RandomCNN2D(n_filters=16)], ids=repr
)
def test_statistics_from_the_cache_give_the_same_objective(engine, fresh_cache, monkeypatch):
    rate, n_features = 8000, 373
    style = Style((melody(1.5, rate), rate))
    computed = style_statistics(style, engine, n_features, CPU, tick=no_tick)
    monkeypatch.setattr("effects.running.cache.CACHES", {})  # as in a new process
    monkeypatch.setattr(type(engine), "statistics", None)  # it would not be called
    cached = style_statistics(style, engine, n_features, CPU, tick=no_tick)
    assert cached[0] == computed[0]
    content = spectrogram(40, cached[0], 1, torch.float32)
    active = everywhere(content)
    x = spectrogram(40, cached[0], 2, torch.float32)
    with torch.no_grad():
        first, second = (
            engine.objective(content, active, statistics, tick=no_tick)(x)
            for _, statistics in (computed, cached)
        )
    assert [float(d) for d in first] == [float(d) for d in second]


RATE = 22_050


def write(path, audio, rate=RATE, **options):
    with pedalboard.io.AudioFile(str(path), "w", rate, len(audio), **options) as file:
        file.write(audio)
    return path


def statistics_of(style, rate=44_100):
    return style_statistics(style, Infinite(), Analysis.features_at(rate), CPU, tick=lambda: None)


@pytest.fixture
def counted(monkeypatch):
    """How often statistics are computed."""
    calls = []
    original = Infinite.statistics

    def statistics(self, *args, **kwargs):
        calls.append(1)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Infinite, "statistics", statistics)
    return calls


# Statistics


def test_a_style_of_a_lower_rate_is_compared_in_the_range_both_have():
    n, statistics = statistics_of(Style((melody(1, 8000), 8000)))
    assert n == Analysis.features_at(8000)
    assert statistics["frames"].shape[1] == n
    content = noise(1, 44_100)
    output = StyleTransfer(style=(melody(1, 8000), 8000))(content, 44_100)
    assert np.isfinite(output).all()
    above = np.abs(np.fft.rfft(output[0]))[6000:]
    before = np.abs(np.fft.rfft(content[0]))[6000:]
    assert np.square(above).sum() < 4 * np.square(before).sum()  # nothing is made up there


def test_the_same_sound_at_another_level_is_the_same_style(fresh_cache):
    audio = melody(1, RATE)
    (_, first), (_, second) = (statistics_of(Style((gain * audio, RATE))) for gain in (1, 0.125))
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-4, atol=1e-4)


def test_statistics_are_computed_once_per_clip_and_rate(fresh_cache, counted, monkeypatch):
    audio = melody(1, RATE)
    first = statistics_of(Style((audio, RATE)))
    for _ in range(3):
        again = statistics_of(Style((audio.copy(), RATE)))
    assert len(counted) == 1
    monkeypatch.setattr("effects.running.cache.CACHES", {})  # as in a new process
    from_disk = statistics_of(Style((audio, RATE)))
    assert len(counted) == 1
    for other in (again, from_disk):
        assert other[0] == first[0]
        assert all(torch.equal(other[1][name], first[1][name]) for name in first[1])
    statistics_of(Style((audio, RATE)), rate=8000)
    statistics_of(Style((audio[:, :-9], RATE)))
    assert len(counted) == 3


def test_callers_may_write_to_statistics(fresh_cache):
    style = Style((melody(1, RATE), RATE))
    before = statistics_of(style)[1]["frames"].clone()
    statistics_of(style)[1]["frames"].zero_()
    assert torch.equal(statistics_of(style)[1]["frames"], before)


def test_an_edited_file_is_another_style(fresh_cache, counted, tmp_path):
    path = write(tmp_path / "clip.wav", melody(1, RATE, seed=1))
    statistics_of(Style(path))
    write(path, melody(1, RATE, seed=2))
    statistics_of(Style(path))
    assert len(counted) == 2


@pytest.mark.slow
def test_a_new_process_computes_nothing_again(fresh_cache, tmp_path):
    path = write(tmp_path / "clip.wav", melody(1, RATE))
    program = """
import sys, numpy as np
from effects import StyleTransfer
from effects.engines.gram.infinite import Infinite
calls, original = [], Infinite.statistics
Infinite.statistics = lambda *a, **k: calls.append(1) or original(*a, **k)
audio = np.sin(np.arange(8000, dtype=np.float32) / 9)
out = StyleTransfer(style=sys.argv[1], engine="infinite")(audio, 22050)
print(len(calls), out.tobytes().hex())
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", program, str(path)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ,
        ).stdout.split()
        for _ in range(2)
    ]
    assert [run[0] for run in runs] == ["1", "0"]
    assert runs[0][1] == runs[1][1]
