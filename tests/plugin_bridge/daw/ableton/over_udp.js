"use strict";
// The device against a real server: node over_udp.js SCRIPT PORT SOUND-FILE [START END]
// As in Max, one socket sends and another listens. Prints what the user would see and the files
// that came into the set, as a line of JSON.

const dgram = require("node:dgram");
const { Device, LiveSet } = require("./stand_in.js");

const [script, port, file, start = "0", end = "2"] = process.argv.slice(2);

function padded(text) {
    const bytes = Buffer.from(text + "\0");
    return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function encode(words) {
    const [address, ...rest] = words;
    let tags = ",";
    const parts = rest.map((it) => {
        if (typeof it === "string") {
            tags += "s";
            return padded(it);
        }
        const bytes = Buffer.alloc(4);
        tags += Number.isInteger(it) ? "i" : "f";
        if (Number.isInteger(it)) {
            bytes.writeInt32BE(it);
        } else {
            bytes.writeFloatBE(it);
        }
        return bytes;
    });
    return Buffer.concat([padded(address), padded(tags), ...parts]);
}

function decode(data) {
    let at = 0;
    function text() {
        const stop = data.indexOf(0, at);
        const found = data.toString("utf8", at, stop);
        at = stop + 4 - (stop % 4);
        return found;
    }
    function number(tag) {
        at += 4;
        return tag === "i" ? data.readInt32BE(at - 4) : data.readFloatBE(at - 4);
    }
    const address = text();
    return [address, ...[...text()].slice(1).map((tag) => (tag === "s" ? text() : number(tag)))];
}

const set = new LiveSet();
set.detailClip = set.addClip(0, {
    file_path: file, start_marker: Number(start), end_marker: Number(end), sample_length: 88200,
});
const device = new Device(script, set);
const sender = dgram.createSocket("udp4");
const listener = dgram.createSocket("udp4");
const seen = [];

device.onSend = (words) => sender.send(encode(words), Number(port), "127.0.0.1");
listener.on("message", (data) => {
    const words = decode(data);
    seen.push(words[0]);
    device.hear(...words);
    if (!device.running) {
        finish();
    }
});

function finish() {
    const files = set.track.clip_slots.filter((it) => it.has_clip).map((it) => it.clip.file_path);
    console.log(JSON.stringify({ status: device.status, files, seen: [...new Set(seen)] }));
    process.exit(0);
}

listener.bind(device.port, "127.0.0.1", () => {
    device.say("restyle");
    setInterval(() => {
        device.pass(1);
        if (!device.running) {
            finish();
        }
    }, 1000);
});
