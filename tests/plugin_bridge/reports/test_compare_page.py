"""The page of a comparison: what it shows, and that a browser shows and plays it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from support.browser import CHROMIUM, browser
from support.sounds import melody

from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.engines.report import Report, Stretch
from plugin_bridge.files import sound_files
from plugin_bridge.files.result_folder import PAGE
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import charts, compare
from plugin_bridge.reports.compare import make_comparison
from plugin_bridge.reports.compare_page import render_page
from plugin_bridge.reports.comparison import Clip, Comparison, Result
from plugin_bridge.reports.html import look
from plugin_bridge.reports.metrics import FIGURES
from plugin_bridge.reports.pictures import colour_scale, write_levels

RATE = 22_050
VOID = ("meta", "link", "br")

PLAYERS = """Promise.all([...document.querySelectorAll("audio")].map((audio) =>
  new Promise((done) => {
    const say = () => done([audio.readyState, audio.duration, audio.error?.message ?? ""]);
    audio.oncanplaythrough = audio.onerror = say;
    audio.preload = "auto";
    audio.load();
  })))"""
PICTURES = """Promise.all([...document.querySelectorAll("image")].map(async (it) => {
  const image = new Image();
  image.src = it.href.baseVal;
  await image.decode();
  return [image.naturalWidth, image.naturalHeight, it.getBoundingClientRect().width];
}))"""
ONE_AT_A_TIME = """(async () => {
  const all = [...document.querySelectorAll("audio")];
  for (const audio of all) { audio.muted = true; audio.loop = true; await audio.play(); }
  return all.map((audio) => audio.paused);
})()"""
RUNNING = "[...document.querySelectorAll('audio')].map((it) => !it.paused)"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Page(HTMLParser):
    """The elements of a page, its links and its text; fails on elements that do not nest."""

    def __init__(self, text):
        super().__init__()
        self.links, self.tags, self.open, self.text = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def numbers(value):
    return {figure.name: value for figure in FIGURES}


def clip(name, **figures):
    return Clip(name, f"files/{name}.wav", f"files/{name}.png", 2.0, RATE, 1, name, "", figures)


def result(engine, value, **others):
    blank = Result("style", engine, engine, {}, {}, 0.5, 1.0)
    curve = [[(1.0, 0.0), (0.5, 0.1), (0.2, 0.2)], [(1.0, 0.0), (0.4, 0.2)]]
    done = {
        "file": f"files/{engine}.wav",
        "picture": f"files/{engine}.png",
        "seconds": 75.0,
        "figures": numbers(value),
        "loss_curves": curve,
    }
    return replace(blank, **{**done, **others})


def comparison(*results):
    style = clip("style", **numbers(2.0))
    return Comparison("1.2", "2.13", "cpu", 7, 2.0, 11_025, clip("content"), [style], results)


def test_it_has_a_player_and_a_picture_for_each_sound_and_works_without_a_network():
    text = render_page(comparison(result("one", 1.0), result("two", 0.5)))
    page = Page(text)
    assert page.tags.count("audio") == page.tags.count("image") == 4
    assert page.tags.count("polyline") == 2 * 2
    assert "$" not in text
    outside = [link for link in page.links if not re.match(r"(files/|#|data:,$|comparison)", link)]
    assert outside == []
    assert "http" not in text


def test_the_table_marks_what_is_nearest_to_nothing_and_has_the_content_untouched():
    text = render_page(comparison(result("one", 1.0), result("two", -0.5)))
    rows = re.findall(r"<tr.*?</tr>", text, re.DOTALL)[2:]
    assert "untouched" in rows[0]
    assert "2.0" in rows[0]
    assert "best" not in rows[0] + rows[1]
    assert rows[2].count('class="best"') == len(FIGURES)
    assert "−0.50" in rows[2]
    assert "1 min 15 s" in rows[2]


def test_a_strip_shows_what_a_result_is_made_of_over_time():
    stretches = [Stretch(0, 1, 1.0, 0.0, 0.0), Stretch(1, 2, 0.0, 0.25, 0.75)]
    report = Report.of_stretches("sampler", "notes", stretches, [1.0, 3.0], notes=7)
    text = render_page(comparison(result("one", 1.0, report=report), result("two", 1.0)))
    page = Page(text)
    assert page.tags.count("polygon") == 3
    assert page.tags.count("image") == 4
    areas = dict(re.findall(r'<polygon class="(\w+)" points="([^"]+)"', text))
    left, middle, right = (charts.LEFT + (charts.WIDTH - charts.LEFT) * n / 2 for n in range(3))
    bottom, top = charts.TOP + charts.SHARES_HEIGHT, charts.TOP
    quarter = charts.TOP + charts.SHARES_HEIGHT / 4
    corners = {kind: corners_of(points) for kind, points in areas.items()}
    assert corners["played"][:4] == [(left, top), (middle, top), (middle, bottom), (right, bottom)]
    assert corners["blended"][2:4] == [(middle, quarter), (right, quarter)]
    assert corners["kept"][2:4] == [(middle, top), (right, top)]
    assert "Played 25 %, blended 56 %, kept 19 %, 7 notes. Heard 7 notes in 25 %" in text


def corners_of(points):
    return [tuple(map(float, point.split(","))) for point in points.split()]


def test_what_looks_equal_is_equal():
    text = render_page(comparison(result("one", 1e-9), result("two", -1e-9)))
    assert 'class="best"' not in text
    assert "−0.0" not in text


def test_players_are_switched_at_the_contents_loudness():
    louder = result("loud", 1.0, figures={**numbers(1.0), "loudness": 3.0})
    faint = result("faint", 1.0, figures={**numbers(1.0), "loudness": -40.0})
    silent = result("silent", 1.0, figures=numbers(None))
    text = render_page(comparison(louder, faint, silent))
    found = re.findall(r'data-name="(\w+)" data-step data-gain-db="([-.\d]+)"', text)
    assert found == [("loud", "3.0"), ("faint", "-12.0"), ("silent", "0.0")]


def test_the_switch_tells_results_of_one_engine_apart():
    text = render_page(comparison(result("one", 1.0), result("one", 1.0, strength=0.7)))
    assert re.findall(r'data-name="(one[^"]*)"', text) == ["one, 0.5", "one, 0.7"]


def test_a_failure_shows_its_reason_and_no_player():
    failed = Result("style", "vgg19", "vgg19 (x.pth)", {}, {}, 0.5, 1.0, error="x.pth is <odd>")
    text = render_page(comparison(failed, result("two", 1.0)))
    assert Page(text).tags.count("audio") == 3
    assert "Failed: x.pth is &lt;odd&gt;" in text
    assert "2 results, of which 1 failed" in text


def test_figures_that_are_not_defined_are_dashes():
    text = render_page(comparison(result("one", None), result("two", 1.0)))
    assert text.count("<td>–</td>") == len(FIGURES)


def test_names_are_text_whatever_is_in_them():
    odd = '"><script>alert(1)</script> $name'
    named = replace(
        comparison(result("one", 1.0, label=odd, style=odd)),
        content=replace(clip("content"), name=odd),
        styles=[replace(clip("style", **numbers(0.0)), name=odd, credit=odd)],
    )
    page = Page(render_page(named))
    assert page.tags.count("script") == 1
    assert any(odd in text for text in page.text)


@pytest.mark.parametrize("label", ["vgg19 (random weights, seed 3)", "vgg19 (file.pth)"])
def test_random_weights_are_explained_where_there_are_any(label):
    text = render_page(comparison(result("vgg19", 1.0, label=label)))
    assert text.count(label) >= 2
    assert ("--weights ENGINE=FILE" in text) == ("random" in label)


def test_the_curves_share_one_scale():
    low = result("low", 1.0, loss_curves=[[(0.1, 0.1), (0.1, 0.1)]])
    high = result("high", 1.0, loss_curves=[[(10.0, 10.0), (0.1, 0.1)]])
    first, _, second, _ = re.findall(r'points="([^"]*)"', render_page(comparison(low, high)))
    heights = [[float(p.split(",")[1]) for p in points.split()] for points in (first, second)]
    assert heights[0][1] == heights[1][1] > heights[1][0]


@pytest.mark.parametrize("curves", [[], [[]], [[(0.0, 0.0)]], [[(1.0, 0.0)]]])
def test_any_curve_will_do(curves):
    page = Page(render_page(comparison(result("one", 1.0, loss_curves=curves))))
    assert ("polyline" in page.tags) == (curves == [[(1.0, 0.0)]])


def test_a_picture_is_upright_dark_where_nothing_is_and_bright_where_it_is_loudest(tmp_path):
    levels = np.full((4, 3), -np.inf)
    levels[0, 2] = 0.0
    write_levels(tmp_path / "it.png", levels)
    with Image.open(tmp_path / "it.png") as image:
        pixels = np.asarray(image.convert("L")).astype(int)
    assert pixels.shape == (4, 3)
    assert np.unravel_index(pixels.argmax(), pixels.shape) == (3, 2)
    assert pixels.min() < 5
    assert pixels.max() > 200


def test_the_legend_has_the_colours_of_the_pictures():
    assert ", ".join(colour_scale(9)) in look("look.css")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: chromium)")
def test_a_browser_shows_it_without_an_error_and_its_players_load(tmp_path, monkeypatch):
    restyle = compare.process

    def process(effect, content):
        if effect.engine == "vgg19":
            raise ValueError("it broke")
        return restyle(effect, content)

    monkeypatch.setattr(compare, "process", process)
    for seed, name in enumerate(("content.wav", "stÿle #1?&<%20>.wav")):
        sound_files.write(tmp_path / name, Sound(melody(1, RATE, seed=seed), RATE, bits=16))
    out = tmp_path / "out 100% #1"
    engines = ["infinite", RandomCNN1D(n_filters=16), "vgg19"]
    make_comparison(
        tmp_path / "content.wav",
        [tmp_path / "stÿle #1?&<%20>.wav"],
        out,
        lambda fraction, stage: None,
        engines=engines,
    )
    with browser(tmp_path / "profile") as tab:
        tab.open(out / PAGE)
        players, pictures = tab.evaluate(PLAYERS), tab.evaluate(PICTURES)
        assert len(players) == len(pictures) == 4
        assert all(ready >= 3 and error == "" for ready, _, error in players)
        assert [duration for _, duration, _ in players] == pytest.approx([1.0] * 4, abs=0.01)
        assert all(min(width, height, shown) > 50 for width, height, shown in pictures)
        assert tab.evaluate(ONE_AT_A_TIME) == [True, True, True, False]
        tab.click(".sound .play")
        tab.until(f"{RUNNING}.join() === 'true,false,true,false'")  # a result runs along, muted
        muted = tab.evaluate("[...document.querySelectorAll('audio')].map((it) => it.muted)")
        tab.press("x")
        switched = tab.evaluate("[...document.querySelectorAll('audio')].map((it) => it.muted)")
        assert (muted[0], muted[2]) == (switched[2], switched[0]) == (False, True)
        for width in (400, 1300):
            tab.screenshot(tmp_path / "page.png", width=width)
            assert tab.evaluate(OVERFLOW) <= 0
        assert tab.errors == []
        assert {url.partition(":")[0] for url in tab.requests} <= {"file", "data"}


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: chromium)")
def test_the_browser_of_these_tests_notices_errors(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<audio src="missing.wav" preload="auto"></audio><script>oops()</script>')
    with browser(tmp_path / "profile") as tab:
        tab.open(page)
        assert tab.evaluate(PLAYERS)[0][0] == 0
        assert any("oops" in error for error in tab.errors)
        assert any("ERR_FILE_NOT_FOUND" in error for error in tab.errors)
