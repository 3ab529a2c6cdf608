"""From sounds to latents, and from latents to sounds."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from effects.engines.sampler.engine import Sampler
from effects.engines.sampler.kit import Kit, by_chords
from effects.engines.sampler.learn import learn
from effects.engines.sampler.perform import perform
from effects.latent.codec import Codec
from effects.latent.latent import Latent
from effects.latent.likeliest import likeliest
from effects.latent.loading import load_codec
from effects.latent.roll import STEPS_PER_SECOND, STRUCK, WINDOW_SECONDS, WINDOW_STEPS, roll_of
from effects.mashing.source import SUFFIXES, Source
from effects.morphing.piece import hear
from effects.notes.note import Note
from effects.running.progress import Progress
from effects.signal.arrays import Audio, Values
from effects.signal.limits import check_rate
from effects.signal.loudness import limit
from effects.signal.true_peak import Ceiling
from effects.signal.units import db_to_amplitude
from effects.style_clip import Style

#: A window that is softer is as soft as this, in dB below full scale: 24 bits end at -144.
SILENT_DB = -120.0
#: At which fractions of the work it has been listened, or learnt. Not measured closely: listening
#: takes nearly all of it.
HEARD, LEARNT = 0.9, 0.5
LATENT = ".npz"  # how the name of a latent's file ends


def encode(
    name: str,
    audio: Audio,
    sample_rate: float,
    codec: Codec | None = None,
    progress: Progress | None = None,
) -> Latent:
    """Listen to a sound, ``[channels, samples]``, and say what it is in the latent space.

    Raises:
        ValueError: the sound cannot be used.
        Cancelled: ``progress`` was told to stop.
    """
    codec, work = codec or load_codec(), progress or Progress()
    piece = hear(name, audio, sample_rate, work.nested(0, HEARD, "listening"))
    work.tick(HEARD, "encoding")
    z = codec.encode(audio, sample_rate, piece.notes)
    strokes = roll_of(piece.notes, piece.seconds)[..., STRUCK].sum(axis=(1, 2))
    levels = _levels_db(audio, sample_rate, len(z))
    return Latent(name, piece.seconds, z, strokes.astype(np.int64), levels, codec.weights_hash)


def _levels_db(audio: Audio, sample_rate: float, windows: int) -> Values:
    """The root mean square of each window, of all channels, in dB."""
    edges = [round(it * WINDOW_SECONDS * sample_rate) for it in range(windows + 1)]
    found = np.full(windows, SILENT_DB)
    for it in range(windows):
        part = audio[:, edges[it] : edges[it + 1]]
        power = float(np.mean(np.square(part, dtype=np.float64))) if part.size else 0.0
        found[it] = max(10 * math.log10(power + 1e-30), SILENT_DB)
    return found


def decode(
    latent: Latent,
    style: Style,
    sample_rate: float,
    *,
    codec: Codec | None = None,
    progress: Progress | None = None,
) -> Audio:
    """What a latent says, played by a style: one channel, ``[1, samples]``.

    Each window has as many notes as the piece had, the likeliest. Together they are as loud as it
    was, by the root mean square.

    Args:
        latent: what is played.
        style: who plays it: an instrument, or a kit, which plays a stroke for each chord.
        sample_rate: of the result in Hz.
        codec: the networks; None for the shipped ones.
        progress: is told how far the work is; it may be stopped.

    Raises:
        ValueError: the latent was made with other weights, the style is a texture, which plays no
            notes, or the rate is out of range.
        Cancelled: ``progress`` was told to stop.
    """
    codec, work = codec or load_codec(), progress or Progress()
    check_rate("A decoded latent", sample_rate)
    latent.check(codec)
    player = learn(style, Sampler().parameters(), work.nested(0, LEARNT, "the style"))
    if player is None:
        raise ValueError(f"{style} is a texture, which plays no notes: choose an instrument.")
    notes: Sequence[Note] = notes_of(latent, codec)
    if isinstance(player.instrument, Kit):
        notes = by_chords(notes, player.instrument)
    silence = np.zeros((1, max(round(latent.seconds * sample_rate), 1)), np.float32)
    tick = work.part(LEARNT, 1.0, "playing")
    out = perform(notes, player.instrument, silence, sample_rate, tick=tick)
    _bring_to_level(out, sample_rate, latent)
    return out


def notes_of(latent: Latent, codec: Codec) -> list[Note]:
    """The notes that a latent says, by their starts, each as loud as its window."""
    found = likeliest(codec.score(latent.z), latent.strokes)
    step = 1 / STEPS_PER_SECOND
    return [
        Note(
            start=it.step * step,
            end=min((it.step + it.steps) * step, latent.seconds),
            pitch=float(it.key),
            level=db_to_amplitude(float(latent.levels_db[it.step // WINDOW_STEPS])),
            confidence=1.0,
        )
        for it in found
        if it.step * step < latent.seconds
    ]


def _bring_to_level(out: Audio, sample_rate: float, latent: Latent) -> None:
    """Make a sound as loud as the piece was, in place; peaks stay below full scale."""
    windows = len(latent.z)
    shares = np.full(windows, WINDOW_SECONDS)
    shares[-1] = latent.seconds - (windows - 1) * WINDOW_SECONDS
    wanted = float(np.average(10 ** (latent.levels_db / 10), weights=shares))
    power = float(np.mean(np.square(out, dtype=np.float64)))
    if power > 0:
        out *= np.float32(math.sqrt(wanted / power))
        limit(out, sample_rate, Ceiling(1.0, 1.0))


def find_towards(
    named: str | os.PathLike[str], codec: Codec, progress: Progress | None = None
) -> tuple[float, ...]:
    """The mean latent, 120 numbers, of what is named: for `Changes.towards`.

    Args:
        named: a latent's file, a sound, a folder of these (their mean: each counts alike), or the
            name of a preset.
        codec: the networks.
        progress: is told how far the work is; it may be stopped.

    Raises:
        FileNotFoundError: there is no such file, folder or preset.
        ValueError: it cannot be used, or a folder has neither sounds nor latents.
        Cancelled: ``progress`` was told to stop.
    """
    path, work = Path(named), progress or Progress()
    if not path.is_dir():
        paths = [path if path.exists() else _preset(os.fspath(named))]
    else:
        kinds = (*SUFFIXES, LATENT)
        paths = sorted(it for it in path.iterdir() if it.suffix.lower() in kinds)
        if not paths:
            raise ValueError(f"There are neither sounds nor latents in {os.fspath(named)!r}.")
    means = []
    for number, it in enumerate(paths):
        progress_of = work.nested(number / len(paths), (number + 1) / len(paths), it.name)
        means.append(_mean(it, codec, progress_of))
    return tuple(np.mean(means, axis=0).tolist())


def _mean(path: Path, codec: Codec, progress: Progress) -> Values:
    """The mean latent of a file, ``[120]``."""
    if path.suffix.lower() == LATENT:
        latent = Latent.load(path)
        latent.check(codec)
    else:
        sound = Source.read(path)
        latent = encode(sound.name, sound.audio, sound.sample_rate, codec, progress)
    return np.asarray(latent.z.astype(np.float64).mean(axis=0))


def _preset(name: str) -> Path:
    """The clip of a preset."""
    import presets

    try:
        return Path(presets.get(name).clip)
    except presets.UnknownPreset as error:
        raise FileNotFoundError(f"There is no file, folder or preset {name!r}: {error}") from error
