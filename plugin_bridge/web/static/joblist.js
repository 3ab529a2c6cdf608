// The list of jobs: how far each is, and what can be done with it.

import { make, say, setText } from "./dom.js";
import { cancelButton, deleteButton } from "./jobactions.js";
import { jobName, settingsOf } from "./names.js";
import { hash } from "./place.js";
import { hasEnded } from "./store.js";
import { duration, moment, problemWords, stateWords } from "./words.js";

/** A bar with what is being done, for any job that has not ended. */
export function progressOf(job, name) {
  const bar = make("progress", { max: 1, "aria-label": `Progress of ${name}` });
  const words = make("span", { class: "state" });
  const root = make("div", { class: "progress" }, bar, words);
  const update = (now) => {
    root.dataset.state = now.state;
    bar.hidden = hasEnded(now);
    bar.value = now.state === "running" ? now.progress : 0;
    setText(words, stateWords(now));
  };
  update(job);
  return { root, update };
}

/** The list in `list`, which shows `none` while it is empty, and `more` while there is more. */
export class JobList {
  #rows = new Map();

  constructor({ list, none, more }, store, about) {
    Object.assign(this, { list, none, more, store, about });
    store.addEventListener("job", ({ detail }) => this.#take(detail));
    more.addEventListener("click", () => store.more().then(() => this.#frame(), () => {}));
  }

  /** Mark the job that is open. */
  open(id) {
    for (const [own, { link }] of this.#rows) link.setAttribute("aria-current", own === id);
  }

  #take(job) {
    const row = this.#rows.get(job.id);
    if (job.gone) {
      row?.root.remove();
      this.#rows.delete(job.id);
    } else if (row) row.update(job);
    else this.#add(job);
    this.#frame();
  }

  #add(job) {
    const row = this.#row(job);
    this.#rows.set(job.id, row);
    const order = this.store.all;
    const next = order.slice(order.findIndex((it) => it.id === job.id) + 1);
    const after = next.map((it) => this.#rows.get(it.id)?.root).find(Boolean);
    this.list.insertBefore(row.root, after ?? null);
  }

  #frame() {
    this.none.hidden = this.#rows.size > 0;
    this.more.hidden = !this.store.next;
  }

  #row(job) {
    const name = jobName(job, this.about);
    const link = make("a", { href: hash(job.id) }, name);
    const time = make("time", { class: "soft", datetime: job.created }, moment(job.created));
    const progress = progressOf(job, name);
    const problem = make("p", { class: "bad" });
    const tell = (text) => setText(problem, text);
    const actions = make("div", { class: "actions" });
    const about = make("p", { class: "soft" });
    const top = make("div", { class: "find" }, link, time);
    const line = make("div", { class: "find" }, progress.root, actions);
    const root = make("li", {}, top, about, line, problem);
    let state = "";
    const update = (now) => {
      progress.update(now);
      if (now.state === state) return;
      if (state && hasEnded(now)) say(`${name}: ${stateWords(now)}`);
      state = now.state;
      tell(state === "failed" ? failure(now) : "");
      const facts = [settingsOf(now, this.about), now.audio_seconds && duration(now.audio_seconds)];
      setText(about, facts.filter(Boolean).join(" · "));
      const make = hasEnded(now) ? deleteButton : cancelButton;
      actions.replaceChildren(make(now, this.store, tell));
      actions.firstChild.setAttribute("aria-label", `${actions.textContent} ${name}`);
    };
    update(job);
    return { root, link, update };
  }
}

/** Why a job failed, in a line for people. */
export function failure(job) {
  return problemWords({ code: job.code, message: job.error });
}
