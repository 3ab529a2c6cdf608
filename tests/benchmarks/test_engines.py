"""benchmarks/engines.py: what it runs, what it gives the engines, and its table."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from support.networks import light, save, torchvggish
from support.sounds import melody

from benchmarks import engines
from benchmarks.quality import sounds, tables, triplets
from effects import StyleTransfer
from effects.engines import ENGINES
from effects.engines.gram.infinite import Infinite
from presets.studio.score import Note, Score

RATE = sounds.RATE


@pytest.fixture
def weights(tmp_path):
    return save(tmp_path / "mine.pth", "vggish-10086976.pth", light(torchvggish()))


@pytest.fixture
def clips():
    content, style = (melody(0.5, RATE, seed=seed)[0] for seed in (0, 1))
    return engines.Clips(triplets.triplet(1, poly=False, near=True), content, style, content)


@dataclass(frozen=True)
class FakeStudio:
    """Plays a ramp for whatever is asked."""

    folder: Path

    def clip(self, instrument, score):
        path = self.folder / f"{instrument.name}.wav"
        sounds.write(path, np.linspace(0, 0.5, round(score.seconds * RATE), dtype=np.float32))
        return path


def result(right=False, seconds=10.0, **figures):
    return tables.Result(0, figures or None, "brass", right, seconds)


def figures(value):
    return dict.fromkeys((*engines.NAMES, "onset F", "loudness"), value)


def rows(text):
    """Of a Markdown table: by the first two cells, the others."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    head, _, *body = lines
    assert {len(line) for line in lines} == {len(head)}
    return head, {(row[0], row[1]): dict(zip(head[2:], row[2:], strict=True)) for row in body}


def test_all_engines_run_and_one_with_a_file_also_without(weights):
    found = engines.chosen(list(ENGINES), [("vggish", str(weights))])
    plain = [engine for engine in found if engines.origin(engine) != "mine.pth"]
    assert [engine.name for engine in plain] == list(ENGINES)
    (trained,) = [engine for engine in found if engine not in plain]
    assert found.index(trained) == list(ENGINES).index("vggish") + 1
    origins = {engine.name: engines.origin(engine) for engine in plain}
    random = {"random_cnn_1d", "random_cnn_2d", "vgg19", "vggish", "cnn14"}
    assert {name for name, weights in origins.items() if weights == "random"} == random
    assert origins["infinite"] == "none"


@pytest.mark.parametrize("name", ["vgg19", "vgg99"])
def test_weights_for_an_engine_that_is_not_run_are_refused(weights, name):
    with pytest.raises(ValueError, match=f"weights for '{name}', which is none of the engines"):
        engines.chosen(["infinite", "vggish"], [(name, str(weights))])


def test_what_is_wrong_is_told_in_a_line(tmp_path, capsys):
    wrong = ["--work", str(tmp_path / "work"), "--engine", "infinite", "--weights"]
    assert engines.main([*wrong, f"vggish={Path(__file__)}"]) == 2
    assert capsys.readouterr().err.startswith("engines.py: There are weights for 'vggish'")
    for bad in ("vggish", "vggish=gone.pth"):
        with pytest.raises(SystemExit) as ended:
            engines.main([*wrong, bad])
        assert ended.value.code == 2
    assert not (tmp_path / "work").exists()


def test_a_score_is_cut_where_its_clip_is():
    score = Score((Note(0.0, 1.0, 60, 90), Note(1.5, 1.0, 62, 90), Note(2.5, 1.0, 64, 90)), 8.0)
    cut = engines.beginning(score, 2.0)
    assert cut == Score((Note(0.0, 1.0, 60, 90), Note(1.5, 0.5, 62, 90)), 2.0)
    assert engines.beginning(score, 8.0) == score


