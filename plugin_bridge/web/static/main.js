// The page: signs in if need be, then form, list and opened job over one store of jobs.

import { SIGNED_OUT, ask } from "./api.js";
import { at, say } from "./dom.js";
import { Form } from "./form.js";
import { JobList } from "./joblist.js";
import { Opened, focusOpened } from "./opened.js";
import { go, read } from "./place.js";
import { Store } from "./store.js";
import { problemWords } from "./words.js";

const AGAIN_MS = 3000; // until the server is tried again; not searched

const store = new Store();
let begun = false;

function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
}

function showSignIn() {
  store.close();
  at("desk").hidden = true;
  at("sign-out").hidden = true;
  at("sign-in").hidden = false;
  at("key").focus();
}

function prepareSignIn() {
  const form = at("sign-in");
  const problem = form.querySelector(".bad");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      await ask("v1/session", { method: "POST", body: { key: at("key").value.trim() } });
      location.reload();
    } catch (error) {
      const wrong = error.status === 401 || error.status === 422;
      problem.textContent = wrong ? "The server does not know this key." : problemWords(error);
      at("key").focus();
    }
  });
  at("sign-out").addEventListener("click", async () => {
    await ask("v1/session", { method: "DELETE" }).catch(() => {});
    location.assign("."); // without the opened job
  });
  window.addEventListener(SIGNED_OUT, showSignIn);
}

/** Nothing dropped beside a field may replace the page. */
function keepDrops() {
  for (const event of ["dragover", "drop"]) {
    window.addEventListener(event, (it) => it.preventDefault());
  }
}

async function start() {
  try {
    const all = ["v1/settings", "v1/presets", "v1/me"].map((it) => ask(it));
    const [settings, { families }, me] = await Promise.all(all);
    notice("");
    if (!begun) begin(settings, families, me);
    begun = true;
  } catch (problem) {
    if (problem.status === 401) return;
    notice(`${problemWords(problem)} Trying again …`);
    setTimeout(start, AGAIN_MS);
  }
}

function begin(settings, families, me) {
  const presets = families.flatMap((it) => it.presets);
  const labels = new Map(presets.map((it) => [it.name, it.label]));
  const chains = new Map(presets.filter((it) => it.chain).map((it) => [it.name, null]));
  const { operations, default: usual } = settings;
  const about = { operations, usual, labels, chains, keyed: me.key };
  const parts = { list: at("jobs"), none: at("none"), more: at("more") };
  const list = new JobList(parts, store, about);
  const opened = new Opened(at("opened"), store, about);
  new Form(at("ask"), settings, families, (job) => {
    store.take(job);
    say("Accepted.");
    submitted = job.id;
    go(job.id);
  });
  let submitted = "";
  const show = async () => {
    const { job, beside } = read();
    await opened.open(job, beside).catch((problem) => notice(problemWords(problem)));
    list.open(job);
    if (job && job === submitted) focusOpened();
    submitted = "";
  };
  window.addEventListener("hashchange", show);
  store.addEventListener("online", ({ detail }) => {
    notice(detail ? "" : "The connection is lost; the page takes it up again by itself.");
  });
  at("sign-out").hidden = !me.key;
  at("desk").hidden = false;
  // A page that is left may be kept for the way back, but not its connection.
  window.addEventListener("pagehide", () => store.close());
  window.addEventListener("pageshow", ({ persisted }) => persisted && store.listen());
  store.listen();
  show();
}

prepareSignIn();
keepDrops();
start();
