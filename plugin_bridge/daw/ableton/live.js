// Restyle in Ableton Live: between Max, Live's object model and core.js.

autowatch = 0;
inlets = 1;
outlets = 4; // to the server, the status line, the progress bar, the port that listens

var FIRST_PORT = 9473;
var PORTS = 500; // several devices in one set need one each
var port = FIRST_PORT;
var chosen = { preset: 0, strength: 1 };
var timer = new Task(function () {
    session.tick();
});

var session = core.create({
    send: function (address, words) {
        outlet(0, [address].concat(words));
    },
    status: status,
    progress: function (fraction) {
        outlet(2, fraction);
    },
    place: place,
    now: function () {
        return new Date().getTime();
    },
    port: function () {
        return port;
    },
    anotherPort: anotherPort,
    clock: function (on) {
        timer.cancel();
        if (on) {
            timer.interval = 1000;
            timer.repeat();
        }
    }
});

// Messages from the patcher

function start() {
    anotherPort();
    status("Select an audio clip and press Restyle clip");
}

function preset(index) {
    chosen.preset = index;
}

function strength(value) {
    chosen.strength = value;
}

function restyle() {
    if (session.busy()) {
        return;
    }
    try {
        session.start(request());
    } catch (error) {
        status(error.message);
    }
}

function cancel() {
    session.cancel();
}

// What comes in over the network: an address and its arguments. All of it passes through here, so
// that no stranger's message can call another function.
function osc() {
    var words = items(arguments);
    session.hear(String(words[0]), words.slice(1));
}

function notifydeleted() {
    timer.cancel();
}

// What they need

function anotherPort() {
    var before = port;
    while (port === before) {
        port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    }
    outlet(3, "port", port);
}

// The words go separately: Max would show one text of several words in quotes.
function status(text) {
    outlet(1, ["set"].concat(String(text).split(" ")));
}

// What Live gives is a list, even of one thing.
function items(value) {
    return value === null || value === undefined ? [] :
        typeof value === "object" ? Array.prototype.slice.call(value) : [value];
}

function get(object, property) {
    return items(object.get(property))[0];
}

function exists(object) {
    return Boolean(object) && Number(object.id) !== 0;
}

function text(object, property) {
    return items(object.get(property)).join(" ");
}

function request() {
    var clip = new LiveAPI("live_set view detail_clip");
    if (!exists(clip) || !Number(get(clip, "is_audio_clip"))) {
        throw new Error("Select an audio clip: click it so that Live shows it below");
    }
    var source = core.systemPath(text(clip, "file_path"));
    if (!source || source === "0") {
        throw new Error("This clip has no sound file: freeze and flatten its track first");
    }
    if (!PRESETS[chosen.preset]) {
        throw new Error("Choose a preset");
    }
    var above = parent(clip); // of a clip of the arrangement, at once the track
    var slot = above.type === "ClipSlot" ? above : null;
    var track = slot ? parent(slot) : above;
    if (track.type !== "Track") {
        throw new Error("This clip is in a take lane: put it on its track first");
    }
    return {
        source: source,
        preset: PRESETS[chosen.preset],
        strength: chosen.strength,
        span: core.span(facts(clip)),
        track: track.id,
        slot: slot ? slot.id : 0,
        name: text(clip, "name"),
        warping: Number(get(clip, "warping"))
    };
}

function parent(object) {
    return new LiveAPI("id " + items(object.get("canonical_parent"))[1]);
}

function facts(clip) {
    var rate = Number(get(clip, "sample_rate")); // Live 11 and newer
    var frames = Number(get(clip, "sample_length"));
    var warping = Number(get(clip, "warping")) === 1;
    return {
        warping: warping,
        start: Number(get(clip, "start_marker")),
        end: Number(get(clip, "end_marker")),
        markers: warping ? warpMarkers(clip) : [],
        duration: rate > 0 && frames > 0 ? frames / rate : 0
    };
}

function warpMarkers(clip) {
    try {
        return JSON.parse(text(clip, "warp_markers")).warp_markers || [];
    } catch (error) {
        return []; // Live 10 has none to give
    }
}

// Puts a result into the set; returns what to tell the user.
function place(job) {
    try {
        if (putIntoSlot(job)) {
            return "Done: " + core.fileName(job.out);
        }
    } catch (error) {
        post("Restyle: " + error.message + "\n");
    }
    return "Done. Drag it into Live: " + job.out;
}

// Into the next empty slot of the clip's track; returns whether it is there.
function putIntoSlot(job) {
    var app = new LiveAPI("live_app");
    if (!core.canCreateClips(Number(app.call("get_major_version")),
            Number(app.call("get_minor_version")))) {
        return false;
    }
    var track = new LiveAPI("id " + job.track);
    if (!exists(track) || Number(get(track, "is_frozen"))) {
        return false;
    }
    var slot = emptySlot(track, job.slot);
    if (!slot) {
        return false;
    }
    slot.call("create_audio_clip", job.out);
    if (!Number(get(slot, "has_clip"))) {
        return false;
    }
    var made = new LiveAPI("id " + items(slot.get("clip"))[1]);
    made.set("name", (job.name || core.fileName(job.source)) + " (" + job.preset + ")");
    if (!job.warping) {
        made.set("warping", 0);
    }
    return true;
}

// The first empty slot of a track below one of its slots; below all, in a new scene.
function emptySlot(track, slotId) {
    var slots = slotsOf(track);
    var from = -1;
    var filled = slots.map(function (slot, place) {
        if (Number(slot.id) === Number(slotId)) {
            from = place;
        }
        return Number(get(slot, "has_clip")) === 1;
    });
    var found = core.emptySlot(filled, from);
    if (found >= 0) {
        return slots[found];
    }
    new LiveAPI("live_set").call("create_scene", -1);
    var more = slotsOf(track);
    return more.length > slots.length ? more[more.length - 1] : null;
}

function slotsOf(track) {
    return items(track.get("clip_slots")).filter(function (word) {
        return word !== "id";
    }).map(function (id) {
        return new LiveAPI("id " + id);
    });
}
