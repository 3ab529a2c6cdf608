"""restyle apply with several stems and sounds: what results are called, and what IN IN means."""

import shutil
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest
import soundfile
from support.cli import files, refused, write_noise

from plugin_bridge.cli import apply_tasks, main
from plugin_bridge.cli.stopping import Interrupted
from plugin_bridge.files import process, sound_files

DRY = ["--strength", "0"]  # the stem as it is: quick
VIOLIN = ["--preset", "violin", *DRY]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory, with two stems that are no results of each other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    write_noise("a.wav", seconds=0.5)
    write_noise("b.flac", seconds=0.8, channels=2, seed=1)
    return tmp_path


def apply(*arguments):
    return main.run(["apply", *map(str, arguments)])


def names(folder="."):
    return sorted(str(it.relative_to(folder)) for it in Path(folder).rglob("*") if it.is_file())


def test_results_have_names_of_their_own_beside_their_stems(capsys):
    assert apply("a.wav", "b.flac", *VIOLIN) == 0
    assert names() == ["a.violin.wav", "a.wav", "b.flac", "b.violin.flac"]
    assert Path("a.violin.wav").read_bytes() == Path("a.wav").read_bytes()
    said = capsys.readouterr()
    assert [line.split(":")[0] for line in said.out.splitlines()] == [
        "Wrote a.violin.wav",
        "Wrote b.violin.flac",
    ]
    assert said.err == ""


def test_a_single_stem_needs_no_name_either():
    assert apply("a.wav", "--preset", "40", *DRY) == 0
    assert names() == ["a.violin.wav", "a.wav", "b.flac"]


def test_every_stem_takes_every_sound_into_a_folder():
    presets = ["--preset", "violin", "--preset", "Jazz Kit"]
    assert apply("a.wav", "b.flac", *presets, *DRY, "--out-dir", "deep/er") == 0
    made = ["a.jazz-kit.wav", "a.violin.wav", "b.jazz-kit.flac", "b.violin.flac"]
    assert names("deep/er") == made


def test_a_clip_gives_results_its_name():
    write_noise("my cello.wav", seconds=1)
    assert apply("a.wav", "b.flac", "--style", "my cello.wav", *DRY) == 0
    assert {"a.my cello.wav", "b.my cello.flac"} <= {*names()}


def test_what_cannot_be_written_as_it_was_read_becomes_wav():
    shutil.copy("a.wav", "take.w64")  # a name that says nothing; contents do
    assert apply("take.w64", *VIOLIN) == 0
    assert soundfile.info("take.violin.wav").format == "WAV"


def test_out_says_it_without_doubt():
    assert apply("a.wav", "-o", "new.wav", *VIOLIN) == 0
    assert apply("a.wav", "--out", "b.flac", *VIOLIN, "--force") == 0
    assert sound_files.read(Path("b.flac")).seconds == 0.5


# Two files that are there


def test_the_second_of_two_that_is_not_there_is_where_to_write():
    assert apply("a.wav", "c.wav", *VIOLIN) == 0
    assert names() == ["a.wav", "b.flac", "c.wav"]


def test_the_second_of_two_that_is_there_is_a_stem():
    write_noise("c.wav", seconds=0.5, seed=2)  # as long as a.wav, as stems of a song are
    before = files(Path())
    assert apply("a.wav", "c.wav", *VIOLIN) == 0
    assert files(Path()).items() >= before.items()
    assert names() == ["a.violin.wav", "a.wav", "b.flac", "c.violin.wav", "c.wav"]


def test_force_never_replaces_what_may_be_a_stem(capsys):
    said = refused(capsys, "apply", "a.wav", "b.flac", *VIOLIN, "--force")
    assert "Is b.flac a second stem, or is it to be replaced?" in said
    assert "add --out-dir DIR; to replace it, write --out b.flac" in said
    assert apply("a.wav", "b.flac", *VIOLIN, "--force", "--out-dir", ".") == 0
    assert apply("a.wav", "b.flac", *VIOLIN, "--force", "--out-dir", ".") == 0


# What is refused, before anything is written

