"""The style clip as a sampler: its notes are cut out, and play what the content plays.

- `effects.notes` writes down what a clip plays.
- `cut_out` takes one note's sound out of a clip in which others sound at the same time.
- `doublings` tells chords from sounds that a transcription takes apart.
- `instrument` is what is known of a style clip: its notes' sounds, and how a note ends.
- `perform` plays notes on an instrument.
- `sing` is the same for a voice's line.
- `strokes` is the same for what has strokes and no pitch: drums.
- `between` stands between a stem and its performance.

`engine` decides what a stem and a clip are, and puts these together.
"""
