"""The endpoint: what each address answers, and who hears the news."""

import asyncio
import math
import os

import pytest
from support.chains import HALL, VIOLIN, add_chain
from support.datagrams import bundle
from support.desk import ME, OTHER, PORT, Desk, at_desk
from support.jobs import until

import presets
from effects.engines import DEFAULT_DYNAMICS
from plugin_bridge.jobs.scheduler import GRACE_SECONDS
from plugin_bridge.jobs.workers.progress_line import Line
from plugin_bridge.jobs.workers.work import Outcome
from plugin_bridge.osc import audience, endpoint
from plugin_bridge.osc.addresses import API, COMMANDS
from plugin_bridge.osc.datagram import encode


@at_desk
async def test_version_and_status(desk):
    ((client, address, name, text, api),) = await desk.ask("/restyle/version")
    assert (client, address, name, api) == (ME, "/restyle/version.reply", "restyle", API)
    assert text
    assert await desk.ask("/restyle/status") == [(ME, "/restyle/status.reply", 0, 0, 0, 0)]
    for id in "abc":
        await desk.submit(id)
    await until(lambda: desk.room.workers.busy == ["a"])
    assert await desk.ask("/restyle/status") == [(ME, "/restyle/status.reply", 2, 1, 0, 0)]


@at_desk
async def test_lists_are_complete_and_in_order(desk):
    assert (await desk.ask("/restyle/preset/list", client=OTHER))[0][1] == "/restyle/preset"
    assert await desk.code("/restyle/preset/list", client=OTHER) == ("", "too_many")
    await desk.ask("/restyle/help")
    n, total = len(COMMANDS), len(presets.every())
    await until(lambda: len(desk.wire.sent) == n + 1 + total)
    mine = [it for it in desk.wire.sent if it[0] == ME]
    helped = [it[2:] for it in mine if it[1] == "/restyle/help.reply"]
    assert helped == [(address, c.arguments, c.text) for address, c in COMMANDS.items()]
    listed = [it[2:] for it in desk.wire.sent if it[:2] == (OTHER, "/restyle/preset")]
    assert [it[:3] for it in listed] == [
        (index, total, preset.name) for index, preset in enumerate(presets.every())
    ]
    assert {name: gm for _, _, name, _, gm in listed}["violin"] == 40
    assert min(it[4] for it in listed) == -1
    await desk.ask("/restyle/help")  # the last one is there: another may be asked for
    await until(lambda: len(desk.wire.sent) == 2 * n + 1 + total)


@pytest.mark.parametrize("address", COMMANDS)
def test_wrong_arguments_are_refused_everywhere(tmp_path, address):
    async def story():
        desk = Desk(tmp_path)
        n = len(COMMANDS[address].types)
        wrong = [[None] * max(n, 1), [1.5, "x"] * 8, [0, *["a"] * 6]] if n else [["a", "b", "c"]]
        if n:
            wrong.append([])
        for arguments in wrong:
            (answer,) = await desk.ask(address, *arguments)
            assert answer[1:3] == ("/restyle/fail", address)
            assert answer[4] == "bad_request", (arguments, answer)
        assert desk.room.journal.jobs == {}
        desk.room.journal.close()

    asyncio.run(story())


@at_desk
async def test_an_unknown_address_is_said_to_be_one(desk):
    assert await desk.code("/restyle/sumbit", "a") == ("", "unknown_address")
    assert await desk.code("/") == ("", "unknown_address")


@pytest.mark.parametrize("types", ["sf", "si", "sd", "sh", "sT"])
def test_numbers_come_in_any_type(tmp_path, types):
    async def story():
        desk = Desk(tmp_path)
        ((_, address, name, kind, least, most, value),) = await desk.ask(
            "/restyle/param/set", "strength", 1, types=types
        )
        assert (address, name, kind) == ("/restyle/param", "strength", "f")
        assert (least, most, value) == (0.0, 1.0, 1.0)
        desk.room.journal.close()

    asyncio.run(story())


@at_desk
async def test_parameters_are_set_clamped_and_listed(desk):
    assert (await desk.ask("/restyle/param/set", "gain_db", -100.0))[0][-1] == -60.0
    assert await desk.code("/restyle/param/set", "volume", 1.0) == ("", "bad_setting")
    assert await desk.code("/restyle/param/set", "mix", math.nan) == ("", "bad_request")
    listed = {it[2]: it[3:] for it in await desk.ask("/restyle/param/list")}
    assert listed == {
        "strength": ("f", 0.0, 1.0, 1.0),
        "mix": ("f", 0.0, 1.0, 1.0),
        "gain_db": ("f", -60.0, 0.0, -60.0),
        "seed": ("i", 0.0, pytest.approx(2**31), 0.0),
        "dynamics": ("f", 0.0, 1.0, pytest.approx(DEFAULT_DYNAMICS)),
    }
    assert len(await desk.ask("/restyle/param/list", "violin")) == 5
    assert await desk.code("/restyle/param/list", "vioiln") == ("", "no_such_preset")
    await desk.submit("a", "gain_db", -3)
    await desk.submit("b")
    assert desk.room.journal.jobs["a"].settings == {"preset": "violin", "gain_db": -3.0}
    assert desk.room.journal.jobs["b"].settings == {"preset": "violin", "gain_db": -60.0}


