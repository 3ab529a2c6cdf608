"""Latents of sounds, and sounds of latents."""

import numpy as np
import pytest
import soundfile
from support.samplers import REED, tune
from support.sounds import noise

from effects.latent.roll import step_of
from effects.notes.transcribe import transcribe
from effects.style_clip import Style
from effects.tweaking.encoding import decode, encode, find_towards, notes_of

RATE = 22_050


@pytest.fixture(scope="module")
def latent(source, codec):
    name, audio, rate = source
    return encode(name, audio, rate, codec)


@pytest.fixture(scope="module")
def reed():
    return Style((tune([(0.1, 0.8, 60), (1.0, 0.8, 67), (2.0, 0.8, 72)], 3.0, RATE, REED), RATE))


def test_a_latent_says_what_a_piece_is(latent, source):
    assert latent.name == "a tune"
    assert latent.z.shape == (2, 120)
    assert latent.strokes.tolist() == [7, 5]
    rms = 10 * np.log10(np.mean(source[1][:, : 4 * RATE] ** 2))
    assert latent.levels_db[0] == pytest.approx(rms, abs=0.01)


def test_silence_has_a_latent(codec):
    silent = encode("nothing", np.zeros((1, RATE), np.float32), RATE, codec)
    assert silent.strokes.tolist() == [0]
    assert silent.levels_db.tolist() == [-120]


def test_any_style_plays_a_latent_as_loud_as_the_piece(latent, reed, codec, source):
    out = decode(latent, reed, RATE, codec=codec)
    assert out.shape == (1, round(latent.seconds * RATE))
    assert np.abs(out).max() <= 1
    levels = [10 * np.log10(np.mean(it.astype(np.float64) ** 2)) for it in (out, source[1])]
    assert levels[0] == pytest.approx(levels[1], abs=0.5)
    wanted = notes_of(latent, codec)
    assert len(wanted) == latent.strokes.sum()
    heard = {(step_of(it.start), round(it.pitch)) for it in transcribe(out[0], RATE)}
    said = {(step_of(it.start), round(it.pitch)) for it in wanted}
    assert len(heard & said) >= 0.7 * len(said)


def test_another_rate_and_the_same_bits(latent, reed, codec):
    one, again = (decode(latent, reed, 16_000, codec=codec) for _ in range(2))
    assert one.shape == (1, round(latent.seconds * 16_000))
    np.testing.assert_array_equal(one, again)


def test_a_texture_plays_no_latent(latent, codec):
    rain = Style((noise(3.0, RATE)[0], RATE))
    with pytest.raises(ValueError, match="is a texture, which plays no notes"):
        decode(latent, rain, RATE, codec=codec)


def test_a_latent_of_other_weights_is_refused(latent, reed):
    from support.codecs import FakeCodec

    with pytest.raises(ValueError, match="made with the weights 0123456789abcdef"):
        decode(latent, reed, RATE, codec=FakeCodec("f" * 16))


def test_what_a_piece_can_go_towards(latent, source, codec, tmp_path):
    latent.save(tmp_path / "a.npz")
    soundfile.write(tmp_path / "b.wav", source[1][0], RATE, subtype="FLOAT")
    (tmp_path / "notes.txt").write_text("no sound")
    mean = latent.z.mean(axis=0)
    for named in (tmp_path / "a.npz", tmp_path / "b.wav", tmp_path):
        np.testing.assert_allclose(find_towards(named, codec), mean, atol=1e-6)


@pytest.mark.slow
def test_a_preset_can_be_named(codec):
    assert len(find_towards("violin", codec)) == 120


def test_what_a_piece_cannot_go_towards(codec, tmp_path):
    with pytest.raises(FileNotFoundError, match="no file, folder or preset 'violins'"):
        find_towards("violins", codec)
    with pytest.raises(ValueError, match="neither sounds nor latents"):
        find_towards(tmp_path, codec)
    (tmp_path / "a.npz").write_bytes(b"")
    with pytest.raises(ValueError, match=r"The latent .*a\.npz' is damaged"):
        find_towards(tmp_path, codec)
