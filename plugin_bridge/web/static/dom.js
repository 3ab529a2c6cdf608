// Elements, and what is said to those who do not see them.

const isNothing = (it) => it === null || it === undefined || it === false;

/** An element with attributes, listeners ("onclick") and children; null and false leave one out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (isNothing(value)) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((it) => !isNothing(it)));
  return element;
}

/** A button that submits nothing. */
export function button(text, onclick, attributes = {}) {
  return make("button", { type: "button", ...attributes, onclick }, text);
}

/** The element of that id. */
export const at = (id) => document.getElementById(id);

/** Have a screen reader say something. */
export function say(text) {
  at("said").textContent = text;
}

/** Set a text only if it changes: then nothing is read out, or selected, twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
