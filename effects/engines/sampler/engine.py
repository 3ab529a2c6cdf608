"""The style clip as a sampler: what the content plays is played by the clip's own notes.

A Gram matrix of whole spectra ties timbre to the pitches that the clip happens to have, so an
optimiser that nears it damages the melody. Here the melody is written down, and played again:

- a clip with notes plays the content's notes, each by the one that suits it best, and a voice,
  whose pitch glides, by a note that follows it;
- a clip with strokes (drums) plays the content's beginnings, ranked by pitch or brightness;
- a clip with neither (rain, a crowd) is a texture, and so is all that is put on a content in which
  there is nothing to play: that is left to the closed form (`effects.engines.gram.infinite`), at
  half the strength, which spares the melody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from effects.engines import USUAL_STRENGTH
from effects.engines.engine import Engine, Restyled
from effects.engines.sampler.between import morph
from effects.engines.sampler.doublings import fused
from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.perform import perform
from effects.engines.sampler.sing import sing
from effects.engines.sampler.strokes import by_rank, kit, merged, strokes, struck
from effects.notes.basic_pitch import RATE, at_model_rate
from effects.notes.note import Note
from effects.notes.pitch_line import follow
from effects.notes.pitched_share import pitchedness
from effects.notes.score import read_notes
from effects.notes.single_voice import corrected, is_single, is_voice
from effects.notes.transcribe import transcribe
from effects.notes.tuning import in_tune
from effects.signal.arrays import Audio, Mono
from effects.signal.downmix import downmix
from effects.signal.loudness import loudness, match_loudness, peak

if TYPE_CHECKING:
    from effects.running.progress import Progress
    from effects.style_clip import Style

#: To be raised when the same clip comes to be another instrument.
VERSION = 6
#: Share of its energy that the notes of a clip explain, if notes it plays. Of the library, the
#: instruments with the least are bells (0.35); drums have no notes at all, to `transcribe`.
PITCHED = 0.3
#: The same of a stem that notes are to play, if it is not all strokes: it may have drums beside.
MELODIC, ALL_STRUCK = 0.1, 0.8
STRUCK = 0.6  # the same of its strokes, if these it plays
LONGEST_STROKE_SECONDS = 0.35  # of a pitched instrument that plays drums
NOTES, STROKES, TEXTURE = "notes", "strokes", "texture"


@dataclass(frozen=True, kw_only=True)
class Sampler(Engine):
    """Nothing is drawn: ``seed`` has no effect, but on what it leaves to the closed form."""

    name = "sampler"

    def parameters(self) -> dict[str, Any]:
        """Nothing but the clip decides what it plays."""
        return {"engine": self.name}

    def restyle(
        self,
        audio: Audio,
        sample_rate: float,
        style: Style,
        *,
        strength: float,
        device: str,
        progress: Progress,
    ) -> Restyled:
        """Play what the content plays; see the module."""
        progress.tick(0.0, "listening to the style")
        kind, instrument = _known(style, self, progress)
        play = None
        if instrument is not None:
            play = _performance(audio, sample_rate, kind, instrument, progress)
        if play is None:
            from effects.engines.gram.infinite import Infinite  # with torch: a second to import

            return Infinite(seed=self.seed).restyle(
                audio,
                sample_rate,
                style,
                strength=strength * USUAL_STRENGTH,
                device=device,
                progress=progress,
            )
        out = play(audio, sample_rate, tick=progress.part(0.4, 0.9, "playing"))
        if peak(out) == 0:  # all of it is beyond the end
            return Restyled(audio.copy(), [])
        if strength < 1:
            progress.tick(0.9, "loudness")
            level = loudness(audio, sample_rate)
            match_loudness(out, sample_rate, level, ceiling=max(1.0, peak(audio)))
            out = morph(audio, out, sample_rate, strength)
        return Restyled(out, [])


def _known(style: Style, engine: Sampler, progress: Progress) -> tuple[str, Instrument | None]:
    """What a style clip is, and the instrument, from the cache if it can be."""

    def compute() -> dict[str, NDArray[Any]]:
        audio, sample_rate = style.excerpts()
        clip = _mono(audio)
        tick = progress.part(0.0, 0.2, "listening to the style")
        heard = transcribe(clip, sample_rate, tick)
        if heard and pitchedness(clip, sample_rate, heard) >= PITCHED:
            written = read_notes(style.notes, clip, sample_rate) if style.notes else None
            notes = written or in_tune(fused(heard))
            found = Instrument.of(clip, sample_rate, notes, progress.tick)
            if found:
                return {"kind": np.array(NOTES), **found.arrays()}
        found = kit(clip, sample_rate, _strokes(clip, sample_rate))
        if found:
            return {"kind": np.array(STROKES), **found.arrays()}
        return {"kind": np.array(TEXTURE)}

    score = style.notes and hashlib.sha256(style.notes.read_bytes()).hexdigest()
    arrays = style.cached({"version": VERSION, "notes": score, **engine.parameters()}, compute)
    kind = str(arrays["kind"])
    return kind, None if kind == TEXTURE else Instrument.from_arrays(arrays)


def _performance(
    audio: Audio, sample_rate: float, kind: str, instrument: Instrument, progress: Progress
) -> Callable[..., Audio] | None:
    """Plays what the content plays on the instrument; None, if it plays nothing."""
    clip = at_model_rate(_mono(audio), sample_rate)  # all that notes are heard by
    notes = transcribe(clip, RATE, progress.part(0.2, 0.35, "listening to the stem"))
    line = follow(clip, RATE, progress.part(0.35, 0.4, "listening to the stem"))
    if is_single(line, notes):
        mended = corrected(notes, line, clip)
        if kind == NOTES and is_voice(line, mended):
            return partial(sing, line.phrases, instrument)
        notes = mended if notes else []  # where none are heard at all, what has a pitch is drums
    share = pitchedness(clip, RATE, notes) if notes else 0.0
    onto_notes = kind == NOTES
    melodic = share >= PITCHED
    hits: list[Note] = []
    if not melodic:
        beside = onto_notes and share >= MELODIC
        least = ALL_STRUCK if beside else STRUCK
        hits = _strokes(_mono(audio), sample_rate, least=least, by_loudness=onto_notes)
        melodic = beside and not hits
    if melodic:
        played = in_tune(notes) if onto_notes else by_rank(merged(notes), instrument, np.inf)
    else:
        longest = LONGEST_STROKE_SECONDS if onto_notes else np.inf
        played = by_rank(hits, instrument, longest)
    return partial(perform, played, instrument) if played else None


def _strokes(
    clip: Mono, sample_rate: float, *, least: float = STRUCK, by_loudness: bool = False
) -> list[Note]:
    """Those of a clip of which ``least`` is strokes; none of another."""
    found = strokes(clip, sample_rate, by_loudness=by_loudness)
    return found if struck(clip, sample_rate, found) >= least else []


def _mono(audio: Audio) -> Mono:
    """One channel with its peak at 1, whatever the level."""
    clip = downmix(audio)
    return clip / np.float32(max(float(clip.max()), -float(clip.min()), 1e-37))
