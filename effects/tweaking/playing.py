"""How a tweaked score sounds: in the piece itself, or on a style.

**By the piece's own sounds.** What does not change is the piece itself: it is not played again. Let
Y be the short-time powers of a performance of the notes as they were, and Y' of those that stay,
both by the piece's own sounds. The notes that go are filtered out of the piece, by the amplitude
gain

    g = sqrt((Y' + e) / (Y + e))

in each bin; where nothing goes, g is 1, and the piece stays as it is, bit for bit. The level e, far
below the notes, keeps what is beside them. Then the new notes are played and added, as much louder
as all notes had to be to be as loud as the piece.

Measured on five instruments of FluidR3, eight seconds each, of whose notes 15, 50 and 85 % were
left out and half as many were new, against a rendering of that score: log spectral distances of
4.3, 6.3 and 7.8 dB, where all notes played anew have 7.4, 8.6 and 8.6.

**By a style**, all notes are played, and what the piece has beside them is kept, as the sampler
does (`effects.engines.sampler.account`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from effects.engines.sampler.account import account_for, level_of
from effects.engines.sampler.engine import Sampler
from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.kit import Kit, by_chords
from effects.engines.sampler.known import digest, knowing
from effects.engines.sampler.learn import Player, learn
from effects.engines.sampler.listen import Heard
from effects.engines.sampler.perform import perform
from effects.engines.sampler.plan import NotesPlan
from effects.morphing.piece import BOTH, Piece
from effects.notes.note import Note
from effects.running.progress import Progress, part
from effects.signal.arrays import Audio, Sound, energy, less
from effects.signal.loudness import loudness, match_loudness, peak
from effects.signal.units import db_to_amplitude, db_to_power
from effects.style_clip import Style
from effects.tweaking.gains import Gains, add_changed, stft_of

#: e, in dB below the mean power of the bins of the performance. Of -30, -40, -50 and -60, the best
#: by the measure above; the lower ones are worse by 0.1 to 0.4 dB.
FLOOR_DB = -30.0
Tick = Callable[[float], None]


@dataclass(frozen=True)
class Played:
    """How a score sounds.

    Attributes:
        audio: ``[channels, samples]``, with all that the piece has beside notes.
        drums: what of it are the piece's drums, which stay as they are; None if there are none.
    """

    audio: Audio
    drums: Sound | None


def play(piece: Piece, notes: Sequence[Note], style: Style | None, progress: Progress) -> Played:
    """Play other notes than a piece has.

    Drums and textures have no notes: they stay, or a style restyles them. So it does if it has
    nothing to play notes with, after the piece's own sounds have played them.

    Args:
        piece: what was heard.
        notes: what is to be played, by their starts.
        style: who plays it; None for the piece's own sounds.
        progress: of this.

    Raises:
        ValueError: the style's clip cannot be used.
    """
    sampler = Sampler()
    player = learn(style, sampler.parameters(), progress) if style and piece.notes else None
    with knowing(digest(piece.audio, piece.sample_rate), piece.seconds, progress.tick) as known:
        heard = Heard(piece.audio, piece.sample_rate, known)
        beside = heard.drums_beside if piece.kind == BOTH else None
        drums = beside.audio if beside else None
        tick = progress.part(0.3, 1.0 if style is None or player else 0.6, "notes")
        if player:
            return Played(_by_a_style(heard, notes, player, drums, tick), drums)
    out = piece.audio.copy()
    if piece.instrument:
        out = _by_itself(piece, notes, piece.instrument, drums, tick)
    if style:
        restyling = progress.nested(0.6, 1.0, "style")
        out = sampler.restyle(
            out, piece.sample_rate, style, strength=1.0, device="cpu", progress=restyling
        ).audio
        drums = None
    return Played(out, drums)


def _by_itself(
    piece: Piece,
    notes: Sequence[Note],
    instrument: Instrument,
    drums: Sound | None,
    tick: Tick,
) -> Audio:
    """A piece with other notes, played by its own sounds; see the module.

    Args:
        piece: what was heard.
        notes: what is to be played, by their starts.
        instrument: the piece's own sounds.
        drums: what of the piece are drums, which stay.
        tick: called with the fraction that is done.
    """
    audio, rate, before = piece.audio, piece.sample_rate, piece.notes
    there, wanted = set(before), set(notes)
    staying = [it for it in before if it in wanted]
    new = [it for it in notes if it not in there]
    rest: Sound = audio if drums is None else less(audio, drums)
    out = audio.copy()
    played = perform(before, instrument, audio, rate, tick=part(tick, 0.0, 0.4))
    louder = loudness(rest, rate) - loudness(played, rate)
    if len(staying) < len(before):
        stays = perform(staying, instrument, audio, rate, tick=part(tick, 0.4, 0.8))
        add_changed(out, rest, rate, _without(played, stays, rate))
    if new and math.isfinite(louder):
        added = perform(new, instrument, audio, rate, tick=part(tick, 0.8, 1.0))
        added *= np.float32(db_to_amplitude(louder))
        out += added
    return out


def _without(played: Audio, stays: Audio, sample_rate: float) -> Callable[[slice], Gains]:
    """The gains by which notes are filtered out; see the module.

    Args:
        played: the performance of all notes as they were, ``[channels, samples]``.
        stays: that of those that stay.
        sample_rate: in Hz.
    """
    stft = stft_of(sample_rate)
    # By Parseval, the mean over the bins of a window's power is the sum of its squared samples.
    mean = sum(map(energy, played)) / played.shape[1] * float(np.sum(stft.window**2))
    floor = np.float32(db_to_power(FLOOR_DB) * mean + 1e-30)

    def gains(at: slice) -> Gains:
        before, after = (
            np.square(np.abs(stft.analyse(it, at.start, at.stop))).sum(axis=0) + floor
            for it in (played, stays)
        )
        return np.asarray(np.sqrt(np.minimum(after / before, 1)), np.float32)

    return gains


def _by_a_style(
    heard: Heard, notes: Sequence[Note], player: Player, drums: Sound | None, tick: Tick
) -> Audio:
    """Notes played by a style, beside what the piece has besides notes; ``[channels, samples]``.

    A kit plays a stroke for each chord.
    """
    instrument, audio, rate = player.instrument, heard.audio, heard.sample_rate
    if isinstance(instrument, Kit):
        notes = by_chords(notes, instrument)
    plan = NotesPlan(notes, instrument, kept=drums)
    out = plan.play(audio, rate, tick=tick)
    match_loudness(out, rate, level_of(heard, plan), ceiling=max(1.0, peak(audio)))
    # Dynamics are the notes' own: where the score is another, it cannot follow those of the piece.
    account_for(out, heard, plan, engine="tweak", dynamics=0.0)
    return out
