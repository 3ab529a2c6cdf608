"""Networks that hear two songs and say which parts of each are wanted.

Those of a user's own songs are trained and run in torch (`attention`, `lstm`); the shipped one is
`attention`, run from ONNX by `effects.mashing.parts`.
"""

from __future__ import annotations

#: The lowest bins of `effects.mashing.grid` are heard, up to 8.3 kHz.
BINS = 768
#: Four times half as many frames: to a moment of `attention` there are so many.
HALVED = 16
