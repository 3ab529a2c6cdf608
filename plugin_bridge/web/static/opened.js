// The job that is open: its progress, then its sounds over their spectrograms, with other results of
// the same stem beside it.

import { chainOf, submit } from "./api.js";
import { codeBlock } from "./codeblock.js";
import { at, button, make, say } from "./dom.js";
import { cancelButton } from "./jobactions.js";
import { failure, progressOf } from "./joblist.js";
import { curlLines, pythonLines } from "./lines.js";
import { fileName, followed, inputName, inputTitle, jobName, presetOf, resultName, settingOf, settingsOf } from "./names.js";
import { go, hash } from "./place.js";
import { settingField } from "./settings.js";
import { play } from "./source.js";
import { hasEnded } from "./store.js";
import { capital, duration, problemWords, size } from "./words.js";

const SHARES = ["played", "blended", "kept"]; // of what a result is made, as made_of has them

/** The job open in `root`, and those beside it. */
export class Opened {
  #job = null; // what is shown
  #beside = [];
  #sounds = new Map(); // {element, release} of the deck, by what they play

  constructor(root, store, about) {
    Object.assign(this, { root, store, about });
    store.addEventListener("job", ({ detail }) => this.#heed(detail));
  }

  /** Show a job, or none. */
  async open(id, beside) {
    const again = this.#job?.id === id;
    if (!id) return this.#close();
    const found = await Promise.all([id, ...beside].map((it) => this.store.find(it)));
    if (!found[0]) {
      this.#close();
      this.root.hidden = false;
      this.root.append(make("p", {}, "That job is no longer there: results are deleted after a while."));
      return;
    }
    const { chains } = this.about;
    const chained = found.map((it) => it && presetOf(it)).filter((it) => chains.has(it));
    for (const it of chained) chains.set(it, await chainOf(it).catch(() => null));
    this.#beside = beside.filter((it, n) => found[n + 1]);
    if (again) this.#update();
    else this.#build(found[0]);
  }

  #close() {
    this.#job = null;
    this.#releaseAll();
    this.root.replaceChildren();
    this.root.hidden = true;
  }

  #releaseAll() {
    for (const { release } of this.#sounds.values()) release();
    this.#sounds.clear();
  }

