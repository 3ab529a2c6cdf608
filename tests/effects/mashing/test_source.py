"""Songs as they are given: files, folders of stems, and what is none of these."""

import numpy as np
import pytest
import soundfile
from support.sounds import noise, sine

from effects.mashing.parts import HARMONY, LEAD, RHYTHM
from effects.mashing.source import Source
from effects.mashing.stems import roles_of


def write(path, audio, rate=22_050):
    soundfile.write(path, audio.T, rate, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (["vocals", "drums", "bass", "other"], [LEAD, RHYTHM, RHYTHM, HARMONY]),
        (["01_Lead Guitar", "02_Rhythm_Guitar", "03 Bass Guitar"], [LEAD, HARMONY, RHYTHM]),
        (["song", "guitar"], [HARMONY, LEAD]),
        (["guitar", "Singer"], [HARMONY, LEAD]),
        (["VOX", "backing vocals", "KICK", "Hi-Hat", "strap"], [LEAD, HARMONY, RHYTHM, RHYTHM, 2]),
        (["beat", "melody", "solo-flute", "pad"], [RHYTHM, LEAD, LEAD, HARMONY]),
    ],
)
def test_names_tell_the_part(names, roles):
    assert roles_of(names) == roles


def test_a_file_is_a_song(tmp_path):
    audio = noise(0.3, 22_050, channels=2)
    song = Source.read(write(tmp_path / "song.wav", audio))
    np.testing.assert_array_equal(song.audio, audio)
    assert (song.sample_rate, song.stems) == (22_050, None)


def test_a_folder_of_stems_is_the_sum_of_them_all_alike(tmp_path):
    lead, drums, pad = sine(440, 1, 44_100), noise(0.5, 22_050, channels=2), sine(220, 0.7, 22_050)
    write(tmp_path / "lead.wav", lead, 44_100)
    write(tmp_path / "drums.wav", drums)
    write(tmp_path / "pad.flac.wav", pad)
    (tmp_path / "notes.txt").write_text("no sound")
    song = Source.read(tmp_path)
    assert song.sample_rate == 44_100
    assert song.audio.shape == (2, 44_100)
    assert all(it.shape == song.audio.shape for it in song.stems.parts)
    np.testing.assert_array_equal(song.stems.parts[LEAD], np.vstack([lead, lead]))
    np.testing.assert_allclose(song.audio, sum(song.stems.parts), atol=1e-6)
    again = Source.read(sorted(tmp_path.glob("*.wav")))
    np.testing.assert_array_equal(again.audio, song.audio)


def test_what_cannot_be_a_song_is_refused(tmp_path):
    stem = write(tmp_path / "drums.wav", noise(0.1, 22_050))
    empty = tmp_path / "empty"
    empty.mkdir()
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    wide = write(tmp_path / "wide lead.wav", noise(0.1, 22_050, channels=3))
    stereo = write(tmp_path / "stereo.wav", noise(0.1, 22_050, channels=2))
    for given, error, message in [
        ([stem], ValueError, "named as a lead .drums.: give the stem .* a name with 'lead'"),
        ([], ValueError, "No stem of a song without files is named as a lead"),
        (empty, ValueError, "There is no sound file in"),
        (tmp_path / "gone.wav", FileNotFoundError, "There is no song at"),
        (text, ValueError, "The song .*text.wav"),
        ([wide, stereo], ValueError, "have 2 and 3 channels"),
        (5, TypeError, "int"),
    ]:
        with pytest.raises(error, match=message):
            Source.read(given)


@pytest.mark.parametrize(
    ("audio", "rate", "message"),
    [
        (np.zeros((1, 0), np.float32), 44_100, "is empty"),
        (np.full((1, 9), np.nan, np.float32), 44_100, "holds NaN or infinity"),
        (np.zeros((9, 9), np.float32), 44_100, "up to 8 channels, not 9"),
        (np.zeros((1, 9), np.float32), 4000, "takes 8 to 192 kHz, not 4000 Hz"),
    ],
)
def test_sounds_that_are_none(audio, rate, message):
    with pytest.raises(ValueError, match=message):
        Source("song", audio, rate)
