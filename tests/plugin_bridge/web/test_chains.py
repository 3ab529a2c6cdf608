"""Chains over HTTP: listed, described, and named where a preset's name stands."""

import io
import json

import numpy as np
import pytest
import soundfile
from support import plugins
from support.browser import AXE, CHROMIUM, browser
from support.web import problem, web

from plugin_bridge.web.client.client import Client

CHAINS = {
    "low": """
        label = "Low and quiet"
        note = "What is below 2 kHz."
        tail = "cut"
        [[effects]]
        type = "Gain"
        name = "level"
        gain_db = -6
        [[effects]]
        type = "LowpassFilter"
        cutoff_frequency_hz = 2000
        """,
    "hall": """
        tail = "keep"
        [[effects]]
        type = "Reverb"
        room_size = 0.3
        """,
    "strings": """
        [[effects]]
        type = "StyleTransfer"
        preset = "violin"
        strength = 0.9
        [[effects]]
        type = "Mix"
        effects = [{ type = "Gain" }, { type = "Reverb", wet_level = 0.1 }]
        """,
    "hosted": """
        [[effects]]
        type = "VST3Plugin"
        path = "/secret/folder/Mystery.vst3"
        parameters = { depth = 3 }
        """,
    "files": """
        [[effects]]
        type = "Tweak"
        [[effects]]
        type = "Convolution"
        impulse_response_filename = "room.wav"
        """,
    "broken": "effects = 1",
    "odd": """
        [[effects]]
        type = "Harpsichord"
        """,
}
DB_6 = 10 ** (-6 / 20)
STEP = 2.0**-15  # of a file of 16 bits


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The user's own chains."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "chains").mkdir()
    for name, text in CHAINS.items():
        (folder / "chains" / f"{name}.toml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def server(data, tmp_path_factory, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESTYLE_CACHE_DIR", str(session_cache))
        patch.setenv("RESTYLE_DATA_DIR", str(data))
        with web(tmp_path_factory.mktemp("web")) as running:
            yield running


@pytest.fixture
def upload(server, http, stem):
    return server.upload(stem, http=http)["id"]


def made(http, reply):
    """The sound that a job has made."""
    view = reply.json()
    assert view["state"] == "done", view
    audio, _ = soundfile.read(io.BytesIO(http.get(view["links"]["output"]["audio"]).content))
    return audio


def test_they_are_the_last_family_of_the_presets(http):
    *others, last = http.get("/v1/presets").json()["families"]
    assert last["name"] == "Chains"
    assert not any(it.get("chain") for family in others for it in family["presets"])
    [low] = [it for it in last["presets"] if it["name"] == "low"]
    assert low == {
        "name": "low",
        "label": "Low and quiet",
        "program": None,
        "family": "Chains",
        "chain": True,
        "note": "What is below 2 kHz.",
    }
    assert "broken" not in {it["name"] for it in last["presets"]}
    listed = http.get("/v1/chains").json()["chains"]
    assert [it["name"] for it in listed] == [it["name"] for it in last["presets"]]
    [hall] = [it for it in listed if it["name"] == "hall"]
    assert hall == {"name": "hall", "label": "hall", "note": "", "tail": "keep", "built_in": False}


def test_one_says_what_is_in_it_and_what_can_be_set(http):
    chain = http.get("/v1/chains/strings").json()
    assert chain["effects"] == [
        {"name": "styletransfer", "type": "StyleTransfer"},
        {
            "name": "mix",
            "type": "Mix",
            "effects": [{"name": "gain", "type": "Gain"}, {"name": "reverb", "type": "Reverb"}],
        },
    ]
    parameters = chain["parameters"]
    assert parameters["strength"]["default"] == 0.9
    assert parameters["reverb.wet_level"] == {
        "kind": "number",
        "least": 0,
        "most": 1,
        "whole": False,
        "unit": "",
        "default": 0.1,
    }
    assert parameters["gain.gain_db"]["unit"] == "dB"
    assert parameters["styletransfer.preset"]["default"] == "violin"
    assert {"strength", "gain_db", "start_seconds"} <= set(chain["settings"])
    low = http.get("/v1/chains/Low").json()  # names are spelt as presets' are
    assert low["name"] == "low"
    assert low["settings"] == ["gain_db", "start_seconds", "end_seconds"]


