"""Whether a host is where it says: UDP does not tell, so beyond loopback it has to prove it.

Whoever writes another's address on a datagram makes the server answer that other. As with cookies
of DNS (RFC 7873) and the address validation of QUIC (RFC 9000, section 8.1), a host that is unknown
gets nothing but ``/cookie s:token``, which is no longer than the shortest request. Who sends the
token back has received it, and so is there. The server keeps nothing of hosts that are unproved: a
token can be computed again from the host, the hour and a secret.

A proof is for all ports of a host, since programs such as oscsend send each message from a new one.
So someone on the way, or on the same host, is not kept out: this is no password.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from hashlib import blake2b
from hmac import compare_digest

from plugin_bridge.osc.addresses import COOKIE
from plugin_bridge.osc.datagram import encode
from plugin_bridge.osc.hosts import is_loopback
from plugin_bridge.osc.quota import Quota

PROVED_SECONDS = 3600  # after which a host proves itself again
# 62^7 = 3.5e12 tokens, of which two are valid at a time: `TRIES` guesses a second find one in 3500
# years; as many as a line carries (1e6) would in three weeks.
TOKEN_CHARACTERS = 7  # with its NUL 8 bytes: a challenge has 20, as /restyle/help has
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Not searched.
TRIES = 16  # challenges and, beside them, tokens of one host within a second
MAX_PROVED = 1024  # hosts, of which the one whose proof is oldest is forgotten


class Proofs:
    """The hosts that have proved themselves, and the tokens with which others can."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._proved: OrderedDict[str, float] = OrderedDict()
        self._challenges, self._tries = Quota(TRIES), Quota(TRIES)

    def trusts(self, host: str) -> bool:
        """Whether requests of ``host`` are acted on."""
        return is_loopback(host) or self._proved.get(host, 0.0) > time.monotonic()

    def challenge(self, host: str, data: bytes) -> bytes | None:
        """What is answered to a datagram of a host that is not trusted; None for nothing."""
        answer = encode(COOKIE, self._token(host, _hour()))
        if len(data) < len(answer) or not self._challenges.spend(host):
            return None
        return answer

    def prove(self, host: str, token: str) -> bool:
        """Trust ``host`` for an hour if the token is its own."""
        if not self._tries.spend(host):
            return False
        hour, given = _hour(), token.encode()
        if not any(compare_digest(self._token(host, h).encode(), given) for h in (hour, hour - 1)):
            return False
        self._proved.pop(host, None)
        self._proved[host] = time.monotonic() + PROVED_SECONDS
        if len(self._proved) > MAX_PROVED:
            self._proved.popitem(last=False)
        return True

    def _token(self, host: str, hour: int) -> str:
        said = f"{hour} {host}".encode()
        number = int.from_bytes(blake2b(said, key=self._secret, digest_size=8).digest(), "big")
        digits = []
        for _ in range(TOKEN_CHARACTERS):
            number, digit = divmod(number, len(ALPHABET))
            digits.append(ALPHABET[digit])
        return "".join(digits)


def _hour() -> int:
    return int(time.monotonic() // 3600)
