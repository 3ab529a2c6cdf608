"""MIDI files, played by an instrument that was built for the tests."""

from __future__ import annotations

import mido
import numpy as np
import pedalboard
import pytest
from mido import Message
from support.midi import control, to_bytes, track, writer

from effects import Pedalboard
from effects.chains.instrument import perform
from effects.checkpoint import checked_by
from effects.midi.file import PLAYED, read
from effects.running.progress import Cancelled

RATE = 44100
RELEASE = 0.05
QUIET = 1e-6  # what the plugin and numpy may differ by


def on(key, velocity=100, channel=0):
    return Message("note_on", note=key, velocity=velocity, channel=channel)


def off(key, channel=0):
    return Message("note_off", note=key, channel=channel)


def note(key, start, end, n, velocity=100, rate=RATE):
    """A note as the instrument plays it: its frequency is exact, and it begins at its peak."""
    after = np.arange(n) - round(start * rate)
    released = np.arange(n) - round(end * rate)
    left = np.clip(1 - released / (RELEASE * rate), 0, 1)
    seconds = after / rate
    wave = np.exp(-seconds / 0.5) * np.cos(2 * np.pi * 440 * 2 ** ((key - 69) / 12) * seconds)
    return np.where(after >= 0, 0.25 * velocity / 127 * left * wave, 0)


@pytest.fixture
def write(tmp_path):
    return writer(tmp_path)


@pytest.fixture(scope="module")
def instrument(plugin):
    return pedalboard.VST3Plugin(str(plugin("Cosine", instrument=True)))


def test_notes_of_all_channels_begin_on_their_sample_at_their_pitch(instrument, write):
    path = write(
        (0.1, on(60, 127)),
        (0.25, on(67, 50, channel=3)),
        (0.5, off(60)),
        (0.75, off(67, channel=3)),
        (1.5, control(1, 0)),
    )
    output = perform(instrument, path, RATE, keep=False)
    assert output.dtype == np.float32
    assert output.shape == (2, round(1.5 * RATE))
    n = output.shape[1]
    expected = note(60, 0.1, 0.5, n, 127) + note(67, 0.25, 0.75, n, 50)
    np.testing.assert_allclose(output, np.broadcast_to(expected, output.shape), atol=QUIET)
    assert np.flatnonzero(output[0])[0] == round(0.1 * RATE)


def test_pitch_is_right_within_a_cent(instrument, write):
    output = perform(instrument, write((0, on(57)), (1, off(57))), RATE, keep=False)
    spectrum = np.abs(np.fft.rfft(output[0] * np.hanning(output.shape[1]), 1 << 20))
    peak = spectrum.argmax() * RATE / (1 << 20)
    assert abs(1200 * np.log2(peak / 220)) < 1


def test_tempo_changes_are_followed(instrument, tmp_path):
    tempos = track((0, mido.MetaMessage("set_tempo", tempo=1_000_000)))
    tempos += track((480, mido.MetaMessage("set_tempo", tempo=250_000)))
    path = tmp_path / "tempo.mid"
    path.write_bytes(to_bytes(tempos, track((960, on(69)), (1440, off(69)))))
    output = perform(instrument, path, RATE, keep=False)
    assert output.shape[1] == round(1.5 * RATE)
    assert np.flatnonzero(output[0])[0] == round(1.25 * RATE)


def test_late_notes_begin_on_their_sample_too(instrument, write):
    rate, start = 176_400, 99.502  # pedalboard alone is a sample early there
    path = write((start, on(69)), (start + 0.1, off(69)))
    output = perform(instrument, path, rate, keep=False)
    assert output.shape[1] == round((start + 0.1) * rate)
    assert np.flatnonzero(output[0])[0] == round(start * rate)


def test_it_is_what_pedalboard_plays_at_one_go(instrument, write):
    path = write((0, on(60)), (0.25, on(64)), (0.5, on(67)), (1.25, off(60)), (2, off(67)))
    messages = [(bytes(it.bytes()), at) for at, it in read(path, PLAYED - {"end_of_track"})]
    whole = instrument(messages, duration=2.0, sample_rate=RATE)
    np.testing.assert_array_equal(perform(instrument, path, RATE, keep=False), whole)


def test_it_sounds_the_same_every_time(instrument, write):
    path = write((0, on(60)), (0.5, control(64, 127)), (1, on(61)))
    first = perform(instrument, path, RATE, keep=False)
    np.testing.assert_array_equal(perform(instrument, path, RATE, keep=False), first)


def test_controllers_arrive_however_many_come_at_once(instrument, write):
    many = [(0, control(1 + k % 5, 0, channel=1 + k % 16)) for k in range(300)]
    path = write(*many, (0, control(7, 0)), (0.5, control(7, 127)), (0.5, on(69)), (1, off(69)))
    output = perform(instrument, path, RATE, keep=False)
    np.testing.assert_allclose(output[0], note(69, 0.5, 1, output.shape[1]), atol=QUIET)


