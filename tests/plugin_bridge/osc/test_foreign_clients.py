"""Programs that people use OSC with, sending jobs to a real server."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from pythonosc.udp_client import SimpleUDPClient
from support.chains import HALL, add_chain
from support.servers import HOST, restyled_here, serve, sound, stem, wait_for

from effects.board import Pedalboard

CLIENTS = Path(__file__).parent / "clients"
STRENGTH = 1.0  # what it would be anyway, and exact in 32 bits


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("clients") / "root"
    stem(root / "in.wav", 0.3, 8000)
    return root


@pytest.fixture(scope="module")
def server(folder, session_cache):
    with serve(folder, "--workers", "1", env={"RESTYLE_CACHE_DIR": str(session_cache)}) as server:
        yield server


@pytest.fixture
def expected(folder, tmp_path):
    return restyled_here(folder / "in.wav", tmp_path / "own.wav", strength=STRENGTH)


@contextmanager
def running(*command: object, log: Path):
    """A program that goes on until the block ends; what it says goes to ``log``."""
    with log.open("w") as file:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((HOST, 0))
        return udp.getsockname()[1]


# liblo


def oscsend(server, address: str, types: str = "", *values: object) -> None:
    words = [program("oscsend"), HOST, server.port, address, *([types] if types else []), *values]
    subprocess.run([str(word) for word in words], check=True)


@contextmanager
def dumping(server, log: Path):
    """Oscdump writes what every client is told to ``log``, until the block ends."""
    port = free_port()
    with running(program("oscdump"), "-L", port, log=log) as dump:

        def notified():
            assert dump.poll() is None
            oscsend(server, "/restyle/notify", "ii", 1, port)
            return '/restyle/done si "notify"' in log.read_text()

        wait_for(notified)
        yield log
        oscsend(server, "/restyle/notify", "ii", 0, port)


def test_oscsend_submits_and_oscdump_hears(server, folder, expected, tmp_path):
    with dumping(server, tmp_path / "dump.txt") as log:
        oscsend(server, "/restyle/submit", "ssss", "liblo", "in.wav", "liblo.wav", "violin")
        wait_for(lambda: '/restyle/done sssiif "submit" "liblo"' in log.read_text())
    assert np.array_equal(sound(folder / "liblo.wav"), expected)
    lines = [line for line in log.read_text().splitlines() if "/restyle/progress sfs" in line]
    assert lines
    assert f'"{folder / "liblo.wav"}" 2400 8000 ' in log.read_text()


def test_oscsend_names_a_chain_and_a_parameter_of_one_of_its_effects(tmp_path, session_cache):
    add_chain("my-hall", HALL)
    root = tmp_path / "root"
    stem(root / "in.wav", 0.3, 8000)
    with serve(root, "--workers", "1") as server, dumping(server, tmp_path / "dump.txt") as log:
        job = ("liblo", "in.wav", "liblo.wav", "my-hall", "reverb.wet_level", 0.5)
        oscsend(server, "/restyle/submit", "sssssf", *job)
        wait_for(lambda: '/restyle/done sssiif "submit" "liblo"' in log.read_text())
        oscsend(server, "/restyle/submit", "sssssf", "b", *job[1:4], "reverb.wet", 0.5)
        wait_for(lambda: "bad_setting" in log.read_text())
    assert "wet_level" in log.read_text().partition("bad_setting")[2]
    board = Pedalboard.load("my-hall")
    board[1].wet_level = 0.5
    assert np.array_equal(sound(root / "liblo.wav").T, board(sound(root / "in.wav").T, 8000))


def test_python_osc_lists_chains_and_what_can_be_set_of_one(tmp_path):
    add_chain("my-hall", HALL)
    stem(tmp_path / "root" / "in.wav", 0.3, 8000)
    heard = []
    with (
        serve(tmp_path / "root", "--workers", "1") as server,
        SimpleUDPClient(HOST, server.port) as client,
    ):
        for address, given in (("chain/list", []), ("param/list", ["my-hall"])):
            client.send_message(f"/restyle/{address}", given)
            heard += client.get_messages(timeout=2)  # of silence, after the last one
    chains = [tuple(it.params) for it in heard if it.address == "/restyle/chain"]
    assert "my-hall" in {name for _, _, name, _ in chains}
    assert len(chains) == chains[0][1]
    names = {it.params[0] for it in heard if it.address == "/restyle/param"}
    assert {"gain_db", "reverb.wet_level", "highpassfilter.cutoff_frequency_hz"} <= names


@pytest.mark.parametrize(
    ("name", "types", "given"),
    [
        ("floats", "sssssfsf", ["violin", "strength", 1.0, "mix", 1]),
        ("ints", "sssssisi", ["40", "mix", 1, "seed", 0]),
        ("doubles", "sssssdsh", ["violin", "strength", 1.0, "seed", 0]),
        ("booleans", "sssssTsF", ["violin", "mix", "gain_db"]),
        ("alone", "ssssf", ["violin", 1.0]),
    ],
)
def test_oscsend_numbers_of_every_type(server, folder, expected, name, types, given):
    oscsend(server, "/restyle/submit", types, name, "in.wav", f"{name}.wav", *given)
    assert server.wait(name, "done", "failed") == "done"
    assert np.array_equal(sound(folder / f"{name}.wav"), expected)


def test_oscdump_hears_and_the_log_has_what_is_refused_to_oscsend(server, tmp_path):
    """Which cannot hear it itself."""
    with dumping(server, tmp_path / "dump.txt") as log:
        oscsend(server, "/restyle/submit", "ssss", "lost", "gone.wav", "lost.wav", "violin")
        wait_for(lambda: '/restyle/fail ssss "/restyle/submit" "lost"' in log.read_text())
    assert log.read_text().count('"lost" "not_found"') == 1
    lines = [it for it in server.entries() if it["event"] == "refused" and it.get("job") == "lost"]
    assert [(it["request"], it["code"]) for it in lines] == [("/restyle/submit", "not_found")]
    assert "gone.wav" in lines[0]["why"]


def test_what_is_no_osc_is_in_the_log(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"hello", (HOST, server.port))  # Linux drops it before the server reads it
        udp.sendto(b"/a\0\0,x\0\0", (HOST, server.port))
    events = ("datagrams dropped", "no OSC message: its arguments are of an unknown type")
    wanted = events if sys.platform == "linux" else events[1:]
    wait_for(lambda: {*wanted} <= {it["event"] for it in server.entries()})


# Pure Data


def test_pure_data_submits_and_hears(server, folder, expected, tmp_path):
    log = tmp_path / "pd.txt"
    command = [program("pd"), "-nogui", "-noaudio", "-nomidi", "-nrt"]
    command += ["-send", f"port {server.port}"]
    command += ["-send", f"submit pd in.wav pd.wav violin strength {STRENGTH}"]
    with running(*command, CLIENTS / "submit.pd", log=log):
        wait_for(lambda: "restyle done submit pd" in log.read_text())
    assert np.array_equal(sound(folder / "pd.wav"), expected)
    assert "restyle accepted pd" in log.read_text()
    assert "restyle progress pd" in log.read_text()


# npm


@pytest.fixture(scope="module")
def node_folder(tmp_path_factory):
    """A folder with the libraries."""
    npm, _ = program("npm"), program("node")
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "client.js"):
        shutil.copy(CLIENTS / name, folder)
    command = [npm, "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm cannot reach its registry")
    if done.returncode:
        pytest.skip(f"npm install failed: {done.stderr[-300:]}")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("library", ["osc", "node-osc", "osc-js"])
def test_npm_libraries_submit_and_hear(server, folder, expected, node_folder, library):
    words = [server.port, library, "in.wav", f"{library}.wav", "violin", STRENGTH]
    done = subprocess.run(
        ["node", "client.js", library, *map(str, words)],
        cwd=node_folder,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    heard = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{heard} {done.stderr}"
    assert ["/restyle/accepted", library] in [message[:2] for message in heard] or (
        library == "node-osc"
    )
    assert [message[:2] for message in heard if message[0] == "/restyle/progress"]
    assert heard[-1][:4] == ["/restyle/done", "submit", library, str(folder / f"{library}.wav")]
    assert heard[-1][4:6] == [2400, 8000]
    assert np.array_equal(sound(folder / f"{library}.wav"), expected)
