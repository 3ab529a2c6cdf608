"""The style clip as a sampler: its notes are cut out, and play what the content plays.

`engine` puts the steps together:

- `learn`: what a style clip plays with. An `instrument` is made of its notes: `doublings` are
  joined, and `cut_out` takes each note's sound from among others. A drum `kit` is made of its
  `strokes`.
- `listen`: what is heard in a stem: its notes, a voice's line, its strokes. What is `known` of the
  stem already is not listened to again; `forms` are those in which it is kept.
- `plan`: which of these are played, and how.
- `perform` plays notes, and `sing` a voice's line. Each makes a `choice` among the grains of the
  instrument (`sing` among grains that are `tracked_grain`), and uses `stretch`, `body` and `place`.
- `between`: the way from the stem to its performance, for a strength below 1.
"""
