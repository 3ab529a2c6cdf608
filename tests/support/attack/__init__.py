"""Attacks on Restyle, which tests run for a while and ``python -m tests.attack`` for long."""
