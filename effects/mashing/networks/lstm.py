"""The published architecture: encoder LSTM, attention, decoder LSTM, on magnitudes of both songs.

The student project that the idea of mashups by a network comes from had two of these, one for the
magnitude and one for the phase of the mashup, and ended in noise: nothing in the inputs says what
phase a network should invent. Here there is one, and its output are two gains for each song, in
place of magnitude and phase; what is heard keeps the phase it has. The sizes (512, 512, 512) are
the published ones, the rest is not told.

To keep it at 6 million weights, it hears bands and not bins: 128 triangles, evenly spaced in mel
as `librosa.filters.mel` has them (Slaney 1998). Its gains are those of the
bands, between their centres linear. Measured with true gains, 128 bands keep 16.5 of 22.5 dB.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from effects.mashing.networks import BINS

BIN_HZ = 22050 / 2048  # of `effects.mashing.grid`
BANDS = 128
WIDTH = 512  # of both LSTMs and of the attention: as published
KNEE = 0.1  # of a song's own level, from which on loudness counts as a logarithm; not searched


class Lstm(nn.Module):
    """The network.

    Args:
        outputs: how many logits a bin has, as of `attention.Attention`.
    """

    name = "lstm"
    to_bands: Tensor
    to_bins: Tensor

    def __init__(self, outputs: int = 2) -> None:
        super().__init__()
        self.outputs = outputs
        to_bands, to_bins = _bands()
        self.register_buffer("to_bands", to_bands, False)
        self.register_buffer("to_bins", to_bins, False)
        self.encoder = nn.LSTM(2 * BANDS, WIDTH, batch_first=True)
        self.asks, self.offers = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.decoder = nn.LSTM(2 * WIDTH, WIDTH, batch_first=True)
        self.leave = nn.Linear(WIDTH, 2 * outputs * BANDS)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of two songs.

        Args:
            a: magnitudes, ``[batch, frames, bins]`` with `BINS` bins, at any level.
            b: the other song's.

        Returns:
            ``[batch, outputs, frames, bins]`` for each song.
        """
        told, _ = self.encoder(torch.cat([self._heard(a), self._heard(b)], -1))
        keys, values = self.offers(told).chunk(2, -1)
        weights = torch.softmax(self.asks(told) @ keys.transpose(-1, -2) / math.sqrt(WIDTH), -1)
        decoded, _ = self.decoder(torch.cat([told, weights @ values], -1))
        logits = self.leave(decoded).unflatten(-1, (2, self.outputs, BANDS)) @ self.to_bins
        of_a, of_b = logits.permute(2, 0, 3, 1, 4)
        return of_a, of_b

    def _heard(self, magnitudes: Tensor) -> Tensor:
        """Bands at a level of their own, compressed: ``[batch, frames, BANDS]``."""
        bands = (magnitudes.square() @ self.to_bands).sqrt()
        level = bands.square().mean((1, 2), keepdim=True).sqrt() + 1e-9
        return torch.log1p(bands / (KNEE * level))


def _bands() -> tuple[Tensor, Tensor]:
    """From bins to bands, ``[BINS, BANDS]``, and back, ``[BANDS, BINS]``.

    Mel by Slaney: linear up to 1 kHz, then logarithmic. Gains of a bin are those of the two bands
    around it.
    """
    hz = torch.arange(BINS, dtype=torch.float64) * BIN_HZ
    highest = 15 + 27 * math.log(float(hz[-1]) / 1000) / math.log(6.4)
    mel = torch.where(
        hz < 1000, hz * 3 / 200, 15 + 27 * torch.log(hz.clamp_min(1) / 1000) / math.log(6.4)
    )
    at = mel / highest * (BANDS - 1)  # 0 at the first band's centre
    centres = torch.arange(BANDS, dtype=torch.float64)
    to_bins = (1 - (at[None] - centres[:, None]).abs()).clamp_min(0)
    return to_bins.T.float().contiguous(), to_bins.float()
