"""Train the shipped networks of the latent, with the stages and the loop of `effects.latent.own`.

    python -m benchmarks.training.latent.train --scores scores.npz --clips clips.npz --out FOLDER

It can be stopped, and goes on where it was. It prints how much comes back of what was held out, and
writes ``score.pt`` and ``timbre.pt`` for `benchmarks.training.latent.export`, and the directions of
attributes.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch

from benchmarks import script
from benchmarks.training.latent import clips
from benchmarks.training.latent.scores import Scores
from effects.latent.own import weights
from effects.latent.own.directions import directions
from effects.latent.own.judging import judged_scores, judged_timbres
from effects.latent.own.loop import Budget, run
from effects.latent.own.score_training import Bars, Windows
from effects.latent.own.timbre_training import Timbre
from effects.latent.own.train import SHARES

SEED = 1
SAID_EVERY = 500  # steps
JUDGED = 2000  # windows of scores that are held out


def main() -> None:
    """Train, judge, and write."""
    parser = script.parser(__doc__)
    parser.add_argument("--scores", type=Path, required=True, metavar="FILE")
    parser.add_argument("--clips", type=Path, required=True, metavar="FILE")
    parser.add_argument("--minutes", type=float, default=60, help="how long (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    learnt, held_out = clips.read(options.clips)
    networks = weights.new_networks()
    score = (networks["score_encoder"], networks["score_decoder"])
    timbre = (networks["timbre_encoder"], networks["timbre_decoder"])
    lots = Scores(options.scores).lot
    for stage in (
        Bars(*score, lots, SEED),  # type: ignore[arg-type]
        Windows(*score, lots, SEED),  # type: ignore[arg-type]
        Timbre(*timbre, learnt, SEED),  # type: ignore[arg-type]
    ):
        budget = Budget(seconds=60 * options.minutes * SHARES[stage.name])
        run(stage, budget, options.out / f"{stage.name}.npz", _Said().tick)
    codec = weights.Trained(networks, "", {})
    others = Scores(options.scores, held_out=True).lot(0, JUDGED)
    figures = {
        "scores": asdict(judged_scores(codec, others)),
        "timbres": asdict(judged_timbres(codec, held_out)),
    }
    script.say(str(figures))
    for half in ("score", "timbre"):
        state = {it: networks[f"{half}_{it}"].state_dict() for it in ("encoder", "decoder")}
        torch.save(state, options.out / f"{half}.pt")
    found = directions(codec, learnt)
    if found is not None:
        found.save(options.out / "latent.attributes.npz")


class _Said:
    """Tells every so often how far it is."""

    def __init__(self) -> None:
        self._ticks = 0

    def tick(self, fraction: float, stage: str) -> None:
        if self._ticks % SAID_EVERY == 0:
            script.say(f"{fraction:.0%} {stage}")
        self._ticks += 1


if __name__ == "__main__":
    main()
