// Restyle in Ableton Live: between Max, Live's object model and core.js.

autowatch = 0;
inlets = 1;
outlets = 4; // to the server, the status line, the progress bar, the port that listens

var FIRST_PORT = 9473;
var PORTS = 500; // several devices in one set need one each
var port = FIRST_PORT;
var chosen = { preset: 0, style: "", engine: 0, strength: 1 }; // style: a clip's file
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
    chosen.style = "";
}

function engine(index) {
    chosen.engine = index;
}

// The selected clip's file is the style from now on; if it is already, the preset is again.
function style() {
    if (session.busy()) {
        return;
    }
    try {
        var source = sourceOf(selected());
        chosen.style = chosen.style === source ? "" : source;
        status(chosen.style ? "The style is " + core.fileName(source) + ": select the clip to " +
            "restyle, or choose a preset" : "The style is the preset");
    } catch (error) {
        status(error.message);
    }
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

function selected() {
    var clip = new LiveAPI("live_set view detail_clip");
    if (!exists(clip) || !Number(get(clip, "is_audio_clip"))) {
        throw new Error("Select an audio clip: click it so that Live shows it below");
    }
    return clip;
}

function sourceOf(clip) {
    var source = core.systemPath(text(clip, "file_path"));
    if (!source || source === "0") {
        throw new Error("This clip has no sound file: freeze and flatten its track first");
    }
    return source;
}

function request() {
    var clip = selected();
    var source = sourceOf(clip);
    if (!chosen.style && !PRESETS[chosen.preset]) {
        throw new Error("Choose a preset");
    }
    var above = parent(clip); // of a clip of the arrangement, its track or a take lane of that
    var slot = above.type === "ClipSlot" ? above : null;
    var track = slot || above.type === "TakeLane" ? parent(above) : above;
    return {
        source: source,
        preset: chosen.style ? "" : PRESETS[chosen.preset],
        chain: !chosen.style && CHAINS.indexOf(PRESETS[chosen.preset]) >= 0,
        style: chosen.style,
        engine: chosen.engine ? ENGINES[chosen.engine] : "",
        label: chosen.style ? core.baseName(chosen.style) : PRESETS[chosen.preset],
        strength: chosen.strength,
        span: core.span(facts(clip, slot)),
        track: track.id,
        slot: slot ? slot.id : 0,
        timeline: slot ? null : { start: Number(get(clip, "start_time")) }, // in beats
        name: text(clip, "name"),
        warping: Number(get(clip, "warping"))
    };
}

function parent(object) {
    return new LiveAPI("id " + items(object.get("canonical_parent"))[1]);
}

// What a clip plays of its file, from and to. In a slot, that is between its markers. On the
// timeline it is from loop_start to loop_end, which an unlooped clip has too, as its edges (Clip in
// https://docs.cycling74.com/apiref/lom/); of a looped one, it is one turn.
function edges(clip, slot) {
    var marker = Number(get(clip, "start_marker"));
    if (slot) {
        return [marker, Number(get(clip, "end_marker"))];
    }
    var start = Number(get(clip, "loop_start"));
    var looping = Number(get(clip, "looping"));
    return [looping ? Math.min(start, marker) : start, Number(get(clip, "loop_end"))];
}

function facts(clip, slot) {
    var rate = Number(get(clip, "sample_rate")); // Live 11 and newer
    var frames = Number(get(clip, "sample_length"));
    var warping = Number(get(clip, "warping")) === 1;
    var played = edges(clip, slot);
    return {
        warping: warping,
        start: played[0],
        end: played[1],
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
        var made = canCreateClips() ? (job.timeline ? putOnTimeline(job) : putIntoSlot(job)) : null;
        if (made) {
            made.set("name", core.madeName(job.name || core.fileName(job.source), job.label));
            if (!job.warping) {
                made.set("warping", 0);
            }
            return "Done: " + core.fileName(job.out);
        }
    } catch (error) {
        post("Restyle: " + error.message + "\n");
    }
    return "Done. Drag it into Live: " + job.out;
}

function canCreateClips() {
    var app = new LiveAPI("live_app");
    return core.canCreateClips(Number(app.call("get_major_version")),
        Number(app.call("get_minor_version")));
}

// Into the next empty slot of the clip's track; returns the new clip, or null.
function putIntoSlot(job) {
    var track = new LiveAPI("id " + job.track);
    if (!exists(track) || Number(get(track, "is_frozen"))) {
        return null;
    }
    var slot = emptySlot(track, job.slot);
    if (!slot) {
        return null;
    }
    slot.call("create_audio_clip", job.out);
    return Number(get(slot, "has_clip")) ? new LiveAPI("id " + items(slot.get("clip"))[1]) : null;
}

// At the clip's place in the arrangement, on a track of results below its track; returns the new
// clip, or null.
function putOnTimeline(job) {
    var song = new LiveAPI("live_set");
    var from = children(song, "tracks").map(idOf).indexOf(Number(job.track));
    if (from < 0) {
        return null;
    }
    var name = core.madeName(text(new LiveAPI("id " + job.track), "name"), job.label);
    var shared = trackOfResults(song, from + 1, name, job.timeline);
    var track = shared || newTrack(song, from + 1, name);
    if (!track) {
        return null;
    }
    var before = children(track, "arrangement_clips").map(idOf);
    try {
        track.call("create_audio_clip", job.out, job.timeline.start);
    } catch (error) {
        post("Restyle: " + error.message + "\n");
    }
    var made = children(track, "arrangement_clips").filter(function (clip) {
        return before.indexOf(idOf(clip)) < 0;
    })[0];
    if (!made && !shared) {
        song.call("delete_track", from + 1);
    }
    return made || null;
}

// The track below a clip's track that has earlier results of the style, if they end before the
// place: what is put on a track cuts what it meets, and how long a new sample is there, Live decides.
function trackOfResults(song, index, name, timeline) {
    var track = children(song, "tracks")[index];
    if (!track || text(track, "name") !== name || Number(get(track, "is_frozen")) ||
            !Number(get(track, "has_audio_input"))) {
        return null;
    }
    var isFree = children(track, "arrangement_clips").every(function (clip) {
        return Number(get(clip, "end_time")) <= timeline.start;
    });
    return isFree ? track : null;
}

// A new audio track at a place among the tracks; null if the set takes no more, as small Lives do.
function newTrack(song, index, name) {
    var before = children(song, "tracks").map(idOf);
    song.call("create_audio_track", index);
    var track = children(song, "tracks")[index];
    if (!track || before.indexOf(idOf(track)) >= 0) {
        return null;
    }
    track.set("name", name);
    return track;
}

// The first empty slot of a track below one of its slots; below all, in a new scene.
function emptySlot(track, slotId) {
    var slots = children(track, "clip_slots");
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
    var more = children(track, "clip_slots");
    return more.length > slots.length ? more[more.length - 1] : null;
}

function idOf(object) {
    return Number(object.id);
}

// The objects that a list of an object has.
function children(object, list) {
    return items(object.get(list)).filter(function (word) {
        return word !== "id";
    }).map(function (id) {
        return new LiveAPI("id " + id);
    });
}
