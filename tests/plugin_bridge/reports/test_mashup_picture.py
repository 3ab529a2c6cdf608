"""The picture of a mashup: what is where, and in which colours."""

from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from support.mashing import a_mask, mean_of

from effects.mashing.mask import Mask
from effects.mashing.options import Options
from effects.mashing.source import Source
from plugin_bridge.reports import mashup_picture
from plugin_bridge.reports.pictures import LOWEST_HZ, ROWS

RATE, SECONDS = 22_050, 2.0
TIMES = np.linspace(0, SECONDS, 50)


def songs(count):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (1, round(SECONDS * RATE)))
    return [Source(f"{name}.wav", noise.astype(np.float32), RATE) for name in "abc"[:count]]


def test_it_shows_two_songs_the_mashup_and_the_mask():
    given, file = songs(2), BytesIO()
    mashup_picture.draw(file, given, mean_of(given, Options()))
    with Image.open(file) as image:
        assert image.format == "PNG"
        assert image.width > 1000
        assert image.height > 1000


def test_of_a_medley_it_shows_what_came_out_and_silence_is_drawn():
    given, file = songs(3), BytesIO()
    made = mean_of(given, Options())
    still = SimpleNamespace(**{**vars(made), "audio": 0 * made.audio, "alignment": None})
    mashup_picture.draw(file, given, still)
    with Image.open(file) as image:
        assert 500 < image.height < 1000


def test_the_mask_s_rows_are_where_its_frequencies_are():
    rows = mashup_picture.mask_rows(a_mask(SECONDS), TIMES, RATE / 2)
    hz = np.geomspace(LOWEST_HZ, RATE / 2, ROWS)
    before, after = rows[:, TIMES < 0.45 * SECONDS], rows[:, TIMES > 0.55 * SECONDS]
    assert np.allclose(before[hz < 900], 1.0)
    assert np.allclose(before[hz > 1100], 20 / 255)
    assert np.allclose(after, 1.0)


def test_a_share_of_many_frames_is_their_mean():
    mask = a_mask(SECONDS)
    steps = np.zeros_like(mask.steps)
    steps[:, ::2] = 255
    striped = Mask(**{**vars(mask), "steps": steps})
    rows = mashup_picture.mask_rows(striped, np.array([0.5, 1.0, 1.5]), RATE / 2)
    assert np.allclose(rows, 0.5, atol=0.03)


@pytest.mark.parametrize("rows", [0, 3, -3, 40])
def test_a_song_is_moved_in_time_and_frequency(rows):
    picture = np.arange(20.0)[:, None] + 100 * np.arange(10.0)
    moments = np.array([0.0, 0.9, 0.5, np.nan, 2.0])  # the song lasts one second
    moved = mashup_picture.placed(picture, 0.1, moments, rows)
    for n, column in enumerate([0, 9, 5]):
        for row in range(20):
            inside = 0 <= row - rows < 20
            assert moved[row, n] == (picture[row - rows, column] if inside else -np.inf)
    assert (moved[:, 3:] == -np.inf).all()
