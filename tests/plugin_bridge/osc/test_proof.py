"""Beyond loopback: a host that has not proved that it is there is sent no more than it sent."""

import socket
import time

import pytest
from support.datagrams import bundle
from support.desk import ME, at_desk
from support.servers import ask, serve
from support.stand_in import StandIn

from plugin_bridge.osc import proof as module
from plugin_bridge.osc.addresses import COMMANDS
from plugin_bridge.osc.client import Client, NoServer, Refused
from plugin_bridge.osc.datagram import encode, read
from plugin_bridge.osc.hosts import is_here, is_loopback
from plugin_bridge.osc.proof import Proofs

FAR, FAR_TOO, OTHER = ("198.51.100.1", 5000), ("198.51.100.1", 6000), ("198.51.100.2", 5000)
GIVEN = {"i": 1, "f": 0.5, "s": "x"}
DATAGRAMS = [
    *(
        encode(address, *(GIVEN[kind] for kind in command.types), types=command.types)
        for address, command in COMMANDS.items()
    ),
    encode("/restyle/param/list", "violin"),
    encode("/restyle/notify", 1, 7000),
    encode("/restyle/version", 1),
    encode("/restyle/nothing"),
    encode("/restyle/version.reply", "restyle", "0.1", 1),
    encode("/cookie", 1, 2, 3),
    encode("/cookie", "x" * 500),
    bundle(*[encode("/restyle/preset/list")] * 20),
    bundle(encode("/cookie", "1234567"), encode("/restyle/help")),
    bundle(),
    b"/a\0\0",
    b"/restyle/help\0\0\0",
    b"/restyle/" + b"\xff" * 91,
    b"/cookie\0" + b"\xff" * 8,
]


def at_once(desk, data, client):
    """The datagrams that are sent in the moment when one comes, to whomever."""
    before = len(desk.wire.raw)
    desk.endpoint.datagram_received(data, client)
    return desk.wire.raw[before:]


def token(desk, client):
    """What a host is to send back."""
    ((_, answer),) = at_once(desk, encode("/restyle/version"), client)
    ((address, (given,)),) = read(answer)
    assert address == "/cookie"
    return given


@at_desk
async def test_an_unproved_host_gets_no_more_bytes_than_it_sent(desk):
    for n, data in enumerate(DATAGRAMS):
        for client in ((f"198.51.100.{n}", 5000), (f"2001:db8::{n:x}", 5000)):
            answers = at_once(desk, data, client)
            assert sum(len(answer) for _, answer in answers) <= len(data), data
            assert len(answers) <= 1
            assert {to for to, _ in answers} <= {client}
    await desk.ask("/restyle/param/set", "mix", 0.5)  # would be news
    assert {to for to, *_ in desk.wire.sent if to[1] == 7000} == set()
    assert ME in {to for to, *_ in desk.wire.sent}
    assert desk.room.journal.jobs == {}
    assert not desk.endpoint.reception.busy


@at_desk
async def test_forged_requests_without_end_are_answered_a_few_times_a_second(desk):
    for _ in range(1000):
        at_once(desk, encode("/restyle/preset/list"), FAR)
    assert len(desk.wire.raw) <= 2 * module.TRIES
    assert {len(data) for _, data in desk.wire.raw} == {len(encode("/restyle/help"))}


@at_desk
async def test_a_host_that_proves_itself_is_heard_at_all_of_its_ports(desk):
    given = token(desk, FAR)
    assert at_once(desk, encode("/cookie", "1234567"), FAR) == []
    assert at_once(desk, encode("/cookie", given), OTHER) == []
    ((to, answer),) = at_once(desk, encode("/cookie", given), FAR_TOO)
    assert (to, read(answer)) == (FAR_TOO, [("/restyle/done", ("cookie", 3600))])
    for client in (FAR, FAR_TOO):
        ((to, address, *_),) = await desk.ask("/restyle/version", client=client)
        assert (to, address) == (client, "/restyle/version.reply")
    await desk.ask("/restyle/notify", 1, 7000, client=FAR)
    told = await desk.ask("/restyle/param/set", "mix", 0.5)
    assert (FAR[0], 7000) in {to for to, *_ in told}
    assert token(desk, OTHER) != given


