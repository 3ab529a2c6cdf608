"""Live MIDI input: what comes in arrives as settings, and what is missing is said in one line."""

import asyncio
import importlib.util
import math
import subprocess
import sys

import mido
import pytest
from mido import Message
from support.jobs import Room, until
from support.midi import control, program

from effects.midi.messages import Setting
from plugin_bridge import midi_input

LAUNCHKEY = "Launchkey Mini MK3:Launchkey Mini MK3 MIDI 1 20:0"


class FakePort:
    """As far as it is used: one of mido's ports, with keys that can be pressed."""

    def __init__(self, name, callback):
        self.name, self.receive, self.closed = name, callback, False

    def close(self):
        self.closed = True


class FakeBackend:
    """As far as it is used: mido's backend, with ports that are plugged in here."""

    def __init__(self, names):
        self.names, self.opened = names, []

    def load(self):
        pass

    def get_input_names(self):
        return self.names

    def open_input(self, name, callback):
        self.opened.append(FakePort(name, callback))
        return self.opened[-1]


@pytest.fixture
def plugged(monkeypatch):
    """Plug in ports of these names."""

    def plug(*names):
        backend = FakeBackend(list(names))
        monkeypatch.setattr(mido, "Backend", lambda: backend)
        return backend

    return plug


def one_line(caught):
    return "\n" not in str(caught.value)


# What comes in


def test_settings_arrive_and_nothing_else_does(plugged):
    backend, heard = plugged(LAUNCHKEY), []
    with midi_input.listen(LAUNCHKEY, heard.append) as listener:
        (port,) = backend.opened
        assert listener.name == port.name == LAUNCHKEY
        for message in [
            Message("clock"),
            program(40),
            Message("note_on", note=60),
            control(1, 127, channel=5),
            control(123, 0),
            control(64, 127),
        ]:
            port.receive(message)
        assert not port.closed
    assert port.closed
    assert heard == [
        Setting("preset", "violin"),
        Setting("strength", 1.0),
        Setting("cancel", None),
    ]


def test_one_channel_can_be_chosen(plugged):
    backend, heard = plugged(LAUNCHKEY), []
    midi_input.listen(LAUNCHKEY, heard.append, channel=5)
    for message in (control(1, 0), control(1, 127, channel=5), Message("clock")):
        backend.opened[0].receive(message)
    assert heard == [Setting("strength", 1.0)]


def test_each_listener_has_banks_of_its_own(plugged):
    backend, heard = plugged("a", "b"), []
    for name in ("a", "b"):
        midi_input.listen(name, heard.append)
    backend.opened[0].receive(control(0, 8))
    backend.opened[1].receive(program(40))
    assert heard == [Setting("preset", "violin")]


def test_closing_twice_is_no_trouble(plugged):
    plugged("a")
    listener = midi_input.listen("a", print)
    listener.close()
    listener.close()


# What it does to the jobs


def test_settings_are_for_jobs_that_give_none_and_all_can_be_cancelled(tmp_path):
    room = Room(tmp_path)
    asyncio.run(room.submit("a"))
    for setting in [
        Setting("preset", "flute"),
        Setting("strength", 0.25),
        Setting("gain_db", -math.inf),
        Setting("mix", 1.0),
    ]:
        midi_input.steer(room.service, setting)
    values = {"preset": "flute", "strength": 0.25, "gain_db": -60.0, "mix": 1.0}
    assert room.service.defaults("restyle") == values

    async def cancel():
        midi_input.steer(room.service, Setting("cancel", None))
        await until(lambda: room.state("a") == "cancelled")

    asyncio.run(cancel())
    room.journal.close()


# Ports


def test_ports_are_listed_once(plugged):
    plugged("a", "b", "a")
    assert midi_input.ports() == ["a", "b"]


def test_part_of_a_name_will_do_if_it_is_the_only_one(plugged):
    plugged("Midi Through 14:0", LAUNCHKEY)
    assert midi_input.listen("launchkey", print).name == LAUNCHKEY


def test_a_whole_name_is_that_port_even_if_it_is_part_of_another(plugged):
    plugged("Keys 2", "Keys")
    assert midi_input.listen("Keys", print).name == "Keys"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "There is no MIDI input: plug one in"),
        (["a", "b"], "no MIDI input called 'Keys': choose one of 'a', 'b'"),
        (["Keys 1", "Keys 2", "a"], "Several .* called 'Keys': choose one of 'Keys 1', 'Keys 2'"),
    ],
)
def test_what_cannot_be_chosen_is_listed(plugged, names, message):
    plugged(*names)
    with pytest.raises(ValueError, match=message) as caught:
        midi_input.listen("Keys", print)
    assert one_line(caught)


def test_an_impossible_channel_is_refused(plugged):
    plugged("a")
    with pytest.raises(ValueError, match="between 1 and 16"):
        midi_input.listen("a", print, channel=17)


def test_a_port_in_use_is_told(plugged, monkeypatch):
    backend = plugged("a")

    def fail(*_, **__):
        raise OSError("error opening port:\nbusy.")

    monkeypatch.setattr(backend, "open_input", fail)
    with pytest.raises(
        ValueError, match="'a' cannot be opened: error opening port: busy"
    ) as caught:
        midi_input.listen("a", print)
    assert one_line(caught)


# What is missing


@pytest.mark.parametrize("call", ["ports()", "listen('a', print)"])
def test_without_rtmidi_the_extra_is_named(call):
    code = (
        "import sys; sys.modules['rtmidi'] = None\n"
        "from plugin_bridge import midi_input\n"
        f"try: midi_input.{call}\n"
        "except ValueError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == (
        "Live MIDI input needs python-rtmidi: run pip install 'restyle[midi]'.\n"
    )


def test_without_a_midi_system_that_is_told(plugged, monkeypatch):
    backend = plugged()

    def fail():  # rtmidi's SystemError is an OSError
        raise OSError("MidiInAlsa::initialize: error creating ALSA\nsequencer client.")

    monkeypatch.setattr(backend, "get_input_names", fail)
    for call in (midi_input.ports, lambda: midi_input.listen("a", print)):
        with pytest.raises(
            ValueError, match=r"no MIDI system .*\(MidiInAlsa.*\): .*snd-seq"
        ) as caught:
            call()
        assert one_line(caught)


@pytest.mark.skipif(not importlib.util.find_spec("rtmidi"), reason="needs restyle[midi]")
def test_this_machine_has_ports_or_says_why_not(monkeypatch):
    monkeypatch.delenv("MIDO_BACKEND", raising=False)
    try:
        found = midi_input.ports()
    except ValueError as error:
        found = str(error)
    assert isinstance(found, list) or found.startswith("This machine has no MIDI system")
