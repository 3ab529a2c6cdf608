"use strict";
// The device's script, as it is generated, against stand-ins for Max and Live.
// RESTYLE_SCRIPT is the script; its presets are violin, flute and "it's \"odd\"", and the chain
// my-hall.

const assert = require("node:assert/strict");
const test = require("node:test");
const { Device, LiveSet } = require("./stand_in.js");

const SUBMIT = "/restyle/submit";

function ready(clip, options) {
    const set = new LiveSet(options);
    set.detailClip = set.addClip(1, clip);
    return { set, device: new Device(process.env.RESTYLE_SCRIPT, set) };
}

function core() {
    return ready().device.context.core;
}

function plain(value) {
    return JSON.parse(JSON.stringify(value)); // things of another context are of other classes
}

function accepted(device, position = 0) {
    const job = device.last(SUBMIT)[1];
    device.hear("/restyle/accepted", job, position);
    return job;
}

// One job

test("a chain keeps its own strength until another is chosen", () => {
    const { device } = ready();
    device.say("preset", 3);
    device.say("restyle");
    accepted(device);
    assert.deepEqual(plain(device.last(SUBMIT).slice(4)), ["my-hall"]);
    device.hear("/restyle/fail", SUBMIT, device.last(SUBMIT)[1], "bad_chain", "It is broken.");
    device.say("strength", 0.5);
    device.say("restyle");
    assert.deepEqual(plain(device.last(SUBMIT).slice(4)), ["my-hall", "strength", 0.5]);
});

test("a clip is sent, followed, and put into the next empty slot with a name", () => {
    const { set, device } = ready();
    set.addClip(2);
    device.say("preset", 1);
    device.say("strength", 0.25);
    device.say("restyle");
    const [, job, ...sent] = device.last(SUBMIT);
    assert.deepEqual(plain(sent), [
        "/music/piano.wav", "/music/piano (flute) 1.wav", "flute", "strength", 0.25,
    ]);
    assert.deepEqual(plain(device.last("/restyle/notify")), ["/restyle/notify", 1, device.port]);
    assert.ok(device.running);
    device.hear("/restyle/accepted", job, 2);
    assert.match(device.status, /queue, place 2/);
    device.hear("/restyle/progress", job, 0.42, "matching");
    assert.match(device.status, /42 % – matching/);
    assert.equal(device.progress.at(-1), 0.42);
    device.hear("/restyle/done", "submit", job, "/music/piano (flute) 1.wav", 441000, 44100, 3.5);
    const made = set.track.clip_slots[3].clip;
    assert.equal(made.file_path, "/music/piano (flute) 1.wav");
    assert.equal(made.name, "Piano (flute)");
    assert.equal(made.warping, 0);
    assert.equal(device.status, "Done: piano (flute) 1.wav");
    assert.ok(!device.running);
    device.hear("/restyle/done", "submit", job, "/music/piano (flute) 1.wav", 441000, 44100, 3.5);
    assert.equal(set.track.clip_slots.length, 4);
});

test("when all slots below are full there is a scene more", () => {
    const { set, device } = ready({}, { slots: 3 });
    set.addClip(2);
    device.say("restyle");
    device.hear("/restyle/done", "submit", accepted(device), "x", 1, 1, 1);
    assert.equal(set.track.clip_slots.length, 4);
    assert.equal(set.track.clip_slots[3].clip.file_path, "/music/piano (violin) 1.wav");
});

test("scenes and tracks may move while the server works", () => {
    const { set, device } = ready();
    device.say("restyle");
    const job = accepted(device);
    set.track.clip_slots.unshift(set.addSlot(set.track));
    set.song.tracks.unshift(set.addTrack(2));
    device.hear("/restyle/done", "submit", job, "x", 1, 1, 1);
    assert.equal(set.track.clip_slots[3].has_clip, 1);
    assert.equal(set.track.clip_slots[0].has_clip, 0);
});

