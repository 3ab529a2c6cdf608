"""A batch: a folder in, a folder out; what was done is not done again."""

import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import pytest
from support import plugins
from support.jobs import RESULT, WRITTEN, Workers
from support.sounds import noise

from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.stems import find_stems, passed_over
from plugin_bridge.jobs import batch as module
from plugin_bridge.jobs.batch import JOURNAL, batch
from plugin_bridge.jobs.result_files import part_path
from plugin_bridge.jobs.workers.local import LocalWorkers
from plugin_bridge.jobs.workers.work import Task
from presets.chain_files.chain import parse


def write_stem(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    sound_files.write(path, sound_files.Sound(noise(0.05, 8000, seed=seed), 8000, 16))
    return path


class Quick(Workers):
    """Workers that are done at once; ``stems`` and ``tasks`` are what they were given."""

    stems: ClassVar[list[str]] = []
    tasks: ClassVar[list[Task]] = []

    def __init__(self, count=1, *, quiet=False):
        super().__init__(count)

    def submit(self, fn, /, task):
        future = super().submit(fn, task)
        Quick.tasks.append(task)
        Quick.stems.append(os.path.basename([*task.inputs.values()][-1]))
        assert not part_path(Path(task.output)).exists()
        self.end(task.job)
        return future


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "LocalWorkers", Quick)
    monkeypatch.setattr(Quick, "stems", [])
    monkeypatch.setattr(Quick, "tasks", [])
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def stems(tmp_path):
    for name in ("a.wav", "b.flac", "deep/er/c.wav"):
        write_stem(tmp_path / "in" / name)
    (tmp_path / "in" / "notes.txt").write_text("")
    return tmp_path / "in"


def results(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(JOURNAL)
    )


def test_a_folder_and_its_folders_are_done_once(stems, tmp_path):
    out = tmp_path / "out"
    summary = batch(stems, out, ["violin"], {"strength": 0.5})
    assert (summary.done, summary.skipped, dict(summary.failed)) == (3, 0, {})
    assert results(out) == ["a.wav", "b.flac", "deep/er/c.wav"]
    assert (out / "a.wav").read_bytes() == RESULT
    summary = batch(stems, out, ["violin"], {"strength": 0.5})
    assert (summary.done, summary.skipped, dict(summary.failed)) == (0, 3, {})
    (out / "a.wav").unlink()
    write_stem(stems / "new.wav")
    Quick.stems.clear()
    assert (batch(stems, out, ["violin"], {"strength": 0.5})).done == 2
    assert sorted(Quick.stems) == ["a.wav", "new.wav"]


def test_advice_is_told_for_each_stem_that_was_done_now(stems, tmp_path, monkeypatch, capsys):
    class Advising(Quick):
        def end(self, id, outcome=WRITTEN, content=RESULT):
            advice = "Heard nothing." if id == "a.wav" else None
            super().end(id, outcome._replace(made_of={"advice": advice}), content)

    monkeypatch.setattr(module, "LocalWorkers", Advising)
    summary = batch(stems, tmp_path / "out", ["violin"])
    assert summary.advice == {Path("a.wav"): "Heard nothing."}
    assert not batch(stems, tmp_path / "out", ["violin"]).advice
    for folder, quiet, said in (
        ("loud", [], "restyle: a.wav: Heard nothing.\n"),
        ("q", ["-q"], ""),
    ):
        arguments = ["batch", str(stems), str(tmp_path / folder), "--preset", "violin", *quiet]
        assert main.run(arguments) == 0
        assert capsys.readouterr().err == said


@pytest.mark.parametrize(("preset", "settings"), [("flute", {}), ("violin", {"mix": 0.5})])
def test_other_settings_are_refused_before_anything_happens(stems, tmp_path, preset, settings):
    out = tmp_path / "out"
    batch(stems, out, ["violin"])
    write_stem(stems / "new.wav")
    before = results(out)
    with pytest.raises(ValueError, match="another preset or other settings"):
        batch(stems, out, [preset], settings)
    assert results(out) == before


