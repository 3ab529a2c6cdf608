"""Trained weights, read from files that may come from anybody."""
