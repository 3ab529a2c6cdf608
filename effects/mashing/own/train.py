"""From a folder of mashups to a file of weights: `train`."""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from effects.learned.own_files import Skipped, check_target, reasons
from effects.mashing.own.folder import Mashup, mashups_in
from effects.mashing.own.report import Report
from effects.running.progress import Progress

if TYPE_CHECKING:
    import torch

    from effects.mashing.own.material import Lesson
    from effects.mashing.own.training import State

NETWORKS = ("attention", "lstm")
EPOCHS = 60  # by default; not searched
SECONDS = 60.0  # of each mashup, as the published project had it
LEAST_SECONDS, MOST_SECONDS = 5.0, 600.0
HELD_OUT = 0.15  # of the mashups, at least one: for the report
JUDGED = 0.15  # of the others, likewise: for telling which epoch was the best
PREPARED = 0.4  # of the progress, when all songs are aligned; not searched
LEAST_MASHUPS = 2  # one to learn from, one to be held out


def train(
    folder: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    work: str | os.PathLike[str] | None = None,
    network: str = "attention",
    seconds: float = SECONDS,
    epochs: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    device: str = "auto",
    progress: Progress | None = None,
) -> Report:
    """Train a network on the mashups of a folder, and write its weights.

    Stopped at any moment and called again with the same arguments, it goes on where it was, and
    gives the same weights as if it had not been stopped (on the CPU, and without ``minutes``, bit
    for bit).

    Args:
        folder: sound files named ``[index][name].mp3`` (a mashup), ``[index][1][name].mp3`` and
            ``[index][2][name].mp3`` (the songs that it is made of: A, then B); see
            `effects.mashing.own.folder`.
        out: the file of weights to write, ``.npz``. It appears whole, at the end, in place of the
            one that is there.
        work: a folder for what is known so far: aligned songs (18 MB for a minute) and the state of
            training. By default ``out`` with ``.work`` for its suffix.
        network: one of `NETWORKS`.
        seconds: how much of each mashup is learnt from: where it is loudest.
        epochs: how often the training songs are gone through; by default `EPOCHS`.
        minutes: how long to train at most, those of a stopped call included; by default, no limit.
            If only this is given, epochs are not limited.
        seed: of the first weights, of which songs are held out, and of the order.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        progress: told the fraction and the stage; what stops it, stops this.

    Raises:
        ValueError: a setting makes no sense, or the folder has fewer than two usable mashups.
        FileNotFoundError, NotADirectoryError: there is no such folder, or none for ``out``.
        OSError: ``out`` or ``work`` cannot be written to.
    """
    wish = Wish(network, float(seconds), epochs, minutes, seed, device)
    target = check_target(Path(out))
    mashups, skipped = mashups_in(Path(folder))
    kept = Path(work) if work is not None else target.with_suffix(".work")
    kept.mkdir(parents=True, exist_ok=True)
    return _Course(wish, target, kept, progress or Progress()).run(mashups, skipped)


@dataclass(frozen=True)
class Wish:
    """How to train: see `train`.

    Raises:
        ValueError: one of them makes no sense.
    """

    network: str = "attention"
    seconds: float = SECONDS
    epochs: int | None = None
    minutes: float | None = None
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        from effects.running.devices import DEVICES

        if self.network not in NETWORKS:
            raise ValueError(f"network must be {' or '.join(NETWORKS)}, not {self.network!r}.")
        if not LEAST_SECONDS <= self.seconds <= MOST_SECONDS:
            least, most = LEAST_SECONDS, MOST_SECONDS
            raise ValueError(f"seconds must be {least:g} to {most:g}, not {self.seconds!r}.")
        if self.epochs is not None and self.epochs < 1:
            raise ValueError(f"epochs must be 1 or more, not {self.epochs!r}.")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise ValueError(f"minutes must be above 0, not {self.minutes!r}.")
        if not 0 <= self.seed < 1 << 32:
            raise ValueError(f"seed must be 0 to {(1 << 32) - 1}, not {self.seed!r}.")
        if self.device not in DEVICES:
            raise ValueError(f"device must be {', '.join(DEVICES)}, not {self.device!r}.")

    @property
    def budget(self) -> tuple[float, float]:
        """Epochs and seconds, either of which may be infinite."""
        epochs = self.epochs or (EPOCHS if self.minutes is None else math.inf)
        return epochs, 60 * (self.minutes or math.inf)


