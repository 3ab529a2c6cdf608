"""Instrument styles: a library of short clips, each with a name and a text file."""
