"""How good is a morph? Judged beside simpler ways to make one. See `benchmarks.morph.__main__`."""
