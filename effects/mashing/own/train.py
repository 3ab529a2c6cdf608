"""From a folder of mashups to a file of weights: `train`."""

from __future__ import annotations

import os

from effects.mashing.own.report import Report
from effects.running.progress import Progress

NETWORKS = ("attention", "lstm")
EPOCHS = 60  # by default; not searched
SECONDS = 60.0  # of each mashup, as the published project had it
LEAST_SECONDS, MOST_SECONDS = 5.0, 600.0


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
    gives the same weights as if it had not been stopped.

    Args:
        folder: sound files named ``[index][name].mp3`` (a mashup), ``[index][1][name].mp3`` and
            ``[index][2][name].mp3`` (the songs that it is made of); see `folder`.
        out: the file of weights to write, ``.npz``. It appears whole, at the end.
        work: a folder for what is known so far: aligned songs (21 MB for a minute) and the state of
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
    """
    raise NotImplementedError