# Chains


async def listed(desk, address, answer, *given):
    """What a list says, without the address, once it is whole."""
    before = len(desk.wire.sent)
    await desk.ask(address, *given)
    await until(lambda: len(desk.wire.sent) > before and not desk.endpoint._lists)
    sent = desk.wire.sent[before:]
    assert {it[1] for it in sent} == {answer}
    return [it[2:] for it in sent]


@at_desk
async def test_chains_are_listed_by_their_names_and_labels(desk):
    add_chain("my-hall", HALL)
    add_chain("unlabelled", VIOLIN)
    add_chain("broken", "[[")
    found = await listed(desk, "/restyle/chain/list", "/restyle/chain")
    known = presets.chains()
    assert found == [
        (index, len(known), it.name, it.label or it.name) for index, it in enumerate(known)
    ]
    assert {"my-hall", "unlabelled"} <= {it[2] for it in found}
    assert "broken" not in {it[2] for it in found}


@at_desk
async def test_what_can_be_set_of_a_chain_is_listed_as_of_a_preset(desk):
    add_chain("my-hall", HALL.replace("wet_level = 0.3", "wet_level = 0.25"))
    found = await listed(desk, "/restyle/param/list", "/restyle/param", "my-hall")
    about = {name: rest for name, *rest in found}
    assert about["gain_db"] == ["f", -60.0, 0.0, 0.0]
    assert about["reverb.wet_level"] == ["f", 0.0, 1.0, 0.25]
    assert about["highpassfilter.cutoff_frequency_hz"][-1] == 80.0
    assert "strength" not in about
    add_chain("my-fiddle", VIOLIN.replace("strength = 0.9", "strength = 0.75"))
    await desk.ask("/restyle/param/set", "mix", 0.5)
    found = await listed(desk, "/restyle/param/list", "/restyle/param", "my-fiddle")
    about = {name: rest for name, *rest in found}
    assert about["strength"] == ["f", 0.0, 1.0, 0.75]
    assert about["mix"] == ["f", 0.0, 1.0, 0.5]
    assert about["seed"] == ["i", 0.0, pytest.approx(2**31), 0.0]
    assert not {"preset", "style", "weights", "engine", "device"} & about.keys()
    for kind, least, most, default in about.values():
        assert kind in "if"
        assert all(map(math.isfinite, (least, most, default)))
        assert least <= default <= most


@at_desk
async def test_a_chain_stands_where_a_preset_does_and_its_effects_have_keys(desk):
    add_chain("my-hall", HALL)
    await desk.ask("/restyle/param/set", "strength", 0.5)  # which this chain cannot have
    accepted = await desk.submit("a", "reverb.wet_level", 0.5, "gain_db", -3, preset="My Hall")
    assert accepted[0][1] == "/restyle/accepted"
    settings = {"preset": "my-hall", "reverb.wet_level": 0.5, "gain_db": -3.0}
    assert desk.room.journal.jobs["a"].settings == settings
    again = await desk.submit("a", "reverb.wet_level", 0.5, "gain_db", -3, preset="My Hall")
    assert again[0][1] == "/restyle/accepted"
    for given in (
        ("reverb.wet", 0.5),
        ("reverb.wet_level", 2.0),
        ("reverb.wet_level", None),
        ("reverb.wet_level", math.inf),
        ("reverb.wet_level", 0.5, "reverb.wet_level", 0.5),
        ("wet_level", 0.5),
        ("strength", 0.5),
        ("preset", "violin"),
        ("chain", HALL),
    ):
        job = ("b", "in.wav", "b.wav", "my-hall", *given)
        assert await desk.code("/restyle/submit", *job) == ("b", "bad_setting"), given
    job = ("b", "in.wav", "b.wav", "violin", "reverb.wet_level", 0.5)
    assert await desk.code("/restyle/submit", *job) == ("b", "bad_setting")


@at_desk
async def test_the_server_s_own_choice_may_be_a_chain(desk):
    add_chain("my-hall", HALL)
    await desk.ask("/restyle/notify", 1)
    before = len(desk.wire.sent)
    desk.room.service.set_default("restyle", "preset", "my-hall")
    ((_, address, _, _, *chain),) = desk.wire.sent[before:]
    assert (address, chain) == ("/restyle/chain", ["my-hall", "A hall"])
    await desk.submit("a", "reverb.wet_level", 0.5, preset="")
    settings = {"preset": "my-hall", "reverb.wet_level": 0.5}
    assert desk.room.journal.jobs["a"].settings == settings
    await desk.submit("b")
    assert desk.room.journal.jobs["b"].settings == {"preset": "violin"}


@at_desk
async def test_a_number_alone_is_the_strength_of_a_chain_s_style_transfer(desk):
    add_chain("my-fiddle", VIOLIN)
    await desk.submit("a", 0.5, preset="my-fiddle")
    settings = {"preset": "my-fiddle", "strength": 0.5}
    assert desk.room.journal.jobs["a"].settings == settings


