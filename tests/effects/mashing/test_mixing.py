"""Two tracks as one: the mask and the sound, with known parts or a stand-in for the network."""

import numpy as np
import pytest
from support.known_parts import by_frequency, parts, si_sdr
from support.sounds import noise

from effects.mashing import hearing
from effects.mashing.grid import grid_of
from effects.mashing.mixing import Wish, mix
from effects.mashing.rests import NOTHING, OTHER_LEAD, OWN_HARMONY
from effects.mashing.track import Track
from effects.running.cores import using
from effects.signal.arrays import Stretches

RATE = 22_050
FRAMES_PER_SECOND = RATE / grid_of(RATE).hop
SECONDS = 6.0


def mixed(a, b, rate=RATE, network=by_frequency, **wish):
    return mix(a, b, rate, Wish(**wish), network, lambda done: None)


def track(stems):
    return Track((stems.mixture,))


def level(audio):
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


@pytest.fixture(scope="module")
def songs():
    return parts(SECONDS, RATE, seed=1), parts(SECONDS, RATE, seed=2)


def test_known_stems_give_the_wanted_sum(songs):
    a, b = songs
    wanted = a.parts[0] + b.parts[1] + b.parts[2]
    found = mixed(Track(a.parts), Track(b.parts)).audio
    plain = si_sdr(a.mixture + b.mixture, wanted)
    assert si_sdr(found, wanted) > plain + 10


