"""The ``restyle`` program, also as ``python -m restyle``."""

from __future__ import annotations

import sys

from restyle import ours


def main() -> None:
    """Run ``restyle`` with the arguments of the process, and end the process."""
    try:
        ours.check()
    except ImportError as error:
        sys.exit(_say(error))
    from plugin_bridge.cli.main import main as run

    run()


def _say(error: ImportError) -> int:
    """Say what is wrong on stderr; the exit code."""
    print(f"restyle: {error}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
