"""Write the network that hears two songs as the ONNX file that Restyle ships.

    python -m benchmarks.training.mashup.export mashup.pt

The weights in it are in half precision: with other weights, shares differed by 2e-5 at most.
"""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from benchmarks import script
from benchmarks.training.network import OPSET, halve
from effects.mashing import parts
from effects.mashing.networks import BINS, HALVED
from effects.mashing.networks.attention import Attention


def main() -> None:
    """Convert one file."""
    parser = script.parser(__doc__)
    parser.add_argument("weights", type=Path, help="what benchmarks.training.mashup.train wrote")
    parser.add_argument("--out", type=Path, default=parts.MODEL, metavar="FILE")
    options = parser.parse_args()
    network = Attention()
    network.load_state_dict(torch.load(options.weights, map_location="cpu", weights_only=True))
    save(network, options.out)


def save(network: Attention, path: Path) -> None:
    """Write a network; its weights are kept in half precision."""
    network.eval()
    _fuse(network)
    frames = torch.export.Dim("moments", min=1, max=1 << 16) * HALVED
    example = torch.rand(1, 4 * HALVED, BINS)
    program = torch.onnx.export(
        network,
        (example, example.flip(1)),
        input_names=["a", "b"],
        output_names=["parts_of_a", "parts_of_b"],
        dynamic_shapes=({1: frames}, {1: frames}),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    halve(model, {name: f"half {name}" for name in _weights(model)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _weights(model: onnx.ModelProto) -> list[str]:
    """The names of the model's numbers in single precision; the exporter has turned some around."""
    single = onnx.TensorProto.FLOAT
    return [it.name for it in model.graph.initializer if it.data_type == single and len(it.dims)]


def _fuse(module: nn.Module) -> None:
    """Take the normalisation of batches into the convolutions before it: it does not change now."""
    for name, child in module.named_children():
        if isinstance(child, nn.Sequential) and isinstance(child[0], nn.Conv2d):
            fused = fuse_conv_bn_eval(child[0], child[1])
            setattr(module, name, nn.Sequential(fused, *list(child)[2:]))
        else:
            _fuse(child)


if __name__ == "__main__":
    main()
