"""The contact sheet: a valid PNG of what there is, whatever the clips are like."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PIL import Image
from support.sounds import noise, sine

import presets
from plugin_bridge.reports.contact_sheet import (
    GAP,
    HEADING,
    HIGH,
    IN_A_ROW,
    MARGIN,
    SECONDS,
    TITLE,
    WIDE,
    WIDTH,
    draw_sheet,
)
from presets import Preset

RATE = 22_050
FIRST_ROW = TITLE + HEADING


@pytest.fixture
def preset(tmp_path):
    """Make presets of sounds, ``[channels, samples]``."""
    count = iter(range(1000))

    def make(audio, rate=RATE, **entries):
        name = f"it-{next(count)}"
        clip = tmp_path / f"{name}.wav"
        soundfile.write(clip, audio.T, rate, subtype="FLOAT")
        return Preset(**{"name": name, "label": name, "family": "Mine", "clip": clip, **entries})

    return make


@pytest.fixture
def draw(tmp_path):
    """Draw a sheet and return its pixels, ``[rows, columns, 3]``."""

    def draw(found, report=lambda fraction, stage: None):
        draw_sheet(tmp_path / "sheet.png", found, report)
        with Image.open(tmp_path / "sheet.png") as image:
            assert image.format == "PNG"
            return np.asarray(image.convert("RGB")).astype(int)

    return draw


def thumbnail(sheet, place=0, top=FIRST_ROW):
    left = MARGIN + place * (WIDE + GAP)
    return sheet[top : top + HIGH, left : left + WIDE]


def test_built_in_presets_are_drawn(draw):
    sheet = draw([presets.get(name) for name in ("violin", "standard-kit")])
    assert sheet.shape[1] == WIDTH
    assert len(np.unique(sheet.reshape(-1, 3), axis=0)) > 60


def test_progress_rises_to_1(draw, preset):
    said = []
    draw(
        [preset(sine(440, 0.2, RATE)) for _ in range(5)],
        lambda fraction, stage: said.append((fraction, stage)),
    )
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert {f"it-{n}" for n in range(5)} <= {stage for _, stage in said}


def test_more_presets_make_a_taller_sheet(draw, preset):
    one = preset(sine(440, 0.2, RATE))
    row, two_rows, families = (
        len(draw(found))
        for found in (
            [one] * IN_A_ROW,
            [one] * (IN_A_ROW + 1),
            [*[one] * IN_A_ROW, replace(one, family="Others")],
        )
    )
    assert len(draw([one])) == row
    assert row < two_rows < families


@pytest.mark.parametrize("content", [None, b"", b"not audio at all", b"RIFF\x10\0\0\0WAVEfmt "])
def test_what_cannot_be_read_is_left_blank(draw, preset, content):
    broken, sound = preset(sine(440, 1, RATE), program=3), preset(noise(SECONDS, RATE))
    broken.clip.unlink()
    if content is not None:
        broken.clip.write_bytes(content)
    sheet = draw([sound, broken])
    dark = [(thumbnail(sheet, place).max(axis=2) < 60).any() for place in range(2)]
    assert dark == [False, True]  # the numbered one, the broken one, is first


def test_a_tone_is_where_its_frequency_is(draw, preset):
    tones = [preset(sine(hz, SECONDS, RATE)) for hz in (100, 1000, 8000)]
    sheet = draw(tones)
    brightest = [thumbnail(sheet, place).sum(axis=(1, 2)).argmax() for place in range(3)]
    expected = [HIGH * np.log(20_000 / hz) / np.log(20_000 / 40) for hz in (100, 1000, 8000)]
    assert brightest == pytest.approx(expected, abs=2)


def test_the_level_does_not_count(draw, preset):
    tone = noise(1, RATE)
    sheet = draw([preset(tone), preset(0.001 * tone)])
    difference = thumbnail(sheet, 0) - thumbnail(sheet, 1)
    assert np.abs(difference).max() < 16


def test_a_short_clip_ends_early(draw, preset):
    sheet = thumbnail(draw([preset(noise(SECONDS / 2, RATE))]))
    there = np.flatnonzero((sheet.min(axis=2) < 100).any(axis=0))
    assert there[-1] == pytest.approx(WIDE / 2, abs=1)


@pytest.mark.parametrize(
    ("audio", "rate"),
    [
        (np.zeros((1, 1)), RATE),
        (np.zeros((2, RATE)), RATE),
        (np.ones((1, 50)), 1000),
        (noise(0.5, 192_000), 192_000),
        (noise(20, 8000, channels=3), 8000),
    ],
    ids=["one sample", "silence", "constant", "high rate", "long"],
)
def test_odd_sounds_are_drawn(draw, preset, audio, rate):
    assert draw([preset(audio, rate)]).shape[1] == WIDTH


@pytest.mark.parametrize("family", ["$x^{$", "民族楽器", "long " * 80, "a & b <c>"])
def test_odd_names_are_drawn(draw, preset, family):
    draw([preset(sine(440, 0.2, RATE), family=family, program=25, bank=8)])


def test_no_presets_make_an_empty_sheet(draw):
    said = []
    assert len(draw([], lambda fraction, stage: said.append(fraction))) < FIRST_ROW + HIGH
    assert said[-1] == 1


def test_the_order_given_does_not_count(draw, preset):
    found = [
        preset(noise(0.3, RATE), family=family)
        for family in ("Mine", "Drum Kits", "Brass", "Piano", "Another")
    ]
    np.testing.assert_array_equal(draw(found), draw(found[::-1]))


def test_families_are_in_their_order(draw, preset):
    hz = {"Zither": 250, "Drum Kits": 500, "Brass": 1000, "Piano": 2000, "Banjos": 4000}
    sheet = draw([preset(sine(it, SECONDS, RATE), family=name) for name, it in hz.items()])
    distance = (len(sheet) - TITLE - MARGIN) // len(hz)
    tops = [FIRST_ROW + place * distance for place in range(len(hz))]
    heights = [thumbnail(sheet, top=top).sum(axis=(1, 2)).argmax() for top in tops]
    expected = [
        HIGH * np.log(20_000 / hz[name]) / np.log(20_000 / 40)
        for name in ("Piano", "Brass", "Drum Kits", "Banjos", "Zither")
    ]
    assert heights == pytest.approx(expected, abs=2)


def test_it_leaves_pyplot_alone(draw, preset):
    before = "matplotlib.pyplot" in sys.modules
    draw([preset(sine(440, 0.2, RATE))])
    assert ("matplotlib.pyplot" in sys.modules) == before
