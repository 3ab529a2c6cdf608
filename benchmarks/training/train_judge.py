"""Train the judge of `effects.judging` on tunes that are written and rendered here.

    python -m benchmarks.training.train_judge --work FOLDER

writes ``effects/judging/judge.npz``. ``FOLDER`` keeps the clips and their descriptions. It needs
Debian's packages fluidsynth, fluid-soundfont-gm, musescore-general-soundfont-small, timidity,
freepats and espeak-ng, 1 GB of memory, and one core for about five minutes.
``python -m benchmarks.suggest`` tells how good it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import script
from benchmarks.training.lessons import Lesson, lessons
from effects.judging.frames import Vector
from effects.judging.judge import WEIGHTS, Judge
from effects.learned import array_file

# Chosen on another soundfont (Sonivox) and eleven recorded instruments, none of which are among
# those that docs/measured.md reports.
SHRINKAGE = 0.1  # of the covariance, towards its diagonal
BETWEEN = 0.5  # how much of the covariance between sources counts


def main() -> None:
    """Render what is missing, learn, and save."""
    parser = script.parser(__doc__)
    parser.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER", help="where clips are kept"
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS, metavar="FILE", help="where to write")
    options = parser.parse_args()
    script.announce(__doc__, "numpy", "scipy")
    options.work.mkdir(parents=True, exist_ok=True)
    judge = taught([*lessons(options.work)])
    arrays = {
        it: getattr(judge, it).astype(np.float32)
        for it in ("centre", "scale", "weights", "offsets")
    }
    array_file.save(options.out, arrays, {"names": judge.names})


def taught(heard: Sequence[Lesson]) -> Judge:
    """Learn from lessons.

    An instrument is where its sources are in the mean, each of which is where its clips are. The
    covariance is that of clips within a source, and part of that between sources.
    """
    rows = np.array([it.description for it in heard])
    centre, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    rows = (rows - centre) / scale
    by_name: dict[str, dict[str, list[Vector]]] = {}
    for it, row in zip(heard, rows, strict=True):
        by_name.setdefault(it.name, {}).setdefault(it.source, []).append(row)
    names = sorted(by_name)
    groups = [[np.array(it) for it in by_name[name].values()] for name in names]
    within = np.mean([_covariance(it) for group in groups for it in group], axis=0)
    middles = [np.array([it.mean(axis=0) for it in group]) for group in groups]
    between = np.mean([_covariance(it) for it in middles if len(it) > 1], axis=0)
    covariance = within + BETWEEN * between
    covariance += SHRINKAGE * (np.diag(covariance.diagonal()) - covariance)
    means = np.array([it.mean(axis=0) for it in middles])
    weights = np.linalg.solve(covariance, means.T).T
    return Judge(tuple(names), centre, scale, weights, -0.5 * (means * weights).sum(axis=1))


def _covariance(rows: Vector) -> Vector:
    """Of the columns of ``[rows, numbers]``."""
    away = rows - rows.mean(axis=0)
    return np.asarray(away.T @ away / max(len(rows) - 1, 1))


if __name__ == "__main__":
    main()
