"""Jobs with a chain in a preset's place: what they may say, and what is done."""

import re
from pathlib import Path

import numpy as np
import pytest
from support.chains import HALL, VIOLIN, add_chain, with_plugin
from support.inputs import as_input, quiet
from support.sounds import noise

from effects import Cancelled
from effects.board import Pedalboard
from effects.chains.plugins import PluginFolders
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.chain_rules import NO_PLUGINS_ON_DASK, ChainRules
from plugin_bridge.jobs.refusal import CODES, Refusal
from presets.chain_files.catalogue import user_folder

RATE = 8000
STRANGERS = operations.find("restyle")
OWN = operations.find("restyle", ChainRules(PluginFolders(), trusted=True))


def refused(settings, inputs=("stem",), operation=STRANGERS):
    with pytest.raises(Refusal) as caught:
        operation.check_all(settings, inputs)
    assert caught.value.code in CODES
    return caught.value.code, str(caught.value)


def with_plugins(*folders):
    return operations.find("restyle", ChainRules(PluginFolders(folders, only=True)))


@pytest.fixture
def run(tmp_path):
    """Run a job as a worker does; returns what it made, and the stem."""
    stem = Sound(np.tile(noise(0.5, RATE), (2, 1)), RATE, 24)
    files = {"stem": as_input(tmp_path, "stem.wav", stem)}

    def work(settings, operation=STRANGERS, report=quiet):
        kept = operation.check_all(settings)
        return operation.run(files, Path("out.wav"), kept, report, 1), files["stem"].read()

    return work


# What a job may say


def test_a_chain_is_kept_by_its_name_however_it_is_spelt():
    add_chain("my-hall", HALL)
    assert STRANGERS.check_all({"preset": "My Hall"}) == {"preset": "my-hall"}


def test_settings_go_to_the_style_transfer_or_to_the_effect_that_they_name():
    add_chain("my-fiddle", VIOLIN)
    of_chain = {"strength": 0.5, "seed": 7.0, "drums": "drop", "gain.gain_db": -3.0}
    of_job = {"gain_db": -1.0, "end_seconds": 2.0, "bit_depth": 16}
    given = {"preset": "my-fiddle", **of_chain, **of_job}
    assert STRANGERS.check_all(given) == given


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"reverb.wet": 0.5}, "'wet'.*wet_level"),
        ({"reverb.wet_level": 2.0}, "wet_level must be between 0 and 1"),
        ({"reverb.wet_level": "loud"}, "wet_level must be"),
        ({"reverb.wet_level": float("nan")}, "wet_level must be"),
        ({"reverb.wet_level": None}, "wet_level must be"),
        ({"rverb.wet_level": 0.5}, "did you mean.*reverb|reverb"),
        ({"wet_level": 0.5}, "wet_level"),
        ({"strength": 0.5}, "no StyleTransfer"),
        ({"strength": 1.5}, "strength must be between 0 and 1"),
        ({"reverb.": 1.0}, "reverb"),
        ({".": 1.0}, ""),
        ({"start_seconds": 2.0, "end_seconds": 1.0}, "start_seconds must be before"),
        ({"gain_db": 3.0}, "gain_db must be between"),
    ],
)
def test_what_a_chain_cannot_have_is_refused_with_what_it_can(settings, words):
    path = add_chain("my-hall", HALL)
    code, text = refused({"preset": "my-hall", **settings})
    assert code == "bad_setting"
    assert re.search(words, text), text
    assert str(path.parent) not in text


def test_a_preset_has_no_effects_whose_parameters_could_be_set():
    code, text = refused({"preset": "violin", "reverb.wet_level": 0.5})
    assert code == "bad_setting"
    assert text.startswith("reverb.wet_level is for a chain")


def test_a_misspelt_name_is_answered_with_presets_and_chains():
    add_chain("violas", HALL)
    code, text = refused({"preset": "violaa"})
    assert code == "no_such_preset"
    assert "did you mean viola or violas?" in text


