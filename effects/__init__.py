"""Restyle's effects: they stand in a chain with pedalboard's own."""