WRONG = {
    "one name twice": (
        ["a.wav", "sub/a.wav", *VIOLIN, "--out-dir", "d"],
        "a.wav and for sub/a.wav",
    ),
    "a stem twice": (["a.wav", "b.flac", "a.wav", *VIOLIN], "a.violin.wav would be written twice"),
    "a preset twice": (["a.wav", *VIOLIN, "--preset", "40"], "a.violin.wav would be written twice"),
    "a result in a stem's place": (
        ["a.wav", "b.flac", "a.flute.wav", "--preset", "flute", *DRY, "--force"],
        "a.flute.wav is a stem",
    ),
    "a result that is there": (["a.wav", "--preset", "flute", *DRY], "a.flute.wav exists"),
    "no sound": (["a.wav", "b.flac", "text.wav", *VIOLIN], "text.wav"),
    "no sound as the first": (["text.wav", "a.wav", *VIOLIN], "text.wav"),
    "no sound as the second": (["a.wav", "text.wav", *VIOLIN], "text.wav"),
    "a stem that is missing": (["a.wav", "b.flac", "c.wav", *VIOLIN], "c.wav: No such file"),
    "two sounds in one file": (
        ["a.wav", "out.wav", *VIOLIN, "--preset", "flute"],
        "out.wav cannot hold 2 results",
    ),
    "two stems in one file": (["a.wav", "b.flac", "-o", "o.wav", *VIOLIN], "there are 2 results"),
    "both places": (["a.wav", "-o", "o.wav", "--out-dir", "d", *VIOLIN], "exclude each other"),
    "a plot": (["a.wav", "b.flac", *VIOLIN, "--plot", "p.png"], "--plot goes with a single result"),
    "a report": (["a.wav", "b.flac", *VIOLIN, "--report", "r.json"], "--report goes with a single"),
    "a MIDI file": (["a.wav", "b.flac", *VIOLIN, "--midi", "m.mid"], "--midi goes with a single"),
    "a file in the folder's place": (
        ["a.wav", *VIOLIN, "--out-dir", "text.wav"],
        "a file: name a folder",
    ),
}


@pytest.mark.parametrize(("arguments", "reason"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_before_the_work(folder, capsys, arguments, reason):
    Path("sub").mkdir()
    write_noise("sub/a.wav")
    write_noise("a.flute.wav")
    Path("text.wav").write_text("This is text.")
    assert reason in refused(capsys, "apply", *arguments)
    assert not Path("d").exists()


def test_what_was_done_before_a_failure_stays_and_what_failed_is_said(capsys, monkeypatch):
    write_noise("c.wav", seconds=0.6)
    real = process.process

    def fail_on_stereo(effect, content):
        if len(content.audio) == 2:
            raise ValueError("too wide")
        return real(effect, content)

    monkeypatch.setattr(process, "process", fail_on_stereo)
    assert apply("a.wav", "b.flac", "c.wav", *VIOLIN) == 2
    assert {"a.violin.wav", "c.violin.wav"} <= {*names()}
    assert "b.violin.flac" not in names()
    said = capsys.readouterr()
    assert [it.split(":")[0] for it in said.out.splitlines()] == [
        "Wrote a.violin.wav",
        "Wrote c.violin.wav",
    ]
    assert said.err.splitlines() == [
        "restyle: b.violin.flac was not made: too wide",
        "restyle: 1 of 3 results was not made.",
    ]


def test_what_was_done_before_ctrl_c_stays_and_is_told(capsys, monkeypatch):
    real = process.process

    def stop_on_stereo(effect, content):
        if len(content.audio) == 2:
            raise Interrupted(signal.SIGINT)
        return real(effect, content)

    monkeypatch.setattr(process, "process", stop_on_stereo)
    with pytest.raises(Interrupted):
        apply("a.wav", "b.flac", *VIOLIN, "--out-dir", "d")
    assert names("d") == ["a.violin.wav"]
    assert capsys.readouterr().out.startswith("Wrote d/a.violin.wav")


def test_each_stem_is_read_once_however_many_sounds_it_takes(monkeypatch):
    read, real = [], sound_files.read

    def counted(path):
        read.append(str(path))
        return real(path)

    monkeypatch.setattr(sound_files, "read", counted)
    assert apply("a.wav", "b.flac", "--preset", "violin", "--preset", "flute", *DRY) == 0
    assert read == ["a.wav", "b.flac"]


def test_one_bar_runs_over_all(monkeypatch):
    shown = []

    @contextmanager
    def bar(title, *, quiet=False):
        yield lambda fraction, stage: shown.append(fraction)

    monkeypatch.setattr(apply_tasks, "progress_bar", bar)

    def work(effect, content):
        effect.on_progress(0.0, "begun")
        effect.on_progress(1.0, "done")
        return content.audio

    monkeypatch.setattr(process, "process", work)
    assert apply("a.wav", "b.flac", "--preset", "violin", "--preset", "flute", *DRY) == 0
    assert shown == sorted(shown)
    assert (shown[0], shown[-1], len(shown)) == (0.0, 1.0, 8)
