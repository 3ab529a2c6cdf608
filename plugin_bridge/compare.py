"""`make_comparison` where version 0.1 had it; it is in `plugin_bridge.reports.compare` now."""

from plugin_bridge.reports.compare import make_comparison

__all__ = ["make_comparison"]
