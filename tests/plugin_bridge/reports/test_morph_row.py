"""The page with a row of morphs: what it shows, and that a browser plays it."""

import gc
import re
import weakref
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from PIL import Image
from support.browser import CHROMIUM, browser
from support.morphs import RATE, a_morph, a_morph_of_textures, a_song

from plugin_bridge.files import sound_files
from plugin_bridge.files.result_folder import PAGE, check_folder
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import charts
from plugin_bridge.reports.morph_row import KIND, write_row

STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


class Page(HTMLParser):
    """The elements of a page, its links and its text; fails on elements that do not nest."""

    def __init__(self, text):
        super().__init__()
        self.links, self.tags, self.open, self.text = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.text.append(text)


@pytest.fixture(scope="module")
def row(tmp_path_factory):
    """A folder with five morphs and their page."""
    folder = tmp_path_factory.mktemp("row")
    morphs = [(x, a_morph(x), f"{n} #1 100%.wav") for n, x in enumerate(STEPS)]
    for _, morphed, file in morphs:
        sound_files.write(folder / file, Sound(morphed.audio, RATE, bits=16))
    write_row(folder, morphs)
    return folder


def page_of(folder):
    return (folder / PAGE).read_text(encoding="utf-8")


def test_each_has_a_player_three_pictures_and_figures(row):
    page = Page(page_of(row))
    assert page.tags.count("audio") == page.tags.count("image") == len(STEPS)
    assert page.tags.count("svg") == 3 * len(STEPS)
    text = " ".join(page.text)
    assert "8 (3 of both, 3 B's, 2 new)" in text
    assert "4 (2 A's, 2 B's)" in text
    assert len(re.findall(r"−\d+\.\d LUFS", text)) == len(STEPS)
    names = re.findall(r'<article class="sound" data-name="([^"]*)"', page_of(row))
    assert names == ["A", "0.25", "0.5", "0.75", "B"]


def test_it_needs_no_network_and_its_files_are_there(row):
    links = [it for it in Page(page_of(row)).links if not it.startswith("data:")]
    assert "http" not in page_of(row)
    assert len(links) == 3 * len(STEPS)  # a player, a picture, and the file itself
    for link in links:
        assert (row / unquote(link)).is_file()


def test_pictures_are_on_one_scale(tmp_path):
    short = a_morph(0.0)
    write_row(tmp_path, [(0.0, short, "a.wav"), (1.0, a_morph(1.0, repeats=2), "b.wav")])
    wide = re.findall(r'<image [^>]* width="([\d.]+)"', page_of(tmp_path).replace("\n", " "))
    assert [float(it) for it in wide] == [
        pytest.approx((charts.WIDTH - charts.LEFT) / 2, abs=0.1),
        charts.WIDTH - charts.LEFT,
    ]
    with Image.open(tmp_path / "a.png") as image:
        image.verify()


def test_a_note_is_where_it_sounds(tmp_path):
    write_row(tmp_path, [(0.5, a_morph(0.5), "it.wav")])
    (path,) = re.findall(r'<path class="bars new" [^>]*d="([^"]+)"', page_of(tmp_path))
    first = re.match(r"M([\d.]+) ([\d.]+)h([\d.]+)", path)
    x, _, wide = map(float, first.groups())
    per_second = (charts.WIDTH - charts.LEFT) / 4.0
    assert x == pytest.approx(charts.LEFT + 1.0 * per_second, abs=0.1)
    assert wide == pytest.approx(0.45 * per_second, abs=1.0)


def with_tempi(x, a, b):
    morphed = a_morph(x, repeats=2)
    first, second = (
        replace(piece, song=a_song(bpm, piece.seconds))
        for piece, bpm in ((morphed.a, a), (morphed.b, b))
    )
    return replace(morphed, a=first, b=second)


@pytest.mark.parametrize(("a", "b", "tempi"), [(100, 120, (100, 109, 120)), (60, 120, (120,) * 3)])
def test_the_tempo_is_between_and_of_the_faster_piece_if_it_is_folded(tmp_path, a, b, tempi):
    write_row(tmp_path, ((x, with_tempi(x, a, b), f"{x}.wav") for x in (0.0, 0.5, 1.0)))
    assert re.findall(r"<dd>(\d+) BPM</dd>", page_of(tmp_path)) == [str(it) for it in tempi]


def test_a_morph_is_let_go_before_the_next_is_made(tmp_path):
    alive = []

    def morphs():
        for n, x in enumerate((0.0, 0.5, 1.0)):
            morphed = a_morph(x)
            alive.append(weakref.ref(morphed))
            yield x, morphed, f"{n}.wav"
            del morphed
            gc.collect()
            assert alive[-1]() is None

    write_row(tmp_path, morphs())
    with pytest.raises(ValueError, match="at least one"):
        write_row(tmp_path, [])


def test_textures_have_neither_notes_nor_strokes(tmp_path):
    write_row(tmp_path, [(0.25, a_morph_of_textures(), "it.wav")])
    assert Page(page_of(tmp_path)).tags.count("svg") == 1


def test_names_are_text_whatever_is_in_them(tmp_path):
    odd = '"><script>alert(1)<.script> $name'
    write_row(tmp_path, [(0.0, a_morph(0.0, names=(odd, odd)), "it.wav")])
    page = Page(page_of(tmp_path))
    assert page.tags.count("script") == 1
    assert any(odd in text for text in page.text)
    assert "&lt;becomes&gt;" in page_of(tmp_path)


def test_a_row_may_be_made_again_in_its_folder(row):
    check_folder(row, KIND)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: chromium)")
def test_a_browser_plays_it_and_the_keyboard_suffices(row, tmp_path):
    with browser(tmp_path / "profile") as tab:
        tab.open(row / PAGE)
        tab.until("document.querySelector('.sound .time').textContent === '0:00 / 0:04'")
        tab.evaluate("document.querySelector('.view').focus()")
        tab.press("ArrowRight", "ArrowRight")
        tab.until("document.querySelector('audio').currentTime === 2")
        tab.press("Space")
        tab.until("!document.querySelector('audio').paused")
        tab.press("x")
        tab.until("document.querySelectorAll('.sound')[1].classList.contains('heard')")
        for width in (400, 1700):
            tab.look(width=width)
            page = "document.documentElement"
            assert tab.evaluate(f"{page}.scrollWidth - {page}.clientWidth") <= 0
        assert tab.errors == []
        assert {url.partition(":")[0] for url in tab.requests} <= {"file", "data"}