def test_clips_have_the_length_that_is_asked_for(tmp_path):
    triplet = triplets.triplet(1, poly=False, near=True)
    clips = engines.rendered(FakeStudio(tmp_path), triplet, 2.5)
    assert {clip.size for clip in (clips.content, clips.style, clips.target)} == {round(2.5 * RATE)}
    assert clips.triplet.style == triplet.style
    assert clips.triplet.notes.seconds == 2.5


def test_an_output_is_made_once_for_the_same_clips_and_options(tmp_path, clips, monkeypatch):
    made = []
    call = StyleTransfer.__call__

    def counted(self, *arguments):
        made.append(self.engine)
        return call(self, *arguments)

    monkeypatch.setattr(StyleTransfer, "__call__", counted)
    output, seconds = engines.restyled(Infinite(), clips, 0.5, tmp_path)
    assert output.size == clips.content.size
    assert seconds > 0
    again, the_same = engines.restyled(Infinite(), clips, 0.5, tmp_path)
    assert len(made) == 1
    assert (again == output).all()
    assert the_same == seconds
    engines.restyled(Infinite(width=5), clips, 0.5, tmp_path)
    engines.restyled(Infinite(), clips, 0.8, tmp_path)
    other = engines.Clips(clips.triplet, clips.style, clips.content, clips.target)
    engines.restyled(Infinite(), other, 0.5, tmp_path)
    assert len(made) == 4


def test_an_output_does_not_depend_on_where_the_weights_lie(tmp_path, clips, weights):
    work = tmp_path / "work"
    work.mkdir()
    moved = tmp_path / "elsewhere.pth"
    for path in (weights, moved):
        if path == moved:
            weights.rename(moved)
        (engine,) = (it for it in engines.chosen(["vggish"], [("vggish", str(path))]) if it.weights)
        engines.restyled(engine, clips, 0.0, work)
    assert len(list(work.glob("*.wav"))) == 1


def test_the_table_has_ratios_to_the_content_and_says_whose_the_weights_are(weights):
    chosen = engines.chosen(["infinite", "vggish"], [("vggish", str(weights))])
    by_label = {engine.label: engine for engine in chosen}
    results = {
        tables.BASELINE: [result(**figures(0.4))] * 2,
        "infinite": [result(True, **figures(0.1)), result(**figures(0.3))],
        "vggish (random weights, seed 0)": [result(True, **figures(0.8)), result()],
        "vggish (mine.pth)": [result(True, 90.0, **figures(0.4))] * 2,
        tables.TARGET: [result(True, **figures(0.0))] * 2,
    }
    head, found = rows(engines.table(results, by_label, counts=True))
    assert head[1] == "weights"
    assert list(found) == [
        ("copy content", ""),
        ("infinite", "none"),
        ("vggish", "random"),
        ("vggish", "mine.pth"),
        ("the target itself", ""),
    ]
    for name in engines.NAMES:
        column = [row[name] for row in found.values()]
        assert column == ["1.00", "0.50", "2.00", "1.00", "0.00"]
    assert [row["instrument named"] for row in found.values()] == [
        *("0.00", "0.50", "0.50", "1.00", "1.00")
    ]
    assert found["infinite", "none"]["onset F"] == "0.20"
    assert found["vggish", "mine.pth"]["CPU seconds"] == "90"
    assert found["copy content", ""]["CPU seconds"] == ""
    _, unsure = rows(engines.table(results, by_label, counts=False))
    assert {row["instrument named"] for row in unsure.values()} == {"–"}
    silent = {tables.BASELINE: [result(**figures(0.4))], "infinite": [result()]}
    _, unheard = rows(engines.table(silent, by_label, counts=True))
    assert unheard["infinite", "none"]["lsd"] == "–"
    text = json.loads(json.dumps(engines.described(results, by_label, seconds=4.0, strength=0.5)))
    assert text["rows"]["vggish (mine.pth)"]["weights"] == "mine.pth"
    assert text["rows"]["infinite"]["ratio"]["lsd"] == pytest.approx(0.5)
    assert len(text["rows"]["infinite"]["outputs"]) == 2
