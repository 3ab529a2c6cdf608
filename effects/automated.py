"""Chains, and single StyleTransfers, that a MIDI file plays."""

from __future__ import annotations

import math
import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pedalboard
from numpy.typing import NDArray

from effects.automation import FADE_SECONDS, Automation, Played
from effects.board import Pedalboard
from effects.boards.containers import Chain, Mix
from effects.boards.contract import check_call
from effects.boards.tails import MOST_SECONDS
from effects.chains.plugins import ANYWHERE, PluginFolders
from effects.rides.curve import samples_of
from effects.rides.reading import read
from effects.rides.ridden import Ridden
from effects.rides.ride import Ride, given_back
from effects.rides.stream import settle
from effects.rides.targets import Target, every_effect, target
from effects.rides.volume import Volume, volume_steps
from effects.running.progress import OnProgress, check_on_progress
from effects.signal.arrays import Audio
from effects.style_transfer import StyleTransfer, StyleTransferOptions
from presets.chain_files.chain import Chain as ChainFile
from presets.chain_files.chain import ChainError

#: Of `StyleTransfer`'s options, those that a whole chain has, too.
_OF_CHAIN = {"on_progress", "threads"}

AnyChain = str | os.PathLike[str] | ChainFile | Pedalboard
"""A chain's name, its file, what is in it, or a board made of it."""


def automate(
    audio: NDArray[Any],
    sample_rate: float,
    midi_file: str | os.PathLike[str],
    *,
    chain: AnyChain | None = None,
    channel: int | None = None,
    **options: Unpack[StyleTransferOptions],
) -> Audio:
    """Restyle a stem as a MIDI file directs: see `Automation`, and `ChainAutomation` for chains.

    >>> restyled = automate(audio, 44_100, "ride.mid", preset="violin")  # doctest: +SKIP
    >>> restyled = automate(audio, 44_100, "ride.mid", chain="tape")  # doctest: +SKIP

    Args:
        audio: as `StyleTransfer` takes it. Never modified.
        sample_rate: in Hz.
        midi_file: a standard MIDI file that starts together with the stem.
        chain: a chain's name, its file, or a `Pedalboard`, whose parameters are played. Of the
            options below it goes with ``channel``, ``on_progress`` and ``threads``.
        channel: 1 to 16; None for the only one that sets anything.
        style: a clip to begin with.
        preset: or a preset to begin with. With neither, the stem stays as it is until a program
            change.
        strength: to begin with; None for what each preset advises, or else what suits the engine.
        mix: to begin with; None for what each preset advises, or else 1.
        engine: this and the following options are as in `StyleTransfer`.
        seed: for engines that draw filters.
        device: where to compute.
        on_progress: called as ``on_progress(fraction, stage)``.
        weights: the file of trained weights for an engine given by its name.
        drums: what becomes of drums beside notes: ``"keep"``, ``"play"`` or ``"drop"``.
        dynamics: how far the levels of notes follow the stem's, 0 to 1.
        threads: how many cores to use.

    Returns:
        A new float32 array of the same shape and layout; longer if the chain keeps its tail.

    Raises:
        TypeError: ``chain`` together with an option of its effects.
        The errors of `Automation`, and of calling `StyleTransfer`; or those of `ChainAutomation`.
    """
    if chain is None:
        return Automation(midi_file, channel=channel, **options)(audio, sample_rate)
    if surplus := sorted(options.keys() - _OF_CHAIN):
        raise TypeError(
            f"A chain says itself what its effects are set to: leave out {', '.join(surplus)}, or "
            "the chain."
        )
    return ChainAutomation(
        midi_file,
        chain,
        channel=channel,
        on_progress=options.get("on_progress"),
        threads=options.get("threads"),
    )(audio, sample_rate)


