"""Learning what a style clip plays with: an instrument's notes, a kit's strokes, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.engines.sampler.doublings import fused
from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.kit import Kit, kit
from effects.engines.sampler.listen import Strokes, one_channel
from effects.engines.sampler.strokes import root_mean_square
from effects.notes.pitched_share import pitchedness
from effects.notes.score import read_notes
from effects.notes.transcribe import transcribe
from effects.notes.tuning import in_tune
from effects.running.progress import Progress
from effects.running.recent import Recent
from effects.style_clip import Style

#: Part of the cache's key: to be raised when the same clip becomes another instrument.
VERSION = 10
#: Players in memory, some 20 of them. Not searched.
MAX_PLAYERS_BYTES = 64 << 20
NOTES, STROKES, TEXTURE = "notes", "strokes", "texture"


@dataclass(frozen=True)
class Settings:
    """When a sound, of a style clip or a stem, counts as notes or as strokes."""

    #: Share of what sounds that notes explain. In the preset library, the instruments with the
    #: lowest share are bells (0.35); in drums, `transcribe` finds no notes at all.
    pitched: float = 0.3
    #: Share of the power that sounds soon after strokes. From the first design that worked; not
    #: searched.
    struck: float = 0.6


SETTINGS = Settings()


@dataclass(frozen=True)
class Player:
    """What a style clip plays with.

    Attributes:
        instrument: the sounds of the clip, a `Kit` if they are strokes.
    """

    instrument: Instrument

    @property
    def pitched(self) -> bool:
        """Whether they are notes."""
        return not isinstance(self.instrument, Kit)


PLAYERS: Recent[Player] = Recent(MAX_PLAYERS_BYTES)
"""Players by `identity`."""


def learn(style: Style, parameters: Mapping[str, Any], progress: Progress) -> Player | None:
    """What ``style`` plays with, from the cache if it is there; None if the clip is a texture.

    Args:
        style: the clip.
        parameters: the engine's parameters, which are part of the cache's key.
        progress: of the whole work; this is its first fifth.
    """
    name = identity(style, parameters)
    player = PLAYERS.get(name)
    if player is not None:
        return player
    player = _player(style.cached(_key(style, parameters), lambda: _learnt(style, progress)))
    if player is not None:
        PLAYERS.put(name, player, sum(it.audio.nbytes for it in player.instrument.grains))
    return player


def _player(arrays: Mapping[str, NDArray[Any]]) -> Player | None:
    """The player that the cache keeps; None for a texture."""
    kinds: dict[str, type[Instrument]] = {NOTES: Instrument, STROKES: Kit}
    kind = kinds.get(str(arrays["kind"]))
    return Player(kind.from_arrays(arrays)) if kind else None


def identity(style: Style, parameters: Mapping[str, Any]) -> Hashable:
    """What tells players apart: `learn` gives the same for the same."""
    return (style.digest, *sorted(_key(style, parameters).items()))


def _key(style: Style, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The key of what is learnt from ``style``, beside the clip itself."""
    score = style.notes and hashlib.sha256(style.notes.read_bytes()).hexdigest()
    return {"version": VERSION, "notes": score, **parameters}


def _learnt(style: Style, progress: Progress) -> dict[str, NDArray[Any]]:
    """What the cache keeps: the kind of the clip, and unless it is a texture, its instrument."""
    audio, sample_rate = style.excerpts()
    clip = one_channel(audio)
    heard = transcribe(clip, sample_rate, progress.part(0.0, 0.2, "listening to the style"))
    if heard and pitchedness(clip, sample_rate, heard) >= SETTINGS.pitched:
        written = read_notes(style.notes, clip, sample_rate) if style.notes else None
        notes = written or in_tune(fused(heard))
        instrument = Instrument.of(clip, sample_rate, notes, progress.tick)
        if instrument:
            return {"kind": np.array(NOTES), **instrument.arrays()}
    found = Strokes.of(clip, sample_rate, root_mean_square)
    drums = kit(clip, sample_rate, found.notes) if found.share >= SETTINGS.struck else None
    return {"kind": np.array(STROKES), **drums.arrays()} if drums else {"kind": np.array(TEXTURE)}
