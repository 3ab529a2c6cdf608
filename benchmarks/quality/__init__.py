"""Does the melody survive and the instrument change? See `benchmarks.quality.__main__`."""
