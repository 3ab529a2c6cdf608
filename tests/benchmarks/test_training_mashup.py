"""The material and the training of the network that hears two songs."""

from __future__ import annotations

import random

import mido
import numpy as np
import pytest
import soundfile
import torch

from benchmarks.training.mashup import examples, train
from benchmarks.training.mashup.events import Event, between, channels_of, with_program
from benchmarks.training.mashup.leads import tune
from benchmarks.training.mashup.pieces import excerpts
from effects.mashing.networks import BINS


def note(second, key, *, on=True, channel=0):
    kind = "note_on" if on else "note_off"
    return Event(second, mido.Message(kind, note=key, channel=channel))


def program(second, number, channel=0):
    return Event(second, mido.Message("program_change", program=number, channel=channel))


def test_a_stretch_keeps_what_was_set_before_and_ends_what_sounds_on():
    events = [
        program(0, 40),
        note(0.5, 60),
        note(1.5, 60, on=False),
        note(2, 62),
        note(9, 62, on=False),
    ]
    found = between(events, 1.0, 3.0)
    assert [(it.second, it.message.type) for it in found] == [
        (0.0, "program_change"),
        (1.0, "note_on"),
        (2.0, "note_off"),
    ]


def test_another_program_plays_the_same_notes():
    events = [program(0, 40, channel=3), note(0.5, 60, channel=3), note(1, 60, on=False, channel=3)]
    found = with_program(events, 0)
    assert found[0].message.program == 0
    assert found[1:] == events[1:]


def test_a_tune_uses_the_notes_of_its_chords_and_scale_and_ends_with_them():
    chords = [{0, 4, 7}, {5, 9, 0}]
    found = tune(random.Random(3), chords, {0, 2, 4, 5, 7, 9, 11}, bar_seconds=2.0, beats=4)
    struck = [it for it in found if it.message.type == "note_on"]
    assert len(struck) > 3
    assert max(it.second for it in found) <= 4.0
    assert [it.second for it in found] == sorted(it.second for it in found)


def piece():
    """A MIDI piece of ten seconds: drums, a bass, chords, a tune."""
    file = mido.MidiFile(ticks_per_beat=480)
    for channel, voices in ((9, [36]), (1, [33]), (2, [60, 64, 67]), (3, [72])):
        track = mido.MidiTrack()
        if channel != 9:
            track.append(
                mido.Message("program_change", channel=channel, program={1: 33}.get(channel, 0))
            )
        for beat in range(24):
            keys = [it + (beat % 5 if channel == 3 else 0) for it in voices]
            track += [mido.Message("note_on", channel=channel, note=it) for it in keys]
            ends = [mido.Message("note_off", channel=channel, note=it) for it in keys]
            track += [it.copy(time=470 if n == 0 else 0) for n, it in enumerate(ends)]
            track[-1].time += 10 if len(keys) == 1 else 0
        file.tracks.append(track)
    return file


def test_the_voice_above_the_chords_leads():
    [found] = excerpts(random.Random(1), "tune", piece(), 1, ["fluid"])
    assert channels_of(found.parts["lead"]).keys() == {3}
    assert channels_of(found.parts["rhythm"]).keys() == {1, 9}
    assert channels_of(found.parts["harmony"]).keys() == {2}


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """Six excerpts of noise in three bands, which any network soon tells apart."""
    folder = tmp_path_factory.mktemp("material")
    noise = np.random.default_rng(1)
    for number in range(6):
        white = np.fft.rfft(noise.normal(0, 0.1, (3, examples.SAMPLES)))
        for part, (low, high) in enumerate(((0.1, 0.3), (0.3, 1.0), (0.0, 0.1))):
            place = np.arange(white.shape[1]) / white.shape[1]
            white[part, (place < low) | (place >= high)] = 0
        sound = np.fft.irfft(white)
        soundfile.write(folder / f"{number}.ogg", sound.T, 22_050, format="OGG", subtype="VORBIS")
        (folder / f"{number}.txt").write_text(f"group {number // 2}\nfluid\n")
    return folder


def test_a_group_is_learnt_from_or_tested_with(material, monkeypatch):
    monkeypatch.setattr(train, "TESTED", 0.5)
    learnt, tested = train.kept_apart(material)
    groups = [{it.with_suffix(".txt").read_text() for it in files} for files in (learnt, tested)]
    assert len(learnt) + len(tested) == 6
    assert not groups[0] & groups[1]


def test_examples_are_songs_whose_parts_sum_to_what_is_heard(material):
    files = sorted(material.glob("*.ogg"))
    drawn = [
        examples.draw_pairs(
            examples.Material.read(files, "cpu"), 2, torch.Generator().manual_seed(seed)
        )
        for seed in (1, 1, 2)
    ]
    assert drawn[0].parts.shape == (4, 3, examples.FRAMES, BINS)
    torch.testing.assert_close(drawn[0].parts, drawn[1].parts)
    assert not torch.allclose(drawn[0].parts, drawn[2].parts)


def test_the_right_shares_have_a_smaller_loss_and_leak_than_equal_ones(material):
    files = sorted(material.glob("*.ogg"))
    pair = examples.draw_pairs(
        examples.Material.read(files, "cpu"), 2, torch.Generator().manual_seed(1)
    )

    class Right(torch.nn.Module):
        def forward(self, a, b):
            logits = torch.log(pair.parts.abs().square() + 1e-9)
            return logits[:2], logits[2:]

    class Equal(torch.nn.Module):
        def forward(self, a, b):
            nothing = torch.zeros_like(pair.parts.abs())
            return nothing[:2], nothing[2:]

    assert train.loss_of(Right(), pair) < 0.3 * train.loss_of(Equal(), pair)