def test_nothing_of_it_names_a_folder_or_lets_a_file_be_named(http):
    for name in ("hosted", "strings"):
        parameters = http.get(f"/v1/chains/{name}").json()["parameters"]
        words = {it.rpartition(".")[2] for it in parameters}
        assert not {"path", "state", "style", "weights", "preset_file"} & words
    reply = http.get("/v1/chains/hosted")
    assert "secret" not in reply.text
    assert reply.json()["effects"][0]["plugin"] == "Mystery.vst3"
    assert reply.json()["parameters"]["mystery.depth"]["default"] == 3


def test_one_that_is_not_there_or_no_good_is_one_line(http, data):
    said = problem(http.get("/v1/chains/strngs"), 404, "no_such_preset")
    assert "'strings'" in said["detail"]
    problem(http.get("/v1/chains/violin"), 404, "no_such_preset")
    problem(http.get(f"/v1/chains/{'x' * 5000}"), 404, "no_such_preset")
    for name in ("broken", "odd"):
        said = problem(http.get(f"/v1/chains/{name}"), 422, "bad_chain")
        assert name in said["detail"]
        assert str(data) not in said["detail"]
        assert "\n" not in said["detail"]
    for kind in ("clip", "spectrogram"):
        said = problem(http.get(f"/v1/presets/low/{kind}"), 404, "no_such_preset")
        assert "no clip" in said["detail"]
        problem(http.get(f"/v1/presets/lo/{kind}"), 404, "no_such_preset")


def test_its_name_stands_where_a_preset_s_does(server, http, upload, stem):
    body = {"operation": "restyle", "stem": upload, "style": {"preset": "low"}}
    plain = made(http, server.submit(body, wait=30, http=http))
    reply = server.submit({**body, "level.gain_db": -12}, wait=30, http=http)
    assert reply.json()["settings"] == {"preset": "low", "level.gain_db": -12}
    assert reply.json()["inputs"]["style"] == {"preset": "low"}
    assert len(plain) == len(soundfile.read(io.BytesIO(stem))[0])
    assert np.abs(made(http, reply) - plain * DB_6).max() <= 2 * STEP
    assert np.abs(plain).max() > 0.01


def test_a_result_may_be_longer_than_its_stem_and_costs_its_own_minutes(server, http, upload, stem):
    seconds = soundfile.info(io.BytesIO(stem)).duration
    body = {"stem": upload, "style": {"preset": "hall"}}
    view = server.submit(body, wait=30, http=http).json()
    audio = made(http, server.submit(body, wait=30, http=http))
    assert view["audio_seconds"] > seconds + 0.5
    rate = soundfile.info(io.BytesIO(stem)).samplerate
    assert view["audio_seconds"] == pytest.approx(len(audio) / rate, abs=1e-5)
    for kind in ("preview", "spectrogram"):
        assert http.get(view["links"]["output"][kind]).status_code == 200
    part = server.submit({**body, "start_seconds": seconds + 1}, http=http)
    assert problem(part, 422, "bad_setting")["errors"][0]["field"] == "start_seconds"


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("level.gian_db", -3, "gain_db"),
        ("levle.gain_db", -3, "level"),
        ("level.gain_db", 1e9, "between"),
        ("level.gain_db", "loud", "between"),
        ("level.gain_db", None, "takes a number"),
        ("level.gain_db", [1], "takes a number"),
        ("level.gain_db", "x" * 300, "takes a number"),
        ("level", 1, "no such field"),
        ("a.b.c", 1, "no such field"),
        ("strength", 0.5, "strength"),
        ("level.path", "/etc/passwd", "cannot be set"),
        ("lowpassfilter.state", "AAAA", "cannot be set"),
    ],
)
def test_a_bad_setting_is_one_line_that_says_which(server, http, upload, key, value, says):
    body = {"stem": upload, "style": {"preset": "low"}, key: value}
    said = problem(server.submit(body, http=http), 422, "bad_setting")
    assert says in said["detail"]
    assert "\n" not in said["detail"]
    assert [it["field"] for it in said["errors"]] == [key]