@dataclass(frozen=True)
class Parts:
    """Who is for what; whole mashups, so that no window of one is heard twice.

    Attributes:
        taught: are learnt from.
        judged: tell which epoch was the best.
        held_out: are heard by the network for the report alone.
    """

    taught: tuple[Lesson, ...]
    judged: tuple[Lesson, ...]
    held_out: tuple[Lesson, ...]


def parts_of(lessons: list[Lesson], seed: int) -> Parts:
    """Divide mashups by their contents and a seed.

    With two, the one that is learnt from also tells which epoch was the best.
    """
    order = sorted(lessons, key=lambda it: hashlib.sha256(f"{seed} {it.key}".encode()).digest())
    out = max(round(HELD_OUT * len(order)), 1)
    rest = order[out:]
    judged = max(round(JUDGED * len(rest)), 1)
    taught = rest[judged:] or rest
    return Parts(tuple(taught), tuple(rest[:judged]), tuple(order[:out]))


@dataclass(frozen=True)
class _Course:
    """One call of `train`."""

    wish: Wish
    out: Path
    work: Path
    progress: Progress

    def run(self, mashups: list[Mashup], skipped: list[Skipped]) -> Report:
        from effects.running.devices import one_thread, pick_device

        device = pick_device(self.wish.device)
        lessons, unusable = self._lessons(mashups)
        skipped = [*skipped, *unusable]
        if len(lessons) < LEAST_MASHUPS:
            raise ValueError(_too_few(len(lessons), skipped))
        parts = parts_of(lessons, self.wish.seed)
        with one_thread():
            state = self._learn(parts, device)
            return self._finish(state, parts, skipped)

    def _lessons(self, mashups: list[Mashup]) -> tuple[list[Lesson], list[Skipped]]:
        from effects.mashing.own.material import lessons_of

        tick = self.progress.part(0.0, PREPARED, "finding the songs in their mashups")
        songs = self.work / "songs"
        songs.mkdir(exist_ok=True)
        return lessons_of(mashups, self.wish.seconds, songs, tick)

    def _learn(self, parts: Parts, device: torch.device) -> State:
        from effects.mashing.own.training import Budget, learn

        def tick(fraction: float, stage: str) -> None:
            self.progress.tick(PREPARED + (0.98 - PREPARED) * fraction, stage)

        key = hashlib.sha256(f"{self._list(parts)} {self.wish.seed} {device.type}".encode())
        checkpoint = self.work / f"{self.wish.network}-{key.hexdigest()[:16]}.npz"
        return learn(
            self.wish.network,
            parts.taught,
            parts.judged,
            Budget(*self.wish.budget),
            checkpoint,
            seed=self.wish.seed,
            device=device,
            tick=tick,
        )

    def _list(self, parts: Parts) -> str:
        """A hash of what is learnt from."""
        keys = ["/".join(it.key for it in part) for part in (parts.taught, parts.judged)]
        return hashlib.sha256(" ".join(keys).encode()).hexdigest()

    def _finish(self, state: State, parts: Parts, skipped: list[Skipped]) -> Report:
        """Measure on what was held out, and write the weights."""
        from effects.mashing.own import weights
        from effects.mashing.own.distances import distances
        from effects.mashing.own.learners import parameters_of

        network = state.network.cpu()
        self.progress.tick(0.98, "measuring on the mashups that were held out")
        found = tuple(distances(it, weights.Trained(network, {})) for it in parts.held_out)
        figures: dict[str, Any] = {
            "network": self.wish.network,
            "parameters": parameters_of(network),
            "seed": self.wish.seed,
            "epochs": len(state.losses),
            "seconds": state.seconds,
            "losses": state.losses,
            "songs": len(parts.taught) + len(parts.judged),
            "training_list": self._list(parts),
            "mashups": [
                {"name": it.name, **it.about}
                for part in (parts.taught, parts.judged, parts.held_out)
                for it in part
            ],
        }
        report = Report(self.out, tuple(skipped), found, figures)
        told = {"network", "parameters", "seed", "epochs", "songs", "training_list"}
        about = {key: it for key, it in figures.items() if key in told}
        weights.save(self.out, network, about | {"mean": asdict(report.mean)})
        return report


def _too_few(count: int, skipped: list[Skipped]) -> str:
    """In one line, with the first reasons."""
    found = ("No mashup", "One mashup")[count]
    why = f" ({reasons(skipped)})" if skipped else ""
    return (
        f"{found} of the folder can be learnt from, and at least {LEAST_MASHUPS} are needed{why}."
    )
