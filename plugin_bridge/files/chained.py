"""A chain of effects on a sound file's audio, or on a MIDI file if it begins with an instrument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from effects import StyleTransfer
from effects.board import Pedalboard
from effects.boards.native import PLUGIN
from effects.chains.plugins import ANYWHERE, PluginFolders
from plugin_bridge.files.sound_files import Sound
from presets.opening import open_regular

if TYPE_CHECKING:
    from effects.automated import ChainAutomation
    from effects.running.progress import OnProgress
    from effects.signal.arrays import Audio
    from presets.chain_files.chain import Chain

TUNE_BITS = 24  # of a file that an instrument has played: what DAWs record with
TUNE_RATE_HZ = 44_100
TUNE_CHANNELS = 2

_MIDI = b"MThd"  # begins a standard MIDI file


class Tune(NamedTuple):
    """A MIDI file, and how an instrument is to play it.

    Attributes:
        path: of the file.
        sample_rate: of the sound that is made of it, in Hz.
    """

    path: Path
    sample_rate: int = TUNE_RATE_HZ

    @property
    def silence(self) -> Sound:
        """A sound as it is made of this, without a sample."""
        nothing = np.empty((TUNE_CHANNELS, 0), np.float32)
        return Sound(nothing, self.sample_rate, TUNE_BITS)


def is_midi(path: Path) -> bool:
    """Whether a file is a MIDI file, by its first bytes. Raises OSError, ValueError: no file."""
    with open_regular(path) as file:
        return file.read(len(_MIDI)) == _MIDI


def chained(
    sound: Sound,
    chain: Chain,
    *,
    plugins: PluginFolders = ANYWHERE,
    report: OnProgress,
    threads: int | None = None,
) -> tuple[Sound, Mapping[str, Any]]:
    """What a chain makes of a sound.

    Args:
        sound: what goes in.
        chain: what it goes through.
        plugins: where the chain's plugins are looked for.
        report: called as ``report(fraction, stage)`` in this thread. While a plugin is loaded or
            runs, the stage is `PLUGIN` and the name of its file.
        threads: how many cores effects in Python may use; None for all there are, at most 8.

    Returns:
        The sound, which is longer than what went in if the chain keeps its tail; and what its
        StyleTransfer made it of, as `plugin_bridge.jobs.job.Job` has it: empty without one.

    Raises:
        ChainError: something is wrong with the chain.
        ValueError: an effect cannot take such audio, or what comes out is no sound.
    """
    return through(board_of(chain, plugins=plugins, report=report, threads=threads), sound, report)


def board_of(
    chain: Chain,
    *,
    plugins: PluginFolders = ANYWHERE,
    report: OnProgress,
    threads: int | None = None,
) -> Pedalboard:
    """The effects of a chain, for several sounds. Arguments and errors are those of `chained`."""
    board: Pedalboard = Pedalboard.from_chain(
        chain,
        plugins,
        threads=threads,
        on_plugin=lambda name: report(0.0, PLUGIN + name),
    )
    return board


def through(
    board: Pedalboard | ChainAutomation, sound: Sound, report: OnProgress
) -> tuple[Sound, Mapping[str, Any]]:
    """What a board makes of a sound: see `chained`. A MIDI file may move its parameters."""
    board.on_progress = report
    own = board if isinstance(board, Pedalboard) else board.board
    channels, samples = sound.audio.shape
    # Pedalboard takes the smaller dimension of an array for the channels.
    padding = max(channels + 1 - samples, 0)
    audio = np.pad(sound.audio, ((0, 0), (0, padding))) if padding else sound.audio
    output = board(audio, sound.sample_rate)
    if own.tail == "cut":
        output = output[:, :samples]
    _check_is_sound(output)
    return sound.with_audio(output), made_of(own)


def played(board: Pedalboard, tune: Tune, report: OnProgress) -> tuple[Sound, Mapping[str, Any]]:
    """What a board that begins with an instrument makes of a MIDI file: see `chained`."""
    board.on_progress = report
    output = board.play(tune.path, tune.sample_rate)
    _check_is_sound(output)
    return tune.silence.with_audio(output), made_of(board)


def made_of(board: Pedalboard) -> Mapping[str, Any]:
    """What the board's first StyleTransfer made its last sound of; empty if it tells nothing."""
    reports = (it.report for it in style_transfers(board))
    return next((it.summary for it in reports if it is not None), {})


def style_transfers(members: Any) -> Iterator[StyleTransfer]:
    """Every StyleTransfer of a board, also those in containers."""
    for it in members:
        if isinstance(it, StyleTransfer):
            yield it
        elif hasattr(it, "__iter__"):
            yield from style_transfers(it)


def _check_is_sound(audio: Audio) -> None:
    """Raise ValueError if effects went out of bounds: a file could not hold it."""
    if not np.isfinite(audio).all():
        raise ValueError(
            "The chain makes NaN or infinity of it: one of its effects feeds back without end, or "
            "is not made for such a sample rate. Lower its feedback or its frequencies."
        )