def test_several_presets_have_a_folder_each_and_more_can_be_added(stems, tmp_path):
    out = tmp_path / "out"
    assert batch(stems, out, ["violin", "flute"]).done == 6
    assert [it.removeprefix("violin/") for it in results(out) if it.startswith("violin/")] == [
        "a.wav",
        "b.flac",
        "deep/er/c.wav",
    ]
    assert [it.name for it in sorted(out.iterdir()) if it.is_dir()] == ["flute", "violin"]
    assert sorted(Quick.stems[:2]) == ["a.wav", "b.flac"]  # two workers listen to two stems
    summary = batch(stems, out, ["violin", "flute", "cello"])
    assert (summary.done, summary.skipped) == (3, 6)


@pytest.mark.parametrize(
    ("first", "then"),
    [(["violin"], ["violin", "flute"]), (["violin", "flute"], ["violin"])],
)
def test_results_of_one_preset_and_of_several_are_not_mixed(stems, tmp_path, first, then):
    out = tmp_path / "out"
    batch(stems, out, first)
    before = results(out)
    with pytest.raises(ValueError, match="another preset or other settings"):
        batch(stems, out, then)
    assert results(out) == before


@pytest.mark.parametrize(
    ("presets", "said"), [([], "Say which"), (["violin", "flute", "violin"], "only once")]
)
def test_no_preset_and_the_same_one_twice_are_refused(stems, tmp_path, presets, said):
    with pytest.raises(ValueError, match=said):
        batch(stems, tmp_path / "out", presets)
    assert not (tmp_path / "out").exists()


