"""Train the network that hears two songs, on the excerpts of `benchmarks.training.mashup.material`.

    python -m benchmarks.training.mashup.train --material FOLDER --minutes 6 --out mashup.pt

prints how good it is on groups (grooves and pieces) that it is not trained on, and writes the
weights; ``python -m benchmarks.training.mashup.export`` makes the shipped ONNX file of them.

The shipped weights were trained for 7.6 minutes on a GPU (5976 steps of 32 pairs) with 570 of the
excerpts, as many as could be brought there. On 31 excerpts of other grooves and pieces, with parts
changed at random as in training, the distance to the wanted sum was then 0.55 of the plain sum's,
and the leak -6.8 dB. The loss was still falling.
"""

from __future__ import annotations

import math
import time
import zlib
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import script
from benchmarks.training.mashup.examples import Material, Pair, draw_pairs
from effects.mashing.networks.attention import Attention

# Nothing here was searched.
TESTED = 0.08  # of the groups are kept for testing
MASHED = 0.5  # the weight of the mashup's error beside that of the parts
FLOOR = 1e-4  # of power, below a song's mean, that the mashup's error can tell from silence
LEARNING_RATE, WARM_STEPS, WEIGHT_DECAY = 2e-3, 200, 1e-3


def main() -> None:
    """Train, test, and save."""
    parser = script.parser(__doc__)
    parser.add_argument("--material", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--minutes", type=float, default=60, help="how long to train (%(default)s)")
    parser.add_argument(
        "--batch", type=script.count, default=32, help="pairs in a step (%(default)s)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write")
    parser.add_argument("--start", type=Path, metavar="FILE", help="weights to begin with")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    learnt, tested = kept_apart(options.material)
    script.say(f"{len(learnt)} excerpts to learn from, {len(tested)} to test with, on {device}")
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    network = Attention().to(device, memory_format=torch.channels_last)
    if options.start:
        network.load_state_dict(torch.load(options.start, map_location=device, weights_only=True))
    material, others = (Material.read(it, device) for it in (learnt, tested))
    script.say("read")
    train(network, material, others, options.minutes, options.batch, options.out)


def kept_apart(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files to learn from and to test with; a groove or a piece is in one of them only."""
    learnt: list[Path] = []
    tested: list[Path] = []
    for path in sorted(folder.glob("*.ogg")):
        if path.stat().st_size:
            group = path.with_suffix(".txt").read_text().splitlines()[0]
            chosen = zlib.crc32(group.encode()) % 1000 < 1000 * TESTED
            (tested if chosen else learnt).append(path)
    return learnt, tested


def train(
    network: Attention, material: Material, others: Material, minutes: float, batch: int, out: Path
) -> None:
    """Train with AdamW, whose learning rate rises, then falls as a cosine does to nothing."""
    device = material.stems.device
    draw = torch.Generator(device).manual_seed(1)
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    begin, step, recent, said = time.monotonic(), 0, 0.0, 0.0
    while (done := (time.monotonic() - begin) / 60 / minutes) < 1:
        rate = (
            LEARNING_RATE * min(1, (step + 1) / WARM_STEPS) * (0.5 + 0.5 * math.cos(math.pi * done))
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = loss_of(network, draw_pairs(material, batch, draw))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        if step % 50 == 0:
            recent += (loss.item() - recent) / min(step / 50, 10)
        if time.monotonic() - said > 20:
            said = time.monotonic()
            script.say(f"{done:.0%}, step {step}: {recent:.4f}; {told(network, others)}")
            torch.save(network.state_dict(), out)
    torch.save(network.state_dict(), out)
    script.say(f"{step} steps; {told(network, others, batches=8)}")


def loss_of(network: Attention, pair: Pair) -> Tensor:
    """The mean difference of square-rooted magnitudes of the parts, and of the mashup's logarithms.

    The second is what a listener gets: A's lead and B's bed through the one mask, both ways round.
    """
    mixes = pair.mixes
    size = mixes.abs()
    level = size.square().mean((1, 2), keepdim=True).sqrt() + 1e-9
    size, parts, mixes = size / level, pair.parts / level[:, None], mixes / level
    half = len(size) // 2
    with torch.autocast(size.device.type, torch.bfloat16, enabled=size.is_cuda):
        logits = torch.cat(network(size[:half], size[half:]))
    shares = logits.float().softmax(1)
    found = (shares * size[:, None] + 1e-9).sqrt()
    of_parts = (found - (parts.abs() + 1e-9).sqrt()).abs().mean()
    return of_parts + MASHED * _mashup_error(shares, mixes, parts)


def _mashup_error(shares: Tensor, mixes: Tensor, parts: Tensor) -> Tensor:
    wanted, out, _ = mashups(shares, mixes, parts)
    return _far(out, wanted) / 10


def mashups(shares: Tensor, mixes: Tensor, parts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The lead of each song over the bed of the other: wanted; through one mask; the plain sum."""
    half = len(mixes) // 2
    lead = shares[:, 0]
    turned = torch.cat([torch.arange(half, 2 * half), torch.arange(half)])
    a, b = mixes, mixes[turned]
    found = lead * a + (1 - lead[turned]) * b
    between = b - a
    mask = ((found - a) * between.conj()).real / (between.abs().square() + 1e-9)
    mask = mask.clamp(0, 1)
    wanted = parts[:, 0] + parts[turned, 1:].sum(1)
    return wanted, (1 - mask) * a + mask * b, a + b


@torch.no_grad()
def told(network: Attention, others: Material, batches: int = 2) -> str:
    """How good the network is on songs that it does not learn from.

    The leak: power of what is wanted of neither song, that the mask lets through, against the power
    of what it should let through. The distance: of log spectra, over the plain sum's.
    """
    network.eval()
    draw = torch.Generator(others.stems.device).manual_seed(2)
    sums = torch.zeros(4, device=others.stems.device)
    for _ in range(batches):
        pair = draw_pairs(others, 16, draw)
        mixes, size = pair.mixes, pair.mixes.abs()
        level = size.square().mean((1, 2), keepdim=True).sqrt() + 1e-9
        mixes, parts = mixes / level, pair.parts / level[:, None]
        half = len(size) // 2
        shares = torch.cat(network(size[:half], size[half:])).softmax(1)
        wanted, out, plain = mashups(shares, mixes, parts)
        far = (_far(it, wanted) for it in (out, plain))
        sums += torch.stack([*far, *_powers(shares[:, 0], parts)])
    network.train()
    near, plain_sum, leaks, heard = sums.tolist()
    return f"distance {near / plain_sum:.3f}, leak {10 * math.log10(leaks / heard):.1f} dB"


def _far(found: Tensor, wanted: Tensor) -> Tensor:
    """The mean difference of logarithms of power."""
    logs = [torch.log(it.abs().square() + FLOOR) for it in (found, wanted)]
    return (logs[0] - logs[1]).abs().mean()


def _powers(lead: Tensor, parts: Tensor) -> tuple[Tensor, Tensor]:
    """The power of what is let through against one's wish, and of what is let through with it."""
    own, bed = parts[:, 0], parts[:, 1:].sum(1)
    unwanted, wanted = (lead * bed, (1 - lead) * own), (lead * own, (1 - lead) * bed)
    power = [torch.stack([it.abs().square().mean() for it in both]) for both in (unwanted, wanted)]
    return power[0].sum(), power[1].sum()


if __name__ == "__main__":
    main()
