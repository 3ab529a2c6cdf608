"""The style clip as a sampler: its notes are cut out, and play what the content plays.

- `notes`, beside this package, writes down what a clip plays.
- `separate` takes one note's sound out of a clip in which others sound at the same time.
- `fused` tells chords from sounds that a transcription takes apart.
- `instrument` is what is known of a style clip: its notes' sounds, and how a note ends.
- `perform` plays notes on an instrument.
- `voice` is the same for a voice's line.
- `hits` is the same for what has strokes and no pitch: drums.
- `morph` stands between a stem and its performance.

`effects.engines.sampler` decides what a stem and a clip are, and puts these together.
"""