@at_desk
async def test_a_word_for_all_jobs_is_no_number_to_tell_of(desk):
    assert await desk.code("/restyle/param/set", "drums", 1.0) == ("", "bad_setting")
    await desk.ask("/restyle/notify", 1)
    told = len(desk.wire.sent)
    desk.room.service.set_default("restyle", "drums", "drop")
    assert len(desk.wire.sent) == told
    await desk.submit("a")
    await desk.submit("b", "drums", "play", "dynamics", 0.5)
    assert desk.room.journal.jobs["a"].settings == {"preset": "violin", "drums": "drop"}
    assert desk.room.journal.jobs["b"].settings == {
        "preset": "violin",
        "drums": "play",
        "dynamics": 0.5,
    }
    assert await desk.code("/restyle/submit", "c", "in.wav", "c.wav", "violin", "drums", "x") == (
        "c",
        "bad_setting",
    )


# Jobs


@at_desk
async def test_advice_is_told_before_a_job_is_done_and_again_when_asked(desk):
    await desk.submit("a")
    await until(lambda: desk.room.workers.busy)
    outcome = Outcome("written", 400, 8000, 0.5, made_of={"advice": "Heard nothing."})
    desk.room.workers.end("a", outcome)
    out = str(desk.room.root / "a.wav")
    told = [
        (ME, "/restyle/advice", "a", "Heard nothing."),
        (ME, "/restyle/done", "submit", "a", out, 400, 8000, 0.5),
    ]
    await until(lambda: desk.wire.sent[-2:] == told)
    assert await desk.submit("a") == told
    assert await desk.ask("/restyle/cancel", "a") == told


@at_desk
async def test_a_job_from_beginning_to_end(desk):
    assert await desk.submit("a") == [(ME, "/restyle/accepted", "a", 1)]
    await until(lambda: desk.room.workers.busy)
    assert await desk.submit("a") == [(ME, "/restyle/accepted", "a", 0)]
    with Line(desk.room.workers.task("a").line, "a") as line:
        line.report(0.5, "optimising")
        progress = (ME, "/restyle/progress", "a", 0.5, "optimising")
        await until(lambda: desk.wire.sent[-1] == progress)
    assert await desk.ask("/restyle/job", "a") == [
        (ME, "/restyle/job.reply", "a", "running", 0.5, "optimising")
    ]
    desk.room.workers.end("a")
    out = str(desk.room.root / "a.wav")
    done = (ME, "/restyle/done", "submit", "a", out, 400, 8000, 0.5)
    await until(lambda: desk.wire.sent[-1] == done)
    assert await desk.submit("a") == [done]
    assert await desk.ask("/restyle/cancel", "a") == [done]
    assert await desk.submit("a", client=OTHER) == [(OTHER, *done[1:])]
    assert await desk.ask("/restyle/job", "a") == [
        (ME, "/restyle/job.reply", "a", "done", 1.0, out)
    ]
    assert await desk.submit("a", 0.7) != [done]
    assert await desk.code("/restyle/submit", "a", "in.wav", "x.wav", "violin") == (
        "a",
        "id_taken",
    )


@at_desk
async def test_a_mashup_from_beginning_to_end(desk):
    async def ask(id="m", *more, a="in.wav"):
        return await desk.ask("/restyle/mashup", id, a, "in.wav", "m.wav", *more)

    chosen = ["lead", "auto", "tempo", 120]
    assert await ask("m", *chosen) == [(ME, "/restyle/accepted", "m", 1)]
    await until(lambda: desk.room.workers.busy)
    stem = str(desk.room.root / "in.wav")
    task = desk.room.workers.task("m")
    assert (task.operation.rpartition(":")[2], task.inputs) == ("Mashup", {"a": stem, "b": stem})
    assert task.settings == {"lead": "auto", "tempo": "120"}
    assert await ask("m", *chosen) == [(ME, "/restyle/accepted", "m", 0)]
    assert (await ask("m"))[0][1:5] == ("/restyle/fail", "/restyle/mashup", "m", "id_taken")
    assert (await ask("n"))[0][4] == "out_taken"
    desk.room.workers.end("m")
    done = (ME, "/restyle/done", "submit", "m", str(desk.room.root / "m.wav"), 400, 8000, 0.5)
    await until(lambda: desk.wire.sent[-1] == done)
    assert await ask("m", *chosen) == [done]
    assert desk.room.files == ["m.wav", "m.wav.json"]


