"""The parts of ``benchmarks/quality``, one idea a module."""