def test_numbers_beyond_all_bounds_are_refused(server, http, upload):
    body = f'{{"stem": "{upload}", "style": {{"preset": "low"}}, "level.gain_db": %s}}'
    for number in ("1" + 400 * "0", "-1e999", "NaN", "Infinity"):
        headers = {"Content-Type": "application/json"}
        reply = http.post("/v1/jobs", content=body % number, headers=headers)
        assert reply.status_code in (400, 422), number
        assert reply.json()["code"] in ("bad_request", "bad_setting")
    many = {f"level.p{n}": 1 for n in range(1000)}
    body = {"stem": upload, "style": {"preset": "low"}, **many}
    assert "Too many" in problem(server.submit(body, http=http), 422, "bad_setting")["detail"]


def test_no_file_and_no_text_stands_for_a_chain(server, http, upload, data):
    outside = data / "outside.toml"
    outside.write_text(CHAINS["low"])
    for name in (str(outside), "../outside", "../outside.toml", "chains/low.toml", "outside"):
        reply = server.submit({"stem": upload, "style": {"preset": name}}, http=http)
        problem(reply, 422, "no_such_preset")
    reply = server.submit({"stem": upload, "chain": CHAINS["low"]}, http=http)
    assert problem(reply, 422, "bad_setting")["errors"][0]["field"] == "chain"
    for operations in (http.get("/v1/settings").json()["operations"],):
        assert not any("chain" in it["settings"] for it in operations.values())
        assert [name for name, it in operations.items() if it["chains"]] == ["restyle"]


def test_no_setting_makes_the_server_read_a_file(server, http, upload, stem, data):
    (data / "chains" / "room.wav").write_bytes(stem)  # a file that is there, and is a sound
    shown = http.get("/v1/chains/files").json()["parameters"]
    assert not {"path", "weights", "impulse_response_filename"} & {it.split(".")[1] for it in shown}
    for key in (
        "tweak.towards",
        "tweak.preset",
        "tweak.style",
        "tweak.weights",
        "convolution.impulse_response_filename",
    ):
        body = {"stem": upload, "style": {"preset": "files"}}
        reply = server.submit({**body, key: str(data / "chains" / "room.wav")}, http=http)
        said = problem(reply, 422, "bad_setting")
        assert "\n" not in said["detail"]


def test_settings_of_effects_need_a_chain(server, http, upload):
    for style in ({"preset": "violin"}, {"upload": upload}):
        body = {"stem": upload, "style": style, "reverb.wet_level": 0.5}
        said = problem(server.submit(body, http=http), 422, "bad_setting")
        assert said["errors"][0]["field"] == "reverb.wet_level"
    body = {"operation": "tweak", "stem": upload, "style": {"preset": "low"}}
    problem(server.submit(body, http=http), 422, "no_such_preset")


def test_a_chain_without_its_plugin_says_what_is_missing(server, http, upload):
    body = {"stem": upload, "style": {"preset": "hosted"}}
    said = problem(server.submit(body, http=http), 422, "no_such_plugin")
    assert "Mystery.vst3" in said["detail"]
    assert "--plugins" in said["detail"]
    assert "secret" not in said["detail"]


def test_the_document_has_fields_for_effects_and_the_codes_of_plugins(http):
    found = http.get("/openapi.json").json()
    [pattern] = found["components"]["schemas"]["RestyleJob"]["patternProperties"]
    assert found["components"]["schemas"]["RestyleJob"]["additionalProperties"] is False
    assert "patternProperties" not in found["components"]["schemas"]["TweakJob"]
    assert {"plugin_failed", "no_such_plugin", "bad_chain", "hung"} <= set(found["x-codes"])
    assert pattern == r"^[^.]+\.[^.]+$"


