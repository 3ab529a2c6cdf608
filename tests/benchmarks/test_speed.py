"""benchmarks/speed: stems, versions that take turns, and the table of bars."""

import shutil
import subprocess
import tracemalloc
from itertools import count

import numpy as np
import pytest

from benchmarks.speed import against_0_1, devices, long_stems, stems, versions
from benchmarks.speed.against_0_1 import Bench, Figure
from benchmarks.speed.calls import RATE, Answer, Request, stem
from benchmarks.speed.versions import Process, Version

EFFECTS = """
class StyleTransfer:
    def __init__(self, preset): self.preset, self.on_progress = preset, None
    def __call__(self, audio, rate):
        tell = self.on_progress or (lambda fraction, stage: None)
        tell(0.0, "first")
        sum(range(100_000))
        tell(0.9, "second")
        assert self.preset in ("violin", "flute", "trumpet", "grand-piano", "choir-aahs")
"""
COMMAND = """
import shutil, sys
from pathlib import Path
def start():
    if sys.argv[1] == "--help": return
    if sys.argv[1] == "fail": sys.exit("Something else.\\nIt is broken.")
    found, out = map(Path, sys.argv[2:4])
    if sys.argv[1] == "apply": shutil.copy(found, out)
    for preset in sys.argv[5::2] if sys.argv[1] == "batch" else []:
        shutil.copytree(found, out / preset)
"""


@pytest.fixture
def version(tmp_path):
    """A version of Restyle that does next to nothing."""
    tree = tmp_path / "tree"
    for package, code in {"effects": EFFECTS, "plugin_bridge": COMMAND, "presets": ""}.items():
        (tree / package).mkdir(parents=True)
        (tree / package / "__init__.py").write_text(code)
    (tree / "pyproject.toml").write_text('[project.scripts]\nrestyle = "plugin_bridge:start"\n')
    return Version("small", tree, tmp_path)


@pytest.fixture
def bench(version, tmp_path):
    return Bench(version, Version("other", version.tree, tmp_path), tmp_path, scale=0.01)


@pytest.mark.parametrize("clips", stems.STEMS.values(), ids=list(stems.STEMS))
def test_a_stem_is_stereo_of_its_length_and_repeats(clips):
    audio = stem(clips, 40)
    assert audio.shape == (2, 40 * RATE)
    assert audio.dtype == np.float32
    assert np.abs(audio[:, -10 * RATE :]).max(axis=1).min() > 0.01
    assert not np.array_equal(*audio)


def test_stems_of_different_turns_have_the_same_sound_in_another_order():
    clips = stems.STEMS["tabla"]
    first, again, other = stem(clips, 20, 1), stem(clips, 20, 1), stem(clips, 20, 2)
    assert np.array_equal(first, again)
    assert np.array_equal(first[:, 7919 : 8 * RATE], other[:, : 8 * RATE - 7919])
    assert not np.array_equal(first, other)


def test_a_stem_takes_little_memory_beside_its_own():
    tracemalloc.start()
    audio = stem(stems.LOOP, 120)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1.3 * audio.nbytes


def test_a_version_imports_its_own_packages_without_limits_of_threads(version, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    code = "import effects, os, sys; print(effects.__file__, 'OMP_NUM_THREADS' in os.environ)"
    command = version.python(code)
    done = subprocess.run(
        command, env=version.environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == [str(version.tree / "effects" / "__init__.py"), "False"]


def test_a_command_that_fails_is_told_by_its_last_line(version):
    version.run(version.restyle("--help"))
    with pytest.raises(RuntimeError, match=r"exit code 1: It is broken\.$"):
        version.run(version.restyle("--help"), version.restyle("fail"))


def test_a_process_answers_one_request_after_the_other(version):
    with Process(version) as process:
        one, two = (process(Request(stems.LOOP, 0.1, "violin", at_once=it)) for it in (1, 2))
    assert one.cpu_seconds > 0
    assert 0.02 < one.gigabytes <= two.gigabytes < 1
    assert set(one.shares) == {"first", "second"}
    assert sum(one.shares.values()) == pytest.approx(1)
    assert two.shares == {}


def test_a_process_that_has_ended_is_told(version, capfd):
    with Process(version) as process, pytest.raises(RuntimeError, match="has ended"):
        process(Request(stems.LOOP, 0.1, "kazoo"))
    assert "AssertionError" in capfd.readouterr().err


def test_versions_take_turns_and_get_the_same_stems_each_once(bench):
    asked, values = [], count()

    def measure(version, turn):
        asked.append((version.name, turn))
        return [next(values), turn]

    bench.medians(1, measure)
    values = count()
    asked.clear()
    first, turns = bench.medians(3, measure)
    assert [name for name, _ in asked] == ["small", "other", "other", "small", "small", "other"]
    assert first == (3, 2)  # the medians of 0, 3, 4 and of 1, 2, 5
    assert turns[0] == turns[1]
    assert sorted({turn for _, turn in asked}) == [turn for _, turn in asked][::2]
    assert all(turn >= against_0_1.ONCE for _, turn in asked)


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (Figure("it", "s", 2.8, 1.4, 0.5, of_old=True), ["2.8 s", "1.4 s", "0.50", "reached"]),
        (Figure("it", "s", 2.8, 1.41, 0.5, of_old=True), ["0.5 of it", "MISSED"]),
        (Figure("it", "GB", 1.83, 1.2, 1.2), ["1.2 GB", "reached"]),
        (Figure("it", "", 10.0, 1.31, 1.3), ["1.3", "0.13", "MISSED"]),
        (Figure("it", "ms", 113.0, 60.0), ["113 ms", "60 ms", "0.53"]),
    ],
)
def test_a_figure_says_whether_its_bar_is_reached(figure, said):
    line = str(figure)
    assert all(it in line for it in said)
    assert ("reached" in line or "MISSED" in line) == (figure.bar is not None)


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ("start", ["restyle --help", "import effects", "from effects import StyleTransfer"]),
        ("apply", ["restyle apply, 10 s of guitar", "restyle apply, tabla again, another preset"]),
        ("preset", ["in Python, 10 s of tabla", "in Python, guitar again, another preset"]),
        ("presets", ["five presets over 3 min, one command beside five"]),
        ("long", ["one second of 20 min of stereo", "peak memory, 20 min of stereo"]),
    ],
)
def test_a_row_measures_both_versions(bench, row, names):
    measure, _, _ = against_0_1.ROWS[row]
    figures = {it.name: it for it in measure(bench, 1)}
    assert set(names) <= set(figures)
    assert all(it.old > 0 and it.new > 0 for it in figures.values())


