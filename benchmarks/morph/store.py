"""Keeps results, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

import benchmarks
import effects
from benchmarks.morph.judge import Result
from benchmarks.morph.systems import Row


@dataclass(frozen=True)
class Store:
    """A folder of results.

    Attributes:
        folder: exists.
        half: of the pairs.
        judging: a hash of what judges: with other code, figures are others.
        making: a hash of what makes Restyle's morphs.
    """

    folder: Path
    half: str
    judging: str
    making: str

    @classmethod
    def open(cls, folder: Path, half: str) -> Store:
        """The results of this code in a folder."""
        here, made = (Path(it.__path__[0]) for it in (benchmarks, effects))
        return cls(folder, half, digest(here / "morph"), digest(made))

    def find(self, row: Row, pair: str) -> Result | None:
        """A row's result of a pair, if it is known."""
        file = self._file(row, pair)
        if not file.is_file():
            return None
        kept = json.loads(file.read_text(encoding="utf-8"))
        return Result(**{**kept, "middle": np.array(kept["middle"])})

    def keep(self, row: Row, result: Result) -> None:
        """Remember a result."""
        text = json.dumps({**asdict(result), "middle": result.middle.tolist()})
        file = self._file(row, result.pair)
        part = file.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(file)

    def _file(self, row: Row, pair: str) -> Path:
        key = (self.half, self.judging, self.making if row.ours else "", row.name, pair)
        return self.folder / f"result-{sha256(repr(key).encode()).hexdigest()[:20]}.json"


def digest(folder: Path) -> str:
    """A hash of all code and networks in a folder."""
    found = sha256()
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".py", ".onnx"}:
            found.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return found.hexdigest()
