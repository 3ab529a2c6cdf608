"""The ``restyle`` program: runs a command, and turns an exception into a line and an exit code.

Exit codes: 0 done; 2 something was wrong, as one line on stderr says; 130 Ctrl-C; 143 SIGTERM.
``RESTYLE_DEBUG=1`` shows tracebacks. Everything heavy is imported by the commands that need it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys

from plugin_bridge.cli import lean, stopping
from plugin_bridge.errors import explain

WRONG = 2


def main() -> None:
    """Run ``restyle`` with the arguments of the process, and end the process."""
    stopping.listen()
    _open_streams()
    if "_RESTYLE_COMPLETE" in os.environ:  # a shell wants completions
        sys.modules["rich"] = None  # type: ignore[assignment]  # without it: 0.1 s less
    lean.leave_out(lean.UNUSED_PARTS_OF_RICH)
    try:
        code = run(sys.argv[1:])
        code = _flush() or code
    except stopping.Interrupted as stop:
        stopping.end(stop.number)
    gc.freeze()  # or Python, as it ends, looks for circles in what libraries made: up to 0.2 s
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command; say what is wrong, if anything, on stderr; return the exit code."""
    try:
        from typer.main import get_command

        from plugin_bridge.cli.app import app

        command = get_command(app)
        code = command.main(arguments or ["--help"], "restyle", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except Exception as error:
        if os.environ.get("RESTYLE_DEBUG"):
            raise
        _say(explain(error))
        return WRONG


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody can be told
        print(f"restyle: {text}", file=sys.stderr, flush=True)


def _open_streams() -> None:
    """Have stdout and stderr take any text, and have both of them: a program may start us without.

    A result must not get the number of a stream that is missing, so those are opened first.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name) or open(number, "w", closefd=False)  # noqa: SIM115
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may not be valid text
        setattr(sys, name, stream)


def _flush() -> int:
    """Write out what was printed; the exit code. A full disk is said; a reader that left is not."""
    try:
        sys.stdout.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # or Python would try again, and complain at length
        if not isinstance(error, BrokenPipeError):
            _say(explain(error))
        return WRONG
    return 0