def test_from_python(server, stem, tmp_path):
    (tmp_path / "in.wav").write_bytes(stem)
    with Client(server.url) as client:
        assert ("low", "Low and quiet") in client.chains()
        assert not {it.name for it in client.presets()} & set(CHAINS)
        made = []
        for n, settings in enumerate([{}, {"level.gain_db": -12.0}]):
            out = tmp_path / f"{n}.wav"
            client.wait(client.submit(tmp_path / "in.wav", out, "low", **settings))
            made.append(soundfile.read(out)[0])
    assert np.abs(made[1] - made[0] * DB_6).max() <= 2 * STEP


@pytest.fixture
def hosting(data, tmp_path, session_cache):
    """A server that may load two plugins: one that works, and one that crashes at work."""
    if why := plugins.missing():
        pytest.skip(why)
    plugins.build(tmp_path / "vst3", "Louder")
    plugins.build(tmp_path / "vst3", "Fragile", crash="process")
    for name in ("Louder", "Fragile"):
        text = f"[[effects]]\ntype = 'VST3Plugin'\npath = '/elsewhere/{name}.vst3'\n"
        (data / "chains" / f"{name.lower()}.toml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESTYLE_CACHE_DIR", str(session_cache))
        patch.setenv("RESTYLE_DATA_DIR", str(data))
        with web(tmp_path / "web", "--plugins", str(tmp_path / "vst3")) as running:
            yield running


def test_plugins_tell_their_parameters_and_one_that_crashes_is_named(hosting, stem):
    http = hosting.http
    parameters = http.get("/v1/chains/louder").json()["parameters"]
    assert parameters["louder.gain"]["most"] == 2
    assert parameters["louder.gain"]["default"] == 1
    assert "halved" in parameters["louder.mode"]["words"]
    id = hosting.upload(stem)["id"]
    body = {"stem": id, "style": {"preset": "louder"}}
    plain = made(http, hosting.submit(body, wait=60))
    halved = made(http, hosting.submit({**body, "louder.gain": 0.5}, wait=60))
    assert np.abs(halved - plain / 2).max() <= STEP
    view = hosting.submit({"stem": id, "style": {"preset": "fragile"}}, wait=60).json()
    assert (view["state"], view["code"]) == ("failed", "plugin_failed")
    assert "Fragile.vst3" in view["error"]
    assert made(http, hosting.submit({**body, "louder.gain": 0.25}, wait=60)).any()


