"""What a room adds to a sound: impulse responses of shoebox rooms.

Early reflections come from image sources (Allen and Berkley 1979, "Image method for efficiently
simulating small-room acoustics"), the late ones are noise that decays as they would.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from effects.notes.basic_pitch import RATE
from effects.signal.arrays import Mono, Values

SOUND = 343.0  # m/s, in air of 20 °C
IMAGES = 4  # periods of the mirrored room to either side, along each axis; not searched


@dataclass(frozen=True)
class Room:
    """A shoebox with a source and a microphone; lengths in metres.

    Attributes:
        size: width, depth, height.
        source: where the sound comes from.
        ear: where it is heard.
        absorbs: share of the energy that a wall takes, more than 0 and less than 1.
    """

    size: tuple[float, float, float]
    source: tuple[float, float, float]
    ear: tuple[float, float, float]
    absorbs: float

    @property
    def volume(self) -> float:
        """In m³."""
        return float(np.prod(self.size))

    @property
    def decay_seconds(self) -> float:
        """The time in which sound decays by 60 dB, by Eyring's formula."""
        x, y, z = self.size
        surface = 2 * (x * y + y * z + z * x)
        return float(0.161 * self.volume / (-surface * np.log(1 - self.absorbs)))


def drawn(draw: random.Random) -> Room:
    """A room between a cupboard and a church."""
    scale = 10 ** draw.uniform(0.4, 1.3)  # 2.5 to 20 m
    size = (scale, scale * draw.uniform(0.6, 1.6), scale * draw.uniform(0.4, 0.9))
    source, ear = (tuple(it * draw.uniform(0.1, 0.9) for it in size) for _ in range(2))
    return Room(size, source, ear, draw.uniform(0.08, 0.6))


def reflections(room: Room, noise: np.random.Generator) -> tuple[float, Mono]:
    """How long the direct sound travels, in seconds, and what follows it, ``[samples]`` at `RATE`.

    All is relative to the direct sound, whose amplitude is 1; the reflections begin with it.

    A mirror image at the distance d after k walls has the amplitude r^k / d, where r² is the
    share that a wall leaves. In dt, those images at a distance of ct arrive that lie in a shell of
    the volume 4π (ct)² c dt, one in every volume V of the room: with the energy 1/(ct)² each, that
    is 4π c / V dt, but for what walls have taken, 10^(-6 t / decay). Noise of that energy stands
    for the images beyond those that are computed.
    """
    distances, walls = _images(room)
    direct = distances.min()
    n = round(min(room.decay_seconds, 4.0) * RATE) + 1
    at = np.round((distances - direct) / SOUND * RATE).astype(int)
    complete = 2 * (IMAGES - 1) * min(room.size)  # metres within which no image is missing
    counts = (at > 0) & (at < n) & (distances < complete)
    heard = np.zeros(n)
    amplitudes = (1 - room.absorbs) ** (walls / 2) * direct / distances
    np.add.at(heard, at[counts], amplitudes[counts])
    time = direct / SOUND + np.arange(n) / RATE
    energy = 4 * np.pi * SOUND / room.volume / RATE * 10 ** (-6 * time / room.decay_seconds)
    late = time * SOUND >= complete
    heard += late * np.sqrt(energy) * direct * noise.normal(size=n)
    return direct / SOUND, heard.astype(np.float32)


def _images(room: Room) -> tuple[Values, Values]:
    """Distances of the source and its images from the ear, and how many walls are on the way.

    Along one axis of length L, the source at s has images at 2nL + s, after 2|n| walls, and at
    2nL - s, after |2n - 1|.
    """
    numbers = np.arange(-IMAGES, IMAGES + 1)
    squares, walls = np.zeros(1), np.zeros(1)
    for size, source, ear in zip(room.size, room.source, room.ear, strict=True):
        places = np.concatenate([2 * numbers * size + source, 2 * numbers * size - source])
        met = np.concatenate([np.abs(2 * numbers), np.abs(2 * numbers - 1)])
        squares = np.add.outer(squares, (places - ear) ** 2).ravel()
        walls = np.add.outer(walls, met).ravel()
    return np.sqrt(squares), walls


def in_room(draw: random.Random, clip: Mono) -> Mono:
    """A clip in a room, its reflections from -18 to 4 dB of the direct sound's energy, as loud."""
    room = drawn(draw)
    _, heard = reflections(room, np.random.default_rng(draw.randrange(1 << 30)))
    dull = signal.butter(1, draw.uniform(1500, 9000), fs=RATE, output="sos")
    heard = signal.sosfilt(dull, heard)
    wanted = 10 ** (draw.uniform(-18, 4) / 20)
    heard *= wanted / max(np.sqrt(np.sum(heard**2)), 1e-9)
    heard[0] += 1
    whole: NDArray[np.floating] = signal.fftconvolve(clip, heard)[: clip.size]
    return np.asarray(whole, np.float32)
