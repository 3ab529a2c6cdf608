"""MIDI files: times in seconds, whatever the file, and one line for those that are broken."""

import io
import os
import random
import re
import struct
import subprocess
import sys

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mido import Message, MetaMessage
from support.midi import chunk, file_of, to_bytes, track

from effects.midi import file

PROGRAM = Message("program_change", channel=2, program=40)
MODULATION = Message("control_change", channel=2, control=1, value=64)


@pytest.fixture
def read(tmp_path):
    """Read a file of these bytes."""

    def run(data):
        path = tmp_path / "a.mid"
        path.write_bytes(data)
        return file.read(path)

    return run


# Times


def test_a_beat_is_half_a_second_until_a_tempo_says_otherwise(read):
    assert read(to_bytes(track((0, PROGRAM), (960, MODULATION)))) == [
        (0.0, PROGRAM),
        (1.0, MODULATION),
    ]


@pytest.mark.parametrize("kind", [0, 1])
def test_tempo_changes_count_from_their_time_on_and_for_all_tracks(read, kind):
    tempos = [
        (0, MetaMessage("set_tempo", tempo=1_000_000)),  # 1 s a beat
        (960, MetaMessage("set_tempo", tempo=250_000)),  # after 2 s: a quarter of one
        (1920, MetaMessage("set_tempo", tempo=2_000_000)),  # after 2.5 s: 2 s
    ]
    settings = [(tick, MODULATION) for tick in (480, 960, 1440, 1920, 2400)]
    if kind:
        data = to_bytes(track(*tempos), track(*settings))
    else:
        data = to_bytes(track(*sorted(tempos + settings, key=lambda timed: timed[0])), kind=0)
    assert [seconds for seconds, _ in read(data)] == pytest.approx([1, 2, 2.25, 2.5, 4.5])


