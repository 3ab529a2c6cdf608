"""The parts of ``benchmarks/quality.py``, one idea a module."""
