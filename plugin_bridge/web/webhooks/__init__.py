"""Whoever asked for it is told of a job's end."""
