"""The library of presets: listing, finding, and what each one must have."""

import subprocess
import sys
from pathlib import Path

import pytest
from pedalboard.io import AudioFile

import presets


def test_there_is_a_handful_and_they_are_sorted():
    assert len(presets.names()) >= 6
    assert presets.names() == sorted(presets.names())


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_complete(name):
    preset = presets.get(name)
    assert preset.name == name
    assert preset.label
    assert preset.family
    assert preset.credit
    assert preset.licence == "CC0-1.0"
    assert preset.source.startswith("https://freesound.org/people/")
    with AudioFile(str(preset.clip)) as clip:
        audio = clip.read(clip.frames)
        assert clip.samplerate == 44_100
        assert clip.num_channels in (1, 2)
        assert 1 <= clip.duration <= 12
    assert 0.1 < abs(audio).max() <= 1


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_credited(name):
    preset = presets.get(name)
    credits = Path(presets.__file__).with_name("CREDITS.md").read_text(encoding="utf-8")
    assert preset.credit in credits
    assert preset.source in credits or name == "drums"  # made of many recordings, each listed


def test_an_unknown_name_gets_suggestions():
    with pytest.raises(ValueError, match="did you mean guitar") as raised:
        presets.get("Gitar")
    assert "\n" not in str(raised.value)


def test_a_name_like_no_other_gets_the_way_to_list_them():
    with pytest.raises(ValueError, match=r"There is no preset 'zzz': See `restyle presets`"):
        presets.get("zzz")


@pytest.mark.parametrize("name", ["", "..", "../library/guitar", "guitar/", "GUITAR"])
def test_only_names_are_names(name):
    with pytest.raises(ValueError, match="There is no preset"):
        presets.get(name)


def test_the_library_is_small():
    folder = Path(presets.__file__).parent
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 5_000_000


def test_listing_loads_nothing_heavy():
    code = "import sys, presets; presets.get(presets.names()[0]); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert not {"torch", "librosa", "pedalboard", "numpy"} & {*loaded.stdout.split()}
