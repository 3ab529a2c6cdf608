// Restyle in Ableton Live: what the device decides. Nothing here knows Max or Live, so that it can
// be tested elsewhere; live.js has the rest. It is ES5, as Max's js object wants it.

var core = (function () {
    var NO_SERVER = "No Restyle server answers: start one with restyle serve --root FOLDER";
    var PATIENCE = 5000; // milliseconds without an answer
    var RENEWAL = 600000; // the server forgets who listens after an hour
    var NAME_BYTES = 180; // of a source's name that a result's name keeps: file systems take 255
    var STYLE_BYTES = 60; // and of a clip's that is the style
    var MOST_NAMES = 1000; // numbers tried for a result's name
    var CLOSE = 0.001; // seconds: nearer than this to an end of the file is that end

    // Where in the file, in seconds, a beat of a warped clip is. The markers are Live's: beat_time
    // in beats, sample_time in seconds. Outside them the nearest two go on.
    function secondsAt(beat, markers) {
        var sorted = markers.slice().sort(function (a, b) {
            return a.beat_time - b.beat_time;
        });
        var i = 1;
        while (i < sorted.length - 1 && sorted[i].beat_time < beat) {
            i += 1;
        }
        var before = sorted[i - 1];
        var after = sorted[i];
        var fraction = (beat - before.beat_time) / (after.beat_time - before.beat_time);
        return before.sample_time + fraction * (after.sample_time - before.sample_time);
    }

    function usable(markers) {
        var seen = {};
        return markers.filter(function (it) {
            var fresh = isFinite(it.beat_time) && isFinite(it.sample_time) && !seen[it.beat_time];
            seen[it.beat_time] = true;
            return fresh;
        });
    }

    // The settings that say which part of the file the clip has between its start and end
    // markers; none for all of it. Throws an Error with a line for the user.
    //
    // clip: warping, start, end (markers: beats if it is warped, else seconds), markers (Live's
    // warp markers, [] if there are none to be had), duration (of the file in seconds, or 0).
    function span(clip) {
        var start = clip.start;
        var end = clip.end;
        if (clip.warping) {
            var markers = usable(clip.markers);
            if (markers.length < 2) {
                throw new Error("Where this warped clip starts cannot be told: Live 11 or newer " +
                    "can, or switch Warp off");
            }
            start = secondsAt(start, markers);
            end = secondsAt(end, markers);
        }
        var settings = {};
        start = Math.max(start, 0);
        if (start > CLOSE) {
            settings.start_seconds = start;
        }
        if (!clip.duration || end < clip.duration - CLOSE) {
            settings.end_seconds = end;
        } else {
            end = clip.duration;
        }
        if (!(end - start > CLOSE)) { // so that it catches NaN
            throw new Error("There is no sound between the clip's start and end markers");
        }
        return settings;
    }

    // Max writes a Mac's paths as Disk:/folder, and other systems' with slashes; the server wants
    // them as the system has them. Only a disk called as Macs' first ones are is the first one.
    function systemPath(path) {
        var parts = /^([^\/\\:]{2,}):(\/.*)$/.exec(path);
        if (!parts) {
            return path;
        }
        if (parts[1] === "Macintosh HD" || /^\/(Users|Volumes|Library|private)\//.test(parts[2])) {
            return parts[2];
        }
        return "/Volumes/" + parts[1] + parts[2];
    }

    function shortened(text, most) {
        var bytes = 0;
        for (var i = 0; i < text.length; i += 1) {
            var code = text.charCodeAt(i);
            var pair = code >= 0xd800 && code < 0xdc00;
            bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : pair ? 4 : 3;
            if (bytes > most) {
                return text.slice(0, i);
            }
            i += pair ? 1 : 0;
        }
        return text;
    }

    // A file's name without its folders and its suffix.
    function baseName(path) {
        return fileName(path).replace(/(.)\.[^.]*$/, "$1");
    }

    // The result's path: beside the source, "<name> (<style>) <number>.wav".
    function resultPath(source, label, number) {
        var slash = Math.max(source.lastIndexOf("/"), source.lastIndexOf("\\"));
        var name = shortened(baseName(source), NAME_BYTES);
        var style = shortened(label.replace(/[\/\\:*?"<>|\u0000-\u001f]/g, "-"), STYLE_BYTES);
        return source.slice(0, slash + 1) + name + " (" + style + ") " + number + ".wav";
    }

    function fileName(path) {
        return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
    }

    // The place of the first empty slot below `from` (-1 for the top); -1 if all are full.
    function emptySlot(filled, from) {
        for (var i = from + 1; i < filled.length; i += 1) {
            if (!filled[i]) {
                return i;
            }
        }
        return -1;
    }

    // What a result is called, and the track that results are on.
    function madeName(name, label) {
        return name + " (" + label + ")";
    }

    // Whether Live can be told to put a sound file into a slot, or onto the timeline: from 12.1.
    function canCreateClips(major, minor) {
        return major > 12 || (major === 12 && minor >= 1);
    }

    function jobId(now) {
        return "live-" + now.toString(36) + "-" + Math.random().toString(36).slice(2, 10);
    }

    // The arguments of /restyle/submit.
    function submission(job) {
        var words = [job.id, job.source, job.out, job.preset];
        if (!(job.chain && job.strength >= 1)) { // a chain has a strength of its own
            words.push("strength", job.strength);
        }
        ["style", "engine"].forEach(function (key) {
            if (job[key]) {
                words.push(key, job[key]);
            }
        });
        ["start_seconds", "end_seconds"].forEach(function (key) {
            if (job.span[key] !== undefined) {
                words.push(key, job.span[key]);
            }
        });
        return words;
    }

    // One job after the other. `io` is what it needs of the world:
    //   send(address, words)  to the server
    //   status(text), progress(fraction)
    //   place(job)            puts job.out into the set; returns what to tell the user
    //   now()                 milliseconds
    //   port()                where answers are to go; anotherPort() chooses another
    //   clock(on)             whether tick is to be called, each second
    function create(io) {
        var job = null; // what is going on
        var state = "idle"; // submitting, waiting, cancelling
        var heard = 0; // when the server last said something
        var notified = 0; // when it was last told where answers are to go

        function notify() {
            notified = io.now();
            io.send("/restyle/notify", [1, io.port()]);
        }

        function submit() {
            notify();
            io.send("/restyle/submit", submission(job));
        }

        function name(number) {
            job.number = number;
            job.id = jobId(io.now());
            job.out = resultPath(job.source, job.label, number);
        }

        function end(text) {
            job = null;
            state = "idle";
            io.clock(false);
            io.progress(0);
            io.status(text);
        }

        function finish() {
            var done = job;
            end("Done");
            io.status(io.place(done));
        }

        // request: source, preset or else style (a path), engine ("" for the usual one), label (of
        // the style), strength, span, and whatever place needs.
        function start(request) {
            if (job) {
                return;
            }
            job = request;
            name(1);
            state = "submitting";
            heard = io.now();
            io.progress(0);
            io.status("Sending…");
            io.clock(true);
            submit();
        }

        function cancel() {
            if (!job) {
                io.status("There is nothing to cancel");
                return;
            }
            if (state !== "cancelling") {
                state = "cancelling";
                heard = io.now();
                io.status("Cancelling…");
            }
            io.send("/restyle/cancel", [job.id]);
        }

        function tick() {
            if (!job) {
                return;
            }
            var silent = io.now() - heard > PATIENCE;
            if (state === "submitting") {
                if (silent) {
                    io.send("/restyle/cancel", [job.id]); // should only the answers be lost
                    io.anotherPort();
                    end(NO_SERVER);
                } else {
                    submit();
                }
            } else if (state === "cancelling") {
                if (silent) {
                    end(NO_SERVER);
                } else {
                    io.send("/restyle/cancel", [job.id]);
                }
            } else {
                if (silent) {
                    io.status("The Restyle server is silent; waiting for it, or press Cancel");
                }
                if (silent || io.now() - notified > RENEWAL) {
                    notify();
                }
                io.send("/restyle/job", [job.id]);
            }
        }

        function running(fraction, stage) {
            if (state !== "cancelling") {
                state = "waiting";
                fraction = Math.min(Math.max(Number(fraction) || 0, 0), 1);
                io.progress(fraction);
                io.status("Restyling: " + Math.round(100 * fraction) + " %" +
                    (stage ? " – " + stage : ""));
            }
        }

        function queued(text) {
            if (state !== "cancelling") {
                state = "waiting";
                io.status(text);
            }
        }

        function fail(address, code, message) {
            if (code === "no_such_job") {
                if (state === "cancelling") {
                    end("Cancelled");
                } else {
                    state = "submitting"; // the server lost it: it has another journal
                    submit();
                }
            } else if (state === "cancelling") {
                end("Cancelled");
            } else if (state === "submitting" && job.number < MOST_NAMES &&
                    (code === "out_exists" || code === "out_taken")) {
                name(job.number + 1);
                submit();
            } else {
                end(message || "Restyle failed: " + code);
            }
        }

        function told(jobState, fraction, detail) {
            if (jobState === "queued") {
                queued("Waiting in the queue");
            } else if (jobState === "running") {
                running(fraction, detail);
            } else if (jobState === "done") {
                finish();
            } else if (jobState === "cancelled") {
                end("Cancelled");
            } else if (jobState === "failed") {
                fail("/restyle/job", "", String(detail).replace(/^[a-z_]+: /, ""));
            }
        }

        // What the server says: an OSC address and its arguments.
        function hear(address, words) {
            if (!job || !/^\/restyle\//.test(address)) {
                return;
            }
            heard = io.now(); // whoever the message is for
            var pushed = address === "/restyle/done" || address === "/restyle/fail";
            if (String(words[pushed ? 1 : 0]) !== job.id) {
                return;
            }
            if (address === "/restyle/accepted") {
                queued(words[1] > 0 ? "Waiting in the queue, place " + words[1] : "Restyling…");
            } else if (address === "/restyle/progress") {
                running(words[1], words[2]);
            } else if (address === "/restyle/done" && words[0] === "submit") {
                finish();
            } else if (address === "/restyle/cancelled") {
                end("Cancelled");
            } else if (address === "/restyle/job.reply") {
                told(words[1], words[2], words[3]);
            } else if (address === "/restyle/fail") {
                fail(words[0], String(words[2]), words[3] === undefined ? "" : String(words[3]));
            }
        }

        return {
            start: start,
            cancel: cancel,
            tick: tick,
            hear: hear,
            busy: function () {
                return job !== null;
            }
        };
    }

    return {
        NO_SERVER: NO_SERVER,
        baseName: baseName,
        canCreateClips: canCreateClips,
        create: create,
        emptySlot: emptySlot,
        fileName: fileName,
        madeName: madeName,
        resultPath: resultPath,
        secondsAt: secondsAt,
        span: span,
        submission: submission,
        systemPath: systemPath
    };
}());
