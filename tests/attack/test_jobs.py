"""Jobs under blows end once each, with the right bits; see `support.attack.jobs`."""

import pytest
from support.attack.jobs import BLOWS, endure
from support.disks import small_disk

BLOWS_HERE = [it for it in BLOWS if it != "pause"]  # which has a test of its own, as it takes long


@pytest.mark.slow
def test_jobs_outlast_kills_full_disks_and_a_jumping_clock(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    try:
        with (
            small_disk(tmp_path / "journal-disk", "8M"),
            small_disk(tmp_path / "disk", "8M") as disk,
        ):
            ledger = endure(root, 50, BLOWS_HERE, disk=disk)
    except PermissionError:  # only root has such disks
        ledger = endure(root, 50, [it for it in BLOWS_HERE if "disk" not in it])
    print(ledger)
    assert sum(ledger.blows.values()) >= 2
