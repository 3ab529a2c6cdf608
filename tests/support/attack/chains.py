"""Damaged chain files: each is read, or refused in one line, quickly; nothing is run or written."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import presets
from presets.chain_files.chain import Chain, parse

SLOW_SECONDS = 0.3  # that no text may take on a quiet machine
LONGEST_LINE = 600  # characters of a message

GOOD = [
    """\
label = "Warm strings in a hall"
note = 'As in the "old" days'
tail = "keep"

[[effects]]
type = "HighpassFilter"  # what rumbles
name = "low-cut"
cutoff_frequency_hz = 80

[[effects]]
type = "StyleTransfer"
preset = "string-ensemble"
strength = 0.9

[[effects]]
type = "VST3Plugin"
path = "DragonflyHallReverb.vst3"
parameters = { dry_level = 70, early_level = 20, freeze = false }

[[effects]]
type = "Mix"
effects = [{ type = "Gain", gain_db = -6.5 }, { type = "Reverb", room_size = 0.7 }]

[midi]
74 = "low-cut.cutoff_frequency_hz"
91 = { parameter = "reverb.wet_level", from = 0.1, to = 0.6 }
""",
    """\
[[effects]]
type = "Mix"
[[effects.effects]]
type = "Chain"
[[effects.effects.effects]]
type = "Delay"
delay_seconds = 25e-2
[[effects.effects.effects]]
type = "PitchShift"
semitones = -12
[[effects.effects]]
type = "Convolution"
impulse_response_filename = "hall.wav"
""",
    "[[effects]]\ntype = 'VST3Plugin'\npath = 'ZamDelay.vst3'\nstate = '"
    + "VlN0VwEAAAA+/" * 400
    + "'\n[effects.parameters]\ndelaytime = 160.0\n'lpf on' = true\n",
    "\ufefflabel = '''Ärger mit Umlauten: \u65e5\u672c'''\r\neffects = [\r\n"
    + "  { type = 'Chorus', rate_hz = 1.0, depth = 0.25 },\r\n" * 5
    + "]\r\n",
    'effects = [{ type = "StyleTransfer", style = "../../etc/passwd", strength = 1 }]\n',
]

#: What takes the place of a value, a key or a line.
EXTREMES = [
    *("0", "-1", "128", "1e308", "-1e309", "nan", "-inf", "9" * 400, "0x" + "f" * 300, "0.0e-999"),
    *(
        "true",
        '""',
        "''",
        '"\\u0000"',
        '"\\u001b[2J"',
        '"\\U0001F600"',
        "'a'" * 3,
        '"' + "x" * 5000,
    ),
    *("[]", "{}", "[[]]", "[{}]", "{ type = 1 }", "1979-05-27T07:32:00Z", "07:32:00", "[1, [2, [3"),
    *(
        "[[effects]]",
        "[effects]",
        "[midi]",
        "[effects.parameters]",
        "[[effects.effects]]",
        "[",
        "]",
    ),
    *("type", "name", "path", "state", "parameters", "cc74", "074", "0", '"74"', "from", "to"),
    *('"/dev/zero"', '"/dev/stdin"', '"$(touch hacked)"', '"`touch hacked`"', "'\\\\host\\share'"),
    *("[" * 3000, "{a=" * 3000, ".".join("a" * 3000), "a." * 10, "#" * 3000, "_", "\r", "\ufeff"),
    'type = "Chain"\neffects = [' * 12,
    '[[effects]]\ntype = "Gain"\n' * 70,
    'type = "Chain"\nname = "../../x.y"\n',
]


def mutant(number: int) -> str:
    """A damaged text: the same for the same number."""
    draw = random.Random(number)
    text = GOOD[number % len(GOOD)]
    for _ in range(draw.choice([1, 1, 1, 2, 3, 8])):
        text = draw.choice(_DAMAGES)(text, draw)[: 300 << 10]
    return text


def _flip(text: str, draw: random.Random) -> str:
    data = bytearray(text.encode(errors="surrogateescape"))
    for _ in range(draw.choice([1, 1, 4, 30])):
        if data:
            data[draw.randrange(len(data))] = draw.randrange(256)
    return data.decode(errors=draw.choice(["replace", "surrogateescape"]))


def _cut(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] if draw.random() < 0.7 else text[at:]


def _lines(text: str, draw: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    match draw.randrange(4):
        case 0:
            draw.shuffle(lines)
        case 1 if lines:
            del lines[draw.randrange(len(lines))]
        case 2 if lines:
            at = draw.randrange(len(lines))
            lines[at:at] = [lines[at]] * draw.choice([1, 2, 100])
        case _:
            lines.insert(draw.randrange(len(lines) + 1), f"{draw.choice(EXTREMES)}\n")
    return "".join(lines)


def _swap(text: str, draw: random.Random) -> str:
    """An extreme in the place of a value, or of a key."""
    lines = text.split("\n")
    having = [at for at, line in enumerate(lines) if "=" in line]
    if not having:
        return text
    at = draw.choice(having)
    places = [place for place, sign in enumerate(lines[at]) if sign == "="]
    place, extreme = draw.choice(places), draw.choice(EXTREMES)
    before, after = lines[at][:place], lines[at][place + 1 :]
    if draw.random() < 0.3:
        before = before[: before.rstrip().rfind(" ") + 1] + extreme
    else:
        ends = [end for end in (after.find(","), after.find("}")) if end >= 0]
        after = f" {extreme}{after[min(ends) :] if ends else ''}"
    lines[at] = f"{before}={after}"
    return "\n".join(lines)


def _insert(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text) + 1)
    return f"{text[:at]}{draw.choice(EXTREMES)}{text[at:]}"


def _grow(text: str, draw: random.Random) -> str:
    """Much of the same: what is slow with long texts, if anything is."""
    at = draw.randrange(len(text) + 1)
    size = draw.choice([1, 3, 10, 40])
    return text[:at] + text[at : at + size] * draw.choice([50, 2000, 20_000]) + text[at:]


_DAMAGES = [_flip, _cut, _lines, _lines, _swap, _swap, _swap, _insert, _grow]


@dataclass
class Found:
    """What became of damaged texts; ``wrong`` says what should not have been."""

    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.read} read, {self.refused} refused, the slowest took {self.slowest:.2f} s"


def harvest(
    numbers: range,
    check: Callable[[Chain], list[str]] = lambda chain: [],
    on_text: Callable[[], object] = lambda: None,
) -> Found:
    """Read a damaged text for each number.

    Args:
        numbers: which.
        check: looks at the chains that could be read, and says what is wrong with them, one line
            for each fault.
        on_text: called after each.
    """
    found = Found()
    with _watched(found.wrong):
        for number in numbers:
            text = mutant(number)
            started = time.perf_counter()
            try:
                lines = check(parse(text))
                found.read += 1
            except presets.ChainError as error:
                lines = [str(error)]
                found.refused += 1
            except Exception as error:
                lines = []
                found.wrong.append(f"{number}: {error!r}")
            found.slowest = max(found.slowest, time.perf_counter() - started)
            found.wrong += [f"{number}: {line!r}" for line in lines if not _is_fair(line)]
            on_text()
    return found


def _is_fair(line: str) -> bool:
    return line.isprintable() and 10 < len(line) < LONGEST_LINE


_watchers: list[list[str]] = []


@contextmanager
def _watched(wrong: list[str]) -> Iterator[None]:
    """Note what is run, written or asked of the network during the block."""
    if _hear not in _HEARING:
        sys.addaudithook(_hear)  # for good: no hook can be taken away
        _HEARING.append(_hear)
    _watchers.append(wrong)
    try:
        yield
    finally:
        _watchers.remove(wrong)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watchers:
        return
    if event == "open":
        flags = arguments[2]
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            _watchers[-1].append(f"opened {arguments[0]!r} to write")
    elif event.startswith(_FORBIDDEN):
        _watchers[-1].append(f"{event}{arguments!r}")


_HEARING: list[Any] = []
_FORBIDDEN = (
    *("subprocess.", "os.exec", "os.spawn", "os.system", "os.posix_spawn", "os.fork", "socket."),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
    *("ctypes.dlopen", "shutil."),
)
