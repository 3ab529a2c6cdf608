"""``restyle serve``: an OSC server that restyles stems for a DAW, and what it is made of."""
