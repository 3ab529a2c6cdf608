"""What a MIDI file plays of a board."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from effects.midi.messages import CONTROLLERS, Controls, Event, Setting, in_words, read_followed
from effects.rides.ride import Ride
from effects.rides.targets import Target
from effects.signal.units import db_to_amplitude
from effects.style_transfer import StyleTransfer

if TYPE_CHECKING:
    from mido import Message


@dataclass(frozen=True)
class Read:
    """What a file plays, by what it is played on.

    Attributes:
        rides: of native effects and plugins.
        settings: of StyleTransfers, by their identities.
        volume: seconds, and the gain of what comes out from there on.
    """

    rides: Sequence[Ride]
    settings: Mapping[int, Sequence[Event]]
    volume: Sequence[tuple[float, float]]


def read(
    path: str | os.PathLike[str],
    channel: int | None,
    targets: Mapping[int, Target],
    style: StyleTransfer | None,
) -> Read:
    """Read a MIDI file.

    Args:
        path: the file.
        channel: 1 to 16; None for the only one that plays anything.
        targets: what controllers move, by their numbers.
        style: the StyleTransfer that program changes mean; None for none.

    Raises:
        The errors of `effects.midi.messages.read_events`.
    """
    usual = _usual(targets, style)
    numbers = {*usual, *targets}

    def plays(message: Message) -> bool:
        if message.type == "program_change":
            return style is not None
        return message.control in numbers

    words = ["program changes"] if style is not None else []
    if numbers:
        several = "s" if len(numbers) > 1 else ""
        words.append(f"the controller{several} {in_words(sorted(numbers))}")
    who = f"this chain follows {' and '.join(words)}"
    moves: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    settings: defaultdict[int, list[Event]] = defaultdict(list)
    volume: list[tuple[float, float]] = []
    controls = Controls()
    for seconds, message in read_followed(path, channel, plays, who):
        number = message.control if message.type == "control_change" else -1
        if number in targets:
            moves[number].append((seconds, message.value))
            continue
        setting = controls.setting(message)  # bank changes set nothing, and count
        if setting is None or not plays(message):
            continue
        if setting.name == "gain_db":
            volume.append((seconds, _gain(setting.value)))
        else:
            settings[id(style)].append(Event(seconds, setting))
    rides = []
    for number, events in moves.items():
        it = targets[number]
        if isinstance(it.effect, StyleTransfer):
            settings[id(it.effect)] += [_event(it, *event) for event in events]
        else:
            rides.append(Ride.of(it, events))
    for of_style in settings.values():
        of_style.sort(key=lambda event: event.seconds)
    return Read(rides, settings, volume)


def _usual(targets: Mapping[int, Target], style: StyleTransfer | None) -> set[int]:
    """The controllers that mean what they mean without a chain."""
    moved = {it.parameter for it in targets.values() if it.effect is style}
    wanted = {"gain_db", *({"strength", "mix"} - moved if style is not None else ())}
    return {n for n, (name, _) in CONTROLLERS.items() if name in wanted and n not in targets}


def _event(it: Target, seconds: float, controller: int) -> Event:
    value: Any = it.travel.value(it.travel.place(controller))
    return Event(seconds, Setting("strength" if it.parameter == "strength" else "mix", value))


def _gain(decibels: Any) -> float:
    return db_to_amplitude(decibels)
