"""Comparisons: what is in them, that one engine's failure is its own, and the user's folders."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.networks import light, save, torchvggish
from support.sounds import melody

from effects import Cancelled, StyleTransfer
from effects.engines import ENGINES
from effects.engines.gram.networks.vgg19 import VGG19Engine
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.engines.report import Report
from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.result_folder import PAGE
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import compare
from plugin_bridge.reports.compare import make_comparison
from plugin_bridge.reports.comparison import Comparison
from plugin_bridge.reports.comparison_files import DATA
from plugin_bridge.reports.metrics import FIGURES

RATE = 22_050
SMALL = RandomCNN1D(n_filters=16)
V = "vggish-10086976.pth"


def ignore(fraction, stage):
    pass


def write(path, seed=0, seconds=1.0, tilt=1.0):
    sound = Sound(melody(seconds, RATE, seed=seed, tilt=tilt), RATE, bits=16)
    sound_files.write(path, sound)
    return path


@pytest.fixture
def content(tmp_path):
    return write(tmp_path / "content.wav")


@pytest.fixture
def style(tmp_path):
    return write(tmp_path / "style.wav", seed=1, tilt=0.3)


@pytest.fixture
def quick(monkeypatch):
    """In place of restyling and measuring: the content at half its level, and no figures."""

    def process(effect, content):
        effect.on_progress(0.5, "half")
        return content.audio / 2

    monkeypatch.setattr(compare, "process", process)
    nothing = {figure.name: None for figure in FIGURES}
    monkeypatch.setattr(compare.metrics, "figures", lambda *sounds: dict(nothing))


@pytest.fixture
def fail(monkeypatch):
    """Make an engine raise that error when it restyles."""

    def instead(engine, error):
        before = compare.process

        def process(effect, content):
            if effect.engine == engine:
                raise error
            return before(effect, content)

        monkeypatch.setattr(compare, "process", process)

    return instead


@pytest.fixture
def run():
    """The command line, with this command."""
    return lambda *arguments: main.run(["compare", *map(str, arguments)])


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_two_engines_at_two_strengths_on_real_sound(tmp_path, content, style):
    found = make_comparison(
        content,
        [style],
        tmp_path / "out",
        ignore,
        engines=["infinite", SMALL],
        strengths=[0.3, 0.9],
    )
    assert [(it.engine, it.strength) for it in found.results] == [
        ("infinite", 0.3),
        ("infinite", 0.9),
        ("random_cnn_1d", 0.3),
        ("random_cnn_1d", 0.9),
    ]
    assert found.results[2].options == {"n_filters": 16}
    untouched = found.styles[0].figures
    assert untouched["lsd_content"] == untouched["pitch"] == untouched["onsets"] == 0
    wanted = sound_files.read(content)
    for result in found.results:
        assert result.error == ""
        assert result.seconds > 0
        assert set(result.figures) == {figure.name for figure in FIGURES}
        assert abs(result.figures["loudness"]) < 1
        assert len(result.loss_curves[0]) > 3
        sound = sound_files.read(tmp_path / "out" / result.file)
        assert (sound.audio.shape, sound.bits) == (wanted.audio.shape, 16)
    data = json.loads((tmp_path / "out" / DATA).read_text(encoding="utf-8"))
    told = [Report.from_dict(it["report"]) for it in data["results"]]
    assert told == [it.report for it in found.results]
    assert [it.blended for it in told] == pytest.approx([0.3, 0.9, 0.3, 0.9])
    low, high = found.results[:2]
    assert high.figures["timbre"] < low.figures["timbre"] < untouched["timbre"]
    assert high.figures["lsd_content"] > low.figures["lsd_content"] > 0


def test_the_json_tells_everything_and_all_files_are_there(tmp_path, content, style, quick):
    folder = tmp_path / "out"
    found = make_comparison(
        content, [style], folder, ignore, preset_names=["violin", "0"], engines=[SMALL], seed=3
    )
    data = json.loads((folder / DATA).read_text(encoding="utf-8"))
    assert [it["name"] for it in data["styles"]] == ["style", "violin", "grand-piano"]
    assert data["seed"] == 3
    assert [it["name"] for it in data["definitions"]] == [figure.name for figure in FIGURES]
    assert len(data["results"]) == len(found.results) == 3
    clips = [data["content"], *data["styles"], *data["results"]]
    named = {clip[kind] for clip in clips for kind in ("file", "picture")}
    assert named | {PAGE, DATA} == set(everything(folder))


def test_all_engines_are_compared_and_random_weights_are_called_so(tmp_path, content, style, quick):
    found = make_comparison(content, [style], tmp_path / "out", ignore, seed=5)
    assert [result.engine for result in found.results] == list(ENGINES)
    labels = {result.engine: result.label for result in found.results}
    for network in ("vgg19", "vggish", "cnn14"):
        assert labels[network] == f"{network} (random weights, seed 5)"
    assert all(result.weights == {} for result in found.results)


def test_weights_are_named_and_identified(tmp_path, content, style, quick):
    weights = save(tmp_path / "mine.pth", V, light(torchvggish()))
    found = make_comparison(
        content,
        [style],
        tmp_path / "out",
        ignore,
        engines=["infinite", "vggish"],
        weights={"vggish": weights},
    )
    assert found.results[1].label == "vggish (mine.pth)"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert found.results[1].weights == {"file": str(weights), "sha256": digest}


def test_styles_of_one_name_are_told_apart(tmp_path, content, style, quick):
    (tmp_path / "other").mkdir()
    other = write(tmp_path / "other" / "style.flac", seed=2)
    found = make_comparison(content, [style, other], tmp_path / "out", ignore, engines=["infinite"])
    assert [clip.name for clip in found.styles] == ["style", "style (2)"]
    assert [result.style for result in found.results] == ["style", "style (2)"]
    assert len({result.file for result in found.results}) == 2


def test_an_engine_that_fails_says_why_and_the_others_go_on(
    tmp_path, run, content, style, quick, fail, capsys
):
    fail("vgg19", MemoryError())
    out = tmp_path / "out"
    assert run(content, style, out, "--engine", "vgg19", "--engine", "infinite") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].startswith("vgg19 (random weights, seed 0) failed: ")
    assert "memory" in said[1]
    assert said[-1] == f"Open {out / PAGE} in a browser to listen and look."
    failed, done = json.loads((out / DATA).read_text(encoding="utf-8"))["results"]
    assert "memory" in failed["error"]
    assert failed["file"] == ""
    assert done["error"] == ""


def test_nan_is_a_failure(tmp_path, content, style, quick, monkeypatch):
    def process(effect, content):
        bad = np.nan if effect.engine == "random_cnn_1d" else 0.5
        return content.audio * np.float32(bad)

    monkeypatch.setattr(compare, "process", process)
    found = make_comparison(
        content, [style], tmp_path / "out", ignore, engines=["infinite", "random_cnn_1d"]
    )
    assert [result.error for result in found.results] == ["", "it came to NaN or infinity"]


def test_a_distance_that_is_infinite_spoils_nothing(tmp_path, content, style, quick, monkeypatch):
    curves = [[(1.0, 0.0), (float("inf"), float("nan"))]]
    monkeypatch.setattr(StyleTransfer, "loss_curves", curves)
    make_comparison(content, [style], tmp_path / "out", ignore, engines=["infinite"])
    data = json.loads((tmp_path / "out" / DATA).read_text(encoding="utf-8"))
    assert data["results"][0]["loss_curves"] == [[[1.0, 0.0], [None, None]]]
    page = (tmp_path / "out" / PAGE).read_text(encoding="utf-8")
    assert not re.search(r'points="[^"]*(nan|inf)', page)


def test_if_all_fail_nothing_is_written(tmp_path, run, content, style, quick, fail, capsys):
    fail("vgg19", ValueError("it broke"))
    before = everything(tmp_path)
    assert run(content, style, tmp_path / "out", "--engine", "vgg19") == 2
    assert capsys.readouterr().err == "restyle: No engine came to a result. it broke\n"
    assert everything(tmp_path) == before


@pytest.mark.parametrize("made", ["by name", "with options"])
def test_wrong_weights_are_refused_before_anything_is_restyled(
    tmp_path, content, style, quick, made
):
    weights = tmp_path / "broken.pth"
    weights.write_bytes(b"no weights")
    before = everything(tmp_path)
    engine = "vgg19" if made == "by name" else VGG19Engine(weights=weights)
    with pytest.raises(ValueError, match=r"cannot be read as weights .* expected torch"):
        make_comparison(
            content,
            [style],
            tmp_path / "out",
            ignore,
            engines=["infinite", engine],
            weights={"vgg19": weights} if made == "by name" else None,
        )
    assert everything(tmp_path) == before


def test_a_silent_content_has_a_page_too(tmp_path, style):
    silent = tmp_path / "silent.wav"
    sound_files.write(silent, Sound(np.zeros((2, RATE), np.float32), RATE, bits=16))
    found = make_comparison(silent, [style], tmp_path / "out", ignore, engines=["infinite"])
    assert found.results[0].figures["lsd_style"] is None
    page = (tmp_path / "out" / PAGE).read_text(encoding="utf-8")
    assert "<audio" in page
    assert "<polyline" not in page


def test_peaks_that_are_cut_off_are_told(tmp_path, style, quick):
    loud = tmp_path / "loud.wav"
    sound_files.write(loud, Sound(5 * melody(1, RATE), RATE, bits=32))
    found = make_comparison(loud, [style], tmp_path / "out", ignore, engines=["infinite"])
    assert found.results[0].clipped
    assert "were cut off" in (tmp_path / "out" / PAGE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engine", "vgg99"], "There is no engine 'vgg99'; choose"),
        (["--weights", "vgg19"], "say whose they are"),
        (["--weights", "vgg99=x"], "which is no engine"),
        (["--engine", "infinite", "--weights", "vgg19=x"], "which is not compared"),
        (["--weights", "vgg19=a", "--weights", "vgg19=b"], "twice"),
        (["--weights", "vgg19=missing.pth"], "no weights at 'missing.pth'"),
        (["--engine", "infinite", "--weights", "infinite=content.wav"], "never trained"),
        (["--preset", "violni"], "violin"),
        (["--strength", "2"], "strength"),
        (["--device", "abacus"], "Device must be"),
        (["--device", "mps"], "no 'mps' device"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_before_anything_is_done(
    tmp_path, run, content, style, quick, capsys, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    before = everything(tmp_path)
    assert run("content.wav", "style.wav", "out", *arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(message, error)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("names", [("missing.wav", "style.wav"), ("content.wav", "missing.wav")])
def test_a_missing_file_is_named(tmp_path, run, content, style, capsys, monkeypatch, names):
    monkeypatch.chdir(tmp_path)
    assert run(*names, "out") == 2
    assert re.fullmatch(r"restyle: missing.wav: .*\n", capsys.readouterr().err)


def test_there_must_be_a_style(tmp_path, run, content, capsys):
    assert run(content, tmp_path / "out") == 2
    assert "--preset NAME" in capsys.readouterr().err


def test_the_last_argument_is_the_folder(tmp_path, run, content, style, quick, capsys):
    other = write(tmp_path / "other.wav", seed=2)
    strengths = ["--strength", "0.2", "--strength", "0.4"]
    out = tmp_path / "a" / "b"
    assert run(content, style, other, out, "--engine", "infinite", *strengths, "--quiet") == 0
    assert capsys.readouterr().out == ""
    results = json.loads((out / DATA).read_text(encoding="utf-8"))["results"]
    assert [(it["style"], it["strength"]) for it in results] == [
        ("style", 0.2),
        ("style", 0.4),
        ("other", 0.2),
        ("other", 0.4),
    ]


@pytest.mark.parametrize("name", ["notes.txt", "index.html", "comparison.json"])
def test_a_folder_with_something_else_in_it_is_left_alone(
    tmp_path, run, content, style, quick, capsys, name
):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    assert run(content, style, tmp_path / "out", "--force") == 2
    assert re.fullmatch(r"restyle: The folder .* name another.*\n", capsys.readouterr().err)
    assert everything(tmp_path / "out") == {name: b"mine"}


def test_a_file_is_not_a_folder(run, content, style, quick, capsys):
    assert run(content, style, content) == 2
    assert "is a file: name a folder" in capsys.readouterr().err


def test_an_earlier_comparison_is_replaced_only_by_force(
    tmp_path, run, content, style, quick, capsys
):
    out = tmp_path / "out"
    assert run(content, style, out, "--engine", "infinite", "--engine", "random_cnn_1d") == 0
    (out / "notes.txt").write_text("mine")
    (out / "files" / "more.txt").write_text("mine")
    before = everything(out)
    assert run(content, style, out, "--engine", "infinite") == 2
    assert "--force" in capsys.readouterr().err
    assert everything(out) == before
    assert run(content, style, out, "--engine", "infinite", "--force") == 0
    after = everything(out)
    assert after["notes.txt"] == after["files/more.txt"] == b"mine"
    data = json.loads(after[DATA])
    clips = [data["content"], *data["styles"], *data["results"]]
    named = {clip[kind] for clip in clips for kind in ("file", "picture")}
    assert set(after) == named | {PAGE, DATA, "notes.txt", "files/more.txt"}
    assert all(name in after[PAGE].decode() for name in named)


def test_replacing_removes_only_files_of_its_own(tmp_path, content, style, quick):
    out = tmp_path / "out"
    make_comparison(content, [style], out, ignore, engines=["infinite"])
    data = json.loads((out / DATA).read_text(encoding="utf-8"))
    data["content"]["file"] = "../content.wav"
    data["styles"][0]["file"] = str(style)
    (out / DATA).write_text(json.dumps(data), encoding="utf-8")
    make_comparison(content, [style], out, ignore, engines=["infinite"], force=True)
    assert content.exists()
    assert style.exists()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Cancelled])
@pytest.mark.parametrize("earlier", [False, True])
def test_stopping_before_the_first_result_leaves_what_there_was(
    tmp_path, content, style, quick, stop, earlier
):
    out = tmp_path / "a" / "out"
    if earlier:
        make_comparison(content, [style], out, ignore, engines=["infinite"])
    before, folders = everything(tmp_path), set(tmp_path.rglob("*"))

    def report(fraction, stage):
        raise stop

    with pytest.raises(stop):
        make_comparison(content, [style], out, report, engines=["infinite", SMALL], force=True)
    assert everything(tmp_path) == before
    assert set(tmp_path.rglob("*")) == folders


@pytest.fixture
def stopped(tmp_path, content, style, quick):
    """A comparison that was stopped in the second of three engines; its folder and what was run."""
    out, run = tmp_path / "out", []

    def report(fraction, stage):
        if stage.endswith("half"):
            run.append(stage.partition(",")[0])
            if len(run) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_comparison(content, [style], out, report, engines=["vgg19", SMALL, "infinite"])
    return out, run


def go_on(stopped, content, style, **options):
    """Go on with it, and return the comparison, and the engines that were run."""
    run = []

    def report(fraction, stage):
        if stage.endswith("half"):
            run.append(stage.partition(",")[0])

    wanted = {"engines": ["vgg19", SMALL, "infinite"], **options}
    return make_comparison(content, [style], stopped[0], report, **wanted), run


def test_the_fast_engines_come_first_and_what_is_finished_stays(tmp_path, stopped):
    out, run = stopped
    assert run == ["infinite", "random_cnn_1d"]
    found = Comparison.from_json((out / DATA).read_text(encoding="utf-8"))
    assert [it.engine for it in found.results] == ["infinite"]
    page = (out / PAGE).read_text(encoding="utf-8")
    assert "Still to come: random_cnn_1d (style, 0.5) and vgg19 (style, 0.5)." in page
    clips = [found.content, *found.styles, *found.results]
    named = {name for it in clips for name in (it.file, it.picture)}
    assert set(everything(out)) == named | {PAGE, DATA}
    assert not list(tmp_path.glob(".restyle*"))


def test_it_goes_on_where_it_was_stopped_and_comes_to_the_same(tmp_path, content, style, stopped):
    out = stopped[0]
    finished = everything(out)
    found, run = go_on(stopped, content, style)
    assert run == ["random_cnn_1d", "vgg19"]
    assert [it.engine for it in found.results] == ["vgg19", "random_cnn_1d", "infinite"]
    assert "Still to come" not in (out / PAGE).read_text(encoding="utf-8")
    after = everything(out)
    assert {name: after[name] for name in finished if name not in (PAGE, DATA)} == {
        name: text for name, text in finished.items() if name not in (PAGE, DATA)
    }
    whole = (tmp_path / "whole", [])
    go_on(whole, content, style)
    at_once = everything(whole[0])
    assert set(after) == set(at_once)
    assert all(after[name] == at_once[name] for name in after if name not in (PAGE, DATA))


def test_more_engines_can_be_added_and_those_that_are_there_stay(content, style, stopped):
    found, run = go_on(stopped, content, style, engines=["vggish"])
    assert run == ["vggish"]
    assert [it.engine for it in found.results] == ["vggish", "infinite"]


def test_by_force_it_starts_afresh(content, style, stopped):
    _, run = go_on(stopped, content, style, force=True)
    assert run == ["infinite", "random_cnn_1d", "vgg19"]
    assert (stopped[0] / "files-2").is_dir()
    assert not (stopped[0] / "files").exists()


def test_a_result_whose_file_is_gone_is_made_again(content, style, stopped):
    for path in (stopped[0] / "files").glob("*infinite*.wav"):
        path.unlink()
    assert go_on(stopped, content, style)[1] == ["infinite", "random_cnn_1d", "vgg19"]


@pytest.mark.parametrize("other", ["content", "style", "seed"])
def test_other_inputs_are_another_comparison(content, style, stopped, other):
    before = everything(stopped[0])
    if other != "seed":
        write({"content": content, "style": style}[other], seed=7)
    with pytest.raises(ValueError, match="--force"):
        go_on(stopped, content, style, seed=int(other == "seed"))
    assert everything(stopped[0]) == before


def test_it_is_said_beforehand_how_long_it_will_take(tmp_path, run, content, style, quick, capsys):
    assert run(content, style, tmp_path / "out", "--engine", "vgg19", "--engine", "infinite") == 0
    said = capsys.readouterr().out.splitlines()[0]
    assert re.fullmatch(
        r"2 results to come, in about [\d.]+ \w+: infinite [\d.]+ \w+, vgg19 .*", said
    )


@pytest.mark.parametrize("name", [PAGE, "files-2"])
def test_a_full_disk_leaves_the_earlier_comparison(
    tmp_path, content, style, quick, monkeypatch, name
):
    out = tmp_path / "out"
    make_comparison(content, [style], out, ignore, engines=["infinite"])
    before = everything(out)
    for module, function in ((os, "replace"), (Path, "rename")):
        move = getattr(module, function)

        def fail(source, target, move=move):
            if target.name == name:
                raise OSError(28, "No space left on device")
            return move(source, target)

        monkeypatch.setattr(module, function, fail)
    with pytest.raises(OSError, match="No space"):
        make_comparison(content, [style], out, ignore, engines=[SMALL], force=True)
    assert everything(out) == before


def test_progress_rises_to_the_end(tmp_path, content, style, quick):
    reports = []
    make_comparison(
        content,
        [style],
        tmp_path / "out",
        lambda fraction, stage: reports.append((fraction, stage)),
        engines=["infinite", SMALL],
    )
    fractions = [fraction for fraction, _ in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    (half,) = [at for at, stage in reports if stage == "infinite, style, 0.5: half"]
    assert 0 < half < 0.25  # it is the faster one


@pytest.mark.slow
def test_ctrl_c_stops_an_engine_at_work(tmp_path, style):
    content = write(tmp_path / "long.wav", seconds=20)
    before = everything(tmp_path)
    script = "from plugin_bridge.cli.main import main; main()"
    arguments = ["compare", content, style, tmp_path / "out", "--engine", "random_cnn_2d"]
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], stderr=subprocess.PIPE, text=True
    ) as process:
        while not list(tmp_path.glob(".restyle-compare-*/made/files/style-*.wav")):
            assert process.poll() is None
            time.sleep(0.1)
        time.sleep(5)  # into the work
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith("restyle: stopped; run the same command again to go on\n")
    assert said.count("stopped") == 1
    assert everything(tmp_path) == before
    assert not list(tmp_path.glob(".restyle*"))
