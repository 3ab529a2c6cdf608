"""Networks that hear two songs and say which parts of each are wanted.

Those of a user's own songs are trained and run in torch (`attention`, `lstm`); the shipped one is
`attention`, run from ONNX by `effects.mashing.parts`.
"""
