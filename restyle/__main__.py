"""The ``restyle`` program, also as ``python -m restyle``."""

from __future__ import annotations

import sys

from restyle import ours


def main() -> None:
    """Run ``restyle`` with the arguments of the process, and end the process."""
    try:
        ours.check()
    except ImportError as error:
        sys.exit(_say(str(error), 2))
    try:
        from plugin_bridge.cli.main import main as run
    except KeyboardInterrupt:  # from here on, what was imported listens to Ctrl-C
        sys.exit(_say("stopped", 130))

    run()


def _say(text: str, code: int) -> int:
    """Say on stderr why the program ends; the exit ``code``."""
    print(f"restyle: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
