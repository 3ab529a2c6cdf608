"""The map of pieces: where they are, what is near, and that a click or a key plays."""

import base64
import json
import re
from io import BytesIO
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image
from support.browser import CHROMIUM, browser
from support.sounds import melody

from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.latent_map import write_map
from plugin_bridge.reports.latent_map_picture import draw_map
from plugin_bridge.reports.latent_points import (
    BESIDE,
    LETTER,
    LINE,
    MOST_GROUPS,
    NEAREST,
    OTHERS,
    Point,
    groups,
    named,
    nearest,
)

RATE = 22_050


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a sound, whose name needs care in an address."""
    folder = tmp_path_factory.mktemp("music")
    (folder / "blues").mkdir()
    sound = Sound(melody(1, RATE, seed=0), RATE, bits=16)
    sound_files.write(folder / "blues" / "it #1 100%.wav", sound)
    return folder


def some(folder, count, *, n_groups=0):
    """Pieces here and there."""
    draw = np.random.default_rng(0)
    sound = folder / "blues" / "it #1 100%.wav"
    return [
        Point(f"piece {n}", sound, *draw.uniform(0, 1, 2), f"{n} notes", f"genre {n % n_groups}")
        if n_groups
        else Point(f"piece {n}", sound, *draw.uniform(0, 1, 2), f"{n} notes")
        for n in range(count)
    ]


def pieces_of(page):
    """What the page knows of the pieces."""
    text = re.search(r'id="pieces">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    return json.loads(text.group(1))


def test_each_piece_has_a_point_where_it_is_and_a_sound(folder, tmp_path):
    page = tmp_path / "deep" / "map.html"
    page.parent.mkdir()
    points = [
        Point("low left", folder / "blues" / "it #1 100%.wav", 0.0, 0.0),
        Point("high right", folder / "blues" / "it #1 100%.wav", 1.0, 1.0, "9 notes", "blues"),
    ]
    write_map(page, points)
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"translate\(([\d.]+) ([\d.]+)\)", text) == [
        *[("40.0", "960.0"), ("960.0", "40.0")]
    ]
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    known = pieces_of(page)
    assert [it["name"] for it in known] == ["low left", "high right"]
    assert known[1]["text"] == "blues. 9 notes"
    for it in known:
        assert (page.parent / unquote(it["sound"])).samefile(points[0].sound)


def test_sounds_can_be_in_the_page(folder, tmp_path):
    (point,) = some(folder, 1)
    write_map(tmp_path / "map.html", [point], embed=True)
    kind, _, data = pieces_of(tmp_path / "map.html")[0]["sound"].partition(",")
    assert kind == "data:audio/wav;base64"
    assert base64.b64decode(data) == point.sound.read_bytes()


def test_the_nearest_are_those_that_are_near(folder):
    points = some(folder, 40)
    for n, found in enumerate(nearest(points)):
        away = [np.hypot(it.x - points[n].x, it.y - points[n].y) for it in points]
        assert found == [int(it) for it in np.argsort(away)[1 : NEAREST + 1]]


@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_nobody_is_their_own_neighbour_even_where_all_are_at_one_place(folder, count):
    points = [Point(str(n), folder, 0.5, 0.5) for n in range(count)]
    for n, found in enumerate(nearest(points)):
        assert n not in found
        assert len(found) == min(count - 1, NEAREST)


def test_names_cover_neither_each_other_nor_a_point(folder):
    points = some(folder, 150)
    boxes = []
    for it in named(points):
        point, wide = points[it.index], LETTER * len(points[it.index].name)
        left = point.x - BESIDE / 2 - wide if it.leftwards else point.x + BESIDE / 2
        boxes.append((it.index, left, left + wide, point.y))
    assert 10 < len(boxes) < 150
    for index, left, right, y in boxes:
        assert not [
            it
            for n, it in enumerate(points)
            if n != index and left < it.x < right and abs(it.y - y) < LINE / 2
        ]
        assert not [
            other
            for other in boxes
            if other[0] != index
            and left < other[2]
            and other[1] < right
            and abs(y - other[3]) < LINE / 2
        ]


def test_of_many_groups_the_smallest_are_the_others(folder):
    assert groups(some(folder, 3)) == {}
    many = groups(some(folder, 45, n_groups=15))
    assert len(many) == MOST_GROUPS
    assert list(many)[-1] == OTHERS
    assert sorted(n for members in many.values() for n in members) == list(range(45))


def test_names_are_text_whatever_is_in_them(folder, tmp_path):
    odd = "</script><script>alert(1)</script>\"'&"
    write_map(tmp_path / "map.html", [Point(odd, folder / odd, 0.5, 0.5, odd, odd)])
    assert (tmp_path / "map.html").read_text(encoding="utf-8").count("<script") == 2
    assert pieces_of(tmp_path / "map.html")[0]["name"] == odd


def test_a_thousand_pieces_are_a_page_of_half_a_megabyte(folder, tmp_path):
    write_map(tmp_path / "map.html", some(folder, 1000, n_groups=10))
    assert (tmp_path / "map.html").stat().st_size < 600_000


def test_a_picture_has_neither_sound_nor_trouble_with_names(folder, tmp_path):
    write_map(tmp_path / "map.png", some(folder, 30))
    file = BytesIO()
    draw_map(file, [Point("$x_1^$ 歌", folder, 0.5, 0.5, "", "$g$"), *some(folder, 3)])
    for written in (tmp_path / "map.png", file):
        with Image.open(written) as image:
            image.verify()


@pytest.mark.parametrize("x", [-0.1, 1.1, float("nan")])
def test_what_is_not_on_the_map_is_refused_and_nothing_written(folder, tmp_path, x):
    with pytest.raises(ValueError, match="lost is not on the map"):
        write_map(tmp_path / "map.html", [Point("lost", folder, x, 0.5)])
    with pytest.raises(ValueError, match="at least one piece"):
        write_map(tmp_path / "map.html", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: chromium)")
def test_a_click_or_a_key_plays_and_names_what_is_near(folder, tmp_path):
    sound = folder / "blues" / "it #1 100%.wav"
    places = {"middle": (0.5, 0.5), "right": (0.9, 0.55), "above": (0.45, 0.9)}
    points = [Point(name, sound, *at, f"it is {name}") for name, at in places.items()]
    write_map(tmp_path / "map.html", [*points, Point("missing", tmp_path / "no.wav", 0.1, 0.1)])
    with browser(tmp_path / "profile") as tab:
        tab.open(tmp_path / "map.html")
        tab.click("#piece-1")
        tab.until("document.querySelector('audio').currentTime > 0")
        assert tab.evaluate("document.querySelector('#about').textContent") == "it is right"
        near = "[...document.querySelectorAll('#near button')].map((it) => it.textContent)"
        assert tab.evaluate(near) == ["middle", "above", "missing"]
        chosen = "document.querySelector('[aria-selected=true]').ariaLabel"
        tab.evaluate("document.querySelector('#map').focus()")
        for key, name in (("ArrowLeft", "middle"), ("ArrowUp", "above"), ("ArrowUp", "above")):
            tab.press(key)
            assert tab.evaluate(chosen) == name
        assert tab.evaluate("document.querySelector('audio').paused")
        tab.press("Enter")
        tab.until("!document.querySelector('audio').paused")
        tab.click("#search")
        tab.press(*"MIDD")
        tab.click("#found button")
        assert tab.evaluate(chosen) == "middle"
        tab.look(width=400)
        page = "document.documentElement"
        assert tab.evaluate(f"{page}.scrollWidth - {page}.clientWidth") <= 0
        assert tab.errors == []
        assert {url.partition(":")[0] for url in tab.requests} <= {"file", "data"}
        tab.click("#piece-3")
        tab.until("!document.querySelector('#trouble').hidden")
