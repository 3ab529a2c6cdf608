"""Listening to songs whose beats are known."""

import numpy as np
import pytest
from support.songs_with_beats import RATE, song

from effects.listening.click import with_clicks
from effects.listening.listen import listen
from effects.running.cache import songs_cache
from effects.running.cores import using


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A cache of one's own."""
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(tmp_path))
    return tmp_path / "songs"


@pytest.fixture(scope="module")
def made():
    return song(120.0)


def away(made, heard):
    """How far the nearest beat that is heard is from each true one, in seconds."""
    return np.abs(heard.beats[:, None] - made.beats).min(axis=0)


def bars_found(made, heard):
    """The share of true bars where one is heard."""
    true = made.beats[made.bars]
    return (np.abs(heard.beats[heard.bars][:, None] - true).min(axis=0) < 0.07).mean()


@pytest.mark.parametrize("bpm", [70, 80, 100, 120, 140, 165, 190, 205])
def test_tempo_beats_and_bars_of_a_song(bpm):
    made = song(bpm)
    heard = listen(made.audio, RATE)
    assert heard.bpm == pytest.approx(bpm, rel=0.01)
    assert np.median(away(made, heard)) < 0.03
    assert (away(made, heard) < 0.07).all()
    assert heard.meter.name == "4/4"
    assert bars_found(made, heard) == 1
    assert heard.pitch_set.argmax() == 0
    assert heard.certainty > 0.5


def test_without_drums_the_beats_are_found_too():
    made = song(120, drums=False, key=10)
    heard = listen(made.audio, RATE)
    assert (away(made, heard) < 0.07).all()
    assert bars_found(made, heard) == 1
    assert heard.pitch_set.argmax() == 10


@pytest.mark.parametrize("drift", [-0.003, 0.003])
def test_beats_follow_a_tempo_that_drifts(drift):
    made = song(110, drift=drift)
    assert (away(made, listen(made.audio, RATE)) < 0.05).all()


@pytest.mark.parametrize(
    ("name", "bpm", "beats_per_bar", "parts"), [("3/4", 120, 3, 2), ("6/8", 80, 2, 3)]
)
def test_other_meters(name, bpm, beats_per_bar, parts):
    made = song(bpm, beats_per_bar=beats_per_bar, parts=parts)
    heard = listen(made.audio, RATE)
    assert heard.meter.name == name
    assert bars_found(made, heard) == 1