@at_desk
async def test_a_mashup_that_cannot_be_is_refused(desk):
    async def code(*given):
        return await desk.code("/restyle/mashup", *given)

    assert await code("m", "in.wav", "in.wav", "m.wav", "lead") == ("m", "bad_request")
    assert await code("m", "in.wav", "in.wav", "m.wav", "lead", "c") == ("m", "bad_setting")
    assert await code("m", "in.wav", "in.wav", "m.wav", "balance", 2) == ("m", "bad_setting")
    assert await code("m", "in.wav", "gone.wav", "m.wav") == ("m", "not_found")
    assert await code("m", "/etc/passwd", "in.wav", "m.wav") == ("m", "outside_root")
    assert await code("m", "in.wav", "in.wav", "in.wav") == ("m", "out_is_in")
    assert await code("", "in.wav", "in.wav", "m.wav") == ("", "bad_request")
    assert desk.room.service.refusals.last()
    assert desk.room.journal.jobs == {}
    assert desk.room.files == []


async def order(desk, address, inputs, chosen):
    """Have a job of an operation with an address of its own done; what the worker was told."""
    files = ["in.wav"] * len(inputs)
    accepted = (ME, "/restyle/accepted", address, 1)
    assert await desk.ask(address, address, *files, "m.wav", *chosen) == [accepted]
    await until(lambda: desk.room.workers.busy)
    task = desk.room.workers.task(address)
    assert tuple(task.inputs) == inputs
    taken = (await desk.ask(address, address, *files, "m.wav"))[0]
    assert taken[1:5] == ("/restyle/fail", address, address, "id_taken")
    desk.room.workers.end(address)
    out = str(desk.room.root / "m.wav")
    done = (ME, "/restyle/done", "submit", address, out, 400, 8000, 0.5)
    await until(lambda: desk.wire.sent[-1] == done)
    assert await desk.code(address, "n", *files, "n.wav", "weights", "w") == ("n", "bad_setting")
    assert await desk.code(address, "n", *files[1:], "gone.wav", "n.wav") == ("n", "not_found")
    return task


@at_desk
async def test_a_morph_is_a_job_like_others(desk):
    task = await order(desk, "/restyle/morph", ("a", "b"), ("at", 0.25, "tempo", "own"))
    assert task.operation.endswith(":Morph")
    assert task.settings == {"at": "0.25", "tempo": "own"}


@at_desk
async def test_a_tweak_is_a_job_like_others(desk):
    task = await order(desk, "/restyle/tweak", ("stem",), ("scale", 1.5, "preset", "flute"))
    assert task.operation.endswith(":Tweak")
    assert task.settings == {"scale": 1.5, "preset": "flute"}


@at_desk
async def test_no_midi_file_is_opened_for_a_morph(desk):
    given = ("m", "in.wav", "in.wav", "m.wav", "at", str(desk.room.root / "sweep.mid"))
    [reply] = await desk.ask("/restyle/morph", *given)
    assert reply[1:5] == ("/restyle/fail", "/restyle/morph", "m", "bad_setting")
    assert "restyle morph alone takes MIDI" in reply[5]


@at_desk
async def test_a_failed_and_a_cancelled_job_say_so_again_and_again(desk):
    await desk.submit("a")
    await until(lambda: desk.room.workers.busy)
    desk.room.workers.end("a", Outcome("failed", code="unreadable", error="It is broken."))
    fail = (ME, "/restyle/fail", "/restyle/submit", "a", "unreadable", "It is broken.")
    await until(lambda: desk.wire.sent[-1] == fail)
    assert await desk.submit("a") == [fail]
    assert (await desk.ask("/restyle/job", "a"))[0][3:] == (
        "failed",
        0.0,
        "unreadable: It is broken.",
    )
    await desk.submit("b")
    await until(lambda: desk.room.workers.busy)
    await desk.submit("c")
    cancelled = [(ME, "/restyle/cancelled", "c")]
    before = len(desk.wire.sent)
    await desk.ask("/restyle/cancel", "c")
    await until(lambda: desk.wire.sent[before:] == cancelled)
    assert await desk.ask("/restyle/cancel", "c") == cancelled
    assert await desk.submit("c") == cancelled
    assert (await desk.ask("/restyle/job", "c"))[0][3] == "cancelled"


@at_desk
async def test_refused_submits_name_the_job_and_leave_nothing(desk):
    for code, arguments in {
        "not_found": ("a", "gone.wav", "a.wav", "violin"),
        "outside_root": ("a", "../in.wav", "a.wav", "violin"),
        "out_is_in": ("a", "in.wav", "in.wav", "violin"),
        "no_such_preset": ("a", "in.wav", "a.wav", "vioiln"),
        "bad_setting": ("a", "in.wav", "a.wav", "violin", "strength", 2.0),
        "bad_request": ("a", "in.wav", "a.wav", "violin", "strength"),
    }.items():
        assert await desk.code("/restyle/submit", *arguments) == ("a", code)
    assert await desk.code("/restyle/submit", "a", "in.wav", "a.wav", "") == ("a", "no_such_preset")
    assert await desk.code("/restyle/submit", "", "in.wav", "a.wav", "violin") == (
        "",
        "bad_request",
    )
    assert (await desk.code("/restyle/submit", "x" * 201, "in.wav", "a.wav", "violin"))[1] == (
        "bad_request"
    )
    for address in ("/restyle/job", "/restyle/cancel"):
        assert await desk.code(address, "nobody") == ("nobody", "no_such_job")
    assert desk.room.journal.jobs == {}
    assert desk.room.files == []


