// Fields for the settings of an operation, made from what the server says of each.

import { make } from "./dom.js";
import { settingWords, valueWords } from "./words.js";

const WIDEST_SLIDER = 100; // beyond that range a number is typed; by eye
const DAY_SECONDS = 86400; // the server's "past the end of any stem"

let fields = 0;

/** A field; `value` is undefined while it is the default, which `usual` sets. */
export function settingField(name, { ...about }, onchange = () => {}) {
  const id = `setting-${++fields}`;
  const { title, unit } = settingWords(name);
  const kinds = { choice: choice, text: text };
  const range = about.most - about.least;
  const build = kinds[about.kind] ?? (range <= WIDEST_SLIDER ? slider : number);
  const field = build(id, name, about, unit);
  field.input.addEventListener("input", () => onchange());
  const heading = make("label", { for: id }, title);
  const top = make("div", { class: "find" }, heading, field.shown ?? "");
  const root = make("div", { class: "setting" }, top, field.input);
  return Object.assign(accessors(field, about), { name, root });
}

function accessors({ input, read, write, show = () => {} }, about) {
  input.addEventListener("input", show);
  show();
  return {
    input,
    get value() {
      return read();
    },
    set value(given) {
      write(given);
      show();
    },
    set usual(given) {
      const own = read();
      about.default = given;
      write(own);
      show();
    },
  };
}

function slider(id, name, about) {
  const range = about.most - about.least;
  const step = about.whole ? 1 : range <= 2 ? 0.01 : 0.5;
  const input = make("input", { type: "range", id, min: about.least, max: about.most, step });
  const shown = make("output", { for: id, class: "soft" });
  input.value = about.default;
  return {
    input,
    shown,
    read: () => (Number(input.value) === about.default ? undefined : Number(input.value)),
    write: (given) => (input.value = given ?? about.default),
    show: () => {
      shown.textContent = valueWords(name, Number(input.value));
      input.setAttribute("aria-valuetext", shown.textContent);
    },
  };
}

function number(id, name, about, unit) {
  const { least: min, most: max } = about;
  const input = make("input", { type: "number", id, min, max, step: about.whole ? 1 : "any" });
  input.placeholder = about.default >= DAY_SECONDS ? "the end" : about.default;
  return {
    input,
    shown: make("span", { class: "soft" }, unit),
    read: () => (input.value === "" ? undefined : Number(input.value)),
    write: (given) => (input.value = given ?? ""),
  };
}

function choice(id, name, about) {
  const options = about.words.map((it) => make("option", { value: it }, about.titles?.[it] ?? settingWords(it).title));
  const input = make("select", { id }, ...options);
  input.value = about.default;
  return {
    input,
    read: () => (input.value === about.default ? undefined : input.value),
    write: (given) => (input.value = given ?? about.default),
  };
}

function text(id, name, about) {
  const input = make("input", { type: "text", id });
  input.placeholder = about.default ?? "";
  return {
    input,
    read: () => input.value || undefined,
    write: (given) => (input.value = given ?? ""),
  };
}