def test_a_chain_that_is_broken_is_refused_by_its_name():
    add_chain("broken", '[[effects]]\ntype = "Rverb"\n')
    code, text = refused({"preset": "broken"})
    assert code == "bad_chain"
    assert "'Rverb'" in text
    assert "Reverb" in text
    add_chain("no-toml", "[[effects")
    assert refused({"preset": "no-toml"})[0] == "bad_chain"


@pytest.mark.parametrize(
    "name", ["../my-hall", "my-hall.toml", "/etc/passwd", "x" * 500, ".", "\0"]
)
def test_a_chain_is_found_by_no_path(name):
    add_chain("my-hall", HALL)
    (user_folder().parent / "my-hall.toml").write_text(HALL)
    if name == "../my-hall":  # names leave such signs out, as those of presets do
        assert STRANGERS.check_all({"preset": name}) == {"preset": "my-hall"}
    else:
        assert refused({"preset": name})[0] == "no_such_preset"


@pytest.mark.parametrize(
    ("type", "file"), [("Convolution", "impulse_response_filename"), ("StyleTransfer", "style")]
)
@pytest.mark.parametrize("path", ["{folder}/hall.wav", "../../elsewhere/hall.wav"])
def test_a_client_does_not_learn_where_a_chains_files_are(tmp_path, type, file, path):
    path = path.format(folder=(tmp_path / "elsewhere").as_posix())
    add_chain("my-hall", f'[[effects]]\ntype = "{type}"\n{file} = "{path}"\n')
    code, text = refused({"preset": "my-hall"})
    assert code == "bad_chain"
    assert "there is no file 'hall.wav'" in text
    assert "elsewhere" not in text


def test_nor_does_a_client_learn_it_once_the_job_runs(run, tmp_path):
    clip = tmp_path / "elsewhere" / "clip.wav"
    clip.parent.mkdir()
    clip.write_text("no sound " * 20)
    add_chain("my-fiddle", f'[[effects]]\ntype = "StyleTransfer"\nstyle = "{clip.as_posix()}"\n')
    with pytest.raises(Refusal, match=r"'clip\.wav' is a text, no sound") as caught:
        run({"preset": "my-fiddle"})
    assert caught.value.code == "unreadable"


def test_a_clip_and_a_chain_exclude_each_other():
    add_chain("my-hall", HALL)
    code, text = refused({"preset": "my-hall"}, ("stem", "style"))
    assert code == "bad_setting"
    assert "either" in text


# What clients may not do


@pytest.mark.parametrize("setting", ["style", "weights", "notes", "device"])
def test_a_client_sets_nothing_that_names_a_file(setting):
    add_chain("my-fiddle", VIOLIN)
    for name in (setting, f"styletransfer.{setting}"):
        code, text = refused({"preset": "my-fiddle", name: "/etc/hostname"})
        assert code == "bad_setting"
        assert text.startswith(f"{name} cannot be set in a job")


def test_a_client_sends_no_chain_as_a_text():
    code, text = refused({"chain": HALL})
    assert code == "bad_setting"
    assert "restyle chains add" in text
    add_chain("my-hall", HALL)
    assert refused({"chain": HALL, "preset": "my-hall"})[0] == "bad_setting"


def test_a_server_without_folders_runs_no_plugin_and_says_how_it_would():
    add_chain("comp", with_plugin("Any.vst3"))
    code, text = refused({"preset": "comp"})
    assert code == "no_such_plugin"
    assert "Any.vst3" in text
    assert "restyle serve --plugins DIR" in text