@at_desk
async def test_a_clip_of_ones_own_stands_in_place_of_a_preset(desk):
    clip = desk.room.root / "clip.wav"
    clip.write_bytes((desk.room.root / "in.wav").read_bytes())
    await desk.ask("/restyle/param/set", "dynamics", 0.25)
    desk.room.service.set_default("restyle", "preset", "flute")
    assert await desk.submit("a", "style", "clip.wav", preset="") == [
        (ME, "/restyle/accepted", "a", 1)
    ]
    await until(lambda: desk.room.workers.busy)
    task = desk.room.workers.task("a")
    assert task.inputs == {"stem": str(desk.room.root / "in.wav"), "style": str(clip)}
    assert task.settings == {"dynamics": 0.25}
    again = await desk.submit("a", "style", "clip.wav", preset="")
    assert again == [(ME, "/restyle/accepted", "a", 0)]
    assert (await desk.submit("a", preset=""))[0][4] == "id_taken"


@at_desk
async def test_a_clip_is_checked_as_the_stem_is(desk):
    (desk.room.root / "noise.wav").write_bytes(b"no sound")
    os.mkfifo(desk.room.root / "pipe.wav")
    (desk.room.root / "link.wav").symlink_to(desk.room.root.parent / "beyond.wav")
    (desk.room.root.parent / "beyond.wav").write_bytes((desk.room.root / "in.wav").read_bytes())
    for address in ("/restyle/submit", "/restyle/tweak"):
        first = ("a", "in.wav", "a.wav", *([""] if address == "/restyle/submit" else []))
        for path, code in {
            "gone.wav": "not_found",
            "../beyond.wav": "outside_root",
            "link.wav": "outside_root",
            "/etc/passwd": "outside_root",
            "noise.wav": "not_audio",
            "clip.txt": "not_audio",
            "pipe.wav": "not_a_file",
            "a.wav": "not_found",  # what the job itself is to write
            "": "bad_request",
        }.items():
            assert await desk.code(address, *first, "style", path) == ("a", code), path
    both = ("a", "in.wav", "a.wav", "violin", "style", "in.wav")
    assert await desk.code("/restyle/submit", *both) == ("a", "bad_setting")
    assert desk.room.journal.jobs == {}


@at_desk
async def test_another_engine_has_its_own_strength_and_none_of_the_samplers_settings(desk):
    await desk.ask("/restyle/param/set", "dynamics", 0.25)
    await desk.submit("a", "engine", "infinite")
    await desk.ask("/restyle/param/set", "strength", 0.75)
    await desk.submit("b", "engine", "infinite")
    await desk.submit("c", "engine", "sampler")
    settings = {id: job.settings for id, job in desk.room.journal.jobs.items()}
    assert settings["a"] == {"preset": "violin", "engine": "infinite"}
    assert settings["b"] == {"preset": "violin", "engine": "infinite", "strength": 0.75}
    assert settings["c"]["dynamics"] == 0.25
    given = ("d", "in.wav", "d.wav", "violin", "engine", "infinite", "dynamics", 0.75)
    assert await desk.code("/restyle/submit", *given) == ("d", "bad_setting")


@at_desk
async def test_several_messages_come_in_one_bundle(desk):
    parts = [encode("/restyle/version"), encode("/restyle/nothing"), encode("/restyle/status")]
    bundle = b"#bundle\0" + bytes(7) + b"\1"
    bundle += b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    desk.endpoint.datagram_received(bundle, ME)
    await until(lambda: len(desk.wire.sent) == 3)
    assert [it[1] for it in desk.wire.sent] == [
        "/restyle/version.reply",
        "/restyle/fail",
        "/restyle/status.reply",
    ]


@at_desk
async def test_what_is_no_message_is_counted_and_not_answered(desk):
    for data in (b"", b"abc", b"\xff" * 64, b"/restyle/version"):
        desk.endpoint.datagram_received(data, ME)
    await asyncio.sleep(0.01)
    assert desk.endpoint.reception.refused == 4
    assert desk.wire.sent == []


@at_desk
async def test_a_fault_of_ours_is_answered_and_stops_nothing(desk):
    def fault(*_):
        raise RuntimeError("one\ntwo")

    desk.room.service.counts = fault
    (answer,) = await desk.ask("/restyle/status")
    assert answer[2:5] == ("/restyle/status", "", "internal")
    assert "\n" not in answer[5]
    del desk.room.service.counts
    assert await desk.ask("/restyle/version")


# While a message is acted on


class Gate:
    """A service's ``submit`` that ends when the test says so."""

    def __init__(self, service):
        self.open, self.asked, self._submit = asyncio.Event(), [], service.submit
        service.submit = self

    async def __call__(self, id, *given):
        self.asked.append(id)
        await self.open.wait()
        job = self._submit(id, *given)
        return await job if asyncio.iscoroutine(job) else job


async def send(desk, address, *arguments, client=ME):
    desk.endpoint.datagram_received(encode(address, *arguments), client)


