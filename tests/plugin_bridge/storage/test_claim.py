"""Storage belongs to one journal: files that it does not know are never taken for orphans."""

import pytest

from plugin_bridge.storage.claim import claim
from plugin_bridge.storage.local import LocalFiles

MINE, OTHERS = bytes(32), bytes(range(32))


def test_an_empty_place_is_the_journals_from_then_on(tmp_path):
    files = LocalFiles(tmp_path / "data")
    claim(files, "data", MINE)
    with files.writing("jobs/a.flac") as file:
        file.write(b"sound")
    claim(files, "data", MINE)  # at the next start
    with pytest.raises(ValueError, match="data has files that this journal does not know"):
        claim(files, "data", OTHERS)


def test_a_folder_with_a_users_own_files_is_refused(tmp_path):
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "holiday.wav").write_bytes(b"sound")
    with pytest.raises(ValueError, match="give an empty place with --data"):
        claim(LocalFiles(tmp_path), str(tmp_path), MINE)
    assert [it.name for it in tmp_path.iterdir()] == ["uploads"]