def test_a_plugin_comes_from_the_folders_alone_whatever_path_a_chain_says(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        (folder / "Same.vst3").mkdir(parents=True)
    (outside / "Other.vst3").mkdir()
    operation = with_plugins(inside)
    add_chain("same", with_plugin(outside / "Same.vst3"))
    assert operation.check_all({"preset": "same"}) == {"preset": "same"}
    for path in (outside / "Other.vst3", "../out/Other.vst3", "Other.vst3"):
        add_chain("other", with_plugin(path))
        code, text = refused({"preset": "other"}, operation=operation)
        assert code == "no_such_plugin"
        assert "Other.vst3" in text
        assert str(tmp_path) not in text


def test_no_client_chooses_a_plugins_file_or_state(tmp_path):
    (tmp_path / "Same.vst3").mkdir()
    add_chain("same", with_plugin("Same.vst3"))
    for setting in ("path", "state"):
        settings = {"preset": "same", f"same.{setting}": "Other.vst3"}
        code, text = refused(settings, operation=with_plugins(tmp_path))
        assert (code, text.split()[0]) == ("bad_setting", f"same.{setting}")


# One's own chains, as batch sends them


def test_the_text_of_a_chain_stands_for_a_preset(run):
    made, stem = run({"chain": '[[effects]]\ntype = "Gain"\ngain_db = 6\n'}, OWN)
    np.testing.assert_allclose(made.sound.audio, stem.audio * 10 ** (6 / 20), rtol=1e-5)


def test_what_is_wrong_with_the_text_of_a_chain_is_said_with_its_name():
    text = '# my own\n[[effects]]\ntype = "Gainn"\n'
    code, said = refused({"chain": text}, operation=OWN)
    assert code == "bad_chain"
    assert "my own" in said
    assert refused({"chain": "nothing"}, operation=OWN)[0] == "bad_chain"
    both = {"chain": '[[effects]]\ntype = "Gain"\n', "preset": "violin"}
    assert refused(both, operation=OWN)[0] == "bad_setting"


def test_on_a_cluster_no_plugin_runs_and_the_remedy_is_another():
    rules = ChainRules(PluginFolders(), trusted=True, no_plugins=NO_PLUGINS_ON_DASK)
    operation = operations.find("restyle", rules)
    code, text = refused({"chain": with_plugin("Any.vst3")}, operation=operation)
    assert code == "no_such_plugin"
    assert "leave --scheduler out" in text
    assert "serve" not in text


# Defaults of all jobs


def test_a_chain_gets_the_defaults_that_it_can_have():
    add_chain("my-hall", HALL)
    add_chain("my-fiddle", VIOLIN)
    add_chain("cnn", VIOLIN.replace("strength = 0.9", 'engine = "random_cnn_1d"'))
    all_jobs = {"strength": 0.5, "gain_db": -3.0, "dynamics": 0.2, "preset": "violin"}

    def given(name):
        return STRANGERS.defaults_for(all_jobs, {"preset": name}, ("stem",))

    assert given("my-hall") == {"gain_db": -3.0}
    assert given("my-fiddle") == {"strength": 0.5, "gain_db": -3.0, "dynamics": 0.2}
    assert given("cnn") == {"strength": 0.5, "gain_db": -3.0}
    set_here = {"preset": "my-fiddle", "strength": 0.1}
    assert "strength" not in STRANGERS.defaults_for(all_jobs, set_here, ("stem",))
    for more in ({"engine": "infinite"}, {"styletransfer.engine": "infinite"}, {"bit_depth": 16}):
        job = {"preset": "my-fiddle", **more}
        found = STRANGERS.defaults_for(all_jobs, job, ("stem",))
        assert STRANGERS.check_all({**job, **found}) == {**job, **found}
        assert found["strength"] == 0.5


def test_all_jobs_may_have_a_chain_and_those_that_name_a_preset_do_not():
    add_chain("my-hall", HALL)
    assert STRANGERS.clamp("preset", "My hall") == "my-hall"
    all_jobs = {"preset": "my-hall", "strength": 0.5, "gain_db": -3.0}
    without = STRANGERS.defaults_for(all_jobs, {}, ("stem",))
    assert without == {"preset": "my-hall", "gain_db": -3.0}
    of_preset = STRANGERS.defaults_for(all_jobs, {"preset": "violin"}, ("stem",))
    assert of_preset == {"strength": 0.5, "gain_db": -3.0}
    assert "preset" not in STRANGERS.defaults_for(all_jobs, {}, ("stem", "style"))


@pytest.mark.parametrize("text", ["[[", with_plugin("Any.vst3"), '[[effects]]\ntype = "x"\n'])
def test_a_chain_that_jobs_cannot_have_is_none_for_all_of_them(text):
    add_chain("mine", text)
    with pytest.raises(Refusal) as caught:
        STRANGERS.clamp("preset", "mine")
    assert caught.value.code in ("bad_chain", "no_such_plugin")


# What is done


def test_the_result_is_what_the_board_makes_of_the_stem(run):
    add_chain("my-hall", HALL)
    made, stem = run({"preset": "my-hall", "reverb.wet_level": 0.6})
    board = Pedalboard.load("my-hall")
    board[1].wet_level = 0.6
    np.testing.assert_array_equal(made.sound.audio, board(stem.audio, RATE))
    assert (made.sound.sample_rate, made.sound.bits, dict(made.made_of)) == (RATE, 24, {})


def test_a_part_of_the_stem_goes_through_the_chain_and_the_gain_comes_last(run):
    add_chain("twice", '[[effects]]\ntype = "Gain"\ngain_db = 6.0206\n')
    made, stem = run(
        {"preset": "twice", "start_seconds": 0.1, "end_seconds": 0.3, "gain_db": -6.0206}
    )
    np.testing.assert_allclose(made.sound.audio, stem.audio[:, 800:2400], rtol=1e-4)


def test_what_its_style_transfer_made_it_of_is_told(run):
    add_chain("my-fiddle", VIOLIN)
    made, _ = run({"preset": "my-fiddle", "engine": "sampler"})
    assert "played" in made.made_of or "advice" in made.made_of, made.made_of


def test_a_kept_tail_is_longer_than_the_stem_and_counted_before(run):
    text = f'tail = "keep"\n{HALL}'
    add_chain("my-hall", text)
    made, stem = run({"preset": "my-hall"})
    assert made.sound.audio.shape[1] > stem.audio.shape[1]
    assert STRANGERS.lasts({"stem": 10.0}, {"preset": "my-hall"}) == 70.0
    add_chain("my-hall", HALL)
    assert STRANGERS.lasts({"stem": 10.0}, {"preset": "my-hall"}) == 10.0
    assert STRANGERS.lasts({"stem": 10.0}, {"preset": "violin"}) == 10.0


def test_a_chain_that_was_changed_since_is_checked_again(run, tmp_path):
    add_chain("my-hall", HALL)
    kept = STRANGERS.check_all({"preset": "my-hall", "reverb.wet_level": 0.1})
    add_chain("my-hall", '[[effects]]\ntype = "Gain"\n')
    stem = as_input(tmp_path, "another.wav", Sound(noise(0.1, RATE), RATE, 16))
    with pytest.raises(Refusal, match="reverb"):
        STRANGERS.run({"stem": stem}, Path("out.wav"), kept, quiet, 1)


def test_it_stops_when_its_line_is_cut(run):
    add_chain("my-fiddle", VIOLIN)

    def cut(fraction, stage):
        raise Cancelled("cut")

    with pytest.raises(Cancelled):
        run({"preset": "my-fiddle"}, report=cut)


# With plugins built here


def test_a_plugin_is_named_while_it_runs(run, plugin):
    path = plugin()
    add_chain("tester", with_plugin(path.name, "parameters = { gain = 0.5 }"))
    stages = []
    made, stem = run(
        {"preset": "tester"},
        with_plugins(path.parent),
        lambda fraction, stage: stages.append(stage),
    )
    np.testing.assert_allclose(made.sound.audio, 0.5 * stem.audio, rtol=1e-4)
    assert f"plugin {path.name}" in stages


def test_an_instrument_plays_no_sounds(run, plugin):
    path = plugin("Synth", instrument=True)
    add_chain("synth", f'[[effects]]\ntype = "VST3Plugin"\npath = "{path.name}"\n')
    with pytest.raises(Refusal, match=r"restyle apply TUNE\.mid OUT\.wav --chain synth") as caught:
        run({"preset": "synth"}, with_plugins(path.parent))
    assert caught.value.code == "bad_chain"


def test_a_plugin_that_will_not_have_its_settings_is_told_of_without_folders(run, plugin):
    path = plugin()
    add_chain("tester", with_plugin(path.name))
    with pytest.raises(Refusal, match=r"gan.*gain") as caught:
        run({"preset": "tester", "tester.gan": 0.5}, with_plugins(path.parent))
    assert str(path.parent) not in str(caught.value)
    assert str(user_folder()) not in str(caught.value)
