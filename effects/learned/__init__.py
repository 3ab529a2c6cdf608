"""Trained weights and other arrays, read from files that may come from anybody."""
