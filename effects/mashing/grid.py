"""The short-time spectra on which masks are made: nearly the same in Hz and seconds at any rate."""

from __future__ import annotations

from scipy import fft

from effects.signal.stft import Stft

#: 2048 samples at 22 050 Hz, every 512 samples: the network was trained with these.
WINDOW_SECONDS = 2048 / 22050
HOPS = 4  # in a window


def grid_of(sample_rate: float) -> Stft:
    """The transform for a rate in Hz. Its bins are 10.77 Hz apart, within 1 % (4 % at 8 kHz).

    The window has a length that is quickly transformed, and a whole number of hops.
    """
    least = round(WINDOW_SECONDS * sample_rate)
    hop = fft.next_fast_len(round(least / HOPS), real=True)
    return Stft(HOPS * hop, hop)
