"""Converts the networks that hear beats: from BeatNet's wheel to effects/listening/beats.onnx.

    python -m benchmarks.training.beats --wheel BeatNet-1.1.3-py3-none-any.whl

``pip download --no-deps BeatNet==1.1.3`` gets the wheel. Nothing of it is run. The weights are
stored as float16 and widened when the file is opened: of 24 rendered songs of 30 s, no probability
of any network moves by more than 0.06.
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

#: The weights that were trained without GTZAN, without Ballroom, and without Rock Corpus.
INSIDE = tuple(f"BeatNet/models/model_{it}_weights.pt" for it in (1, 2, 3))

Weights = dict[str, NDArray[np.float32]]

#: The networks side by side. `state` is what LSTM layers carry from one stretch of frames to the
#: next: of each network, hidden and cell of the first layer, then of the second.
GRAPH = """
<ir_version: {ir_version}, opset_import: ["": {opset}]>
beats (float[frames, 272] features, float[12, 1, 150] state)
    => (float[3, frames, 3] probabilities, float[12, 1, 150] next_state)
<int64[1] new = {{0}}, int64[1] first = {{1}}, int64[2] both = {{1, 2}},
    int64[2] flat = {{-1, 262}}>
{{
    rows = Unsqueeze (features, first)
    state_1, state_2, state_3 = Split <axis = 0, num_outputs = 3> (state)
    {networks}
    probabilities = Concat <axis = 0> (probabilities_1, probabilities_2, probabilities_3)
    next_state = Concat <axis = 0> (next_state_1, next_state_2, next_state_3)
}}
"""

#: One network, of the paper's figure 2, as `BeatNet/model.py` has it. `_@` is its number.
NETWORK = """
    filtered_@ = Conv (rows, conv_weight_@, conv_bias_@)
    positive_@ = Relu (filtered_@)
    pooled_@ = MaxPool <kernel_shape = [2], strides = [2]> (positive_@)
    flattened_@ = Reshape (pooled_@, flat)
    entered_@ = Gemm <transB = 1> (flattened_@, enter_weight_@, enter_bias_@)
    x_@ = Unsqueeze (entered_@, first)
    h0_@, c0_@, h1_@, c1_@ = Split <axis = 0, num_outputs = 4> (state_@)
    y0_@, next_h0_@, next_c0_@ =
        LSTM <hidden_size = 150> (x_@, input0_@, hidden0_@, bias0_@, , h0_@, c0_@)
    x1_@ = Squeeze (y0_@, first)
    y1_@, next_h1_@, next_c1_@ =
        LSTM <hidden_size = 150> (x1_@, input1_@, hidden1_@, bias1_@, , h1_@, c1_@)
    last_@ = Squeeze (y1_@, both)
    logits_@ = Gemm <transB = 1> (last_@, leave_weight_@, leave_bias_@)
    softened_@ = Softmax <axis = -1> (logits_@)
    probabilities_@ = Unsqueeze (softened_@, new)
    next_state_@ = Concat <axis = 0> (next_h0_@, next_c0_@, next_h1_@, next_c1_@)
"""


def read(wheel: Path) -> list[Weights]:
    """The weights of each network in BeatNet's wheel, by their names there.

    Raises:
        OSError: there is no such file.
        KeyError: it is another wheel.
    """
    with zipfile.ZipFile(wheel) as file:
        states = [torch.load(io.BytesIO(file.read(it)), weights_only=True) for it in INSIDE]
    return [{name: tensor.numpy() for name, tensor in it.items()} for it in states]


def convert(weights: list[Weights]) -> onnx.ModelProto:
    """The three networks with these weights."""
    named = {
        f"{name}_{number}": array
        for number, of_one in enumerate(weights, 1)
        for name, array in _renamed(of_one).items()
    }
    widened = "\n    ".join(f"{it} = Cast <to = 1> (half_{it})" for it in named)
    networks = "".join(NETWORK.replace("@", str(it + 1)) for it in range(len(weights)))
    model = onnx.parser.parse_model(
        GRAPH.format(ir_version=IR_VERSION, opset=OPSET, networks=widened + networks)
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
    options.add_argument("--out", type=Path, default=MODEL, help="where to write the networks")
    given = options.parse_args(arguments)
    onnx.save(convert(read(given.wheel)), given.out)


if __name__ == "__main__":
    main()