for (const [why, change, options] of [
    ["Live is older than 12.1", () => {}, { version: [12, 0] }],
    ["the track is frozen", (set) => { set.track.is_frozen = 1; }],
    ["Live refuses it", (set) => { set.refuses = true; }],
    ["the track is gone", (set) => { set.objects.delete(set.track.id); }],
]) {
    test(`the user is told where the file is if ${why}`, () => {
        const { set, device } = ready({}, options);
        device.say("restyle");
        const job = accepted(device);
        change(set);
        device.hear("/restyle/done", "submit", job, "x", 1, 1, 1);
        assert.equal(device.status, "Done. Drag it into Live: /music/piano (violin) 1.wav");
        assert.equal(set.track.clip_slots.filter((it) => it.has_clip).length, 1);
    });
}

// The arrangement

function onTimeline(clip = {}, options = {}) {
    const set = new LiveSet(options);
    set.track.name = "Piano";
    set.detailClip = set.addToTimeline(set.track, 16, 24, clip);
    return { set, device: new Device(process.env.RESTYLE_SCRIPT, set) };
}

function finished(device) {
    device.say("restyle");
    device.hear("/restyle/done", "submit", accepted(device), "x", 1, 1, 1);
}

function shown(set) {
    return set.song.tracks.map((track) => [
        track.name, ...track.arrangement_clips.map((it) => [it.start_time, it.file_path]),
    ]);
}

const MADE = "/music/piano (violin) 1.wav";

test("a clip of the arrangement comes back at its place, on a track below its own", () => {
    const { set, device } = onTimeline();
    set.addTrack(1).name = "Drums";
    finished(device);
    assert.deepEqual(shown(set), [
        ["Piano", [16, "/music/piano.wav"]], ["Piano (violin)", [16, MADE]], ["Drums"],
    ]);
    const [made] = set.song.tracks[1].arrangement_clips;
    assert.equal(made.name, "Piano (violin)");
    assert.equal(made.warping, 0);
    assert.equal(device.status, "Done: piano (violin) 1.wav");
    assert.equal(set.track.clip_slots.filter((it) => it.has_clip).length, 0);
});

test("results of one preset share a track as long as nothing is in their way", () => {
    const { set, device } = onTimeline();
    const counts = () => set.song.tracks.map((it) => it.arrangement_clips.length);
    finished(device);
    set.detailClip = set.addToTimeline(set.track, 24, 32);
    finished(device);
    assert.deepEqual(counts(), [2, 2]);
    set.newBeats = 100; // Live may warp a new sample, however long what it is made of was
    set.detailClip = set.addToTimeline(set.track, 0, 8);
    finished(device);
    assert.deepEqual(counts(), [3, 1, 2]);
    device.say("preset", 1);
    finished(device);
    assert.deepEqual(set.song.tracks.map((it) => it.name), [
        "Piano", "Piano (flute)", "Piano (violin)", "Piano (violin)",
    ]);
});

for (const [why, change] of [
    ["is frozen", (track) => { track.is_frozen = 1; }],
    ["is a MIDI track", (track) => { track.has_audio_input = 0; }],
    ["has another name", (track) => { track.name = "Mine"; }],
]) {
    test(`a track below that ${why} is let alone`, () => {
        const { set, device } = onTimeline();
        const below = set.addTrack(1);
        below.name = "Piano (violin)";
        change(below);
        finished(device);
        assert.deepEqual(set.song.tracks.map((it) => it.arrangement_clips.length), [1, 1, 0]);
        assert.equal(set.song.tracks[2], below);
    });
}

test("a warped clip's result stays warped", () => {
    const markers = [{ beat_time: 0, sample_time: 0 }, { beat_time: 20, sample_time: 10 }];
    const { set, device } = onTimeline({
        warping: 1, loop_start: 4, loop_end: 12,
        warp_markers: JSON.stringify({ warp_markers: markers }),
    });
    finished(device);
    assert.deepEqual(plain(device.last(SUBMIT).slice(7)), ["start_seconds", 2, "end_seconds", 6]);
    assert.equal(set.song.tracks[1].arrangement_clips[0].warping, 1);
});

