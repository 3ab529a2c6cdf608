"""An OSC endpoint with stand-ins on both sides, and tests that run in its loop."""

from __future__ import annotations

import asyncio

from plugin_bridge.jobs.refusal import CODES
from plugin_bridge.osc.datagram import encode, read
from plugin_bridge.osc.endpoint import Endpoint
from support.jobs import Room

PORT = 9471  # the endpoint's own
ME, OTHER = ("127.0.0.1", 5000), ("127.0.0.1", 6000)


class Wire:
    """As far as it is used: a UDP transport, whose datagrams are kept.

    Attributes:
        sent: their clients, addresses and arguments.
        raw: their clients and bytes.
        waiting: bytes that the transport could not send yet.
    """

    def __init__(self):
        self.sent, self.raw, self.waiting = [], [], 0

    def get_write_buffer_size(self):
        return self.waiting

    def get_extra_info(self, name):
        return {"sockname": ("127.0.0.1", PORT)}[name]

    def is_closing(self):
        return False

    def sendto(self, data, client):
        self.raw.append((client, data))
        ((address, arguments),) = read(data)
        self.sent.append((client, address, *arguments))


class Desk:
    """An endpoint with stand-ins on both sides."""

    def __init__(self, folder):
        self.room = Room(folder)
        self.wire = Wire()
        self.endpoint = Endpoint(self.room.service)
        self.endpoint.connection_made(self.wire)

    async def ask(self, address, *arguments, client=ME, types=None):
        """What is sent at once in answer, to whoever it goes."""
        before = len(self.wire.sent)
        self.endpoint.datagram_received(encode(address, *arguments, types=types), client)
        while self.endpoint.reception.busy:
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        return self.wire.sent[before:]

    async def submit(self, id, *more, out=None, preset="violin", client=ME):
        given = (id, "in.wav", out or f"{id}.wav", preset)
        return await self.ask("/restyle/submit", *given, *more, client=client)

    async def code(self, address, *arguments, **options):
        """The job and the code of the only answer, a failure."""
        (answer,) = await self.ask(address, *arguments, **options)
        assert answer[1:3] == ("/restyle/fail", address)
        assert answer[4] in CODES
        assert answer[5]
        return answer[3], answer[4]


def at_desk(story):
    """A test that is given a desk; it runs in a loop."""

    def test(tmp_path):
        async def run():
            desk = Desk(tmp_path)
            async with desk.room.running():
                await story(desk)

        asyncio.run(asyncio.wait_for(run(), 30))

    test.__name__, test.__doc__ = story.__name__, story.__doc__
    return test
