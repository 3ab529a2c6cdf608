"""Jobs under blows end once each, with the right bits; see `support.attack.jobs`."""

import pytest
from support.attack.jobs import BLOWS, endure, small_disk


@pytest.mark.slow
def test_jobs_outlast_kills_pauses_full_disks_and_a_jumping_clock(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    try:
        with (
            small_disk(tmp_path / "journal-disk", "8M"),
            small_disk(tmp_path / "disk", "8M") as disk,
        ):
            ledger = endure(root, 50, list(BLOWS), disk=disk)
    except PermissionError:  # only root has such disks
        ledger = endure(root, 50, [it for it in BLOWS if "disk" not in it])
    print(ledger)
    assert sum(ledger.blows.values()) >= 3
