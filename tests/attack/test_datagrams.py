"""A good client is answered beside floods; see `support.attack.datagrams`."""

import pytest
from support.attack.datagrams import FLOODS, flood
from support.servers import serve


@pytest.mark.slow
@pytest.mark.parametrize("ports", [1, 200])
def test_a_good_client_is_answered_beside_any_flood(tmp_path, ports):
    with serve(tmp_path, "--workers", "1") as server:
        for kind in FLOODS:
            answers = flood(server.port, kind, 50_000, ports=ports)
            print(f"{kind}, {ports} ports: {answers}")
            assert answers.median < 1
        assert server.stop() == 0
        assert not server.errors.read_text()