def test_stems_of_one_song_alone_help_too(songs):
    a, b = songs
    wanted = a.parts[0] + b.parts[1] + b.parts[2]
    found = mixed(Track(a.parts), track(b)).audio
    assert si_sdr(found, wanted) > si_sdr(a.mixture + b.mixture, wanted) + 3


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_the_sound_is_what_the_mask_says(channels):
    a, b = (noise(1.0, RATE, channels=channels, seed=it) for it in range(2))
    found = mixed(Track((a,), 0.5), Track((b,)))
    grid = grid_of(RATE)
    n = grid.n_frames(a.shape[1])
    mask = found.steps.T / np.float32(255)
    assert found.steps.shape == (grid.size // 2 + 1, n)
    spectra = (1 - mask) * grid.analyse(0.5 * a, 0, n) + mask * grid.analyse(b, 0, n)
    expected = (grid.synthesise(spectra) / grid.weights(n))[:, grid.size // 2 :]
    np.testing.assert_allclose(found.audio, expected[:, : a.shape[1]], atol=1e-5)


def test_the_bits_are_the_same_for_any_number_of_threads(songs, monkeypatch):
    monkeypatch.setattr(hearing, "FRAMES", round(2.0 * FRAMES_PER_SECOND))
    monkeypatch.setattr(hearing, "OVERLAP_SECONDS", 0.5)
    found = []
    for threads in (1, 3):
        with using(threads):
            found.append(mixed(*map(track, songs)))
    np.testing.assert_array_equal(found[0].audio, found[1].audio)
    np.testing.assert_array_equal(found[0].steps, found[1].steps)


def test_blocks_that_hear_the_same_leave_no_seam(songs, monkeypatch):
    whole = mixed(*map(track, songs))
    monkeypatch.setattr(hearing, "FRAMES", round(2.0 * FRAMES_PER_SECOND))
    monkeypatch.setattr(hearing, "OVERLAP_SECONDS", 0.5)
    np.testing.assert_allclose(mixed(*map(track, songs)).audio, whole.audio, atol=2e-3)


def test_shares_that_jump_from_block_to_block_change_gradually(monkeypatch):
    """A network that changes its mind from block to block is not heard to."""
    monkeypatch.setattr(hearing, "FRAMES", round(2.0 * FRAMES_PER_SECOND))
    monkeypatch.setattr(hearing, "OVERLAP_SECONDS", 0.5)
    calls = []

    def fickle(a, b):
        calls.append(len(a))
        shares = np.zeros((3, *a.shape), np.float32)
        shares[len(calls) % 2] = 1
        return hearing.Shares(shares, shares)

    tone = noise(SECONDS, RATE)
    heard, _ = hearing.hear(
        Track((tone,)), Track((tone,)), grid_of(RATE), RATE, fickle, lambda done: None
    )
    lead = heard.steps[0].mean(axis=1) / 255
    assert max(calls) <= 2.0 * RATE / grid_of(RATE).hop + 1
    assert lead.min() < 0.01
    assert lead.max() > 0.99
    assert np.abs(np.diff(lead)).max() < 0.06


def test_balance_goes_smoothly_from_bed_to_lead(songs):
    a, b = songs
    lead, bed = a.parts[0], b.parts[1] + b.parts[2]
    balances = np.linspace(-1, 1, 9)
    found = [mixed(Track(a.parts), Track(b.parts), balance=it).audio for it in balances]
    assert si_sdr(found[0], bed) > 15
    assert si_sdr(found[-1], lead) > 15
    columns = np.stack([lead.ravel(), bed.ravel()]).T.astype(np.float64)
    gains = np.array([np.linalg.lstsq(columns, it.ravel(), rcond=None)[0] for it in found])
    np.testing.assert_allclose(gains[4], 1, atol=0.15)
    assert (np.diff(gains[:, 0] - gains[:, 1]) > 0).all()
    assert np.abs(np.diff(gains, axis=0)).max() < 0.45


def test_a_bed_of_rhythm_keeps_the_leads_harmony(songs):
    a, b = songs
    wanted = a.parts[0] + a.parts[2] + b.parts[1]
    found = mixed(Track(a.parts), Track(b.parts), bed="rhythm").audio
    assert si_sdr(found, wanted) > si_sdr(a.mixture + b.mixture, wanted) + 8


def test_the_lead_of_b_over_the_bed_of_a(songs):
    a, b = songs
    wanted = b.parts[0] + a.parts[1] + a.parts[2]
    found = mixed(Track(a.parts), Track(b.parts), lead="b")
    assert found.lead == "b"
    assert si_sdr(found.audio, wanted) > si_sdr(a.mixture + b.mixture, wanted) + 10
    turned = mixed(Track(b.parts), Track(a.parts), lead="a")
    np.testing.assert_allclose(found.audio, turned.audio, atol=3e-3)


def test_auto_takes_the_lead_that_is_heard_more():
    long, short = parts(SECONDS, RATE), parts(SECONDS, RATE, seed=1, lead_until=2)
    for a, b, expected in ((long, short, "a"), (short, long, "b")):
        found = mixed(Track(a.parts), Track(b.parts), lead="auto")
        assert found.lead == expected
    assert found.leads[1][0] > found.leads[0][0] + 0.3


def test_where_the_lead_rests_the_other_lead_is_heard():
    a = parts(12, RATE, seed=1, lead_from=0, lead_until=5)
    b = parts(12, RATE, seed=2)
    found = mixed(Track(a.parts), Track(b.parts))
    assert [it.heard for it in found.rests] == [OTHER_LEAD]
    hop_seconds = grid_of(RATE).hop / RATE
    rest = found.rests[0]
    assert rest.start * hop_seconds == pytest.approx(5, abs=0.4)
    assert rest.stop * hop_seconds == pytest.approx(12, abs=0.1)
    bed = b.parts[1] + b.parts[2]
    sung, rested = slice(0, 5 * RATE), slice(round(6.5 * RATE), 12 * RATE)
    assert si_sdr(found.audio[:, sung], (a.parts[0] + bed)[:, sung]) > 15
    assert si_sdr(found.audio[:, rested], (b.parts[0] + bed)[:, rested]) > 15


def test_where_neither_lead_sounds_the_leads_own_harmony_is_heard():
    a, b = (parts(12, RATE, seed=it, lead_until=5) for it in (1, 2))
    found = mixed(Track(a.parts), Track(b.parts))
    assert [it.heard for it in found.rests] == [OWN_HARMONY]
    rested = slice(round(6.5 * RATE), 12 * RATE)
    wanted = a.parts[2] + b.parts[1] + b.parts[2]
    assert si_sdr(found.audio[:, rested], wanted[:, rested]) > 8


def test_breaths_are_no_rests():
    a = parts(8, RATE, seed=1)
    a.parts[0][:, 3 * RATE : round(4.5 * RATE)] = 0
    assert mixed(Track(a.parts), Track(parts(8, RATE, seed=2).parts)).rests == []


def test_a_song_that_ends_leaves_the_other():
    a, b = parts(10, RATE, seed=1), parts(10, RATE, seed=2)
    for it in a.parts:
        it[:, 4 * RATE :] = 0
    found = mixed(Track(a.parts), Track(b.parts))
    rested = slice(round(5.5 * RATE), 10 * RATE)
    assert si_sdr(found.audio[:, rested], b.mixture[:, rested]) > 25


def test_equal_songs_give_the_song(songs):
    song = track(songs[0])
    found = mixed(song, song)
    np.testing.assert_allclose(found.audio, songs[0].mixture, atol=1e-4)


def test_silence_gives_silence():
    nothing = Track((np.zeros((1, RATE), np.float32),))
    found = mixed(nothing, nothing)
    assert not found.audio.any()
    assert {it.heard for it in found.rests} <= {NOTHING}


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100, 96_000, 192_000])
@pytest.mark.parametrize("seconds", [0.001, 0.2, 1.0])
def test_every_rate_and_length(rate, seconds):
    a, b = (noise(seconds, rate, seed=it) for it in range(2))
    found = mixed(Track((a,)), Track((b,)), rate)
    assert found.audio.shape == a.shape
    assert np.isfinite(found.audio).all()
    assert 0.1 < level(found.audio) / level(b) < 3


def test_channels_in_opposite_phase_are_heard(songs):
    a, b = songs
    opposite = Track(tuple(np.vstack([it, -it]) for it in a.parts))
    bed = Track(tuple(np.vstack([it, -it]) for it in b.parts))
    wanted = a.parts[0] + b.parts[1] + b.parts[2]
    found = mixed(opposite, bed).audio
    np.testing.assert_allclose(found[0], -found[1], atol=1e-5)
    assert si_sdr(found[:1], wanted) > 10


def test_sound_is_read_stretch_by_stretch(songs):
    longest = 0

    def watched(audio):
        def make(start, stop):
            nonlocal longest
            longest = max(longest, stop - start)
            return audio[:, start:stop]

        return Stretches(audio.shape, make)

    whole = mixed(*map(track, songs)).audio
    found = mixed(*(Track((watched(it.mixture),)) for it in songs)).audio
    np.testing.assert_array_equal(found, whole)
    assert longest <= (hearing.FRAMES / FRAMES_PER_SECOND + 1) * RATE
