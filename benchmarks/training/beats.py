"""Converts the network that hears beats: from BeatNet's wheel to effects/listening/beats.onnx.

    python -m benchmarks.training.beats --wheel BeatNet-1.1.3-py3-none-any.whl

``pip download --no-deps BeatNet==1.1.3`` gets the wheel. Nothing of it is run. The weights are
stored as float16 and widened when the file is opened: of 24 rendered songs of 30 s, no probability
moves by more than 0.005.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from benchmarks.script import parser
from benchmarks.training.network import IR_VERSION, OPSET
from effects.listening.beat_network import MODEL

#: The weights that were trained without GTZAN. Those without Ballroom (`_2_`) and Rock Corpus
#: (`_3_`) are there, too; the mean of all three finds fewer beats of 24 rendered songs.
INSIDE = "BeatNet/models/model_1_weights.pt"

Weights = dict[str, NDArray[np.float32]]

#: The network of the paper's figure 2, as `BeatNet/model.py` has it, in ONNX's text. `state` holds
#: what the two LSTM layers carry from one stretch of frames to the next: hidden and cell of the
#: first, then of the second.
GRAPH = """
<ir_version: {ir_version}, opset_import: ["": {opset}]>
beats (float[frames, 272] features, float[4, 1, 150] state)
    => (float[frames, 3] probabilities, float[4, 1, 150] next_state)
<int64[1] first = {{1}}, int64[2] both = {{1, 2}}, int64[2] flat = {{-1, 262}}>
{{
    {widened}
    rows = Unsqueeze (features, first)
    filtered = Conv (rows, conv_weight, conv_bias)
    positive = Relu (filtered)
    pooled = MaxPool <kernel_shape = [2], strides = [2]> (positive)
    flattened = Reshape (pooled, flat)
    entered = Gemm <transB = 1> (flattened, enter_weight, enter_bias)
    x = Unsqueeze (entered, first)
    h0, c0, h1, c1 = Split <axis = 0, num_outputs = 4> (state)
    y0, next_h0, next_c0 = LSTM <hidden_size = 150> (x, input0, hidden0, bias0, , h0, c0)
    x1 = Squeeze (y0, first)
    y1, next_h1, next_c1 = LSTM <hidden_size = 150> (x1, input1, hidden1, bias1, , h1, c1)
    last = Squeeze (y1, both)
    logits = Gemm <transB = 1> (last, leave_weight, leave_bias)
    probabilities = Softmax <axis = -1> (logits)
    next_state = Concat <axis = 0> (next_h0, next_c0, next_h1, next_c1)
}}
"""


def read(wheel: Path) -> Weights:
    """The weights in BeatNet's wheel, by their names there.

    Raises:
        OSError: there is no such file.
        KeyError: it is another wheel.
    """
    with zipfile.ZipFile(wheel) as file:
        state = torch.load(io.BytesIO(file.read(INSIDE)), "cpu", weights_only=True)
    return {name: tensor.numpy() for name, tensor in state.items()}


def convert(weights: Weights) -> onnx.ModelProto:
    """The network with these weights."""
    named = _renamed(weights)
    widened = "\n    ".join(f"{it} = Cast <to = 1> (half_{it})" for it in named)
    model = onnx.parser.parse_model(
        GRAPH.format(ir_version=IR_VERSION, opset=OPSET, widened=widened)
    )
    for name, array in named.items():
        half = numpy_helper.from_array(array.astype(np.float16), f"half_{name}")
        model.graph.initializer.append(half)
    onnx.checker.check_model(model, full_check=True)
    return model


def _renamed(weights: Weights) -> Weights:
    """The weights as the graph names them, and as ONNX has them."""
    named = {
        "conv_weight": weights["conv1.weight"],
        "conv_bias": weights["conv1.bias"],
        "enter_weight": weights["linear0.weight"],
        "enter_bias": weights["linear0.bias"],
        "leave_weight": weights["linear.weight"],
        "leave_bias": weights["linear.bias"],
    }
    for layer in (0, 1):
        own = {it: _gates(weights[f"lstm.{it}_l{layer}"]) for it in LSTM_PARTS}
        named[f"input{layer}"] = own["weight_ih"][None]
        named[f"hidden{layer}"] = own["weight_hh"][None]
        named[f"bias{layer}"] = np.concatenate([own["bias_ih"], own["bias_hh"]])[None]
    return named


LSTM_PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _gates(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """From torch's order of gates (input, forget, cell, output) to ONNX's (i, o, f, c)."""
    entering, forgetting, cell, leaving = np.split(array, 4)
    return np.concatenate([entering, leaving, forgetting, cell])


def main(arguments: list[str] | None = None) -> None:
    """Convert the weights."""
    options = parser(__doc__)
    options.add_argument("--wheel", type=Path, required=True, help="BeatNet's wheel")
    options.add_argument("--out", type=Path, default=MODEL, help="where to write the network")
    given = options.parse_args(arguments)
    onnx.save(convert(read(given.wheel)), given.out)


if __name__ == "__main__":
    main()
