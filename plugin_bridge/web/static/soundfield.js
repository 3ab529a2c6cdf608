// A field that takes a sound: dropped or chosen, sent at once, and heard before it is used.

import { ask, upload } from "./api.js";
import { button, make, say } from "./dom.js";
import { problemWords, soundWords } from "./words.js";

let fields = 0; // so that each has an id of its own

/** `value` is the upload, or null; `onchange` is called when it changes. */
export class SoundField {
  value = null;
  #abort = null;

  constructor(title, hint, onchange) {
    const id = `sound-${++fields}`;
    this.onchange = onchange;
    const accept = "audio/*,.wav,.flac,.ogg,.mp3,.aif,.aiff";
    this.input = make("input", { type: "file", id, accept, "aria-describedby": `${id}-problem` });
    this.input.addEventListener("change", () => this.#take(this.input.files[0]));
    const words = [make("strong", {}, title), make("span", { class: "soft" }, hint)];
    this.label = make("label", { class: "drop", for: id }, ...words);
    this.bar = make("progress", { max: 1, value: 0, "aria-label": `Sending ${title.toLowerCase()}` });
    this.stop = button("Stop", () => this.#abort?.abort());
    this.sending = make("div", { class: "sending", hidden: true }, this.bar, this.stop);
    this.name = make("strong");
    this.about = make("span", { class: "soft" });
    this.player = make("audio", { controls: true, preload: "none" });
    this.remove = button("Remove", () => {
      this.clear();
      this.input.focus();
    });
    const facts = make("div", {}, this.name, this.about);
    const top = make("div", { class: "facts" }, facts, this.remove);
    this.chosen = make("div", { class: "chosen", hidden: true }, top, this.player);
    this.problem = make("p", { class: "bad", id: `${id}-problem`, role: "alert" });
    const parts = [this.input, this.label, this.sending, this.chosen, this.problem];
    this.root = make("div", { class: "sound-field" }, ...parts);
    this.#takeDrops();
  }

  #takeDrops() {
    const over = (event) => {
      event.preventDefault();
      this.root.classList.toggle("over", event.type === "dragover");
    };
    this.root.addEventListener("dragover", over);
    this.root.addEventListener("dragleave", over);
    this.root.addEventListener("drop", (event) => {
      over(event);
      this.#take(event.dataTransfer.files[0]);
    });
  }

  async #take(file) {
    if (!file) return;
    this.clear();
    this.#abort = new AbortController();
    this.sending.hidden = false;
    try {
      const sent = (share) => (this.bar.value = share);
      const found = await upload(file, sent, this.#abort.signal);
      this.#show(found, URL.createObjectURL(file));
      say(`${found.name} is here.`);
    } catch (problem) {
      this.fail(problemWords(problem));
    } finally {
      this.sending.hidden = true;
      this.input.value = "";
    }
  }

  /** Say what is wrong, and put the keyboard here. */
  fail(text) {
    this.problem.textContent = text;
    this.input.focus();
  }

  /** Take an upload of before, if the server still has it. */
  async restore(id) {
    const found = await ask(`v1/uploads/${encodeURIComponent(id)}`).catch(() => null);
    if (found && !this.value) this.#show(found, "");
  }

  #show(found, address) {
    this.value = found;
    this.name.textContent = found.name;
    this.about.textContent = soundWords(found);
    this.player.hidden = !address;
    if (address) this.player.src = address;
    this.player.setAttribute("aria-label", found.name);
    this.chosen.hidden = false;
    this.label.hidden = this.input.hidden = true;
    this.onchange();
  }

  clear() {
    this.#abort?.abort();
    if (this.player.src) URL.revokeObjectURL(this.player.src);
    this.player.removeAttribute("src");
    this.problem.textContent = "";
    this.chosen.hidden = true;
    this.label.hidden = this.input.hidden = false;
    const had = this.value;
    this.value = null;
    if (had) this.onchange();
  }
}
