"""benchmarks/speed/chains.py: a chain beside pedalboard itself."""

import numpy as np
import pytest

from benchmarks.speed import chains


def test_every_call_has_a_row_that_says_whether_it_is_fast_enough(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["chains", "--seconds", "0.2", "0.3", "--runs", "2"])
    assert chains.main() in (0, 1)
    lines = [it for it in capsys.readouterr().out.splitlines() if it.startswith(("mono", "stereo"))]
    assert len(lines) == 2 * 2 * len(chains.CALLS)
    assert sum(it.endswith(("reached", "MISSED")) for it in lines) == 2 * 2 * len(chains.BARRED)
    assert lines[0].startswith("mono, 0.2 s")
    assert lines[-1].startswith("stereo, 0.3 s   with progress")


@pytest.mark.parametrize(("ratio", "said"), [(1.049, "reached"), (1.051, "MISSED")])
def test_a_row_is_held_against_the_bar(ratio, said):
    row = str(chains.Row(2, 10.0, "first call", 0.5, ratio))
    assert row.endswith(said)
    assert "500.0 ms" in row


def test_another_sound_is_no_result(tmp_path, monkeypatch):
    path = tmp_path / "eight.toml"
    path.write_text(chains.CHAIN)
    load, boards = chains.Pedalboard.load, []

    def other_settings(path):
        boards.append(load(path))
        boards[-1][-1].gain_db = len(boards)
        return boards[-1]

    monkeypatch.setattr(chains.Pedalboard, "load", other_settings)
    with pytest.raises(ValueError, match="does not sound as pedalboard's does"):
        chains.rows(path, np.ones((1, 900), np.float32), 1)
