"""Rewrite basic-pitch's graph: the same numbers in two thirds of the time.

    python -m benchmarks.training.lighten nmp.onnx

reads the file of basic-pitch 0.4.0 (see ``effects/notes/CREDITS.md``; the tests have it, too) and
writes ``effects/notes/basic_pitch.onnx``. What is rewritten, and the milliseconds of
processor time that a window takes after each step, from 52:

- Convolutions with one output channel: the CQT's filters, of which each halves the sample rate,
  and the last layers of contour and note. See `spread`. 37 with the following.
- Real and imaginary parts of the CQT are squared as the convolutions give them, not side by side;
  and the harmonics are stacked as channels. A single number is a scalar: along a last axis of
  length 1, onnxruntime takes the numbers one by one.
- Frames on which nothing depends that `effects.notes.basic_pitch` keeps are not computed (35).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import ModelProto, NodeProto, helper, numpy_helper

from benchmarks import script
from effects.notes import basic_pitch

SHA256 = "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec"
LANES = 8  # channels that onnxruntime computes at once, at least
FRAMES, BINS, BANDS = 172, 309, 264  # of the CQT in a window, and bands of the contour
HARMONICS = (-36, 0, 36, 57, 72, 84, 93, 101)  # bins from the fundamental to each
KEPT = basic_pitch.INNER + 2 * basic_pitch.REACH  # frames on which what is kept depends


def main() -> None:
    """Read the network's own file, and write the lighter one."""
    parser = script.parser(__doc__)
    parser.add_argument("source", type=Path, metavar="nmp.onnx", help="the network's own file")
    parser.add_argument(
        "--out", type=Path, default=basic_pitch.MODEL, metavar="FILE.onnx", help="where to write"
    )
    options = parser.parse_args()
    onnx.save(lighter(options.source), options.out)


