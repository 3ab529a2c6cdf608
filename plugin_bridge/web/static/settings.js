// Fields for the settings of an operation, made from what the server says of each.

import { make } from "./dom.js";
import { settingWords, valueWords } from "./words.js";

const WIDEST_SLIDER = 100; // beyond that range a number is typed; by eye
const DAY_SECONDS = 86400; // the server's "past the end of any stem"

let fields = 0;

/** A field; `value` is undefined while it is the default, which `usual` sets. */
export function settingField(name, { ...about }, onchange = () => {}) {
  const id = `setting-${++fields}`;
  const { title, unit } = settingWords(name.split(".").pop());
  const kinds = { choice, text, switch: toggle };
  const range = about.most - about.least; // NaN if it is open
  const slides = range <= WIDEST_SLIDER && about.default !== null;
  const build = kinds[about.kind] ?? (slides ? slider : number);
  const field = build(id, name, about, unit);
  field.input.addEventListener("input", () => onchange());
  const heading = make("label", { for: id }, title);
  const top = make("div", { class: "find" }, heading, field.shown ?? "");
  const root = make("div", { class: "setting" }, top, field.input);
  return Object.assign(accessors(field, about), { name, root });
}

function accessors({ input, read, write, show = () => {} }, about) {
  const put = (given) => {
    write(given);
    show();
  };
  input.addEventListener("input", show);
  put();
  return {
    input,
    get value() {
      return read();
    },
    set value(given) {
      put(given);
    },
    set usual(given) {
      const own = read();
      about.default = given;
      put(own);
    },
  };
}

function slider(id, name, about) {
  const range = about.most - about.least;
  const step = about.whole ? 1 : range <= 2 ? 0.01 : range <= 20 ? 0.1 : 0.5;
  const input = make("input", { type: "range", id, min: about.least, max: about.most, step });
  const shown = make("output", { for: id, class: "soft" });
  let rest; // where it stands for the default, which may lie between two steps
  const read = () => (input.value === rest ? undefined : Number(input.value));
  return {
    input,
    shown,
    read,
    write: (given) => {
      input.value = about.default;
      rest = input.value;
      input.value = given ?? rest;
    },
    show: () => {
      shown.textContent = valueWords(name, read() ?? about.default);
      input.setAttribute("aria-valuetext", shown.textContent);
    },
  };
}

/** A field that is empty while it is the default. */
function open(input, about, shown) {
  return {
    input,
    shown,
    read: () => (input.value === "" ? undefined : about.kind === "text" ? input.value : Number(input.value)),
    write: (given) => {
      input.value = given ?? "";
      input.placeholder = about.default >= DAY_SECONDS ? "the end" : (about.default ?? "");
    },
  };
}

function number(id, name, about, unit) {
  const { least: min, most: max } = about;
  const input = make("input", { type: "number", id, min, max, step: about.whole ? 1 : "any" });
  return open(input, about, make("span", { class: "soft" }, unit));
}

const text = (id, name, about) => open(make("input", { type: "text", id }), about);

/** A field that shows the default in the property `key` of its input. */
function kept(input, about, key) {
  return {
    input,
    read: () => (input[key] === about.default ? undefined : input[key]),
    write: (given) => (input[key] = given ?? about.default),
  };
}

function choice(id, name, about) {
  const options = about.words.map((it) => make("option", { value: it }, about.titles?.[it] ?? settingWords(it).title));
  return kept(make("select", { id }, ...options), about, "value");
}

const toggle = (id, name, about) => kept(make("input", { type: "checkbox", id }), about, "checked");
