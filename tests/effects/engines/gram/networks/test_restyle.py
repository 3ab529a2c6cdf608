"""Restyling through the published networks, with random weights: what comes out, what stays."""

import importlib
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from support.networks import FILES, save, state
from support.sounds import lufs, melody, noise, sine

import effects.engines
from effects import Cancelled, StyleTransfer
from effects.engines.gram import networks
from effects.engines.gram.networks.cnn14 import Cnn14Engine
from effects.engines.gram.networks.vgg19 import VGG19Engine
from effects.engines.gram.networks.vggish import VGGishEngine
from effects.engines.gram.optimise import Solution
from effects.style_clip import Style
from plugin_bridge.cli import main
from plugin_bridge.reports.demo import recording

RATE = 44_100
STYLE = (melody(1, 22_050, seed=5, partials=10, tilt=0.3), 22_050)

#: The same engines with few layers, so that a test takes a second.
SMALL = {
    "vgg19": VGG19Engine(style_layers=("relu1_1", "relu2_1"), content_layers=("relu2_1",)),
    "vggish": VGGishEngine(),
    "cnn14": Cnn14Engine(style_layers=("block1", "block2"), content_layers=("block2",)),
}


def decibels(ratio):
    return 20 * np.log10(max(ratio, 1e-12))


def error_db(output, audio):
    return decibels(np.linalg.norm(output - audio) / np.linalg.norm(audio))


# There and back


@pytest.fixture
def no_optimiser(monkeypatch):
    monkeypatch.setattr(
        "effects.engines.gram.windows.optimise",
        lambda objective, start, **options: Solution(start, [(1, 0)]),
    )


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("name", SMALL)
def test_without_optimisation_the_sound_comes_back(no_optimiser, name, rate):
    """To -80 dB of itself: from the sound to what is optimised, and back, at its own loudness."""
    audio = np.vstack([melody(1.5, rate), noise(1.5, rate, level=0.02)])
    effect = StyleTransfer(STYLE, engine=SMALL[name], strength=1.0)
    output = effect(audio, rate)
    assert not np.array_equal(output, audio)
    assert error_db(output, audio) < -80


@pytest.mark.parametrize("name", SMALL)
def test_a_recording_comes_back_too(no_optimiser, name):
    audio, rate = Style(recording("safari").clip).excerpts()
    audio = audio[:, : 3 * int(rate)]
    effect = StyleTransfer(STYLE, engine=SMALL[name], strength=1.0)
    assert error_db(effect(audio, rate), audio) < -80


# What a user relies on


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("rate", [8000, 44_100])
def test_clips_keep_their_form_and_loudness_and_move(name, rate):
    audio = np.vstack([melody(1, rate), 0.5 * melody(1, rate, seed=2)])
    output = StyleTransfer(STYLE, engine=SMALL[name], strength=0.7)(audio, rate)
    assert output.shape == audio.shape
    assert output.dtype == np.float32
    assert np.abs(output).max() <= 1
    assert lufs(output, rate) == pytest.approx(lufs(audio, rate), abs=1)
    assert np.abs(output - audio).max() > 0.1 * np.abs(audio).max()


@pytest.mark.parametrize("length", [1, 10, 1000, 5000])
@pytest.mark.parametrize("name", SMALL)
def test_the_shortest_clips(name, length):
    audio = noise(1, RATE)[:, :length]
    engine = replace(SMALL[name], iterations=2)
    output = StyleTransfer((noise(1, RATE)[:, :length], RATE), engine=engine)(audio, RATE)
    assert output.shape == audio.shape
    assert np.isfinite(output).all()


@pytest.mark.parametrize("strength", [0.3, 0.6])
def test_strength_is_the_share_of_the_way(strength):
    effect = StyleTransfer(STYLE, engine="vggish", strength=strength)
    effect(melody(2, RATE, seed=1), RATE)
    (curve,) = effect.loss_curves
    way = (curve[-1][0] / curve[0][0]) ** 0.25
    assert 1 - way == pytest.approx(strength, abs=0.05)


@pytest.mark.parametrize("name", SMALL)
def test_the_same_call_gives_the_same_bits(name):
    audio = melody(0.7, RATE)
    first, again = (
        StyleTransfer(STYLE, engine=replace(SMALL[name], iterations=3))(audio, RATE)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)


def test_what_is_above_the_range_stays_or_is_turned_down():
    high = sine(12_000, 2, RATE, level=0.05)
    audio = melody(2, RATE) + high
    output = StyleTransfer(STYLE, engine=replace(SMALL["vggish"], iterations=3))(audio, RATE)
    before, after = (np.abs(np.fft.rfft(it[0]))[23_800:24_200].max() for it in (audio, output))
    assert 0 < after < 1.2 * before


@pytest.mark.parametrize("name", ["vggish", "cnn14"])
def test_a_stem_that_is_all_above_the_range_stays(name):
    audio = sine(19_000, 1, RATE) * np.hanning(RATE).astype(np.float32)
    before = audio.copy()
    output = StyleTransfer(STYLE, engine=SMALL[name], mix=0.7)(audio, RATE)
    np.testing.assert_allclose(output, audio, atol=1e-6)
    np.testing.assert_array_equal(audio, before)


def test_rests_stay_silent():
    audio = melody(2, RATE)
    audio[:, 30_000:60_000] = 0
    output = StyleTransfer(STYLE, engine=replace(SMALL["vggish"], iterations=3))(audio, RATE)
    fade = round(0.02 * RATE) + 1
    assert not output[:, 30_000 + fade : 60_000 - fade].any()


