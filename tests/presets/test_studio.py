"""How the library is made: what the clips play, and that they can be made again."""

import shutil
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pytest
from pedalboard.io import AudioFile

import presets
from presets.general_midi import KITS, PROGRAMS
from presets.preset import read
from presets.studio.__main__ import SOUNDFONT, build, main
from presets.studio.instruments import load
from presets.studio.render import BuildError, check_tools, describe, midi_file
from presets.studio.score import LOUD, SOFT, compose

INSTRUMENTS = load()
by_name = pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda it: it.name)


def test_every_program_and_kit_is_there_under_a_name_of_its_own():
    melodic = [it.program for it in INSTRUMENTS if not it.percussion and it.bank == 0]
    assert melodic == list(range(len(PROGRAMS)))
    assert [it.program for it in INSTRUMENTS if it.percussion] == list(KITS)
    assert len({it.name for it in INSTRUMENTS}) == len(INSTRUMENTS)
    assert {it.name for it in INSTRUMENTS} == {it.name for it in presets.every() if it.built_in}


def test_names_that_the_soundfont_does_not_earn_are_not_there():
    assert not {"ukulele", "mandolin", "tremolo-strings", "rain"} & {*presets.names()}


@by_name
def test_the_register_is_played_loud_and_softly_in_steps_of_three_at_most(instrument):
    notes = compose(instrument).notes
    low, high = instrument.register
    for velocity in (LOUD, SOFT):
        keys = sorted({note.key for note in notes if note.velocity == velocity})
        assert min(keys) <= low
        assert max(keys) >= high
        assert all(above - below <= 3 for below, above in pairwise(keys))


@by_name
def test_the_scales_are_of_single_notes_short_and_long(instrument):
    scale = [it for it in compose(instrument).notes if it.velocity in (LOUD, SOFT)]
    first = scale[: (instrument.register[1] - instrument.register[0]) // 3]
    assert all(before.start + before.seconds < after.start for before, after in pairwise(first))
    if not instrument.percussion:
        assert max(it.seconds for it in first) > 1.5 * min(it.seconds for it in first)


@by_name
def test_the_notes_in_the_library_are_those_that_the_clip_plays(instrument):
    preset, score = presets.get(instrument.name), compose(instrument)
    stored = mido.MidiFile(preset.notes)
    assert [*stored] == [*midi_file(instrument, score)]
    assert preset.register == instrument.register
    assert stored.length == pytest.approx(score.seconds, abs=0.002)
    with AudioFile(str(preset.clip)) as clip:
        assert (clip.samplerate, clip.num_channels) == (44_100, 1)
        assert 15 <= clip.duration <= 25
        assert clip.duration == pytest.approx(score.seconds, abs=0.001)


@pytest.mark.parametrize("name", ["grand-piano", "violin", "bird", "standard-kit", "bowed-glass"])
def test_every_note_is_heard(name):
    preset = presets.get(name)
    with AudioFile(str(preset.clip)) as clip:
        audio = clip.read(clip.frames)[0]
    assert 0.5 < np.abs(audio).max() <= 1
    now = 0.0
    for message in mido.MidiFile(preset.notes):
        now += message.time
        if message.type == "note_on" and message.velocity:
            start = round(now * 44_100)
            assert np.abs(audio[start : start + 11_025]).max() > 0.003


def test_the_text_is_read_back_as_it_was_meant(tmp_path):
    for instrument in INSTRUMENTS:
        folder = tmp_path / instrument.name
        folder.mkdir()
        (folder / "clip.ogg").touch()
        text = describe(instrument, "0" * 64)
        (folder / "preset.toml").write_text(text, encoding="utf-8")
        preset = read(folder)
        assert (preset.label, preset.family) == (instrument.label, instrument.family)
        assert (preset.program, preset.bank) == (instrument.program, instrument.bank)
        assert preset.note == instrument.note
        assert preset.licence == "MIT"


def test_what_is_missing_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda program: program)
    with pytest.raises(BuildError, match="install Debian's package fluid-soundfont-gm"):
        check_tools(tmp_path / "none.sf2")
    monkeypatch.setattr(shutil, "which", lambda program: None)
    assert main(["--to", str(tmp_path / "library")]) == 2
    assert "install Debian's package fluidsynth" in capsys.readouterr().err
    assert not (tmp_path / "library").exists()


@pytest.mark.slow
def test_the_library_is_rebuilt_bit_for_bit(tmp_path):
    try:
        check_tools(SOUNDFONT)
    except BuildError as error:
        pytest.skip(str(error))
    library = Path(presets.__file__).with_name("library")
    assert build(INSTRUMENTS, SOUNDFONT, library, check=True) == []
    chosen = [it for it in INSTRUMENTS if it.name in ("violin", "jazz-kit")]
    assert len(build(chosen, SOUNDFONT, tmp_path)) == 6
    for name in ("violin", "jazz-kit"):
        for file in (tmp_path / name).iterdir():
            assert file.read_bytes() == (library / name / file.name).read_bytes()
