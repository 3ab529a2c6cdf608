"""What a folder of music holds: layouts of published data sets, and any other."""

import pytest

from effects.latent.own.folder import pieces_in

TRACKS = (
    ",album,set,track,track\n"
    ",title,subset,genre_top,title\n"
    "track_id,,,,\n"
    '2,AWOL,small,Hip-Hop,"Food, and more"\n'
    "140,x,small,,Untold\n"
)


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def labels(folder):
    return {it.name: it.label for it in pieces_in(folder)}


def test_gtzans_folders_are_genres(tmp_path):
    touch(tmp_path, *(f"genres/{g}/{g}.0000{n}.wav" for g in ("blues", "rock") for n in (0, 1)))
    touch(tmp_path, "images/blues00000.png", "features.csv", "genres/blues/._blues.00000.wav")

    assert labels(tmp_path) == {
        f"genres/{g}/{g}.0000{n}.wav": g for g in ("blues", "rock") for n in (0, 1)
    }


@pytest.mark.parametrize(
    "place", ["fma/tracks.csv", "fma/fma_metadata/tracks.csv", "fma_metadata/tracks.csv"]
)
def test_fmas_table_names_tracks_and_genres(tmp_path, place):
    touch(tmp_path, "fma/000/000002.mp3", "fma/000/000140.mp3", "fma/001/001000.mp3", place)
    (tmp_path / place).write_text(TRACKS)

    found = [(it.name, it.title, it.label) for it in pieces_in(tmp_path / "fma")]

    assert found == [
        ("000/000002.mp3", "Food, and more", "Hip-Hop"),
        ("000/000140.mp3", "Untold", ""),
        ("001/001000.mp3", "001000", ""),
    ]


@pytest.mark.parametrize(
    "text", ["", "a,b\n", TRACKS + "x,1,2,3,4\n", TRACKS.replace("genre_top", "g"), TRACKS + "7\n"]
)
def test_a_table_that_is_damaged_is_named(tmp_path, text):
    touch(tmp_path, "000/000002.mp3")
    (tmp_path / "tracks.csv").write_text(text)

    with pytest.raises(ValueError, match=r"^[^\n]*tracks\.csv' is damaged[^\n]*$"):
        pieces_in(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ["a.wav", "b.FLAC", "deep/er/c.ogg"],
        ["000/000002.mp3", "000/000003.mp3", "001/001000.mp3", "001/001001.mp3"],
        ["one/a.wav", "one/b.wav", "two/c.wav"],
    ],
)
def test_of_other_folders_all_sounds_are_taken_without_genres(tmp_path, names):
    touch(tmp_path, *names, "notes.txt", ".hidden/x.wav")

    assert labels(tmp_path) == dict.fromkeys(names, "")


def test_folders_without_music_are_refused(tmp_path):
    touch(tmp_path, "notes.txt")

    with pytest.raises(ValueError, match="no sound"):
        pieces_in(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        pieces_in(tmp_path / "none")
    with pytest.raises(NotADirectoryError, match="is a file"):
        pieces_in(tmp_path / "notes.txt")