@at_desk
async def test_who_has_not_proved_itself_is_on_the_page_until_it_has(desk):
    await desk.ask("/restyle/notify", 1)
    told = len(desk.wire.sent)
    given = token(desk, FAR)
    at_once(desk, encode("/restyle/submit", "a", "in.wav", "out.wav", "violin"), OTHER)
    first, second = desk.room.service.refusals.last()
    assert (first.kind, first.host, first.request) == ("stranger", FAR[0], "/restyle/version")
    assert (second.host, second.request) == (OTHER[0], "/restyle/submit")
    assert "/cookie" in second.text
    assert [it[1] for it in desk.wire.sent[told:]] == ["/cookie", "/cookie"]
    at_once(desk, encode("/cookie", given), FAR)
    assert [it.host for it in desk.room.service.refusals.last()] == [OTHER[0]]


def test_a_proof_lasts_an_hour_and_a_token_up_to_two(monkeypatch):
    now = [10 * 3600.0 + 1800]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    proofs = Proofs()
    ((_, (token,)),) = read(proofs.challenge(FAR[0], bytes(20)))
    now[0] += 3600
    assert proofs.prove(FAR[0], token)
    now[0] += 3599
    assert proofs.trusts(FAR[0])
    now[0] += 2
    assert not proofs.trusts(FAR[0])
    assert not proofs.prove(FAR[0], token)
    assert not Proofs().prove(FAR[0], token)


def test_only_so_many_hosts_are_remembered():
    proofs = Proofs()
    for n in range(module.MAX_PROVED + 1):
        ((_, (token,)),) = read(proofs.challenge(f"10.0.{n // 256}.{n % 256}", bytes(20)))
        assert proofs.prove(f"10.0.{n // 256}.{n % 256}", token)
    assert not proofs.trusts("10.0.0.0")
    assert proofs.trusts("10.0.0.1")


def test_a_token_cannot_be_found_by_trying():
    proofs = Proofs()
    ((_, (token,)),) = read(proofs.challenge(FAR[0], bytes(20)))
    assert token.isalnum()
    for n in range(2 * module.TRIES):
        proofs.prove(FAR[0], f"{n:07}")
    assert not proofs.prove(FAR[0], token)  # too many tries within this second


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:198.51.100.1", False),
        ("198.51.100.1", False),
        ("fe80::1%1", False),
        ("0.0.0.0", False),
    ],
)
def test_loopback_is_known_by_all_of_its_names(host, loopback):
    assert is_loopback(host) is loopback
    assert is_here(host) is loopback or host == "0.0.0.0"


# Our client, which proves itself


class Wary(StandIn):
    """A server that acts on nothing before it is shown a token, as long as ``wary``."""

    wary = True

    def act(self, client, address, arguments):
        if address == "/cookie":
            self.wary = arguments != ("aB3dE6g",)
        elif self.wary:
            self.say(client, "/cookie", "aB3dE6g")
        else:
            super().act(client, address, arguments)


def test_a_client_proves_itself_and_repeats_its_request_at_once():
    server = Wary()
    try:
        with Client(port=server.port) as client:
            began = time.monotonic()
            assert client.version().api == 1
            assert time.monotonic() - began < 0.2  # the first repetition comes after 0.25
            server.wary, server.job_seconds = True, 0.2
            assert client.wait(client.submit("in.wav", "out.wav")).frames == 44_100
            server.wary = True
            job = client.submit("in.wav", "other.wav")
            assert client.cancel(job) in (True, False)
    finally:
        server.close()
    assert len(server.heard) < 30


def test_a_client_does_not_race_with_a_server_that_is_never_content():
    server = Wary()
    server.act = lambda client, *_: server.say(client, "/cookie", "aB3dE6g")
    try:
        with Client(port=server.port, timeout_seconds=1.0) as client, pytest.raises(NoServer):
            client.version()
    finally:
        server.close()
    assert len(server.heard) < 60  # some for each 0.25 s, and not one for each answer


def own_address():
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine is in no network")
        return probe.getsockname()[0]


def test_a_real_server_beyond_loopback(tmp_path):
    host = own_address()
    (tmp_path / "root").mkdir()
    with serve(tmp_path / "root", "--workers", "1", "--host", "0.0.0.0") as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect((host, server.port))
            udp.settimeout(5)
            udp.send(encode("/restyle/preset/list"))
            answer = udp.recv(65536)
            assert answer.startswith(b"/cookie\0")
            assert len(answer) == 20
            udp.settimeout(0.2)
            with pytest.raises(TimeoutError):
                udp.recv(65536)
        with Client(host, server.port) as client:
            assert len(client.presets()) > 100
            with pytest.raises(Refused, match="this server's"):
                client.notify(True, server.port)
            assert client.notify(True) >= 0
        assert ask(server.port, "/restyle/version")  # loopback need not prove anything
