"""Tweaks as their users rely on them: untouched is the piece, changed is what the latent says."""

import json

import numpy as np
import pytest
from support.samplers import REED, partials_of, tune
from support.sounds import lufs, noise

from effects.latent.changes import Changes
from effects.notes.transcribe import transcribe
from effects.running.progress import Cancelled, Progress
from effects.style_clip import Style
from effects.tweaking.tweak import tweak

RATE = 22_050


def heard(audio):
    """The keys and onsets of what is not 20 dB softer than the loudest, in order."""
    found = transcribe(audio[0], RATE)
    least = 0.1 * max(it.level for it in found)
    loud = [it for it in found if it.level > least]
    return [round(it.pitch) for it in loud], [it.start for it in loud]


@pytest.mark.parametrize("kind", ["source", "drums", "mix"])
def test_an_untouched_latent_gives_the_piece_bit_for_bit(kind, codec, request):
    piece = request.getfixturevalue(kind)
    done = tweak(piece, Changes(seed=5), codec=codec)
    np.testing.assert_array_equal(done.audio, piece[1])
    np.testing.assert_array_equal(done.z, done.changed_z)
    assert done.report["untouched"]
    assert list(done.before) == list(done.after)


@pytest.fixture(scope="module")
def fewer(source, codec):
    return tweak(source, Changes(scale=0.9), codec=codec)


def test_fewer_notes_are_heard_and_the_rest_is_as_it_was(source, fewer):
    assert 3 < len(fewer.after) < len(fewer.before)
    keys, onsets = heard(fewer.audio)
    assert onsets == pytest.approx([it.start for it in fewer.after], abs=0.05)
    assert keys == [round(it.pitch) for it in fewer.after]
    assert fewer.audio.shape == source[1].shape
    assert lufs(fewer.audio, RATE) == pytest.approx(lufs(source[1], RATE), abs=0.5)


def test_what_stays_is_the_piece_itself_but_for_its_level(source, fewer):
    gone = {it.start for it in fewer.before} - {it.start for it in fewer.after}
    ratios = []
    for it in fewer.after:
        far = all(abs(it.start - at) > 0.7 for at in gone)
        part = slice(round((it.start + 0.05) * RATE), round((it.start + 0.4) * RATE))
        now, then = (audio[0, part] for audio in (fewer.audio, source[1]))
        ratio = float(now @ then / (then @ then))
        if far:
            np.testing.assert_allclose(now, ratio * then, atol=1e-4)
        ratios.append(ratio)
    assert ratios == pytest.approx([ratios[0]] * len(ratios), rel=0.15)


def test_the_report_says_what_was_done(fewer, codec):
    report = json.loads(json.dumps(fewer.report))
    assert report["kind"] == "notes"
    assert report["notes"]["after"] == len(fewer.after)
    assert report["notes"]["gone"] > 0
    assert report["weights"] == codec.weights_hash
    assert not report["untouched"]
    assert "go; 0 are new." in report["why"]


def test_new_notes_are_heard_and_loud_enough(source, codec):
    done = tweak(source, Changes(shuffle=1.0, seed=1), codec=codec)
    starts = [it.start for it in done.after]
    assert starts != [it.start for it in done.before]
    _, onsets = heard(done.audio)
    assert onsets == pytest.approx(starts, abs=0.06)


def test_no_note_at_all_leaves_next_to_nothing(source, codec):
    done = tweak(source, Changes(scale=0), codec=codec)
    assert done.after == []
    assert "no notes at all" in done.report["why"]
    assert np.std(done.audio) < 0.1 * np.std(source[1])


def test_the_same_bits_for_any_number_of_threads(source, codec):
    what = Changes(noise=0.4, seed=2, add=0.1)
    one, three = (tweak(source, what, codec=codec, threads=it) for it in (1, 3))
    np.testing.assert_array_equal(one.audio, three.audio)
    assert (one.audio != source[1]).any()