def test_the_command_takes_several_presets_by_name_or_number(stems, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["batch", str(stems), str(out), "--preset", "violin", "--preset", "73"]
    assert main.run(arguments) == 0
    assert "Restyled 6 into" in capsys.readouterr().out
    assert (out / "flute" / "a.wav").read_bytes() == RESULT


def test_a_job_gets_its_share_of_the_cores_or_what_was_asked_for(stems, tmp_path, monkeypatch):
    monkeypatch.setattr("plugin_bridge.jobs.scheduler.cores", lambda: 12)
    seen = []

    class Watching(Quick):
        def __init__(self, count=1, *, quiet=False):
            super().__init__(3)

        def submit(self, fn, /, task):
            seen.append(task.threads)
            return super().submit(fn, task)

    monkeypatch.setattr(module, "LocalWorkers", Watching)
    batch(stems, tmp_path / "out", ["violin"])
    assert seen[0] == 4  # three stems at once
    assert set(seen) <= {4, 6, 12}
    seen.clear()
    for name in ("b.flac", "deep/er/c.wav"):
        (stems / name).unlink()
    batch(stems, tmp_path / "of one stem", ["violin", "flute"])
    assert seen == [12, 12]  # one listens, and the other waits for that
    seen.clear()
    batch(stems, tmp_path / "as asked", ["violin"], threads=5)
    assert seen == [5]


@pytest.mark.parametrize(
    "settings", [{"strength": 2}, {"mix": float("nan")}, {"seed": 0.5}, {"drums": "no"}]
)
def test_impossible_settings_are_refused_before_anything_happens(stems, tmp_path, settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        batch(stems, tmp_path / "out", ["violin"], settings)
    assert not (tmp_path / "out").exists()


def test_a_changed_stem_is_not_restyled_over_its_result(stems, tmp_path):
    out = tmp_path / "out"
    batch(stems, out, ["violin"])
    os.utime(stems / "a.wav", ns=(1, 1))
    summary = batch(stems, out, ["violin"])
    assert (summary.done, summary.skipped) == (0, 2)
    (reason,) = summary.failed.values()
    assert "changed" in reason
    (out / "a.wav").unlink()
    assert batch(stems, out, ["violin"]).done == 1


@pytest.fixture
def song(tmp_path):
    return write_stem(tmp_path / "songs" / "voice.wav")


def mashup_with(song):
    return {"operation": "mashup", "other": song}


def test_a_song_is_laid_over_each_of_a_folder_once(stems, song, tmp_path):
    out, settings = tmp_path / "out", {"bed": "rhythm", "tempo": "a"}
    summary = batch(stems, out, [], settings, **mashup_with(song))
    assert (summary.done, summary.skipped, dict(summary.failed)) == (3, 0, {})
    assert results(out) == ["a.wav", "b.flac", "deep/er/c.wav"]
    (out / "a.wav").unlink()
    summary = batch(stems, out, [], settings, **mashup_with(song))
    assert (summary.done, summary.skipped) == (1, 2)


def test_a_song_is_not_laid_over_itself(stems, tmp_path):
    assert batch(stems, tmp_path / "out", [], **mashup_with(stems / "a.wav")).done == 2
    assert sorted(Quick.stems) == ["b.flac", "c.wav"]


def test_results_of_another_song_or_of_a_preset_are_not_mixed(stems, song, tmp_path):
    out = tmp_path / "out"
    batch(stems, out, [], **mashup_with(song))
    other = write_stem(tmp_path / "songs" / "other.wav")
    for again in (mashup_with(other), {**mashup_with(song), "settings": {"lead": "b"}}):
        with pytest.raises(ValueError, match="results of another"):
            batch(stems, out, [], **again)
    with pytest.raises(ValueError, match="results of another"):
        batch(stems, out, ["violin"])


def test_a_changed_song_is_not_mashed_over_its_results(stems, song, tmp_path):
    out = tmp_path / "out"
    batch(stems, out, [], **mashup_with(song))
    os.utime(song, ns=(1, 1))
    summary = batch(stems, out, [], **mashup_with(song))
    assert (summary.done, summary.skipped) == (0, 0)
    assert all("voice.wav was changed" in it for it in summary.failed.values())


def test_a_song_that_is_not_there_is_said_before_anything_happens(stems, tmp_path):
    with pytest.raises(ValueError, match=r"gone\.wav"):
        batch(stems, tmp_path / "out", [], **mashup_with(tmp_path / "gone.wav"))
    with pytest.raises(ValueError, match="balance must be"):
        batch(stems, tmp_path / "out", [], {"balance": 2}, **mashup_with(stems / "a.wav"))
    assert not (tmp_path / "out").exists()


def test_the_command_lays_a_song_over_a_folder(stems, song, tmp_path, capsys):
    out = str(tmp_path / "out")
    command = ["batch", str(stems), out, "--mashup", str(song), "--bed", "rhythm", "--tempo", "98"]
    assert main.run(command) == 0
    assert capsys.readouterr().out.endswith(f"\nMashed 3 into {out}.\n")


def test_each_of_a_folder_goes_towards_a_piece(stems, song, tmp_path, capsys):
    out = str(tmp_path / "out")
    command = ["batch", str(stems), out, "--morph", str(song), "--at", "0:1", "--seed", "3"]
    assert main.run(command) == 0
    assert capsys.readouterr().out.endswith(f"\nMorphed 3 into {out}.\n")
    [task, *_] = Quick.tasks
    assert task.operation.endswith(":Morph")
    assert task.settings == {"at": "0:1", "seed": 3}
    assert Path(task.inputs["a"]).parent == stems
    assert task.inputs["b"] == str(song)


def test_each_of_a_folder_is_tweaked_by_itself_or_by_presets(stems, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["batch", str(stems), "--tweak", "--scale", "1.3", "--max", "17", "--max", "3"]
    assert main.run([*command, str(out / "own")]) == 0
    assert Quick.tasks[0].settings == {"scale": 1.3, "max": "3,17"}
    assert main.run([*command, str(out / "both"), "--preset", "violin", "--preset", "flute"]) == 0
    assert (out / "both" / "flute" / "a.wav").read_bytes() == RESULT
    assert "Tweaked 6 into" in capsys.readouterr().out.splitlines()[-1]
    assert main.run([*command, str(out / "own"), "--noise", "1"]) == 2
    assert "results of another preset or other settings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Say which sound to take: --style CLIP, --preset NAME or --chain NAME."),
        (["--preset", "violin", "--preset", "violin"], "Name each preset only once."),
        (["--at", "0.5"], "--at is for morphs: add --morph PIECE"),
        (["--more-notes", "1"], "--more-notes is for tweaks: add --tweak"),
        (["--tempo", "own"], "--tempo is for mashups and morphs: add --mashup SONG or --morph"),
        (["--tweak", "--strength", "1"], "--strength is not for tweaks"),
        (["--tweak", "--morph", "SONG"], "--morph and --tweak exclude each other"),
        (["--morph", "SONG", "--at", "sweep.mid"], "restyle morph alone takes MIDI"),
        (["--morph", "SONG", "--tempo", "98"], "tempo must be one of"),
        (["--morph", "gone.wav"], "There is no file gone.wav"),
        (["--tweak", "--towards", "no such sound"], "no such sound"),
        (["--preset", "violin", "--bed", "rhythm"], "--bed is for mashups: add --mashup SONG"),
        (["--mashup", "SONG", "--preset", "violin"], "--preset is not for mashups"),
        (["--mashup", "SONG", "--gain-db", "-3"], "--gain-db is not for mashups"),
        (["--mashup", "SONG", "--key", "H"], "key must be one of"),
        (["--mashup", "SONG", "--tempo", "fast"], "Tempo must be"),
    ],
)
def test_options_that_do_not_go_together(stems, song, tmp_path, capsys, options, said):
    given = [str(song) if it == "SONG" else it for it in options]
    assert main.run(["batch", str(stems), str(tmp_path / "out"), *given]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_broken_stems_do_not_stop_the_others(stems, tmp_path):
    (stems / "broken.wav").write_bytes(b"x")
    (stems / "dangling.wav").symlink_to("nothing")
    os.mkfifo(stems / "pipe.wav")
    write_stem(tmp_path / "in" / "taken.wav")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "taken.wav").write_bytes(b"theirs")
    summary = batch(stems, tmp_path / "out", ["violin"])
    assert summary.done == 3
    assert sorted(map(str, summary.failed)) == [
        "broken.wav",
        "dangling.wav",
        "pipe.wav",
        "taken.wav",
    ]
    assert all("\n" not in reason for reason in summary.failed.values())
    assert (tmp_path / "out" / "taken.wav").read_bytes() == b"theirs"
    write_stem(stems / "broken.wav")
    assert batch(stems, tmp_path / "out", ["violin"]).done == 1


