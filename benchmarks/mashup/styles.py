"""The styles of the benchmark's songs: meter, chords, and what drums, bass and chords play.

All of it was written for this benchmark by hand, by no other writer's patterns, and is used for
nothing else: training and tuning must not see it.

A pattern is a bar as a string with one character a step. ``.`` is a rest; other characters are
explained where they are used: `DRUMS`, and in `benchmarks.mashup.writer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Strokes in a groove: kick, snare, rim, closed and open hi-hat, ride, floor and high tom, crash.
DRUMS = {"k": 36, "s": 38, "r": 37, "h": 42, "o": 46, "d": 51, "f": 43, "t": 48, "c": 49}

#: Progressions as degrees of the scale, one for each bar, from 0.
MAJOR = ((0, 4, 5, 3), (0, 3, 0, 4), (5, 3, 0, 4), (0, 5, 1, 4), (3, 0, 4, 5), (0, 2, 3, 4))
MINOR = ((0, 5, 2, 6), (0, 3, 5, 6), (0, 6, 5, 6), (0, 2, 6, 3), (5, 6, 0, 0), (0, 3, 0, 6))
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}


@dataclass(frozen=True)
class Style:
    """How a song goes.

    Attributes:
        beats: of a bar; those of 6/8 are dotted quarters.
        steps: of a beat in every pattern: 4, or 3 in swing and 6/8.
        tempos: beats per minute, from and to.
        grooves: bars of drums: the layers of each sound together.
        basses: bars of bass: ``1`` root, ``5`` fifth, ``8`` octave, ``3`` third, ``a`` the note
            before the next chord's root; ``-`` holds.
        comps: bars of chords: ``x`` strikes, ``-`` holds, and digits pick one note of the chord.
        cells: beats of melody, whose strokes are ``x`` and ``-``.
    """

    beats: int
    steps: int
    tempos: tuple[int, int]
    grooves: tuple[tuple[str, ...], ...]
    basses: tuple[str, ...]
    comps: tuple[str, ...]
    cells: tuple[str, ...]


STYLES: Mapping[str, Style] = {
    "pop": Style(
        4,
        4,
        (88, 132),
        (
            ("k.......k.k.....", "....s.......s...", "h.h.h.h.h.h.h.h."),
            ("k...k...k...k...", "....s.......s..s", "..o...o...o...o."),
            ("k..k..k...k.....", "....s.......s...", "hhhhhhhhhhhhhhho"),
        ),
        ("1-1-1-1-1-1-1-1-", "1-----1-5-----1-", "1--1--1-8--1--a-"),
        ("x-------x-------", "x--x--x---x--x--", "1.2.3.2.1.2.3.2."),
        ("x---", "x-x-", "x--x", "xxx-", "x-xx"),
    ),
    "rock": Style(
        4,
        4,
        (104, 168),
        (
            ("k.......k.......", "....s.......s...", "h.h.h.h.h.h.h.h."),
            ("k.....k.k.......", "....s.......s...", "d...d...d...d..."),
            ("k.k.....k.k...k.", "....s.......s...", "o...o...o...o..."),
        ),
        ("1.1.1.1.1.1.1.1.", "1-1-1-1-5-5-1-1-", "1-----1-1-----a-"),
        ("x-x-x-x-x-x-x-x-", "x-----x-x-------", "x---------x-x-x-"),
        ("x---", "x-x-", "x-x-", "x--x"),
    ),
    "funk": Style(
        4,
        4,
        (92, 120),
        (
            ("k..k..k...k..k..", "....s..s.s..s...", "hhhhhhhhhhhhhhho"),
            ("k.k.......k..k..", "....s..s....s..s", "h.h.h.hoh.h.h.h."),
        ),
        ("1..1..8.1..5..8.", "1.1...8...1.5.a.", "1...8.1..1..8.5."),
        ("..x...x...x..x..", "x..x......x..x..", "....x--.....x-x."),
        ("x-xx", "xx-x", "x--x", "xxxx", ".xx-"),
    ),
    "ballad": Style(
        4,
        4,
        (70, 92),
        (
            ("k.........k.....", "....r.......r...", "h.h.h.h.h.h.h.h."),
            ("k.......k.......", "....s.......s...", "d...d...d...d..."),
        ),
        ("1-------5-------", "1-----------a---", "1-----1-5---1---"),
        ("x---------------", "1.2.3.2.1.2.3.2.", "x-------x-------"),
        ("x---", "x-x-", "x---", "x--x"),
    ),
    "waltz": Style(
        3,
        4,
        (84, 150),
        (
            ("k...........", "....r...r...", "d...d...d..."),
            ("k.........k.", "....s...s...", "h.h.h.h.h.h."),
        ),
        ("1-----------", "1-------5---", "1---5---a---"),
        ("....x---x---", "x-----------", "1.2.3.2.3.2."),
        ("x---", "x-x-", "x---", "x--x"),
    ),
    "six-eight": Style(
        2,
        3,
        (70, 100),
        (
            ("k.....", "...s..", "hhhhhh"),
            ("k....k", "...s..", "h.hh.h"),
        ),
        ("1--1--", "1-----", "1--5-a"),
        ("123321", "x--x--", "1.21.2"),
        ("x--", "xxx", "x-x"),
    ),
    "swing": Style(
        4,
        3,
        (104, 168),
        (
            ("k.....k.....", "...r.....r..", "d..d.dd..d.d"),
            ("k..k..k..k..", ".....s...s..", "d..d.dd..d.d"),
        ),
        ("1--5--8--a--", "1--3--5--a--"),
        ("x----x------", "..x-....x-..", "x-----x-----"),
        ("x--", "x-x", "x-x", "xxx"),
    ),
}

#: General MIDI programs, from 0.
LEADS = (0, 11, 21, 22, 24, 26, 29, 40, 52, 53, 54, 56, 59, 64, 65, 68, 71, 73, 75, 80, 81, 85, 105)
BASSES = (32, 33, 34, 35, 36, 38, 39)
CHORDS = (0, 1, 4, 5, 16, 18, 19, 24, 25, 27, 30, 46, 48, 50, 61, 88, 89, 91)
KITS = (0, 8, 16, 24, 25, 32)  # of TimGM6mb and other GS soundfonts; others play their first
