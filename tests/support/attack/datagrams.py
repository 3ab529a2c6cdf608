"""Hostile datagrams as fast as they can be sent, and a good client beside them."""

from __future__ import annotations

import math
import multiprocessing
import random
import socket
import statistics
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugin_bridge.osc.addresses import COMMANDS
from plugin_bridge.osc.client import Client
from plugin_bridge.osc.datagram import MAX_BYTES, encode
from support.datagrams import HOSTILE, bundle, mutated

HOST = "127.0.0.1"
PING = encode("/restyle/version")
PREPARED = 5000  # datagrams that a flood repeats, so that making them does not slow it

PATHS = [
    "", ".", "..", "/", "../in.wav", "../../etc/passwd", "/etc/passwd", "/dev/zero", "/dev/stdin",
    "/proc/self/mem", "pipe.wav", "folder", "folder/", "loop.wav", "in.wav/", "in.wav/x.wav",
    "missing.wav", "missing/out.wav", "in.txt", "in", ".wav", "~/in.wav", "$HOME/in.wav",
    "file:///in.wav", "C:\\in.wav", "in.wav\n", "\x1b[2J.wav", "%s%n.wav", "a" * 300 + ".wav",
    "a/" * 2000 + "b.wav", "./" * 2000 + "in.wav", "x" * 5000, "ä" * 2000 + ".wav", "\u202e.wav",
    "broken.wav", "empty.wav", "zeros.wav", "out.wav.part", "in.wav", "outside.wav", "nest.wav",
]  # fmt: skip
PRESETS = [
    *("", "violin", "40", "999", "-1", "Violin", "vioin", "../violin", "a-b-c-d-e-f", "x" * 500)
]
NUMBERS = [0, 1, -1, 0.5, 2.0, 1e30, math.nan, math.inf, -math.inf, 2**31 - 1, 2**62, True, None]
KEYS = [
    *("strength", "mix", "gain_db", "seed", "start_seconds", "end_seconds", "drums", "", "colour"),
    "é",
]


def submission(id="job", stem="in.wav", out="out.wav", preset="violin", *rest):
    return encode("/restyle/submit", id, stem, out, preset, *rest)


class Fuzz:
    """Datagrams, valid and not, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def datagram(self) -> bytes:
        """A valid one, a bundle, a hostile one, or one of these damaged."""
        draw = self._random
        kind = draw.random()
        if kind < 0.3:
            return self._message()
        if kind < 0.4:
            return bundle(
                *(self._message() for _ in range(draw.choice([0, 1, 1, 2, 2, 4, 8, 64])))
            )[:MAX_BYTES]
        if kind < 0.5:
            return draw.choice([*HOSTILE.values()])
        if kind < 0.51:
            return draw.randbytes(draw.choice([1, 4, 100, 16_000, 60_000]))
        return mutated(draw, draw.choice([self._message(), bundle(self._message(), PING)]))

    def _message(self) -> bytes:
        draw = self._random
        address = draw.choice([*COMMANDS, "/restyle/nothing"])
        if address == "/restyle/submit" and draw.random() < 0.9:
            pairs = [
                it
                for _ in range(draw.choice([0, 0, 1, 3]))
                for it in (draw.choice(KEYS), self._number())
            ]
            id = draw.choice(["", "a", "b", f"job-{draw.randrange(10**6)}", "x" * 300, "\n", "é"])
            paths = draw.choice(PATHS), draw.choice(PATHS)
            return submission(id, *paths, draw.choice(PRESETS), *pairs)
        types = COMMANDS[address].types if address in COMMANDS else ""
        given = [self._value(kind) for kind in types]
        if draw.random() < 0.3:
            given = [self._value(draw.choice("sif")) for _ in range(draw.randrange(5))]
        return encode(address, *given)

    def _value(self, kind: str) -> str | int | float | None:
        draw = self._random
        if kind == "s":
            return draw.choice([*PATHS, *PRESETS, *KEYS, "a", "b"])
        return self._number()

    def _number(self) -> int | float | None:
        value = self._random.choice(NUMBERS)
        return (
            value if self._random.random() < 0.7 or value is None else self._random.uniform(-2, 2)
        )


def _noise(draw: random.Random) -> bytes:
    return draw.randbytes(16)


def _unknown(draw: random.Random) -> bytes:
    return b"/restyle/" + bytes(draw.choices(b"abcdefgh", k=3)) + bytes(4)


def _no_bundle(draw: random.Random) -> bytes:
    return b"#bundle\0" + struct.pack(">Q", draw.randrange(1 << 64))


#: Floods by name: what draws one datagram.
FLOODS: dict[str, Callable[[random.Random], bytes]] = {
    "16 random bytes": _noise,
    "unknown addresses of 16 bytes": _unknown,
    "empty bundles of 16 bytes": _no_bundle,
    "requests for the version": lambda draw: PING,
    "all kinds": lambda draw: Fuzz(draw.randrange(1 << 30)).datagram(),
}


@dataclass(frozen=True)
class Answers:
    """How a good client fared beside a flood.

    Attributes:
        sent: hostile datagrams.
        asked: requests of the good client.
        median, worst: seconds to their answers.
    """

    sent: int
    asked: int
    median: float
    worst: float

    def __str__(self) -> str:
        return (
            f"{self.sent} datagrams, {self.asked} requests beside them answered in "
            f"{self.median:.3f} s at the median, {self.worst:.3f} s at worst"
        )


def flood(
    port: int, kind: str, count: int, *, ports: int = 1, pause_seconds: float = 0.02
) -> Answers:
    """Send ``count`` datagrams as fast as one process can, and ask for the version meanwhile.

    Args:
        port: the server's.
        kind: a name in `FLOODS`.
        count: how many.
        ports: from how many ports they come.
        pause_seconds: between the good client's requests.
    """
    context: Any = multiprocessing.get_context("spawn")
    process = context.Process(target=_send, args=(port, kind, count, ports), daemon=True)
    process.start()
    seconds = []
    with Client(port=port, timeout_seconds=30.0) as client:
        while process.is_alive() or not seconds:
            began = time.perf_counter()
            client.version()
            seconds.append(time.perf_counter() - began)
            time.sleep(pause_seconds)
    process.join()
    return Answers(count, len(seconds), statistics.median(seconds), max(seconds))


def _send(port: int, kind: str, count: int, ports: int) -> None:
    draw = random.Random(count)
    prepared = [FLOODS[kind](draw) for _ in range(min(PREPARED, count))]
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(ports)]
    for number in range(count):
        sockets[number % ports].sendto(prepared[number % len(prepared)], (HOST, port))
    for it in sockets:
        it.close()
