"""The ports of a server: free, a server of Restyle's, or something else."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator

from plugin_bridge.doctor.fact import Fact
from plugin_bridge.osc.addresses import HOST, PORT

WEB_PORT = 8471  # as `plugin_bridge.serve` has it, which would load half of the server
#: How long a server on this machine may take to answer, and how much is read. Not searched.
PATIENCE_SECONDS = 1.0
MOST_BYTES = 4 << 20

FREE, SERVER, OTHER = "free", "restyle", "other"


def ports(*, osc_port: int = PORT, web_port: int = WEB_PORT) -> Iterator[Fact]:
    """What answers at the ports that ``restyle serve`` takes if it is not told otherwise."""
    yield _fact("osc", osc_port, look_at_osc, "--port N")
    yield _fact("http", web_port, look_at_http, "--web-port N")


def _fact(name: str, port: int, look: Callable[[int], str], option: str) -> Fact:
    found = look(port)
    words = {FREE: "free", SERVER: "a server of Restyle's", OTHER: "taken by another program"}
    trouble = (
        f"Another program has the port {port}, which restyle serve takes for {name.upper()}: end "
        f"it, or give restyle serve {option}."
        if found == OTHER
        else ""
    )
    return Fact(name, {"port": port, "state": found}, f"port {port}: {words[found]}", trouble)


def look_at_osc(port: int) -> str:
    """What has this UDP port of this machine: `FREE`, `SERVER` or `OTHER`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            pass
        else:
            return FREE
    from plugin_bridge.osc.client import Client

    try:
        with Client(HOST, port, timeout_seconds=PATIENCE_SECONDS) as client:
            client.version()
    except (OSError, ValueError, TypeError):  # silence, or an answer that means something else
        return OTHER
    return SERVER


def look_at_http(port: int) -> str:
    """What has this TCP port of this machine: `FREE`, `SERVER` or `OTHER`."""
    link = http.client.HTTPConnection(HOST, port, timeout=PATIENCE_SECONDS)
    try:
        link.request("GET", "/openapi.json")
        about = json.loads(link.getresponse().read(MOST_BYTES))
        return SERVER if about["info"]["title"] == "Restyle" else OTHER
    except ConnectionRefusedError:
        return FREE
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return OTHER
    finally:
        link.close()
