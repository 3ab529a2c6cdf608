"use strict";
// Stand-ins for Max and for Live: as much of them as Restyle's device uses, and not a name more.
// What asks for something that Live's object model does not have throws here. The model is
// documented at https://docs.cycling74.com/apiref/lom/: Song, Track, TakeLane, ClipSlot, Clip.

const fs = require("node:fs");
const vm = require("node:vm");

const MODEL = {
    Application: { functions: ["get_major_version", "get_minor_version"], properties: [] },
    Song: {
        functions: ["create_scene", "create_audio_track", "delete_track"],
        properties: ["tracks", "scenes", "canonical_parent"],
    },
    Track: {
        functions: ["create_audio_clip"],
        properties: [
            "clip_slots", "arrangement_clips", "has_audio_input", "is_frozen", "name",
            "canonical_parent",
        ],
    },
    TakeLane: { functions: [], properties: ["arrangement_clips", "canonical_parent"] },
    ClipSlot: {
        functions: ["create_audio_clip"],
        properties: ["clip", "has_clip", "canonical_parent"],
    },
    Clip: {
        functions: [],
        properties: [
            "is_audio_clip", "file_path", "start_marker", "end_marker", "warping", "warp_markers",
            "sample_rate", "sample_length", "name", "canonical_parent", "start_time", "end_time",
            "looping", "loop_start", "loop_end",
        ],
    },
};

// A set in Live. Its objects are plain ones, with an id that stays theirs.
class LiveSet {
    constructor({ version = [12, 1], slots = 4 } = {}) {
        this.version = version;
        this.objects = new Map();
        this.detailClip = null;
        this.mostTracks = 100; // Live Lite's sets have far fewer
        this.newBeats = 8; // of a clip of the arrangement that a script makes
        this.song = this.add("Song", { tracks: [] });
        this.app = this.add("Application", {});
        this.track = this.addTrack(slots);
    }

    add(kind, properties) {
        const object = { kind, id: this.objects.size + 1, ...properties };
        this.objects.set(object.id, object);
        return object;
    }

    addTrack(slots, index = this.song.tracks.length) {
        const track = this.add("Track", {
            is_frozen: 0, name: "1-Audio", clip_slots: [], arrangement_clips: [],
            has_audio_input: 1, canonical_parent: this.song,
        });
        for (let i = 0; i < slots; i += 1) {
            track.clip_slots.push(this.addSlot(track));
        }
        this.song.tracks.splice(index, 0, track);
        return track;
    }

    addSlot(track) {
        return this.add("ClipSlot", { has_clip: 0, clip: null, canonical_parent: track });
    }

    addClip(place, properties) {
        const slot = this.track.clip_slots[place];
        slot.clip = this.newClip({ canonical_parent: slot, ...properties });
        slot.has_clip = 1;
        return slot.clip;
    }

    newClip(properties) {
        return this.add("Clip", {
            is_audio_clip: 1, file_path: "/music/piano.wav", start_marker: 0, end_marker: 10,
            warping: 0, warp_markers: undefined, sample_rate: 44100, sample_length: 441000,
            name: "Piano", looping: 0, loop_start: 0, loop_end: 10, start_time: 0, end_time: 0,
            ...properties,
        });
    }

    // A clip of the arrangement, from and to a beat; what is there makes way, as in Live.
    addToTimeline(track, start, end, properties = {}) {
        const clip = this.newClip({
            canonical_parent: track, start_time: start, end_time: end, ...properties,
        });
        const others = track.arrangement_clips.filter(
            (it) => it.end_time <= start || it.start_time >= end);
        track.arrangement_clips = [...others, clip];
        return clip;
    }

    find(path) {
        if (path === "live_app") {
            return this.app;
        }
        const id = /^id (\d+)$/.exec(path);
        if (id) {
            return this.objects.get(Number(id[1]));
        }
        if (path === "live_set view detail_clip") {
            return this.detailClip;
        }
        if (path === "live_set") {
            return this.song;
        }
        throw new Error("no such path: " + path);
    }

