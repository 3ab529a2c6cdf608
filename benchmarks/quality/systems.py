"""The rows of the table: the systems that make something of a content and a style clip."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.quality.pitches import Transcriber
from benchmarks.quality.sounds import RATE, Studio, read, write
from benchmarks.quality.triplets import Triplet
from effects import StyleTransfer
from effects.signal.arrays import Mono
from effects.signal.loudness import loudness, match_loudness
from presets.studio.instruments import Instrument
from presets.studio.score import Score

PLAIN = "infinite"  # the closed form on its own
PLAIN_NAME = "closed form, strength "
STRENGTHS = (0.3, 0.5, 0.8, 1.0)
#: Of the published method: Hz, its weight alpha, Griffin-Lim iterations.
PUBLISHED_RATE, PUBLISHED_ALPHA, PUBLISHED_PHASES = 22_050, 1e-2, 500


@dataclass(frozen=True)
class Clips:
    """What a system gets if it is told nothing more.

    Attributes:
        content: the file of a clip.
        style: the file of another.
    """

    content: Path
    style: Path


@dataclass(frozen=True, kw_only=True)
class Task(Clips):
    """A triplet and its clips.

    Attributes:
        triplet: what is played.
        target: the file of a clip that no system may use, except the row that shows it.
    """

    triplet: Triplet
    target: Path

    @property
    def instrument(self) -> Instrument:
        """The style's."""
        return self.triplet.style


class Told(Protocol):
    """What a system gets that is told which instrument the style is."""

    @property
    def content(self) -> Path:
        """The file of a clip."""

    @property
    def instrument(self) -> Instrument:
        """The style's."""


System = Callable[[Task], Mono]
Untold = Callable[[Clips], Mono]


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        name: what it is called.
        system: makes the output.
        untold: the same, if it needs only the two clips.
        told: the same, if it needs to be told the style's instrument, and no more.
        same_as: the name of an earlier row with the same outputs; None if there is none.
        options: of `StyleTransfer`, if the row is of an engine at its own strength.
    """

    name: str
    system: System
    untold: Untold | None = None
    told: Callable[[Told], Mono] | None = None
    same_as: str | None = None
    options: dict[str, float | str] | None = None


def rows(
    *,
    transcriber: Transcriber,
    sampler: Studio,
    folder: Path,
    published: int | None = None,
    engines: Sequence[str] = (),
) -> tuple[list[Row], list[str]]:
    """All rows that can be run here, and a line of text for each that cannot.

    Args:
        transcriber: writes down the notes for the replay.
        sampler: plays the replay.
        folder: where slow results are kept.
        published: iterations of the published method, or None to leave it out.
        engines: names of engines to add, at their own strength.
    """
    missing = []
    found = [_untold("copy content", lambda clips: read(clips.content))]
    found.append(_untold("copy style", _copy_style))
    if published is None:
        missing.append("The published random CNN takes minutes a clip: --published runs it.")
    else:
        found.append(
            _untold(
                f"published random CNN, {published} iterations",
                lambda clips: _published(clips, published, folder),
            )
        )
    found += [_untold(f"{PLAIN_NAME}{strength}", _plain(strength)) for strength in STRENGTHS]
    found.append(_default())
    found += [_engine(name) for name in engines]
    if importlib.util.find_spec("matchering") is None:
        missing.append("There is no Matchering: pip install matchering adds its row.")
    else:
        found.append(_untold("Matchering", lambda clips: _matchering(clips, folder)))
    found.append(_replaying(transcriber, sampler))
    found.append(Row("the target itself", lambda task: read(task.target)))
    return found, missing


def _untold(name: str, make: Untold) -> Row:
    return Row(name, make, make)


def _copy_style(clips: Clips) -> Mono:
    content, style = read(clips.content), read(clips.style)
    return np.resize(style, content.size)


def _default() -> Row:
    """The default engine, whichever it is, at its own strength."""
    probe = StyleTransfer(style=(np.zeros((1, 8), np.float32), RATE))
    plain = probe.engine == PLAIN and probe.strength in STRENGTHS
    return Row(
        name=f"default engine ({probe.engine}, strength {probe.strength})",
        system=restyled,
        untold=restyled,
        same_as=f"{PLAIN_NAME}{probe.strength}" if plain else None,
        options={},
    )


def _engine(name: str) -> Row:
    """An engine by name, at its own strength.

    Raises:
        ValueError: there is no such engine.
    """
    probe = StyleTransfer(style=(np.zeros((1, 8), np.float32), RATE), engine=name)

    def make(clips: Clips) -> Mono:
        return restyled(clips, engine=name)

    row = f"engine {name}, strength {probe.strength}"
    return Row(row, make, make, options={"engine": name})


def _plain(strength: float) -> Untold:
    return lambda clips: restyled(clips, strength=strength, engine=PLAIN)


def restyled(clips: Clips, **options: float | str) -> Mono:
    """The output of `StyleTransfer`, which knows only the style's clip."""
    effect = StyleTransfer(style=clips.style, device="cpu", **options)  # type: ignore[arg-type]
    mono: Mono = effect(read(clips.content)[None], RATE)[0]
    return mono


