"""Restyle outside Python: the command line and, later, the bridge to DAWs."""