def chunk(id, data):
    return id + struct.pack("<I", len(data)) + data


def riff(*chunks):
    return chunk(b"RIFF", b"WAVE" + b"".join(chunks))


def form(tag, block, bits):
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, 1, 8000, 8000 * block, block, bits))


MARKER = chunk(b"LIST", b"adtl" + chunk(b"labl", struct.pack("<I", 1) + b"Verse\0"))
HOSTILE = {  # to pedalboard's reader
    "crash.wav": riff(form(7, 1, 16), chunk(b"data", bytes(8000))),
    "hang.wav": riff(form(1, 2, 16), chunk(b"data", bytes(4800)), MARKER)[:-11],
}


def test_stems_that_crashed_or_hung_their_reader_cost_no_other(stems, tmp_path):
    for name, content in HOSTILE.items():
        (stems / name).write_bytes(content)
    for _ in range(2):  # again at each run
        summary = batch(stems, tmp_path / "out", ["violin"])
        failed = {it for it in map(str, summary.failed) if it == "crash.wav"}
        assert failed == {"crash.wav"}
        assert summary.done + summary.skipped + len(summary.failed) == 5


def test_names_that_a_terminal_would_obey_are_escaped(stems, tmp_path, capsys):
    (stems / "\x1b[2J\nred.wav").write_bytes(b"x")
    (stems / "gone\x1b[2J\n.wav").symlink_to("nothing")
    assert main.run(["batch", str(stems), str(tmp_path / "out"), "--preset", "violin"]) == 2
    said = capsys.readouterr().err
    assert r"\x1b[2J\nred.wav" in said
    assert r"gone\x1b[2J\n.wav" in said
    assert "\x1b" not in said
    assert len(said.splitlines()) == 3