  #heed(job) {
    if (!this.#job) return;
    if (job.gone && job.id === this.#job.id) go("");
    else if (job.gone && this.#beside.includes(job.id)) this.#put(job.id, false);
    else if (job.id === this.#job.id || this.#beside.includes(job.id)) this.#update();
    else if (!job.gone && hasEnded(job)) this.#offerOthers();
  }

  #build(job) {
    this.#releaseAll();
    this.#job = job;
    const close = button("Close", () => go(""), { class: "plain" });
    const title = make("h2", { id: "opened-title" }, jobName(job, this.about));
    this.facts = make("p", { class: "soft" });
    this.waiting = make("div", {});
    this.problem = make("p", { class: "bad", role: "alert" });
    this.deck = make("sound-deck", { "data-switch": true });
    this.results = make("ul", { class: "results" });
    this.others = make("div", { class: "others", role: "group", "aria-label": "Other results beside it" });
    this.again = this.#againForm(job);
    const parts = [this.facts, this.waiting, this.problem, this.deck, this.results, this.again ?? ""];
    const head = make("div", { class: "find" }, title, close);
    this.root.replaceChildren(head, ...parts, this.others, this.#lines(job));
    this.root.hidden = false;
    this.#update();
  }

  /** All that is shown, the opened one first. */
  get #all() {
    return [this.#job.id, ...this.#beside].map((id) => this.store.get(id)).filter(Boolean);
  }

  #update() {
    const job = (this.#job = this.store.get(this.#job.id) ?? this.#job);
    const done = this.#all.filter((it) => it.state === "done");
    const work = job.state === "done" ? `made in ${duration(job.seconds)}` : "";
    this.facts.textContent = [settingsOf(job, this.about), work].filter(Boolean).join(" · ");
    this.problem.textContent = job.state === "failed" ? failure(job) : "";
    this.#showWaiting();
    this.#showSounds(done);
    this.results.replaceChildren(...done.map((it) => this.#result(it, done)));
    if (this.again) this.again.hidden = job.state !== "done";
    this.#offerOthers();
  }

  /** How far those are that have not ended, or how they failed to. */
  #showWaiting() {
    const rows = this.#all.filter((it) => it.state !== "done");
    const ids = rows.map((it) => `${it.id} ${hasEnded(it)}`).join();
    if (this.waiting.dataset.ids !== ids) {
      this.waiting.dataset.ids = ids;
      this.bars = rows.map((it) => this.#bar(it));
      this.waiting.replaceChildren(...this.bars.map((it) => it.root));
    }
    rows.forEach((it, n) => this.bars[n].update(it));
  }

  #bar(job) {
    const beside = job.id !== this.#job.id;
    const name = (beside && settingsOf(job, this.about)) || jobName(job, this.about);
    const { root, update } = progressOf(job, name);
    if (beside) root.prepend(make("strong", {}, `${capital(name)}: `));
    if (beside && job.state === "failed") root.append(make("span", { class: "bad" }, failure(job)));
    const tell = (text) => (this.problem.textContent = text);
    root.append(hasEnded(job) ? "" : cancelButton(job, this.store, tell));
    return { root, update };
  }

  #showSounds(done) {
    const wanted = new Map();
    if (done.length) {
      for (const [name, { preset }] of Object.entries(this.#job.inputs)) {
        if (!this.about.chains.has(preset)) wanted.set(name, () => this.#input(name));
      }
      for (const it of done) wanted.set(it.id, () => this.#output(it));
    }
    for (const [key, { element, release }] of this.#sounds) {
      if (wanted.has(key)) continue;
      release();
      element.remove();
      this.#sounds.delete(key);
    }
    for (const [key, build] of wanted) {
      if (this.#sounds.has(key)) continue; // to move one would stop it
      const sound = build();
      this.#sounds.set(key, sound);
      this.deck.append(sound.element);
    }
    for (const it of done) this.#rename(it, done);
    this.deck.refresh();
  }

  #sound(name, file, links, attributes) {
    const heading = make("h3", {}, name);
    const head = make("div", { class: "head" }, heading, make("p", { class: "soft", title: file }, file));
    const audio = make("audio", { preload: "metadata" });
    const alt = `Spectrogram: ${name}`;
    const image = make("img", { src: links.spectrogram, alt, draggable: "false" });
    const view = make("div", { class: "view picture drawing" }, image);
    for (const event of ["load", "error"]) {
      image.addEventListener(event, () => {
        view.classList.remove("drawing");
        image.hidden = event === "error"; // there is still the sound
      });
    }
    const about = { class: "sound", "data-name": name, ...attributes };
    const element = make("div", about, head, audio, view);
    return { element, release: play(audio, links.preview ?? links.audio) };
  }

  #input(name) {
    const { preset } = this.#job.inputs[name];
    const own = `v1/presets/${encodeURIComponent(preset ?? "")}`;
    const clip = { audio: `${own}/clip`, spectrogram: `${own}/spectrogram` };
    const links = this.#job.links[name] ?? clip;
    const operation = this.about.operations[this.#job.operation];
    const inStep = operation?.follows ? operation.follows === name : !this.#styled.includes(name);
    const file = inputName(this.#job, name, this.about);
    return this.#sound(inputTitle(operation, name), file, links, { "data-step": inStep });
  }

  #output(job) {
    const about = {
      "data-step": true,
      "data-start": job.settings.start_seconds ?? 0,
      "data-gain-db": job.settings.gain_db ?? 0,
    };
    return this.#sound("Output", jobName(job, this.about), job.links.output, about);
  }

  get #styled() {
    const inputs = this.about.operations[this.#job.operation]?.inputs ?? [];
    return inputs.filter((it) => it.style).map((it) => it.name);
  }

  /** Call an output by what tells it from the others. */
  #rename(job, done) {
    const { element } = this.#sounds.get(job.id);
    const name = resultName(job, done, this.about);
    element.dataset.name = name;
    element.querySelector("h3").textContent = name;
  }

  /** What a result is made of, the advice, and the file. */
  #result(job, done) {
    const name = resultName(job, done, this.about);
    const file = {
      class: "download",
      href: `${job.links.output.audio}?download=1`,
      download: `${fileName(job, this.about)}.${job.format}`,
    };
    const what = `Download ${done.length > 1 ? name.toLowerCase() : job.format.toUpperCase()}`;
    const download = make("a", file, what, make("span", { class: "soft" }, ` ${size(job.bytes)}`));
    const shares = SHARES.filter((it) => job.made_of[it] > 0.005);
    const words = shares.map((it) => `${it} ${Math.round(100 * job.made_of[it])} %`).join(", ");
    const bar = make("div", { class: "shares", role: "img", "aria-label": `Made of: ${words}` });
    for (const it of shares) {
      const part = make("span", { class: it });
      part.style.flexGrow = job.made_of[it];
      bar.append(part);
    }
    const why = job.made_of.why && make("p", { class: "soft" }, job.made_of.why);
    const advice = job.advice && make("p", { class: "advice" }, job.advice);
    const row = make("li", {}, make("div", { class: "find" }, download));
    if (done.length > 1 && job.id !== this.#job.id) {
      const text = `Put ${name.toLowerCase()} away`;
      row.firstChild.append(button("Put away", () => this.#put(job.id, false), { "aria-label": text }));
    }
    if (words) row.append(bar, make("p", { class: "soft" }, capital(words)));
    row.append(why || "", advice || "");
    return row;
  }

  /** The first setting, or the first of the chain, to be tried with another value. */
  #againForm(job) {
    const settings = this.about.operations[job.operation]?.settings ?? {};
    const own = this.about.chains.get(presetOf(job))?.parameters;
    let [name] = Object.keys(settings);
    if (own && !(name in own)) [name] = Object.keys(own);
    if (!name) return null;
    const about = { ...settings[name], ...own?.[name] };
    about.default = settingOf(job, name, this.about) ?? about.default;
    const field = settingField(name, about);
    const form = make("form", { class: "again" }, field.root, make("button", {}, "Try it beside"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      this.problem.textContent = "";
      try {
        const made = await submit(this.#bodyWith(name, field.value ?? about.default));
        this.store.take(made);
        this.#put(made.id, true);
        say("It is being made, and will appear beside this one.");
      } catch (problem) {
        this.problem.textContent = problemWords(problem);
      }
    });
    return form;
  }

  #bodyWith(name, value) {
    const { operation, format, inputs, settings } = this.#job;
    const { preset, ...others } = settings;
    const body = { operation, format, ...others, [name]: value };
    for (const [input, it] of Object.entries(inputs)) {
      if (it.preset) body[input] = { preset: it.preset };
      else body[input] = this.#styled.includes(input) ? { upload: it.upload } : it.upload;
    }
    return body;
  }

  #put(id, beside) {
    const others = this.#beside.filter((it) => it !== id);
    go(this.#job.id, beside ? [...others, id] : others);
  }

  /** Other results of the same stem, to be put beside this one. */
  #offerOthers() {
    const stem = this.#job.inputs[followed(this.#job, this.about)];
    const shown = [this.#job.id, ...this.#beside];
    const others = this.store.all.filter((it) => {
      const same = it.inputs[followed(it, this.about)]?.upload === stem?.upload;
      return same && it.state === "done" && !shown.includes(it.id);
    });
    const links = others.map((it) => {
      const text = [jobName(it, this.about), settingsOf(it, this.about)].filter(Boolean).join(", ");
      return make("a", { class: "chip", href: hash(this.#job.id, [...this.#beside, it.id]) }, `+ ${text}`);
    });
    const ready = this.#job.state === "done" && links.length > 0;
    this.others.replaceChildren(...(ready ? [make("span", { class: "soft" }, "Beside it:"), ...links] : []));
  }

  #lines(job) {
    const { keyed, usual } = this.about;
    const about = { keyed, usual, styled: this.#styled };
    const lines = make("details", { class: "lines" }, make("summary", {}, "The same from a program"));
    lines.append(codeBlock("curl", curlLines(job, about)));
    const python = pythonLines(job, about);
    if (python) lines.append(codeBlock("Python", python));
    return lines;
  }
}

/** Put the keyboard at the opened job. */
export function focusOpened() {
  at("opened").focus({ preventScroll: true });
  at("opened").scrollIntoView({ block: "start" });
}