def test_a_long_stem_is_restyled_in_windows_without_a_seam(no_optimiser):
    audio = melody(27, 16_000)
    effect = StyleTransfer(STYLE, engine="vggish", strength=1.0)
    output = effect(audio, 16_000)
    assert len(effect.loss_curves) == 3
    assert error_db(output, audio) < -80


@pytest.mark.parametrize("name", SMALL)
def test_progress_is_reported_and_what_it_raises_ends_the_call(name):
    seen = []

    def report(fraction, stage):
        seen.append((fraction, stage))
        if stage == "restyling":
            raise Cancelled

    effect = StyleTransfer(STYLE, engine=name, on_progress=report)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        effect(melody(8, RATE), RATE)
    assert seen[-1][1] == "restyling"
    assert time.monotonic() - started < 60


def test_statistics_are_computed_once_per_file_of_weights(fresh_cache, tmp_path, monkeypatch):
    calls = []
    original = VGGishEngine.statistics
    monkeypatch.setattr(
        VGGishEngine, "statistics", lambda *a, **k: calls.append(1) or original(*a, **k)
    )
    file = "vggish-10086976.pth"
    audio = melody(0.4, RATE)

    def run(seed):
        path = save(tmp_path / "weights.pth", file, state(FILES[file][1](), seed))
        engine = VGGishEngine(weights=path, iterations=1)
        return StyleTransfer(STYLE, engine=engine)(audio, RATE)

    first, again = run(1), run(1)
    np.testing.assert_array_equal(first, again)
    assert len(calls) == 1
    other = run(2)
    assert len(calls) == 2
    assert not np.array_equal(first, other)


def test_nothing_is_written_to_the_network_that_calls_share():
    audio = melody(0.5, RATE)
    engine = replace(SMALL["vggish"], iterations=2)
    network = engine.network(torch.zeros(1))
    before = [tensor.clone() for tensor in network.state_dict().values()]
    StyleTransfer(STYLE, engine=engine)(audio, RATE)
    engine.network(torch.zeros(1, dtype=torch.float64))
    for tensor, wanted in zip(network.state_dict().values(), before, strict=True):
        assert torch.equal(tensor, wanted)


# The page that says how to add one


def test_the_page_on_adding_a_network_is_right(tmp_path, monkeypatch):
    page = Path(__file__).parents[5] / "docs" / "adding-a-network.md"
    file, line, use = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    (tmp_path / "two_layers.py").write_text(file, "utf-8")
    monkeypatch.setattr(networks, "__path__", [*networks.__path__, str(tmp_path)])
    for name, place in eval("{" + line + "}").items():
        monkeypatch.setitem(effects.engines.ENGINES, name, place)
    module = importlib.import_module("effects.engines.gram.networks.two_layers")
    monkeypatch.chdir(tmp_path)
    torch.save(module.TwoLayers().state_dict(), "two-layers.pth")
    import soundfile

    soundfile.write("cello.wav", STYLE[0][0], STYLE[1])
    audio = melody(0.7, RATE)
    try:
        labels = []
        for call in use.strip().splitlines():
            effect = eval(call, {"StyleTransfer": StyleTransfer})
            output = effect(audio, RATE)
            assert np.isfinite(output).all()
            assert effect.loss_curves[0][-1][0] < effect.loss_curves[0][0][0]
            labels.append(effect.engine_label)
    finally:
        del sys.modules["effects.engines.gram.networks.two_layers"]
    assert labels == ["two_layers (random weights, seed 3)", "two_layers (two-layers.pth)"]


# What it costs


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_recordings_move_and_ten_seconds_take_at_most_five_minutes(name, within, pytestconfig):
    seconds = 10 if pytestconfig.getoption("--benchmark") else 2
    audio, rate = Style(recording("guitar").clip).excerpts()
    drums, _ = Style(recording("drums").clip).excerpts()
    span = slice(seconds * int(rate))
    effect = StyleTransfer((drums[:, span], rate), engine=name)
    with within(300):
        output = effect(audio[:, span], rate)
    assert np.isfinite(output).all()
    (curve,) = effect.loss_curves
    assert curve[-1][0] < 0.3 * curve[0][0]


def test_apply_takes_weights_and_says_whose_they_are(tmp_path, capsys):
    file = "vggish-10086976.pth"
    weights = save(tmp_path / file, file, state(FILES[file][1]()))
    for name, audio in (("in.wav", melody(0.5, RATE)), ("style.wav", melody(1, RATE, seed=5))):
        soundfile.write(tmp_path / name, audio[0], RATE)
    stem, out, style = (str(tmp_path / it) for it in ("in.wav", "out.wav", "style.wav"))
    arguments = ["apply", stem, "--out", out, "--style", style, "--engine", "vggish", "--force"]
    assert main.run(arguments) == 0
    assert "by vggish (random weights, seed 0)" in capsys.readouterr().out
    assert main.run([*arguments, "--weights", str(weights)]) == 0
    assert f"by vggish ({file})" in capsys.readouterr().out
    before = Path(out).read_bytes()
    assert main.run([*arguments, "--weights", stem]) == 2
    said = capsys.readouterr().err
    assert file in said
    assert len(said.splitlines()) == 1
    assert Path(out).read_bytes() == before