def test_a_kept_tail_is_heard_until_it_is_silent(instrument, write):
    path = write((0, on(69)), (0.25, control(1, 0)))
    kept = perform(instrument, path, RATE, keep=True)
    expected = note(69, 0, 0.25, kept.shape[1])  # released at the end of the file
    np.testing.assert_allclose(kept[0], expected, atol=QUIET)
    assert 0.29 < kept.shape[1] / RATE <= 0.25 + RELEASE
    cut = perform(instrument, path, RATE, keep=False)
    assert cut.shape[1] == round(0.25 * RATE)
    np.testing.assert_array_equal(kept[:, : cut.shape[1]], cut)


def test_a_tail_that_never_ends_lasts_a_minute_and_fades_out(plugin, write):
    drone = pedalboard.VST3Plugin(str(plugin("Drone", instrument=True, tail=1, feedback=1)))
    path = write((0, on(69)), (0.1, off(69)))
    output = perform(drone, path, 8000, keep=True)
    assert output.shape[1] == round(60.1 * 8000)
    level = output[0, 6000]
    assert (output[:, 6000:-8000] == level).all()
    assert output[0, -4000] == pytest.approx(0.5 * level, rel=0.001)
    assert output[0, -1] == 0


def test_echoes_after_a_pause_are_kept(plugin, write):
    echo = pedalboard.VST3Plugin(str(plugin("Echo", instrument=True, tail=40_000)))
    kept = perform(echo, write((0, on(69)), (0.1, off(69))), RATE, keep=True)
    np.testing.assert_allclose(kept[:, 40_000:46_000], 0.5 * kept[:, :6000], atol=QUIET)
    assert 12 * 40_000 < kept.shape[1] < 13 * 40_000  # 0.2 / 2^12 is more than -90 dB, /2^13 less


def test_latency_is_compensated(plugin, instrument, write):
    late = pedalboard.VST3Plugin(str(plugin("Late", instrument=True, latency=10_000)))
    path = write((0.1, on(69)), (0.5, off(69)))
    for keep in (False, True):
        output = perform(late, path, RATE, keep=keep)
        np.testing.assert_array_equal(output, perform(instrument, path, RATE, keep=keep))


def test_an_instrument_in_mono_is_heard_on_both_sides(plugin, instrument, write):
    mono = pedalboard.VST3Plugin(str(plugin("Mono", instrument=True, channels=1)))
    path = write((0.1, on(69)), (0.5, off(69)))
    output = perform(mono, path, RATE, keep=False)
    np.testing.assert_array_equal(output, perform(instrument, path, RATE, keep=False))


def test_it_reports_how_far_it_is_and_can_be_stopped(instrument, write):
    path = write((0.1, on(69)), (4, off(69)))
    told = []
    perform(instrument, path, RATE, keep=False, tick=told.append)
    assert told == sorted(told)
    assert (len(told), told[-1]) == (22, 1.0)  # blocks of 8192 samples

    def stop():
        raise Cancelled

    with checked_by(stop), pytest.raises(Cancelled):
        perform(instrument, path, RATE, keep=False)


def test_an_effect_cannot_play(plugin, write):
    effect = pedalboard.VST3Plugin(str(plugin()))
    path = write((0, on(69)), (1, off(69)))
    for it in (effect, pedalboard.Reverb()):
        with pytest.raises(ValueError, match=r"^(Tester|Reverb) is no instrument: .*a\.mid"):
            perform(it, path, RATE, keep=False)


@pytest.mark.parametrize(
    "messages",
    [[], [(1, control(7, 100))], [(1, on(69, velocity=0))], [(0, on(69)), (0, off(69))]],
)
def test_a_file_without_notes_is_refused(instrument, write, messages):
    with pytest.raises(ValueError, match=r"a\.mid has no notes: there is nothing to play\.$"):
        perform(instrument, write(*messages), RATE, keep=False)


def test_files_that_cannot_be_played_are_refused_in_one_line(instrument, write, tmp_path):
    with pytest.raises(ValueError, match=r"a\.mid lasts more than 1 h"):
        perform(instrument, write((0, on(69)), (3601, off(69))), RATE, keep=False)
    (tmp_path / "b.mid").write_bytes(b"MThd and no more")
    with pytest.raises(ValueError, match=r"b\.mid cannot be read as MIDI"):
        perform(instrument, tmp_path / "b.mid", RATE, keep=False)
    with pytest.raises(FileNotFoundError, match="There is no MIDI file"):
        perform(instrument, tmp_path / "c.mid", RATE, keep=False)


@pytest.mark.parametrize("rate", [0, -1, 100, 1e9, float("nan"), float("inf")])
def test_impossible_rates_are_refused(instrument, write, rate):
    with pytest.raises(ValueError, match="An instrument takes 8 to 192 kHz"):
        perform(instrument, write((0, on(69)), (1, off(69))), rate, keep=False)


def test_a_board_can_hold_an_instrument_and_not_give_it_sound(instrument):
    board = Pedalboard([pedalboard.Gain(1)])
    board.insert(0, instrument)
    assert instrument in board
    assert Pedalboard(list(board))[0] is instrument
    with pytest.raises(ValueError, match="instrument"):
        board(np.zeros((2, 1000), np.float32), RATE)
    board.remove(instrument)
    assert board(np.zeros((2, 1000), np.float32), RATE).shape == (2, 1000)
