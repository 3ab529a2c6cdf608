"""Ableton Live: the device's files are well formed, its script does what it should in Node, and
the client of AbletonOSC does with a stand-in. None of it has been run in Live or in Max.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.sounds import melody

import presets
from effects.engines import ENGINES
from plugin_bridge.daw.ableton import abletonosc
from plugin_bridge.daw.ableton.abletonosc import AbletonOSC, LiveClip
from plugin_bridge.daw.ableton.device import DEVICE, SCRIPT, build
from plugin_bridge.osc.client import Client, NoServer, Refused, Result
from plugin_bridge.osc.datagram import encode, read
from presets import Chain, Preset

HERE = Path(__file__).parent / "ableton"
ODD = 'it\'s "odd" \u2028 </script> \\ ü 🎻'

node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js (apt: nodejs)")


def preset(name, label="", family="Strings", *, program=None, built_in=True):
    clip = Path("clip.ogg")
    return Preset(
        name=name, label=label, family=family, program=program, clip=clip, built_in=built_in
    )


def few():
    return [
        preset(ODD, "Odd\none", "Mine", built_in=False),
        preset("flute", "Flute", "Pipe", program=73),
        preset("violin", "Violin", program=40),
    ]


def chunks(data):
    """Those of an .amxd, in their order."""
    found, at = [], 0
    while at < len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        found.append((name, data[at + 8 : at + 8 + length]))
        at += 8 + length
    assert at == len(data)
    return found


def patcher_of(files):
    return json.loads(dict(chunks(files[DEVICE]))[b"ptch"].removesuffix(b"\n\0"))["patcher"]


def boxes_of(files):
    return [it["box"] for it in patcher_of(files)["boxes"]]


def menu_of(files):
    menu, engines = (it for it in boxes_of(files) if it["maxclass"] == "live.menu")
    names = engines["saved_attribute_attributes"]["valueof"]["parameter_enum"]
    assert names == list(ENGINES)
    return menu["saved_attribute_attributes"]["valueof"]["parameter_enum"]


def chains_of(files):
    (line,) = re.findall(rb"^var CHAINS = (.*);$", files[SCRIPT], re.MULTILINE)
    return json.loads(line)


def names_of(files):
    (line,) = re.findall(rb"^var PRESETS = (.*);$", files[SCRIPT], re.MULTILINE)
    return json.loads(line)


@pytest.fixture(scope="module")
def device():
    return build(presets.every())


# The file


def test_the_device_is_three_chunks(device):
    (kind, meta, patch) = chunks(device[DEVICE])
    assert kind == (b"ampf", b"aaaa")
    assert meta == (b"meta", b"\1\0\0\0")
    assert patch[0] == b"ptch"
    assert patch[1].endswith(b"\n\0")


def test_files_begin_with_a_line_that_says_whose_they_are(device):
    for data in device.values():
        assert b"Restyle" in data.split(b"\n")[0][:200]


@pytest.mark.parametrize("many", range(1, 40, 3))
def test_the_first_line_is_whole_whatever_the_length(many):
    data = build([preset(f"p{it}", "x" * 17) for it in range(many)])[DEVICE]
    assert data.split(b"\n")[0].endswith((b"}", b" "))


def test_nothing_to_choose_from_is_refused():
    with pytest.raises(ValueError, match="no preset"):
        build([])


# The patcher


def test_every_line_joins_an_outlet_to_an_inlet(device):
    boxes = {it["id"]: it for it in boxes_of(device)}
    assert len(boxes) == len(boxes_of(device))
    lines = [it["patchline"] for it in patcher_of(device)["lines"]]
    assert len(lines) == len({str(it) for it in lines})
    for line in lines:
        (source, outlet), (target, inlet) = line["source"], line["destination"]
        assert 0 <= outlet < boxes[source]["numoutlets"]
        assert 0 <= inlet < boxes[target]["numinlets"]


def test_boxes_have_what_max_writes(device):
    outlets = {"live.menu": 3, "live.dial": 2, "live.text": 2, "message": 1, "comment": 0}
    outlets |= {"slider": 1, "plugin~": 2, "plugout~": 2, "live.thisdevice": 3, "udpsend": 0}
    outlets |= {"udpreceive": 1, "prepend": 1, "t": 2, "js": 4}
    for box in boxes_of(device):
        kind = box["text"].split()[0] if box["maxclass"] == "newobj" else box["maxclass"]
        assert box["numoutlets"] == outlets[kind] == len(box.get("outlettype", []))
        assert box["numinlets"] == (2 if kind in ("message", "plugin~", "plugout~") else 1)
        assert len(box["patching_rect"]) == 4
        if "presentation" in box:
            left, top, width, height = box["presentation_rect"]
            assert 0 <= left <= left + width <= patcher_of(device)["devicewidth"]
            assert 0 <= top <= top + height <= 169  # a device's height in Live


def test_live_knows_each_parameter_by_a_name_of_its_own(device):
    live = [it for it in boxes_of(device) if it["maxclass"].startswith("live.") and "varname" in it]
    assert len(live) == 6
    names = [it["saved_attribute_attributes"]["valueof"]["parameter_longname"] for it in live]
    given = ["Cancel", "Engine", "Preset", "Restyle clip", "Strength", "Use as style"]
    assert sorted(names) == given
    known = patcher_of(device)["parameters"]
    assert {it["id"] for it in live} == set(known) - {"parameterbanks"}
    assert all(it["parameter_enable"] == 1 for it in live)
    (dial,) = (it for it in live if it["maxclass"] == "live.dial")
    values = dial["saved_attribute_attributes"]["valueof"]
    assert (values["parameter_mmin"], values["parameter_mmax"]) == (0, 1)
    assert values["parameter_initial"] == [0.5]


def reach(device, text, outlet=0):
    """What the outlet of the box with that text is joined to."""
    boxes = {it["id"]: it for it in boxes_of(device)}
    (source,) = (it["id"] for it in boxes.values() if it.get("text", "").startswith(text))
    lines = [it["patchline"] for it in patcher_of(device)["lines"]]
    found = [it["destination"] for it in lines if it["source"] == [source, outlet]]
    return sorted((boxes[box].get("text", boxes[box]["maxclass"]), inlet) for box, inlet in found)


def test_sound_passes_through(device):
    assert [reach(device, "plugin~", it) for it in (0, 1)] == [[("plugout~", 0)], [("plugout~", 1)]]


def test_messages_go_where_they_should(device):
    script = [(f"js {SCRIPT}", 0)]
    ways = ("prepend osc", "prepend preset", "prepend strength", "prepend engine")
    for text in (*ways, "start", "cancel", "restyle", "style"):
        assert reach(device, text) == script
    assert reach(device, "udpreceive 9473") == [("prepend osc", 0)]
    assert reach(device, "Restyle clip") == [("restyle", 0)]
    assert reach(device, "Cancel") == [("cancel", 0)]
    assert reach(device, "outputvalue") == [("live.dial", 0), *[("live.menu", 0)] * 2]
    assert reach(device, "Use as style") == [("style", 0)]
    assert reach(device, "js", 0) == [("udpsend 127.0.0.1 9471", 0)]
    assert reach(device, "js", 1) == [("Starting", 0)]
    assert reach(device, "js", 2) == [("slider", 0)]
    assert reach(device, "js", 3) == [("udpreceive 9473 @defer 1", 0)]


# The presets


def test_the_menu_has_every_preset_in_the_order_of_the_script(device):
    names, menu = names_of(device), menu_of(device)
    assert sorted(names) == [it.name for it in presets.every()]
    assert menu == [f"{presets.get(it).family}: {presets.get(it).label}" for it in names]
    assert chains_of(device) == []
    assert menu[0] == "Piano: Grand piano"


def test_chains_stand_after_presets_and_ones_own_last():
    own = preset("aaa", "First of all", "Piano", built_in=False)
    chains = [
        Chain(name="my-hall", label="My hall"),
        Chain(name="tape", label="On tape", built_in=True),
        Chain(name="wide", built_in=True),
    ]
    device = build([own, *few()], chains)
    names, menu = names_of(device), menu_of(device)
    known = [names_of(build(few()))[0], "tape", "wide", "aaa", "my-hall"]
    assert [it for it in names if it in known] == known
    assert menu[-5:][names[-5:].index("tape")] == "Chains: On tape"
    assert menu[names.index("wide")] == "Chains: wide"
    assert chains_of(device) == ["tape", "wide", "my-hall"]


def test_a_preset_of_ones_own_moves_no_other():
    own = preset("aaa", "First of all", "Piano", built_in=False)
    before, after = build(few()[1:]), build([own, *few()[1:]])
    assert names_of(after) == [*names_of(before), "aaa"]


def test_odd_names_are_kept_and_odd_labels_are_one_line_each():
    files = build([*few(), preset("violin-2", "Violin", program=40)])
    assert names_of(files) == ["violin", "violin-2", "flute", ODD]
    assert menu_of(files) == [
        "Strings: Violin",
        "Strings: Violin (violin-2)",
        "Pipe: Flute",
        "Mine: Odd one",
    ]


# The script


def test_the_script_is_what_old_engines_of_max_read(device):
    source = device[SCRIPT].decode("ascii")
    code = re.sub(r"//.*|\"(?:[^\"\\\n]|\\.)*\"", "0", source)
    assert not re.search(r"=>|`|\b(let|const|class|async|await|import|export|of)\b|\.\.\.", code)
    assert not re.search(r",\s+[)\]}]", code)


@node
def test_the_script_in_node(tmp_path):
    script = tmp_path / SCRIPT
    script.write_bytes(build(few(), [Chain(name="my-hall")])[SCRIPT])
    done = subprocess.run(
        ["node", "--test", HERE / "device.test.js"],
        env={**os.environ, "RESTYLE_SCRIPT": str(script)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)[1]) > 30


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


@contextlib.contextmanager
def serving(root, port, folder):
    """A real ``restyle serve``, until the block ends."""
    command = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()", "serve"]
    command += ["--root", root, "--port", str(port), "--workers", "1", "--quiet"]
    command += ["--journal", folder / "journal.sqlite", "--log", folder / "log"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(12):
            with contextlib.suppress(NoServer), Client(port=port) as client:
                client.version()
                break
        yield
    finally:
        process.terminate()
        process.wait(30)


@node
@pytest.mark.slow
def test_the_script_against_a_real_server(tmp_path):
    script, root, port = tmp_path / SCRIPT, tmp_path / "music", free_port()
    script.write_bytes(build(few())[SCRIPT])
    root.mkdir()
    stem = root / "Ünser stem.wav"
    soundfile.write(stem, melody(2.0, 44100)[0], 44100)
    with serving(root, port, tmp_path):

        def restyle(path, *markers):
            command = ["node", HERE / "over_udp.js", script, str(port), path, *markers]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
            return json.loads(done.stdout)

        first = restyle(stem, "0.5", "1.25")
        out = root / "Ünser stem (violin) 1.wav"
        assert first["files"] == [str(stem), str(out)]
        assert first["status"] == f"Done: {out.name}"
        assert "/restyle/accepted" in first["seen"]
        assert soundfile.info(out).frames == round(0.75 * 44100)

        second = restyle(stem)  # the name is taken
        assert second["files"] == [str(stem), str(root / "Ünser stem (violin) 2.wav")]
        assert soundfile.info(second["files"][1]).frames == 2 * 44100

        outside = restyle(tmp_path / "elsewhere.wav")
        assert outside["files"] == [str(tmp_path / "elsewhere.wav")]
        assert "--root" in outside["status"]


# AbletonOSC


class FakeAbletonOSC:
    """Answers as AbletonOSC's documentation says, to a fixed port, and to nothing it lacks."""

    def __init__(self, values, *, lose=0):
        self.values, self.lose, self.asked = values, lose, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port, self.reply_port = self.socket.getsockname()[1], free_port()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while data := self.socket.recv(65536):
            (message,) = read(data)
            self.asked.append(message.address)
            if self.lose:
                self.lose -= 1
            elif message.address in self.values:
                answer = (*message.arguments, self.values[message.address])
                to = ("127.0.0.1", self.reply_port)
                self.socket.sendto(encode("/live/song/beat", 3), to)  # it says more than is asked
                self.socket.sendto(encode(message.address, *answer), to)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join(10)
        self.socket.close()

    def connect(self):
        return AbletonOSC(port=self.port, reply_port=self.reply_port)


