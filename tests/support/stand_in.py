"""A stand-in for ``restyle serve`` that speaks API 1 and can lose, repeat, delay and garble.

It restyles nothing: a job is done after as many questions or moments as it is told.
"""

from __future__ import annotations

import random
import socket
import threading
import time

from plugin_bridge.osc.datagram import encode, read


class StandIn:
    """A server in a thread, for tests to be unkind with.

    Attributes:
        lose: the share of datagrams that get lost, coming in and going out.
        repeat: the share of those going out that are sent twice.
        delay: seconds to hold every reply back.
        mute: say nothing at all.
        pushes: whether to send progress and ends of its own accord.
        garble: datagrams sent before every reply.
        job_seconds: how long a job takes from its acceptance.
        refusals: codes with which to refuse submits, used up one by one.
        end: how jobs end: done, failed or cancelled.
        advice: what is told of a job before it is done.
    """

    def __init__(self, port: int = 0, *, seed: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.settimeout(0.01)
        self.port = self.socket.getsockname()[1]
        self.lose = self.repeat = self.delay = 0.0
        self.mute, self.pushes, self.garble = False, True, []
        self.job_seconds, self.refusals, self.end = 0.0, [], "done"
        self.advice = ""
        self.chains = [("my-hall", "A hall"), ("tape", "tape")]
        self.jobs, self.heard, self.presets = {}, [], [("violin", "Violin", 40), ("mine", "Me", -1)]
        self._random, self._late = random.Random(seed), []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self):
        self._stop.set()
        self._thread.join()
        self.socket.close()

    def count(self, address):
        return sum(message.address == address for message in self.heard)

    def _run(self):
        while not self._stop.is_set():
            try:
                data, client = self.socket.recvfrom(65536)
            except TimeoutError:
                pass
            else:
                if self._random.random() >= self.lose:
                    for message in read(data):
                        self.heard.append(message)
                        self.act(client, message.address, message.arguments)
            self._move()

    def act(self, client, address, arguments):
        match address.removeprefix("/restyle/"), arguments:
            case "version", ():
                self.say(client, "/restyle/version.reply", "restyle", "0", 1)
            case "status", ():
                self.say(client, "/restyle/status.reply", 1, 2, 3, 4)
            case "notify", (on, *_):
                self.say(client, "/restyle/done", "notify", on)
            case "preset/list", ():
                self._list(client, "/restyle/preset", self.presets)
            case "chain/list", ():
                self._list(client, "/restyle/chain", self.chains)
            case "submit", (job, _, out, *_):
                self._submit(client, job, out, arguments)
            case (("mashup" | "morph"), (job, _, _, out, *_)):
                self._submit(client, job, out, (address, *arguments), address)
            case "tweak", (job, _, out, *_):
                self._submit(client, job, out, (address, *arguments), address)
            case "cancel", (job,) if job in self.jobs:
                if not self.jobs[job]["ended"]:
                    self._finish(job, "cancelled")
                self._tell(client, job)
            case "job", (job,) if job in self.jobs:
                it = self.jobs[job]
                state = it["ended"] or "running"
                detail = {"running": "restyling", "done": it["out"], "failed": "hung: It hung."}
                self.say(client, "/restyle/job.reply", job, state, it["at"], detail.get(state, ""))
            case _, (job, *_):
                self.say(client, "/restyle/fail", address, job, "no_such_job", "There is none.")

    def _list(self, client, address, things):
        for index, it in enumerate(things):
            self.say(client, address, index, len(things), *it)
        if not things:
            self.say(client, address, 0, 0, "", "")

    def _submit(self, client, job, out, request, address="/restyle/submit"):
        if self.refusals:
            code = self.refusals.pop(0)
            self.say(client, "/restyle/fail", address, job, code, f"It is {code}.")
        elif job not in self.jobs:
            self.jobs[job] = {
                "request": request,
                "out": out,
                "client": client,
                "started": time.monotonic(),
                "at": 0.0,
                "ended": "",
                "ran": 0,
            }
            self.say(client, "/restyle/accepted", job, 1)
        elif self.jobs[job]["request"] != request:
            self.say(client, "/restyle/fail", address, job, "id_taken", "It is taken.")
        elif self.jobs[job]["ended"]:
            self._tell(client, job)
        else:
            self.say(client, "/restyle/accepted", job, 0)

    def _move(self):
        now = time.monotonic()
        for job, it in self.jobs.items():
            if it["ended"]:
                continue
            at = min((now - it["started"]) / self.job_seconds if self.job_seconds else 1.0, 1.0)
            if self.pushes and at > it["at"]:
                self.say(it["client"], "/restyle/progress", job, at, "restyling")
            it["at"] = at
            if at == 1.0:
                self._finish(job, self.end)
                if self.pushes:
                    self._tell(it["client"], job)
        due = [it for it in self._late if it[0] <= now]
        self._late = [it for it in self._late if it[0] > now]
        for _, data, client in due:
            self.socket.sendto(data, client)

    def _finish(self, job, how):
        self.jobs[job]["ended"] = how
        self.jobs[job]["ran"] += how == "done"

    def _tell(self, client, job):
        it = self.jobs[job]
        if it["ended"] == "done":
            if self.advice:
                self.say(client, "/restyle/advice", job, self.advice)
            self.say(client, "/restyle/done", "submit", job, it["out"], 44_100, 44_100, 0.5)
        elif it["ended"] == "cancelled":
            self.say(client, "/restyle/cancelled", job)
        else:
            self.say(client, "/restyle/fail", "/restyle/submit", job, "hung", "It hung.")

    def say(self, client, address, *arguments):
        if self.mute:
            return
        data = encode(address, *arguments)
        for it in self.garble:
            self.socket.sendto(it, client)
        for _ in range(1 + (self._random.random() < self.repeat)):
            if self._random.random() >= self.lose:
                if self.delay:
                    self._late.append((time.monotonic() + self.delay, data, client))
                else:
                    self.socket.sendto(data, client)