for (const [what, clip, span] of [
    ["an unlooped clip plays between its edges", { loop_start: 2, loop_end: 6 }, [2, 6]],
    ["and not to its end marker", { end_marker: 9, loop_end: 5 }, [undefined, 5]],
    ["of a looped one there is one turn",
        { looping: 1, start_marker: 3, loop_start: 1, loop_end: 4 }, [1, 4]],
    ["with what comes before it",
        { looping: 1, start_marker: 1, loop_start: 3, loop_end: 4 }, [1, 4]],
]) {
    test(`in the arrangement, ${what}`, () => {
        const { device } = onTimeline(clip);
        device.say("restyle");
        const words = plain(device.last(SUBMIT));
        const setting = (key) => words[words.indexOf(key) + 1 || words.length];
        assert.deepEqual([setting("start_seconds"), setting("end_seconds")], span);
    });
}

test("a clip of a take lane comes back at its place, too", () => {
    const { set, device } = onTimeline();
    set.detailClip.canonical_parent = set.add("TakeLane", { canonical_parent: set.track });
    finished(device);
    assert.deepEqual(shown(set)[1], ["Piano (violin)", [16, MADE]]);
});

for (const [why, change, options] of [
    ["Live is older than 12.1", () => {}, { version: [12, 0] }],
    ["Live refuses it", (set) => { set.refuses = true; }],
    ["the track is gone", (set) => { set.song.tracks.shift(); }],
    ["the set takes no more tracks", (set) => { set.mostTracks = 2; }],
]) {
    test(`the arrangement stays as it was if ${why}`, () => {
        const { set, device } = onTimeline({}, options);
        set.addTrack(1).name = "Drums";
        device.say("restyle");
        const job = accepted(device);
        change(set);
        const before = shown(set);
        device.hear("/restyle/done", "submit", job, "x", 1, 1, 1);
        assert.equal(device.status, `Done. Drag it into Live: ${MADE}`);
        assert.deepEqual(shown(set), before);
    });
}

// What cannot be restyled

for (const [what, clip, message] of [
    ["a MIDI clip", { is_audio_clip: 0 }, /Select an audio clip/],
    ["a clip without a file", { file_path: "" }, /freeze and flatten/],
    ["markers with nothing between", { start_marker: 5, end_marker: 5 }, /no sound between/],
    ["markers behind the file", { start_marker: 11, end_marker: 12 }, /no sound between/],
    ["a warped clip in Live 10", { warping: 1 }, /Live 11 or newer/],
]) {
    test(`${what} is refused, and nothing is sent`, () => {
        const { device } = ready(clip);
        device.say("restyle");
        assert.match(device.status, message);
        assert.deepEqual(device.sent, []);
    });
}

test("no clip is selected", () => {
    const { set, device } = ready();
    set.detailClip = null;
    device.say("restyle");
    assert.match(device.status, /Select an audio clip/);
});

// A network that loses, repeats and reorders

test("a submission is repeated as it is until something answers", () => {
    const { device } = ready();
    device.say("restyle");
    device.pass(3);
    const sent = device.sent.filter((it) => it[0] === SUBMIT).map((it) => JSON.stringify(it));
    assert.equal(sent.length, 4);
    assert.equal(new Set(sent).size, 1);
    const job = accepted(device);
    device.pass(2);
    assert.equal(device.count(SUBMIT), 4);
    assert.deepEqual(plain(device.last("/restyle/job")), ["/restyle/job", job]);
});

test("without a server there is a word on how to start one, and another port the next time", () => {
    const { device } = ready();
    const before = device.port;
    device.say("restyle");
    device.pass(7);
    assert.match(device.status, /^No Restyle server answers: start one with restyle serve --root/);
    assert.ok(!device.running);
    const [, job] = device.last(SUBMIT);
    assert.deepEqual(plain(device.last("/restyle/cancel")), ["/restyle/cancel", job]);
    assert.notEqual(device.port, before);
    device.say("restyle");
    assert.equal(device.last("/restyle/notify")[2], device.port);
});

test("the ports of devices are 9473 to 9972", () => {
    const ports = Array.from({ length: 200 }, () => ready().device.port);
    assert.ok(ports.every((it) => it >= 9473 && it < 9973));
    assert.ok(new Set(ports).size > 50);
});