@given(
    st.lists(
        st.lists(
            st.tuples(
                st.integers(0, 3000),
                st.one_of(
                    st.builds(lambda tempo: MetaMessage("set_tempo", tempo=tempo),
                              st.integers(1, 0xFFFFFF)),
                    st.builds(lambda c, n, v: Message("control_change", channel=c, control=n,
                                                      value=v),
                              st.integers(0, 15), st.integers(0, 127), st.integers(0, 127)),
                    st.builds(lambda c, p: Message("program_change", channel=c, program=p),
                              st.integers(0, 15), st.integers(0, 127)),
                    st.just(Message("note_on", note=60)),
                    st.just(Message("note_off", note=60)),
                    st.just(Message("pitchwheel", pitch=99)),
                    st.just(Message("aftertouch", value=9)),
                    st.just(Message("sysex", data=(1, 2, 3))),
                    st.just(MetaMessage("text", text="verse")),
                ),
            ),
            max_size=30,
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 0x7FFF),
)  # fmt: skip
def test_ordinary_files_are_read_as_mido_plays_them(tmp_path_factory, tracks, ticks_per_beat):
    made = [track(*sorted(timed, key=lambda it: it[0])) for timed in tracks]
    data = to_bytes(*made, ticks_per_beat=ticks_per_beat)
    path = tmp_path_factory.mktemp("midi") / "a.mid"
    path.write_bytes(data)
    expected, now = [], 0.0
    for message in mido.MidiFile(file=io.BytesIO(data)):
        now += message.time
        expected.append((now, message.copy(time=0)))
    for types in (file.CHANGES, file.NOTES - {"end_of_track"}):
        wanted = [it for it in expected if it[1].type in types]
        found = file.read(path, types)
        assert [message for _, message in found] == [message for _, message in wanted]
        assert [seconds for seconds, _ in found] == pytest.approx(
            [seconds for seconds, _ in wanted]
        )
    assert file.read(path, {"end_of_track"})[-1][0] == pytest.approx(now)


@pytest.mark.parametrize(("rate", "frames"), [(24, 24), (25, 25), (29, 30_000 / 1001), (30, 30)])
def test_files_that_divide_seconds_need_no_tempo(read, rate, frames):
    division = (256 - rate) << 8 | 40  # 40 ticks a frame
    tempo = b"\x00\xff\x51\x03\x01\x00\x00"
    data = file_of(tempo + b"\x87\x68\xb2\x01\x40", division=division)  # after 1000 ticks
    assert read(data) == [(pytest.approx(1000 / 40 / frames), MODULATION)]


def test_time_before_meta_events_that_nobody_knows_passes_too(read):
    data = file_of(b"\x83\x60\xff\x60\x01\x05" + b"\x83\x60\xb2\x01\x40")
    assert read(data) == [(1.0, MODULATION)]


def test_messages_of_one_moment_stay_in_order(read):
    bank = Message("control_change", channel=2, control=0, value=8)
    both = to_bytes(track((0, bank), (0, PROGRAM)), track((0, MODULATION)))
    assert [message for _, message in read(both)] == [bank, PROGRAM, MODULATION]


# Ways of writing


def test_status_bytes_may_be_left_out(read):
    data = file_of(
        b"\x00\xb2\x01\x40"
        b"\x00\x01\x40"
        b"\x00\xff\x01\x02hi"  # text and system exclusive messages come between
        b"\x00\x01\x40"
        b"\x00\xf0\x02\x01\xf7"
        b"\x00\x01\x40"
        b"\x00\xc2\x28"
        b"\x00\x28"
        b"\x00\xff\x2f\x00"
    )
    assert [message for _, message in read(data)] == [MODULATION] * 4 + [PROGRAM] * 2


def test_unknown_chunks_long_headers_and_what_follows_the_end_are_passed_over(read):
    header = chunk(b"MThd", struct.pack(">HHH", 0, 1, 480) + b"more")
    content = b"\x00\xc2\x28\x00\xff\x2f\x00\x99"
    data = header + chunk(b"XFIH", b"abc") + chunk(b"MTrk", content) + b"rubbish"
    assert read(data) == [(0.0, PROGRAM)]


def test_odd_key_signatures_are_no_trouble(read):
    assert read(file_of(b"\x00\xff\x59\x02\x7f\x05\x00\xc2\x28")) == [(0.0, PROGRAM)]


def test_a_file_of_no_tracks_has_no_messages(read):
    assert read(file_of()) == []


# What is broken

GOOD = b"\x00\xc2\x28"
BROKEN = {
    "empty": (b"", "ends too soon"),
    "text": (b"This is no MIDI file, but text.", "not a MIDI file"),
    "a header cut short": (file_of()[:9], "ends too soon"),
    "a track cut short": (file_of(GOOD)[:-1], "ends too soon"),
    "a track too few": (file_of(GOOD)[:10] + b"\x00\x02" + file_of(GOOD)[12:], "ends too soon"),
    "a message cut short": (file_of(b"\x00\xb2\x01"), "ends too soon"),
    "a time cut short": (file_of(b"\x81"), "ends too soon"),
    "a text cut short": (file_of(b"\x00\xff\x01\x7fhi"), "ends too soon"),
    "an endless time": (file_of(b"\xff\xff\xff\xff\xff\xff\x00" + GOOD), "too long"),
    "data without a status": (file_of(b"\x00\x28"), "out of place"),
    "a status of real time": (file_of(b"\x00\xf8"), "out of place"),
    "a status for data": (file_of(b"\x00\xb2\x01\xb2"), "out of place"),
    "a short tempo": (file_of(b"\x00\xff\x51\x01\x05"), "tempo"),
    "no ticks in a beat": (file_of(GOOD, division=0), "division of time"),
    "no ticks in a frame": (file_of(GOOD, division=0xE800), "division of time"),
    "an odd frame rate": (file_of(GOOD, division=0x8F10), "division of time"),
    "format 2": (file_of(GOOD, kind=2), "format 2, whose tracks do not play together"),
    "format 3": (file_of(GOOD, kind=3), "unknown format 3"),
}


@pytest.mark.parametrize(("data", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_named_in_one_line(read, data, reason):
    with pytest.raises(ValueError, match=rf"a\.mid cannot be read as MIDI: [^\n]*{reason}"):
        read(data)


def test_no_file_and_a_folder_are_said_to_be_that(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no MIDI file at '.*none\.mid'"):
        file.read(tmp_path / "none.mid")
    with pytest.raises(IsADirectoryError, match="is a folder: name a MIDI file"):
        file.read(str(tmp_path))


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path):
    (tmp_path / "a.mid").touch()
    os.truncate(tmp_path / "a.mid", 1 << 33)
    with pytest.raises(ValueError, match="no MIDI file needs so much"):
        file.read(tmp_path / "a.mid")


def test_pipes_and_devices_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mid")
    for path in (tmp_path / "pipe.mid", "/dev/zero"):
        with pytest.raises(ValueError, match="not an ordinary file"):
            file.read(path)


def test_mutated_files_are_read_or_refused_in_one_line(read):
    draw = random.Random(0)
    metas = ["text", "set_tempo", "time_signature", "key_signature", "smpte_offset", "midi_port"]
    good = to_bytes(
        track(*((n, MetaMessage(kind)) for n, kind in enumerate(metas))),
        track((0, PROGRAM), (5, Message("sysex", data=(1, 2))), (9, MODULATION), (99, MODULATION)),
    )
    read_well, refusals = 0, []
    for _ in range(1000):
        data = bytearray(good)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(data))
            match draw.choice(["change", "change", "cut", "insert", "remove"]):
                case "change":
                    data[at] = draw.randrange(256)
                case "cut":
                    del data[max(at, 1) :]
                case "insert":
                    data.insert(at, draw.randrange(256))
                case "remove" if len(data) > 1:
                    del data[at]
        try:
            times = [seconds for seconds, _ in read(bytes(data))]
        except ValueError as error:
            refusals.append(str(error))
        else:
            read_well += 1
            assert times == sorted(times)
            assert all(seconds >= 0 for seconds in times)
    assert all(re.search(r"a\.mid cannot be read as MIDI: .+\.\Z", line) for line in refusals)
    assert 30 < read_well < 970


def test_many_events_are_quick(read, within):
    data = file_of(b"\x00\xb2\x01\x40" + b"\x01\x01\x40" * 100_000)
    with within(10):
        assert len(read(data)) == 100_001


@pytest.mark.parametrize("tracks", [1, 3])
def test_a_file_of_nothing_but_messages_is_refused(read, monkeypatch, tracks):
    monkeypatch.setattr(file, "MAX_MESSAGES", 300)
    controls = b"\0\xb0\1\x40" + b"\0\1\x40" * (300 // tracks - 1)
    assert len(read(file_of(*[controls] * tracks, kind=1))) == 300
    with pytest.raises(ValueError, match="more than 300 messages; thin them out"):
        read(file_of(*[controls] * tracks, b"\0\xb0\1\x40", kind=1))


def test_what_is_not_wanted_does_not_count(read, monkeypatch):
    monkeypatch.setattr(file, "MAX_MESSAGES", 1)
    assert len(read(file_of(b"\0\x90\x40\x40" * 9 + b"\0\xb0\1\x40"))) == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="limits memory")
def test_thirty_megabytes_of_messages_cost_half_a_gigabyte_at_most(tmp_path):
    (tmp_path / "a.mid").write_bytes(file_of(b"\0\xb0\1\x40" + b"\0\1\x40" * 11_000_000))
    code = (
        "import resource, sys, mido; from effects.midi import file\n"
        "resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000))\n"
        "try: file.read(sys.argv[1])\n"
        "except ValueError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.mid")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "thin them out" in done.stdout
    assert done.stderr == ""


def test_the_longest_times_are_numbers(read):
    """The slowest tempo, one tick a beat, the longest waits."""
    slow = b"\0\xff\x51\3\xff\xff\xff" + b"\xff\xff\xff\x7f\xb0\1\x40" * 1000
    times = [seconds for seconds, _ in read(file_of(slow, division=1))]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(1000 * (2**28 - 1) * 16.777215)
