"""Pieces that run inside a DAW, and what puts them there (`plugin_bridge.daw.install`)."""
