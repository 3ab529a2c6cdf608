"""The picture: a valid PNG in every case, and spectrograms that show the truth."""

import sys

import numpy as np
import pytest
from PIL import Image

from effects.engines.report import Report, Stretch
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.pictures import (
    COLUMNS,
    HIGHEST_HZ,
    LOWEST_HZ,
    ROWS,
    draw,
    spectrogram,
    tone_level_db,
)

RATE = 44_100
CURVE = [(1.0, 0.0), (0.5, 0.2), (0.1, 0.4)]


def tone(hz, seconds=1.0, rate=RATE, amplitude=0.5):
    wave = amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)
    return Sound(np.float32([wave, wave]), rate)


@pytest.mark.parametrize("hz", [100, 440, 3000, 15_000])
@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_a_tone_is_in_its_band(hz, rate):
    picture = spectrogram(tone(hz, rate=rate), 1.0, HIGHEST_HZ)
    row = picture.mean(axis=1).argmax()
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, ROWS + 1)
    assert edges[row] == pytest.approx(hz, rel=0.03, abs=12)  # a bin is 11 Hz wide


def test_the_level_does_not_count():
    quiet, loud = (spectrogram(tone(440, amplitude=a), 1.0, HIGHEST_HZ).max() for a in (0.001, 0.9))
    assert quiet == pytest.approx(loud, abs=0.01)


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
def test_the_level_of_a_tone_is_known(rate):
    found = spectrogram(tone(440, rate=rate), 1.0, HIGHEST_HZ).max()
    assert found == pytest.approx(tone_level_db(rate), abs=1)


def test_a_long_sound_is_drawn_with_a_bounded_number_of_columns():
    rows, columns = spectrogram(tone(440, seconds=60), 60.0, HIGHEST_HZ).shape
    assert rows == ROWS
    assert 0.9 * COLUMNS < columns <= COLUMNS


def test_above_half_the_sample_rate_there_is_nothing():
    picture = spectrogram(tone(440, rate=8000), 1.0, HIGHEST_HZ)
    above = np.geomspace(LOWEST_HZ, HIGHEST_HZ, ROWS + 1)[:-1] > 4000
    assert np.all(picture[above] == -np.inf)


@pytest.mark.parametrize("curves", [[CURVE], [CURVE, CURVE[:2], CURVE * 2], [], [[]], [[(0, 0)]]])
def test_it_is_a_png(tmp_path, curves):
    draw(tmp_path / "a.png", tone(440), tone(880, 0.3), tone(441), curves)
    with Image.open(tmp_path / "a.png") as image:
        image.load()
        assert image.format == "PNG"
        assert min(image.size) > 1000


def test_without_anything_to_optimise_there_are_spectrograms_only(tmp_path):
    heights = []
    for name, curves in (("with", [CURVE]), ("without", [])):
        draw(tmp_path / name, tone(440), tone(880), tone(441), curves)
        with Image.open(tmp_path / name) as image:
            heights.append(image.height)
    assert heights[1] < 0.9 * heights[0]


@pytest.mark.parametrize("curves", [[], [CURVE]])
def test_where_nothing_was_optimised_it_shows_what_the_output_is_made_of(tmp_path, curves):
    stretches = [Stretch(0, 0.5, 1.0, 0.0, 0.0), Stretch(0.5, 1, 0.0, 0.5, 0.5)]
    heights = []
    for report in (None, Report.of_stretches("sampler", "notes", stretches, [1.0, 1.0])):
        draw(tmp_path / "a.png", tone(440), tone(880), tone(441), curves, report)
        with Image.open(tmp_path / "a.png") as image:
            heights.append(image.height)
    assert (heights[1] > heights[0]) == (not curves)


@pytest.mark.parametrize(
    ("content", "style"),
    [
        (Sound(np.zeros((1, 1), np.float32), RATE), tone(440)),
        (Sound(np.zeros((8, 100), np.float32), RATE), tone(440, 3)),
        (tone(100, rate=8000), tone(440, 0.5, rate=96_000)),
        (tone(440, 60), tone(440, 0.05)),
    ],
    ids=["one sample", "silence", "other rates", "short style"],
)
def test_odd_sounds_are_drawn(tmp_path, content, style):
    draw(tmp_path / "a.png", content, style, content, [CURVE])
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_it_leaves_pyplot_alone(tmp_path):
    before = "matplotlib.pyplot" in sys.modules
    draw(tmp_path / "a.png", tone(440), tone(880), tone(441), [CURVE])
    assert ("matplotlib.pyplot" in sys.modules) == before
