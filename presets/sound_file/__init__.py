"""Sound files: opened with care, looked at by bounded parsers, then decoded by libsndfile.

In the lowest of the packages, since all three read sounds: presets their clips, effects the styles,
the bridge its stems.
"""