def test_a_name_that_is_not_utf_8_does_not_stop_the_others(stems, tmp_path):
    name = os.fsdecode(b"caf\xe9.wav")
    try:
        (stems / name).write_bytes((stems / "a.wav").read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    summary = batch(stems, tmp_path / "out", ["violin"])
    assert summary.done + len(summary.failed) == 4
    assert summary.done >= 3


def test_results_inside_of_the_stems_are_no_stems(stems):
    for _ in range(2):
        assert batch(stems, stems / "out", ["violin"]).failed == {}
    assert [it.as_posix() for it in find_stems(stems, stems / "out").sounds] == [
        "a.wav",
        "b.flac",
        "deep/er/c.wav",
    ]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("gone", "out", "There is no folder"),
        ("in/a.wav", "out", "There is no folder"),
        ("in", "in", "same folder"),
        ("in", "in/../in", "same folder"),
        ("empty", "out", "no sound files"),
    ],
)
def test_what_cannot_be_a_batch_is_said(stems, tmp_path, source, target, message):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=message):
        batch(tmp_path / source, tmp_path / target, ["violin"])
    assert not (tmp_path / "out").exists()


def test_a_second_batch_on_the_same_folder_is_refused(stems, tmp_path):
    from plugin_bridge.jobs.journal import Journal

    journal = Journal(tmp_path / "out" / JOURNAL)
    with pytest.raises(ValueError, match="Another restyle"):
        batch(stems, tmp_path / "out", ["violin"])
    journal.close()


@pytest.mark.slow
def test_one_that_is_stopped_goes_on_where_it_was(tmp_path):
    for number in range(6):
        stem = tmp_path / "in" / f"{number}.wav"
        stem.parent.mkdir(exist_ok=True)
        sound_files.write(stem, sound_files.Sound(noise(4, 44100, seed=number), 44100, 16))
    command = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()", "batch"]
    command += [tmp_path / "in", tmp_path / "out", "--preset", "violin", "--workers", "1"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not list((tmp_path / "out").glob("*.wav")):
        assert time.monotonic() < end
        assert first.poll() is None
        time.sleep(0.02)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=20)
    assert first.returncode == 130
    assert "run it again to go on" in said
    assert "Traceback" not in said
    done = len(list((tmp_path / "out").glob("*.wav")))
    assert done < 6
    assert not list((tmp_path / "out").glob("*.part"))
    second = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert f"Restyled {6 - done} into" in second.stdout
    assert f"skipped {done}" in second.stdout


# How well results are written


@pytest.mark.parametrize("work", [["--preset", "violin"], ["--tweak", "--scale", "1.3"]])
def test_every_result_of_a_folder_has_the_depth_that_was_asked_for(stems, tmp_path, work):
    command = ["batch", str(stems), str(tmp_path / "out"), *work, "--bit-depth", "16"]
    assert main.run(command) == 0
    assert [it.settings["bit_depth"] for it in Quick.tasks] == [16] * 3


def test_a_depth_that_a_file_of_the_folder_cannot_have_is_refused(stems, tmp_path, capsys):
    command = ["batch", str(stems), str(tmp_path / "out"), "--preset", "violin"]
    assert main.run([*command, "--bit-depth", "32"]) == 2
    assert "A .flac file takes 16 or 24 bits, not 32." in capsys.readouterr().err
    assert main.run([*command, "--bitrate", "128"]) == 2
    assert not (tmp_path / "out").exists()


# What is passed over