def live_values(path, **changes):
    return {
        "/live/view/get/selected_track": 2,
        "/live/view/get/selected_scene": 1,
        "/live/clip_slot/get/has_clip": True,
        "/live/clip/get/is_audio_clip": True,
        "/live/clip/get/file_path": str(path),
        "/live/clip/get/name": "Piano",
        "/live/clip/get/warping": False,
        "/live/clip/get/start_marker": 0.5,
        "/live/clip/get/end_marker": 1.25,
        **{f"/live/{it.replace('__', '/get/')}": value for it, value in changes.items()},
    }


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(abletonosc, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(abletonosc, "PAUSE_SECONDS", 0.05)


def test_the_selected_clip_with_its_markers(impatient):
    with FakeAbletonOSC(live_values("/m/piano.wav"), lose=2) as live, live.connect() as osc:
        assert osc.selected_clip() == LiveClip("Piano", Path("/m/piano.wav"), 0.5, 1.25, False)
        assert live.asked.count("/live/view/get/selected_track") == 3


def test_a_warped_clip_is_its_whole_file(impatient):
    values = live_values("/m/piano.wav", clip__warping=1)
    with FakeAbletonOSC(values) as live, live.connect() as osc:
        assert osc.selected_clip()[2:] == (None, None, True)


def test_an_abletonosc_that_tells_no_markers(impatient):
    values = live_values("/m/piano.wav")
    del values["/live/clip/get/start_marker"]
    with FakeAbletonOSC(values) as live, live.connect() as osc:
        assert osc.selected_clip()[2:] == (None, None, False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clip_slot__has_clip": False}, "no audio clip on track 3 in scene 2"),
        ({"clip__is_audio_clip": False}, "no audio clip on track 3 in scene 2"),
        ({"clip__file_path": ""}, "freeze and flatten"),
        ({"clip__end_marker": 0.5}, "no sound between"),
    ],
)
def test_what_cannot_be_restyled(impatient, changes, message):
    values = live_values("/m/piano.wav", **changes)
    refused = pytest.raises(ValueError, match=message)
    with FakeAbletonOSC(values) as live, live.connect() as osc, refused:
        osc.selected_clip()


