"""Jobs over HTTP while servers and workers are killed."""

import pytest
from support.attack.web import endure, several
from support.web import web

pytestmark = pytest.mark.slow


def test_each_accepted_job_ends_once_and_costs_once(tmp_path):
    with web(tmp_path / "server", "--workers", "2") as server:
        endure(tmp_path, [server], 12, 4)


@pytest.mark.filterwarnings("ignore")  # distributed's own, also when a worker is killed
def test_two_servers_that_share_a_database_a_bucket_and_workers_lose_nothing(tmp_path):
    pytest.importorskip("distributed")
    several(tmp_path, 6, 2)
