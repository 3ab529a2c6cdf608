"""benchmarks/quality's real music: what is kept of it, its excerpts, its table and its page."""

import shutil
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from support.sounds import melody, noise, sine

from benchmarks.quality import __main__ as quality
from benchmarks.quality import excerpts, music_page, sounds, tables
from benchmarks.quality.excerpts import EXCERPTS, GROUPS, SOURCES
from benchmarks.quality.kept import NAMES, kept
from benchmarks.quality.music import Piece, instrument
from plugin_bridge.files.result_folder import PAGE

RATE = sounds.RATE
SECONDS = 4.0


@pytest.fixture(scope="module")
def stem():
    """Plucked notes, the first two seconds twice as loud as the others."""
    audio = melody(SECONDS, RATE)[0]
    audio[audio.size // 2 :] *= 0.5
    return audio


def chord(*keys):
    """Sines of two seconds, (samples,)."""
    return sum(sine(440 * 2 ** ((key - 69) / 12), 2.0, RATE, level=0.1)[0] for key in keys)


# --- what is kept


def test_all_of_the_stem_is_kept_in_itself_however_loud(stem):
    wanted = dict(zip(NAMES, (1, 1, 1, 0), strict=True))
    assert kept(stem, stem) == pytest.approx(wanted, abs=1e-6)
    assert kept(stem * np.float32(0.7), stem) == pytest.approx(wanted, abs=0.01)


@pytest.mark.filterwarnings("ignore:Trying to estimate tuning from empty:UserWarning")
def test_nothing_is_kept_in_silence(stem):
    found = kept(np.zeros_like(stem), stem)
    assert (found["level"], found["onsets"], found["holes"]) == (0, 0, 1)


def test_a_muted_half_is_a_hole_and_costs_harmony_level_and_onsets(stem):
    muted = stem.copy()
    muted[muted.size // 2 :] = 0
    found = kept(muted, stem)
    assert found["holes"] == pytest.approx(0.5, abs=0.1)
    assert found["chroma"] < 0.9  # long windows hear what was before
    assert found["level"] < 0.9
    assert found["onsets"] < 0.8


def test_what_is_10_db_softer_is_no_hole_and_what_is_30_db_softer_is_one(stem):
    half = stem.size // 2
    for db, share in ((-10, 0.0), (-30, 0.5)):
        softer = np.append(stem[:half], stem[half:] * np.float32(10 ** (db / 20)))
        assert kept(softer, stem)["holes"] == pytest.approx(share, abs=0.1)


def test_harmony_falls_at_other_chords_and_not_in_another_octave():
    major = np.concatenate([chord(60, 64, 67), chord(65, 69, 72)]).astype(np.float32)
    higher = np.concatenate([chord(72, 76, 79), chord(77, 81, 84)]).astype(np.float32)
    other = np.concatenate([chord(61, 66, 70), chord(62, 66, 71)]).astype(np.float32)
    assert kept(higher, major)["chroma"] > 0.9
    assert kept(other, major)["chroma"] < 0.5


def test_noise_at_the_stems_levels_keeps_them_and_no_harmony(stem):
    envelope = np.repeat(10 ** (np.array([-6, -20, -12, -30]) / 20), RATE).astype(np.float32)
    steady = sine(440, SECONDS, RATE)[0] * envelope
    found = kept(noise(SECONDS, RATE)[0] * envelope, steady)
    assert found["level"] > 0.95
    assert found["chroma"] < 0.7


# --- the excerpts


def test_both_halves_have_ten_excerpts_or_more_of_all_groups_and_share_no_file():
    files = {}
    for half, found in EXCERPTS.items():
        assert len(found) >= 10
        assert {it.group for it in found} == set(GROUPS)
        assert len({it.name for it in found}) == len(found)
        files[half] = {file for it in found for file in it.files}
    assert not files["tune"] & files["report"]


def test_each_excerpt_is_of_a_package_whose_licence_is_named():
    assert all(source.licence for source in SOURCES)
    for file in (file for found in EXCERPTS.values() for it in found for file in it.files):
        assert sum(file.is_relative_to(source.folder) for source in SOURCES) == 1


def test_an_excerpt_is_ten_seconds_from_where_it_begins_and_stems_are_added(tmp_path):
    low, high = (sine(hz, 12.0, RATE, level=0.1)[0] for hz in (220, 1760))
    high[: 2 * RATE] = 0
    files = tmp_path / "low.wav", tmp_path / "high.wav"
    for file, audio in zip(files, (low, high), strict=True):
        sounds.write(file, audio)
    clip = sounds.read(excerpts.Excerpt("song", files, 1.0).clip(tmp_path))
    assert clip.size == round(excerpts.SECONDS * RATE)
    assert np.abs(clip).max() == pytest.approx(sounds.PEAK, abs=1e-3)
    spectra = [np.abs(np.fft.rfft(clip[at * RATE :][:RATE])) for at in (0, 5)]
    assert [spectrum[1760] > 0.5 * spectrum[220] for spectrum in spectra] == [False, True]


def test_a_short_loop_is_repeated(tmp_path):
    sounds.write(tmp_path / "loop.wav", melody(2.0, RATE)[0])
    clip = sounds.read(excerpts.Excerpt("track", (tmp_path / "loop.wav",), 0.0).clip(tmp_path))
    assert clip.size == round(excerpts.SECONDS * RATE)
    assert clip[: 2 * RATE] == pytest.approx(clip[2 * RATE : 4 * RATE], abs=1e-3)


# --- the page


class Players(HTMLParser):
    """What a page loads, by the kind of element."""

    def __init__(self, page):
        super().__init__()
        self.found = {"audio": [], "img": []}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag in self.found:
            self.found[tag].append(dict(attrs)["src"])


ROWS = ("copy content", "a & b")


def pieces(tmp_path):
    """Two excerpts of different groups in one style each."""
    for name, file in (("one", "stem-1.wav"), ("two", "stem-2.wav"), ("", "style.wav")):
        sounds.write(tmp_path / file, melody(1.0, RATE, seed=len(name))[0])
    return [
        Piece(
            content=tmp_path / f"stem-{seed}.wav",
            style=tmp_path / "style.wav",
            seed=seed,
            kind="bowed",
            instrument=instrument("violin"),
            excerpt=excerpts.Excerpt(group, (SOURCES[seed].folder / "a.ogg",), 3.0),
        )
        for seed, group in ((1, "song"), (2, "track"))
    ]


def fake_sections(tmp_path):
    """Instead of `music.sections`: a silent output and one with figures for each piece."""

    def sections(bench, rows, half, count, samples, hear):
        figures = dict(zip(NAMES, (0.91, 0.72, 0.83, 0.04), strict=True))
        for piece in pieces(tmp_path):
            hear(ROWS[0], piece, melody(1.0, RATE)[0], tables.Result(1, figures, "keys", False, 1))
            silent = tables.Result(1, None, "", False, 1)
            hear(ROWS[1], piece, np.zeros(RATE, np.float32), silent)
        return ["the table"]

    return sections


def make_page(tmp_path, page):
    return music_page.sections(None, [], "tune", 1, tmp_path, page)


def test_the_page_plays_stem_style_and_each_output_beside_its_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(music_page.music, "sections", fake_sections(tmp_path))
    page = tmp_path / "page"
    assert make_page(tmp_path, page) == ["the table"]
    text = (page / PAGE).read_text(encoding="utf-8")
    found = Players(text).found
    per_piece = 2 + len(ROWS)
    assert len(found["audio"]) == len(found["img"]) == 2 * per_piece
    for name in {*found["audio"], *found["img"]}:
        assert (page / name).is_file()
    for name in found["audio"]:
        assert sounds.read(page / name).size / RATE == pytest.approx(1.0, abs=0.1)
    with Image.open(page / music_page.FILES / "style.png") as picture:  # 1 s of 10
        levels = np.array(picture)
    cut = levels.shape[1] // 8
    assert levels[:, :cut].max() > 100
    assert not levels[:, cut:].any()
    assert text.count("<td>0.91</td>") == 4  # each piece's, and its group's mean
    assert "Full songs" in text
    assert "Band guitars" not in text
    assert "a &amp; b" in text
    assert all(source.licence in text for source in SOURCES)
    assert "http" not in text


def test_a_page_is_made_again_in_its_folder_and_never_over_other_files(tmp_path, monkeypatch):
    monkeypatch.setattr(music_page.music, "sections", fake_sections(tmp_path))
    for _ in range(2):
        music_page.check(tmp_path / "page")
        make_page(tmp_path, tmp_path / "page")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").touch()
    with pytest.raises(ValueError, match="something other"):
        music_page.check(tmp_path / "mine")


def test_of_a_page_that_fails_nothing_is_left(tmp_path, monkeypatch):
    def fails(*args):
        fake_sections(tmp_path)(*args)
        raise ValueError("no more")

    monkeypatch.setattr(music_page.music, "sections", fails)
    (tmp_path / "home").mkdir()
    with pytest.raises(ValueError, match="no more"):
        make_page(tmp_path, tmp_path / "home" / "page")
    assert not [*(tmp_path / "home").iterdir()]


# --- the command


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs the case music without fluidsynth and soundfonts, of which only names are checked."""
    monkeypatch.setattr(shutil, "which", lambda name: name)
    for name in "ab":
        (tmp_path / name).touch()
    given = ["--cases", "music", "--soundfont", tmp_path / "a", "--other-soundfont", tmp_path / "b"]
    return lambda *more: quality.main([str(it) for it in (*given, *more)])


def one_line(capsys):
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_missing_package_is_named_at_the_start(tmp_path, command, capsys, monkeypatch):
    source = SOURCES[0]
    absent = replace(EXCERPTS["tune"][0], files=(source.folder / "none.ogg",))
    monkeypatch.setitem(EXCERPTS, "tune", (absent,))
    assert command("--half", "tune", "--samples", tmp_path) == 2
    line = one_line(capsys)
    assert line.endswith(f"sudo apt install {source.package}")
    with pytest.raises(FileNotFoundError, match=source.package):
        absent.clip(tmp_path)


def test_a_page_needs_the_case_and_a_folder_of_its_own(tmp_path, command, capsys, monkeypatch):
    monkeypatch.setitem(EXCERPTS, "report", ())
    assert command("--samples", tmp_path, "--page", tmp_path) == 2
    assert "something other" in one_line(capsys)
    assert command("--cases", "triplets", "--page", tmp_path / "page") == 2
    assert "--cases music" in one_line(capsys)


def test_without_recorded_notes_it_is_said_at_the_start(tmp_path, command, capsys):
    assert command() == 2
    assert "--samples" in one_line(capsys)
    assert command("--samples", tmp_path / "none") == 2
    assert "--samples" in one_line(capsys)
