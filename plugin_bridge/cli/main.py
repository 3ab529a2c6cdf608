"""The ``restyle`` program: runs a command, and turns an exception into a line and an exit code.

Exit codes: 0 done; 2 something was wrong, as one line on stderr says; 130 Ctrl-C; 143 SIGTERM.
``RESTYLE_DEBUG=1`` shows tracebacks. Everything heavy is imported by the commands that need it.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from plugin_bridge.errors import explain

WRONG = 2


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM. Not a KeyboardInterrupt: some libraries turn that into other errors."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


def main() -> None:
    """Run ``restyle`` with the arguments of the process, and end the process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):  # a file's name may not be valid text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if "_RESTYLE_COMPLETE" in os.environ:  # a shell wants completions
        sys.modules["rich"] = None  # type: ignore[assignment]  # without it: 0.1 s less
    try:
        code = run(sys.argv[1:])
    except Interrupted as stop:
        _say("stopped")
        sys.stdout.flush()
        os._exit(stop.exit_code)  # at once, though a library's thread may still be in native code
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
    print(f"restyle: {text}", file=sys.stderr)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise Interrupted(number)
