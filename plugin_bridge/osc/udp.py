"""A server's UDP socket: room for a burst, and a way to take in many datagrams at once."""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from plugin_bridge.osc.datagram import MAX_BYTES

# Not searched: on Linux, which doubles it, a datagram of 16 bytes takes 768 of these, so that some
# 10 000 have room: what comes in 0.1 s from a process that does nothing but send. More room would
# only be longer to wait in.
RECEIVE_BYTES = 1 << 22
SO_RCVBUFFORCE = 33  # of Linux, which Python does not name: as SO_RCVBUF, for root without a limit
LOOK_EVERY = 64  # datagrams, at the clock

# Of Linux, which Python does not name: what it tells of a socket's memory, in words of 32 bits, and
# which of these counts what was dropped (linux/sock_diag.h).
SO_MEMINFO, MEMINFO_DROPS = 55, 8

SO_ATTACH_FILTER = 26  # of Linux, which Python does not name
# A program of classic BPF (Documentation/networking/filter.rst of Linux, linux/bpf_common.h) that
# throws away what cannot be OSC before it takes room in the socket: a datagram of 16 bytes takes as
# much as one of 300. It says what `looks_like_osc` says of the length and the first byte. Each
# instruction is a code, two jumps as numbers of instructions to leave out (if true, if false), and
# a value; what it returns is how many bytes to keep. A UDP socket's filter sees the UDP header
# first, of 8 bytes, so that the length of all is a multiple of 4 if the datagram's is.
FILTER = (
    (0x80, 0, 0, 0),  # BPF_LD | BPF_W | BPF_LEN: A = the length
    (0x45, 4, 0, 3),  # BPF_JMP | BPF_JSET | BPF_K: is A & 3 not 0? then drop
    (0x30, 0, 0, 8),  # BPF_LD | BPF_B | BPF_ABS: A = the first byte; without one, it is dropped
    (0x15, 1, 0, ord("/")),  # BPF_JMP | BPF_JEQ | BPF_K: an address? then keep
    (0x15, 0, 1, ord("#")),  # a bundle? if not, drop
    (0x06, 0, 0, 0xFFFFFFFF),  # BPF_RET | BPF_K: keep all of it
    (0x06, 0, 0, 0),  # drop
)


def open_socket(host: str, port: int) -> socket.socket:
    """A UDP socket at an address of this machine; it never blocks.

    Raises:
        OSError: the port is in use, or there is no such address.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
    )[0]
    udp = socket.socket(family, kind, protocol)
    try:
        udp.setblocking(False)
        _make_room(udp)
        _filter(udp)
        udp.bind(address)
    except OSError:
        udp.close()
        raise
    return udp


def drain(udp: socket.socket, *, max_seconds: float) -> Iterator[tuple[bytes, tuple[Any, ...]]]:
    """The datagrams that have come, each with its sender, for no longer than ``max_seconds``.

    Those that are too long are cut, to a length that is not that of a message.
    """
    end = time.monotonic() + max_seconds
    with suppress(OSError):  # there are no more
        while time.monotonic() < end:
            for _ in range(LOOK_EVERY):
                yield udp.recvfrom(MAX_BYTES + 1)


def dropped(udp: socket.socket) -> int:
    """How many datagrams the system has dropped: by `FILTER`, or for want of room.

    It is 0 where the system does not tell, which Linux alone does.
    """
    if sys.platform != "linux":
        return 0
    with suppress(OSError, struct.error):
        told = udp.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 4 * (MEMINFO_DROPS + 1))
        return int(struct.unpack_from("=I", told, 4 * MEMINFO_DROPS)[0])
    return 0


def _filter(udp: socket.socket) -> None:
    """Have Linux run `FILTER`; elsewhere, the same is dropped a little later."""
    if sys.platform != "linux":
        return
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *it) for it in FILTER))
    program = struct.pack("@HP", len(FILTER), ctypes.addressof(code))  # struct sock_fprog
    with suppress(OSError):
        udp.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def _make_room(udp: socket.socket) -> None:
    """Have the system keep many datagrams: as many as are asked for, or as it allows."""
    if sys.platform == "linux":
        with suppress(OSError):
            udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BYTES)
            return
    with suppress(OSError):
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
