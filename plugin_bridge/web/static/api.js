// The HTTP API. All addresses are relative to the page, so that a proxy may put it anywhere.

/** Why a request was refused: a code for programs, a detail for people (RFC 9457). */
export class Problem extends Error {
  constructor(status, { code = "internal", detail = "", title = "" } = {}) {
    super(detail || title);
    this.status = status;
    this.code = code;
  }
}

/** Tells, on `window`, that the server wants a key. */
export const SIGNED_OUT = "signed-out";

function refused(status, about) {
  if (status === 401) window.dispatchEvent(new Event(SIGNED_OUT));
  return new Problem(status, about);
}

/** What the server answers, or null if it has nothing to say. Raises Problem. */
export async function ask(path, { method = "GET", body, headers = {} } = {}) {
  const json = body === undefined ? {} : { "Content-Type": "application/json" };
  const request = {
    method,
    headers: { Accept: "application/json", ...json, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
  const answer = await fetch(path, request).catch(() => {
    throw new Problem(0, { code: "offline" });
  });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  throw refused(answer.status, await answer.json().catch(() => ({})));
}

/** What is in a chain, and what can be set of it. Raises Problem. */
export const chainOf = (name) => ask(`v1/chains/${encodeURIComponent(name)}`);

/** Send a file; `onprogress` is told the share that is sent. Raises Problem. */
export function upload(file, onprogress, signal) {
  const request = new XMLHttpRequest(); // fetch does not tell how much is sent
  return new Promise((resolve, reject) => {
    request.open("POST", `v1/uploads?name=${encodeURIComponent(file.name)}`);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onprogress(total ? loaded / total : 1);
    request.onload = () => {
      if (request.status === 201) resolve(request.response);
      else reject(refused(request.status, request.response ?? {}));
    };
    request.onerror = () => reject(new Problem(0, { code: "offline" }));
    request.onabort = () => reject(new Problem(0, { code: "stopped" }));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** Submit a job. It is sent again if the answer got lost: by its key it is the same job. */
export async function submit(body) {
  const key = crypto.getRandomValues(new Uint8Array(16)).join("-");
  const request = { method: "POST", body, headers: { "Idempotency-Key": key } };
  try {
    return await ask("v1/jobs", request);
  } catch (problem) {
    if (problem.code !== "offline") throw problem;
    return ask("v1/jobs", request);
  }
}
