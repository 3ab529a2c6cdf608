// Which job is open, and which results are beside it: in the page's address, so that a reload, a
// bookmark and the way back find it.

/** {job: its id or "", beside: ids of other results} */
export function read() {
  const words = new URLSearchParams(location.hash.slice(1));
  return { job: words.get("job") ?? "", beside: (words.get("with") ?? "").split(",").filter(Boolean) };
}

/** The address of a job with others beside it. */
export function hash(job, beside = []) {
  return `#job=${job}${beside.length ? `&with=${beside.join(",")}` : ""}`;
}

export function go(job, beside = []) {
  location.hash = job ? hash(job, beside) : "#";
}
