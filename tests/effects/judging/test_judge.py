"""What the judge hears in a clip."""

import numpy as np
import pytest

import presets
from effects.judging.description import describe
from effects.judging.frames import RATE
from effects.judging.judge import MOST_BYTES, SECONDS, WEIGHTS, shipped


def tone(seconds, decay=0.0, rate=RATE):
    time = np.arange(round(seconds * rate)) / rate
    partials = sum(np.sin(2 * np.pi * 440 * n * time) / n for n in range(1, 6))
    return (0.1 * partials * np.exp(-decay * time)).astype(np.float32)


def test_it_knows_every_preset_of_the_library_and_is_small():
    assert set(shipped().names) == {it.name for it in presets.every() if it.built_in}
    assert WEIGHTS.stat().st_size < MOST_BYTES


def test_the_level_of_a_clip_does_not_count():
    clip = tone(2)
    assert describe(clip / 8) == pytest.approx(describe(clip), abs=1e-3)


@pytest.mark.parametrize("length", [1, 100, 3000, SECONDS * RATE + 1])
def test_clips_of_any_length_are_described(length):
    noise = np.random.default_rng(0).normal(size=length).astype(np.float32)
    assert np.isfinite(describe(noise)).all()
    opinion = shipped().opinion(noise[None], RATE)
    assert opinion.sum() == pytest.approx(1)


def test_a_tone_that_fades_is_told_from_one_that_is_held():
    judge = shipped()
    families = {it.name: it.family for it in presets.every()}
    struck = {"Piano", "Guitar", "Chromatic Percussion", "Bass", "Ethnic", "Percussive"}

    def share(decay):
        clip = np.concatenate([tone(0.7, decay)] * 5)
        opinion = judge.opinion(clip[None], RATE)
        return sum(
            p for name, p in zip(judge.names, opinion, strict=True) if families[name] in struck
        )

    assert share(decay=7) > 2 * share(decay=0)
