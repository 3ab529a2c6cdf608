"""Which presets a clip sounds like."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from pedalboard.io import AudioFile
from scipy.optimize import nnls

import presets
from effects import Cancelled
from effects.engines.gram.infinite import kernel
from effects.nearest_presets import (
    N_TYPICAL,
    distance,
    families,
    suggest,
    transposed,
    typical,
)
from plugin_bridge.cli import main

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
    assert found[0].distance == min(it.distance for it in found)
    likely = [it.likelihood for it in found]
    assert likely == sorted(likely, reverse=True)
    assert sum(likely) == pytest.approx(1)
    assert all(-1e-3 < it.distance <= 1 for it in found)


def test_families_add_up_what_their_presets_are():
    few = [presets.get(name) for name in ("violin", "cello", "flute")]
    found = suggest(part(few[0]), few)
    share = {it.preset.name: it.likelihood for it in found}
    likely = families(found)
    assert [*likely] == ["Strings", "Pipe"]
    assert likely["Strings"] == pytest.approx(share["violin"] + share["cello"])
    assert sum(likely.values()) == pytest.approx(1)


def plucked(midi, rate=22_050):
    """A string of Karplus and Strong (1983): nothing that the judge has heard."""
    noise = np.random.default_rng(midi)
    line = noise.uniform(-1, 1, round(rate / (440 * 2 ** ((midi - 69) / 12))))
    out = np.empty(round(0.6 * rate))
    for start in range(0, out.size, line.size):
        piece = out[start : start + line.size]
        piece[:] = line[: piece.size]
        line = 0.498 * (line + np.roll(line, 1))
    return out


def test_an_instrument_that_no_preset_is_made_of_is_heard_by_how_it_sounds():
    audio = np.concatenate([plucked(it) for it in (57, 60, 64, 62, 69, 60, 57)])
    few = [presets.get(it) for it in ("nylon-guitar", "violin", "flute", "trumpet", "church-organ")]
    assert suggest((audio[None].astype(np.float32), 22_050), few)[0].preset.name == "nylon-guitar"


def test_a_users_preset_is_compared_by_what_the_judge_says_of_its_clip(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(tmp_path / "cache"))
    violin, flute = presets.get("violin"), presets.get("flute")
    mine = replace(violin, name="my-fiddle", built_in=False)
    found = suggest(part(violin), [flute, mine])
    assert found[0].preset == mine
    assert found[0].likelihood > 0.9
    assert suggest(part(violin), [flute, mine]) == found  # the cache says the same


def random_frames(count, power=1, seed=0):
    return torch.rand(count, 30, generator=torch.Generator().manual_seed(seed)) ** power


def test_the_same_frames_are_at_no_distance():
    frames = random_frames(60)
    clip = frames[None]
    assert distance(clip, frames.flip(1) ** 4) > distance(clip, frames) > -1e-3
    assert distance(3 * clip, frames) == pytest.approx(distance(clip, frames), abs=1e-5)
    assert distance(clip, frames[:, :20]) == pytest.approx(0, abs=1e-3)  # what both have counts


def test_the_distance_is_the_engines_from_the_best_mixture_of_the_nearest_frame_and_another():
    clip, preset = random_frames(7, 4), random_frames(9, 4, seed=1)
    own, cross = (kernel(clip, clip) ** 2).diagonal().numpy(), (kernel(clip, preset) ** 2).numpy()
    within = (kernel(preset, preset) ** 2).numpy()

    def left(x, pair):
        """‖φ(x) - Σ w φ(s)‖² at the best w >= 0, by the Cholesky factor of the pair's kernel."""
        root = np.linalg.cholesky(within[np.ix_(pair, pair)])
        wanted = np.linalg.solve(root, cross[x, pair])
        return own[x] - wanted @ wanted + nnls(root.T, wanted)[1] ** 2

    nearest = (cross / np.sqrt(within.diagonal())).argmax(axis=1)
    best = [
        min(left(x, [s, other]) for other in range(9) if other != s) for x, s in enumerate(nearest)
    ]
    wanted = float(sum(best) / own.sum())
    assert 0.01 < wanted < 1
    assert distance(clip[None], preset) == pytest.approx(wanted, abs=1e-4)


