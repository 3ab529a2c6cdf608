"""The Ardour scripts, run in a real Ardour (without its window) against a real server.

``ardour/headless.lua`` stands in for what only the window has: selection, dialogs, file import.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pedalboard.io import AudioFile
from pythonosc.osc_message import OscMessage
from support.chains import add_chain

import plugin_bridge.daw
from effects.board import Pedalboard
from effects.engines import DEFAULT_ENGINE, ENGINES
from plugin_bridge.daw.install import install

HERE = Path(__file__).parent / "ardour"
SCRIPTS = Path(plugin_bridge.daw.__file__).parent / "ardour"
VST3 = Path("/usr/lib/vst3")  # where Debian's zam-plugins are
RATE = 48000
FADE = 64  # samples: Ardour fades every region in and out
ODD = "Key/s \"x\" 'é'"

needs_ardour = pytest.mark.skipif(not shutil.which("ardour7-lua"), reason="needs ardour7-lua")


class Ardour:
    """A session, in a folder with a difficult name; each run is a process of its own."""

    def __init__(self, folder, port):
        self.root = folder / "Music d'été"
        self.session = self.root / "My song"
        self.root.mkdir()
        self.home = folder / "home"
        scripts = self.home / "ardour7" / "scripts"
        scripts.mkdir(parents=True)
        shutil.copy(HERE / "wav_import.lua", scripts)
        self.port = port
        self.scripts = SCRIPTS

    @property
    def notes(self):
        return self.session / "externals" / "restyle.txt"

    def run(self, code):
        """What the Lua ``code`` printed, as lists of words; the session is created or loaded."""
        start = "load" if self.session.exists() else "create"
        rate = "" if start == "load" else f", {RATE}"
        script = self.home / "run.lua"
        script.write_text(
            f"ARDOUR_SCRIPTS = [[{self.scripts}]]\n"
            f"dofile [[{HERE}/headless.lua]]\n"
            f"assert ({start}_session ([[{self.session}]], 'song'{rate}))\n"
            f"sleep (SETTLE)\n{code}\nfinish ()\n"
        )
        homes = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
        done = subprocess.run(
            ["ardour7-lua", str(script)],
            env={**os.environ, **dict.fromkeys(homes, str(self.home)), "RESTYLE_PORT": self.port},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "FINISHED" in done.stdout, done.stdout + done.stderr
        lines = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
        return [line for line in lines if line[0].isupper()]

    def sent(self):
        """What the notes say of each stem: its fields, in the order they were sent."""
        lines = self.notes.read_text().splitlines()
        return [line.split("\t")[1:] for line in lines if line.startswith("sent")]

    def out(self, fields):
        return self.session / "externals" / fields[2]

    def wait(self, count=1, seconds=120):
        """Until the server has finished with so many stems."""
        end = time.monotonic() + seconds
        while sum(Path(f"{self.out(job)}.json").exists() for job in self.sent()) < count:
            assert time.monotonic() < end, "no answer"
            time.sleep(0.1)


@pytest.fixture
def port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture
def ardour(tmp_path, port):
    return Ardour(tmp_path, port)


@pytest.fixture
def serve(ardour):
    """Start ``restyle serve`` for the session's folder."""
    running = []

    def start(*more):
        command = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()", "serve"]
        options = ["--root", ardour.root, "--port", ardour.port, "--workers", "1", "--quiet"]
        options += more
        process = subprocess.Popen(
            [*command, *map(str, options)], stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert "Listening" in process.stdout.readline()

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def guitar(tmp_path):
    """Two seconds of the guitar recording, mono, and a stereo file of it."""
    with AudioFile(
        str(Path(plugin_bridge.__file__).parent / "recordings" / "guitar" / "clip.ogg")
    ) as file:
        audio = file.resampled_to(RATE).read(2 * RATE)[0]
    soundfile.write(tmp_path / "mono.wav", audio, RATE, "FLOAT")
    soundfile.write(tmp_path / "stereo.wav", np.stack([audio, -0.5 * audio], 1), RATE, "FLOAT")
    return tmp_path


def said(lines):
    """The dialogs that were shown: kind and text, ``|`` for a new line."""
    return [tuple(words) for what, *words in lines if what == "SAID"]


def tracks(lines):
    """Of each track: its region, where that starts and how long it is, in samples."""
    told = [words for what, *words in lines if what == "TRACK"]
    return {name: (region, int(at), int(long)) for name, region, at, long in told}


SEND = """
ANSWER = { preset = "violin", own = "", clip = "", engine = "sampler", percent = 75 }
action ("restyle_send") ()
"""
ONE_TRACK = """
local track = add_track ("Guitar", 1)
import (track, [[{folder}/mono.wav]], 1000)
SELECTED = {{ track }}
"""


# The scripts as files


@pytest.mark.parametrize("name", ["send", "fetch", "cancel", "watch"])
def test_nothing_stands_outside_what_ardour_keeps(name):
    text = (SCRIPTS / f"restyle_{name}.lua").read_text()
    top = re.findall(r"^local .*", text.split("function factory", 1)[0], re.MULTILINE)
    assert top == []


@pytest.mark.skipif(not shutil.which("lua5.4"), reason="needs lua5.4")
@pytest.mark.parametrize(
    "path", [*SCRIPTS.glob("*.lua"), *HERE.glob("*.lua")], ids=lambda x: x.name
)
def test_it_is_lua(path):
    subprocess.run(["lua5.4", "-e", f"assert (loadfile [[{path}]])"], check=True)


def test_the_menu_has_all_engines_the_usual_one_first():
    [line] = re.findall(
        r"^local ENGINES = \{ (.*) \}$", (SCRIPTS / "restyle_send.lua").read_text(), re.M
    )
    assert re.findall(r'"(\w+)"', line) == list(ENGINES)
    assert next(iter(ENGINES)) == DEFAULT_ENGINE


def test_the_line_of_presets_can_be_replaced():
    text = (SCRIPTS / "restyle_send.lua").read_text()
    assert len(re.findall(r"^local PRESETS = \{.*\} --@presets$", text, re.MULTILINE)) == 1


# In Ardour


@needs_ardour
@pytest.mark.slow
@pytest.mark.skipif(
    not (VST3 / "ZamCompX2.vst3").exists(), reason="needs zam-plugins (apt: zam-plugins)"
)
def test_a_track_goes_through_a_chain_with_a_plugin_and_comes_back(ardour, serve, guitar):
    style = '[[effects]]\ntype = "StyleTransfer"\npreset = "violin"\nstrength = 0.8\n'
    comp = '[[effects]]\ntype = "VST3Plugin"\npath = "ZamCompX2.vst3"\n'
    add_chain("my-comp", f'label = "Compressed"\n{style}{comp}parameters = {{ ratio = 8.0 }}\n')
    ardour.scripts = ardour.home / "installed"
    ardour.scripts.mkdir()
    install("ardour", ardour.scripts, restyle=Path(sys.executable))
    serve("--plugins", str(VST3))
    lines = ardour.run(f"""
        {ONE_TRACK.format(folder=guitar)}
        ANSWER = {{ preset = "my-comp", own = "", clip = "", engine = "sampler", percent = 100 }}
        action ("restyle_send") ()
        action ("restyle_fetch") () -- which may send the same again
        Session:save_state ("", false, false, false, false, false)
    """)
    assert "for my-comp: Guitar|" in said(lines)[0][1]  # at its own strength
    ardour.wait()
    [fields] = ardour.sent()
    stem, _ = soundfile.read(fields[1], dtype="float32", always_2d=True)
    out, _ = soundfile.read(ardour.out(fields), dtype="float32", always_2d=True)
    np.testing.assert_array_equal(out, Pedalboard.load("my-comp")(stem.T, RATE).T)
    lines = ardour.run('action ("restyle_fetch") ()\ntell_tracks ()')
    assert "Guitar (my-comp)" in said(lines)[0][1]
    assert tracks(lines)["Guitar (my-comp)"] == ("Guitar (my-comp)", 1000, 2 * RATE)


@needs_ardour
@pytest.mark.slow
def test_tracks_go_out_and_come_back_in_their_place(ardour, serve, guitar):
    serve()
    lines = ardour.run(f"""
        local mono, stereo = add_track ("Guitar", 1), add_track ([[{ODD}]], 2)
        import (mono, [[{guitar}/mono.wav]], 48017)
        import (mono, [[{guitar}/mono.wav]], 48017 + 3 * 48000)
        import (stereo, [[{guitar}/stereo.wav]], 12345)
        stereo:mute_control ():set_value (1, PBD.GroupControlDisposition.NoGroup)
        SELECTED = {{ mono, stereo, add_track ("Empty", 1), Session:master_out () }}
        {SEND}
        Session:save_state ("", false, false, false, false, false)
    """)
    ((kind, text),) = said(lines)
    assert kind == "warning"  # as something was not sent
    assert f"for violin at 75 %: Guitar, {ODD}|" in text
    assert "Empty: it is empty" in text
    assert "Master: it is no audio track" in text
    root = str(ardour.root).replace("'", "'\\''")
    assert f"restyle serve --root '{root}'|" in text

    mono, stereo = ardour.sent()
    ardour.wait(2)
    for fields, channels, frames in ((mono, 1, 5 * RATE), (stereo, 2, 2 * RATE)):
        stem, out = soundfile.info(fields[1]), soundfile.info(ardour.out(fields))
        assert (stem.channels, stem.frames, stem.samplerate) == (channels, frames, RATE)
        assert (out.channels, out.frames, out.samplerate) == (channels, frames, RATE)
    sound, _ = soundfile.read(stereo[1], dtype="float32")
    original, _ = soundfile.read(guitar / "stereo.wav", dtype="float32")
    np.testing.assert_array_equal(sound[FADE:-FADE], original[FADE:-FADE])

    lines = ardour.run('action ("restyle_fetch") ()')
    ((kind, text),) = said(lines)
    assert (kind, text) == (
        "info",
        f"Here, and the session is saved: Guitar (violin), {ODD} (violin)",
    )

    lines = ardour.run(f"""
        action ("restyle_fetch") () -- nothing comes in twice
        tell_tracks ()
        for route in Session:get_tracks ():iter () do
          if route:name ():match ("violin") then
            local track = route:to_track ()
            local region = track:bounce_range (0, {8 * RATE}, ARDOUR.InterThreadInfo (),
              track:main_outs (), false, "again")
            for i = 0, region:to_audioregion ():n_channels () - 1 do
              tell ("AGAIN", region:source (i):to_filesource ():path ())
            end
          end
        end
    """)
    ((_, text),) = said(lines)
    assert text.startswith("Nothing is on its way")
    assert {name: place for name, place in tracks(lines).items() if "violin" in name} == {
        "Guitar (violin)": ("Guitar (violin)", 48017, 5 * RATE),
        f"{ODD} (violin)": (f"{ODD} (violin)", 12345, 2 * RATE),
    }
    paths = [words[0] for what, *words in lines if what == "AGAIN"]
    again = [soundfile.read(path, dtype="float32")[0] for path in paths]
    for position, fields, rendered in (
        (48017, mono, again[0][:, None]),
        (12345, stereo, np.stack(again[1:], 1)),
    ):
        restyled, _ = soundfile.read(ardour.out(fields), dtype="float32", always_2d=True)
        stem, _ = soundfile.read(fields[1], dtype="float32", always_2d=True)
        assert np.abs(restyled - stem).max() > 0.01
        placed = np.zeros_like(rendered)
        placed[position : position + len(restyled)] = restyled
        inside = slice(position + FADE, position + len(restyled) - FADE)
        np.testing.assert_array_equal(rendered[inside], placed[inside])
        assert np.abs(rendered - placed).max() <= np.abs(restyled).max()
        assert not rendered[:position].any()
        assert not rendered[position + len(restyled) :].any()


@needs_ardour
@pytest.mark.slow
def test_a_server_started_later_gets_what_was_sent(ardour, serve, guitar):
    clip = ardour.root / "Cello's.wav"
    shutil.copy(guitar / "stereo.wav", clip)
    chosen = f"clip = [[{clip}]], engine = 'infinite'"
    lines = ardour.run(
        ONE_TRACK.format(folder=guitar) + SEND.replace('clip = "", engine = "sampler"', chosen)
    )
    assert "for Cello's at 75 %: Guitar|" in said(lines)[0][1]
    assert f"or in another --root: {clip}" in said(lines)[0][1]
    serve()
    end, text = time.monotonic() + 120, "Still to come"
    while text.startswith("Still to come"):
        assert time.monotonic() < end, "no answer"
        lines = ardour.run('action ("restyle_fetch") () tell_tracks ()')
        ((_, text),) = said(lines)
    assert text == "Here, and the session is saved: Guitar (Cello's)"
    assert tracks(lines)["Guitar (Cello's)"] == ("Guitar (Cello's)", 1000, 2 * RATE)


@needs_ardour
@pytest.mark.slow
def test_a_result_that_cannot_be_imported_is_told_once(ardour):
    ardour.run("")
    for name in ("gone", "empty"):
        out = ardour.session / "externals" / f"{name}.wav"
        Path(f"{out}.json").write_text(json.dumps({"state": "done", "error": ""}))
        with ardour.notes.open("a") as notes:
            notes.write(f"sent\t{name}\t/in.wav\t{name}.wav\tviolin\t50\t0\t1\t1\tBass\n")
    soundfile.write(out, np.zeros(100), RATE)  # the last of them
    lines = ardour.run("""
        function Editor:do_import () end -- as if the user had cancelled it
        action ("restyle_fetch") ()
        action ("restyle_fetch") ()
    """)
    (kind, text), (_, again) = said(lines)
    folder = ardour.session / "externals"
    assert kind == "error"
    assert text.split("|") == [
        "Failed:",
        f"Bass (violin): Ardour could not read {folder}/gone.wav",
        f"Bass (violin): its track is empty, for Ardour did not import {folder}/empty.wav",
    ]
    assert again.startswith("Nothing is on its way")


@needs_ardour
@pytest.mark.slow
def test_every_stem_has_a_name_of_its_own_and_what_is_told_is_true(ardour, guitar):
    """Without a server: the datagrams as sent, an answer of each kind, and silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", int(ardour.port)))
        server.settimeout(10)
        ardour.run(
            ONE_TRACK.format(folder=guitar)
            + SEND
            + SEND.replace('own = ""', 'own = " my own "')
            + SEND
            + SEND.replace('clip = ""', f'clip = "{guitar}/My clip.wav"').replace(
                "sampler", "vgg19"
            )
            + 'ANSWER = nil action ("restyle_send") ()'
            + ' Session:save_state ("", false, false, false, false, false)'
        )
        sent = ardour.sent()
        assert len(sent) == 4
        assert len({fields[0] for fields in sent}) == 4
        assert len({fields[1] for fields in sent} | {fields[2] for fields in sent}) == 8
        clip = ("style", f"{guitar}/My clip.wav", "engine", "vgg19")
        more = {fields[0]: clip * (fields is sent[3]) for fields in sent}
        for fields, preset in zip(sent, ("violin", "my own", "violin", ""), strict=True):
            message = OscMessage(server.recv(65536))
            assert message.address == "/restyle/submit"
            assert message.params == [
                fields[0],
                fields[1],
                str(ardour.out(fields)),
                preset,
                "strength",
                0.75,
                *more[fields[0]],
            ]
        assert "-My-clip-" in sent[3][2]

        shutil.copy(guitar / "mono.wav", ardour.out(sent[0]))
        answers = ({"state": "done", "error": ""}, {"state": "failed", "error": 'No "x" \\ "é".'})
        for fields, answer in zip(sent, answers, strict=False):
            Path(f"{ardour.out(fields)}.json").write_text(json.dumps(answer, ensure_ascii=False))
        text = ardour.notes.read_text()
        ardour.notes.write_text(text.replace(f"\t{sent[3][7]}\tGuitar", "\t1000\tGuitar"))
        ((kind, text),) = said(ardour.run('action ("restyle_fetch") ()'))
        assert kind == "error"
        here, failed, waiting, hint = text.split("||")
        assert here == "Here, and the session is saved: Guitar (violin)"
        assert failed == 'Failed:|Guitar (my own): No "x" \\ "é".'
        assert waiting == "Still to come: 2. Fetch again later."
        assert "is the server running? Start it in a terminal:|restyle serve --root '" in hint
        for fields in sent[2:]:
            params = OscMessage(server.recv(65536)).params
            assert (params[:2], params[6:]) == (fields[:2], list(more[fields[0]]))

        with ardour.notes.open("a") as notes:
            notes.write(f"busy\t{int(time.time())}\n")
        lines = ardour.run("""
            action ("restyle_fetch", { quiet = true }) ()
            action ("restyle_fetch") ()
            local notes = io.open (Session:path () .. "/externals/restyle.txt", "a")
            notes:write ("busy\\t0\\n")
            notes:close ()
            action ("restyle_cancel") ()
            action ("restyle_cancel") ()
            action ("restyle_fetch", { quiet = true }) ()
            action ("restyle_fetch") ()
            SELECTED = {}
            action ("restyle_send") ()
        """)
        assert [text.split(":")[0] for _, text in said(lines)] == [
            "Results are being fetched already.",
            "Cancelled",
            "Nothing is on its way.",
            "Nothing is on its way",
            "Select the audio tracks to restyle first.",
        ]
        cancelled = [OscMessage(server.recv(65536)) for _ in range(2)]
        assert {message.address for message in cancelled} == {"/restyle/cancel"}
        assert {message.params[0] for message in cancelled} == {x[0] for x in sent[2:]}
