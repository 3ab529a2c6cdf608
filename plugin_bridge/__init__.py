"""Restyle outside Python: the command line, and the bridge to DAWs.

>>> from plugin_bridge import Client
>>> with Client() as client:  # doctest: +SKIP
...     job = client.submit("in.wav", "out.wav", "violin")
...     result = client.wait(job)

``Client("https://example.com", key=...)`` speaks HTTP in place of OSC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_bridge.client import Client

__distribution__ = "restyle"  # not another's: `restyle.ours` looks for it

__all__ = ["Client"]


def __getattr__(name: str) -> Any:
    """Load the client only when it is asked for, so that the command line starts faster."""
    if name == "Client":
        from plugin_bridge.client import Client

        return Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
