"""The Reaper script, in a real Lua: what it makes of a selection, a server's word and a click.

Reaper itself is a stand-in (reaper/stand_in.lua) that knows the published signatures of the
functions used and runs the command lines. In a real Reaper the script was not run.
"""

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import plugin_bridge.daw
from effects.engines import DEFAULT_ENGINE, ENGINES, USUAL_STRENGTH, default_strength
from plugin_bridge.daw.install import install, lua_string
from presets import user as user_presets
from presets.chain_files import catalogue as chain_catalogue

LUA = shutil.which("lua5.4") or shutil.which("lua5.3")
pytestmark = pytest.mark.skipif(LUA is None, reason="needs lua5.4")

SOURCES = Path(plugin_bridge.daw.__file__).parent / "reaper"
STAND_IN = Path(__file__).parent / "reaper/stand_in.lua"
ODD_NAMES = ["it's 100% $HOME `a`.wav", 'say "hi" & go.wav', "Ünï 音 #1; -x.wav", "-rf \\ \\\\.wav"]

# Stands for `restyle`: plays the states of plan.json, and cancels when asked.
FAKE = """#!{python}
import json, os, pathlib, shutil, sys, time
here = pathlib.Path(__file__).parent
plan = json.loads((here / "plan.json").read_text())
command, *rest = sys.argv[1:]
if command == "cancel":
    (here / ("cancelled-" + rest[0])).touch()
    sys.exit()
given = dict(zip(rest[2:-1:2], rest[3::2]))
source, out, status = pathlib.Path(rest[0]), pathlib.Path(rest[1]), pathlib.Path(given["--status"])
def say(state, progress=0.0, stage="", code="", message=""):
    facts = dict(job=given["--job"], state=state, progress=progress, stage=stage, out=str(out),
                 code=code, message=message)
    status.with_suffix(".tmp").write_text(json.dumps(facts) + "\\n")
    os.replace(status.with_suffix(".tmp"), status)
say("sending")
fails = plan.get("fails", {{}})
if source.name in fails:
    if "writes" in plan:
        out.write_text(plan["writes"])
        out.with_name(out.name + ".json").write_text('{{"job": "of another"}}')
    time.sleep(0.1)
    say("failed", **fails[source.name])
    sys.exit(2)
say("queued")
for i in range(plan.get("steps_of", {{}}).get(source.name, plan.get("steps", 3))):
    say("running", (i + 1) / 10, "analysing")
    time.sleep(0.05)
    if (here / ("cancelled-" + given["--job"])).exists() and not plan.get("deaf"):
        say("cancelled")
        sys.exit(2)
shutil.copy(source, out)
out.with_name(out.name + ".json").write_text(json.dumps(dict(job=given["--job"], state="done")))
say("done", 1.0, "done")
"""


