"""Write the networks of the latent as the ONNX files that Restyle ships.

    python -m benchmarks.training.latent.export score.pt timbre.pt

The weights in them are in half precision.
"""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from benchmarks import script
from benchmarks.training.network import OPSET, halve
from effects.latent.bands import BANDS, FRAMES
from effects.latent.networks import SCORE, ScoreDecoder, ScoreEncoder
from effects.latent.roll import N_KEYS, WINDOW_STEPS
from effects.latent.shipped import FOLDER
from effects.latent.timbre_networks import TIMBRE, TimbreDecoder, TimbreEncoder

WINDOWS = 3  # of the examples that the exporter follows through the networks


class _Mean(nn.Module):
    """An encoder without the spread of its latents, which only training needs."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, *inputs: Tensor) -> Tensor:
        mean: Tensor = self.encoder(*inputs)[0]
        return mean


def main() -> None:
    """Convert two files."""
    parser = script.parser(__doc__)
    parser.add_argument("score", type=Path, help="the score's networks: encoder and decoder")
    parser.add_argument("timbre", type=Path, help="the timbre's")
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="FOLDER")
    options = parser.parse_args()
    score = (ScoreEncoder(), ScoreDecoder())
    timbre = (TimbreEncoder(), TimbreDecoder())
    for path, networks in ((options.score, score), (options.timbre, timbre)):
        state = torch.load(path, map_location="cpu", weights_only=True)
        for name, network in zip(("encoder", "decoder"), networks, strict=True):
            network.load_state_dict(state[name])
    save(options.out, score, timbre)


def save(
    folder: Path,
    score: tuple[ScoreEncoder, ScoreDecoder],
    timbre: tuple[TimbreEncoder, TimbreDecoder],
) -> None:
    """Write the four networks."""
    roll = (torch.rand(WINDOWS, WINDOW_STEPS, N_KEYS, 2) > 0.9).float()
    bands = torch.rand(WINDOWS, FRAMES, BANDS)
    z, colour = torch.randn(WINDOWS, SCORE), torch.randn(WINDOWS, TIMBRE)
    folder.mkdir(exist_ok=True)
    _export(folder / "score_encoder.onnx", _Mean(score[0]), {"roll": roll})
    _export(folder / "score_decoder.onnx", score[1], {"z": z})
    _export(folder / "timbre_encoder.onnx", _Mean(timbre[0]), {"bands": bands, "roll": roll})
    _export(folder / "timbre_decoder.onnx", timbre[1], {"z": colour, "roll": roll})


def _export(path: Path, network: nn.Module, inputs: dict[str, Tensor]) -> None:
    windows = torch.export.Dim("windows", min=1, max=1 << 16)
    # An encoder takes its inputs as a tuple of any length, the others by their names.
    each = tuple({0: windows} for _ in inputs)
    program = torch.onnx.export(
        network.eval(),
        tuple(inputs.values()),
        input_names=list(inputs),
        output_names=["found"],
        dynamic_shapes=(each,) if isinstance(network, _Mean) else each,
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    single = onnx.TensorProto.FLOAT
    names = [it.name for it in model.graph.initializer if it.data_type == single and len(it.dims)]
    halve(model, {name: f"half {name}" for name in names})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


if __name__ == "__main__":
    main()
