"""The engine that plays the style clip's own notes: what stays, what moves, what is left alone."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import mido
import numpy as np
import pytest
import soundfile
from support.samplers import (
    BRIGHT,
    DARK,
    DULL,
    REED,
    SAW,
    begins_near,
    centre,
    hz,
    keys_and_onsets,
    partials_of,
    spectral_distance,
    strokes_of,
    together,
    tone,
    tune,
)
from support.sounds import lufs, melody, noise

import effects.running.progress
import presets
from effects import Cancelled, StyleTransfer
from effects.engines.sampler.known import SOUNDS
from effects.engines.sampler.learn import PLAYERS
from effects.notes.transcribe import transcribe
from effects.running.progress import Progress
from effects.signal.loudness import loudness
from presets import user

RATE = 22_050
SCALE = [(0.1 + 0.45 * n, 0.4, pitch) for n, pitch in enumerate((57, 60, 64, 67, 62, 55, 69))]
REEDS = (tune(SCALE, 3.5, RATE, REED), RATE)
TUNE = [(0.4, 0.35, 60), (0.9, 0.35, 64), (1.4, 0.6, 59), (2.15, 0.35, 67)]
SECONDS = 3.0
BEATS = [(0.05, DARK), (0.45, BRIGHT), (0.85, DARK), (1.25, BRIGHT), (1.65, DARK), (2.05, BRIGHT)]
KIT = (strokes_of(BEATS, 2.5, RATE), RATE)
FALL = 1.5  # seconds that a note may ring for
LATER = 0.3  # the same for what a note is heard longer than it is


def transfer(audio, rate=RATE, **options):
    return StyleTransfer(**{"style": REEDS, **options})(audio, rate)


def played(partials=SAW, rate=RATE):
    return tune(TUNE, SECONDS, rate, partials)[None]


def level(audio):
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


def decibels(ratio):
    return float(20 * np.log10(max(ratio, 1e-12)))


# Shapes, rates, types


@pytest.mark.parametrize(
    ("rate", "strength"),
    [(8000, 0.5), (11_025, 1), (44_099.7, 0.5), (48_000, 1), (96_000, 1), (192_000, 1)],
)
def test_every_rate_gives_as_many_samples_at_the_contents_loudness(rate, strength):
    audio = melody(0.6, rate) * np.float32(0.4)
    before = audio.copy()
    output = transfer(audio, rate, strength=strength)
    np.testing.assert_array_equal(audio, before)
    assert output.shape == audio.shape
    assert output.dtype == np.float32
    assert np.isfinite(output).all()
    assert lufs(output, rate) == pytest.approx(lufs(audio, rate), abs=1)
    assert np.abs(output).max() <= 1
    assert np.abs(output - audio).max() > 0.1 * np.abs(audio).max()


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 8])
def test_every_number_of_channels(channels):
    rate = 8000
    audio = np.vstack([melody(0.6, rate, seed=n) for n in range(channels)])
    for strength in (0.4, 1.0):
        output = transfer(audio, rate, strength=strength)
        assert output.shape == audio.shape
        assert np.isfinite(output).all()
        assert loudness(output, rate) == pytest.approx(loudness(audio, rate), abs=1)


@pytest.mark.parametrize(
    ("length", "rate"),
    [(1, 8000), (2, 44_100), (10, 8000), (187, 8000), (1025, 44_100), (9000, 8000)],
)
def test_clips_of_any_length(length, rate):
    for audio in (melody(1.2, rate)[:, 300 : 300 + length], noise(1.2, rate)[:, :length]):
        output = transfer(audio, rate, strength=0.5 if length % 2 else 1.0)
        assert output.shape == audio.shape
        assert np.isfinite(output).all()
        assert np.abs(output).max() <= 1


@pytest.mark.parametrize(("length", "rate"), [(1, 8000), (10, 44_100), (187, 8000), (1025, 96_000)])
def test_styles_of_any_length(length, rate):
    for sound in (melody(1, rate), noise(1, rate)):
        audio = played()[:, : RATE // 2]
        output = transfer(audio, style=(sound[:, 300 : 300 + length], rate))
        assert output.shape == audio.shape
        assert np.isfinite(output).all()


@pytest.mark.parametrize("rate", [8000, 48_000, pytest.param(192_000, marks=pytest.mark.slow)])
def test_styles_of_every_rate_play_the_tune(rate):
    output = transfer(played(), style=(tune(SCALE, 3.5, rate, REED), rate))
    assert keys_and_onsets(output[0], RATE)[0] == [pitch for _, _, pitch in TUNE]


@pytest.mark.parametrize("shape", [(1, 1), (1, RATE), (2, 500)])
def test_silence_stays_silence(shape):
    for style in (REEDS, KIT):
        assert not transfer(np.zeros(shape, np.float32), style=style).any()


@pytest.mark.parametrize("options", [{"strength": 0}, {"mix": 0}])
def test_no_strength_or_no_mix_is_the_input_bit_for_bit(options):
    audio = np.vstack([played(), 3 * played()])
    np.testing.assert_array_equal(transfer(audio, **options), audio)


# Again and again, the same


def test_four_threads_get_the_same_bits(fresh_cache):
    audio = played()
    effect = StyleTransfer(style=REEDS, strength=0.5)
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(lambda _: effect(audio, RATE), range(4))
    for output in (*others, transfer(audio, strength=0.5)):
        np.testing.assert_array_equal(output, first)


def test_seeds_are_nothing_to_notes():
    np.testing.assert_array_equal(transfer(played(), seed=1), transfer(played(), seed=2))


@pytest.mark.parametrize(
    ("factor", "reference", "strength"), [(2.0**-20, 1.0, 0.5), (2.0**20, 2.0**10, 1.0)]
)
def test_level_is_nothing_to_the_result_but_level(factor, reference, strength):
    """Powers of two, which round nothing. Below full scale the ceiling is 1, above the peak."""
    audio = played() * np.float32(0.2)
    expected = transfer(audio * np.float32(reference), strength=strength) / np.float32(reference)
    output = transfer(audio * np.float32(factor), strength=strength) / np.float32(factor)
    gain = float(np.vdot(output, expected) / np.vdot(expected, expected))
    np.testing.assert_allclose(output, gain * expected, atol=1e-4 * np.abs(expected).max())
    assert abs(decibels(gain)) < 1  # loudness is gated at an absolute level


def test_the_level_of_the_style_is_nothing_to_the_result():
    expected = transfer(played())
    output = transfer(played(), style=(REEDS[0] / np.float32(256), RATE))
    np.testing.assert_allclose(output, expected, atol=1e-4)


@pytest.mark.parametrize("style", [REEDS, KIT], ids=["notes", "strokes"])
@pytest.mark.parametrize(("gain", "mix"), [(0.05, 1.0), (6.5, 0.5), (20.0, 1.0)])
def test_loudness_stays_and_nothing_new_clips(style, gain, mix):
    audio = played() * np.float32(gain)
    output = transfer(audio, style=style, mix=mix)
    assert np.abs(output).max() <= max(1, np.abs(audio).max())
    if style is REEDS:  # strokes as loud as a tune at full scale would clip
        assert lufs(output, RATE) == pytest.approx(lufs(audio, RATE), abs=1)


# When it sounds


@pytest.mark.parametrize("style", [REEDS, KIT], ids=["notes", "strokes"])
def test_nothing_sounds_before_the_first_note_or_long_after_the_last(style):
    audio = np.pad(played(), ((0, 0), (RATE, 4 * RATE)))
    output = transfer(audio, style=style)
    first, last = 1 + TUNE[0][0], 1 + TUNE[-1][0] + TUNE[-1][1]
    assert not output[:, : round((first - 0.06) * RATE)].any()
    assert output[:, round(first * RATE) : round((first + 0.2) * RATE)].any()
    assert not output[:, round((last + LATER + FALL) * RATE) :].any()


def test_half_a_performance_is_silent_before_the_first_note_too():
    audio = np.pad(played(), ((0, 0), (RATE, 4 * RATE)))
    output = transfer(audio, strength=0.5)
    for part in (output[:, : round(1.2 * RATE)], output[:, round((3.5 + LATER + FALL) * RATE) :]):
        assert np.abs(part).max() < 1e-5 * np.abs(output).max()


# The melody stays, the timbre moves


def same_music(output, content, rate):
    """Whether both have the same keys at the same times."""
    keys, onsets = keys_and_onsets(output, rate)
    expected, at = keys_and_onsets(content, rate)
    assert keys == expected
    assert onsets == pytest.approx(at, abs=0.05)


@pytest.mark.parametrize(
    ("partials", "style"),
    [(SAW, REED), (DULL, SAW), (REED, SAW), (REED, REED)],
    ids=["saw on reed", "dull on saw", "reed on saw", "reed on reed"],
)
def test_the_melody_stays(partials, style):
    audio = played(partials)
    output = transfer(audio, style=(tune(SCALE, 3.5, RATE, style), RATE))
    assert keys_and_onsets(audio[0], RATE)[0] == [pitch for _, _, pitch in TUNE]
    same_music(output[0], audio[0], RATE)


@pytest.mark.parametrize("seed", [0, *(pytest.param(it, marks=pytest.mark.slow) for it in (1, 2))])
def test_other_melodies_stay_too(seed):
    random = np.random.default_rng(seed)
    notes = [(0.2 + 0.5 * n, 0.42, int(random.integers(50, 76))) for n in range(6)]
    audio = tune(notes, 4, RATE)
    output = transfer(audio[None])
    same_music(output[0], audio, RATE)


def test_chords_stay():
    audio = tune([(0.3, 0.9, 55), (0.3, 0.9, 59), (0.3, 0.9, 62)], 2, RATE)
    found = transcribe(transfer(audio[None])[0], RATE)
    assert {round(it.pitch) for it in found} >= {55, 59, 62}


def test_drums_beside_a_tune_leave_it_to_be_played():
    drums = strokes_of(BEATS, SECONDS, RATE)[None]
    drums *= 1.5 * level(played()) / level(drums)
    found = transcribe(transfer(played() + drums)[0], RATE)
    keys = groupby(round(it.pitch) for it in found if it.level > 0.02)  # a stroke may repeat one
    assert [key for key, _ in keys] == [pitch for _, _, pitch in TUNE]


def test_softer_notes_stay_softer():
    notes = [(0.3, 0.5, 60), (1.1, 0.5, 64)]
    sounds = [
        (start, gain * tone(pitch, seconds, RATE))
        for (start, seconds, pitch), gain in zip(notes, (1, 0.25), strict=True)
    ]
    output = transfer(together(sounds, 2, RATE)[None])[0]
    loud, soft = (
        level(output[round((at + 0.05) * RATE) : round((at + 0.4) * RATE)]) for at in (0.3, 1.1)
    )
    assert decibels(soft / loud) == pytest.approx(-12, abs=3)


@pytest.mark.parametrize(("content", "style"), [(SAW, REED), (REED, SAW), (DULL, SAW)])
def test_the_timbre_becomes_the_styles(content, style):
    audio = played(content)
    output = transfer(audio, style=(tune(SCALE, 3.5, RATE, style), RATE))
    found = partials_of(output[0], RATE, TUNE)
    to_style, to_content = (
        float(np.abs(found - partials_of(played(it)[0], RATE, TUNE)).mean())
        for it in (style, content)
    )
    assert to_style < 0.4 * to_content


def test_more_strength_is_further_from_the_content_and_nearer_to_the_performance():
    audio = played()
    strengths = (0.05, 0.25, 0.5, 0.75, 1.0)
    sounds = [transfer(audio, strength=it)[0] for it in strengths]
    from_content = [spectral_distance(it, audio[0]) for it in sounds]
    from_whole = [spectral_distance(it, sounds[-1]) for it in sounds]
    assert np.all(np.diff(from_content) > 0)
    assert np.all(np.diff(from_whole) < 0)
    assert from_content[0] < 0.25 * from_content[-1]
    assert 0.2 * from_content[-1] < from_content[2] < 0.8 * from_content[-1]


# The stereo image


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_hard_left_stays_hard_left(strength):
    output = transfer(np.vstack([played(), 0 * played()]), strength=strength)
    assert output[0].any()
    assert not output[1].any()


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_opposite_channels_stay_opposite(strength):
    output = transfer(np.vstack([played(), -played()]), strength=strength)
    # Below full strength, phases are rounded: 80 dB below the peak.
    np.testing.assert_allclose(output[0], -output[1], atol=1e-4 * np.abs(output).max())
    assert level(output) > 0.5 * level(played())


def test_a_mono_stem_in_two_channels_stays_mono():
    output = transfer(np.vstack([played(), played()]))
    np.testing.assert_array_equal(output[0], output[1])
    np.testing.assert_allclose(output[:1], transfer(played()), atol=1e-4)


def test_two_notes_at_once_keep_their_sides():
    sides = [tune([(0.3, 1.0, pitch)], 2, RATE) for pitch in (57, 63)]
    output = transfer(np.vstack([sides[0] + 0.1 * sides[1], sides[1] + 0.1 * sides[0]]))
    part = output[:, round(0.4 * RATE) : round(1.2 * RATE)]
    t = np.arange(part.shape[1]) / RATE
    for near, pitch in enumerate((57, 63)):
        wave = np.hanning(t.size) * np.exp(-2j * np.pi * hz(pitch) * t)
        amplitudes = np.abs(part @ wave)
        assert decibels(amplitudes[near] / amplitudes[1 - near]) > 12


# What is no instrument


@pytest.mark.parametrize("strength", [0.6, pytest.param(1.0, marks=pytest.mark.slow)])
def test_a_texture_is_left_to_the_closed_form_at_half_the_strength(strength):
    texture = (noise(3, RATE, seed=4), RATE)
    for audio in (played()[:, :RATE], KIT[0][None, : RATE // 2]):
        np.testing.assert_array_equal(
            transfer(audio, style=texture, strength=strength),
            transfer(audio, style=texture, strength=strength / 2, engine="infinite"),
        )


@pytest.mark.parametrize("style", [REEDS, KIT], ids=["notes", "strokes"])
def test_content_in_which_nothing_is_played_is_left_to_it_too(style):
    audio = noise(1, RATE)
    np.testing.assert_array_equal(
        transfer(audio, style=style, strength=0.7),
        transfer(audio, style=style, strength=0.35, engine="infinite"),
    )


def test_no_curves_are_drawn_of_a_performance():
    effect = StyleTransfer(style=REEDS)
    effect(played(), RATE)
    assert effect.loss_curves == []


# Strokes


def test_a_kit_strikes_where_a_tune_begins_its_notes_low_ones_dark():
    notes = [(0.3, 0.5, 45), (0.9, 0.5, 76), (1.5, 0.5, 45), (2.1, 0.5, 76)]
    output = transfer(tune(notes, 3, RATE)[None], style=KIT)[0]
    for start, _, pitch in notes:
        assert begins_near(output, RATE, start) == pytest.approx(start, abs=0.02)
        centre_hz = centre(output, RATE, start)
        assert centre_hz < 500 if pitch == 45 else centre_hz > 2500


def test_a_kit_plays_another_kit():
    """Strokes between others, of other sounds: low for low, high for high, and in time."""
    at = [
        (0.2, (150.0, 300.0)),
        (0.7, (2000.0, 3500.0)),
        (1.2, (150.0, 300.0)),
        (1.7, (2000.0, 3500.0)),
    ]
    output = transfer(strokes_of(at, 2.4, RATE)[None], style=KIT)[0]
    for start, (low, _) in at:
        assert begins_near(output, RATE, start) == pytest.approx(start, abs=0.02)
        centre_hz = centre(output, RATE, start)
        assert centre_hz < 500 if low < 1000 else centre_hz > 3000


def test_drums_are_played_by_notes_at_their_times():
    output = transfer(KIT[0][None])[0]
    found = transcribe(output, RATE)
    onsets = [it.start for it in found]
    assert onsets == pytest.approx([start for start, _ in BEATS], abs=0.05)
    for it, (_, band) in zip(found, BEATS, strict=True):
        assert (it.pitch < 61) == (band is DARK)


# Progress and cancelling


@pytest.fixture
def ticks(monkeypatch):
    """Stages that the work notes; reports come as often as they can."""
    monkeypatch.setattr(effects.running.progress, "REPORTS_PER_SECOND", 5000)
    noted, original = [], Progress.tick

    def tick(self, fraction=None, stage=None):
        original(self, fraction, stage)
        noted.append(self.stage)

    monkeypatch.setattr(Progress, "tick", tick)
    return noted


def test_progress_rises_to_1_through_all_stages(ticks, fresh_cache):
    told = []
    transfer(played(), strength=0.5, on_progress=lambda *progress: told.append(progress))
    fractions, stages = zip(*told, strict=True)
    assert np.all(np.diff(fractions) >= 0)
    assert fractions[0] == 0
    assert told[-1] == (1.0, "done")
    assert all(stages)
    assert {"listening to the style", "listening to the stem", "playing"} <= set(ticks)


@pytest.mark.parametrize(
    ("stage", "style"),
    [
        ("listening to the style", REEDS),
        ("listening to the stem", REEDS),
        ("listening to the stem", KIT),
        ("playing", REEDS),
    ],
    ids=["style", "stem", "stem for a kit", "playing"],
)
def test_what_on_progress_raises_at_any_stage_comes_out_and_ends_the_work(
    stage, style, ticks, fresh_cache, monkeypatch
):
    error, raised, told = Cancelled("enough"), [], threading.Event()
    tick = Progress.tick

    def waiting_tick(self, fraction=None, at=None):
        tick(self, fraction, at)
        if self.stage == stage:
            told.wait(60)  # however short the stage is, it is reported

    def report(fraction, at):
        if at == stage and not raised:
            raised.append(len(ticks))
            told.set()
            raise error

    monkeypatch.setattr(Progress, "tick", waiting_tick)
    threads = set(threading.enumerate())
    with pytest.raises(Cancelled) as caught:
        transfer(np.tile(played(), 2), style=style, on_progress=report)
    assert caught.value is error
    assert set(threading.enumerate()) <= threads
    assert len(ticks) <= raised[0] + 2  # the one it was in, and one before it was told


# Presets: what is kept of a clip, and its score


def write_score(path, notes):
    file = mido.MidiFile(ticks_per_beat=500)  # of half a second, so 1 ms a tick
    track = mido.MidiTrack()
    file.tracks.append(track)
    events = sorted(
        event
        for start, seconds, key in notes
        for event in ((round(1000 * start), 80, key), (round(1000 * (start + seconds)), 0, key))
    )
    now = 0
    for at, velocity, key in events:
        track.append(mido.Message("note_on", note=key, velocity=velocity, time=at - now))
        now = at
    file.save(path)


@pytest.fixture
def preset(tmp_path):
    """Add the preset "mine": a clip, and a score of it if one is given."""

    def add(score=None, clip=REEDS):
        folder = tmp_path / "source"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "preset.toml").write_text('label = "Mine"\nfamily = "My Presets"\n')
        soundfile.write(folder / "clip.wav", clip[0], clip[1])  # the same bytes each time
        if score is not None:
            write_score(folder / "notes.mid", score)
        return user.add("mine", folder, replace=True)

    return add


def as_in_a_new_process(monkeypatch):
    monkeypatch.setattr("effects.running.cache.CACHES", {})
    SOUNDS.clear()
    PLAYERS.clear()


@pytest.mark.parametrize("clip", [REEDS, KIT], ids=["notes", "strokes"])
def test_a_presets_second_call_reads_no_sound(clip, preset, fresh_cache, monkeypatch):
    path = preset(clip=clip).clip
    first = StyleTransfer(preset="mine")(played(), RATE)
    path.write_bytes(b"no sound at all")
    np.testing.assert_array_equal(StyleTransfer(preset="mine")(played(), RATE), first)
    as_in_a_new_process(monkeypatch)
    np.testing.assert_array_equal(StyleTransfer(preset="mine")(played(), RATE), first)
    shutil.rmtree(fresh_cache)
    as_in_a_new_process(monkeypatch)
    with pytest.raises(ValueError, match="not the one that its preset"):
        StyleTransfer(preset="mine")(played(), RATE)


def test_the_score_beside_a_clip_is_believed(preset, fresh_cache):
    """It says that the clip sounds an octave higher than it does: so it is played lower."""
    audio = played()
    preset()
    without = StyleTransfer(preset="mine")(audio, RATE)
    preset([(start, seconds, pitch + 12) for start, seconds, pitch in SCALE])
    assert presets.get("mine").notes
    output = StyleTransfer(preset="mine")(audio, RATE)
    assert keys_and_onsets(without[0], RATE)[0] == [pitch for _, _, pitch in TUNE]
    assert keys_and_onsets(output[0], RATE)[0] == [pitch - 12 for _, _, pitch in TUNE]


@pytest.mark.parametrize(
    "score",
    [b"no score", [(99.0, 0.5, 60)]],
    ids=["damaged", "of another clip"],
)
def test_a_score_that_says_nothing_of_the_clip_is_ignored(score, preset, fresh_cache):
    preset()
    expected = StyleTransfer(preset="mine")(played(), RATE)
    if isinstance(score, bytes):  # what is damaged already, no preset is made of
        (preset(SCALE).clip.parent / "notes.mid").write_bytes(score)
    else:
        preset(score)
    assert presets.get("mine").notes
    np.testing.assert_array_equal(StyleTransfer(preset="mine")(played(), RATE), expected)


@pytest.mark.slow
@pytest.mark.parametrize("preset_name", ["grand-piano", "violin", "jazz-kit"])
def test_presets_play_a_long_tune(preset_name):
    audio = np.tile(played(rate=44_100), 4)
    output = StyleTransfer(preset=preset_name)(audio, 44_100)
    assert output.shape == audio.shape
    assert lufs(output, 44_100) == pytest.approx(lufs(audio, 44_100), abs=1)


def test_saws_and_reeds_differ():
    """What the other tests take for granted of their sounds."""
    assert len(SAW) >= 6
    assert spectral_distance(tone(60, 0.5, RATE, SAW), tone(60, 0.5, RATE, REED)) > 2
