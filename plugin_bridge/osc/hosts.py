"""Where an IP address is: on this machine, or anywhere."""

from __future__ import annotations

import ipaddress
import socket
from functools import lru_cache


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Whether an IP address never leaves the machine, ``::ffff:127.0.0.1`` included."""
    address = ipaddress.ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)  # not seen through before Python 3.13
    return bool((mapped or address).is_loopback)


def is_here(host: str) -> bool:
    """Whether an IP address is one of this machine: only such can be bound."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return is_loopback(host)
    return True