def test_no_abletonosc(impatient):
    refused = pytest.raises(ValueError, match=r"No AbletonOSC answers at 127.0.0.1:\d+: start Live")
    with AbletonOSC(port=free_port(), reply_port=free_port()) as osc, refused:
        osc.selected_clip()


def test_another_program_has_the_port():
    refused = pytest.raises(ValueError, match="close the other program")
    with FakeAbletonOSC({}) as live, live.connect(), refused:
        live.connect()


class FakeClient:
    """As far as it is used: a client of a server that refuses the files there are."""

    def __init__(self, *there):
        self.there, self.submitted, self.cancelled = there, [], []

    def submit(self, source, output, preset, **settings):
        if str(output) in self.there:
            raise Refused("out_exists", f"{output} exists.")
        self.submitted.append((str(source), str(output), preset, settings))
        return "job"

    def wait(self, job, *, on_progress=None):
        if on_progress is not None:
            on_progress(0.5, "matching")
        return Result(job, self.submitted[-1][1], 1, 1, 1.0)

    def cancel(self, job):
        self.cancelled.append(job)


CLIP = LiveClip("Piano", Path("/m/a.b.wav"), 0.5, None, False)


def test_a_result_beside_the_source_under_the_next_free_name():
    client = FakeClient("/m/a.b (violin) 1.wav", "/m/a.b (violin) 2.wav")
    result = abletonosc.restyle(client, CLIP, "violin", strength=0.7)
    assert result.out == "/m/a.b (violin) 3.wav"
    settings = {"strength": 0.7, "start_seconds": 0.5, "end_seconds": None}
    settings |= {"style": None, "engine": None}
    assert client.submitted == [("/m/a.b.wav", "/m/a.b (violin) 3.wav", "violin", settings)]


