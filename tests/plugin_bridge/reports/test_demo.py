"""The demo: the folder it leaves, and that it takes care of the user's own folders."""

import re
from html.parser import HTMLParser

import pytest
from markupsafe import escape
from PIL import Image
from support.mashing import mean_of
from support.morphs import a_morph

import presets
from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.reports import demo, demo_mashup, demo_morph, morph_picture
from plugin_bridge.reports.demo import (
    PAIRS,
    RECORDINGS,
    Result,
    make_demo,
    recording,
    render_page,
)
from plugin_bridge.reports.demo_mashup import SONGS, MashupResult
from plugin_bridge.reports.demo_morph import ENDS, MorphResult
from plugin_bridge.reports.metrics import FIGURES

FREE = ("CC0-1.0", "CC-BY-4.0", "GPL-2.0-or-later")  # what GPL-3.0 lets stand beside it


class Page(HTMLParser):
    """What a page refers to, and the elements it has; fails on elements that do not nest."""

    def __init__(self, text):
        super().__init__()
        self.links, self.tags, self.open = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def result(pair):
    numbers = {figure.name: 0.25 for figure in FIGURES}
    return Result(
        pair, {**numbers, "lsd_style": 20.04}, {**numbers, "lsd_style": 9.96}, "<Played>."
    )


def quick_pair(pair, folder, report):
    """In place of restyling: the files that it would leave, empty."""
    report(0.5, "half")
    folder.mkdir()
    for name in ("content", "style", "output"):
        (folder / f"{name}.wav").touch()
        (folder / f"{name}.png").touch()
    return result(pair)


def quick_mashup(songs, clips, folder, report):
    """In place of mashing: the files that it would leave, empty."""
    assert all(clip.is_file() for clip in clips)
    report(0.5, "half")
    folder.mkdir()
    for name in ("a", "b", "mashup"):
        (folder / f"{name}.wav").touch()
        (folder / f"{name}.png").touch()
    (folder / demo_mashup.PICTURE).touch()
    return MASHUP


def quick_morph(ends, clips, folder, report):
    """In place of morphing: the files that it would leave, empty."""
    assert all(clip.is_file() for clip in clips)
    report(0.5, "half")
    folder.mkdir()
    for name in demo_morph.STEPS:
        (folder / f"{name}.wav").touch()
        (folder / f"{name}.png").touch()
    (folder / demo_morph.PICTURE).touch()
    return MORPH


MORPH = MorphResult(ENDS, "Notes <move>.", dict.fromkeys(demo_morph.STEPS, 6.0))
MASHUP = MashupResult(SONGS, "A <is> played faster.", {"a": 8.0, "b": 8.0, "mashup": 8.0})


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(demo, "restyle_pair", quick_pair)
    monkeypatch.setattr(demo, "mash_songs", quick_mashup)
    monkeypatch.setattr(demo, "morph_ends", quick_morph)


def ignore(fraction, stage):
    pass


def test_the_page_plays_every_pair_and_names_numbers_settings_and_credits():
    text = render_page([result(pair) for pair in PAIRS], MASHUP, MORPH)
    page = Page(text)
    assert page.tags.count("audio") == 3 * len(PAIRS) + 3 + 5
    assert page.tags.count("img") == 3 * len(PAIRS) + 4 + 6  # the mask and the notes, too
    assert page.tags.count("script") == 1
    assert "$" not in text
    assert "<td>20.0</td><td>10.0</td>" in text
    assert "&lt;Played&gt;." in text
    assert "strength 1, mix 1, engine sampler, seed 0" in text
    assert "A &lt;is&gt; played faster." in text
    assert "Notes &lt;move&gt;." in text
    assert presets.get(ENDS.b).source in text
    for name in (SONGS.a, SONGS.b, ENDS.a):
        assert recording(name).credit in text
        assert recording(name).source in page.links
    for pair in PAIRS:
        content, style = recording(pair.content), presets.get(pair.style)
        assert escape(content.credit) in text
        assert content.source in page.links
        assert style.credit in text
        assert style.source in text


def test_a_line_a_chord_a_beat_a_voice_and_a_mix_are_played():
    assert [pair.about.split()[1].strip(",:") for pair in PAIRS] == [
        "line",
        "chord",
        "beat",
        "voice",
        "mix",
    ]
    families = {recording(pair.content).family for pair in PAIRS}
    assert {"Strings", "Drums and percussion", "Voices", "Songs"} <= families


