// The jobs that are known here, kept as they are on the server by its events.

import { Problem, ask } from "./api.js";

const PAGE = 20; // jobs in a page of the list; by eye
const AGAIN_MS = 3000; // until another try, when the stream of events was refused; not searched
const CALM_MS = 300; // until places in the queue are asked for again; not searched
const ENDED = ["done", "failed", "cancelled"];

export const hasEnded = (job) => ENDED.includes(job.state);

/** All jobs known; "job" (with a job or {id, gone}) and "online" (true or false) are its events. */
export class Store extends EventTarget {
  #jobs = new Map();
  #source = null;
  #calm = 0;
  next = null; // the cursor of the page after the last one

  /** The newest first. */
  get all() {
    const order = (job) => `${job.created} ${job.id}`;
    return [...this.#jobs.values()].sort((a, b) => (order(a) < order(b) ? 1 : -1));
  }

  get(id) {
    return this.#jobs.get(id);
  }

  /** The job of that id, asked for if it is not known, or null if there is none. */
  async find(id) {
    if (!this.#jobs.has(id)) {
      try {
        this.take(await ask(`v1/jobs/${encodeURIComponent(id)}`));
      } catch (problem) {
        if (problem.status === 404 || problem.status === 422) return null;
        throw problem;
      }
    }
    return this.#jobs.get(id);
  }

  /** Read the list again, as far as it was known. */
  async read() {
    const wanted = Math.max(this.#jobs.size, PAGE);
    const found = [];
    let next = null;
    do {
      const page = await this.#page(next);
      found.push(...page.jobs);
      next = page.next;
    } while (next && found.length < wanted);
    this.next = next;
    const ids = new Set(found.map((it) => it.id));
    const last = next ? found.at(-1)?.created : "";
    for (const job of this.all) if (!ids.has(job.id) && job.created >= last) this.drop(job.id);
    for (const job of found) this.take(job);
  }

  /** Read the page after the last one. */
  async more() {
    const page = await this.#page(this.next);
    this.next = page.next;
    for (const job of page.jobs) this.take(job);
  }

  #page(after) {
    return ask(`v1/jobs?limit=${PAGE}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
  }

  /** A job is as told; what is older than what is known is not heeded. */
  take(job) {
    const known = this.#jobs.get(job.id);
    if (known && hasEnded(known) && !hasEnded(job)) return;
    this.#jobs.set(job.id, job);
    this.#tell("job", job);
    if (known && known.state !== job.state) this.#askPlaces();
  }

  drop(id) {
    if (this.#jobs.delete(id)) this.#tell("job", { id, gone: true });
    this.#askPlaces();
  }

  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }

  /** A job left the queue: those behind it have moved up. */
  #askPlaces() {
    clearTimeout(this.#calm);
    this.#calm = setTimeout(async () => {
      if (!this.all.some((it) => it.state === "queued")) return;
      const page = await ask("v1/jobs?state=queued&limit=100").catch(() => ({ jobs: [] }));
      for (const job of page.jobs) if (this.get(job.id)?.state === "queued") this.take(job);
    }, CALM_MS);
  }

  /** Follow the server's events; whenever they begin anew, the list is read again. */
  listen() {
    this.#source?.close();
    const source = (this.#source = new EventSource("v1/events"));
    source.addEventListener("open", () => {
      this.#tell("online", true);
      this.read().catch(() => {});
    });
    source.addEventListener("error", () => {
      this.#tell("online", false);
      // A browser gives up when the server, just started, refuses.
      if (source.readyState === EventSource.CLOSED) this.#again(source);
    });
    for (const event of ["accepted", "progress", "requeued", ...ENDED]) {
      source.addEventListener(event, ({ data }) => this.take(JSON.parse(data)));
    }
    source.addEventListener("deleted", ({ data }) => this.drop(JSON.parse(data).id));
  }

  #again(source) {
    setTimeout(async () => {
      if (source !== this.#source) return;
      const problem = await ask("v1/me").catch((it) => it);
      if (!(problem instanceof Problem) || problem.status !== 401) this.listen();
    }, AGAIN_MS);
  }

  close() {
    this.#source?.close();
    this.#source = null;
  }
}
