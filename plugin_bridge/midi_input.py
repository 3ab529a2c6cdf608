"""Live MIDI input: a controller or a sequencer moves Restyle's settings.

It needs python-rtmidi (``pip install 'restyle[midi]'``). Without it, or on a machine without a MIDI
system, this module can still be imported, and its functions say what is missing.

>>> with listen("Launchkey", print):  # doctest: +SKIP
...     input("Move something; Enter ends.")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from effects.midi.messages import Controls, Setting, check_channel

if TYPE_CHECKING:
    from mido import Message

    from plugin_bridge.jobs.service import Service

OnSetting = Callable[[Setting], object]

SILENCE_DB = -60.0  # the least gain_db of a job; a MIDI volume of 0 is minus infinity


class Listener:
    """An open MIDI input; closed at the end of a ``with`` block, or by `close`."""

    def __init__(self, name: str, port: Any) -> None:
        self.name = name
        self._port = port

    def close(self) -> None:
        """Stop listening. Calling this again does nothing."""
        self._port.close()

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def ports() -> list[str]:
    """The names of this machine's MIDI inputs.

    Raises:
        ValueError: python-rtmidi is not installed, or the machine has no MIDI system.
    """
    return _ports(_backend())


def listen(port: str, on_setting: OnSetting, *, channel: int | None = None) -> Listener:
    """Call ``on_setting`` with each setting that comes in, until the listener is closed.

    The MIDI system calls it in a thread of its own, one setting at a time: ``on_setting`` should be
    quick, and handle its own exceptions.

    Args:
        port: a name from `ports`, or a part of just one of them; case does not matter.
        on_setting: takes an `effects.midi.messages.Setting`.
        channel: 1 to 16; None for all.

    Raises:
        TypeError, ValueError: ``channel`` is impossible; no port, or several, are called so; the
            port is in use; or as `ports`.
    """
    check_channel(channel)
    backend = _backend()
    name = _find(port, _ports(backend))
    controls = Controls()

    def receive(message: Message) -> None:
        if channel is None or getattr(message, "channel", None) == channel - 1:
            setting = controls.setting(message)
            if setting is not None:
                on_setting(setting)

    try:
        return Listener(name, backend.open_input(name, callback=receive))
    except OSError as error:
        raise ValueError(f"The MIDI input {name!r} cannot be opened: {_reason(error)}.") from error


def steer(service: Service, setting: Setting) -> None:
    """Make a setting that came in the default of jobs, or cancel all jobs if it says so.

    Call this in the service's loop, not in the MIDI system's thread.
    """
    if setting.name == "cancel":
        service.cancel_all()
    elif isinstance(setting.value, str):
        service.set_default("restyle", setting.name, setting.value)
    elif setting.value is not None:
        service.set_default("restyle", setting.name, max(setting.value, SILENCE_DB))


def _backend() -> Any:
    """Mido's backend for python-rtmidi; MIDO_BACKEND may name another, or one of rtmidi's APIs."""
    from mido import Backend

    backend = Backend()
    try:
        backend.load()
    except ImportError as error:
        raise ValueError(
            "Live MIDI input needs python-rtmidi: run pip install 'restyle[midi]'."
        ) from error
    return backend


def _ports(backend: Any) -> list[str]:
    try:
        return list(dict.fromkeys(backend.get_input_names()))
    except OSError as error:  # rtmidi's SystemError is an OSError
        raise ValueError(
            f"This machine has no MIDI system that can be used ({_reason(error)}): "
            "on Linux, load ALSA's sequencer (modprobe snd-seq)."
        ) from error


def _find(wanted: str, names: list[str]) -> str:
    if not names:
        raise ValueError("There is no MIDI input: plug one in, or start a virtual one.")
    if wanted in names:
        return wanted
    found = [name for name in names if wanted.casefold() in name.casefold()]
    if len(found) == 1:
        return found[0]
    what = "Several MIDI inputs are" if found else "There is no MIDI input"
    listed = ", ".join(repr(name) for name in found or names)
    raise ValueError(f"{what} called {wanted!r}: choose one of {listed}.")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
