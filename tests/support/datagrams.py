"""Datagrams by hand, and such as only a broken or a hostile client would send."""

from __future__ import annotations

import struct

from plugin_bridge.osc.datagram import MAX_BYTES, encode

IN_2036 = struct.pack(">II", 0xFFFFFFFF, 0)
AT_ONCE = struct.pack(">II", 0, 1)


def text(content):
    """Bytes as an OSC string."""
    return content + b"\0" * (4 - len(content) % 4)


def bundle(*elements, time_tag=AT_ONCE):
    parts = [struct.pack(">i", len(element)) + element for element in elements]
    return text(b"#bundle") + time_tag + b"".join(parts)


PING = encode("/restyle/version")
SUBMIT = encode("/restyle/submit", "job-1", "in.wav", "out.wav", "violin", "strength", 0.5)

HOSTILE = {
    "nothing": b"",
    "one byte": b"/",
    "zeros": bytes(64),
    "no slash": text(b"restyle"),
    "a length that is no multiple of 4": PING + b"\0",
    "too long": text(b"/a" + b"b" * MAX_BYTES),
    "an element of -4 bytes": text(b"#bundle") + AT_ONCE + struct.pack(">i", -4),
    "an element of 0 bytes": bundle(b""),
    "an element of 0 bytes, and a message": text(b"#bundle") + AT_ONCE + bytes(4) + PING,
    "an element of 3 bytes": text(b"#bundle") + AT_ONCE + struct.pack(">i", 3) + b"/a\0\0",
    "an element past the end": text(b"#bundle") + AT_ONCE + struct.pack(">i", 64) + PING,
    "an element of 2 GB": text(b"#bundle") + AT_ONCE + struct.pack(">i", 2**31 - 4) + PING,
    "a bundle that is only its name": text(b"#bundle"),
    "a bundle without the end of its time tag": text(b"#bundle") + b"\0\0\0\0",
    "a bundle with half a size": bundle() + b"\0\0",
    "an address that takes regular expressions for ever": text(b"/" + b"*a" * 26 + b"b"),
    "an address in a bundle that does": bundle(text(b"/" + b"*a" * 26 + b"b")),
    "bundles five deep": bundle(bundle(bundle(bundle(bundle(PING))))),
    "bundles a thousand deep": text(b"#bundle") * 1000,
    "65 messages": bundle(*[PING] * 65),
    "5400 messages": bundle(*[text(b"/a")] * 5400),
    "65 messages in two bundles": bundle(bundle(*[PING] * 33), bundle(*[PING] * 32)),
    "types without a comma": text(b"/a") + text(b"s") + text(b"x"),
    "types missing, arguments not": text(b"/a") + text(b"") + text(b"x"),
    "65 arguments": text(b"/a") + text(b"," + b"T" * 65),
    "16 000 arguments": text(b"/a") + text(b"," + b"N" * 16_000),
    "an open array": text(b"/a") + text(b",["),
    "a closed array": text(b"/a") + text(b",]"),
    "an array": text(b"/a") + text(b",[i]") + bytes(4),
    "a blob": text(b"/a") + text(b",b") + struct.pack(">i", 4) + b"abcd",
    "a blob of -4 bytes": text(b"/a") + text(b",b") + struct.pack(">i", -4),
    "a blob of 2 GB": text(b"/a") + text(b",b") + struct.pack(">i", 2**31 - 1),
    "a time": text(b"/a") + text(b",t") + b"\xff" * 8,
    "a colour": text(b"/a") + text(b",r") + bytes(4),
    "a MIDI message": text(b"/a") + text(b",m") + bytes(4),
    "a type nobody knows": text(b"/a") + text(b",Q"),
    "a type that is no ASCII": text(b"/a") + text(b",\xff"),
    "an int that is missing": text(b"/a") + text(b",i"),
    "half a double": text(b"/a") + text(b",d") + bytes(4),
    "text that is missing": text(b"/a") + text(b",s"),
    "text that never ends": text(b"/a") + text(b",s") + b"abcd",
    "an address that never ends": b"/abc",
    "types that never end": text(b"/a") + b",sss",
    "text that is not UTF-8": text(b"/a") + text(b",s") + text(b"\xff\xfe"),
    "text that is half a character": text(b"/a") + text(b",s") + text("ä".encode()[:1]),
    "text that is a surrogate": text(b"/a") + text(b",s") + text(b"\xed\xa0\x80"),
    "text in the padding": text(b"/a") + text(b",s") + b"a\0bc",
    "an address with something in its padding": b"/a\0b" + text(b","),
    "something after the arguments": text(b"/a") + text(b",i") + bytes(8),
    "something after no arguments": PING + bytes(4),
    "an address that is not ASCII": text("/ä".encode()),
    "an address with a control character": text(b"/a\n"),
    **{f"an address with {sign}": text(f"/a{sign}b".encode()) for sign in " #*,?[]{}"},
    "a bundle whose last message is bad": bundle(PING, PING, text(b"/*")),
    "a web browser": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\0\0",
}


def mutated(rng, data):
    """A datagram that was damaged: bytes changed, taken out, put in, doubled or cut off."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randint(0, len(data)), rng.choice([1, 2, 4, 8])
        match rng.randrange(5):
            case 0:
                data[at : at + length] = rng.randbytes(length)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = rng.choice([b"\0\0\0\0", b"*a*a", b"\xff\xff\xff\xfc", b",s\0\0"])
            case 3:
                data += data[at : at + 2000]
            case 4:
                data = data[: at // 4 * 4]
    return bytes(data[: 2 * MAX_BYTES])
