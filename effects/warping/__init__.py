"""A song heard at other times and pitches: where each moment comes from, and its sound there."""