def test_stereo_and_level_stay(source, codec):
    loud = 40 * np.vstack([source[1], 0.5 * source[1]])[:, : 4 * RATE]
    done = tweak(("loud", loud, RATE), Changes(scale=0.9), codec=codec)
    assert done.audio.shape == loud.shape
    assert lufs(done.audio, RATE) == pytest.approx(lufs(loud, RATE), abs=0.5)
    sides = np.sqrt(np.mean(np.square(done.audio), axis=1))
    assert sides[1] / sides[0] == pytest.approx(0.5, abs=0.02)


def test_drums_beside_notes_stay(mix, codec):
    done = tweak(mix, Changes(scale=0), codec=codec)
    beats = [0.1 + 0.25 * n for n in range(15)]
    frames = np.abs(done.audio[0]).reshape(-1, 315).max(axis=1)
    at = np.array([frames[round(it * 70) : round(it * 70) + 3].max() for it in beats])
    assert (at > 0.3 * np.median(at)).all()


def test_a_brighter_timbre_is_brighter(drums, source, codec):
    tilt = np.concatenate([np.zeros(96), np.linspace(-3, 3, 24)])
    what = Changes(towards=tilt, towards_amount=0.5)
    for piece in (drums, source):
        done = tweak(piece, what, codec=codec)
        low, high = done.report["filter_db"]
        assert -12 <= low < -3
        assert 3 < high <= 12
        assert centroid(done.audio) > 1.1 * centroid(piece[1])


def centroid(audio):
    power = np.abs(np.fft.rfft(audio[0])) ** 2
    return float((power * np.arange(power.size)).sum() / power.sum())


def test_drums_have_no_notes_to_change(drums, codec):
    done = tweak(drums, Changes(max=3), codec=codec)
    np.testing.assert_array_equal(done.audio, drums[1])
    assert "drums alone" in done.report["why"]


def test_silence_comes_back(codec):
    silent = np.zeros((2, RATE), np.float32)
    done = tweak(("nothing", silent, RATE), Changes(scale=2, add=1), codec=codec)
    np.testing.assert_array_equal(done.audio, silent)
    assert "silent" in done.report["why"]


@pytest.mark.parametrize("seconds", [0.001, 0.2])
def test_hardly_any_sound(seconds, codec):
    short = noise(seconds, RATE)
    done = tweak(("short", short, RATE), Changes(noise=1.0), codec=codec)
    assert done.audio.shape == short.shape
    assert np.isfinite(done.audio).all()


def test_a_style_plays_it(source, codec):
    reed = tune([(0.1, 0.8, 60), (1.0, 0.8, 67), (2.0, 0.8, 72)], 3.0, RATE, REED)
    style = Style((reed, RATE))
    cover = tweak(source, Changes(scale=0.9), style=style, codec=codec)
    own = tweak(source, Changes(scale=0.9), codec=codec)
    assert cover.after == own.after
    keys, _ = heard(cover.audio)
    assert keys == [round(it.pitch) for it in cover.after]
    played = [(it.start, it.seconds, it.pitch) for it in cover.after]
    assert partials_of(cover.audio[0], RATE, played)[1] < -20  # a reed has no second partial
    assert partials_of(own.audio[0], RATE, played)[1] > -12
    assert "It is played by <3.00 s of audio>." in cover.report["why"]


def test_it_can_be_stopped(source, codec):
    progress = Progress()
    progress.stop()
    with pytest.raises(Cancelled):
        tweak(source, Changes(scale=0.5), codec=codec, progress=progress)


def test_what_is_refused(source, codec):
    with pytest.raises(ValueError, match="know no direction for 'higher'"):
        tweak(source, Changes(higher=1.0), codec=codec, weights="none")
    with pytest.raises(ValueError, match="NaN"):
        tweak(("bad", np.full((1, 99), np.nan, np.float32), RATE), Changes(), codec=codec)