def test_a_copy_at_another_pitch_is_as_good_as_the_clip():
    clip, preset = random_frames(7, 4), random_frames(7, 4, seed=1)
    assert distance(torch.stack([clip, preset]), preset) == pytest.approx(0, abs=1e-3)
    assert distance(clip[None], preset) > 0.01


def test_few_frames_stand_for_all_of_them():
    kinds = random_frames(5, 4)
    many = kinds.repeat(40, 1) * torch.linspace(1, 2, 200)[:, None]
    assert distance(many[None], typical(many, 5)) == pytest.approx(0, abs=1e-3)
    assert distance(many[None], typical(many, 2)) > 0.05
    assert len(typical(many)) == N_TYPICAL
    assert len(typical(kinds)) == len(kinds)


def test_a_transposed_peak_is_at_the_transposed_frequency():
    frames = torch.zeros(1, 1045)
    frames[0, 500] = 1
    for semitones in (-1, 0, 1):
        moved = transposed(frames, semitones)
        assert abs(int(moved[0].argmax()) - 500 * 2 ** (semitones / 12)) <= 1
    assert torch.equal(transposed(frames, 0), frames)


CODE = """
import json, sys
import presets
from effects.nearest_presets import suggest
few = [presets.get(name) for name in sys.argv[2:]]
print(json.dumps([(it.preset.name, it.distance) for it in suggest(sys.argv[1], few)]))
"""


def in_a_new_process(clip, cache):
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(clip), "violin", "jazz-kit"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "RESTYLE_CACHE_DIR": str(cache)},
    )
    return json.loads(done.stdout)


def test_what_the_cache_holds_gives_the_same_answer_and_is_made_again_if_damaged(tmp_path):
    clip, cache = presets.get("violin").clip, tmp_path / "cache"
    first = in_a_new_process(clip, cache)
    written = {it: it.read_bytes() for it in cache.iterdir()}
    small = [it for it, content in written.items() if len(content) < 500_000]
    assert len(small) == 2  # one for each preset, beside its statistics
    for path in written:
        if path not in small:
            path.unlink()  # only those of the clip itself are made again
    assert in_a_new_process(clip, cache) == first
    assert len([*cache.iterdir()]) == 3
    for path in small:
        path.write_bytes(written[path][:-5000] + bytes(5000))
    assert in_a_new_process(clip, cache) == first
    assert {it: it.read_bytes() for it in small} == {it: written[it] for it in small}


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_clips_of_other_sample_rates_use_the_same_entries(rate, tmp_path, monkeypatch):
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(tmp_path))
    audio, _ = part(FEW[0])
    suggest((audio, 44_100), FEW[:2])
    count = len([*tmp_path.iterdir()])
    positions = np.arange(0, audio.shape[1] - 1, 44_100 / rate)
    other = np.interp(positions, np.arange(audio.shape[1]), audio[0])[None].astype(np.float32)
    assert suggest((other, rate), FEW[:2])[0].preset == FEW[0]
    assert len([*tmp_path.iterdir()]) == count + 1  # the clip's own


def test_a_clip_is_read_once(monkeypatch, tmp_path):
    from effects import style_clip

    clip, opened, file_of = tmp_path / "clip.wav", [], style_clip.opened
    audio, rate = part(FEW[0], 2.0)
    with AudioFile(str(clip), "w", rate, 1) as file:
        file.write(audio)
    suggest(clip, FEW[:1])
    monkeypatch.setattr(style_clip, "opened", lambda it: opened.append(it) or file_of(it))
    with AudioFile(str(clip), "w", rate, 1) as file:
        file.write(audio[:, ::-1])
    suggest(clip, FEW[:1])
    assert opened == [clip]


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
    assert main.run(["presets", "suggest", str(tmp_path / "none.wav")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
def test_the_command_lists_the_nearest(capsys, tmp_path):
    clip = tmp_path / "clip.wav"
    audio, rate = part(FEW[0])
    with AudioFile(str(clip), "w", rate, 1) as file:
        file.write(audio)
    assert main.run(["presets", "suggest", str(clip), "--count", "3", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "violin" in out or "fiddle" in out
    assert out.startswith("Sounds like: Strings") or out.startswith("Sounds like: Ethnic")
    assert len(out.splitlines()) == 5
