"""The network that decides which notes there are: its only definition, and its file.

It is trained here in torch; `effects.notes.note_network` runs it from an ONNX file, which
`Network.save` writes and `Network.load` reads. The weights in the file are float16, under the names
they have here; they are widened when the file is opened.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from effects.notes import features
from effects.notes.basic_pitch import N_KEYS
from effects.notes.features import OWN_NOTE, OWN_ONSET

HIDDEN, TOLD = 32, 6  # channels of a key, and of what it tells other keys
WIDTH = 5  # frames that a convolution sees
DILATIONS = (1, 2, 4, 8, 16, 1, 2, 4, 8, 16)  # frames between these, for each convolution
TELLS = (2, 4)  # the convolutions after which keys hear of each other
#: Intervals in semitones to the keys of which a key hears: itself, its neighbours, and keys whose
#: partials coincide with its own, near 12 log2(p/q) for small p and q (see `features`).
AKIN = (-36, -34, -31, -28, -24, -19, -12, -2, -1, 0, 1, 2, 12, 19, 24, 28, 31, 34, 36)
#: ONNX of early 2023, which onnxruntime 1.17, the oldest that pyproject.toml allows, can read.
OPSET, IR_VERSION = 18, 8


class Network(nn.Module):
    """From features of keys to logits of notes: the same convolutions in time for every key.

    Each convolution adds to its input. After some of them, every key hears of those `AKIN` to it.
    Before, the channels are scaled and shifted by what the clip's notes are like on the whole: an
    instrument with a strong third partial has it in every note.
    """

    def __init__(self, start: Path | None = None) -> None:
        """``start``: a file of weights to begin with; other layers add almost nothing at first."""
        super().__init__()
        self.enter = nn.Conv2d(features.N_FEATURES, HIDDEN, 1)
        self.context = nn.Linear(2 * HIDDEN, 2 * HIDDEN)
        self.kernels = nn.ModuleList(
            nn.Conv2d(HIDDEN, HIDDEN, (1, WIDTH), dilation=(1, it), padding=(0, it * (WIDTH // 2)))
            for it in DILATIONS
        )
        self.tell = nn.ModuleList(nn.Conv2d(HIDDEN, TOLD, 1) for _ in TELLS)
        self.listen = nn.ModuleList(nn.Conv2d(TOLD * len(AKIN), HIDDEN, 1) for _ in TELLS)
        self.leave = nn.Conv2d(HIDDEN, 3, 1)
        for layer in (self.context, *self.listen):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
        if start is not None:
            self.load(start)
        self.to(memory_format=torch.channels_last)  # twice as fast

    def forward(self, heard: Tensor, keys: Tensor, clips: Tensor, n_clips: int) -> Tensor:
        """The network's answers for each key in each frame.

        Args:
            heard: the features, (keys, features, frames).
            keys: which keys they are, 0 is the lowest, (keys).
            clips: which clip each key belongs to, 0 is the first, (keys).
            n_clips: how many clips there are.

        Returns:
            (keys, 3, frames): the logit that a note sounds, the logit that one begins, and if it
            does, how many frames later than this one.
        """
        x = heard[:, :, None].contiguous(memory_format=torch.channels_last)
        x = torch.relu(self.enter(x))
        scale, shift = self._context(heard, x, clips, n_clips)[clips][..., None, None].chunk(2, 1)
        x = x * (1 + scale) + shift
        for number, kernel in enumerate(self.kernels):
            x = x + torch.relu(kernel(x))
            if number in TELLS:
                x = x + self._of_akin(x, keys, clips, n_clips, TELLS.index(number))
        logits: Tensor = self.leave(x)[:, :, 0]
        return logits

    def _context(self, heard: Tensor, x: Tensor, clips: Tensor, n_clips: int) -> Tensor:
        """What each clip's notes are like, (clips, 2 HIDDEN).

        The means of the channels over frames in which a note sounds, and in which one begins: they
        are weighted by the squares of basic-pitch's answers, and near 0 if it hears nothing.
        """
        means = []
        for feature in (OWN_NOTE, OWN_ONSET):
            sure = heard[:, feature] ** 2
            of_keys = torch.einsum("kct,kt->kc", x[:, :, 0], sure)
            total = x.new_zeros(n_clips, HIDDEN).index_add(0, clips, of_keys)
            weight = x.new_zeros(n_clips).index_add(0, clips, sure.sum(dim=1))
            means.append(total / (weight[:, None] + 1))
        context: Tensor = self.context(torch.cat(means, dim=1))
        return context

    def _of_akin(self, x: Tensor, keys: Tensor, clips: Tensor, n_clips: int, number: int) -> Tensor:
        """What each key hears of those `AKIN` to it; 0 of keys that are not there."""
        told, side = torch.relu(self.tell[number](x)), max(AKIN)
        board = told.new_zeros(n_clips, N_KEYS + 2 * side, *told.shape[1:])
        board = board.index_put((clips, keys + side), told)
        of_akin = board[clips[:, None], keys[:, None] + side + torch.tensor(AKIN)]
        heard: Tensor = self.listen[number](of_akin.flatten(1, 2))
        return heard

    def load(self, path: Path) -> None:
        """Take the weights from a file that `save` wrote, perhaps with fewer convolutions."""
        kept = {it.name: numpy_helper.to_array(it) for it in onnx.load(path).graph.initializer}
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if name in kept:
                    parameter.copy_(torch.tensor(kept[name]))
                elif name.startswith("kernels"):
                    nn.init.normal_(parameter, std=0.01)

    def save(self, path: Path) -> None:
        """Write the network as `effects.notes.note_network` runs it: for one clip."""
        example = (torch.zeros(2, features.N_FEATURES, 8), torch.arange(2))
        sizes = {0: torch.export.Dim("keys"), 2: torch.export.Dim("frames")}
        program = torch.onnx.export(
            _OfOneClip(self).eval(),
            example,
            input_names=["features", "keys"],
            output_names=["note", "onset", "onset_shift"],
            dynamic_shapes={"features": sizes, "keys": {0: sizes[0]}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
        model = program.model_proto
        _halve(model, {f"network.{name}": name for name, _ in self.named_parameters()})
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


class _OfOneClip(nn.Module):
    """The network as it is run: one clip, and probabilities in place of logits."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor, keys: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits = self.network(features, keys, torch.zeros_like(keys), 1)
        return torch.sigmoid(logits[:, 0]), torch.sigmoid(logits[:, 1]), logits[:, 2]


def _halve(model: onnx.ModelProto, names: dict[str, str]) -> None:
    """Store weights as float16, renamed by ``names``; drop what only debuggers read."""
    graph = model.graph
    widened = []
    for weight in graph.initializer:
        if weight.name in names:
            wide, narrow = weight.name, names[weight.name]
            array = numpy_helper.to_array(weight).astype(np.float16)
            weight.CopyFrom(numpy_helper.from_array(array, narrow))
            widened.append(
                onnx.helper.make_node("Cast", [narrow], [wide], to=onnx.TensorProto.FLOAT)
            )
    nodes = [*widened, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.ClearField("value_info")
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
    model.ir_version = IR_VERSION
