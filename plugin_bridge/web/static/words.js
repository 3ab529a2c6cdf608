// What things are called.

const UNITS = { db: "dB", seconds: "s", ms: "ms", hz: "Hz" };

// By code; for the others the server's own line is plain enough.
const PROBLEMS = {
  not_audio: (line) => `This file is no sound that we can read: ${line}`,
  offline: () => "The server does not answer. Is it running, and are you connected?",
  stopped: () => "Stopped.",
  rate_limited: () => "That was a little fast for the server: wait a moment and try again.",
  queue_full: () => "Too many jobs are waiting. Try again when some have ended.",
  worker_died: () => "The work broke off, twice. A shorter stem may do.",
  hung: () => "The work stood still, twice. A shorter stem may do.",
  internal: () => "A fault of Restyle's; the server's log has more.",
};

/** Why something failed, in a line for people. */
export function problemWords(problem) {
  const line = problem.message || `It failed (${problem.code}).`;
  return PROBLEMS[problem.code]?.(line) ?? line;
}

/** "gain_db" as "Gain", and its unit "dB"; "low-cut.order" as "Low-cut order". */
export function settingWords(name) {
  const parts = name.split(/[_.]/);
  const unit = parts.length > 1 ? UNITS[parts.at(-1)] : undefined;
  return { title: capital((unit ? parts.slice(0, -1) : parts).join(" ")), unit: unit ?? "" };
}

/** A setting's value with its unit, as short as it goes. */
export function valueWords(name, value) {
  if (typeof value !== "number") return String(value);
  return `${String(Number(value.toFixed(3))).replace("-", "−")} ${settingWords(name).unit}`.trim();
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "7.5 s", "3:07 min". */
export function duration(seconds) {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

/** "3.2 MB" */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.max(Math.round(bytes / 1e3), 1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What is known of an upload: "0:10, 44.1 kHz, stereo, 1.8 MB". */
export function soundWords({ seconds, rate, channels, bytes }) {
  const kinds = { 1: "mono", 2: "stereo" };
  const parts = [duration(seconds), `${rate / 1000} kHz`, kinds[channels] ?? `${channels} channels`];
  return [...parts, size(bytes)].join(", ");
}

/** When something was: the time today, else the date, too. */
export function moment(text) {
  const then = new Date(text);
  const today = then.toDateString() === new Date().toDateString();
  const date = today ? {} : { month: "short", day: "numeric" };
  return then.toLocaleString([], { ...date, hour: "2-digit", minute: "2-digit" });
}

/** How far a job is, in a few words. */
export function stateWords(job) {
  if (job.state === "queued") {
    return job.position > 1 ? `Waiting, place ${job.position} in the queue` : "Waiting, next in the queue";
  }
  if (job.state === "running") {
    const stage = job.stage ? `: ${job.stage}` : "";
    return `${Math.floor(100 * job.progress)} %${stage}`;
  }
  return { done: "Done", failed: "Failed", cancelled: "Cancelled" }[job.state];
}
