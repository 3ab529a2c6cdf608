"""What is heard of a piece: what kind it is, and that its own sounds can play it again."""

from functools import cache

import numpy as np
import pytest
from support.samplers import BRIGHT, DARK, strokes_of, tune
from support.sounds import noise

from effects.engines.sampler.kit import Kit
from effects.morphing import piece
from effects.morphing.piece import BOTH, DRUMS, NOTES, SILENCE, TEXTURE, hear

RATE = 22_050
SECONDS = 3.0
KEYS = [60, 64, 59, 67]
STARTS = [0.4, 0.9, 1.4, 2.15]
TUNE = tune([*zip(STARTS, (0.35, 0.35, 0.6, 0.35), KEYS, strict=True)], SECONDS, RATE)[None]
BEATS = [(0.1 + 0.25 * n, (DARK, BRIGHT)[n % 2]) for n in range(11)]
LOOP = strokes_of(BEATS, SECONDS, RATE)[None]
MIX = TUNE + 0.65 * np.float32(np.std(TUNE) / np.std(LOOP)) * LOOP


@cache
def heard(name):
    audio = {"tune": TUNE, "loop": LOOP, "mix": MIX}[name]
    return hear(name, audio, RATE)


def test_a_tune_is_notes_and_its_own_sounds():
    found = heard("tune")
    assert found.kind == NOTES
    assert [round(it.pitch) for it in found.notes] == KEYS
    assert [it.start for it in found.notes] == pytest.approx(STARTS, abs=0.03)
    assert found.instrument is not None
    assert sorted(round(it.pitch) for it in found.instrument.grains) == sorted(KEYS)
    assert not found.strokes
    assert found.kit is None
    assert found.song is not None


def test_drums_are_strokes_and_their_own_sounds():
    found = heard("loop")
    assert found.kind == DRUMS
    assert [it.start for it in found.strokes] == pytest.approx([at for at, _ in BEATS], abs=0.02)
    assert isinstance(found.kit, Kit)
    assert not found.notes
    assert found.instrument is None


def test_a_tune_with_drums_is_both_and_its_notes_sound_without_them():
    found, alone = heard("mix"), heard("tune")
    assert found.kind == BOTH
    assert found.instrument is not None
    assert found.kit is not None
    assert {round(it.pitch) for it in found.notes if it.level > 0.02} >= set(KEYS)
    assert len(found.strokes) >= 8

    def treble(instrument):  # above 4 kHz, where the tune has little and the hats have all
        sounds = [np.abs(np.fft.rfft(it.audio, 1 << 17)) ** 2 for it in instrument.grains]
        bright = np.fft.rfftfreq(1 << 17, 1 / RATE) > 4000
        return sum(it[bright].sum() for it in sounds) / sum(it.sum() for it in sounds)

    assert treble(found.instrument) < treble(alone.instrument) + 0.05


def test_levels_are_on_the_scale_of_the_piece():
    """A grain of a note and a grain of a stroke sound as loud as they do in the piece."""
    found = heard("mix")
    peak = np.abs(MIX).max()
    of_strokes = max(float(np.abs(it.audio).max()) for it in found.kit.grains)
    assert of_strokes == pytest.approx(np.abs(MIX - TUNE).max() / peak, rel=0.3)
    of_notes = max(float(np.abs(it.audio).max()) for it in found.instrument.grains)
    assert of_notes == pytest.approx(np.abs(TUNE).max() / peak, rel=0.3)
    assert max(it.level for it in found.strokes) == pytest.approx(
        max(it.level for it in found.kit.grains), rel=0.3
    )


def test_noise_is_a_texture_and_silence_is_silence():
    texture = hear("surf", noise(2.0, RATE), RATE)
    assert texture.kind == TEXTURE
    assert not texture.notes
    assert not texture.strokes
    silence = hear("rest", np.zeros((2, 2 * RATE), np.float32), RATE)
    assert silence.kind == SILENCE
    assert silence.song is None
    assert silence.seconds == 2.0


def test_what_is_heard_does_not_depend_on_the_level():
    loud, soft = heard("tune"), hear("soft", TUNE * np.float32(0.125), RATE)
    assert soft.notes == loud.notes
    assert [it.level for it in soft.instrument.grains] == [
        it.level for it in loud.instrument.grains
    ]


def test_a_piece_is_listened_to_once(monkeypatch):
    def again_and_again(*_, **__):
        pytest.fail("listened to again")

    again = TUNE.copy()
    first = hear("tune", again, RATE)
    monkeypatch.setattr("effects.engines.sampler.listen.transcribe", again_and_again)
    monkeypatch.setattr("effects.morphing.own_sounds.listen", again_and_again)
    second = hear("again", again, RATE)
    assert second.notes == first.notes
    for a, b in zip(first.instrument.grains, second.instrument.grains, strict=True):
        np.testing.assert_array_equal(a.audio, b.audio)


@pytest.mark.parametrize(
    ("audio", "rate", "says"),
    [
        (np.zeros(100, np.float32), RATE, "channels, samples"),
        (np.zeros((1, 0), np.float32), RATE, "not empty"),
        (np.full((1, 100), np.nan, np.float32), RATE, "NaN"),
        (np.zeros((1, 100), np.float32), 100.0, "kHz"),
    ],
)
def test_bad_sounds_are_refused_by_name(audio, rate, says):
    with pytest.raises(ValueError, match=says) as error:
        hear("The second piece", audio, rate)
    assert "The second piece" in str(error.value)


def test_listening_can_be_stopped():
    progress = piece.Progress()
    progress.stop()
    with pytest.raises(Exception, match="stopped"):
        hear("tune", TUNE + np.float32(1e-6), RATE, progress)
