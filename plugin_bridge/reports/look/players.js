// Players over spectrograms, in the pages of `demo`, `compare` and `serve --web`:
//
//   <sound-deck data-switch>
//     <div class="sound" data-name="Stem" data-step> … <audio src="…"> … <div class="view"> …
//
// Sounds with `data-step` keep step: one is heard, another runs along muted, so that changing
// between the two loses neither the place nor a sample. `data-start` is where on their common time a
// sound begins, in seconds; `data-gain-db` is how much louder than the others it was made, which is
// taken back. `data-seconds` of a view is the length of its time axis, `data-left` where on it time
// begins, as a share of its width. It is a classic script: a page in a folder can load no module.
"use strict";
(() => {
  // Not searched.
  const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
  const DRIFT_SECONDS = 0.04; // between two sounds that keep step, before one is moved
  let decks = 0; // so that each has a name of its own

  const make = (tag, className, text = "") =>
    Object.assign(document.createElement(tag), { className, textContent: text });
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  const shown = (seconds) => {
    const whole = Math.floor(seconds + 1e-6);
    return Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
  };

  /** A sound of a deck, with its button, its time and its views. */
  class Sound {
    constructor(root, deck) {
      this.root = root;
      this.deck = deck;
      this.audio = root.querySelector("audio");
      this.keepsStep = "step" in root.dataset;
      this.start = Number(root.dataset.start || 0);
      this.gain = Number(root.dataset.gainDb || 0);
      this.audio.controls = false;
      this.audio.hidden = true;
      this.button = make("button", "play");
      this.button.type = "button";
      this.button.addEventListener("click", () => deck.toggle(this));
      this.clock = make("span", "time");
      const head = root.querySelector(".head");
      head.prepend(this.button);
      head.append(this.clock);
      this.views = [...root.querySelectorAll(".view")].map((view) => this.prepare(view));
      if (this.views.length) this.becomeSlider(this.views[0].view);
      for (const event of ["play", "pause", "ended", "durationchange", "seeked"]) {
        this.audio.addEventListener(event, () => deck.heed(this, event));
      }
    }

    get name() {
      return this.root.dataset.name; // it may change
    }

    get seconds() {
      return Number.isFinite(this.audio.duration) ? this.audio.duration : 0;
    }

    /** Where it is, on the common time of the sounds that keep step. */
    get place() {
      return this.start + this.audio.currentTime;
    }

    set place(seconds) {
      this.audio.currentTime = clamp(seconds - this.start, this.seconds);
    }

    covers(place) {
      return place >= this.start && place < this.start + this.seconds;
    }

    prepare(view) {
      const cursor = make("i", "cursor");
      view.append(cursor);
      if (view.classList.contains("picture")) {
        for (const hz of ["100", "1k", "10k"]) {
          const label = make("span", "hz hz-" + hz, hz);
          label.ariaHidden = "true";
          view.append(label);
        }
      }
      view.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        const box = view.getBoundingClientRect();
        const left = Number(view.dataset.left || 0);
        const share = ((event.clientX - box.left) / box.width - left) / (1 - left);
        this.deck.seek(this, share * this.deck.axis(this, view));
      });
      return { view, cursor, image: view.querySelector("img") };
    }

    becomeSlider(view) {
      view.tabIndex = 0;
      view.setAttribute("role", "slider");
      view.addEventListener("keydown", (event) => {
        const ends = { Home: this.start, End: this.start + this.seconds };
        const goal = ends[event.key] ?? this.deck.placeOf(this) + STEPS[event.key];
        if (event.key === " ") this.deck.toggle(this);
        else if (!isNaN(goal)) this.deck.seek(this, goal);
        else return;
        event.preventDefault();
      });
    }

    /** Show where it is, and whether it plays. */
    draw() {
      const playing = this.deck.plays(this);
      const place = this.deck.placeOf(this);
      const here = clamp(place - this.start, this.seconds);
      this.button.disabled = !this.audio.currentSrc && !this.audio.src; // it is still to come
      this.button.classList.toggle("playing", playing);
      this.button.ariaLabel = (playing ? "Pause " : "Play ") + this.name;
      this.root.classList.toggle("heard", this.keepsStep && this.deck.heard === this);
      const whole = shown(Math.round(this.seconds));
      this.clock.textContent = this.seconds ? shown(here) + " / " + whole : "";
      for (const { view, cursor, image } of this.views) {
        const axis = this.deck.axis(this, view) || 1;
        const left = Number(view.dataset.left || 0);
        cursor.style.left = 100 * (left + (1 - left) * clamp(place / axis, 1)) + "%";
        if (image && this.seconds) {
          image.style.width = (100 * this.seconds) / axis + "%";
          image.style.marginLeft = (100 * this.start) / axis + "%";
        }
      }
      const slider = this.views[0]?.view;
      if (!slider) return;
      slider.ariaLabel = "Place in " + this.name;
      slider.ariaValueMin = "0";
      slider.ariaValueMax = this.seconds.toFixed(1);
      slider.ariaValueNow = here.toFixed(1);
      slider.ariaValueText = shown(here) + " of " + whole;
    }
  }

  /** Several sounds, one of which is heard at a time. */
  class SoundDeck extends HTMLElement {
    sounds = [];
    heard = null; // of those that keep step, the one that is heard when they play
    beside = null; // the one that runs along
    playing = false; // whether those that keep step do

    connectedCallback() {
      if (this.wired) return;
      this.wired = true;
      this.number = ++decks;
      this.addEventListener("keydown", (event) => {
        if (event.key === "x" && !event.ctrlKey && !event.metaKey && this.beside) {
          this.hear(this.beside);
        }
      });
      this.refresh();
    }

    disconnectedCallback() {
      for (const { audio } of this.sounds) audio.pause();
    }

    /** Take in sounds that have come, and forget those that have gone. */
    refresh() {
      const known = new Map(this.sounds.map((it) => [it.root, it]));
      for (const [root, it] of known) if (!this.contains(root)) it.audio.pause();
      const roots = [...this.querySelectorAll(".sound")];
      this.sounds = roots.map((root) => known.get(root) ?? new Sound(root, this));
      const steps = this.steps;
      if (!steps.includes(this.heard)) this.heard = steps[0] ?? null;
      if (!steps.includes(this.beside) || this.beside === this.heard) {
        this.beside = steps.find((it) => it !== this.heard) ?? null;
      }
      const least = Math.min(...steps.map((it) => it.gain));
      for (const it of steps) {
        it.audio.volume = 10 ** ((least - it.gain) / 20);
      }
      this.mute();
      this.offerSwitch(steps);
      this.draw();
    }

    get steps() {
      return this.sounds.filter((it) => it.keepsStep);
    }

    offerSwitch(steps) {
      this.querySelector(":scope > .switch")?.remove();
      if (!("switch" in this.dataset) || steps.length < 2) return;
      const group = make("fieldset", "switch");
      group.append(make("legend", "", "Hear"));
      for (const it of steps) {
        const label = make("label", "", it.name);
        it.choice = Object.assign(document.createElement("input"), {
          type: "radio",
          name: "heard-" + this.number,
          checked: it === this.heard,
        });
        it.choice.addEventListener("change", () => this.hear(it));
        label.prepend(it.choice);
        group.append(label);
      }
      const hint = make("span", "soft", " switches in place");
      hint.prepend(make("kbd", "", "X"));
      group.append(hint);
      this.prepend(group);
    }

    /** The length of a view's time axis, in seconds. */
    axis(sound, view) {
      const common = this.steps.map((it) => it.start + it.seconds);
      return Number(view.dataset.seconds) || Math.max(...common, 0) || sound.seconds;
    }

    placeOf(sound) {
      return sound.keepsStep ? this.heard.place : sound.place;
    }

    plays(sound) {
      return sound.keepsStep ? this.playing && sound === this.heard : !sound.audio.paused;
    }

    /** The players that may run at the same time as this one. */
    runningWith(audio) {
      const pair = [this.heard?.audio, this.beside?.audio];
      return this.playing && pair.includes(audio) ? pair : [audio];
    }

    toggle(sound) {
      if (this.plays(sound)) this.pause(sound);
      else this.play(sound);
    }

    pause(sound) {
      this.playing &&= !sound.keepsStep;
      sound.audio.pause();
      if (sound.keepsStep) this.beside?.audio.pause();
    }

    play(sound) {
      if (sound.keepsStep) {
        this.hear(sound);
        this.mute();
        this.playing = true;
      }
      sound.audio.play().catch(() => this.pause(sound));
      this.follow();
    }

    mute() {
      for (const it of this.steps) it.audio.muted = it !== this.heard;
    }

    /** From now on, hear this one of those that keep step, at the same place. */
    hear(sound) {
      const before = this.heard;
      if (sound === before) return;
      const running = this.playing && !sound.audio.paused && sound === this.beside;
      if (!running) sound.place = before.place;
      const over = sound.seconds && before.place >= sound.start + sound.seconds;
      if (this.playing && over) this.pause(before); // it would begin anew
      else if (this.playing) sound.audio.play();
      if (this.beside !== sound) this.beside?.audio.pause();
      [this.heard, this.beside] = [sound, before];
      this.mute();
      if (sound.choice) sound.choice.checked = true;
      this.draw();
    }

    seek(sound, place) {
      const goal = sound.keepsStep ? this.heard : sound;
      goal.place = place;
      if (sound.keepsStep && this.beside) this.beside.place = place;
      this.draw();
    }

    /** A player has started, stopped or moved, whoever made it. */
    heed(sound, event) {
      if (sound === this.heard && this.playing && event === "pause" && sound.audio.paused) {
        this.pause(sound);
      }
      if (event === "play") this.follow();
      this.draw();
    }

    /** Draw and keep step, as long as something plays. */
    follow() {
      if (this.following) return;
      const tick = () => {
        this.following = this.isConnected && this.sounds.some((it) => !it.audio.paused);
        this.keepStep();
        this.draw();
        if (this.following) requestAnimationFrame(tick);
      };
      this.following = true;
      requestAnimationFrame(tick);
    }

    keepStep() {
      const { heard, beside } = this;
      if (!this.playing || !beside || heard.audio.seeking || beside.audio.seeking) return;
      if (!beside.covers(heard.place)) beside.audio.pause();
      else if (beside.audio.paused || Math.abs(beside.place - heard.place) > DRIFT_SECONDS) {
        beside.place = heard.place;
        if (beside.audio.paused) beside.audio.play().catch(() => {});
      }
    }

    draw() {
      for (const it of this.sounds) it.draw();
    }
  }

  // One sound at a time on the whole page, but for those that keep step.
  document.addEventListener(
    "play",
    (event) => {
      const kept = event.target.closest("sound-deck")?.runningWith(event.target) ?? [event.target];
      for (const other of document.querySelectorAll("audio")) {
        if (!kept.includes(other)) other.pause();
      }
    },
    true,
  );
  customElements.define("sound-deck", SoundDeck);
})();
