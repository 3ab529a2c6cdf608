"""A folder of mashups: names are read as people write them, and what is unclear is named."""

from pathlib import Path

import pytest

from effects.mashing.own.folder import mashups_in


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


def test_each_mashup_comes_with_its_two_songs(tmp_path):
    names = ("[2][b].mp3", "[2][1][x].mp3", "[2][2][y].mp3", "[10][a].mp3")
    fill(tmp_path, *names, "[10][1][x].mp3", "[10][2][z [live]].mp3")

    found, skipped = mashups_in(tmp_path)

    assert [it.index for it in found] == [2, 10]
    assert [it.name for it in found[1].originals] == ["[10][1][x].mp3", "[10][2][z [live]].mp3"]
    assert skipped == []


@pytest.mark.parametrize(
    "names",
    [
        ("[1][a].MP3", "[1][1][b].Flac", "[1][2][c].wav"),
        (" [01] [a].mp3", "[ 1 ] [ 1 ] [b] .mp3", "[1][2][].ogg"),
        ("[1][1999].mp3", "[1][1][1999].mp3", "[1][2][7].mp3"),
        ("[1][a].mp3", "[1][0][b].mp3", "[1][1][c].mp3"),
    ],
)
def test_names_are_read_as_people_write_them(tmp_path, names):
    found, skipped = mashups_in(fill(tmp_path, *names))

    assert (found[0].path.name, *(it.name for it in found[0].originals)) == names
    assert len(found) == 1
    assert skipped == []


def test_other_files_are_passed_over(tmp_path):
    fill(tmp_path, "[1][a].mp3", "[1][1][b].mp3", "[1][2][c].mp3", "notes.txt", "._[1][a].mp3")
    (tmp_path / "[3][folder].mp3").mkdir()

    found, skipped = mashups_in(tmp_path)

    assert (len(found), skipped) == (1, [])


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["[1][a].mp3"], "no original"),
        (["[1][a].mp3", "[1][2][c].mp3"], "one original"),
        (["[1][a].mp3", "[1][1][b].mp3", "[1][2][c].mp3", "[1][3][d].mp3"], "3 originals"),
        (["[1][1][b].mp3", "[1][2][c].mp3"], "no mashup"),
        (["[1][a].mp3", "[1][a].wav", "[1][1][b].mp3", "[1][2][c].mp3"], "two files"),
    ],
)
def test_what_is_unclear_is_left_out_with_the_reason(tmp_path, names, reason):
    found, skipped = mashups_in(fill(tmp_path, *names))

    assert found == []
    assert [reason in it.reason for it in skipped] == [True]


def test_a_sound_with_another_name_is_named(tmp_path):
    fill(tmp_path, "[1][a].mp3", "[1][1][b].mp3", "[1][2][c].mp3", "song.mp3")

    _, skipped = mashups_in(tmp_path)

    assert [it.name for it in skipped] == ["song.mp3"]


def test_a_folder_without_mashups_is_refused_with_the_naming(tmp_path):
    with pytest.raises(ValueError, match=r"\[1\]\[name\]\.mp3"):
        mashups_in(tmp_path)


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        mashups_in(tmp_path / "none")
    with pytest.raises(NotADirectoryError, match="is a file"):
        mashups_in(fill(tmp_path, "song.mp3") / "song.mp3")
