"""API 1: the messages that the server takes over OSC, and what it answers.

``COMMANDS`` is the one table of the addresses: the server checks arguments by it, and
``/restyle/help`` sends it. Numbers and booleans may stand for each other, since OSC clients differ
in what they send.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

API = 1
NAME = "restyle"
HOST = "127.0.0.1"
PORT = 9471
SUBMIT = "/restyle/submit"
MASHUP = "/restyle/mashup"
MORPH = "/restyle/morph"
TWEAK = "/restyle/tweak"
MAX_ID = 200  # characters of a job's id; not searched
COOKIE = "/cookie"  # short, since its message must not be longer than the shortest request


class Command(NamedTuple):
    """One address.

    Attributes:
        types: OSC type tags of the arguments that must be there.
        optional: type tags of those that may follow; ``*`` is any number of any type.
        arguments: the arguments, for people.
        text: what it does and what is answered, for people.
    """

    types: str
    optional: str
    arguments: str
    text: str


#: The operations of `plugin_bridge.jobs.operations` that have an address of their own. Its
#: arguments are the job, the operation's inputs, the file to write, and pairs of a key and a value.
OPERATIONS: Mapping[str, str] = MappingProxyType({MASHUP: "mashup", MORPH: "morph", TWEAK: "tweak"})

COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "/restyle/help": Command(
            "", "", "", "These lines: /restyle/help.reply s:address s:arguments s:text, one each."
        ),
        "/restyle/version": Command(
            "", "", "", "Answered by /restyle/version.reply s:name s:version i:api."
        ),
        "/restyle/status": Command(
            "", "", "", "Answered by /restyle/status.reply i:queued i:running i:done i:failed."
        ),
        "/restyle/notify": Command(
            "i",
            "i",
            "i:1 or 0, [i:port]",
            "Send every job's progress and end here, and what is refused, or to that port of this "
            "machine, for an hour; with a port, answers go there as well. 0 ends it. Answered by "
            "/restyle/done s:notify i:client.",
        ),
        "/restyle/preset/list": Command(
            "",
            "",
            "",
            "Answered by /restyle/preset i:index i:total s:name s:label i:gm, one for each; gm is "
            "the General MIDI program, or -1.",
        ),
        "/restyle/chain/list": Command(
            "",
            "",
            "",
            "Answered by /restyle/chain i:index i:total s:name s:label, one for each; if there is "
            "none, by total 0 and no name.",
        ),
        "/restyle/param/list": Command(
            "",
            "s",
            "[s:preset or chain]",
            "Answered by /restyle/param s:name s:type f:min f:max f:default, one for each number "
            "that can be set: of a chain, also name.parameter of its effects.",
        ),
        "/restyle/param/set": Command(
            "sf",
            "",
            "s:name f:value",
            "The value for jobs that give none. Answered by /restyle/param, clamped to its range.",
        ),
        SUBMIT: Command(
            "ssss",
            "*",
            "s:job s:in s:out s:preset, then [s:key value]…",
            "Restyle the file in and write out. A chain's name may stand for the preset; then keys "
            "such as reverb.wet_level are its effects' parameters. The key style takes the path of "
            "a clip, in place of a preset, which is then empty; engine and drums (keep, play or "
            "drop) take a word. "
            "Answered by /restyle/accepted s:job i:position, then /restyle/progress s:job "
            "f:fraction s:stage, and in the end /restyle/done s:submit s:job s:out i:frames i:rate "
            "f:seconds. Sending it again changes nothing.",
        ),
        MASHUP: Command(
            "ssss",
            "*",
            "s:job s:a s:b s:out, then [s:key value]…",
            "Lay the lead of song a over the bed of song b, and write out. Keys: lead (a, b or "
            "auto), balance (-1 to 1), bed (full or rhythm), tempo (b, a or beats a minute), key "
            "(b, a or none), start_seconds and end_seconds of out. Answered as /restyle/submit is, "
            "which stands in its /restyle/done and /restyle/fail, too, once it is accepted.",
        ),
        MORPH: Command(
            "ssss",
            "*",
            "s:job s:a s:b s:out, then [s:key value]…",
            "Make the piece between a and b, and write out. Keys: at (0 is a, 1 is b; a text such "
            "as 0:1 travels), method (notes, latent or both), tempo (between or own), seed, "
            "length_seconds (0 for the longer one's). Answered as /restyle/mashup is.",
        ),
        TWEAK: Command(
            "sss",
            "*",
            "s:job s:in s:out, then [s:key value]…",
            "Change the latent of in, play what it says, and write out. Keys: scale (1), add, "
            "flatten, shuffle, noise, more_notes, higher, longer, brighter, max (a text: 17,3), "
            "towards (a preset) and amount (0.5), preset (who plays it) or style "
            "(the path of a clip that does), seed. Answered as /restyle/mashup is.",
        ),
        "/restyle/cancel": Command(
            "s", "", "s:job", "Stop a job; no file is left. Answered by /restyle/cancelled s:job."
        ),
        "/restyle/job": Command(
            "s",
            "",
            "s:job",
            "Answered by /restyle/job.reply s:job s:state f:progress s:detail; the state is queued,"
            " running, done, failed or cancelled.",
        ),
        COOKIE: Command(
            "s",
            "",
            "s:token",
            "Beyond loopback this is all that a host is answered until it proves itself: send it "
            "back as it came, and ask again. Answered by /restyle/done s:cookie i:seconds, for "
            "which all of that host's ports are trusted. A wrong token is not answered.",
        ),
    }
)