def lua(value):
    """A value as Lua writes it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'[{lua(key)}] = {lua(it)}' for key, it in value.items())}}}"
    if isinstance(value, list):
        return f"{{{', '.join(map(lua, value))}}}"
    if isinstance(value, (str, Path)):
        return lua_string(os.fsencode(value)).decode()
    return str(value).lower()


class Reaper:
    """A folder with the script installed, a program to send with, and a project's media."""

    def __init__(self, folder):
        self.media, self.scripts = folder / "media", folder / "Scripts"
        self.programs = folder / "my programs"
        for it in (self.media, self.scripts, self.programs):
            it.mkdir()
        self.program = self.programs / "restyle"
        self.errors = folder / "errors.txt"
        self.errors.touch()
        self.scene_file = folder / "scene.lua"
        self.resources = folder / "resources"

    def plan(self, **plan):
        """Install the script with the program that plays this plan."""
        self.program.write_text(FAKE.format(python=sys.executable))
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        (self.programs / "plan.json").write_text(json.dumps(plan))
        install("reaper", self.scripts, restyle=self.program)
        return self

    def sound(self, name, data=b"RIFF sound"):
        path = self.media / name
        path.write_bytes(data)
        return path

    def play(self, items, user, **scene):
        """Run the script until it ends. Returns what came of it."""
        scene = {
            "items": items,
            "user": user,
            "media": self.media,
            "resources": self.resources,
            "errors": self.errors,
            **scene,
        }
        self.scene_file.write_text(f"return {lua(scene)}", encoding="utf-8")
        done = subprocess.run(
            [LUA, STAND_IN, self.scripts / "Restyle.lua", self.scene_file],
            capture_output=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr.decode()
        report = json.loads(done.stdout)
        assert report["problems"] == []
        assert report["deeds"] == len(user), f"the user waits; seen: {report['seen'][-8:]}"
        assert report["outside"] == 0
        assert report["longest"] < 0.25, "a step of the script took too long"
        assert self.errors.read_text() == ""
        return report

    def made(self):
        """What is in the folder of results."""
        folder = self.media / "Restyle"
        return sorted(it.name for it in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def reaper(tmp_path):
    return Reaper(tmp_path)


START = {"see": "Start", "click": "Start"}


def leave_at(text):
    return {"see": text, "close": True}


def takes(report, track=0):
    return report["tracks"][track]["items"][0]["takes"]


def unchanged(report):
    takes_only = [len(item["takes"]) for track in report["tracks"] for item in track["items"]]
    return report["undo"] == [] and set(takes_only) == {1}


def text_seen(report):
    return " ".join(report["seen"])


# Results


def test_a_result_is_a_take_of_the_item(reaper):
    source = reaper.plan().sound("guitar.wav")
    report = reaper.play([{"file": source, "name": "guitar"}], [START, leave_at("Done: 1 item.")])
    old, new = takes(report)
    assert (old["name"], old["active"]) == ("guitar", False)
    assert (new["name"], new["active"]) == ("guitar (grand-piano)", True)
    assert new["file"] == str(reaper.media / "Restyle/guitar (grand-piano).wav")
    assert Path(new["file"]).read_bytes() == source.read_bytes()
    assert report["undo"] == ["Restyle: grand-piano"]


def test_progress_is_shown_on_the_way(reaper):
    source = reaper.plan(steps=9).sound("guitar.wav")
    report = reaper.play([{"file": source}], [START, leave_at("Done")])
    shown = [it.split(" %")[0] for it in report["seen"] if it.endswith(" %: analysing")]
    percents = list(dict.fromkeys(map(int, shown)))
    assert len(percents) >= 3
    assert percents == sorted(percents)


def test_nothing_is_left_lying_about(reaper):
    source = reaper.plan().sound("guitar.wav")
    reaper.play([{"file": source}], [START, leave_at("Done")])
    assert reaper.made() == ["guitar (grand-piano).wav"]
    assert list((reaper.resources / "Data").iterdir()) == []


def test_the_command_says_what_was_chosen(reaper):
    source = reaper.plan().sound("guitar.wav")
    user = [
        {"see": "Grand piano", "click": "Grand piano"},
        {"see": "Bright piano", "at": [96 + 238 * 3 // 4, 154]},
        {"see": "0.75", "click": "Start"},
        leave_at("Done"),
    ]
    report = reaper.play([{"file": source}], user, choice=2)
    assert report["menus"][0].startswith(">Piano|!Grand piano|Bright piano|")
    (program, command, stem, out, *rest), *more = report["commands"]
    assert not more
    assert (program, command, stem) == (str(reaper.program), "send", str(source))
    assert out == str(reaper.media / "Restyle/guitar (bright-piano).wav")
    assert rest[:4] == ["--preset", "bright-piano", "--strength", "0.75"]
    assert rest[4:6] == ["--engine", "sampler"]
    assert rest[6] == "--job"
    assert rest[8] == "--status"
    assert rest[10:] == ["--quiet"]


def test_a_clip_of_ones_own_and_an_engine_are_chosen(reaper):
    source = reaper.plan().sound("guitar.wav")
    clip = reaper.sound("it's a cello.wav")
    user = [
        {"see": "Grand piano", "click": "or a clip of your own"},
        {"see": "it's a cello", "click": "sampler"},
        {"see": "0.50", "click": "Start"},
        leave_at("Done: 1 item."),
    ]
    report = reaper.play([{"file": source}], user, choice=2, clip=clip)
    assert report["menus"] == ["!sampler|" + "|".join(list(ENGINES)[1:])]
    (_, _, _, out, *rest) = report["commands"][0]
    assert out == str(reaper.media / "Restyle/guitar (it_s a cello).wav")
    given = ["--style", str(clip), "--strength", "0.50", "--engine", "infinite"]
    assert rest[:6] == given
    again = [START, leave_at("Done")]
    report = reaper.play([{"file": source}], again, remembered=report["remembered"])
    assert report["commands"][0][4:10] == given


def test_a_preset_takes_the_place_of_a_clip(reaper):
    source = reaper.plan().sound("guitar.wav")
    before = {"Restyle/clip": str(reaper.sound("cello.wav"))}
    user = [{"see": "cello", "click": "cello"}, {"see": "Bright piano", "click": "Start"}]
    user.append(leave_at("Done"))
    report = reaper.play([{"file": source}], user, choice=2, remembered=before)
    assert report["commands"][0][4:6] == ["--preset", "bright-piano"]
    assert report["remembered"]["Restyle/clip"] == ""


def test_the_engines_are_those_there_are_and_their_strengths():
    text = (SOURCES / "Restyle.lua").read_text("utf-8")
    [line] = re.findall(r"^local ENGINES = \{ (.*) \}$", text, re.MULTILINE)
    assert re.findall(r'"(\w+)"', line) == list(ENGINES)
    strengths = f"USUAL, OTHERS = {default_strength(DEFAULT_ENGINE)}, {USUAL_STRENGTH} --"
    assert strengths in text


def test_the_choice_is_remembered(reaper):
    source = reaper.plan().sound("guitar.wav")
    before = {"Restyle/preset": "violin", "Restyle/strength": "0.9"}
    report = reaper.play([{"file": source}], [START, leave_at("Done")], remembered=before)
    assert takes(report)[1]["name"] == "take 1 (violin)"
    assert report["commands"][0][7] == "0.90"


def test_a_chain_keeps_its_own_strength_and_engine_until_others_are_chosen(reaper):
    folder = chain_catalogue.user_folder()
    folder.mkdir(parents=True)
    (folder / "my-hall.toml").write_text('label = "My hall"\n[[effects]]\ntype = "Reverb"\n')
    source = reaper.plan().sound("guitar.wav")
    before = {"Restyle/preset": "my-hall"}
    report = reaper.play([{"file": source}], [START, leave_at("Done")], remembered=before)
    assert takes(report)[1]["name"] == "take 1 (my-hall)"
    assert report["commands"][0][4:7] == ["--preset", "my-hall", "--job"]
    before |= {"Restyle/engine": "infinite", "Restyle/strength": "0.5"}
    source = reaper.sound("another.wav")
    report = reaper.play([{"file": source}], [START, leave_at("Done")], remembered=before)
    assert report["commands"][0][6:10] == ["--strength", "0.50", "--engine", "infinite"]


@pytest.mark.parametrize(
    "before",
    [
        {"Restyle/preset": "gone"},
        {"Restyle/strength": "loud"},
        {"Restyle/clip": "gone.wav"},
        {"Restyle/engine": "gone"},
    ],
)
def test_a_choice_that_is_no_more_is_forgotten(reaper, before):
    source = reaper.plan().sound("guitar.wav")
    report = reaper.play([{"file": source}], [START, leave_at("Done")], remembered=before)
    assert report["commands"][0][5:8] == ["grand-piano", "--strength", "1.00"]


def test_a_cut_item_lines_up(reaper):
    """The whole file is restyled, so the new take must begin in it where the old one does."""
    source = reaper.plan().sound("guitar.wav")
    item = {"file": source, "offset": 1.25, "rate": 0.5, "volume": 0.3, "pitch": -2, "length": 1}
    report = reaper.play([{**item, "fx": ["amp", "echo"]}], [START, leave_at("Done")])
    old, new = takes(report)
    assert new["values"] == old["values"]
    assert new["values"]["D_STARTOFFS"] == 1.25
    assert new["fx"] == ["amp", "echo"]
    assert report["calls"] == []


def test_items_of_one_file_share_a_job(reaper):
    reaper.plan()
    guitar, bass = reaper.sound("guitar.wav"), reaper.sound("bass.wav")
    items = [{"file": guitar}, {"file": bass}, {"file": guitar, "offset": 3}]
    report = reaper.play(items, [START, leave_at("Done: 3 items.")])
    assert len(report["commands"]) == 2
    assert [len(takes(report, track)) for track in range(3)] == [2, 2, 2]
    assert takes(report, 0)[1]["file"] == takes(report, 2)[1]["file"]
    assert takes(report, 2)[1]["values"]["D_STARTOFFS"] == 3
    assert len(report["undo"]) == 1


def test_items_that_are_not_selected_stay(reaper):
    reaper.plan()
    items = [{"file": reaper.sound("a.wav")}, {"file": reaper.sound("b.wav"), "selected": False}]
    report = reaper.play(items, [START, leave_at("Done: 1 item.")])
    assert [len(takes(report, track)) for track in (0, 1)] == [2, 1]


def test_many_items_do_not_start_as_many_programs(reaper):
    reaper.plan(steps=4)
    items = [{"file": reaper.sound(f"{i}.wav")} for i in range(6)]
    report = reaper.play(
        items, [START, {"see": "analysing", "click": "Cancel"}, leave_at("Cancelled")]
    )
    sent = [it for it in report["commands"] if it[1] == "send"]
    assert len(sent) == 4
    assert unchanged(report)


def test_names_that_are_taken_are_not_written_over(reaper):
    source = reaper.plan().sound("guitar.wav")
    folder = reaper.media / "Restyle"
    folder.mkdir()
    (folder / "guitar (grand-piano).wav").write_bytes(b"mine")
    (folder / "guitar (grand-piano 2).wav.part").write_bytes(b"another's")
    report = reaper.play([{"file": source}], [START, leave_at("Done")])
    assert takes(report)[1]["file"] == str(folder / "guitar (grand-piano 3).wav")
    assert (folder / "guitar (grand-piano).wav").read_bytes() == b"mine"


def test_files_of_the_same_name_in_two_folders_do_not_meet(reaper):
    reaper.plan()
    (reaper.media / "other").mkdir()
    items = [{"file": reaper.sound("a.wav", b"1")}, {"file": reaper.sound("other/a.wav", b"2")}]
    report = reaper.play(items, [START, leave_at("Done: 2 items.")])
    assert [Path(takes(report, track)[1]["file"]).read_bytes() for track in (0, 1)] == [b"1", b"2"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_arrive(reaper, name):
    source = reaper.plan().sound(name, name.encode())
    report = reaper.play([{"file": source, "name": name}], [START, leave_at("Done: 1 item.")])
    assert Path(takes(report)[1]["file"]).read_bytes() == name.encode()
    assert report["commands"][0][2] == str(source)


@pytest.mark.parametrize("name", ["all 'three\" `quotes.wav", "two\nlines.wav"])
def test_a_name_that_cannot_be_passed_on_is_told(reaper, name):
    source = reaper.plan().sound(name)
    report = reaper.play([{"file": source}], [START, leave_at("rename it")])
    assert unchanged(report)
    assert report["commands"] == []


# What is no plain file is rendered


@pytest.mark.parametrize(
    "item",
    [
        {"type": "MIDI"},
        {"type": "SECTION", "file": "guitar.wav"},
        {"parent": True, "file": "guitar.wav"},
        {"envelopes": 1, "file": "guitar.wav"},
        {"markers": 2, "file": "guitar.wav"},
    ],
    ids=["midi", "section", "reversed", "envelope", "stretched"],
)
def test_what_is_no_plain_file_is_rendered_to_a_track_of_its_own(reaper, item):
    rendered = reaper.plan().sound("rendered.wav", b"RIFF rendered")
    items = [
        {**item, "name": 'lead: "a/b"', "position": 7, "length": 3},
        {"file": reaper.sound("bass.wav"), "selected": False},
    ]
    report = reaper.play(items, [START, leave_at("Done: 1 item.")], renders=rendered)
    assert report["calls"] == ['render lead: "a/b"']
    assert "0 %: Reaper renders an item" in report["seen"]
    lead, new, bass = report["tracks"]
    assert new["name"] == 'lead: "a/b" (grand-piano)'
    assert new["items"][0]["values"] == {"D_POSITION": 7, "D_LENGTH": 3, "B_MUTE": 0}
    assert Path(takes(report, 1)[0]["file"]).read_bytes() == b"RIFF rendered"
    assert lead["items"][0]["values"]["B_MUTE"] == 1
    assert [len(it["items"][0]["takes"]) for it in (lead, bass)] == [1, 1]
    assert len(report["undo"]) == 1
    assert len(reaper.made()) == 1, "the render is not needed any more"


def test_rendering_leaves_the_settings_and_the_selection(reaper):
    rendered = reaper.plan().sound("rendered.wav")
    items = [{"type": "MIDI"}, {"type": "MIDI"}, {"file": reaper.sound("bass.wav")}]
    report = reaper.play(items, [START, leave_at("Done: 3 items.")], renders=rendered)
    assert report["calls"] == ["render take 1", "render take 2"]
    mine = {"settings": 1, "channels": 6, "file": "/mine", "pattern": "$track"}
    assert report["render"] == mine
    assert report["selected"] == 3


def test_what_reaper_cannot_render_changes_nothing(reaper):
    source = reaper.plan().sound("bass.wav")
    items = [{"file": source}, {"type": "MIDI"}]
    report = reaper.play(items, [START, leave_at("Reaper rendered nothing")])
    assert unchanged(report)
    assert reaper.made() == []


# What goes wrong


def test_a_refusal_is_told_and_changes_nothing(reaper):
    message = "There is no preset 'grand-piano'; did you mean 'piano'?"
    reaper.plan(fails={"guitar.wav": {"code": "no_such_preset", "message": message}})
    source = reaper.sound("guitar.wav")
    report = reaper.play(
        [{"file": source, "name": "guitar"}], [START, leave_at("guitar: There is")]
    )
    assert f"guitar: {message}" in text_seen(report)
    assert unchanged(report)
    assert reaper.made() == []


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("too_long", "Glue the item first (Item > Glue items)"),
        ("outside_root", "Start the server with --root and the folder of this project's media"),
    ],
)
def test_some_refusals_have_a_remedy_in_reaper(reaper, code, remedy):
    reaper.plan(fails={"guitar.wav": {"code": code, "message": "That cannot be."}})
    source = reaper.sound("guitar.wav")
    report = reaper.play([{"file": source}], [START, leave_at("That cannot be.")])
    assert remedy in text_seen(report)


def test_what_succeeds_is_kept_where_something_else_fails(reaper):
    reaper.plan(fails={"b.wav": {"code": "not_audio", "message": "b.wav is not audio."}})
    items = [{"file": reaper.sound("a.wav")}, {"file": reaper.sound("b.wav")}]
    report = reaper.play(items, [START, leave_at("Done: 1 item.")])
    assert "take 2: b.wav is not audio." in report["seen"]
    assert [len(takes(report, track)) for track in (0, 1)] == [2, 1]
    assert len(report["undo"]) == 1


def test_what_another_has_written_meanwhile_is_left_alone(reaper):
    reaper.plan(fails={"a.wav": {"code": "out_exists", "message": "It exists."}}, writes="mine")
    source = reaper.sound("a.wav")
    reaper.play([{"file": source}], [START, leave_at("It exists.")])
    assert reaper.made() == ["a (grand-piano).wav", "a (grand-piano).wav.json"]


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([], "No item is selected"),
        ([{"empty": True}], "One of the selected items is empty"),
        ([{"file": "/nowhere/a.wav"}], "There is no file /nowhere/a.wav: bring it back"),
    ],
)
def test_a_selection_that_cannot_be_sent_is_told(reaper, items, told):
    reaper.plan()
    good = {"file": reaper.sound("good.wav"), "selected": bool(items)}
    report = reaper.play([*items, good], [START, leave_at(told.split(":", maxsplit=1)[0])])
    assert told in text_seen(report)
    assert (report["undo"], report["commands"]) == ([], [])


def test_a_missing_program_is_told(reaper):
    source = reaper.plan().sound("guitar.wav")
    reaper.program.unlink()
    report = reaper.play([{"file": source}], [START, leave_at("There is no program")])
    assert f"There is no program {reaper.program}: run restyle install-daw reaper" in text_seen(
        report
    )
    assert unchanged(report)


def test_a_program_that_does_not_start_is_told(reaper):
    source = reaper.plan().sound("guitar.wav")
    scene = {"exec_fails": True, "speed": 20}
    report = reaper.play([{"file": source}], [START, leave_at("did not start")], **scene)
    assert unchanged(report)


def test_an_item_that_is_gone_is_told(reaper):
    reaper.plan(steps=8)
    items = [{"file": reaper.sound("a.wav")}, {"file": reaper.sound("b.wav")}]
    user = [START, {"see": "analysing", "delete": 1}, leave_at("the item is gone")]
    report = reaper.play(items, user)
    assert "Done: 1 item." in report["seen"]
    assert [len(takes(report, track)) for track in (0, 1)] == [1, 2]
    assert len(report["undo"]) == 1


def test_if_all_items_are_gone_there_is_nothing_to_undo(reaper):
    source = reaper.plan(steps=8).sound("a.wav")
    user = [START, {"see": "analysing", "delete": 1}, leave_at("the item is gone")]
    report = reaper.play([{"file": source}], user)
    assert unchanged(report)


# Cancelling


def test_cancel(reaper):
    source = reaper.plan(steps=100).sound("guitar.wav")
    user = [START, {"see": "analysing", "click": "Cancel"}, leave_at("Nothing was changed")]
    report = reaper.play([{"file": source}], user)
    send, cancel = report["commands"]
    assert cancel == [str(reaper.program), "cancel", send[send.index("--job") + 1]]
    assert unchanged(report)
    assert reaper.made() == []


def test_cancel_also_drops_what_was_done_before(reaper):
    reaper.plan(steps_of={"a.wav": 1, "b.wav": 100})
    items = [{"file": reaper.sound("a.wav")}, {"file": reaper.sound("b.wav")}]
    user = [START, {"see": "100 %: analysing", "click": "Cancel"}, leave_at("Nothing was changed")]
    report = reaper.play(items, user)
    assert unchanged(report)
    assert reaper.made() == []


def test_cancel_while_nothing_is_sent_yet(reaper):
    """The server may not know the job then: it is asked until the job is known to have stopped."""
    source = reaper.plan(steps=100).sound("guitar.wav")
    user = [START, {"see": "sending", "click": "Cancel"}, leave_at("Nothing was changed")]
    report = reaper.play([{"file": source}], user)
    assert unchanged(report)
    assert reaper.made() == []


def test_a_result_that_comes_in_spite_of_cancel_is_removed(reaper):
    source = reaper.plan(steps=6, deaf=True).sound("guitar.wav")
    user = [START, {"see": "analysing", "click": "Cancel"}, leave_at("Nothing was changed")]
    report = reaper.play([{"file": source}], user)
    assert unchanged(report)
    assert reaper.made() == []


def test_cancel_does_not_wait_for_ever(reaper):
    source = reaper.plan(steps=300, deaf=True).sound("guitar.wav")
    user = [START, {"see": "analysing", "click": "Cancel"}, leave_at("Nothing was changed")]
    report = reaper.play([{"file": source}], user, speed=10)
    asked = [it for it in report["commands"] if it[1] == "cancel"]
    assert 3 <= len(asked) <= 6
    assert unchanged(report)
    (reaper.programs / "plan.json").unlink()


def test_closing_the_window_asks_and_stops_the_jobs(reaper):
    source = reaper.plan(steps=100).sound("guitar.wav")
    report = reaper.play([{"file": source}], [START, leave_at("analysing")])
    assert report["boxes"] == ["Restyle is still working. Stop it?"]
    assert [it[1] for it in report["commands"]] == ["send", "cancel"]
    assert unchanged(report)
    assert reaper.made() == []


def test_closing_the_window_by_mistake(reaper):
    source = reaper.plan(steps=8).sound("guitar.wav")
    user = [START, leave_at("analysing"), leave_at("Done: 1 item.")]
    report = reaper.play([{"file": source}], user, answer=7)
    assert len(report["boxes"]) == 1
    assert len(takes(report)) == 2


def test_a_script_that_is_ended_from_outside_stops_its_jobs(reaper):
    source = reaper.plan(steps=30).sound("guitar.wav")
    user = [START, {"see": "analysing", "terminate": True}]
    report = reaper.play([{"file": source}], user)
    assert [it[1] for it in report["commands"]] == ["send", "cancel"]
    assert unchanged(report)


def test_escape_closes_the_window_when_nothing_is_under_way(reaper):
    reaper.plan()
    report = reaper.play([], [{"see": "Start", "key": 27}])
    assert (report["boxes"], report["undo"]) == ([], [])


# The parts that need no Reaper


def core(code, *arguments):
    """What Lua code that has ``core`` prints."""
    prelude = f"local core = dofile({lua(SOURCES / 'restyle_core.lua')})\n"
    done = subprocess.run(
        [LUA, "-", *arguments], input=(prelude + code).encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def windows_arguments(line):
    """A command line as Windows' C runtime splits it."""
    found, i = [], 0
    while i < len(line):
        if line[i] == " ":
            i += 1
            continue
        word, quoted = "", False
        while i < len(line) and (quoted or line[i] != " "):
            slashes = len(line[i:]) - len(line[i:].lstrip("\\"))
            i += slashes
            if i < len(line) and line[i] == '"':
                word += "\\" * (slashes // 2)
                if slashes % 2:
                    word += '"'
                else:
                    quoted = not quoted
                i += 1
            else:
                word += "\\" * slashes
                if not slashes:
                    word += line[i]
                    i += 1
        found.append(word)
    return found


WINDOWS_ARGUMENTS = [
    "C:\\Program Files\\Restyle\\restyle.exe",
    "C:\\My Music\\",
    "\\\\server\\share\\it's 100% ümlaut 音 & ^.wav",
    'a "quoted" word',
    'ends with \\"',
    "two \\\\ and \\\\\\",
    "plain",
]


def test_windows_takes_a_command_apart_as_it_was_put_together():
    code = "print((core.command({table.unpack(arg)}, true)))"
    line = core(code, *WINDOWS_ARGUMENTS).rstrip("\n")
    assert windows_arguments(line) == WINDOWS_ARGUMENTS
    assert windows_arguments(subprocess.list2cmdline(WINDOWS_ARGUMENTS)) == WINDOWS_ARGUMENTS


def parsed(text):
    code = (
        "local found = core.parse(arg[1])\n"
        "if not found then print('nothing') return end\n"
        "local keys = {}\n"
        "for key in pairs(found) do keys[#keys + 1] = key end\n"
        "table.sort(keys)\n"
        "for _, key in ipairs(keys) do print(key, math.type(found[key]) or type(found[key]), "
        "found[key]) end"
    )
    return core(code, text)


def test_a_status_file_is_read_as_python_writes_it():
    facts = {"a": 'Ü 音 😀 "q" \\ /', "b": 0.25, "c": 1, "d": True, "e": None, "f": -1.5e-7}
    assert parsed(json.dumps(facts)) == (
        'a\tstring\tÜ 音 😀 "q" \\ /\nb\tfloat\t0.25\nc\tinteger\t1\nd\tboolean\ttrue\n'
        "e\tstring\t\nf\tfloat\t-1.5e-07\n"
    )
    assert parsed(json.dumps({"a": "\t\n\x01"})) == "a\tstring\t\t\n\x01\n"
    assert parsed("{}") == parsed(" { } \n") == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"a": 1',
        '{"a": 1,}',
        '{"a": 1} x',
        '{"a" 1}',
        "{a: 1}",
        '{"a": nope}',
        '{"a": 0x10}',
        '{"a": 1-2}',
        '{"a": {"b": 1}}',
        '{"a": [1]}',
        '{"a": "open}',
        '{"a": "\\x"}',
        '{"a": "\\u12"}',
        '{"a": "\\ud83d"}',
        '{"a": "\\udc00"}',
        '{"a": "tab\tinside"}',
    ],
)
def test_half_a_status_file_says_nothing(text):
    assert parsed(text) == "nothing\n"


def test_the_menu_groups_by_family_and_counts_as_reaper_does():
    code = (
        'local presets = {{"a", "A|x", "F"}, {"b", "#B", "G"}, {"c", "C", "F"}}\n'
        'local menu, names = core.menu(presets, "c")\n'
        'print(menu, table.concat(names, ","))'
    )
    assert core(code) == ">F|A/x|<!C|>G|< #B\ta,c,b\n"


def test_a_long_name_is_cut_between_characters():
    assert core("print(core.shorten(arg[1], 5))", "äöü") == "äö\n"
    assert core("print(core.stem(arg[1], true))", "C:\\a b\\c.d.wav") == "c.d\n"
    assert core("print(core.stem(arg[1], false))", "/a/.wav") == ".wav\n"


def test_text_is_broken_into_lines():
    code = "print(table.concat(core.wrap(arg[1], 10, string.len), '/'))"
    assert core(code, "one two three a-very-long-word four") == (
        "one two/three/a-very-long-word/four\n"
    )


# With the presets of the user and the real program


def test_labels_of_the_user_are_only_text(reaper, tmp_path):
    """What is written into the script must never run."""
    clip = reaper.sound("clip.wav")
    soundfile.write(clip, np.random.default_rng(0).normal(0, 0.1, 48000), 48000)
    evil = 'x"} } os.execute("touch owned") --\\'
    user_presets.add("evil", clip, label=evil, family="]] -- \\")
    reaper.plan()
    script = (reaper.scripts / "Restyle.lua").read_bytes()
    line = next(it for it in script.splitlines() if it.endswith(b"--@presets"))
    show = "print(table.concat(it, '\\t'))"
    find = f"for _, it in ipairs(PRESETS) do if it[1] == arg[1] then {show} end end"
    assert core(f"{line.decode()}\n{find}", "evil") == f"evil\t{evil}\t]] -- \\\n"


def real_program():
    program = Path(sys.executable).with_name("restyle")
    return program if program.is_file() else None


needs_program = pytest.mark.skipif(real_program() is None, reason="restyle is not installed")


@needs_program
def test_without_a_server_the_remedy_is_told(reaper, tmp_path):
    """The real `restyle send`; it asks at a port where nobody is."""
    wrapper = tmp_path / "restyle"
    wrapper.write_text(f'#!/bin/sh\nexec "{real_program()}" "$@" --port 9\n')
    wrapper.chmod(0o755)
    install("reaper", reaper.scripts, restyle=wrapper)
    source = reaper.sound("guitar.wav")
    user = [START, leave_at("No Restyle server")]
    reaper.errors = Path(os.devnull)  # the command's own line
    report = reaper.play([{"file": source}], user, ticks=2000)  # it asks for five seconds
    told = text_seen(report)
    assert "No Restyle server answers at 127.0.0.1:9: start one with restyle serve" in told
    assert unchanged(report)


@pytest.fixture
def server(reaper, tmp_path):
    """The script installed for a server of its own, which may use the project's media."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    wrapper = tmp_path / "restyle"
    wrapper.write_text(f'#!/bin/sh\nexec "{real_program()}" "$@" --port {port}\n')
    wrapper.chmod(0o755)
    install("reaper", reaper.scripts, restyle=wrapper)
    serve = [real_program(), "serve", "--root", reaper.media, "--port", port, "--workers", "1"]
    serve += ["--journal", tmp_path / "journal.sqlite", "--quiet"]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(serve, stdout=pipe, stderr=nowhere, text=True) as running:
        try:
            assert "Listening" in running.stdout.readline()
            yield wrapper
        finally:
            running.terminate()


@pytest.mark.slow
@needs_program
def test_with_a_server(reaper, server):
    """All of it but Reaper: script, `restyle send`, `restyle serve`, a worker."""
    sound = np.random.default_rng(0).normal(0, 0.1, 2 * 48000)
    source = reaper.sound("it's guitar.wav")
    soundfile.write(source, sound, 48000)
    items = [{"file": source, "name": "guitar", "offset": 0.5}]
    report = reaper.play(items, [START, leave_at("Done: 1 item.")], ticks=2000)
    new = takes(report)[1]
    styled, rate = soundfile.read(new["file"])
    assert (len(styled), rate) == (len(sound), 48000)
    assert not np.array_equal(styled, sound)
    assert new["values"]["D_STARTOFFS"] == 0.5
    assert reaper.made() == ["it's guitar (grand-piano).wav"]


@pytest.mark.slow
@needs_program
def test_cancel_with_a_server(reaper, server):
    source = reaper.sound("long.wav")
    soundfile.write(source, np.random.default_rng(0).normal(0, 0.1, 60 * 48000), 48000)
    user = [START, {"see": "%: restyling", "click": "Cancel"}, leave_at("Nothing was changed")]
    reaper.errors = Path(os.devnull)  # the command's own line
    report = reaper.play([{"file": source}], user, ticks=2000)
    assert unchanged(report)
    assert reaper.made() == []
    told = subprocess.run([server, "status"], capture_output=True, check=True, text=True).stdout
    assert told == "0 running, 0 queued, 0 done, 0 failed.\n"