def lighter(source: Path) -> ModelProto:
    """The network with a lighter graph."""
    if hashlib.sha256(source.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{source} is not the network of basic-pitch 0.4.0.")
    model = onnx.load(source)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    rewriting = _Rewriting(onnx.shape_inference.infer_shapes(model))
    for convolution in rewriting.convolutions((1, 1, 1, 256)):
        spread(rewriting, convolution)
    for kernel, width in (((1, 8, 5, 5), BANDS), ((1, 32, 7, 3), basic_pitch.N_KEYS)):
        for convolution in rewriting.convolutions(kernel):
            for tensor in (convolution.input[0], convolution.output[0]):
                rewriting.shapes[tensor] = [1, 1, FRAMES, width]  # which onnx does not infer
            spread(rewriting, convolution)
    _square_parts_apart(rewriting)
    _stack_as_channels(rewriting)
    _have_fewer_frames(rewriting)
    return rewriting.finished()


def spread(rewriting: _Rewriting, convolution: NodeProto) -> None:
    """Have `LANES` neighbouring outputs of one channel be channels, of each `LANES`-th place.

    Onnxruntime computes so many channels at once, whether they are there or not. The kernel of
    channel i is the one there was, i strides later, among zeros. These add nothing, and the rest is
    added up in the same order. So not one bit of the sums changes.
    """
    x, kernel, bias = convolution.input
    own, stride = rewriting.arrays[kernel], rewriting.ints(convolution, "strides")
    top, left, bottom, _ = rewriting.ints(convolution, "pads") or [0, 0, 0, 0]
    *_, height, width = rewriting.shapes[convolution.output[0]]
    moved = np.zeros((LANES, *own.shape[1:-1], own.shape[-1] + (LANES - 1) * stride[1]), np.float32)
    for lane in range(LANES):
        moved[lane, ..., lane * stride[1] :][..., : own.shape[-1]] = own[0]
    biases = np.repeat(rewriting.arrays[bias], LANES)
    places = -(-width // LANES)
    reach = (places - 1) * LANES * stride[1] + moved.shape[-1]
    lanes = rewriting.node(
        "Conv",
        [x, rewriting.constant(moved), rewriting.constant(biases)],
        kernel_shape=moved.shape[2:],
        strides=[stride[0], LANES * stride[1]],
        pads=[top, left, bottom, max(reach - left - rewriting.shapes[x][-1], 0)],
    )
    last = rewriting.node("Transpose", [lanes], perm=[0, 2, 3, 1])
    row = rewriting.node("Reshape", [last, rewriting.constant([-1, 1, height, places * LANES])])
    rewriting.slice(row, 3, 0, width)
    rewriting.put_in_place_of(convolution.output[0])


def _square_parts_apart(rewriting: _Rewriting) -> None:
    """The CQT's power, from its real and imaginary parts; the order of the octaves is turned."""
    parts: dict[bool, list[str]] = {True: [], False: []}
    for convolution in rewriting.convolutions((36, 1, 1, 256)):
        users = [it.op_type for it in rewriting.users(convolution.output[0])]
        parts["Neg" in users].append(convolution.output[0])
    lengths = next(it for it, array in rewriting.arrays.items() if array.shape == (BINS, 1, 1))
    squares = []
    for octaves in parts.values():
        whole = rewriting.node("Concat", octaves[::-1], axis=1)
        scaled = rewriting.node("Mul", [rewriting.slice(whole, 1, -BINS, 1 << 30), lengths])
        squares.append(rewriting.node("Mul", [scaled, scaled]))
    power = rewriting.node("Add", squares)
    root = next(it for it in rewriting.nodes if it.op_type == "Sqrt")
    rewriting.node("Reshape", [power, rewriting.constant([-1, BINS, FRAMES])])
    rewriting.put_in_place_of(root.input[0])


def _stack_as_channels(rewriting: _Rewriting) -> None:
    """Scale and shift the levels, leave frames out, and stack what lies at harmonics."""
    (first, *_) = rewriting.convolutions((8, 8, 3, 39))
    shift = next(
        it
        for it in rewriting.nodes
        if it.op_type == "Add" and rewriting.arrays.get(it.input[1], np.empty(0)).shape == (1,)
    )
    scale = rewriting.producer(shift.input[0])
    levels = rewriting.producer(scale.input[0]).input[0]
    for node in (scale, shift):
        factor = rewriting.constant(rewriting.arrays[node.input[1]].reshape(()))
        levels = rewriting.node(node.op_type, [levels, factor])
    start = basic_pitch.EDGE - basic_pitch.REACH
    levels = rewriting.slice(levels, 1, start, start + KEPT)
    levels = rewriting.node("Reshape", [levels, rewriting.constant([-1, 1, KEPT, BINS])])
    channels = []
    for bins in HARMONICS:
        start, stop = max(bins, 0), min(bins + BANDS, BINS)
        part = rewriting.slice(levels, 3, start, stop)
        pads = [0, 0, 0, start - bins, 0, 0, 0, bins + BANDS - stop]
        channels.append(rewriting.node("Pad", [part, rewriting.constant(pads)]))
    rewriting.node("Concat", channels, axis=1)
    rewriting.put_in_place_of(first.input[0])


def _have_fewer_frames(rewriting: _Rewriting) -> None:
    """From where harmonics are stacked, there are so many frames."""
    for name, array in rewriting.arrays.items():
        if array.ndim == 1 and array.tolist()[-2:] in ([FRAMES, BANDS], [FRAMES, BANDS // 3]):
            rewriting.arrays[name] = np.where(array == FRAMES, KEPT, array)
    for output in rewriting.model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_value = KEPT


class _Rewriting:
    """A graph that is being rewritten.

    Attributes:
        model: the model whose graph it is.
        nodes: in an order in which they can be computed.
        arrays: the constants, by their names.
        shapes: those of all tensors that there were, for one window.
    """

    def __init__(self, model: ModelProto) -> None:
        graph = model.graph
        self.model, self.nodes = model, list(graph.node)
        self.arrays = {it.name: numpy_helper.to_array(it) for it in graph.initializer}
        self.shapes = {
            it.name: [size.dim_value for size in it.type.tensor_type.shape.dim]
            for it in (*graph.value_info, *graph.input, *graph.output)
        }
        self._new: list[NodeProto] = []

    def ints(self, node: NodeProto, name: str) -> list[int]:
        """An attribute of a node; empty if it has none of that name."""
        return next((list(it.ints) for it in node.attribute if it.name == name), [])

    def convolutions(self, kernel: tuple[int, ...]) -> list[NodeProto]:
        """Those with a kernel of this shape."""
        convolutions = [it for it in self.nodes if it.op_type == "Conv"]
        return [it for it in convolutions if self.arrays[it.input[1]].shape == kernel]

    def producer(self, tensor: str) -> NodeProto:
        """The node whose output it is."""
        return next(it for it in self.nodes if tensor in it.output)

    def users(self, tensor: str) -> list[NodeProto]:
        """The nodes that take it."""
        return [it for it in self.nodes if tensor in it.input]

    def constant(self, array: ArrayLike) -> str:
        """A new constant's name."""
        name = f"lighter_constant_{len(self.arrays)}"
        self.arrays[name] = np.asarray(array)
        return name

    def node(self, kind: str, inputs: Sequence[str], **attributes: object) -> str:
        """The name of a new node's output; `put_in_place_of` puts the node into the graph."""
        name = f"lighter_{len(self.nodes) + len(self._new)}"
        self._new.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def slice(self, tensor: str, axis: int, start: int, stop: int) -> str:
        """A part of a tensor."""
        places = [self.constant([it]) for it in (start, stop, axis)]
        return self.node("Slice", [tensor, *places])

    def put_in_place_of(self, tensor: str) -> None:
        """Have the nodes that were made since the last time, of which the last gives it, do so."""
        place = self.nodes.index(self.producer(tensor))
        self._new[-1].output[0] = tensor
        self.nodes[place : place + 1] = self._new
        self._new = []

    def finished(self) -> ModelProto:
        """The model with its new graph, without what nothing depends on."""
        graph, kept = self.model.graph, []
        needed = {it.name for it in graph.output}
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        for field in ("node", "initializer", "value_info"):
            graph.ClearField(field)
        graph.node.extend(reversed(kept))
        used = ((name, array) for name, array in self.arrays.items() if name in needed)
        graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in used)
        graph.input[0].type.tensor_type.shape.dim[0].dim_param = "windows"
        onnx.checker.check_model(self.model)
        return self.model


if __name__ == "__main__":
    main()
