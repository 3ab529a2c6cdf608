"""The style clip as a sampler: what the content plays is played by the clip's own notes.

A Gram matrix of whole spectra ties timbre to the pitches that the clip happens to have, so an
optimiser that comes close to it damages the melody. Here the melody is written down, and played
again:

- a clip with notes plays each note of the content with the note that suits it best, and a voice,
  whose pitch glides, with a note that follows it;
- a clip with strokes (drums) plays a stroke wherever a stroke of the content starts, of the nearest
  colour, or wherever a note starts, by the rank of its pitch;
- a clip with neither (rain, a crowd) is a texture. With a texture, or if the content has nothing to
  play, the closed form (`effects.engines.gram.infinite`) restyles the content at half the strength,
  which spares the melody.

What notes and strokes do not explain is accounted for (`effects.engines.sampler.account`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from effects.engines import (
    DEFAULT_DRUMS,
    DEFAULT_DYNAMICS,
    USUAL_STRENGTH,
    check_drums,
    make_engine,
)
from effects.engines.engine import Engine, Restyled
from effects.engines.report import Heard, Report
from effects.engines.sampler.account import account_for, level_of
from effects.engines.sampler.between import morph
from effects.engines.sampler.corrected import Chosen, check_fits
from effects.engines.sampler.known import SOUNDS, digest, knowing
from effects.engines.sampler.learn import Player, identity, learn
from effects.engines.sampler.listen import listen
from effects.running.memory import give_back
from effects.running.progress import Progress, meanwhile
from effects.running.spool import LEAST_BYTES
from effects.scores.score import Score
from effects.signal.arrays import Audio
from effects.signal.loudness import loudness, match_loudness, peak
from effects.style_clip import Style


@dataclass(frozen=True, kw_only=True)
class Sampler(Engine):
    """Nothing is drawn, not even in the closed form: ``seed`` has no effect.

    Args:
        drums: what becomes of drums beside notes, one of `effects.engines.DRUMS`.
        dynamics: how far the levels of notes follow the stem's, 0 to 1.
        notes: the score to play in place of what is heard; None for that.
    """

    name = "sampler"
    drums: str = DEFAULT_DRUMS
    dynamics: float = DEFAULT_DYNAMICS
    notes: Score | None = None

    def __post_init__(self) -> None:
        check_drums(self.drums)
        if not 0 <= self.dynamics <= 1:
            raise ValueError("dynamics must be between 0 and 1.")

    def parameters(self) -> dict[str, Any]:
        """What is learnt from a clip depends on the clip alone."""
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
        """Play what the content plays; see the module.

        A performance is remembered: at another strength, or with another mix, it is not played
        again.

        Raises:
            ValueError: the style clip cannot be used, or ``notes`` is the score of a longer stem.
        """
        if self.notes is not None:
            check_fits(self.notes, audio.shape[1] / sample_rate)
        progress.tick(0.0, "listening to the style")
        player = learn(style, self.parameters(), progress)
        if player is None:
            return self._blended(audio, sample_rate, style, strength, device, progress, "texture")
        stem = digest(audio, sample_rate)
        key = (stem, self, identity(style, self.parameters()))
        known = SOUNDS.get(key)
        played = known or self._played(audio, sample_rate, stem, player, progress)
        if not isinstance(played, Restyled):
            blended = self._blended(
                audio, sample_rate, style, strength, device, progress, "nothing"
            )
            return replace(blended, heard=played)
        mine = known is None and not SOUNDS.put(key, played, played.audio.nbytes)
        out = played.audio if mine else played.audio.copy()
        if strength < 1 and played.report.heard != "nothing":
            progress.tick(0.95, "loudness")
            out = _part_of_the_way(audio, out, sample_rate, strength)
        return replace(played, audio=out)

    def _played(
        self, audio: Audio, sample_rate: float, stem: str, player: Player, progress: Progress
    ) -> Restyled | Score:
        """The performance of a stem at full strength; what was heard if there is none to play.

        Args:
            audio: the stem, ``[channels, samples]``.
            sample_rate: in Hz.
            stem: its digest.
            player: what plays.
            progress: of the whole work.
        """
        # Progress: learning the style to 0.2, listening to 0.4, playing to 0.85. Not measured.
        tidy = give_back if audio.nbytes >= LEAST_BYTES else lambda: None
        tidy()
        with knowing(stem, audio.shape[1] / sample_rate, progress.tick) as known:
            heard = listen(audio, sample_rate, progress, known)
            chosen = Chosen.of(heard, player, self.drums, self.notes)
            plan, score = chosen.plan, chosen.score
            level = level_of(heard, chosen.as_heard or plan) if plan else 0.0
        if plan is None:
            return score
        heard.let_go()
        tidy()
        out = plan.play(audio, sample_rate, tick=progress.part(0.4, 0.85, "playing"))
        if peak(out) == 0:  # all of it would be after the end of the stem
            seconds = audio.shape[1] / sample_rate
            kept = Report.uniform(self.name, seconds, heard="nothing", kept=1.0)
            return Restyled(audio.copy(), [], kept, score)
        tidy()
        progress.tick(0.85, "dynamics")
        level = chosen.level(out, level, audio, sample_rate, progress.part(0.85, 0.9, "playing"))
        match_loudness(out, sample_rate, level, ceiling=max(1.0, peak(audio)))
        name, dynamics, changed = self.name, self.dynamics, chosen.changed
        account = account_for(out, heard, plan, engine=name, dynamics=dynamics, changed=changed)
        return Restyled(out, [], account, score)

    def _blended(
        self,
        audio: Audio,
        sample_rate: float,
        style: Style,
        strength: float,
        device: str,
        progress: Progress,
        heard: Heard,
    ) -> Restyled:
        """A stem or a style with nothing to play, by the closed form."""
        closed_form = partial(make_engine, "infinite", seed=self.seed)
        blended = meanwhile(closed_form, progress.tick).restyle(  # it imports torch: seconds
            audio,
            sample_rate,
            style,
            strength=strength * USUAL_STRENGTH,
            device=device,
            progress=progress,
        )
        seconds = audio.shape[1] / sample_rate
        report = Report.uniform(self.name, seconds, heard=heard, blended=1.0)
        return replace(blended, report=report)


def _part_of_the_way(stem: Audio, performance: Audio, sample_rate: float, strength: float) -> Audio:
    """A sound between a stem and its performance, which is overwritten; ``strength`` is below 1.

    Both have to be equally loud first, or the louder one would prevail, so the performance is
    matched here. The result may differ in loudness again, since their phases differ, so `Transfer`
    matches it, too.
    """
    level, ceiling = loudness(stem, sample_rate), max(1.0, peak(stem))
    match_loudness(performance, sample_rate, level, ceiling=ceiling)
    return morph(stem, performance, sample_rate, strength)