def job(id):
    return id, "in.wav", f"{id}.wav", "violin"


@at_desk
async def test_a_client_s_messages_wait_for_each_other_and_not_for_other_clients(desk):
    gate = Gate(desk.room.service)
    await send(desk, "/restyle/submit", *job("a"))
    await send(desk, "/restyle/cancel", "a")
    await send(desk, "/restyle/submit", *job("b"))
    await send(desk, "/restyle/version", client=OTHER)
    await until(lambda: desk.wire.sent)
    await send(desk, "/restyle/submit", *job("c"), client=OTHER)
    await until(lambda: gate.asked == ["a", "c"])
    await asyncio.sleep(0.02)
    assert [it[:2] for it in desk.wire.sent] == [(OTHER, "/restyle/version.reply")]
    gate.open.set()
    await until(lambda: not desk.endpoint.reception.busy)
    mine = [it[1:3] for it in desk.wire.sent if it[0] == ME]
    assert ("/restyle/accepted", "a") in mine
    assert mine.index(("/restyle/accepted", "a")) < mine.index(("/restyle/accepted", "b"))
    assert gate.asked == ["a", "c", "b"]
    await until(lambda: desk.room.state("a") == "cancelled", GRACE_SECONDS + 5)


@at_desk
async def test_what_goes_wrong_after_a_while_is_answered_as_well(desk):
    async def fault(*_):
        await asyncio.sleep(0.01)
        raise RuntimeError("one\ntwo")

    desk.room.service.submit = fault
    assert await desk.code("/restyle/submit", *job("a")) == ("a", "internal")
    assert await desk.ask("/restyle/version")


@at_desk
async def test_only_so_many_submits_are_looked_at_at_once(desk):
    gate = Gate(desk.room.service)
    for port in range(7000, 7000 + endpoint.MAX_AT_WORK):
        await send(desk, "/restyle/submit", *job(f"{port}"), client=("127.0.0.1", port))
    await until(lambda: len(gate.asked) == endpoint.MAX_AT_WORK)
    await send(desk, "/restyle/submit", *job("a"))
    await until(lambda: desk.wire.sent)
    assert desk.wire.sent[0][:5] == (ME, "/restyle/fail", "/restyle/submit", "a", "too_many")
    gate.open.set()
    await until(lambda: not desk.endpoint.reception.busy)
    assert (await desk.submit("a"))[0][1] == "/restyle/accepted"


@at_desk
async def test_when_the_socket_is_closed_what_is_acted_on_ends(desk):
    gate = Gate(desk.room.service)
    await send(desk, "/restyle/submit", *job("a"))
    await send(desk, "/restyle/version", client=OTHER)
    await until(lambda: gate.asked)
    before = len(desk.wire.sent)
    desk.endpoint.connection_lost(None)
    await asyncio.sleep(0.01)
    gate.open.set()
    await asyncio.sleep(0.01)
    assert desk.room.service.jobs == {}
    assert len(desk.wire.sent) == before
    assert desk.endpoint.reception.at_work == 0


# What only servers send

ANSWERS = {
    "/restyle/help.reply": ("/restyle/help", "", "These lines."),
    "/restyle/version.reply": ("restyle", "0.1", 1),
    "/restyle/status.reply": (0, 0, 0, 0),
    "/restyle/job.reply": ("a", "done", 1.0, "out.wav"),
    "/restyle/later.reply": (),
    "/restyle/preset": (0, 1, "violin", "Violin", 40),
    "/restyle/chain": (0, 1, "my-hall", "A hall"),
    "/restyle/param": ("mix", "f", 0.0, 1.0, 1.0),
    "/restyle/accepted": ("a", 1),
    "/restyle/progress": ("a", 0.5, "restyling"),
    "/restyle/advice": ("a", "Heard nothing."),
    "/restyle/done": ("submit", "a", "out.wav", 1, 1, 0.5),
    "/restyle/cancelled": ("a",),
    "/restyle/fail": ("/restyle/fail", "", "unknown_address", "There is no such address."),
    "/cookie": ("1234567",),
}


@at_desk
async def test_an_answer_is_never_answered(desk):
    for address, arguments in ANSWERS.items():
        assert await desk.ask(address, *arguments) == [], address
        if address != "/cookie":  # clients send it too, and may do it wrong
            assert await desk.ask(address) == [], address
    desk.endpoint.datagram_received(
        bundle(*[encode(*it) for it in [("/restyle/fail", "a"), ("/restyle/a.reply",)]]), ME
    )
    assert await desk.ask("/restyle/version")


@at_desk
async def test_all_that_the_server_sends_is_known_as_an_answer(desk):
    for address, command in COMMANDS.items():
        await desk.ask(address, *[{"s": "a", "i": 1, "f": 0.5}[kind] for kind in command.types])
        await desk.ask(address, *[None] * 70)
    await desk.ask("/restyle/nothing")
    await desk.submit("job", out="job.wav")
    await until(lambda: desk.room.workers.busy)
    desk.room.workers.end("job", Outcome("written", 400, 8000, 0.5, made_of={"advice": "No."}))
    await until(lambda: desk.room.state("job") == "done")
    sent = {address for _, address, *_ in desk.wire.sent}
    assert {"/restyle/done", "/restyle/advice", "/restyle/param", "/restyle/fail"} <= sent
    assert sent <= ANSWERS.keys()