    call(object, name, words) {
        if (name === "get_major_version" || name === "get_minor_version") {
            return this.version[name === "get_major_version" ? 0 : 1];
        }
        const old = this.version[0] * 100 + this.version[1] < 1201;
        if (name === "create_audio_track" && this.song.tracks.length < this.mostTracks) {
            this.addTrack(this.track.clip_slots.length, words[0]);
        } else if (name === "delete_track") {
            this.song.tracks.splice(words[0], 1);
        } else if (name === "create_audio_clip" && object.kind === "Track") {
            const [path, beat] = words;
            if (this.refuses || old || object.is_frozen || !(beat >= 0 && beat <= 1576800)) {
                throw new Error("Live would complain");
            }
            this.addToTimeline(object, beat, beat + this.newBeats, {
                file_path: path, name: "", warping: 1,
            });
        } else if (name === "create_scene") {
            this.song.tracks.forEach((track) => track.clip_slots.push(this.addSlot(track)));
        } else if (name === "create_audio_clip") {
            if (this.refuses || object.has_clip || old) {
                throw new Error("Live would complain");
            }
            object.clip = this.newClip({
                file_path: words[0], name: "", warping: 1, canonical_parent: object,
            });
            object.has_clip = 1;
        }
        return undefined;
    }
}

// Max's LiveAPI for a set.
function apiOf(set) {
    return class LiveAPI {
        constructor(path) {
            this.object = set.find(path) || null;
        }

        get id() {
            return this.object ? String(this.object.id) : "0";
        }

        get type() {
            return this.object ? this.object.kind : "None";
        }

        check(name, among) {
            if (!this.object || !MODEL[this.object.kind][among].includes(name)) {
                throw new Error(`${this.object && this.object.kind} has no ${name}`);
            }
        }

        get(name) {
            this.check(name, "properties");
            const value = this.object[name];
            if (Array.isArray(value)) {
                return value.flatMap((it) => ["id", it.id]);
            }
            if (value === null || (value && value.kind)) {
                return ["id", value === null ? 0 : value.id];
            }
            return value === undefined ? null : [value];
        }

        set(name, value) {
            this.check(name, "properties");
            this.object[name] = value;
        }

        call(name, ...words) {
            this.check(name, "functions");
            return set.call(this.object, name, words);
        }
    };
}

// The device's script in Max: `say(message, …words)` is a message into its inlet.
class Device {
    constructor(script, set) {
        this.sent = []; // of outlet 0: messages to the server
        this.status = "";
        this.progress = [];
        this.port = 0;
        this.now = 1e12;
        this.running = false;
        const device = this;
        class FakeDate {
            getTime() {
                return device.now;
            }
        }
        class Task {
            constructor(run) {
                device.tick = run;
            }

            repeat() {
                device.running = true;
            }

            cancel() {
                device.running = false;
            }
        }
        this.context = vm.createContext({
            LiveAPI: apiOf(set),
            Task,
            Date: FakeDate,
            outlet: (place, ...words) => device.out(place, words.flat()),
            post: () => {},
        });
        vm.runInContext(fs.readFileSync(script, "ascii"), this.context);
        this.say("start");
    }

    out(place, words) {
        if (place === 0) {
            this.sent.push(words);
            this.onSend(words);
        } else if (place === 1) {
            if (words[0] !== "set" || words.some((it) => String(it).includes(" "))) {
                throw new Error("no text for a comment: " + words);
            }
            this.status = words.slice(1).join(" ");
        } else if (place === 2) {
            this.progress.push(words[0]);
        } else if (place === 3 && words[0] === "port") {
            this.port = words[1];
        } else {
            throw new Error(`outlet ${place} says ${words}`);
        }
    }

    onSend() {}

    say(message, ...words) {
        this.context[message](...words);
    }

    hear(address, ...words) {
        this.say("osc", address, ...words);
    }

    pass(seconds) {
        for (let i = 0; i < seconds; i += 1) {
            this.now += 1000;
            if (this.running) {
                this.tick();
            }
        }
    }

    last(address) {
        return this.sent.filter((it) => it[0] === address).pop();
    }

    count(address) {
        return this.sent.filter((it) => it[0] === address).length;
    }
}

module.exports = { Device, LiveSet };