test("the end is learnt by asking where its message was lost", () => {
    const { set, device } = ready();
    device.say("restyle");
    const job = accepted(device);
    device.hear("/restyle/job.reply", job, "running", 0.5, "matching");
    assert.match(device.status, /50 %/);
    device.hear("/restyle/job.reply", job, "done", 1, "/music/piano (violin) 1.wav");
    assert.equal(set.track.clip_slots[2].has_clip, 1);
});

test("a failure that is learnt by asking is told without its code", () => {
    const { device } = ready();
    device.say("restyle");
    const job = accepted(device);
    device.hear("/restyle/job.reply", job, "failed", 0, "unreadable: piano.wav cannot be read.");
    assert.equal(device.status, "piano.wav cannot be read.");
});

test("progress alone shows that the job was accepted", () => {
    const { device } = ready();
    device.say("restyle");
    device.hear("/restyle/progress", device.last(SUBMIT)[1], 0.1, "reading");
    device.pass(2);
    assert.equal(device.count(SUBMIT), 1);
});

test("a server that restarts is waited for, and told again if it lost the job", () => {
    const { device } = ready();
    device.say("restyle");
    const job = accepted(device);
    device.pass(8);
    assert.match(device.status, /silent/);
    assert.ok(device.running);
    assert.ok(device.count("/restyle/notify") > 1); // a server that restarted knows no listener
    device.hear("/restyle/fail", "/restyle/job", job, "no_such_job", "There is no job.");
    assert.equal(device.count(SUBMIT), 2);
    assert.equal(device.last(SUBMIT)[1], job);
    device.pass(1);
    assert.equal(device.count(SUBMIT), 3); // until it is answered
});

test("a server that says anything is there, if it takes its time", () => {
    const { device } = ready();
    device.say("restyle");
    for (let i = 0; i < 3; i += 1) {
        device.pass(4);
        device.hear("/restyle/done", "notify", 0);
    }
    assert.ok(device.running);
});

test("a server is told once more where to answer before it forgets", () => {
    const { device } = ready();
    device.say("restyle");
    const job = accepted(device);
    const before = device.count("/restyle/notify");
    for (let i = 0; i < 3600; i += 4) {
        device.pass(4);
        device.hear("/restyle/progress", job, i / 3600, "matching");
    }
    const told = device.count("/restyle/notify") - before;
    assert.ok(told > 2 && told < 10);
});

test("messages of other jobs, of nobody and of strangers change nothing", () => {
    const { set, device } = ready();
    device.say("restyle");
    const job = accepted(device);
    const before = device.status;
    device.hear("/restyle/done", "submit", "another", "x", 1, 1, 1);
    device.hear("/restyle/fail", SUBMIT, "another", "internal", "?");
    device.hear("/restyle/progress");
    device.hear("/restyle/done", "notify", 1);
    device.hear("/restyle/fail", "/restyle/notify", "", "bad_request", "?");
    device.hear("cancel");
    device.hear("restyle");
    device.hear();
    assert.equal(device.status, before);
    assert.equal(set.track.clip_slots.filter((it) => it.has_clip).length, 1);
    assert.equal(device.count("/restyle/cancel"), 0);
    device.hear("/restyle/cancelled", job);
    device.hear("/restyle/progress", job, 0.9, "late");
    assert.equal(device.status, "Cancelled");
});

// Refusals

test("a name that is taken is followed by the next, under another id", () => {
    const { device } = ready();
    device.say("restyle");
    const first = device.last(SUBMIT)[1];
    device.hear("/restyle/fail", SUBMIT, first, "out_exists", "It exists.");
    const [, second, , out] = device.last(SUBMIT);
    assert.equal(out, "/music/piano (violin) 2.wav");
    assert.notEqual(second, first);
    device.hear("/restyle/fail", SUBMIT, first, "out_exists", "It exists."); // a duplicate
    assert.equal(device.count(SUBMIT), 2);
    device.hear("/restyle/fail", SUBMIT, second, "out_taken", "Another job writes it.");
    assert.equal(device.last(SUBMIT)[3], "/music/piano (violin) 3.wav");
});

