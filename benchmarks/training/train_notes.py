"""Train the network of `effects.notes.note_network` on music that is written and rendered here.

    python -m benchmarks.training.train_notes --work FOLDER

writes the files of ``effects/notes/note_network``, every ten minutes and at the end. ``FOLDER``
keeps the clips' features and notes, so that a second run only trains; ``--share 0.01 --minutes 1``
tries everything on a few clips. ``--start`` goes on from any file of weights; the optimiser's own
state is not kept. It needs Debian's packages fluidsynth, fluid-soundfont-gm, musescore-general-
soundfont-small, opl3-soundfont, timidity, freepats and espeak-ng, the Python package onnxscript, 4
GB of memory, and one core for about two hours. ``python -m benchmarks.training.hear`` tells how
good it is.

The shipped weights were trained on fewer and plainer clips, by earlier versions of these scripts:
an hour with five of the ten convolutions, then, with ``--start``, about 80 minutes with all ten.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from benchmarks import script
from benchmarks.training.clips import write_clips
from benchmarks.training.examples import Example
from benchmarks.training.fonts import check_fonts
from benchmarks.training.network import Network
from effects.notes import note_network

TOGETHER = 2  # clips in a step of training; not searched
SAVE_MINUTES = 10.0


def main() -> None:
    """Write the clips that are missing, train, and save the network."""
    parser = script.parser(__doc__)
    parser.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER", help="where clips are kept"
    )
    parser.add_argument("--minutes", type=float, default=90, help="how long to train (%(default)s)")
    parser.add_argument(
        "--rate", type=float, default=3e-3, help="the greatest learning rate (%(default)s)"
    )
    parser.add_argument(
        "--start", type=Path, metavar="FOLDER", help="start from the weights in this folder"
    )
    parser.add_argument(
        "--share", type=float, default=1, help="of the clips: less than 1 to try the script"
    )
    parser.add_argument(
        "--out", type=Path, default=note_network.MODEL, metavar="FOLDER", help="where to write"
    )
    options = parser.parse_args()
    check_fonts()
    script.announce(__doc__, "numpy", "torch", "onnx")
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    write_clips(options.work, options.share)
    network = Network(options.start)
    files = sorted(options.work.glob("*.npz"))
    train(network, files, options.minutes, options.rate, save=lambda: network.save(options.out))


def train(
    network: Network,
    files: list[Path],
    minutes: float,
    rate: float,
    save: Callable[[], None],
) -> None:
    """Train with AdamW, whose learning rate rises over 50 steps and then falls like a cosine.

    ``save`` is called every `SAVE_MINUTES` and at the end.
    """
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-3)
    draw, begin, step = random.Random(1), time.time(), 0
    saved, recent = 0.0, 0.0  # minutes; the mean loss of about the last 100 steps
    clips = {file: dict(np.load(file)) for file in files}
    while (done := (time.time() - begin) / 60 / minutes) < 1:
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 50) * (0.51 + 0.5 * np.cos(np.pi * done))
        chosen = [Example.drawn(clips[it], draw) for it in draw.choices(files, k=TOGETHER)]
        chosen = [it for it in chosen if len(it.keys)]
        if not chosen:
            continue
        loss = loss_of(network, chosen)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        step += 1
        recent += (loss.item() - recent) / min(step, 100)
        if step % 100 == 0:
            print(f"{done:.0%}, step {step}: {recent:.4f}", flush=True)
        if done * minutes - saved > SAVE_MINUTES:
            save()
            saved = done * minutes
    save()


def loss_of(network: Network, examples: list[Example]) -> Tensor:
    """How far the network is from the answers wanted: cross-entropies, and the error of times."""
    keys, heard, note, onset, shift = (
        torch.from_numpy(np.concatenate([getattr(it, name) for it in examples]))
        for name in ("keys", "features", "note", "onset", "onset_shift")
    )
    clips = torch.repeat_interleave(torch.tensor([len(it.keys) for it in examples]))
    found = network(heard, keys, clips, len(examples))
    near = ~torch.isnan(shift)
    loss = binary_cross_entropy_with_logits(found[:, 0], note)
    loss = loss + 10 * binary_cross_entropy_with_logits(found[:, 1], onset)
    if near.any():
        loss = loss + 0.2 * smooth_l1_loss(found[:, 2][near], shift[near], beta=0.3)
    return loss


if __name__ == "__main__":
    sys.exit(script.run(main))
