"""restyle doctor: what it finds, and what it says is wrong."""

import json
import socket
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import metadata
from pathlib import Path

import pytest
from support.stand_in import StandIn

from plugin_bridge import serve
from plugin_bridge.cli import main
from plugin_bridge.doctor import installation, ports

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"

LOOKS = ports.look_at_osc, ports.look_at_http


@pytest.fixture(autouse=True)
def free_ports(monkeypatch):
    """The server's usual ports are free, whatever runs on this machine."""
    for look in ("look_at_osc", "look_at_http"):
        monkeypatch.setattr(ports, look, lambda port: ports.FREE)


def doctor(capsys, *arguments):
    code = main.run(["doctor", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_all_is_well(capsys):
    code, out, err = doctor(capsys)
    assert (code, err) == (0, "")
    assert out.endswith("All is well.\n")
    for part in ("restyle", "torch", "cuda", "cache", "presets", "port 9471: free"):
        assert part in out


def test_programs_have_it_as_json(capsys, fresh_cache, data_folder):
    code, out, err = doctor(capsys, "--json")
    found = json.loads(out)
    assert (code, err, found["troubles"]) == (0, "", [])
    assert found["versions"]["torch"] == metadata.version("torch")
    assert found["folders"]["cache"] == {"folder": str(fresh_cache), "bytes": 0}
    assert found["folders"]["presets"]["folder"] == str(data_folder / "presets")
    assert found["ports"]["http"] == {"port": serve.WEB_PORT, "state": "free"}
    assert found["devices"]["cpu"] >= 1


def test_broken_presets_are_troubles(capsys, data_folder):
    (data_folder / "presets" / "mine").mkdir(parents=True)
    code, out, err = doctor(capsys)
    assert code == 2
    assert "0 of yours, 1 broken" in out
    assert "All is well" not in out
    [line] = err.splitlines()
    assert line.startswith("restyle: The preset ")
    assert "it has no preset.toml" in line


def test_libraries_that_are_missing_or_do_not_fit_are_troubles(capsys, monkeypatch):
    lines = ["numpy>=999", "there-is-no-such<2,>=1", 'pytest>=999; extra == "test"']
    monkeypatch.setattr(installation, "requires", lambda name: lines)
    code, _, err = doctor(capsys)
    assert code == 2
    assert err.splitlines() == [
        f"restyle: numpy {metadata.version('numpy')} does not fit: pip install 'numpy>=999'.",
        "restyle: there-is-no-such is missing: pip install 'there-is-no-such<2,>=1'.",
    ]


def test_another_package_of_our_names_is_a_trouble(capsys, monkeypatch):
    real = metadata.version
    monkeypatch.setattr(installation, "version", lambda it: "7" if it == "effects" else real(it))
    code, _, err = doctor(capsys)
    assert code == 2
    assert "Another package effects 7 is installed in the same place: pip uninstall effects" in err


def test_a_cache_that_cannot_be_written_is_a_trouble(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    code, _, err = doctor(capsys)
    assert code == 2
    assert "set RESTYLE_CACHE_DIR to a folder of yours" in err


def test_a_port_of_another_program_is_a_trouble(capsys, monkeypatch):
    monkeypatch.setattr(ports, "look_at_http", lambda port: ports.OTHER)
    code, out, err = doctor(capsys)
    assert code == 2
    assert "port 8471: taken by another program" in out
    assert "give restyle serve --web-port N" in err


def test_every_extra_for_users_is_looked_for(monkeypatch):
    extras = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    assert installation.EXTRAS.keys() == extras.keys() - {"test", "dev"}
    monkeypatch.setattr(installation, "find_spec", lambda name: None)
    midi = next(it for it in installation.extras() if it.name == "midi")
    assert (midi.value, midi.text) == (False, "no: pip install 'restyle[midi]'")


def test_torch_is_not_loaded_where_there_is_no_driver():
    code = (
        "import sys; from plugin_bridge.doctor import machine; machine.DRIVERS = ();"
        "list(machine.devices()); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == ("True\n" if sys.platform == "darwin" else "False\n")


# Ports


@pytest.fixture
def looks(monkeypatch):
    """The real looks, which `free_ports` has replaced, and not so patient."""
    monkeypatch.setattr(ports, "PATIENCE_SECONDS", 0.2)
    return LOOKS


class Page(BaseHTTPRequestHandler):
    """Answers whatever is asked with ``content``."""

    content = b""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def page():
    """The port of a server whose answer is `Page.content`."""
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_has_a_udp_port(looks):
    look = looks[0]
    server = StandIn()
    try:
        assert look(server.port) == ports.SERVER
    finally:
        server.close()
    assert look(server.port) == ports.FREE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        assert look(other.getsockname()[1]) == ports.OTHER


def test_what_has_a_tcp_port(looks, page, monkeypatch):
    look = looks[1]
    for content, expected in (
        (b'{"info": {"title": "Restyle", "version": "0.1.0"}}', ports.SERVER),
        (b'{"info": {"title": "Petstore"}}', ports.OTHER),
        (b"<html>", ports.OTHER),
        (b"[]", ports.OTHER),
    ):
        monkeypatch.setattr(Page, "content", content)
        assert look(page) == expected
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        assert look(port) == ports.FREE  # nobody listens
        silent.listen()
        assert look(port) == ports.OTHER


def test_the_ports_are_those_of_the_server():
    assert (ports.PORT, ports.WEB_PORT) == (serve.PORT, serve.WEB_PORT)