def test_what_is_not_worked_on_is_named(stems, tmp_path, capsys):
    for name in ("song.M4A", "deep/voice.opus", "x.jpg", "y.jpg", "z.jpg", ".hidden"):
        (stems / name).write_bytes(b"")
    given = ["batch", str(stems), str(tmp_path / "out"), "--preset", "violin"]
    assert main.run(given) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[2].startswith("Restyled 3 into ")
    assert said[:2] == [
        "Passed over 2 sounds of a kind that is not written: deep/voice.opus, song.M4A. "
        "Convert to one of .wav, .bwf, .aiff, .aif, .flac, .ogg, .mp3.",
        "Passed over 4 files that are no sounds: notes.txt, x.jpg, y.jpg and 1 more.",
    ]
    assert main.run([*given, "-q"]) == 0
    assert capsys.readouterr().out == ""
    assert passed_over([Path("a.txt")]) == ["Passed over 1 file that is no sound: a.txt."]
    assert passed_over([]) == []


def test_a_folder_without_stems_says_what_it_has(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.m4a").write_bytes(b"")
    with pytest.raises(ValueError, match=r"no sound files: .*1 sound of a kind .*: a\.m4a"):
        batch(tmp_path / "in", tmp_path / "out", ["violin"])
    assert not (tmp_path / "out").exists()


# A clip in place of a preset


def test_a_folder_is_played_by_a_clip_straight_into_the_folder_of_the_results(
    stems, song, tmp_path
):
    out = tmp_path / "out"
    summary = batch(stems, out, [], {"engine": "infinite"}, other=song)
    assert (summary.done, summary.skipped, dict(summary.failed)) == (3, 0, {})
    assert results(out) == ["a.wav", "b.flac", "deep/er/c.wav"]
    assert {task.inputs["style"] for task in Quick.tasks} == {str(song)}
    assert {task.settings["engine"] for task in Quick.tasks} == {"infinite"}
    (out / "a.wav").unlink()
    summary = batch(stems, out, [], {"engine": "infinite"}, other=song)
    assert (summary.done, summary.skipped) == (1, 2)
    write_stem(song, seed=7)
    summary = batch(stems, out, [], {"engine": "infinite"}, other=song)
    assert (summary.done, summary.skipped) == (0, 0)
    assert all("voice.wav was changed since" in it for it in summary.failed.values())


def test_results_of_a_clip_of_another_and_of_a_preset_are_not_mixed(stems, song, tmp_path):
    out = tmp_path / "out"
    batch(stems, out, [], other=song)
    other = write_stem(tmp_path / "songs" / "other.wav")
    with pytest.raises(ValueError, match="results of another sound"):
        batch(stems, out, [], other=other)
    with pytest.raises(ValueError, match="results of another preset"):
        batch(stems, out, ["violin"])


def test_a_clip_that_is_no_sound_fails_each_and_none_is_written(stems, tmp_path):
    clip = tmp_path / "clip.wav"
    clip.write_bytes(b"no sound")
    summary = batch(stems, tmp_path / "out", [], other=clip)
    assert (summary.done, len(summary.failed)) == (0, 3)
    assert all(str(clip) in it for it in summary.failed.values())
    assert results(tmp_path / "out") == []


def test_the_command_takes_a_clip_and_an_engine(stems, song, tmp_path, capsys):
    out = str(tmp_path / "out")
    options = ["--style", str(song), "--engine", "infinite", "--quiet"]
    assert main.run(["batch", str(stems), out, *options]) == 0
    assert Quick.tasks[0].settings == {"engine": "infinite"}
    tweak = ["--tweak", "--style", str(song), "--quiet"]
    assert main.run(["batch", str(stems), str(tmp_path / "covers"), *tweak]) == 0
    assert Quick.tasks[-1].inputs["style"] == str(song)
    for wrong, said in (
        (["--style", str(song), "--preset", "violin"], "exclude each other"),
        (["--preset", "violin", "--engine", "sample"], "engine must be one of sampler, infinite"),
        ([*options, "--drums", "drop"], "drums is only for the engine sampler"),
        (["--style", str(stems / "gone.wav")], "gone.wav"),
        (["--mashup", str(song), "--style", str(song)], "--style is not for mashups"),
    ):
        assert main.run(["batch", str(stems), str(tmp_path / "wrong"), *wrong]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "wrong").exists()


# Chains

HALL = """
[[effects]]
type = "StyleTransfer"
preset = "violin"
[[effects]]
type = "Reverb"
room_size = 0.25
"""


@pytest.fixture
def hall(tmp_path, monkeypatch):
    """The file of a chain."""
    monkeypatch.setenv("RESTYLE_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "hall.toml"
    path.write_text(HALL)
    return path


def test_a_folder_goes_through_a_chain_once(stems, tmp_path, hall, capsys):
    command = ["batch", str(stems), str(tmp_path / "out"), "--chain", str(hall)]
    assert main.run(command) == 0
    assert results(tmp_path / "out") == ["a.wav", "b.flac", "deep/er/c.wav"]
    assert main.run(command) == 0
    assert "skipped 3 that were done before" in capsys.readouterr().out
    assert len(Quick.tasks) == 3


def test_settings_are_in_the_chain_that_a_job_gets(stems, tmp_path, hall):
    options = ["--strength", "0.5", "--set", "reverb.wet_level=0.125", "--tail", "keep"]
    command = ["batch", str(stems), str(tmp_path / "out"), "--chain", str(hall), *options]
    assert main.run([*command, "--gain-db", "-6", "--bit-depth", "24"]) == 0
    settings = dict(Quick.tasks[0].settings)
    chain = parse(settings.pop("chain"))
    assert settings == {"gain_db": -6.0, "bit_depth": 24}
    style, reverb = chain.effects
    assert chain.tail == "keep"
    assert style.settings["strength"] == 0.5
    assert reverb.settings == {"room_size": 0.25, "wet_level": 0.125}


def test_a_chain_that_was_changed_is_another_one(stems, tmp_path, hall, capsys):
    command = ["batch", str(stems), str(tmp_path / "out"), "--chain", str(hall)]
    assert main.run(command) == 0
    hall.write_text(f"# Only a remark.\n{HALL}")
    assert main.run(command) == 0
    hall.write_text(HALL.replace("0.25", "0.5"))
    assert main.run(command) == 2
    assert "results of another chain or other settings" in capsys.readouterr().err
    assert main.run(["batch", str(stems), str(tmp_path / "out"), "--preset", "violin"]) == 2


def test_several_chains_have_a_folder_each_and_more_can_be_added(stems, tmp_path, hall, capsys):
    for name in ("one", "two", "three"):
        assert main.run(["chains", "add", name, str(hall)]) == 0
    out = tmp_path / "out"
    command = ["batch", str(stems), str(out), "--chain", "one"]
    assert main.run([*command, "--chain", "two"]) == 0
    assert results(out / "two") == ["a.wav", "b.flac", "deep/er/c.wav"]
    assert main.run([*command, "--chain", "two", "--chain", "three"]) == 0
    assert len(Quick.tasks) == 9
    assert main.run(command) == 2  # which would stand beside the folders
    changed = tmp_path / "one.toml"
    changed.write_text(HALL.replace("0.25", "0.5"))
    command[-1] = str(changed)
    assert main.run([*command, "--chain", "two"]) == 2
    assert "results of another chain" in capsys.readouterr().err


def test_files_that_a_chain_names_are_named_by_whole_paths(stems, tmp_path, hall):
    write_stem(tmp_path / "room.wav")
    hall.write_text(
        '[[effects]]\ntype = "Mix"\neffects = [{ type = "Convolution", '
        'impulse_response_filename = "room.wav" }]\n'
    )
    assert main.run(["batch", str(stems), str(tmp_path / "out"), "--chain", str(hall)]) == 0
    [mix] = parse(str(Quick.tasks[0].settings["chain"])).effects
    [convolution] = mix.effects
    assert convolution.settings["impulse_response_filename"] == str(tmp_path / "room.wav")


def test_workers_are_told_where_plugins_are(stems, tmp_path, hall):
    folder = tmp_path / "plugins"
    folder.mkdir()
    command = ["batch", str(stems), str(tmp_path / "out"), "--chain", str(hall)]
    assert main.run([*command, "--plugins", str(folder)]) == 0
    rules = Quick.tasks[0].rules
    assert [*rules.plugins.folders] == [folder]
    assert not rules.plugins.only  # the user's own chains, on the user's own machine
    assert rules.trusted


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--chain", "HALL", "--preset", "violin"], "--chain and --preset exclude each other"),
        (["--chain", "HALL", "--style", "SONG"], "--chain and --style exclude each other"),
        (["--chain", "HALL", "--engine", "infinite"], "--chain and --engine exclude each other"),
        (["--chain", "HALL", "--chain", "OTHER"], "There are two chains hall"),
        (["--chain", "HALL", "--mashup", "SONG"], "--chain is not for mashups"),
        (["--chain", "HALL", "--set", "reverb.wet=1"], "wet_level"),
        (["--chain", "HALL", "--tail", "drop"], "--tail is cut or keep"),
        (["--chain", "HALL", "--plugins", "nowhere"], "There is no folder nowhere"),
        (["--chain", "violin"], "violin is a preset: --preset violin."),
        (["--preset", "HALL"], "is the file of a chain: --chain"),
        (["--preset", "violin", "--set", "reverb.wet_level=1"], "--set is for chains"),
        (["--preset", "violin", "--tail", "keep"], "--tail is for chains"),
    ],
)
def test_options_that_do_not_go_with_chains(stems, song, tmp_path, hall, capsys, options, said):
    other = tmp_path / "other" / "hall.toml"
    other.parent.mkdir()
    other.write_text(HALL)
    names = {"HALL": str(hall), "OTHER": str(other), "SONG": str(song)}
    given = [names.get(it, it) for it in options]
    assert main.run(["batch", str(stems), str(tmp_path / "out"), *given]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(bool(plugins.missing()), reason=plugins.missing() or "a compiler is there")
def test_plugins_that_crash_cost_their_own_results_and_none_is_heard(stems, tmp_path):
    """Also not by what they print: the terminal is for the batch's own lines."""
    for name, fault in (("Loud", {"noise": True}), ("Faulty", {"crash": "process"})):
        plugins.build(tmp_path, name, **fault)
        path = tmp_path / f"{name}.toml"
        path.write_text(f'[[effects]]\ntype = "VST3Plugin"\npath = "{name}.vst3"\n')
    chains = ["--chain", str(tmp_path / "Loud.toml"), "--chain", str(tmp_path / "Faulty.toml")]
    command = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()", "batch"]
    command += [str(stems / "deep"), str(tmp_path / "out"), *chains, "--workers", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == f"Restyled 1 into {tmp_path / 'out'}.\n"
    first, second = done.stderr.splitlines()
    assert "Faulty/er/c.wav: The plugin Faulty.vst3 crashed" in first
    assert second == "restyle: 1 of the files was not restyled."
    assert (tmp_path / "out" / "Loud" / "er" / "c.wav").exists()


def test_a_chain_does_in_a_batch_what_it_does_alone(stems, tmp_path, hall, monkeypatch):
    monkeypatch.setattr(module, "LocalWorkers", LocalWorkers)
    out = tmp_path / "out"
    command = ["--chain", str(hall), "--strength", "0", "--set", "reverb.wet_level=0.5"]
    assert main.run(["batch", str(stems), str(out), *command, "--workers", "1"]) == 0
    stem = stems / "deep" / "er" / "c.wav"
    assert main.run(["apply", str(stem), str(out / "alone.wav"), *command]) == 0
    assert (out / "deep" / "er" / "c.wav").read_bytes() == (out / "alone.wav").read_bytes()
