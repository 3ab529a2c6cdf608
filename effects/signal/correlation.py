"""How alike a short signal is to each place of a longer one."""

from __future__ import annotations

import numpy as np
from scipy import fft

from effects.signal.arrays import Values

#: Seconds that an operation takes by FFT and directly, and what counts as the fixed cost of the
#: FFT: SciPy's own numbers (`_fftconv_faster` in scipy/signal/_signaltools.py), as they decide by
#: which of the two, and so to which bits, it computes.
FFT_SECONDS, DIRECT_SECONDS, FFT_COST_SECONDS = 1.89095737e-9, 2.1364985e-10, 1e-3


def correlate_valid(signal: Values, pattern: Values) -> Values:
    """The products' sums of ``pattern`` and each stretch of ``signal`` of its length.

    This is ``scipy.signal.correlate(signal, pattern, "valid")``, bit for bit. That is not called
    because the import of scipy.signal, with scipy.stats and scipy.optimize behind it, takes longer
    than all other imports of a call together.

    Args:
        signal: ``[samples]`` in float64, at least as long as ``pattern``.
        pattern: ``[samples]`` in float64, not empty.

    Returns:
        ``[signal.size - pattern.size + 1]``.
    """
    if not _faster_by_fft(signal.size, pattern.size):
        return np.correlate(signal, pattern, "valid")
    size = fft.next_fast_len(signal.size + pattern.size - 1, real=True)
    # A convolution with the reversed pattern, of which only full overlaps are wanted.
    spectrum = fft.rfft(signal, size) * fft.rfft(pattern[::-1], size)
    found: Values = fft.irfft(spectrum, size)[pattern.size - 1 : signal.size]
    return found


def _faster_by_fft(signal_size: int, pattern_size: int) -> bool:
    """Whether SciPy finds the FFT faster: three of them, or a product for each pair of samples."""
    full = signal_size + pattern_size - 1
    by_fft = 3 * full * np.log(full)
    direct = (signal_size - pattern_size + 1) * pattern_size
    return bool(FFT_SECONDS * by_fft < DIRECT_SECONDS * direct - FFT_COST_SECONDS)
