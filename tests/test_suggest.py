"""Which presets a clip sounds like."""

import mido
import numpy as np
import pytest
import torch
from pedalboard.io import AudioFile

import presets
from effects import Cancelled
from effects.engines.infinite import Infinite
from effects.suggest import _transposition, distance, suggest
from plugin_bridge import cli

FEW = [presets.get(name) for name in ("violin", "nylon-guitar", "church-organ", "jazz-kit")]


def part(preset, seconds=5.0):
    with AudioFile(str(preset.clip)) as file:
        file.seek(round(12 * file.samplerate))
        return file.read(round(seconds * file.samplerate)), file.samplerate


@pytest.mark.parametrize("preset", FEW, ids=lambda preset: preset.name)
def test_a_part_of_a_preset_is_nearest_to_it(preset):
    found = suggest(part(preset), FEW)
    assert found[0].preset == preset
    assert len(found) == len(FEW)
    assert [it.distance for it in found] == sorted(it.distance for it in found)
    assert all(-1e-3 < it.distance <= 1 for it in found)


def test_the_same_frames_are_at_no_distance():
    frames = torch.rand(60, 30, generator=torch.Generator().manual_seed(0))
    statistics = Infinite().statistics(frames, torch.ones(60), tick=lambda: None)
    same = [torch.eye(30)] * 3
    other = Infinite().statistics(frames.flip(1) ** 4, torch.ones(60), tick=lambda: None)
    assert distance(statistics, other, same) > distance(statistics, statistics, same) > -1e-3


def test_a_transposed_peak_is_at_the_transposed_frequency():
    frames = torch.zeros(1, 1045)
    frames[0, 500] = 1
    for semitones in (-1, 0, 1):
        moved = frames @ _transposition(semitones, 1045, 1024)
        assert abs(int(moved[0].argmax()) - 500 * 2 ** (semitones / 12)) <= 1


def test_it_can_be_stopped_and_tells_how_far_it_is():
    seen = []
    suggest(part(FEW[0]), FEW, on_progress=lambda fraction, stage: seen.append(fraction))
    assert seen == sorted(seen)

    def stop(fraction, stage):
        raise Cancelled

    with pytest.raises(Cancelled):
        suggest(part(FEW[0]), FEW, on_progress=stop)


def test_silence_and_missing_clips_get_one_line(capsys, tmp_path):
    with pytest.raises(ValueError, match="silent"):
        suggest((np.zeros((1, 44_100), np.float32), 44_100), FEW)
    assert cli.run(["presets", "suggest", str(tmp_path / "none.wav")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
def test_the_command_lists_the_nearest(capsys, tmp_path):
    clip = tmp_path / "clip.wav"
    audio, rate = part(FEW[0])
    with AudioFile(str(clip), "w", rate, 1) as file:
        file.write(audio)
    assert cli.run(["presets", "suggest", str(clip), "--count", "3", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "violin" in out or "fiddle" in out
    assert len(out.splitlines()) == 4


def test_the_library_knows_its_notes():
    assert all(mido.MidiFile(preset.notes).length > 15 for preset in FEW)
