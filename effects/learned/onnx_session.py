"""Networks in ONNX files: each is opened once, and a run computes in the thread that calls it.

Callers run side by side: the threads of one call (`effects.running.cores`), the server's workers,
or several commands at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from effects.running.forks import in_forked_children

_sessions: dict[Path, Any] = {}
_left: list[Any] = []  # never freed: a thread that is gone may have been in the middle of one


def session(path: Path) -> Any:
    """Onnxruntime's session of a file, the same one for all calls of a process."""
    found = _sessions.get(path)
    return _sessions.setdefault(path, _open(path)) if found is None else found


@in_forked_children
def _renew() -> None:
    """Open sessions anew in a forked child: their locks may be held."""
    _left.append(_sessions.copy())
    _sessions.clear()


def _open(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Memory is freed after each run: 100 MB less for a clip of 10 s, and no slower (measured).
    options.enable_cpu_mem_arena = False
    # Without the arena, a pattern of memory would have each run ask for one large block, which the
    # system clears: 5 to 20 % slower, the shorter the run (measured).
    options.enable_mem_pattern = False
    options.log_severity_level = 4  # what fails is raised, and need not be printed, too
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
