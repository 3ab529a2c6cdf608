"""The page in a real browser, over a real server."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import httpx2
import numpy as np
import pytest
from support.browser import AXE, CHROMIUM, browser, from_npm
from support.sounds import melody
from support.web import keys_of, python, web

import presets
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: chromium)")

RATE = 22_050
SECONDS = 4.0
STEP_SECONDS = 0.1  # between two that keep step; the page itself allows 0.04
READY = "document.getElementById('desk') && !document.getElementById('desk').hidden"
PLAYERS = "[...document.querySelectorAll('#opened audio')]"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="module")
def stem(tmp_path_factory):
    path = tmp_path_factory.mktemp("sounds") / "it's a stem.wav"
    sound_files.write(path, Sound(melody(SECONDS, RATE), RATE, bits=16))
    return path


@pytest.fixture
def page(chromium, server):
    """The page, as somebody sees it who has not been here before."""
    # A page of the server without a script, which would keep what it knows again.
    chromium.open(f"{server.url.rstrip('/')}/openapi.json")
    chromium.evaluate("sessionStorage.clear()")
    chromium.call("Network.clearBrowserCookies")
    chromium.errors.clear()
    chromium.look(width=1280)
    chromium.open(server.url)
    chromium.until(READY)
    yield chromium
    # The document that was opened first has no icon, so that the browser looks for one.
    assert [it for it in chromium.errors if not it.endswith("/favicon.ico")] == []


@pytest.fixture
def other_tab(page, server):
    """What another tab of the same browser can do."""
    (cookie,) = page.call("Network.getCookies")["cookies"]
    with server.client() as client:
        client.cookies.set(cookie["name"], cookie["value"])
        yield client


def text_of(page, selector):
    return page.evaluate(f"document.querySelector({selector!r})?.textContent ?? ''")


def choose(page, title):
    """Choose what to do, as with a keyboard: its first letter goes from one title to the next."""
    button = "document.querySelector('#ask button.main').textContent"
    page.evaluate("document.getElementById('operation').focus()")
    while (before := page.evaluate(button)) != title:
        page.press(title[0].lower())
        page.until(f"{button} !== '{before}'")


def turn(client, server, stem, **settings):
    """Submit a quick job."""
    sounds = [server.upload(stem.read_bytes(), stem.name, http=client)["id"] for _ in range(2)]
    body = {"operation": "turn", "first": sounds[0], "second": sounds[1], **settings}
    reply = server.submit(body, http=client)
    assert reply.status_code == 202, reply.text
    return reply.json()["id"]


def test_what_is_no_sound_is_told_so(page, tmp_path):
    text = tmp_path / "lyrics.wav"
    text.write_text("la la la")
    page.choose_files("#ask input[type=file]", text)
    page.until("document.querySelector('.sound-field .bad').textContent")
    assert "no sound that we can read: lyrics.wav" in text_of(page, ".sound-field .bad")
    page.errors.clear()  # the browser tells of the refusal, too


def test_a_form_that_misses_something_says_what(page, stem):
    page.click("#ask button.main")
    assert text_of(page, ".sound-field .bad") == "Drop a stem first."
    page.choose_files("#ask input[type=file]", stem)
    page.until("document.querySelector('.chosen strong').textContent")
    page.click("#ask button.main")
    assert "Choose an instrument" in text_of(page, ".style .bad")
    assert page.evaluate("document.activeElement.closest('.style') !== null")


def test_presets_are_found_and_played(page):
    page.evaluate("document.getElementById('filter').focus()")
    page.press(*"40 viol")
    rows = "[...document.querySelectorAll('.preset')].filter((it) => it.checkVisibility())"
    assert page.evaluate(f"{rows}.map((it) => it.textContent)") == ["Violin"]
    page.press("Tab", "Space")
    assert page.evaluate("document.querySelector('input[name=preset]:checked').value") == "violin"
    page.press("Tab", "Space")
    page.until("document.querySelector('.presets + audio').currentTime > 0.05")
    page.press("Space")
    page.until("document.querySelector('.presets + audio').currentTime === 0")
    assert page.evaluate("document.querySelectorAll('.playing').length") == 0


def test_every_operation_of_the_registry_has_a_form(page, stem):
    choose(page, "Turn")
    labels = "[...document.querySelectorAll('#ask .setting label')].map((it) => it.textContent)"
    assert page.evaluate(labels) == ["Level", "Times", "Way", "Remark", "Format"]
    for n in (1, 2):
        page.choose_files(f"#ask .sound-field:nth-of-type({n}) input", stem)
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 2")
    page.click("#ask button.main")
    page.until("document.querySelectorAll('#opened .sound').length === 3")


def test_a_mashup_is_asked_for_and_heard(page, stem, tmp_path):
    choose(page, "Mashup")
    labels = "[...document.querySelectorAll('#ask .setting label')].map((it) => it.textContent)"
    fields = ["Balance", "Start", "End", "Lead", "Bed", "Key", "Tempo", "Format"]
    assert page.evaluate(labels) == fields
    page.click("#ask button.main")
    assert text_of(page, ".sound-field .bad") == "Drop song A first."
    voice = tmp_path / "voice.wav"
    shutil.copy(stem, voice)
    for n, path in enumerate([voice, stem], 1):
        page.choose_files(f"#ask .sound-field:nth-of-type({n}) input", path)
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 2")
    page.click("#ask button.main")
    page.until("document.querySelectorAll('#opened .sound').length === 3")
    heard = "[...document.querySelectorAll('#opened .sound h3')].map((it) => it.textContent)"
    assert page.evaluate(heard) == ["Song A", "Song B", "Output"]
    assert text_of(page, "#opened-title") == f"voice.wav + {stem.name}"
    choices = "[...document.querySelectorAll('.switch label')].map((it) => it.textContent)"
    assert page.evaluate(choices) == ["Song B", "Output"]  # A has a time of its own
    assert "2 semitones higher" in text_of(page, "#opened .results")
    python = page.evaluate("[...document.querySelectorAll('#opened pre')].at(-1).textContent")
    assert f'client.mashup("voice.wav", "{stem.name}", "restyled.wav")' in python


def test_a_morph_is_asked_for_and_tried_at_another_place(page, stem, tmp_path):
    choose(page, "Morph")
    labels = "[...document.querySelectorAll('#ask .setting label')].map((it) => it.textContent)"
    assert page.evaluate(labels) == ["At", "Length", "Seed", "Method", "Tempo", "Format"]
    page.click("#ask button.main")
    assert text_of(page, ".sound-field .bad") == "Drop piece A first."
    other = tmp_path / "other.wav"
    shutil.copy(stem, other)
    for n, path in enumerate([stem, other], 1):
        page.choose_files(f"#ask .sound-field:nth-of-type({n}) input", path)
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 2")
    page.click("#ask button.main")
    page.until("document.querySelectorAll('#opened .sound').length === 3")
    heard = "[...document.querySelectorAll('#opened .sound h3')].map((it) => it.textContent)"
    assert page.evaluate(heard) == ["Piece A", "Piece B", "Output"]
    page.evaluate("document.querySelector('.again input').focus()")
    page.press(*"0:1")
    page.click(".again button")
    page.until("document.querySelectorAll('#opened .sound').length === 4")
    assert page.evaluate(heard)[2:] == ["At 0.5", "At 0:1"]
    python = page.evaluate("[...document.querySelectorAll('#opened pre')].at(-1).textContent")
    assert f'client.morph("{stem.name}", "other.wav", "restyled.wav")' in python


def test_a_tweak_needs_no_style(page, stem):
    choose(page, "Tweak")
    assert text_of(page, "#style-title") == "Played by"
    own = "document.querySelector('.presets input').checked"
    assert page.evaluate(own)
    assert text_of(page, ".presets .preset label") == "Its own sounds"
    page.click(".presets fieldset input")
    assert not page.evaluate(own)
    page.click(".presets input")
    page.choose_files("#ask .sound-field input", stem)
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 1")
    page.click("#ask button.main")
    page.until("document.querySelectorAll('#opened .sound').length === 2")
    python = page.evaluate("[...document.querySelectorAll('#opened pre')].at(-1).textContent")
    assert f'client.tweak("{stem.name}", "restyled.wav")' in python


def test_stem_and_output_are_heard_in_turn_at_one_place(page, other_tab, server, stem):
    page.evaluate(f"location.hash = 'job={turn(other_tab, server, stem, level=0.5)}'")
    page.until(f"{PLAYERS}.length === 3 && {PLAYERS}.every((it) => it.duration > 3)")
    page.click("#opened .sound:nth-of-type(1) .play")
    page.until(f"{PLAYERS}[0].currentTime > 0.3")
    page.click("#opened .sound:nth-of-type(3) .play")
    page.until(f"{PLAYERS}[2].currentTime > 0.5")
    assert page.evaluate(f"{PLAYERS}.map((it) => it.muted)") == [True, True, False]
    page.press("x")
    page.until(f"!{PLAYERS}[0].muted && {PLAYERS}[2].muted")
    before, now = page.evaluate(f"[{PLAYERS}[2].currentTime, {PLAYERS}[0].currentTime]")
    assert now == pytest.approx(before, abs=STEP_SECONDS)
    assert page.evaluate(f"{PLAYERS}.map((it) => it.paused)") == [False, True, False]
    page.click("#opened .sound:nth-of-type(1) .play")
    page.until(f"{PLAYERS}.every((it) => it.paused)")


def test_pictures_take_a_click_and_keys(page, other_tab, server, stem):
    page.evaluate(f"location.hash = 'job={turn(other_tab, server, stem)}'")
    page.until(f"{PLAYERS}.length === 3 && {PLAYERS}.every((it) => it.duration > 3)")
    page.until("[...document.querySelectorAll('#opened img')].every((it) => it.naturalWidth > 50)")
    page.click("#opened .sound:nth-of-type(3) .view")
    assert page.evaluate(f"{PLAYERS}[0].currentTime") == pytest.approx(SECONDS / 2, abs=0.05)
    view = "document.querySelector('#opened .view')"
    page.evaluate(f"{view}.focus()")
    page.press("ArrowRight")
    assert page.evaluate(f"{view}.ariaValueNow") == f"{SECONDS / 2 + 1:.1f}"
    left = page.evaluate(f"parseFloat({view}.querySelector('.cursor').style.left)")
    assert left == pytest.approx(100 * (SECONDS / 2 + 1) / SECONDS, abs=1.5)
    page.press("Home")
    assert page.evaluate(f"{view}.ariaValueText") == "0:00 of 0:04"


def test_another_value_is_made_beside_and_stays_there(page, other_tab, server, stem):
    page.evaluate(f"location.hash = 'job={turn(other_tab, server, stem)}'")
    page.until(f"{PLAYERS}.length === 3")
    page.evaluate("document.querySelector('.again input').focus()")
    page.press("Home")
    page.click(".again button")
    page.until(f"{PLAYERS}.length === 4")
    names = "[...document.querySelectorAll('#opened h3')].map((it) => it.textContent).slice(2, 4)"
    assert page.evaluate(names) == ["Level 1", "Level 0"]
    choices = "[...document.querySelectorAll('.switch label')].map((it) => it.textContent)"
    assert page.evaluate(choices) == ["First", "Second", "Level 1", "Level 0"]
    page.call("Page.reload")
    page.until(f"{READY} && {PLAYERS}.length === 4")
    page.click("#opened .results button")
    page.until(f"{PLAYERS}.length === 3")


def test_another_engine_has_a_strength_of_its_own(page, other_tab, server, stem):
    field = "[...document.querySelectorAll('#ask .setting')].find((it) => it.textContent.startsWith"
    shown = f"{field}('Strength')).querySelector('output').textContent"
    engine = f"{field}('Engine')).querySelector('select')"
    assert page.evaluate(shown) == "1"
    words = page.evaluate(f"[...{engine}.options].map((it) => it.textContent)")
    assert words[:3] == ["Sampler", "Infinite", "Random cnn 1d"]
    page.evaluate(f"{engine}.closest('details').open = true; {engine}.focus()")
    page.press("i")
    page.until(f"{shown} === '0.5'")
    page.choose_files("#ask input[type=file]", stem)
    page.choose_files("#ask .style input[type=file]", stem)
    page.until("document.querySelectorAll('.chosen:not([hidden])').length === 2")
    page.click("#ask button.main")
    page.until("document.querySelectorAll('#opened .sound').length === 3")
    [job] = other_tab.get("/v1/jobs").json()["jobs"]
    assert job["settings"] == {"engine": "infinite"}
    assert "strength 0.5, engine infinite" in text_of(page, "#opened")
    assert page.evaluate("document.querySelector('.again input').value") == "0.5"


def test_two_tabs_agree(page, other_tab, server, stem):
    job = turn(other_tab, server, stem)
    page.until("document.querySelector('#jobs .state')?.textContent === 'Done'")
    assert other_tab.delete(f"/v1/jobs/{job}").status_code == 204
    page.until("document.querySelectorAll('#jobs li').length === 0")
    turn(other_tab, server, stem)
    page.until("document.querySelector('#jobs .state')?.textContent === 'Done'")
    page.click("#jobs .actions button")
    page.click("#jobs .actions button")  # it asks once
    page.until("document.querySelectorAll('#jobs li').length === 0")
    assert other_tab.get("/v1/jobs").json()["jobs"] == []


def test_lines_to_copy_do_the_same(page, other_tab, server, stem, tmp_path):
    if not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("needs curl and jq")
    page.evaluate(f"location.hash = 'job={turn(other_tab, server, stem, remark='it’s $5')}'")
    page.until("document.querySelector('#opened pre')?.textContent")
    shutil.copy(stem, tmp_path)
    lines = text_of(page, "#opened pre")
    subprocess.run(["bash", "-ec", lines], cwd=tmp_path, check=True, timeout=60)
    made = sound_files.read(tmp_path / "restyled.wav").audio
    assert np.array_equal(made, sound_files.read(stem).audio[:, ::-1])


@pytest.mark.slow
def test_a_queue_is_watched_and_left(page, other_tab, server, stem):
    sound = server.upload(stem.read_bytes(), "stem.wav", http=other_tab)["id"]
    for preset in ("violin", "cello", "flute"):
        body = {"stem": sound, "style": {"preset": preset}}
        assert server.submit(body, http=other_tab).status_code == 202
    states = "[...document.querySelectorAll('#jobs .state')].map((it) => it.textContent)"
    page.until(f"{states}.includes('Waiting, place 2 in the queue')")
    page.click("#jobs li:nth-of-type(2) .actions button")
    page.until(f"{states}[1] === 'Cancelled' && {states}[0] === 'Waiting, next in the queue'")
    page.until(f"{states}[0] === 'Done' && {states}[2] === 'Done'")


@pytest.mark.slow
def test_a_server_may_be_restarted_and_ask_for_a_key(chromium, stem, tmp_path):
    command = python("from support.operation import register; register()")
    with web(tmp_path / "web", command=command) as server:
        chromium.call("Network.clearBrowserCookies")
        chromium.open(server.url)
        chromium.until(READY)
        (cookie,) = chromium.call("Network.getCookies")["cookies"]
        with server.client() as other_tab:
            other_tab.cookies.set(cookie["name"], cookie["value"])
            server.kill()
            chromium.until("document.getElementById('notice').textContent.includes('lost')")
            server.start()
            chromium.until("document.getElementById('notice').hidden")
            turn(other_tab, server, stem)
            chromium.until("document.querySelector('#jobs .state')?.textContent === 'Done'")
        printed = keys_of(server.folder, "add", "Anna")
        (key,) = [word for word in printed.split() if word.startswith("rk_")]
        time.sleep(1.1)  # the table of keys is read once a second
        chromium.open(server.url)
        for given, shown in (
            ("rk_wrong", "#sign-in .bad:not(:empty)"),
            (key, "#desk:not([hidden])"),
        ):
            chromium.until("!document.getElementById('sign-in').hidden")
            chromium.evaluate("document.getElementById('key').select()")
            chromium.press(*given, "Enter")
            chromium.until(f"document.querySelector('{shown}') !== null")
        assert chromium.evaluate("document.querySelectorAll('#jobs li').length") == 0


@pytest.mark.slow
def test_it_does_the_same_in_firefox(server, stem, tmp_path):
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None or shutil.which("node") is None:
        pytest.skip("needs Firefox and Node.js (Debian: firefox-esr, nodejs)")
    from_npm(tmp_path, "puppeteer-core@25")
    shutil.copy(Path(__file__).with_name("firefox.mjs"), tmp_path)
    command = ["node", tmp_path / "firefox.mjs", firefox, server.url, stem]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["errors"] == []
    assert said["effects"] == [it.name for it in presets.chain("tape").effects]
    (_, muted, place), _, (_, other_muted, other_place) = said["before"]
    assert (muted, other_muted) == (False, True)
    assert other_place == pytest.approx(place, abs=STEP_SECONDS)
    (_, muted, place), _, (_, other_muted, other_place) = said["after"]
    assert (muted, other_muted) == (True, False)
    assert other_place == pytest.approx(place, abs=STEP_SECONDS)


@pytest.mark.slow
def test_it_can_be_used_by_everybody(page, other_tab, server, stem, axe):
    job = turn(other_tab, server, stem)
    turn(other_tab, server, stem, level=0.5)
    page.evaluate(f"location.hash = 'job={job}'")
    page.until(f"{PLAYERS}.length === 3 && document.querySelectorAll('#jobs li').length === 2")
    page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    page.evaluate(axe)
    for dark in (False, True):
        for width in (360, 800, 1280):
            page.look(width=width, dark=dark)
            assert json.loads(page.evaluate(AXE)) == []
            assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.slow
def test_the_documentation_can_be_used_by_everybody(page, server, axe):
    page.open(f"{server.url}docs")
    page.until("document.querySelectorAll('#operations h3').length > 10")
    page.evaluate(axe)
    for dark in (False, True):
        for width in (360, 1280):
            page.look(width=width, dark=dark)
            assert json.loads(page.evaluate(AXE)) == []
            assert page.evaluate(OVERFLOW) <= 0


def test_it_asks_nobody_else(page, server):
    assert {httpx2.URL(it).host for it in page.requests if it.startswith("http")} == {"127.0.0.1"}
