// The list of presets and chains: by family, filtered by words; a button plays what has a clip.

import { button, make, setText } from "./dom.js";

/**
 * `value` is a preset's name, "" for none of them, or null while nothing is chosen; `onchange` is
 * called when one is chosen. `none` is what to call a row for none of them; "" for no such row.
 */
export class Presets {
  #rows = [];
  #played = null; // the button of the preset that plays

  constructor(families, onchange, none = "") {
    this.onchange = onchange;
    this.audio = make("audio", { hidden: true, preload: "none" });
    for (const event of ["pause", "ended"]) this.audio.addEventListener(event, () => this.#stop());
    this.filter = make("input", { type: "search", id: "filter", autocomplete: "off" });
    this.filter.placeholder = "violin, drums, 40 …";
    this.filter.addEventListener("input", () => this.#narrow());
    this.filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // it would submit the form
    });
    this.count = make("span", { class: "soft", role: "status" });
    const label = make("label", { for: "filter" }, "Find an instrument");
    this.list = make("div", { class: "presets" }, ...this.#none(none));
    this.list.append(...families.map((it) => this.#family(it)));
    const top = make("div", { class: "find" }, label, this.count);
    this.root = make("div", {}, top, this.filter, this.list, this.audio);
    this.#narrow();
  }

  /** A row to choose none of them, if there is to be one. */
  #none(title) {
    if (!title) return [];
    this.none = make("input", { type: "radio", name: "preset", value: "" });
    this.none.addEventListener("change", () => this.onchange());
    return [make("div", { class: "preset" }, make("label", {}, this.none, title))];
  }

  #family({ name, presets }) {
    const group = make("fieldset", {}, make("legend", {}, name));
    for (const preset of presets) {
      const radio = make("input", { type: "radio", name: "preset", value: preset.name });
      radio.addEventListener("change", () => this.onchange());
      const play = button("", () => this.#toggle(play, preset.name), { class: "play small" });
      play.ariaLabel = `Play ${preset.label}`;
      const note = preset.note && make("span", { class: "soft" }, preset.note);
      const label = make("label", {}, radio, preset.label, note);
      const row = make("div", { class: "preset" }, label, !preset.chain && play);
      const words = [preset.label, preset.name, name, preset.program ?? ""].join(" ").toLowerCase();
      this.#rows.push({ row, group, words, radio, chain: preset.chain });
      group.append(row);
    }
    return group;
  }

  get value() {
    return this.#rows.find((it) => it.radio.checked)?.radio.value ?? "";
  }

  /** The name of the chain that is chosen, if one is. */
  get chain() {
    return this.#rows.find((it) => it.chain && it.radio.checked)?.radio.value;
  }

  set value(name) {
    if (this.none) this.none.checked = name === "";
    for (const { radio, row } of this.#rows) {
      radio.checked = radio.value === name;
      if (radio.checked) this.list.scrollTop = row.offsetTop - this.list.offsetTop - 60;
    }
  }

  #narrow() {
    const wanted = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = new Set();
    let count = 0;
    for (const { row, group, words } of this.#rows) {
      row.hidden = !wanted.every((it) => words.includes(it));
      if (row.hidden) continue;
      count += 1;
      shown.add(group);
    }
    for (const { group } of this.#rows) group.hidden = !shown.has(group);
    setText(this.count, count === 1 ? "1 preset" : `${count} presets`);
  }

  #toggle(play, name) {
    const again = this.#played === play;
    this.#stop();
    if (again) return;
    this.#mark(play);
    this.audio.src = `v1/presets/${encodeURIComponent(name)}/clip`;
    this.audio.play().catch(() => this.#played === play && this.audio.error && this.#mark(null));
  }

  /** Be silent, and keep no connection to the server. */
  #stop() {
    if (!this.audio.hasAttribute("src")) return;
    this.audio.removeAttribute("src");
    this.audio.load();
    this.#mark(null);
  }

  #mark(play) {
    this.#played?.classList.remove("playing");
    this.#played?.removeAttribute("aria-pressed");
    this.#played = play;
    play?.classList.add("playing");
    play?.setAttribute("aria-pressed", "true");
  }
}
