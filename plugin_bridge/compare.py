"""`make_comparison` under its name of version 0.1: see `plugin_bridge.reports.compare`."""

from plugin_bridge.reports.compare import make_comparison

__all__ = ["make_comparison"]
