"""Networks in ONNX files: each is opened once, and runs on one core.

One core, because callers run side by side: the server's workers, or several commands at once.
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
    options.log_severity_level = 4  # what fails is raised, and need not be printed, too
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
