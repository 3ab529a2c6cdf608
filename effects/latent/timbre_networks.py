"""The networks of the latent's timbre half, in torch, as they are trained.

The decoder is told the score, so that the latent need not know it. For each band and frame it sees
how its key, and the keys of which it would be a partial, sound, and how long ago they were struck.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from effects.latent.bands import BANDS, FRAMES
from effects.latent.roll import N_KEYS, WINDOW_STEPS

TIMBRE = 24  # numbers of z that say how four seconds sound
CHANNELS, WIDTH, READ = 32, 32, 96  # of the encoder, of the decoder, and units of its recurrence
#: Keys below a band of which it is a partial, the second to the tenth, in semitones, 12 log2(n);
#: 0 is its own key, and -1 and 1 the keys beside it, whose lines are wide in low bands.
PARTIALS = (0, 12, 19, 24, 28, 31, 34, 36, 38, 40, -1, 1)
#: How fast the trace of a stroke decays, as a share that is left after a frame of 62.5 ms: over
#: 0.1, 0.5 and 2 seconds. Not searched.
TRACES = (0.53, 0.88, 0.97)
LAGS = 8  # frames after a stroke in which its note is looked at: half a second
TOLD = len(PARTIALS) * (1 + len(TRACES))  # numbers that the decoder is told of each cell
NOTED = 10  # of `PARTIALS` are looked at in the mean note
NOTE = NOTED * (1 + LAGS)
PLACE = 6  # numbers that say where a band is


def told(roll: Tensor) -> Tensor:
    """What a score says of each band and frame: ``[windows, 32, 88, 2] -> [windows, TOLD, FRAMES,
    BANDS]``.
    """
    frames = roll.repeat_interleave(FRAMES // WINDOW_STEPS, dim=1)
    sounding = frames[..., 0]
    # A stroke is in the first of the two frames of its step.
    first = torch.tensor([1.0, 0.0]).repeat(WINDOW_STEPS)[None, :, None]
    layers = [sounding, *(_traces(frames[..., 1] * first, left) for left in TRACES)]
    keys = torch.stack(layers, dim=1)  # [windows, 4, FRAMES, keys]
    over = max(PARTIALS)
    wide = functional.pad(keys, (over, BANDS - N_KEYS + 1))
    return torch.cat([wide[..., over - it : over - it + BANDS] for it in PARTIALS], dim=1)


def _traces(struck: Tensor, left: float) -> Tensor:
    """1 where a key is struck, and ``left`` of it in each frame after that: a matrix does it."""
    ages = torch.arange(FRAMES)[:, None] - torch.arange(FRAMES)[None]
    decay = torch.where(ages >= 0, left ** ages.clamp(min=0).float(), torch.zeros(()))
    return torch.matmul(decay, struck)


def profile(bands: Tensor, roll: Tensor) -> Tensor:
    """The mean note of a window: ``[windows, NOTE]``.

    That is the level of each of its partials, in each frame after its stroke and as long as it
    sounds: over all strokes s at the frame t_s and key k_s,

        level[lag, partial] = mean over s of bands[t_s + lag, k_s + partial].
    """
    frames = roll.repeat_interleave(FRAMES // WINDOW_STEPS, dim=1)
    first = torch.tensor([1.0, 0.0]).repeat(WINDOW_STEPS)[None, :, None]
    sounding, struck = frames[..., 0], frames[..., 1] * first
    partials = PARTIALS[:NOTED]
    wide = functional.pad(bands, (0, max(partials), 0, LAGS))
    found = [_mean_over(sounding, wide[:, :FRAMES, it : it + N_KEYS]) for it in partials]
    for lag in range(LAGS):
        later = wide[:, lag : lag + FRAMES]
        found += [_mean_over(struck, later[..., it : it + N_KEYS]) for it in partials]
    return torch.stack(found, dim=1)


def _mean_over(where: Tensor, levels: Tensor) -> Tensor:
    """The mean of ``levels`` where there are notes: ``[windows]``."""
    count = where.sum(dim=(1, 2)).clamp(min=1.0)
    total: Tensor = (where * levels).sum(dim=(1, 2)) / count
    return total


class TimbreEncoder(nn.Module):
    """How a window sounds, from its bands and its score: its course over time, and its notes."""

    def __init__(self) -> None:
        super().__init__()
        ways = (4, CHANNELS, CHANNELS, CHANNELS, 2 * CHANNELS)
        self.layers = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(a, b, 3, stride=2, padding=1), nn.ReLU())
                for a, b in pairwise(ways)
            )
        )
        self.squeeze = nn.Linear(2 * CHANNELS * BANDS // 16, READ)
        self.forth = nn.GRUCell(READ, READ)
        self.back = nn.GRUCell(READ, READ)
        self.note = nn.Sequential(
            nn.Linear(NOTE, 2 * READ), nn.ReLU(), nn.Linear(2 * READ, READ), nn.ReLU()
        )
        self.mean = nn.Linear(3 * READ, TIMBRE)
        self.spread = nn.Linear(3 * READ, TIMBRE)

    def forward(self, bands: Tensor, roll: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of z, ``2 x [windows, 24]``.

        Args:
            bands: ``[windows, FRAMES, BANDS]``, from 0 (silence) to 1.
            roll: ``[windows, 32, 88, 2]``.
        """
        score = told(roll)
        width = len(PARTIALS)
        # What sounds, what was just struck, and of how many partials of notes it could be one.
        partials = score[:, 1:8].amax(dim=1)
        seen = torch.stack([bands, score[:, 0], score[:, width], partials], dim=1)
        found = self.layers(seen)
        states = functional.relu(self.squeeze(found.transpose(1, 2).flatten(2)))
        forth = back = torch.zeros_like(states[:, 0])
        for number in range(FRAMES // 16):
            forth = self.forth(states[:, number], forth)
            back = self.back(states[:, FRAMES // 16 - 1 - number], back)
        last = torch.cat([forth, back, self.note(profile(bands, roll))], dim=1)
        return self.mean(last), self.spread(last)


class TimbreDecoder(nn.Module):
    """How a score sounds: ``[windows, 24], roll -> [windows, FRAMES, BANDS]``, from 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.randn(1, PLACE, 1, BANDS) * 0.1)
        self.first = nn.Conv2d(TOLD + PLACE, WIDTH, 1)
        self.near = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.last = nn.Conv2d(WIDTH, 1, 1)
        self.colour = nn.Sequential(nn.Linear(TIMBRE, 128), nn.ReLU(), nn.Linear(128, 4 * WIDTH))
        self.hue = nn.Sequential(nn.Linear(TIMBRE, 128), nn.ReLU(), nn.Linear(128, BANDS))

    def forward(self, z: Tensor, roll: Tensor) -> Tensor:
        """See the class."""
        score = told(roll)
        place = self.place.expand(score.shape[0], -1, FRAMES, -1)
        a, b, c, d = self.colour(z)[:, :, None, None].chunk(4, dim=1)
        found = functional.relu(self.first(torch.cat([score, place], dim=1)) * (1 + a) + b)
        found = functional.relu(self.near(found) * (1 + c) + d)
        return cast(Tensor, self.last(found)[:, 0] + self.hue(z)[:, None])