# The page


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: chromium)")
    with browser(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def page(chromium, server):
    """The page, as somebody sees it who has not been here before."""
    chromium.open(f"{server.url.rstrip('/')}/openapi.json")  # no script keeps what it knows again
    chromium.evaluate("sessionStorage.clear()")
    chromium.call("Network.clearBrowserCookies")
    chromium.errors.clear()
    chromium.open(server.url)
    chromium.until("!document.getElementById('desk').hidden")
    yield chromium
    # The document that was opened first has no icon, so that the browser looks for one.
    assert [it for it in chromium.errors if not it.endswith("/favicon.ico")] == []


FIELDS = """[...document.querySelectorAll('#ask .setting')].filter((it) => !it.hidden)
    .map((it) => it.querySelector('label').textContent)"""
EFFECTS = "[...document.querySelectorAll('.effect legend')].map((it) => it.textContent)"


def choose(page, name):
    """Choose a preset or chain by its name, as with a keyboard."""
    page.evaluate(f"document.querySelector('input[name=preset][value={name}]').focus()")
    page.press("Space")


def field_of(page, effect, label):
    """The id of a field of an effect, which is found as a screen reader finds it."""
    page.evaluate("document.querySelector('#ask details').open = true")
    groups = "[...document.querySelectorAll('.effect')]"
    group = f"{groups}.find((it) => it.textContent.startsWith('{effect}'))"
    labels = f"[...{group}.querySelectorAll('label')]"
    return page.evaluate(f"{labels}.find((it) => it.textContent === '{label}').htmlFor")


def test_a_chain_is_chosen_and_its_effects_are_set_on_the_page(page, server, tmp_path, stem):
    (tmp_path / "stem.wav").write_bytes(stem)
    page.choose_files("#ask input[type=file]", tmp_path / "stem.wav")
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 1")
    page.evaluate("document.getElementById('filter').focus()")
    page.press(*"quiet")
    rows = "[...document.querySelectorAll('.preset')].filter((it) => it.checkVisibility())"
    assert page.evaluate(f"{rows}.map((it) => it.innerText.replace('\\n', ': '))") == [
        "Low and quiet: What is below 2 kHz."
    ]
    assert page.evaluate(f"{rows}[0].querySelector('.play')") is None
    page.press("Tab", "Space")
    page.until(f"{EFFECTS}.join() === 'level,lowpassfilter'")
    assert page.evaluate(FIELDS) == ["Gain", "Start", "End", "Format", "Gain", "Cutoff frequency"]
    page.click("#ask button.main")
    page.until("document.querySelectorAll('#opened .sound').length === 2")  # it has no clip
    page.evaluate(f"document.getElementById('{field_of(page, 'level', 'Gain')}').focus()")
    page.press(*"-12")
    page.click("#ask button.main")
    page.until("document.querySelector('#opened .soft')?.textContent.includes('level gain −12 dB')")
    page.until("document.querySelectorAll('#opened .sound').length === 2")
    (cookie,) = page.call("Network.getCookies")["cookies"]
    with server.client() as other_tab:
        other_tab.cookies.set(cookie["name"], cookie["value"])
        moved, plain = other_tab.get("/v1/jobs").json()["jobs"]
        assert plain["settings"] == {"preset": "low"}
        assert moved["settings"] == {"preset": "low", "level.gain_db": -12}
        sounds = [
            soundfile.read(io.BytesIO(other_tab.get(it["links"]["output"]["audio"]).content))[0]
            for it in (moved, plain)
        ]
    assert np.abs(sounds[0] - sounds[1] * DB_6).max() <= 2 * STEP
    python = page.evaluate("[...document.querySelectorAll('#opened pre')].at(-1).textContent")
    assert '"low", **{"level.gain_db": -12})' in python


def test_settings_of_each_chain_are_remembered_by_the_tab(page):
    choose(page, "low")
    page.until(f"{EFFECTS}.length === 2")
    page.evaluate(f"document.getElementById('{field_of(page, 'level', 'Gain')}').focus()")
    page.press(*"-9")
    choose(page, "strings")
    page.until(f"{EFFECTS}.join() === 'styletransfer,gain,reverb'")
    wet = field_of(page, "reverb", "Wet level")
    shown = f"document.querySelector('output[for={wet}]').textContent"
    assert page.evaluate(shown) == "0.1"
    assert page.evaluate(FIELDS)[:3] == ["Strength", "Mix", "Gain"]
    strength = "document.querySelector('#ask .setting output').textContent"
    assert page.evaluate(strength) == "0.9"
    page.evaluate(f"document.getElementById('{wet}').focus()")
    page.press("Home", "ArrowRight")
    assert page.evaluate(shown) == "0.01"
    page.call("Page.reload")
    page.until(f"{EFFECTS}.join() === 'styletransfer,gain,reverb'")
    shown = f"document.querySelector('output[for={field_of(page, 'reverb', 'Wet level')}]')"
    assert page.evaluate(f"{shown}.textContent") == "0.01"
    choose(page, "low")
    page.until(f"{EFFECTS}.length === 2")
    gain = field_of(page, "level", "Gain")
    assert page.evaluate(f"document.getElementById('{gain}').value") == "-9"
    choose(page, "violin")
    page.until(f"{EFFECTS}.length === 0")
    assert page.evaluate(FIELDS)[0] == "Strength"
    assert page.evaluate(strength) == "1"


SLOW = """(() => { const usual = window.fetch; window.fetch = (it, ...more) =>
    !String(it).includes('v1/chains/low') ? usual(it, ...more)
        : new Promise((done) => { window.answer = () => done(usual(it, ...more)); }); })()"""


def test_nothing_is_sent_if_another_is_chosen_while_a_chain_is_read(page, stem, tmp_path):
    (tmp_path / "stem.wav").write_bytes(stem)
    page.choose_files("#ask input[type=file]", tmp_path / "stem.wav")
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 1")
    page.evaluate(SLOW)
    button = "document.querySelector('#ask button.main')"
    for other, sent in (("violin", 0), ("low", 1)):
        choose(page, "hall")
        choose(page, "low")
        page.click("#ask button.main")
        page.until(f"{button}.disabled")
        choose(page, other)
        page.evaluate("window.answer()")
        page.until(f"!{button}.disabled && document.querySelectorAll('#jobs li').length === {sent}")
    assert "Low and quiet" in page.evaluate("document.querySelector('#jobs li').textContent")


def test_only_operations_that_take_chains_offer_them(page):
    low = "document.querySelector('input[name=preset][value=low]') !== null"
    assert page.evaluate(low)
    page.evaluate("document.getElementById('operation').focus()")
    page.press("t")  # Tweak
    page.until(f"!({low})")
    assert page.evaluate("document.querySelector('input[name=preset][value=violin]') !== null")


def test_what_cannot_be_used_says_so_on_the_page(page, stem, tmp_path):
    (tmp_path / "stem.wav").write_bytes(stem)
    page.choose_files("#ask input[type=file]", tmp_path / "stem.wav")
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 1")
    said = "document.querySelector('#ask > .bad').textContent"
    choose(page, "odd")
    page.until(f"{said}.includes('Harpsichord')")
    choose(page, "hosted")
    page.until(f"{EFFECTS}.join() === 'mystery'")
    page.click("#ask button.main")
    page.until(f"{said}.includes('Mystery.vst3')")
    page.errors.clear()  # the browser tells of the refusals, too


def test_another_value_of_a_chain_is_tried_beside(page, stem, tmp_path):
    (tmp_path / "stem.wav").write_bytes(stem)
    page.choose_files("#ask input[type=file]", tmp_path / "stem.wav")
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 1")
    choose(page, "hall")
    page.until(f"{EFFECTS}.join() === 'reverb'")
    page.click("#ask button.main")
    players = "[...document.querySelectorAll('#opened audio')]"
    page.until(f"{players}.length === 2 && {players}.every((it) => it.duration > 0.1)")
    whole, longer = page.evaluate(f"{players}.map((it) => it.duration)")
    assert longer > whole + 0.5
    length = "document.querySelector('#jobs li .soft:not(time)').textContent"
    page.until(f"{length} === '{longer:.1f} s'")  # and not as long as it might have been
    label = "document.querySelector('.again label').textContent"
    assert page.evaluate(label) == "Room size"
    page.evaluate("document.querySelector('.again input').focus()")
    page.press("Home")
    page.click(".again button")
    page.until(f"{players}.length === 3")
    names = "[...document.querySelectorAll('#opened h3')].map((it) => it.textContent).slice(1, 3)"
    assert page.evaluate(names) == ["Output", "Reverb room size 0"]


def test_after_the_end_of_the_stem_one_does_not_hear_it_anew(page, stem, tmp_path):
    (tmp_path / "stem.wav").write_bytes(stem)
    page.choose_files("#ask input[type=file]", tmp_path / "stem.wav")
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 1")
    choose(page, "hall")
    page.click("#ask button.main")
    players = "[...document.querySelectorAll('#opened audio')]"
    page.until(f"{players}.length === 2 && {players}.every((it) => it.duration > 0.1)")
    page.click("#opened .sound:nth-of-type(2) .play")
    page.until(f"{players}[1].currentTime > {players}[0].duration + 0.1")
    assert page.evaluate(f"{players}.map((it) => it.paused)") == [True, False]
    page.press("x")
    assert page.evaluate(f"{players}.map((it) => it.paused)") == [True, True]
    assert page.evaluate(f"{players}[0].currentTime >= {players}[0].duration - 0.01")


@pytest.mark.slow
def test_its_fields_can_be_used_by_everybody(page, axe):
    choose(page, "strings")
    page.until(f"{EFFECTS}.length === 3")
    field_of(page, "reverb", "Wet level")
    page.evaluate(axe)
    for width in (360, 1280):
        for dark in (False, True):
            page.look(width=width, dark=dark)
            assert json.loads(page.evaluate(AXE)) == []
