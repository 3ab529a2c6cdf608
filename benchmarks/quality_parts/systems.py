"""The rows: what makes something of a content and a style clip."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from effects import StyleTransfer
from effects.loudness import loudness, match_loudness
from presets.build.score import Score
from quality_parts.pitches import Transcriber
from quality_parts.sounds import RATE, Mono, Studio, read, write
from quality_parts.triplets import Triplet

PLAIN = "infinite"  # the closed form on its own
PLAIN_NAME = "closed form, strength "
STRENGTHS = (0.3, 0.5, 0.8, 1.0)
PUBLISHED_RATE, PUBLISHED_ALPHA, PUBLISHED_PHASES = 22_050, 1e-2, 500


@dataclass(frozen=True)
class Task:
    """A triplet and its clips.

    Attributes:
        triplet: what is played.
        content: its clip.
        style: its clip.
        target: its clip, which no system may use but the row that shows it.
    """

    triplet: Triplet
    content: Path
    style: Path
    target: Path


System = Callable[[Task], Mono]


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        name: what it is called.
        system: makes the output.
        same_as: a row above with the same outputs, by its name; None if there is none.
    """

    name: str
    system: System
    same_as: str | None = None


def rows(
    *, ears: Transcriber, sampler: Studio, folder: Path, published: int | None
) -> tuple[list[Row], list[str]]:
    """All that can be run here, and a line for each that cannot.

    Args:
        ears: transcribes for the replay.
        sampler: plays the replay.
        folder: keeps what is slow and never changes.
        published: iterations of the published method, or None to leave it out.
    """
    found, missing = [Row("copy content", lambda task: read(task.content))], []
    found.append(Row("copy style", _copy_style))
    if published is None:
        missing.append("The published random CNN takes minutes a clip: --published runs it.")
    else:
        found.append(
            Row(
                f"published random CNN, {published} iterations",
                lambda task: _published(task, published, folder),
            )
        )
    found += [Row(f"{PLAIN_NAME}{strength}", _plain(strength)) for strength in STRENGTHS]
    found.append(_default())
    if importlib.util.find_spec("matchering") is None:
        missing.append("There is no Matchering: pip install matchering adds its row.")
    else:
        found.append(Row("Matchering", lambda task: _matchering(task, folder)))
    found.append(Row("transcription and replay", lambda task: _replay(task, ears, sampler)))
    found.append(Row("the target itself", lambda task: read(task.target)))
    return found, missing


def _copy_style(task: Task) -> Mono:
    content, style = read(task.content), read(task.style)
    return np.resize(style, content.size)


def _default() -> Row:
    """The default engine, whichever it is."""
    probe = StyleTransfer(style=(np.zeros((1, 8), np.float32), RATE))
    same = f"{PLAIN_NAME}{probe.strength}" if probe.engine == PLAIN else None
    return Row(
        f"default engine ({probe.engine}, strength {probe.strength})",
        _restyled,
        same if probe.strength in STRENGTHS else None,
    )


def _plain(strength: float) -> System:
    return lambda task: _restyled(task, strength=strength, engine=PLAIN)


def _restyled(task: Task, **options: float | str) -> Mono:
    """Nothing but the clip is known of the style."""
    effect = StyleTransfer(style=task.style, device="cpu", **options)  # type: ignore[arg-type]
    mono: Mono = effect(read(task.content)[None], RATE)[0]
    return mono


def _matchering(task: Task, folder: Path) -> Mono:
    """Its result, at the content's loudness: it takes the reference's, and a limiter."""
    import matchering

    result = folder / "matchering.wav"
    matchering.process(
        target=str(task.content), reference=str(task.style), results=[matchering.pcm24(str(result))]
    )
    return _as_loud(read(result), read(task.content))


def _replay(task: Task, ears: Transcriber, sampler: Studio) -> Mono:
    """The content's notes, as transcribed, on a sampler that is told the style's instrument."""
    content = read(task.content)
    notes = ears.transcribe(content).notes
    played = sampler.clip(task.triplet.style, Score(notes, content.size / RATE))
    return _as_loud(read(played), content)


def _published(task: Task, iterations: int, folder: Path) -> Mono:
    """Ulyanov & Lebedev 2016 in full, at 22 050 Hz; its result is kept, for it takes minutes."""
    key = hashlib.sha256(task.content.read_bytes() + task.style.read_bytes())
    kept = folder / f"published-{iterations}-{key.hexdigest()[:20]}.wav"
    if not kept.is_file():
        content = read(task.content)
        made = _published_features(content, read(task.style), iterations)
        write(kept, _as_loud(made, content))
    return read(kept)


def _published_features(content: Mono, style: Mono, iterations: int) -> Mono:
    import librosa
    import torch

    from effects.engines.random_cnn_1d import RandomCNN1D
    from effects.optimise import Weighted, optimise

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
    """As long and as loud as ``like``."""
    audio = np.pad(audio, (0, max(like.size - audio.size, 0)))[: like.size].astype(np.float32)
    match_loudness(audio[None], RATE, loudness(like[None], RATE), ceiling=1.0)
    return audio