@at_desk
async def test_the_server_s_own_port_cannot_be_notified(desk):
    for client in (ME, ("127.0.0.9", 5000)):
        assert await desk.code("/restyle/notify", 1, PORT, client=client) == ("", "bad_request")
    assert await desk.ask("/restyle/notify", 1, client=("127.0.0.1", PORT)) == []  # forged
    desk.room.service.set_default("restyle", "mix", 0.5)
    assert {client[1] for client, *_ in desk.wire.sent} == {ME[1]}


@at_desk
async def test_the_port_of_another_server_is_told_no_news(desk):
    other = ("127.0.0.1", 7000)
    told = await desk.ask("/restyle/notify", 1, 7000)
    assert (other, "/restyle/version") in told
    assert (await desk.ask("/restyle/param/set", "mix", 0.5))[0][0] == other
    for answer in (("/restyle/version.reply", "restyle", "0.1", 1), ("/cookie", "1234567")):
        await desk.ask("/restyle/notify", 1, 7000)
        assert await desk.ask(*answer, client=other) == []
        told = await desk.ask("/restyle/param/set", "mix", 0.25)
        assert {client for client, *_ in told} == {ME}


@at_desk
async def test_of_mistakes_only_so_many_are_answered(desk):
    for _ in range(3 * endpoint.MAX_MISTAKES):
        await desk.ask("/restyle/nothing")
    assert endpoint.MAX_MISTAKES <= len(desk.wire.sent) <= 2 * endpoint.MAX_MISTAKES
    assert await desk.code("/restyle/nothing", client=OTHER) == ("", "unknown_address")
    assert await desk.code("/restyle/job", "a") == ("a", "no_such_job")


# News


@at_desk
async def test_those_who_asked_hear_of_every_job(desk):
    ((client, address, what, _),) = await desk.ask("/restyle/notify", 1, client=OTHER)
    assert (client, address, what) == (OTHER, "/restyle/done", "notify")
    await desk.ask("/restyle/notify", 1, 7000, client=OTHER)
    await desk.submit("a")
    await until(lambda: desk.room.workers.busy)
    desk.room.workers.end("a")
    await until(lambda: desk.room.state("a") == "done")
    heard = [it for it in desk.wire.sent if it[1:3] == ("/restyle/done", "submit")]
    assert {it[0] for it in heard} == {ME, OTHER, ("127.0.0.1", 7000)}
    assert len(heard) == 3
    await desk.ask("/restyle/notify", 0, client=OTHER)
    await desk.ask("/restyle/notify", 0, 7000, client=OTHER)
    before = len(desk.wire.sent)
    assert await desk.submit("b") == [(ME, "/restyle/accepted", "b", 1)]
    await desk.ask("/restyle/cancel", "b")
    await until(lambda: desk.room.state("b") == "cancelled", GRACE_SECONDS + 5)
    assert {it[0] for it in desk.wire.sent[before:]} == {ME}
    for port in (-1, 65536):
        assert await desk.code("/restyle/notify", 1, port) == ("", "bad_request")


@at_desk
async def test_who_asked_is_forgotten_in_time_and_when_there_are_too_many(desk):
    for port in range(7000, 7000 + audience.MAX_NOTIFIED + 5):
        await desk.ask("/restyle/notify", 1, port)
    told = await desk.ask("/restyle/param/set", "mix", 0.25, client=OTHER)
    ports = [client[1] for client, *_ in told]
    assert len(ports) == audience.MAX_NOTIFIED + 1
    assert 7000 not in ports
    assert ports[-1] == OTHER[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audience, "NOTIFY_SECONDS", 0.0)
        for port in range(7005, 7005 + audience.MAX_NOTIFIED):
            await desk.ask("/restyle/notify", 1, port)
    answers = await desk.ask("/restyle/param/set", "mix", 0.5, client=OTHER)
    assert [it[0] for it in answers] == [OTHER]


@at_desk
async def test_what_cannot_be_sent_at_once_is_dropped(desk):
    desk.wire.waiting = endpoint.MAX_UNSENT_BYTES + 1
    assert await desk.ask("/restyle/version") == []
    desk.wire.waiting = 0
    assert await desk.ask("/restyle/version")


# Defaults


@at_desk
async def test_the_default_preset_is_for_jobs_that_name_none(desk):
    service = desk.room.service
    service.set_default("restyle", "preset", "flute")
    await desk.submit("a", preset="")
    service.set_default("restyle", "preset", "violin")
    await desk.submit("b", preset="")
    await desk.submit("c", preset="40")
    assert (await desk.submit("a", preset=""))[0][1] == "/restyle/accepted"
    presets = [job.settings["preset"] for job in service.jobs.values()]
    assert presets == ["flute", "violin", "violin"]


