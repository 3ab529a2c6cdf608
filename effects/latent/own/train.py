"""From a folder of music to a file of weights: `train`."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from effects.latent.own.folder import Found, pieces_in
from effects.learned.own_files import Skipped, check_target, reasons
from effects.running.progress import Progress

if TYPE_CHECKING:
    from effects.latent.own.loop import Budget, Done, Stage
    from effects.latent.own.material import Piece
    from effects.latent.own.report import Report

MINUTES = 30.0  # by default; not searched
#: Of the time, for bars, windows and timbres: 10 minutes, two hours and 30 minutes were planned for
#: the shipped weights. Not searched.
SHARES = {"bars": 1 / 16, "windows": 12 / 16, "timbres": 3 / 16}
HELD_OUT = 0.1  # of the pieces, for the report
#: With fewer pieces, none is held out; with still fewer, nothing can be learnt.
LEAST_TO_HOLD_OUT, LEAST_PIECES = 10, 3
HEARD = 0.5  # of the progress, when all pieces are heard; not searched


def train(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    work: str | os.PathLike[str] | None = None,
    seconds: float | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Train the networks of a latent on a folder of music, and write their weights.

    Stopped at any moment and called again with the same arguments, it goes on where it was; with
    ``steps`` it gives the same weights as if it had not been stopped, bit for bit.

    Args:
        folder: music; see `effects.latent.own.folder`.
        out: the file of weights to write, ``.npz``. It appears whole, at the end, in place of the
            one that is there; beside it, the directions of attributes.
        work: a folder for what is known so far: what is heard of the pieces, and the state of
            training (50 MB). By default ``out`` with ``.work`` for its suffix.
        seconds: how much of each piece is learnt from, from its middle; by default all of it, up to
            20 minutes.
        minutes: how long to train, those of a stopped call included, and without the listening; by
            default `MINUTES`, if ``steps`` is not given either.
        steps: of each of the three stages, in place of ``minutes``.
        seed: of the first weights, and of what is drawn on the way.
        threads: pieces that are heard at once; by default as many as there are cores.
        progress: told the fraction and the stage; what stops it, stops this.

    Raises:
        ValueError: a setting makes no sense, or the folder has fewer than `LEAST_PIECES` usable
            pieces.
        FileNotFoundError, NotADirectoryError: there is no such folder, or none for ``out``.
        OSError: ``out`` or ``work`` cannot be written to.
    """
    wish = Wish(seconds, minutes, steps, seed, threads)
    target = check_target(Path(out))
    found = pieces_in(Path(folder))
    kept = Path(work) if work is not None else target.with_suffix(".work")
    kept.mkdir(parents=True, exist_ok=True)
    return _Course(wish, target, kept, progress or Progress()).run(found)


@dataclass(frozen=True)
class Wish:
    """How to train: see `train`.

    Raises:
        ValueError: one of them makes no sense.
    """

    seconds: float | None = None
    minutes: float | None = None
    steps: int | None = None
    seed: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not 8 <= self.seconds < math.inf:
            raise ValueError(f"seconds must be 8 or more, not {self.seconds!r}.")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise ValueError(f"minutes must be above 0, not {self.minutes!r}.")
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"steps must be 1 or more, not {self.steps!r}.")
        if self.steps is not None and self.minutes is not None:
            raise ValueError("Give minutes or steps, not both: the other would not count.")
        if not 0 <= self.seed < 1 << 32:
            raise ValueError(f"seed must be 0 to {(1 << 32) - 1}, not {self.seed!r}.")
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"threads must be 1 or more, not {self.threads!r}.")

    @property
    def training_minutes(self) -> float | None:
        """How long training will take; None if steps say it."""
        return None if self.steps is not None else self.minutes or MINUTES

    def budget(self, stage: str) -> Budget:
        """Of one stage."""
        from effects.latent.own.loop import Budget

        if self.training_minutes is None:
            return Budget(steps=self.steps or 1)
        return Budget(seconds=60 * self.training_minutes * SHARES[stage])