def sounds():
    draw = np.random.default_rng(0)
    yield "noise", draw.normal(0, 0.1, (1, 5 * RATE))
    yield "DC", np.full((1, 5 * RATE), 0.5)
    yield "a click", np.eye(1, 5 * RATE, 1000)
    yield "a sine", 0.5 * np.sin(0.06 * np.arange(5 * RATE))[None]
    for samples in (1, 100, RATE // 10, RATE):
        yield f"silence of {samples}", np.zeros((2, samples))
        yield f"noise of {samples}", draw.normal(0, 0.1, (1, samples))


@pytest.mark.parametrize(
    ("name", "audio"), list(sounds()), ids=lambda it: it if type(it) is str else ""
)
def test_what_has_no_beat_has_beats_of_which_nothing_is_sure(name, audio):
    heard = listen(audio.astype(np.float32), RATE)
    steps = np.diff(heard.beats)
    assert len(heard.beats) >= 2
    assert (steps > 0).all()
    assert 0 <= heard.beats[0] < steps[0]
    assert heard.beats[-1] > heard.seconds - steps[-1] - 1e-9
    assert len(heard.bars) >= 1
    assert heard.sections[0] == 0
    assert heard.certainty < 0.2
    for numbers in (heard.chroma, heard.onsets, heard.levels, heard.pitch_set):
        assert np.isfinite(numbers).all()


def test_what_is_heard_has_the_shapes_that_it_says(made):
    heard = listen(made.audio, RATE)
    n = len(heard.beats) - 1
    assert heard.chroma.shape == (n, 12)
    assert heard.chroma.sum(axis=1) == pytest.approx(np.ones(n))
    assert heard.onsets.shape == (n, 12, 3)
    assert heard.onsets.mean(axis=(0, 1)) == pytest.approx(np.ones(3))
    assert heard.levels.shape == (n, 8)
    assert heard.pitch_set.sum() == pytest.approx(1)
    assert (np.diff(heard.bars) > 0).all()
    assert (np.diff(heard.sections) > 0).all()


def test_levels_are_the_mean_square_of_the_sound():
    t = np.arange(5 * RATE) / RATE
    heard = listen((0.5 * np.sin(2 * np.pi * 700 * t)).astype(np.float32)[None], RATE)
    inner = heard.levels[1:-1]
    assert inner[:, 4] == pytest.approx(np.full(len(inner), 0.5), rel=0.02)  # of a peak of 1
    assert inner.sum(axis=1) == pytest.approx(np.full(len(inner), 0.5), rel=0.02)


def test_rate_channels_polarity_and_level_hardly_matter(made):
    heard = listen(made.audio, RATE)
    twice = np.repeat(made.audio, 2, axis=1) / 100  # 44.1 kHz, roughly
    for audio, rate in ((np.concatenate([made.audio, -made.audio]), RATE), (twice, 2 * RATE)):
        other = listen(audio, rate)
        assert other.beats == pytest.approx(heard.beats, abs=0.01)
        assert (other.bars == heard.bars).all()


def test_threads_change_no_bit(made, folder, monkeypatch):
    long = np.tile(made.audio, 4)  # more than one stretch
    found = []
    for threads in (1, 3):
        monkeypatch.setenv("RESTYLE_CACHE_DIR", str(folder / str(threads)))
        with using(threads):
            found.append(listen(long, RATE))
    for name in ("beats", "bars", "chroma", "onsets", "levels", "sections", "pitch_set"):
        assert (getattr(found[0], name) == getattr(found[1], name)).all()


def test_a_song_is_heard_once_and_a_damaged_entry_is_heard_again(made, folder, monkeypatch):
    first = listen(made.audio, RATE)
    [entry] = folder.glob("*.npz")
    entry.write_bytes(entry.read_bytes()[:-100])
    songs_cache()._memory.clear()
    assert (listen(made.audio, RATE).beats == first.beats).all()

    def fail(*_):
        raise AssertionError("heard again")

    monkeypatch.setattr("effects.listening.listen.activations", fail)
    songs_cache()._memory.clear()
    again = listen(made.audio, RATE)
    assert (again.beats == first.beats).all()
    assert (again.meter, again.certainty, again.bpm) == (first.meter, first.certainty, first.bpm)
    with pytest.raises(ValueError, match="read-only"):
        again.beats[0] = 1


@pytest.mark.parametrize(
    ("audio", "rate", "says"),
    [
        (np.zeros((1, 0), np.float32), RATE, "not empty"),
        (np.zeros(100, np.float32), RATE, "channels, samples"),
        (np.full((1, 100), np.nan, np.float32), RATE, "NaN or infinity"),
        (np.zeros((1, 100), np.float32), 10, "resample it first"),
        (np.zeros((1000, 100), np.float32), RATE, "channels"),
    ],
)
def test_what_is_no_song_is_refused(audio, rate, says):
    with pytest.raises(ValueError, match=says):
        listen(audio, rate)


def test_clicks_are_on_the_beats_and_do_not_clip(made):
    heard = listen(made.audio, RATE)
    loud = np.concatenate([made.audio, 3 * made.audio])
    clicked = with_clicks(loud, RATE, heard)
    assert clicked.shape == loud.shape
    assert np.abs(clicked).max() < 1
    only = with_clicks(np.zeros_like(made.audio), RATE, heard)[0]
    starts = np.flatnonzero((np.abs(only) > 0) & (np.abs(np.roll(only, 1)) == 0)) / RATE
    assert all(np.abs(starts - beat).min() < 0.001 for beat in heard.beats[:-1])