class ChainAutomation:
    """A chain, with parameters that a MIDI file plays; it starts together with the stem.

    The chain's ``[midi]`` says which controllers move which parameters. Beside these:

    - controller 7 is the volume of what comes out;
    - if the chain has a single StyleTransfer, program changes choose its preset, controller 1 is
      its strength and 91 its mix, as in `Automation`. Not if ``[midi]`` has another use for the
      controller, or moves that setting by another one. If there are several StyleTransfers, only
      ``[midi]`` says what moves them.

    A controller goes from the parameter's least value to its most, or from ``from`` to ``to``:
    frequencies in equal ratios, as they are heard, and all else in equal steps. Each change is
    spread over the 50 ms around its time, so that nothing clicks; switches, words and whole numbers
    change at once. What is set within the first 25 ms holds from the start; a parameter that is not
    played has the chain's value. If nothing moves, the output is the board's, bit for bit.

    Args:
        midi_file: a standard MIDI file of format 0 or 1. It is read now.
        chain: a chain's name, its file, what `presets.chain` returns, or a board. A board that is
            given has its own values again after each call.
        channel: 1 to 16; None for the only one that sets anything.
        on_progress: called as ``on_progress(fraction, stage)`` while a call lasts, in its thread;
            what it raises ends the call.
        threads: how many cores the effects in Python of a chain may use; a board that is given has
            a number of its own.
        plugins: where the chain's plugins are looked for.

    Attributes:
        board: the chain itself.
        on_progress: as above.

    Raises:
        TypeError, ValueError, FileNotFoundError: as `effects.midi.messages.read_events`; ChainError
            also, if there is no such chain, something is wrong with it, or ``[midi]`` names what
            cannot be moved.
    """

    def __init__(
        self,
        midi_file: str | os.PathLike[str],
        chain: AnyChain,
        *,
        channel: int | None = None,
        on_progress: OnProgress | None = None,
        threads: int | None = None,
        plugins: PluginFolders = ANYWHERE,
    ) -> None:
        check_on_progress(on_progress)
        self.on_progress = on_progress
        self.board = _board(chain, plugins, threads)
        self._lock = threading.Lock()
        if len(self.board) and getattr(self.board[0], "is_instrument", False):
            raise ChainError(
                "The chain begins with an instrument, which plays a MIDI file itself "
                "(Pedalboard.play): no other one can move what follows it."
            )
        targets = _targets(self.board)
        styles = [it for it in every_effect(self.board) if isinstance(it, StyleTransfer)]
        self._read = read(midi_file, channel, targets, styles[0] if len(styles) == 1 else None)
        self._midi_file = os.fspath(midi_file)
        self._styles = [it for it in styles if id(it) in self._read.settings]
        self._played()  # raises, if one cannot be played

    def __call__(self, audio: NDArray[Any], sample_rate: float) -> Audio:
        """Run the chain.

        Args:
            audio: float32 or float64: (samples,), (channels, samples) or (samples, channels), where
                the smaller dimension is the channels. Never modified.
            sample_rate: in Hz.

        Returns:
            A new float32 array in the same layout; longer only if the chain keeps its tail.

        Raises:
            The errors of calling a `Pedalboard`.
        """
        check_call(self.board, sample_rate, 1, True)
        keep, length = self.board.tail == "keep", max(np.shape(audio), default=0)
        n = math.inf if keep else length
        fade = samples_of(FADE_SECONDS, sample_rate)
        longest = length + round(MOST_SECONDS * sample_rate) if keep else None
        held: list[Ride] = []
        moving: defaultdict[int, list[Ride]] = defaultdict(list)
        with self._lock:
            rides = [Ride.of(it.target, it.events) for it in self._read.rides]  # as they are now
            for ride in rides:
                steps = ride.steps(n, sample_rate, fade)
                if len(steps) > 1:
                    moving[id(ride.target.effect)].append(ride)
                elif ride.value(steps[0][1], sample_rate) != ride.own:
                    held.append(ride)
            instead = self._played()
            for number, of_one in moving.items():
                effect = of_one[0].target.effect
                instead[number] = Ridden(effect, of_one, fade_seconds=FADE_SECONDS, longest=longest)
            with given_back(held, sample_rate):
                for ride in held:
                    place = ride.steps(n, sample_rate, fade)[0][1]
                    ride.target.set(ride.value(place, sample_rate))
                    settle(ride.target.effect, sample_rate)
                return self._run(audio, sample_rate, instead, n, fade)

    def _played(self) -> dict[int, Any]:
        """What takes the places of StyleTransfers that are played, as these are now."""
        return {
            id(it): Played.of(it, self._midi_file, self._read.settings[id(it)])
            for it in self._styles
        }

    def _run(
        self,
        audio: NDArray[Any],
        sample_rate: float,
        instead: Mapping[int, Any],
        n: float,
        fade: int,
    ) -> Audio:
        """Run the board with some effects replaced, and its volume."""
        board = _rebuilt_board(self.board, instead)
        if volume_steps(self._read.volume, n, sample_rate, fade) != [(0, 1.0)]:
            board.append(Volume(self._read.volume, FADE_SECONDS))
        board.on_progress = self.on_progress
        return board(audio, sample_rate)


def _board(chain: AnyChain, plugins: PluginFolders, threads: int | None) -> Pedalboard:
    if isinstance(chain, Pedalboard):
        return chain
    if not isinstance(chain, ChainFile):
        if not isinstance(chain, (str, os.PathLike)):
            raise TypeError(f"chain must be a chain's name, its file, or a board, not {chain!r}.")
        from presets.chain_files.catalogue import find

        chain = find(chain)
    return Pedalboard.from_chain(chain, plugins, threads=threads)


def _targets(board: Pedalboard) -> dict[int, Target]:
    """What the controllers of a board move, by their numbers. Raises ChainError."""
    targets: dict[int, Target] = {}
    by_parameter: dict[tuple[int, str], int] = {}
    for number, controller in board.midi.items():
        it = targets[number] = target(board, number, controller)
        other = by_parameter.setdefault((id(it.effect), it.parameter), number)
        if other != number:
            raise ChainError(
                f"The MIDI controllers {other} and {number} both move {controller.parameter}: "
                "leave one of them out."
            )
    return targets


def _rebuilt_board(board: Pedalboard, instead: Mapping[int, Any]) -> Pedalboard:
    """A board with some effects, given by their identities, replaced."""
    rebuilt = Pedalboard([_rebuilt(it, instead) for it in board], tail=board.tail)
    rebuilt.named = {name: instead.get(id(it), it) for name, it in board.named.items()}
    return rebuilt


def _rebuilt(member: Any, instead: Mapping[int, Any]) -> Any:
    if id(member) in instead:
        return instead[id(member)]
    if isinstance(member, pedalboard.PluginContainer):
        members = [_rebuilt(it, instead) for it in member]
        if any(new is not old for new, old in zip(members, member, strict=True)):
            return (Mix if isinstance(member, pedalboard.Mix) else Chain)(members)
    return member