def _matchering(clips: Clips, folder: Path) -> Mono:
    """Matchering's result at the content's loudness; it would have the reference's, limited."""
    import matchering

    result = folder / "matchering.wav"
    matchering.process(
        target=str(clips.content),
        reference=str(clips.style),
        results=[matchering.pcm24(str(result))],
    )
    return _as_loud(read(result), read(clips.content))


def _replaying(transcriber: Transcriber, sampler: Studio) -> Row:
    """The content's transcribed notes on a sampler, which is told the style's instrument."""

    def replay(told: Told) -> Mono:
        content = read(told.content)
        notes = transcriber.transcribe(content).notes
        if not notes:
            return np.zeros_like(content)
        played = sampler.clip(told.instrument, Score(notes, content.size / RATE))
        return _as_loud(read(played), content)

    return Row("transcription and replay", replay, told=replay)


def _published(clips: Clips, iterations: int, folder: Path) -> Mono:
    """Ulyanov & Lebedev 2016 in full, at 22 050 Hz; the result is kept, since it takes minutes."""
    key = hashlib.sha256(clips.content.read_bytes() + clips.style.read_bytes())
    kept = folder / f"published-{iterations}-{key.hexdigest()[:20]}.wav"
    if not kept.is_file():
        content = read(clips.content)
        made = _published_features(content, read(clips.style), iterations)
        write(kept, _as_loud(made, content))
    return read(kept)


def _published_features(content: Mono, style: Mono, iterations: int) -> Mono:
    import librosa
    import torch

    from effects.engines.gram.optimise import Weighted, optimise
    from effects.engines.gram.random_cnn_1d import RandomCNN1D

    def features(clip: Mono) -> torch.Tensor:
        audio = librosa.resample(clip, orig_sr=RATE, target_sr=PUBLISHED_RATE)
        spectrum = librosa.stft(audio, n_fft=2048, hop_length=512)
        return torch.from_numpy(np.log1p(np.abs(spectrum)).T.astype(np.float32))

    def no_tick() -> None:
        """Nothing to report."""

    ours, theirs = features(content), features(style)
    engine = RandomCNN1D()
    statistics = engine.statistics(theirs, torch.ones(len(theirs)), tick=no_tick)
    objective = engine.objective(ours, torch.ones(len(ours)), statistics, tick=no_tick)
    start = torch.randn(ours.shape, generator=torch.Generator().manual_seed(0)) * 1e-3
    weighted = Weighted(PUBLISHED_ALPHA, len(ours) - 10, engine.n_filters)
    solution = optimise(
        objective, start, tradeoff=weighted, n_iterations=iterations, nonnegative=False
    )
    amplitudes = torch.expm1(solution.features).abs().T.numpy()
    audio = librosa.griffinlim(
        amplitudes, n_iter=PUBLISHED_PHASES, hop_length=512, momentum=0.0, random_state=0
    )
    back = librosa.resample(audio, orig_sr=PUBLISHED_RATE, target_sr=RATE)
    mono: Mono = librosa.util.fix_length(back, size=content.size).astype(np.float32)
    return mono


def _as_loud(audio: Mono, like: Mono) -> Mono:
    """``audio`` as long and as loud as ``like``."""
    audio = np.pad(audio, (0, max(like.size - audio.size, 0)))[: like.size].astype(np.float32)
    match_loudness(audio[None], RATE, loudness(like[None], RATE), ceiling=1.0)
    return audio
