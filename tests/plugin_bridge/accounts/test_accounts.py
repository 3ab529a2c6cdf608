"""Whose a request is."""

import asyncio

import pytest
from support.fake_records import FakeService

from plugin_bridge.accounts import accounts as room
from plugin_bridge.accounts import keys
from plugin_bridge.accounts.accounts import Accounts
from plugin_bridge.accounts.rates import Rate
from plugin_bridge.accounts.tokens import new_token, webhook_secret
from plugin_bridge.jobs.records.records import Unwritable


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    it = Clock()
    monkeypatch.setattr(room, "time", it)
    return it


def test_a_key_is_its_owners_with_all_limits(service):
    made = keys.add(
        service.records, "Anna", quota_seconds=60.0, rate=Rate(5, 1.0), running=4, queued=9
    )
    owner = asyncio.run(Accounts(service, max_owner_bytes=7).owner_of(made.token))
    assert (owner.id, owner.name, owner.rate) == (made.key.id, "Anna", Rate(5, 1.0))
    assert (owner.quota_seconds, owner.running, owner.queued, owner.bytes) == (60.0, 4, 9, 7)


def test_no_other_text_is_a_key(service):
    made = keys.add(service.records, "Anna")
    odd = ["", "rk_", new_token(), made.token[:-1], made.token.upper(), made.token + "\n"]
    odd += ["rk_" + made.key.digest, made.key.id, "rk_" + "é" * 64, "x" * 10**6, "\ud800"]

    async def ask():
        accounts = Accounts(service)
        return [await accounts.owner_of(it) for it in odd]

    assert asyncio.run(ask()) == [None] * len(odd)


def test_a_revoked_key_stops_within_a_second_and_a_rotated_one_goes_on_as_another(service, clock):
    async def story():
        accounts = Accounts(service)
        assert not await accounts.has_keys()
        clock.now += 1
        old = keys.add(service.records, "Anna")
        assert (await accounts.owner_of(old.token)).id == old.key.id
        new = keys.rotate(service.records, "Anna")
        clock.now += 1
        assert await accounts.owner_of(old.token) is None
        assert (await accounts.owner_of(new.token)).id == old.key.id
        keys.revoke(service.records, "Anna")
        clock.now += 1
        assert await accounts.owner_of(new.token) is None
        assert not await accounts.has_keys()

    asyncio.run(story())


def test_the_keys_are_read_once_a_second_however_many_ask(service, clock):
    made = keys.add(service.records, "Anna")
    service.records.calls.clear()

    async def many():
        accounts = Accounts(service)
        for _ in range(3):
            found = await asyncio.gather(*(accounts.owner_of(made.token) for _ in range(100)))
            assert None not in found
        return service.records.calls

    assert asyncio.run(many()).count("keys") == 1


def test_without_an_answer_of_the_database_nobody_is_let_in(service, clock):
    async def story():
        accounts = Accounts(service)
        made = keys.add(service.records, "Anna")
        await accounts.owner_of(made.token)
        clock.now += 1
        service.trouble = Unwritable("nobody answers")
        with pytest.raises(Unwritable):
            await accounts.owner_of(made.token)
        service.trouble = None
        assert await accounts.owner_of(made.token)

    asyncio.run(story())


def test_a_page_is_an_owner_by_its_cookie_alone(service):
    async def ask():
        accounts, restarted = Accounts(service), Accounts(service)
        return [
            (await it.page_owner(cookie)).id
            for it, cookie in [(accounts, "a"), (restarted, "a"), (accounts, "b")]
        ], accounts.local()

    (a, again, b), local = asyncio.run(ask())
    assert a == again != b
    assert a.startswith("page_")
    assert local.id == "local"
    assert local.rate is None


def test_each_use_of_the_secret_gives_something_else():
    secret = bytes(32)
    assert len({webhook_secret("a", secret), webhook_secret("b", secret)}) == 2
    assert webhook_secret("a", secret).startswith("whsec_")
    assert webhook_secret("a", secret) != webhook_secret("a", bytes([1] * 32))