def test_a_clip_and_an_engine_go_along_and_name_the_result():
    client, clip = FakeClient(), Path("/clips/my cello.wav")
    result = abletonosc.restyle(client, CLIP, "", style=clip, engine="infinite")
    assert result.out == "/m/a.b (my cello) 1.wav"
    (_, _, preset, settings) = client.submitted[0]
    assert (preset, settings["style"], settings["engine"]) == ("", clip, "infinite")


def test_a_result_of_a_given_name_is_no_other():
    with pytest.raises(Refused, match="exists"):
        abletonosc.restyle(FakeClient("/m/x.wav"), CLIP, "violin", output=Path("/m/x.wav"))


def test_ctrl_c_cancels():
    def stop(fraction, stage):
        raise KeyboardInterrupt

    client = FakeClient()
    with pytest.raises(KeyboardInterrupt):
        abletonosc.restyle(client, CLIP, "", on_progress=stop)
    assert client.cancelled == ["job"]
    assert client.submitted[0][1] == "/m/a.b (restyled) 1.wav"


def test_what_is_wrong_is_said_in_one_line(impatient, capsys):
    ports = ["--live-port", str(free_port()), "--reply-port", str(free_port())]
    assert abletonosc.main(["--preset", "violin", *ports]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"restyle: No AbletonOSC answers .*\n", said.err)


@pytest.mark.slow
def test_abletonosc_and_a_real_server(tmp_path, capsys):
    root, port = tmp_path / "music", free_port()
    root.mkdir()
    stem = root / "piano.wav"
    soundfile.write(stem, melody(2.0, 44100)[0], 44100)
    with serving(root, port, tmp_path), FakeAbletonOSC(live_values(stem)) as live:
        ports = ["--live-port", str(live.port), "--reply-port", str(live.reply_port)]
        assert abletonosc.main(["--preset", "violin", "--port", str(port), *ports]) == 0
    out = root / "piano (violin) 1.wav"
    assert capsys.readouterr().out.splitlines()[0] == str(out)
    sound, rate = soundfile.read(out)
    assert (len(sound), rate) == (round(0.75 * 44100), 44100)
    assert np.abs(sound).max() > 0
