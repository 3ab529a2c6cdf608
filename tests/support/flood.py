"""Datagrams as fast as they can be sent: ``python -m support.flood KIND PORT COUNT CLIENTS``.

It prints a line when it begins, and then how many it sent in how many seconds.
"""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import time
from contextlib import suppress

from plugin_bridge.osc.datagram import encode
from support.datagrams import HOSTILE, PING, mutated, text

#: What is sent over and over, by kind.
KINDS = {
    "garbage": [b"\xffno OSC at all\0"],  # 16 bytes, like the next
    "unknown": [text(b"/restyle/xyz")],
    "requests": [PING],
    "mixed": [
        *(data for data in HOSTILE.values() if len(data) < 5000),
        *(mutated(random.Random(n), PING) for n in range(500)),
        encode("/restyle/preset/list"),
        encode("/restyle/param/list", "vioiln"),
        encode("/restyle/submit", "a", "missing.wav", "out.wav", "violin"),
        encode("/restyle/job", "a"),
    ],
}


def flood(kind: str, port: int, count: int, clients: int) -> subprocess.Popen[str]:
    """Start such a process, which has begun when this returns."""
    command = [sys.executable, "-m", __name__, kind, str(port), str(count), str(clients)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def main() -> None:
    kind, port, count, clients = sys.argv[1], *map(int, sys.argv[2:5])
    datagrams, sockets = KINDS[kind], []
    for _ in range(clients):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.connect(("127.0.0.1", port))
        udp.setblocking(False)
        sockets.append(udp)
    print(flush=True)
    began = time.monotonic()
    for n in range(count):
        with suppress(OSError):
            sockets[n % clients].send(datagrams[n % len(datagrams)])
    print(count, time.monotonic() - began)


if __name__ == "__main__":
    main()
