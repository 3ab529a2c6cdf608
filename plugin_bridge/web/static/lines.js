// The lines that do the same as a job did, for a shell and for Python.

/** A text as a shell takes it. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a job takes beside its sounds; `usual` is the operation that need not be named. */
function bodyOf(job, usual) {
  const { preset, ...settings } = job.settings;
  const format = job.format === "wav" ? {} : { format: job.format };
  const operation = job.operation === usual ? {} : { operation: job.operation };
  return { ...operation, ...settings, ...format };
}

/** JSON as a here-document takes it. */
function here(value) {
  return JSON.stringify(value).replaceAll(/[\\$`]/g, "\\$&");
}

/** Lines for curl (with jq), with a key if the server wants one. */
export function curlLines(job, { keyed, styled, usual }) {
  const base = new URL("v1/", document.baseURI).href;
  const curl = keyed ? 'curl -fsS -H "Authorization: Bearer $RESTYLE_KEY"' : "curl -fsS";
  const lines = [];
  const parts = [];
  for (const [name, { preset, name: file }] of Object.entries(job.inputs)) {
    if (preset) parts.push(`"${name}": ${here({ preset })}`);
    else {
      const address = quoted(`${base}uploads?name=${encodeURIComponent(file)}`);
      lines.push(`${name}=$(${curl} --data-binary @${quoted(file)} ${address} | jq -r .id)`);
      parts.push(`"${name}": ${styled.includes(name) ? `{"upload": "$${name}"}` : `"$${name}"`}`);
    }
  }
  for (const [name, it] of Object.entries(bodyOf(job, usual))) parts.push(`"${name}": ${here(it)}`);
  const send = `${curl} -H 'Content-Type: application/json' -d @- ${quoted(`${base}jobs`)}`;
  lines.push(`job=$(${send} <<END | jq -r .id`, `{${parts.join(", ")}}`, "END", ")");
  const own = `"${base}jobs/$job`;
  lines.push(`${curl} -N ${own}/events" > events.txt  # until it has ended`);
  lines.push(`${curl} -o restyled.${job.format} ${own}/output/audio"`);
  return lines.join("\n");
}

/** A value as Python writes it. */
function python(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  return JSON.stringify(value); // texts and finite numbers are the same in both
}

/** What the client of Restyle calls the operations that it does. */
const METHODS = { restyle: "submit", mashup: "mashup", morph: "morph", tweak: "tweak" };

/** Lines for Python: the client of Restyle; "" for an operation that it does not do. */
export function pythonLines(job, { keyed, styled, usual }) {
  const method = METHODS[job.operation];
  if (!method) return "";
  const base = new URL(".", document.baseURI).href.replace(/\/$/, "");
  const key = keyed ? ', key=os.environ["RESTYLE_KEY"]' : "";
  const { format, operation, ...options } = bodyOf(job, usual);
  const inputs = Object.entries(job.inputs);
  const sounds = inputs.filter(([name]) => !styled.includes(name));
  const others = inputs.filter(([name]) => styled.includes(name));
  const given = [...sounds.map(([, it]) => python(it.name)), python(`restyled.${job.format}`)];
  for (const [name, it] of others) given.push(it.preset ? python(it.preset) : `${name}=${python(it.name)}`);
  for (const [name, value] of Object.entries(options)) {
    given.push(name.includes(".") ? `**{${python(name)}: ${python(value)}}` : `${name}=${python(value)}`);
  }
  return [
    ...(keyed ? ["import os", ""] : []),
    "from plugin_bridge import Client",
    "",
    `with Client(${python(base)}${key}) as client:`,
    `    job = client.${method}(${given.join(", ")})`,
    "    print(client.wait(job, on_progress=print).out)",
  ].join("\n");
}
