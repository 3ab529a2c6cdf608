// Lines to be copied.

import { button, make } from "./dom.js";

/** Lines under their name, with a button that copies them. */
export function codeBlock(name, text) {
  const copy = button("Copy", () => copyText(copy, text, code), { "aria-label": `Copy the ${name} lines` });
  const attributes = { tabindex: "0", role: "group", "aria-label": `${name} lines` };
  const code = make("pre", attributes, make("code", {}, text));
  return make("div", {}, make("div", { class: "find" }, make("h3", {}, name), copy), code);
}

/** Copy a text; without a secure context a browser lets a page do no more than mark it. */
export async function copyText(copy, text, code) {
  try {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    copy.textContent = "Marked: press Ctrl+C";
  }
}
