"""What MIDI messages mean to Restyle: the one place that maps them to settings.

========================  ===========================================================
message                   setting
========================  ===========================================================
program change            preset: the General MIDI instrument; on channel 10 the kit
bank select (CC 0)        the bank of the program changes that follow on its channel
modulation (CC 1)         strength, 0 to 1
reverb depth (CC 91)      mix, 0 to 1
volume (CC 7)             gain, 127 is 0 dB and 64 is -12 dB, as General MIDI advises
all notes off (CC 123)    cancel, in live input only
========================  ===========================================================

Importing this does not load mido.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from mido import Message

Name = Literal["preset", "strength", "mix", "gain_db", "cancel"]

BANK_SELECT = 0
PERCUSSION_CHANNEL = 9  # on the wire; channel 10 to musicians
N_CHANNELS = 16


class Setting(NamedTuple):
    """One of Restyle's settings, and its new value.

    Attributes:
        name: what is set.
        value: a name for ``preset``; 0 to 1 for ``strength`` and ``mix``; decibels for ``gain_db``
            (0 or less, -inf is silence); None for ``cancel``, which is a command.
    """

    name: Name
    value: str | float | None


def gain_db(volume: int) -> float:
    """The gain in dB of a channel volume of 0 to 127, by General MIDI's guidelines."""
    return 40 * math.log10(volume / 127) if volume else -math.inf


def _share(value: int) -> float:
    return value / 127


#: The controllers that are followed: what each sets, and how its value is read.
CONTROLLERS: Mapping[int, tuple[Name, Callable[[int], float | None]]] = MappingProxyType(
    {
        1: ("strength", _share),
        7: ("gain_db", gain_db),
        91: ("mix", _share),
        123: ("cancel", lambda value: None),
    }
)

_FOLLOWED = "program changes and the controllers 1, 7 and 91"


class Controls:
    """Turns messages into settings, in the order in which they come.

    >>> import mido
    >>> controls = Controls()
    >>> controls.setting(mido.Message("program_change", program=40))
    Setting(name='preset', value='violin')
    """

    def __init__(self) -> None:
        self._banks: dict[int, int] = {}

    def setting(self, message: Message) -> Setting | None:
        """What ``message`` sets; None if it sets nothing."""
        if message.type == "program_change":
            import presets

            preset = presets.from_program(
                message.program,
                bank=self._banks.get(message.channel, 0),
                percussion=message.channel == PERCUSSION_CHANNEL,
            )
            return Setting("preset", preset.name)
        if message.type != "control_change":
            return None
        if message.control == BANK_SELECT:
            self._banks[message.channel] = message.value
        if message.control not in CONTROLLERS:
            return None
        name, convert = CONTROLLERS[message.control]
        return Setting(name, convert(message.value))


class Event(NamedTuple):
    """A setting at its time, in seconds from the start of the file."""

    seconds: float
    setting: Setting


def read_events(path: str | os.PathLike[str], channel: int | None = None) -> list[Event]:
    """The settings of one channel of a MIDI file, in the order of playing.

    ``cancel`` is not among them: sequencers write all notes off wherever they stop.

    Args:
        path: the file.
        channel: 1 to 16; None for the only one that sets anything.

    Raises:
        TypeError: ``channel`` is not an integer.
        ValueError: the file cannot be read; the channel sets nothing, or it is None and several do.
        FileNotFoundError, IsADirectoryError, OSError: as `effects.midi.file.read`.
    """
    controls, events = Controls(), []
    who = f"Restyle follows {_FOLLOWED}"
    for seconds, message in read_followed(path, channel, _sets, who):
        setting = controls.setting(message)
        if setting is not None and setting.name != "cancel":
            events.append(Event(seconds, setting))
    return events


def read_followed(
    path: str | os.PathLike[str],
    channel: int | None,
    sets: Callable[[Message], bool],
    who: str,
) -> list[tuple[float, Message]]:
    """The program and control changes of one channel, each with its time in seconds.

    Args:
        path: the file.
        channel: 1 to 16; None for the only one with a message that ``sets`` something.
        sets: whether a message sets anything. All others of the channel are returned, too.
        who: says in errors what is followed: ``"Restyle follows controller 1"``.

    Raises:
        The errors of `read_events`.
    """
    from effects.midi import file

    check_channel(channel)
    messages = file.read(path)
    channels = sorted({message.channel + 1 for _, message in messages if sets(message)})
    chosen = _choose(os.fspath(path), channels, channel, who)
    return [(seconds, message) for seconds, message in messages if message.channel + 1 == chosen]


def check_channel(channel: int | None) -> None:
    """Raise TypeError or ValueError unless ``channel`` is 1 to 16 or None."""
    if channel is None:
        return
    if isinstance(channel, bool) or not isinstance(channel, int):
        raise TypeError(f"A MIDI channel is an integer, not {channel!r}.")
    if not 1 <= channel <= N_CHANNELS:
        raise ValueError(f"A MIDI channel is between 1 and {N_CHANNELS}, not {channel}.")


def _sets(message: Message) -> bool:
    """Whether a program or control change of a file sets anything."""
    if message.type == "program_change":
        return True
    name, _ = CONTROLLERS.get(message.control, (None, None))
    return name not in (None, "cancel")


def _choose(path: str, channels: list[int], wanted: int | None, who: str) -> int:
    """The channel to follow, of those that set something."""
    if wanted in channels:
        return wanted
    if not channels:
        raise ValueError(f"{path} sets nothing: {who}, and it has none.")
    listed = in_words(channels)
    if wanted is not None:
        raise ValueError(
            f"{path} sets nothing on channel {wanted}: {who}, which are on channel {listed}."
        )
    if len(channels) > 1:
        raise ValueError(
            f"{path} sets something on the channels {listed}: choose one, for example "
            f"channel={channels[0]} (--channel {channels[0]})."
        )
    return channels[0]


def in_words(numbers: Sequence[int]) -> str:
    """At least one number: ``"1"``, ``"1 and 2"``, ``"1, 2 and 3"``."""
    # Without the slice, " and 1" for one number.
    ends = [", ".join(map(str, numbers[:-1])), str(numbers[-1])]
    return " and ".join(ends[-len(numbers) :])