@pytest.mark.parametrize("folder", sorted(RECORDINGS.iterdir()), ids=lambda folder: folder.name)
def test_a_recording_is_complete_and_credited(folder):
    found = recording(folder.name)
    credits = RECORDINGS.with_name("CREDITS.md").read_text(encoding="utf-8")
    assert found.licence in FREE
    assert found.credit in credits
    assert found.source in credits or folder.name == "drums"  # many recordings, each listed
    assert 1 <= sound_files.read(found.clip).seconds <= 12


def test_the_page_refers_to_files_that_exist(tmp_path, quick):
    page = make_demo(tmp_path / "new" / "demo", ignore)
    local = [link for link in Page(page.read_text(encoding="utf-8")).links if "://" not in link]
    assert len(local) == 6 * len(PAIRS) + 7 + 11
    assert all((page.parent / link).is_file() for link in local)


def test_progress_rises_to_the_end(tmp_path, quick):
    reports = []
    make_demo(tmp_path / "demo", lambda fraction, stage: reports.append((fraction, stage)))
    fractions = [fraction for fraction, _ in reports]
    assert fractions == sorted(fractions)
    assert all(re.match(r"[\w ]+ (to|over|and) [\w ]+: half", stage) for _, stage in reports)


def test_it_can_be_made_again_and_leaves_what_the_user_added(tmp_path, quick):
    make_demo(tmp_path / "demo", ignore)
    (tmp_path / "demo" / "notes.txt").write_text("mine")
    make_demo(tmp_path / "demo", ignore)
    assert (tmp_path / "demo" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["notes.txt", "index.html", "content.wav"])
def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path, capsys, name):
    (tmp_path / name).write_text("mine")
    assert main.run(["demo", str(tmp_path)]) == 2
    assert re.fullmatch(r"restyle: The folder .* name another.*\n", capsys.readouterr().err)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_not_a_folder(tmp_path):
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(ValueError, match="is a file"):
        make_demo(tmp_path / "demo", ignore)


def test_an_empty_folder_will_do(tmp_path, quick, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main.run(["demo", "."]) == 0
    assert (tmp_path / "index.html").is_file()
    assert "index.html in a browser" in capsys.readouterr().out


def test_stopping_leaves_nothing(tmp_path, quick):
    def stop(fraction, stage):
        if fraction > 0.8:  # of the morph, the last
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo(tmp_path / "demo", stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.folder)
def test_the_timbre_becomes_the_styles_and_the_music_stays(tmp_path, pair):
    result = demo.restyle_pair(pair, tmp_path / "pair", ignore)
    assert result.after["timbre"] < result.before["timbre"] / 3
    assert result.after["onsets"] < 0.5
    assert result.after["pitch"] < 0.6
    assert result.made_of.startswith(("Played 100 %", "Played 8"))
    content, style, output = (
        sound_files.read(tmp_path / "pair" / f"{name}.wav")
        for name in ("content", "style", "output")
    )
    assert output.audio.shape == content.audio.shape
    assert max(content.seconds, style.seconds) < 25
    for name in ("content", "style", "output"):
        with Image.open(tmp_path / "pair" / f"{name}.png") as image:
            image.verify()


def test_the_mashup_is_as_long_as_the_second_and_has_its_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr("effects.mashing.mash.mash", mean_of)
    clips = recording(SONGS.a).clip, recording(SONGS.b).clip
    result = demo_mashup.mash_songs(SONGS, clips, tmp_path / "it", ignore)
    assert result.seconds["mashup"] == result.seconds["b"] == 8.0
    for name in ("a", "b", "mashup", "mask"):
        with Image.open(tmp_path / "it" / f"{name}.png") as image:
            image.verify()


def test_the_morph_goes_from_end_to_end_and_its_middle_is_drawn(tmp_path, monkeypatch):
    asked, lengths = [], set()

    def morph(a, b, options, *, progress, threads=None):
        asked.append(options.at)
        lengths.update(audio.shape[1] / rate for _, audio, rate in (a, b))
        progress.tick(0.5, "half")
        return a_morph(options.at)

    monkeypatch.setattr(demo_morph, "morph", morph)
    monkeypatch.setattr(morph_picture, "DPI", 60)  # drawn small, which is faster
    clips = recording(ENDS.a).clip, presets.get(ENDS.b).clip
    result = demo_morph.morph_ends(ENDS, clips, tmp_path / "it", ignore)
    assert asked == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert lengths == {ENDS.seconds}
    assert result.why == a_morph().report["why"]
    assert result.seconds["0.5"] == 4.0
    for name in (*demo_morph.STEPS, "middle"):
        with Image.open(tmp_path / "it" / f"{name}.png") as image:
            image.verify()
