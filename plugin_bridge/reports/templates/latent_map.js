// The map of `restyle latent map`: a click plays a piece, arrow keys go to the next on that side.
// It is a classic script: a page in a folder can load no module.
"use strict";
(() => {
  const MOST_FOUND = 12; // names below the search field; by eye
  const ASIDE = 2.5; // so much more counts how far aside a piece is than how far ahead; by eye
  const SIDES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const SVG = "http://www.w3.org/2000/svg";

  const byId = (id) => document.getElementById(id);
  const [map, audio, search, trouble] = ["map", "audio", "search", "trouble"].map(byId);
  const pieces = JSON.parse(byId("pieces").textContent);
  const points = [...map.querySelectorAll(".point")];
  const places = points.map((it) => {
    const { e, f } = it.transform.baseVal.consolidate().matrix;
    return [e, f];
  });
  let chosen = -1;

  /** An element of the map with these attributes. */
  const draw = (tag, attributes, text = "") => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };

  /** A button that chooses and plays a piece. */
  const choice = (index) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = pieces[index].name;
    button.addEventListener("click", () => play(index));
    item.append(button);
    return item;
  };

  const tag = (index) => {
    const [x, y] = places[index];
    const leftwards = x > map.viewBox.baseVal.width / 2;
    const anchor = leftwards ? "end" : "start";
    const about = { class: "tag", x: x + (leftwards ? -16 : 16), y: y + 6, "text-anchor": anchor };
    return draw("text", about, pieces[index].name);
  };

  /** Show a piece, and what is near. */
  const choose = (index) => {
    const piece = pieces[index];
    const before = points[chosen];
    before?.setAttribute("aria-selected", "false");
    before?.classList.remove("chosen");
    for (const it of map.querySelectorAll(".near")) it.classList.remove("near");
    points[index].setAttribute("aria-selected", "true");
    points[index].classList.add("chosen");
    map.setAttribute("aria-activedescendant", points[index].id);
    byId("name").textContent = piece.name;
    byId("about").textContent = piece.text;
    byId("near").hidden = !piece.near.length;
    byId("near").querySelector("ol").replaceChildren(...piece.near.map(choice));
    const [x1, y1] = places[index];
    const lines = piece.near.map((it) => {
      points[it].classList.add("near");
      const [x2, y2] = places[it];
      return draw("line", { x1, y1, x2, y2 });
    });
    byId("links").replaceChildren(...lines);
    for (const it of map.querySelectorAll(".label")) it.toggleAttribute("hidden", Number(it.dataset.of) === index);
    byId("tags").replaceChildren(tag(index));
    if (index !== chosen) {
      audio.pause();
      audio.src = piece.sound;
      audio.hidden = false;
      trouble.hidden = true;
    }
    chosen = index;
  };

  const play = (index) => {
    choose(index);
    audio.play().catch(() => {}); // `error` tells why
  };

  audio.addEventListener("error", () => {
    trouble.textContent = "This browser cannot play it: is the file still there, and of a kind that it knows?";
    trouble.hidden = false;
  });

  map.addEventListener("click", (event) => {
    const index = points.indexOf(event.target.closest(".point"));
    if (index >= 0) play(index);
  });

  /** The nearest piece on a side of the chosen one; the chosen one if there is none. */
  const beside = ([right, down]) => {
    if (chosen < 0) return 0;
    const [x, y] = places[chosen];
    let [best, least] = [chosen, Infinity];
    places.forEach(([otherX, otherY], index) => {
      const [dx, dy] = [otherX - x, otherY - y];
      const ahead = dx * right + dy * down;
      const cost = ahead + ASIDE * Math.abs(dx * down + dy * right);
      if (ahead > 0 && cost < least) [best, least] = [index, cost];
    });
    return best;
  };

  map.addEventListener("keydown", (event) => {
    if (event.key in SIDES) choose(beside(SIDES[event.key]));
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(pieces.length - 1);
    else if (event.key !== "Enter" && event.key !== " ") return;
    else if (chosen < 0 || audio.paused) play(Math.max(chosen, 0));
    else audio.pause();
    event.preventDefault();
  });

  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    const fits = pieces.map((it) => it.name.toLowerCase().includes(wanted));
    points.forEach((it, index) => it.classList.toggle("dim", !fits[index]));
    const found = wanted ? [...fits.keys()].filter((it) => fits[it]) : [];
    byId("found").replaceChildren(...found.slice(0, MOST_FOUND).map(choice));
  });
})();
