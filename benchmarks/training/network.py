"""The network that decides which notes there are: its only definition, and its files.

It is trained here in torch; `effects.notes.note_network` runs it key by key, from ONNX files of its
parts, which `Network.save` writes and `Network.load` reads. The weights in the files are float16,
under the names they have here; they are widened when a file is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from effects.notes import features
from effects.notes.basic_pitch import N_KEYS
from effects.notes.features import OWN_NOTE, OWN_ONSET
from effects.notes.note_network import AKIN, TOLD

HIDDEN = 32  # channels of a key
WIDTH = 5  # frames that a convolution sees
DILATIONS = (1, 2, 4, 8, 16, 1, 2, 4, 8, 16)  # frames between these, for each convolution
TELLS = (2, 4)  # the convolutions after which keys hear of each other
#: The first convolution of each stage, and the last (exclusive): between stages, keys tell.
STAGES = tuple(pairwise((0, *(it + 1 for it in TELLS), len(DILATIONS))))
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
        x, sums, weights = self.enter_key(heard)
        context = self.context_of(sums, weights, clips, n_clips)
        x, told = self.begin(x, context[clips])
        for number in range(len(TELLS)):
            of_akin = self._of_akin(told, keys, clips, n_clips)
            x, told = self.go_on(x, of_akin, number)
        return told[:, :, 0]

    def enter_key(self, heard: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A key's channels, (keys, `HIDDEN`, 1, frames), and sums over time for its clip's context.

        They are taken over frames in which a note sounds, and over those in which one begins: all
        are weighted by the squares of basic-pitch's answers. Of the channels, (keys, 2, `HIDDEN`),
        and of the weights alone, (keys, 2).
        """
        x = heard[:, :, None].contiguous(memory_format=torch.channels_last)
        x = torch.relu(self.enter(x))
        sure = [heard[:, feature] ** 2 for feature in (OWN_NOTE, OWN_ONSET)]
        sums = [torch.einsum("kct,kt->kc", x[:, :, 0], it) for it in sure]
        return x, torch.stack(sums, dim=1), torch.stack([it.sum(dim=1) for it in sure], dim=1)

    def context_of(self, sums: Tensor, weights: Tensor, clips: Tensor, n_clips: int) -> Tensor:
        """What each clip's notes are like, (clips, 2 HIDDEN): the means, near 0 without notes."""
        total = sums.new_zeros(n_clips, *sums.shape[1:]).index_add(0, clips, sums)
        weight = weights.new_zeros(n_clips, weights.shape[1]).index_add(0, clips, weights)
        context: Tensor = self.context((total / (weight[..., None] + 1)).flatten(1))
        return context

    def begin(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """The first stage: the channels, and what the keys tell each other."""
        scale, shift = context[..., None, None].chunk(2, 1)
        return self._stage(x * (1 + scale) + shift, 0)

    def go_on(self, x: Tensor, of_akin: Tensor, number: int) -> tuple[Tensor, Tensor]:
        """The stage after the keys have told each other: the same; or, at last, the logits."""
        return self._stage(x + self.listen[number](of_akin), number + 1)

    def _stage(self, x: Tensor, number: int) -> tuple[Tensor, Tensor]:
        for kernel in self.kernels[slice(*STAGES[number])]:
            x = x + torch.relu(kernel(x))
        if number == len(TELLS):
            return x, self.leave(x)
        return x, torch.relu(self.tell[number](x))

    def _of_akin(self, told: Tensor, keys: Tensor, clips: Tensor, n_clips: int) -> Tensor:
        """What each key hears of those `AKIN` to it; 0 of keys that are not there."""
        side = max(AKIN)
        board = told.new_zeros(n_clips, N_KEYS + 2 * side, *told.shape[1:])
        board = board.index_put((clips, keys + side), told)
        of_akin = board[clips[:, None], keys[:, None] + side + torch.tensor(AKIN)]
        return of_akin.flatten(1, 2)

    def load(self, path: Path) -> None:
        """Take the weights from files that `save` wrote, perhaps with fewer convolutions."""
        parts = [onnx.load(file).graph.initializer for file in sorted(path.glob("*.onnx"))]
        kept = {it.name: numpy_helper.to_array(it) for part in parts for it in part}
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if name in kept:
                    parameter.copy_(torch.tensor(kept[name]))
                elif name.startswith("kernels"):
                    nn.init.normal_(parameter, std=0.01)

    def save(self, path: Path) -> None:
        """Write the parts that `effects.notes.note_network` runs, for one clip, into a folder."""
        path.mkdir(parents=True, exist_ok=True)
        keys, frames = torch.export.Dim("keys"), torch.export.Dim("frames")
        heard = torch.zeros(1, features.N_FEATURES, 8), {2: frames}
        x = torch.zeros(1, HIDDEN, 1, 8), {3: frames}
        of_akin = torch.zeros(1, TOLD * len(AKIN), 1, 8), {3: frames}
        context = torch.zeros(1, 2 * HIDDEN), {}
        sums, weights = (torch.zeros(3, 2, HIDDEN), {0: keys}), (torch.zeros(3, 2), {0: keys})
        for name, function, inputs, outputs in (
            ("enter", self.enter_key, {"features": heard}, ["x", "sums", "weights"]),
            ("context", self._context_of_one, {"sums": sums, "weights": weights}, ["context"]),
            ("begin", self.begin, {"x": x, "context": context}, ["next_x", "told"]),
            ("middle", self._middle, {"x": x, "of_akin": of_akin}, ["next_x", "told"]),
            ("end", self._end, {"x": x, "of_akin": of_akin}, ["note", "onset", "onset_shift"]),
        ):
            self._save_part(path / f"{name}.onnx", function, inputs, outputs)

    def _context_of_one(self, sums: Tensor, weights: Tensor) -> Tensor:
        clips = torch.zeros(sums.shape[0], dtype=torch.long)  # len() would be a constant
        return self.context_of(sums, weights, clips, 1)

    def _middle(self, x: Tensor, of_akin: Tensor) -> tuple[Tensor, Tensor]:
        return self.go_on(x, of_akin, 0)

    def _end(self, x: Tensor, of_akin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Probabilities in place of logits."""
        logits = self.go_on(x, of_akin, 1)[1][:, :, 0]
        return torch.sigmoid(logits[:, 0]), torch.sigmoid(logits[:, 1]), logits[:, 2]

    def _save_part(
        self,
        path: Path,
        function: Callable[..., object],
        inputs: dict[str, tuple[Tensor, dict[int, Any]]],
        outputs: list[str],
    ) -> None:
        """Write a part; of its inputs, there are examples, and the sizes that are free."""
        program = torch.onnx.export(
            _Part(self, function).eval(),
            tuple(example for example, _ in inputs.values()),
            input_names=list(inputs),
            output_names=outputs,
            dynamic_shapes=(tuple(sizes for _, sizes in inputs.values()),),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
        model = program.model_proto
        halve(model, {f"network.{name}": name for name, _ in self.named_parameters()})
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


class _Part(nn.Module):
    """One of a network's functions as a module, which is what can be exported."""

    def __init__(self, network: Network, function: Callable[..., object]) -> None:
        super().__init__()
        self.network, self.function = network, function

    def forward(self, *inputs: Tensor) -> object:
        return self.function(*inputs)


def halve(model: onnx.ModelProto, names: dict[str, str]) -> None:
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
