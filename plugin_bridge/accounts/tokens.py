"""What a client shows to say who it is, and what is kept in its place.

A key has 256 random bits, so a fast hash guards it as well as a slow one would: nobody can try
them all. (Slow ones are for passwords; at a third of a second a check they let anyone stop the
server.) The hash is keyed with a secret of the database, see
`plugin_bridge.jobs.records.records.Records.secret`: each use has a word of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

PREFIX = "rk_"  # tells a key apart, also for programs that look for keys in published code
BITS = 256  # of a key, a page's cookie, and a webhook's secret
_TOKEN = re.compile(rf"{PREFIX}[0-9a-f]{{{BITS // 4}}}", re.ASCII)


def new_token() -> str:
    """A new key: ``rk_`` and 64 hex digits, which a double click selects."""
    return PREFIX + secrets.token_hex(BITS // 8)


def is_token(text: str) -> bool:
    """Whether this looks like a key."""
    return _TOKEN.fullmatch(text) is not None


def digest_of(token: str, secret: bytes) -> str:
    """What is kept of a key, in hex."""
    return _keyed(token, secret, b"key", BITS // 8).hex()


def same(a: str, b: str) -> bool:
    """Whether two digests are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(a.encode(), b.encode())


def page_id(cookie: str, secret: bytes) -> str:
    """The owner that a page's cookie stands for. Nothing is kept: the same cookie is the same."""
    return "page_" + _keyed(cookie, secret, b"page", 16).hex()  # 128 bits, as ids of jobs have


def webhook_secret(owner: str, secret: bytes) -> str:
    """What messages to an owner's webhooks are signed with, as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(_keyed(owner, secret, b"webhook", BITS // 8)).decode()


def _keyed(text: str, secret: bytes, use: bytes, size: int) -> bytes:
    words = text.encode(errors="surrogatepass")  # a header may hold anything
    return hashlib.blake2b(words, digest_size=size, key=secret, person=use).digest()
