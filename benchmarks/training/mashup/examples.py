"""Pairs of songs to learn from, drawn from the stems while training, on the device that trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from effects.mashing.networks import BINS, HALVED

SIZE, HOP = 2048, 512  # at 22 050 Hz, as `effects.mashing.grid`
FRAMES = 22 * HALVED  # of an example: 8.2 s
SAMPLES = (FRAMES - 1) * HOP
# How songs are changed was not searched.
LEAD_DB, LEAD_SPREAD_DB = 0.0, 5.0  # of the lead against all the rest: mean and deviation
PART_SPREAD_DB = 4.0  # of rhythm against harmony
BORROWED = 0.2  # how likely a part comes from another song
ABSENT = 0.08  # how likely rhythm or harmony is left out
RESTING = 0.15  # how likely a lead rests in one half
BENT = 0.5  # how likely a song is played faster or slower, as a tape is
BENT_OCTAVES = 0.35  # at most
EQUALISED_DB = 5.0  # deviation of each of the curves' waves
WAVES = 4  # of a part's random curve over the logarithm of frequency
SILENT = 1e-3  # an excerpt whose lead is quieter than this, where it is cut, counts as resting


@dataclass(frozen=True)
class Material:
    """Stems of excerpts, ``[excerpts, 3, samples]`` in half precision, and how long each is."""

    stems: Tensor
    lengths: Tensor

    @classmethod
    def read(cls, files: Sequence[Path], device: str) -> Material:
        """Read files of `benchmarks.training.mashup.material`."""
        sounds = [np.ascontiguousarray(soundfile.read(it, dtype="float32")[0].T) for it in files]
        most = max(*(it.shape[1] for it in sounds), SAMPLES)
        stems = np.zeros((len(sounds), 3, most), np.float16)
        for place, sound in zip(stems, sounds, strict=True):
            place[:, : sound.shape[1]] = sound / max(float(np.abs(sound).max()), 1e-9)
        lengths = torch.tensor([it.shape[1] for it in sounds])
        return cls(torch.from_numpy(stems).to(device), lengths.to(device))


class Pair(NamedTuple):
    """Complex spectra of the parts of songs A, then of B, ``[2 * batch, 3, frames, bins]``."""

    parts: Tensor

    @property
    def mixes(self) -> Tensor:
        """What is heard of each song, ``[2 * batch, frames, bins]``."""
        return self.parts.sum(1)


def draw_pairs(material: Material, count: int, draw: torch.Generator) -> Pair:
    """So many pairs of songs, changed at random."""
    n, device = 2 * count, material.stems.device
    songs = torch.randint(len(material.stems), (n,), generator=draw, device=device)
    parts = _cut(material, songs, draw)
    other = torch.randint(len(material.stems), (n,), generator=draw, device=device)
    borrowed = _chance((n, 3, 1), BORROWED / 3, draw, device)
    parts = torch.where(borrowed, _cut(material, other, draw), parts)
    parts = _bent(parts, draw)
    parts = parts * _gains(parts, draw)[..., None]
    half = _chance((n, 1), RESTING, draw, device)
    first = _chance((n, 1), 0.5, draw, device)
    place = torch.arange(SAMPLES, device=device)[None] < SAMPLES // 2
    parts[:, 0] = torch.where(half & (place == first), torch.zeros_like(parts[:, 0]), parts[:, 0])
    window = torch.hann_window(SIZE, device=device)
    spectra = torch.stft(parts.flatten(0, 1), SIZE, HOP, window=window, return_complex=True)
    spectra = spectra[:, :BINS].transpose(1, 2).reshape(n, 3, -1, BINS)
    return Pair(spectra * _curves((n, 3), draw, device)[:, :, None])


def _chance(
    shape: tuple[int, ...], odds: float, draw: torch.Generator, device: torch.device
) -> Tensor:
    return torch.rand(shape, generator=draw, device=device) < odds


def _cut(material: Material, songs: Tensor, draw: torch.Generator) -> Tensor:
    """A stretch of each song, ``[songs, 3, SAMPLES]``."""
    device = songs.device
    spare = (material.lengths[songs] - SAMPLES).clamp(min=0)
    starts = (torch.rand(len(songs), generator=draw, device=device) * (spare + 1)).long()
    places = starts[:, None] + torch.arange(SAMPLES, device=device)[None]
    places = places.clamp(max=material.stems.shape[2] - 1)
    stems = material.stems[songs]
    return stems.gather(2, places[:, None].expand(-1, 3, -1)).float()


def _bent(parts: Tensor, draw: torch.Generator) -> Tensor:
    """Some songs as a tape plays them faster or slower; what a faster one lacks is played again."""
    out = parts.clone()
    chosen = torch.nonzero(_chance((len(parts),), BENT, draw, parts.device))[:, 0]
    for number in chosen.tolist():
        octaves = torch.rand(1, generator=draw, device=parts.device).item() * 2 - 1
        factor = 2 ** (octaves * BENT_OCTAVES)
        bent = interpolate(parts[number : number + 1], scale_factor=1 / factor, mode="linear")[0]
        out[number] = torch.cat([bent, bent], 1)[:, :SAMPLES]
    return out


def _gains(parts: Tensor, draw: torch.Generator) -> Tensor:
    """Levels of parts, ``[songs, 3]``, which bring the lead to a drawn level against the rest."""
    power = parts.square().mean(2) + 1e-9
    device = parts.device
    spread = torch.randn((len(parts), 3), generator=draw, device=device)
    rest = (10 ** (spread[:, 1:] * PART_SPREAD_DB / 10)) * (
        power[:, 1:].mean(1, keepdim=True) / power[:, 1:]
    )
    rest = torch.where(power[:, 1:] > SILENT**2, rest, torch.ones_like(rest))
    absent = _chance((len(parts),), ABSENT, draw, device)
    which = torch.randint(2, (len(parts),), generator=draw, device=device)
    rest = rest * (1 - absent[:, None] * torch.nn.functional.one_hot(which, 2))
    wanted = 10 ** ((LEAD_DB + LEAD_SPREAD_DB * spread[:, 0]) / 10)
    lead = wanted * (rest * power[:, 1:]).sum(1) / power[:, 0]
    lead = torch.where(power[:, 0] > SILENT**2, lead, torch.ones_like(lead))
    return torch.cat([lead[:, None], rest], 1).sqrt()


def _curves(shape: tuple[int, int], draw: torch.Generator, device: torch.device) -> Tensor:
    """Random equalisers: sums of cosines over the logarithm of frequency, ``[*shape, bins]``."""
    heights = torch.log2(torch.arange(1, BINS + 1, device=device)) / np.log2(BINS)
    numbers = torch.arange(1, WAVES + 1, device=device)
    waves = torch.cos(torch.pi * numbers[:, None] * heights[None])
    sizes = torch.randn((*shape, WAVES), generator=draw, device=device) / numbers
    return 10 ** (EQUALISED_DB * (sizes @ waves) / 20)
