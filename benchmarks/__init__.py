"""Speed and quality, measured: a script here prints each figure in README and docs."""
