"""Where messages may be sent: to addresses of the public internet, and to no others.

A name is resolved, every address judged, and the connection then goes to an address that was
judged: who resolved twice could be given another answer the second time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST = ipaddress.IPv6Network("2000::/3")  # of IPv6, what IANA gives out: RFC 4291, section 2.4
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # IPv4 addresses, translated: RFC 6052
# For protocols (RFC 6890), and relays of 6to4 (RFC 7526); Pythons differ about them.
_SPECIAL = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
# Names are looked up in threads of their own: one that does not answer holds up nothing else.
_LOOKUPS = ThreadPoolExecutor(4, thread_name_prefix="restyle-dns")


class NotPublic(OSError):  # noqa: N818 - says what the address is
    """A host has an address that is not public."""


def is_public(address: Address) -> bool:
    """Whether an address, or the IPv4 address that it stands for, is of the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST or address.teredo is not None:
            return False
    elif any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


async def resolve(host: str, port: int, *, private: bool = False) -> list[str]:
    """The addresses of a host, as texts to connect to.

    Args:
        host: a name, or an address.
        port: what is to be reached there.
        private: whether addresses may be any.

    Raises:
        NotPublic: one of them is not public, and has to be.
        OSError: the name is unknown, or nobody answers.
    """
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_LOOKUPS, _look_up, host, port)
    if not private and not all(is_public(ipaddress.ip_address(it)) for it in found):
        raise NotPublic(f"{host} is an address of an internal network")
    return found


def _look_up(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a name with an empty or a too long part
        raise OSError(f"{host} is no name of a host") from error
    return list(dict.fromkeys(str(it[4][0]) for it in answers))