@at_desk
async def test_those_who_asked_hear_of_every_default_whoever_set_it(desk):
    await desk.ask("/restyle/notify", 1, client=OTHER)
    before = len(desk.wire.sent)
    desk.room.service.set_default("restyle", "preset", "flute")
    desk.room.service.set_default("restyle", "strength", 0.25)
    told = desk.wire.sent[before:]
    known = [preset.name for preset in presets.every()]
    assert told[0][:5] == (OTHER, "/restyle/preset", known.index("flute"), len(known), "flute")
    assert told[1:] == [(OTHER, "/restyle/param", "strength", "f", 0.0, 1.0, 0.25)]


@at_desk
async def test_a_preset_is_no_number_and_stays_as_it_was(desk):
    desk.room.service.set_default("restyle", "preset", "flute")
    assert await desk.code("/restyle/param/set", "preset", 40.0) == ("", "bad_setting")
    assert desk.room.service.defaults("restyle") == {"preset": "flute"}


@at_desk
async def test_when_the_socket_is_closed_it_hears_no_news(desk):
    await desk.submit("a")
    desk.endpoint.connection_lost(None)
    before = len(desk.wire.sent)
    desk.room.service.set_default("restyle", "mix", 0.5)
    desk.room.service.cancel_all()
    assert desk.wire.sent[before:] == []


# Refusals


@at_desk
async def test_what_is_refused_is_noted_for_those_who_cannot_hear(desk):
    await desk.submit("a", preset="vioiln")
    await desk.ask("/restyle/sumbit", "b")
    job, address = desk.room.service.refusals.last()
    assert (job.host, job.port, job.request, job.job) == (*ME, "/restyle/submit", "a")
    assert job.code == "no_such_preset"
    assert job.text.startswith("There is no preset or chain 'vioiln'")
    assert (address.request, address.job, address.code) == (
        "/restyle/sumbit",
        "",
        "unknown_address",
    )


@at_desk
async def test_the_notified_hear_of_every_refusal_and_the_asker_once(desk):
    await desk.ask("/restyle/notify", 1)
    await desk.ask("/restyle/notify", 1, client=OTHER)
    mine, other = await desk.submit("a", preset="vioiln")
    assert (mine[0], other[0]) == (ME, OTHER)
    assert mine[1:] == other[1:]
    assert mine[1:5] == ("/restyle/fail", "/restyle/submit", "a", "no_such_preset")
    assert [it[0] for it in await desk.ask("/restyle/sumbit")] == [ME, OTHER]


@at_desk
async def test_the_answer_to_another_port_is_not_repeated_there(desk):
    await desk.ask("/restyle/notify", 1, OTHER[1])
    assert [it[0] for it in await desk.ask("/restyle/sumbit")] == [ME, OTHER]
    third = ("127.0.0.1", 7000)  # as oscsend does, whose every message has a port of its own
    assert [it[0] for it in await desk.ask("/restyle/sumbit", client=third)] == [third, OTHER]


@at_desk
async def test_a_job_is_told_by_as_much_of_its_id_as_ids_have(desk):
    assert await desk.submit("x" * 200)
    ((_, _, _, job, code, _),) = await desk.submit("y" * 201)
    assert (job, code) == ("y" * 200, "bad_request")


@at_desk
async def test_a_job_that_goes_on_is_not_said_to_have_failed(desk):
    await desk.ask("/restyle/notify", 1)
    await desk.submit("a")
    taken, told = await desk.submit("a", out="another.wav", client=OTHER)
    assert taken[:5] == (OTHER, "/restyle/fail", "/restyle/submit", "a", "id_taken")
    assert told[:5] == (ME, "/restyle/fail", "/restyle/submit", "", "id_taken")


@at_desk
async def test_a_flood_of_refusals_does_not_flood_the_notified(desk):
    await desk.ask("/restyle/notify", 1, client=OTHER)
    for number in range(100):
        await desk.submit(str(number), preset="vioiln")
    assert len([it for it in desk.wire.sent if it[0] == OTHER and it[1] == "/restyle/fail"]) == 10
    assert len([it for it in desk.wire.sent if it[0] == ME]) == 100


@at_desk
async def test_mistakes_that_are_not_answered_any_more_are_counted(desk):
    for _ in range(100):
        await desk.ask("/restyle/sumbit")
    (row,) = desk.room.service.refusals.last()
    assert row.count == 100
    assert len(desk.wire.sent) < 100


@at_desk
async def test_what_is_no_message_is_on_the_page_and_told_nobody(desk):
    await desk.ask("/restyle/notify", 1, client=OTHER)
    told = len(desk.wire.sent)
    for _ in range(3):
        desk.endpoint.datagram_received(b"#bundle\0", ME)
    desk.endpoint.datagram_received(b"abc", ME)
    await until(lambda: desk.endpoint.reception.refused == 4)
    rows = desk.room.service.refusals.last()
    assert {(it.kind, it.host) for it in rows} == {("malformed", ME[0])}
    assert sorted(it.count for it in rows) == [1, 3]
    assert desk.wire.sent[told:] == []