def apart(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Those to learn from, and those that are held out for the report.

    The hash of its name decides, so that a piece stays on its side when others come or go, as far
    as that is possible.
    """
    if len(pieces) < LEAST_TO_HOLD_OUT:
        return list(pieces), []
    order = sorted(pieces, key=lambda it: hashlib.sha256(it.found.name.encode()).digest())
    count = max(round(HELD_OUT * len(order)), 1)
    held = {id(it) for it in order[:count]}
    return [it for it in pieces if id(it) not in held], [it for it in pieces if id(it) in held]


@dataclass(frozen=True)
class _Course:
    """One call of `train`."""

    wish: Wish
    out: Path
    work: Path
    progress: Progress

    def run(self, found: Sequence[Found]) -> Report:
        from effects.running.devices import one_thread

        pieces, skipped = self._heard(found)
        if len(pieces) < LEAST_PIECES:
            raise ValueError(_too_few(len(pieces), skipped))
        taught, held = apart(pieces)
        with one_thread():
            networks, done = self._learnt(taught)
            return self._finished(networks, done, (taught, held), skipped)

    def _heard(self, found: Sequence[Found]) -> tuple[list[Piece], list[Skipped]]:
        from effects.latent.own.material import listened

        songs = self.work / "songs"
        songs.mkdir(exist_ok=True)

        def on_part(fraction: float) -> None:
            heard = f"listening, {round(fraction * len(found))} of {len(found)} heard"
            self.progress.tick(HEARD * fraction, heard)

        self.progress.tick(0.0, f"listening to {len(found)} pieces")
        most = math.inf if self.wish.seconds is None else float(self.wish.seconds)
        return listened(
            found, most, songs, self.progress, threads=self.wish.threads, on_part=on_part
        )

    def _learnt(self, taught: Sequence[Piece]) -> tuple[dict[str, Any], dict[str, Done]]:
        """All networks, after all stages, and how far each stage went."""
        import torch

        from effects.latent.own.loop import run
        from effects.latent.own.weights import new_networks

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.wish.seed)
            networks = new_networks()
            stages = self._stages(networks, taught)
            key = self._key(taught)
            done, begin = {}, HEARD
            for stage in stages:
                end = begin + (0.98 - HEARD) * SHARES[stage.name]
                nested = self.progress.nested(begin, end, "training")
                path = self.work / f"{stage.name}-{key}.npz"
                done[stage.name] = run(stage, self.wish.budget(stage.name), path, nested.tick)
                begin = end
        return networks, done

    def _stages(self, networks: dict[str, Any], taught: Sequence[Piece]) -> list[Stage]:
        from effects.latent.own import material
        from effects.latent.own.score_training import Bars, Windows
        from effects.latent.own.timbre_training import Timbre

        seed = self.wish.seed
        score = (networks["score_encoder"], networks["score_decoder"])
        timbre = (networks["timbre_encoder"], networks["timbre_decoder"])
        lots = material.lots(taught, seed)
        sounds = material.timbres(taught, material.labels_of(taught))
        return [
            Bars(*score, lots, seed),
            Windows(*score, lots, seed),
            Timbre(*timbre, sounds, seed),
        ]

    def _key(self, taught: Sequence[Piece]) -> str:
        """Of all that checkpoints depend on."""
        from effects.latent.own.material import labels_of

        parts = [f"{it.key} {it.found.label}" for it in taught] + [*labels_of(taught)]
        parts.append(repr((self.wish.seed, self.wish.steps, self.wish.training_minutes)))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _finished(
        self,
        networks: dict[str, Any],
        done: dict[str, Done],
        sides: tuple[list[Piece], list[Piece]],
        skipped: Sequence[Skipped],
    ) -> Report:
        """Judge the networks, and write them."""
        from effects.latent.own import judging, material, weights
        from effects.latent.own.directions import directions
        from effects.latent.own.report import Report

        taught, held = sides
        self.progress.tick(0.98, "measuring")
        codec = weights.Trained(networks, "", {})
        judged = held if len(material.whole_windows(held)) else taught
        sounds = material.timbres(judged, ())
        found = directions(codec, material.timbres(taught, ()))
        figures = {
            "seed": self.wish.seed,
            "steps": {name: it.steps for name, it in done.items()},
            "training_seconds": sum(it.seconds for it in done.values()),
            "music_seconds": sum(it.seconds for it in taught),
        }
        about = {"pieces": len(taught), "genres": material.labels_of(taught), **figures}
        beside = self.out.with_suffix(".attributes.npz")
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()  # of other weights
        digits = weights.save(self.out, networks, about)
        if found is not None:
            found.save(beside)
        return Report(
            self.out,
            digits,
            tuple(it.found.name for it in taught),
            tuple(it.found.name for it in held),
            tuple(skipped),
            material.labels_of(taught),
            judging.judged_scores(codec, material.whole_windows(judged)),
            judging.judged_timbres(codec, sounds),
            () if found is None else found.names,
            figures,
        )


def _too_few(count: int, skipped: Sequence[Skipped]) -> str:
    """In one line, with the first reasons."""
    found = ("No piece", "One piece", "Two pieces")[count]
    why = f" ({reasons(skipped)})" if skipped else ""
    return f"{found} of the folder can be learnt from, and at least {LEAST_PIECES} are needed{why}."
