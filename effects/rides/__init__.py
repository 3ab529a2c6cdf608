"""Riding the parameters of effects: they follow MIDI controllers while a piece plays.

- `effects.rides.travel`: from a controller's value to a parameter's;
- `effects.rides.targets`: which parameter of a board a controller moves;
- `effects.rides.curve`: where it is when, without clicks;
- `effects.rides.ridden`: the effect whose parameters move, which streams a native one in short
  blocks (`effects.rides.stream`), or blends renderings where that is not possible
  (`effects.rides.renderings`).
"""