test("another refusal is told and ends it", () => {
    const { device } = ready();
    device.say("restyle");
    const job = device.last(SUBMIT)[1];
    device.hear("/restyle/fail", SUBMIT, job, "outside_root", "/music is outside of every --root.");
    assert.equal(device.status, "/music is outside of every --root.");
    assert.ok(!device.running);
    device.say("restyle");
    assert.equal(device.count(SUBMIT), 2);
});

test("a result that another file forestalled is a failure, not work done twice", () => {
    const { device } = ready();
    device.say("restyle");
    device.hear("/restyle/fail", SUBMIT, accepted(device), "out_exists", "It exists.");
    assert.equal(device.status, "It exists.");
    assert.equal(device.count(SUBMIT), 1);
});

// Cancel

test("cancel is repeated until it is answered", () => {
    const { set, device } = ready();
    device.say("restyle");
    const job = accepted(device);
    device.say("cancel");
    device.pass(2);
    assert.equal(device.count("/restyle/cancel"), 3);
    device.hear("/restyle/progress", job, 0.9, "late");
    assert.equal(device.status, "Cancelling…");
    device.hear("/restyle/cancelled", job);
    assert.equal(device.status, "Cancelled");
    assert.ok(!device.running);
    assert.equal(set.track.clip_slots.filter((it) => it.has_clip).length, 1);
});

test("cancelling what never arrived, with a server or without", () => {
    const { device } = ready();
    device.say("restyle");
    device.say("cancel");
    const job = device.last("/restyle/cancel")[1];
    device.hear("/restyle/fail", "/restyle/cancel", job, "no_such_job", "There is no job.");
    assert.equal(device.status, "Cancelled");
    device.say("restyle");
    device.say("cancel");
    device.pass(7);
    assert.match(device.status, /^No Restyle server/);
    device.say("cancel");
    assert.equal(device.status, "There is nothing to cancel");
});

test("a second press while it works does nothing", () => {
    const { device } = ready();
    device.say("restyle");
    device.say("restyle");
    assert.equal(device.count(SUBMIT), 1);
});

// Where in the file

test("a span is sent only where it is not the whole file", () => {
    const clip = { warping: false, start: 0, end: 10, markers: [], duration: 10 };
    const span = (changes) => plain(core().span({ ...clip, ...changes }));
    assert.deepEqual(span({}), {});
    assert.deepEqual(span({ start: -2, end: 12 }), {});
    assert.deepEqual(span({ start: 2.5 }), { start_seconds: 2.5 });
    assert.deepEqual(span({ end: 7.5 }), { end_seconds: 7.5 });
    assert.deepEqual(span({ start: 1, end: 2 }), { start_seconds: 1, end_seconds: 2 });
    assert.deepEqual(span({ duration: 0 }), { end_seconds: 10 });
    assert.throws(() => span({ end: NaN, duration: 0 }), /no sound/);
    assert.throws(() => span({ start: -3, end: -1 }), /no sound/);
    const twice = [[0, 1], [0, 1], [NaN, 1], [8, 5]].map(([beat, seconds]) => (
        { beat_time: beat, sample_time: seconds }));
    assert.deepEqual(span({ warping: true, start: 0, end: 4, markers: twice }), {
        start_seconds: 1, end_seconds: 3,
    });
});

test("beats become seconds by the warp markers, and beyond them by the nearest two", () => {
    const { secondsAt } = core();
    const markers = [ // 120 beats a minute, then 60; not in order
        { beat_time: 8, sample_time: 6 },
        { beat_time: 0, sample_time: 0 },
        { beat_time: 4, sample_time: 2 },
    ];
    for (const [beat, seconds] of [[0, 0], [2, 1], [4, 2], [5, 3], [8, 6], [10, 8], [-2, -1]]) {
        assert.equal(secondsAt(beat, markers), seconds);
    }
});

