"""Who asked for it is told of a job's end, and nobody else is."""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import shutil
import socket
import sqlite3
import ssl
import time
from contextlib import asynccontextmanager, suppress

import pytest
from support.fake_records import FakeService
from support.receiver import Receiver, certificate
from support.web import web

from plugin_bridge.accounts.tokens import webhook_secret
from plugin_bridge.jobs.records.records import Delivery, Unwritable
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.web.webhooks import webhooks as room
from plugin_bridge.web.webhooks.addresses import is_public
from plugin_bridge.web.webhooks.webhooks import Webhooks, check_url, signature

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")
BODY = '{"type": "job.done", "timestamp": "2026-01-31T00:00:00Z", "data": {"name": "Gürül"}}'


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def receiver(files):
    it = Receiver(*files)
    yield it
    it.close()


@pytest.fixture
def trusting(files):
    """A context that trusts the receiver's certificate."""
    return ssl.create_default_context(cafile=str(files[0]))


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Pauses and looks that a test has time for."""
    monkeypatch.setattr(room, "PAUSES", (0.05,) * 4)
    monkeypatch.setattr(room, "POLL_SECONDS", 0.02)


def owe(service, url, id="msg_1", owner="me"):
    service.records.deliveries[id] = Delivery(id, owner, url, BODY, 0, time.time())


@asynccontextmanager
async def running(webhooks):
    task = asyncio.create_task(webhooks.run())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


def deliver(service, webhooks, condition=None):
    """Let it run until nothing is owed any longer, or until ``condition`` holds."""

    async def story():
        async with running(webhooks):
            await until(condition or (lambda: not service.records.deliveries))

    asyncio.run(story())


@needs_openssl
def test_a_message_comes_once_signed_as_standard_webhooks_say(service, receiver, trusting):
    owe(service, receiver.url())
    deliver(service, Webhooks(service, private=True, context=trusting))
    [(headers, body)] = receiver.heard
    assert body == BODY
    assert headers["content-type"] == "application/json"
    assert headers["host"] == f"localhost:{receiver.port}"
    assert headers["webhook-id"] == "msg_1"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30
    secret = webhook_secret("me", service.records.secret())
    signed = f"msg_1.{headers['webhook-timestamp']}.{body}".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{made}"


def test_the_signature_is_that_of_a_published_example():
    # From the tests of the Standard Webhooks libraries.
    secret, id = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert signature(secret, id, 1614265330, '{"test": 2432232314}') == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@needs_openssl
def test_a_receiver_that_is_down_is_tried_again_under_the_same_id(service, receiver, trusting):
    receiver.answers = [500, 302, 404]
    owe(service, receiver.url())
    deliver(service, Webhooks(service, private=True, context=trusting))
    assert [headers["webhook-id"] for headers, _ in receiver.heard] == ["msg_1"] * 4


@needs_openssl
def test_who_wants_no_more_gets_no_more(service, receiver, trusting):
    receiver.answers = [410]
    owe(service, receiver.url())
    deliver(service, Webhooks(service, private=True, context=trusting))
    assert len(receiver.heard) == 1


@needs_openssl
def test_after_the_last_try_it_is_given_up(service, receiver, trusting):
    receiver.answers = [500] * 99
    owe(service, receiver.url())
    deliver(service, Webhooks(service, private=True, context=trusting))
    assert len(receiver.heard) == len(room.PAUSES) + 1


@needs_openssl
def test_a_server_that_stopped_in_between_sends_it_later(service, receiver, trusting):
    owe(service, receiver.url())
    webhooks = Webhooks(service, private=True, context=trusting)
    receiver.answer = lambda handler: time.sleep(0.3)

    deliver(service, webhooks, lambda: receiver.heard)
    [owed] = service.records.deliveries.values()
    assert owed.due > time.time()
    receiver.answer = None
    service.records.deliveries["msg_1"] = owed._replace(due=time.time())  # its claim is over
    deliver(service, Webhooks(service, private=True, context=trusting))
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1


@needs_openssl
def test_a_receiver_that_drips_costs_one_try_and_holds_up_nobody(
    service, receiver, trusting, files, monkeypatch
):
    monkeypatch.setattr(room, "TRY_SECONDS", 0.5)
    monkeypatch.setattr(room, "PAUSES", (60.0,))
    monkeypatch.setattr(room, "MOST_DOWN_SECONDS", 60.0)

    def drip(handler):
        with suppress(OSError):
            for _ in range(100):
                handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                time.sleep(0.05)

    receiver.answer = drip
    other = Receiver(*files)
    try:
        for number in range(30):
            owe(service, receiver.url(), id=f"slow_{number}")
        owe(service, other.url(), id="quick")
        webhooks = Webhooks(service, private=True, context=trusting)
        deliver(service, webhooks, lambda: other.heard)
        assert len(receiver.heard) <= room.AT_ONCE
    finally:
        other.close()


@needs_openssl
def test_an_endless_answer_is_not_read(service, receiver, trusting):
    sent = []

    def flood(handler):
        with suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(10_000):
                handler.wfile.write(b"x" * 10_000)
                sent.append(1)

    receiver.answer = flood
    owe(service, receiver.url())
    deliver(service, Webhooks(service, private=True, context=trusting))
    assert len(sent) < 5000


@needs_openssl
def test_a_certificate_of_nobody_and_of_another_name_gets_no_message(service, receiver, trusting):
    owe(service, receiver.url(), id="nobody")
    deliver(service, Webhooks(service, private=True), lambda: tries(service) >= 2)
    service.records.deliveries.clear()
    owe(service, receiver.url("127.0.0.1"), id="name")
    webhooks = Webhooks(service, private=True, context=trusting)
    deliver(service, webhooks, lambda: tries(service) >= 2)
    assert receiver.heard == []


def tries(service):
    return sum(it.tries for it in service.records.deliveries.values())


@needs_openssl
def test_a_name_that_leads_inside_gets_no_message(service, receiver, trusting, monkeypatch):
    asked = []

    def look_up(host, *args, **options):
        """The first answer is harmless, the next ones are not: DNS rebinding."""
        asked.append(host)
        found = ["93.184.216.34"] if len(asked) == 1 else ["93.184.216.34", "127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (it, receiver.port)) for it in found]

    connected = []

    async def connect(address, *args, **options):
        connected.append(address)
        raise ConnectionRefusedError(111, "no")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(asyncio, "open_connection", connect)
    owe(service, f"https://example.com:{receiver.port}/")
    deliver(service, Webhooks(service, context=trusting), lambda: len(asked) > 3)
    assert connected == ["93.184.216.34"]
    assert receiver.heard == []


@needs_openssl
def test_a_database_that_does_not_answer_loses_nothing(service, receiver, trusting):
    owe(service, receiver.url())
    service.trouble = Unwritable("nobody answers")

    async def story():
        async with running(Webhooks(service, private=True, context=trusting)):
            await asyncio.sleep(0.1)
            assert receiver.heard == []
            service.trouble = None
            await until(lambda: not service.records.deliveries)

    asyncio.run(story())
    assert len(receiver.heard) == 1


INSIDE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001:db8::1",
    "2001::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "4000::1",
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "2606:4700:4700::1111",
    "2a00:1450:4001::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::",
]


def test_which_addresses_are_public():
    assert [it for it in INSIDE if is_public(ipaddress.ip_address(it))] == []
    assert [it for it in OUTSIDE if not is_public(ipaddress.ip_address(it))] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/done?job=1",
        "https://example.com:8443/",
        "https://xn--grl-joa.example/",
        "https://93.184.216.34/",
        "https://[2606:4700:4700::1111]/",
    ],
)
def test_addresses_that_are_taken(url):
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.com/",
        "HTTPS//example.com",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://user:secret@example.com/",
        "https://@example.com/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://example.com/#part",
        "https://example.com/a b",
        "https://example.com/\r\nHost: evil",
        "https://exämple.com/",
        "https://exa\\mple.com/",
        "https://[::1/",
        "https://example.com/" + "x" * 2000,
        "https://localhost/",
        "https://LOCALHOST./",
        "https://a.localhost/",
        "https://printer.local/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_addresses_that_are_refused(url):
    with pytest.raises(Refusal, match="webhook") as refusal:
        check_url(url)
    assert refusal.value.code == "bad_setting"


def test_an_operator_may_allow_internal_networks():
    check_url("https://10.0.0.1/", private=True)
    check_url("https://hooks.local:8443/", private=True)
    with pytest.raises(Refusal):
        check_url("http://10.0.0.1/", private=True)


# The real server


@needs_openssl
@pytest.mark.slow
def test_the_server_tells_of_a_jobs_end_though_it_was_killed(tmp_path, receiver, files, stem):
    """It is killed while the message is on its way; the next process sends it again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(files[0]))
        with web(tmp_path / "web", "--webhooks-to-private") as server:
            refused = server.submit({"stem": "0" * 32, "webhook": "http://localhost/"})
            assert refused.json()["code"] == "bad_setting"
            secret = server.http.get("/v1/me").json()["webhook_secret"]
            receiver.answer = lambda handler: time.sleep(60)  # no answer
            body = {"stem": server.upload(stem)["id"], "strength": 0.0}
            body |= {"style": {"preset": "violin"}, "webhook": receiver.url()}
            job = server.submit(body, wait=30).json()
            asyncio.run(until(lambda: receiver.heard))
            server.kill()
            receiver.answer = None
            make_due(server)
            server.start()
            asyncio.run(until(lambda: len(receiver.heard) >= 2, 20))
    for headers, text in receiver.heard:
        id, when = headers["webhook-id"], int(headers["webhook-timestamp"])
        assert headers["webhook-signature"] == signature(secret, id, when, text)
        message = json.loads(text)
        assert (message["type"], message["data"]["id"]) == ("job.done", job["id"])
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1


def make_due(server):
    """End the claim of the process that was killed: it lasts for a minute."""
    with sqlite3.connect(server.folder / "journal.sqlite") as database:
        assert database.execute("UPDATE deliveries SET due = 0").rowcount == 1
    database.close()
