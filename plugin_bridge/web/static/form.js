// The form that asks for a job, made from what the server says of its operations.

import { chainOf, submit } from "./api.js";
import { make } from "./dom.js";
import { inputTitle } from "./names.js";
import { Presets } from "./presets.js";
import { settingField } from "./settings.js";
import { SoundField } from "./soundfield.js";
import { problemWords } from "./words.js";

const MEMORY = "restyle-form"; // of this tab: two tabs may be about different stems
const PRESET = "preset"; // the setting that a style of a preset stands for

const valuesOf = (fields, unset) =>
  Object.fromEntries(fields.map((it) => [it.name, it.value ?? unset]));

/** The form at `root`; `onsubmit` is called with the job when one was accepted. */
export class Form {
  constructor(root, { operations, formats, default: usual }, families, onsubmit) {
    this.root = root;
    this.operations = operations;
    this.formats = formats;
    this.families = families;
    this.memory = JSON.parse(sessionStorage.getItem(MEMORY) ?? "{}");
    this.operation = this.memory.operation in operations ? this.memory.operation : usual;
    this.build();
    root.addEventListener("submit", async (event) => {
      event.preventDefault();
      const job = await this.#send();
      if (job) onsubmit(job);
    });
  }

  get #about() {
    return this.operations[this.operation];
  }

  /** Make the operation's fields, with what was in them before. */
  build() {
    const { title, about, inputs, settings } = this.#about;
    this.sounds = new Map();
    this.presets = null;
    const parts = inputs.map((it) => (it.style ? this.#style(it) : this.#sound(it)));
    const names = Object.keys(settings).filter((it) => !(this.presets && it === PRESET));
    this.fields = names.map((it) => settingField(it, settings[it], () => this.#remember()));
    for (const { input } of this.fields) input.addEventListener("input", () => this.#vary());
    this.effects = make("div", {});
    this.format = settingField("format", this.#formats(), () => this.#remember());
    this.format.value = this.memory.format;
    const [first, ...rest] = [...this.fields, this.format].map((it) => it.root);
    const more = make("details", {}, make("summary", {}, "More"), ...rest, this.effects);
    this.problem = make("p", { class: "bad", role: "alert" });
    this.button = make("button", { class: "main" }, title);
    const what = make("p", { class: "soft" }, about);
    this.root.replaceChildren(...this.#choice(), what, ...parts, first, more, this.problem, this.button);
    this.#showChain();
  }

  /** Let defaults be a chain's, or follow a field. */
  #vary() {
    for (const field of this.fields) {
      const { varies, default: usual } = this.#about.settings[field.name];
      const other = this.fields.find((it) => it.name === varies?.by)?.value;
      const own = this.chain?.parameters[field.name]?.default;
      field.usual = own ?? varies?.values[other] ?? usual;
    }
  }

  /** Show what can be set of a chosen chain. */
  #showChain() {
    const name = this.presets?.chain;
    this.filled = null;
    this.#fill(null);
    if (!name) return;
    this.filled = chainOf(name).then(
      (chain) => name === this.presets?.chain && this.#fill(chain),
      (problem) => (this.problem.textContent = problemWords(problem)),
    );
  }

  /** Have fields for a chain's effects; hide those that mean nothing to it. */
  #fill(chain) {
    this.chain = chain;
    const recall = () => this.fields.forEach((it) => (it.value = this.memory.settings?.[it.name]));
    recall();
    this.#vary();
    recall(); // it may have been the default
    for (const it of this.fields) it.root.hidden = chain !== null && !chain.settings.includes(it.name);
    const own = Object.entries(chain?.parameters ?? {}).filter(([name]) => name.includes("."));
    this.added = own.map(([name, about]) => settingField(name, about, () => this.#remember()));
    for (const it of this.added) it.value = this.memory.chains?.[chain.name]?.[it.name];
    const groups = Object.groupBy(this.added, (it) => it.name.split(".")[0]);
    const sets = Object.entries(groups).map(([name, fields]) =>
      make("fieldset", { class: "effect" }, make("legend", {}, name), ...fields.map((it) => it.root)),
    );
    this.effects.replaceChildren(...sets);
  }

  #formats() {
    const titles = Object.fromEntries(this.formats.map((it) => [it, it.toUpperCase()]));
    return { kind: "choice", words: this.formats, default: this.formats[0], titles };
  }

  /** What to do, if there is a choice. */
  #choice() {
    const options = Object.entries(this.operations).map(([name, it]) =>
      make("option", { value: name, selected: name === this.operation }, it.title),
    );
    if (options.length < 2) return [make("h2", {}, this.#about.title)];
    const select = make("select", { id: "operation" }, ...options);
    select.addEventListener("change", () => {
      this.operation = select.value;
      this.#remember();
      this.build();
      this.root.querySelector("#operation").focus();
    });
    return [make("h2", {}, make("label", { for: "operation" }, "What to do")), select];
  }

  #sound({ name, optional }) {
    const hint = `Drop a sound here, or choose one${optional ? "; or leave it out" : ""}`;
    const field = new SoundField(inputTitle(this.#about, name), hint, () => this.#remember());
    this.sounds.set(name, { field, optional });
    const id = this.memory.sounds?.[name];
    if (id) field.restore(id);
    return field.root;
  }

  /** An input that may be a preset. */
  #style({ name, optional }) {
    const changed = () => {
      this.#showChain();
      this.#remember();
    };
    const field = new SoundField("Your own clip", `or drop one here: a few seconds will do`, () => {
      if (field.value) this.presets.value = null;
      changed();
    });
    const chosen = () => {
      field.clear();
      changed();
    };
    const families = this.families.filter((it) => this.#about.chains || !it.presets[0].chain);
    this.presets = new Presets(families, chosen, this.#about.own_style ? "Its own sounds" : "");
    this.sounds.set(name, { field, optional, style: true });
    const id = this.memory.sounds?.[name];
    if (id) field.restore(id);
    else this.presets.value = this.memory.preset ?? "";
    const title = make("h3", { id: "style-title" }, inputTitle(this.#about, name));
    const group = { class: "style", role: "group", "aria-labelledby": "style-title" };
    return make("div", group, title, this.presets.root, field.root);
  }

  #remember() {
    const ids = [...this.sounds].map(([name, { field }]) => [name, field.value?.id]);
    this.memory = {
      operation: this.operation,
      sounds: { ...this.memory.sounds, ...Object.fromEntries(ids) },
      preset: this.presets?.value,
      settings: { ...this.memory.settings, ...valuesOf(this.#fields, null) },
      chains: { ...this.memory.chains, ...(this.chain && { [this.chain.name]: valuesOf(this.added) }) },
      format: this.format?.value,
    };
    sessionStorage.setItem(MEMORY, JSON.stringify(this.memory));
  }

  /** The operation's fields that mean something. */
  get #fields() {
    return (this.fields ?? []).filter((it) => !it.root.hidden);
  }

  /** What to say if one is missing: "Drop a stem first." */
  #missing(name) {
    const title = this.#about.titles[name];
    return `Drop ${title ? title.charAt(0).toLowerCase() + title.slice(1) : `a ${name}`} first.`;
  }

  /** The job's body; null if something is missing, which is said where it is. */
  #body() {
    const body = { operation: this.operation, format: this.format.value ?? this.formats[0] };
    for (const [name, { field, optional, style }] of this.sounds) {
      const preset = style ? this.presets.value : "";
      if (preset) body[name] = { preset };
      else if (field.value) body[name] = style ? { upload: field.value.id } : field.value.id;
      else if (style ? !this.#about.own_style : !optional) {
        field.fail(style ? "Choose an instrument, or drop a clip." : this.#missing(name));
        return null;
      }
    }
    return { ...body, ...valuesOf(this.#fields), ...valuesOf(this.added) };
  }

  async #send() {
    this.problem.textContent = "";
    const { filled } = this;
    this.button.disabled = true;
    await filled;
    this.button.disabled = false;
    if (filled !== this.filled) return null; // another was chosen
    const bad = [...this.#fields, ...this.added].find((it) => !it.input.checkValidity());
    if (bad) {
      bad.root.closest("details")?.setAttribute("open", "");
      bad.input.reportValidity();
      return null;
    }
    const body = this.#body();
    if (!body) return null;
    this.button.disabled = true;
    try {
      return await submit(body);
    } catch (problem) {
      this.problem.textContent = problemWords(problem);
      return null;
    } finally {
      this.button.disabled = false;
      this.button.focus();
    }
  }
}