test("a warped clip's markers are sent in seconds", () => {
    const { device } = ready({
        warping: 1,
        start_marker: 4,
        end_marker: 8,
        warp_markers: JSON.stringify({
            warp_markers: [
                { beat_time: 0, sample_time: 0.5 },
                { beat_time: 16, sample_time: 8.5 },
                { beat_time: 16, sample_time: 8.5 },
                { beat_time: 16.03125, sample_time: 8.515625 },
            ],
        }),
    });
    device.say("restyle");
    assert.deepEqual(plain(device.last(SUBMIT).slice(5)), [
        "strength", 1, "start_seconds", 2.5, "end_seconds", 4.5,
    ]);
});

// Names and paths

test("results are called after source, preset and number", () => {
    const { resultPath } = core();
    for (const [source, preset, path] of [
        ["/a.b/piano.aif", "violin", "/a.b/piano (violin) 1.wav"],
        ["C:/My Music/x.y.wav", "violin", "C:/My Music/x.y (violin) 1.wav"],
        ["C:\\Music\\x.wav", "a/b:c", "C:\\Music\\x (a-b-c) 1.wav"],
        ["/m/.wav", "violin", "/m/.wav (violin) 1.wav"],
        ["/m/noext", "violin", "/m/noext (violin) 1.wav"],
    ]) {
        assert.equal(resultPath(source, preset, 1), path);
    }
    for (const letter of ["a", "é", "中", "🎻"]) {
        const name = resultPath(`/m/${letter.repeat(300)}.wav`, "violin", 1000).slice(3);
        assert.ok(Buffer.byteLength(name) <= 255);
        assert.ok(Buffer.from(name).toString() === name, "no half of a letter");
    }
});

test("paths are those of the system", () => {
    const { systemPath } = core();
    for (const [max, path] of [
        ["/Users/me/My Music/a.wav", "/Users/me/My Music/a.wav"],
        ["Macintosh HD:/Users/me/a.wav", "/Users/me/a.wav"],
        ["Mein Mac:/Users/me/a.wav", "/Users/me/a.wav"],
        ["Samples:/drums/a.wav", "/Volumes/Samples/drums/a.wav"],
        ["C:/Music/a.wav", "C:/Music/a.wav"],
        ["C:\\Music\\a.wav", "C:\\Music\\a.wav"],
        ["/music/12:30/a.wav", "/music/12:30/a.wav"],
    ]) {
        assert.equal(systemPath(max), path);
    }
});

test("a clip is the style of another, until a preset is chosen or it is taken again", () => {
    const { set, device } = ready();
    const stem = set.detailClip;
    set.detailClip = set.newClip({ file_path: "Macintosh HD:/Users/me/Cello: 1.wav" });
    device.say("style");
    assert.match(device.status, /^The style is Cello: 1.wav: select the clip to restyle/);
    set.detailClip = stem;
    device.say("engine", 1);
    device.say("restyle");
    const words = device.last(SUBMIT);
    assert.deepEqual(plain(words.slice(2)), [
        "/music/piano.wav", "/music/piano (Cello- 1) 1.wav", "", "strength", 1,
        "style", "/Users/me/Cello: 1.wav", "engine", "infinite",
    ]);
    device.say("style"); // while it works, nothing changes
    device.hear("/restyle/done", "submit", accepted(device), words[3], 1, 1, 1);
    assert.equal(set.track.clip_slots[2].clip.name, "Piano (Cello: 1)");
    device.say("preset", 0);
    device.say("engine", 0);
    device.say("restyle");
    assert.deepEqual(plain(device.last(SUBMIT).slice(4)), ["violin", "strength", 1]);
    device.hear("/restyle/cancelled", device.last(SUBMIT)[1]);
    device.say("style");
    device.say("style");
    assert.equal(device.status, "The style is the preset");
    set.detailClip = null;
    device.say("style");
    assert.match(device.status, /^Select an audio clip/);
});

test("presets with odd names are sent as they are called", () => {
    const { device } = ready();
    device.say("preset", 2);
    device.say("restyle");
    assert.equal(device.last(SUBMIT)[4], "it's \"odd\" \u2028 </script> \\ ü 🎻");
    device.hear("/restyle/cancelled", device.last(SUBMIT)[1]);
    device.say("preset", 99);
    device.say("restyle");
    assert.equal(device.status, "Choose a preset");
});