@pytest.mark.slow
def test_calls_at_once_are_compared_with_one_alone(bench, monkeypatch):
    monkeypatch.setattr(against_0_1, "AT_ONCE", (2,))
    figures = list(against_0_1.at_once(bench, 1))
    assert len(figures) == 3
    assert all(0 < it.new < 10 and it.bar == 1.3 for it in figures)


def test_one_command_with_several_presets_must_make_all_results(bench, version):
    command = version.tree / "plugin_bridge" / "__init__.py"
    command.write_text(command.read_text().replace("sys.argv[5::2]", "sys.argv[5:6]"))
    with pytest.raises(RuntimeError, match="batch with 5 presets made 1 results"):
        list(against_0_1.presets(bench, 1))


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_commit_is_written_into_a_folder(tmp_path, monkeypatch):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", "-C", tmp_path, *who, *arguments], check=True, capture_output=True)

    git("init")
    (tmp_path / "file").write_text("first")
    git("add", "file")
    git("commit", "-m", "first")
    git("tag", "v1")
    (tmp_path / "file").write_text("second")
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    versions.check_out("v1", tmp_path / "out")
    assert (tmp_path / "out" / "file").read_text() == "first"
    with pytest.raises(FileNotFoundError, match="0123abc is not in this clone"):
        versions.check_out("0123abc", tmp_path / "none")


def test_the_exponent_is_one_if_twice_as_long_costs_twice_as_much():
    assert long_stems.exponent(10, 3, 20, 6) == pytest.approx(1)
    assert long_stems.exponent(10, 3, 20, 12) == pytest.approx(2)
    cheap, dear = Answer(1.0, 2.0, 0.5, {}), Answer(60.0, 120.0, 1.5, {})
    first, second = long_stems.table({10.0: cheap, 600.0: dear})
    assert first.split() == ["10s", "1.0s", "100.0", "ms", "200.0", "ms", "0.50", "GB"]
    assert second.split()[-1] == "1.00"


def test_devices_are_those_that_torch_has_the_cpu_first(monkeypatch):
    monkeypatch.setattr(devices.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(devices.torch.cuda, "get_device_name", lambda: "A card")
    monkeypatch.setattr(devices.torch.backends.mps, "is_available", lambda: False)
    found = devices.devices()
    assert list(found) == ["cpu", "cuda"]
    assert found["cuda"] == "A card"


def test_the_difference_of_two_devices_is_relative_to_the_largest_sample():
    wanted = np.array([[0.0, -0.5, 0.25]], np.float32)
    assert devices.difference_db(wanted, wanted) == -np.inf
    assert devices.difference_db(wanted + np.float32(0.005), wanted) == pytest.approx(-40, abs=1e-3)


def test_without_a_gpu_the_cpu_has_the_only_rows(monkeypatch, capsys):
    monkeypatch.setattr(devices, "devices", lambda: {"cpu": "CPU"})
    monkeypatch.setattr(devices, "SHORT", 0.2)
    monkeypatch.setattr("sys.argv", ["devices", "--engines", "infinite", "--seconds", "0.2"])
    devices.main()
    printed = capsys.readouterr().out
    assert "no GPU" in printed
    (row,) = [line for line in printed.splitlines() if line.startswith("infinite")]
    assert row.split()[1] == "CPU"
    assert float(row.split()[-1]) > 0
