// The documentation of the API, drawn from /openapi.json: nothing in it is written twice.

import { copyText } from "./codeblock.js";
import { at, button, make } from "./dom.js";

const METHODS = ["get", "post", "delete"];

const FIND_ID = "grep -o '[0-9a-f]\\{32\\}' | head -1";
const begin = (base) => [
  `ID=$(curl -s --data-binary @stem.wav '${base}/v1/uploads?name=stem.wav' | ${FIND_ID})`,
  `JOB=$(curl -s ${base}/v1/jobs -H 'Content-Type: application/json' -H 'Prefer: wait=60' -d '{"stem": "'$ID'", "style": {"preset": "violin"}}' | ${FIND_ID})`,
  `curl -o out.wav ${base}/v1/jobs/$JOB/output/audio`,
].join("\n");

const slug = (method, path) => `${method}-${path}`.replace(/[^a-z0-9]+/g, "-");

const resolve = (document, schema) =>
  schema?.$ref ? document.components.schemas[schema.$ref.split("/").pop()] : schema;

// The fields of a body; those of all operations, if there are several.
function fieldsOf(document, schema) {
  const found = resolve(document, schema);
  const variants = found?.oneOf ?? found?.anyOf;
  if (!variants) {
    const named = Object.values(found?.patternProperties ?? {}).map((it) => ["name.parameter", it]);
    return [...Object.entries(found?.properties ?? {}), ...named];
  }
  return variants.flatMap((it) => fieldsOf(document, it));
}

function kindOf(document, schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((it) => JSON.stringify(it)).join(", ");
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return several.map((it) => kindOf(document, it)).filter((it) => it !== "null").join(" or ");
  if (schema.$ref) {
    const names = Object.keys(resolve(document, schema).properties ?? {});
    return names.map((it) => `{"${it}": …}`).join(", ");
  }
  if (schema.minimum !== undefined) return `${schema.type}, ${schema.minimum} to ${schema.maximum}`;
  return schema.type ?? "";
}

// An example of a body: what is needed, and the first of what may stand for it.
function exampleOf(document, schema) {
  let found = resolve(document, schema);
  found = resolve(document, (found.oneOf ?? found.anyOf)?.[0] ?? found);
  const needed = new Set([...(found.required ?? []), ...("style" in found.properties ? ["style"] : [])]);
  const entries = [...needed].map((it) => [it, it === "style" ? { preset: "violin" } : `$${it.toUpperCase()}`]);
  return JSON.stringify(Object.fromEntries(entries));
}

function curlOf(document, method, path, operation) {
  const base = location.origin;
  const place = base + path.replace(/{(\w+)}/g, (_, name) => `$${name.toUpperCase()}`);
  const words = ["curl"];
  if (method !== "get") words.push("-X", method.toUpperCase());
  const content = operation.requestBody?.content ?? {};
  if ("application/octet-stream" in content) words.push("--data-binary @stem.wav");
  else if ("application/json" in content) {
    const body = exampleOf(document, content["application/json"].schema);
    words.push("-H 'Content-Type: application/json'", "-d", `'${body.replace(/"\$(\w+)"/g, `"'$$$1'"`)}'`);
  }
  const events = "text/event-stream" in (operation.responses["200"]?.content ?? {});
  if (events) words.push("-N");
  return [...words, `"${place}"`].join(" ");
}

function table(head, rows) {
  const line = (kind, cells, more) => make("tr", {}, ...cells.map((it) => make(kind, more, it)));
  const top = make("thead", {}, line("th", head, { scope: "col" }));
  return make("table", {}, top, make("tbody", {}, ...rows.map((it) => line("td", it))));
}

// Lines, and a button that copies them.
function lines(text) {
  const code = make("pre", {}, text);
  const copy = button("Copy", () => copyText(copy, text, code));
  return [code, copy];
}

function draw(document, method, path, operation) {
  const section = make("section", { id: slug(method, path) });
  const line = curlOf(document, method, path, operation);
  section.append(make("h3", {}, `${method.toUpperCase()} ${path}`));
  section.append(make("p", {}, operation.description ?? operation.summary));
  section.append(...lines(line));
  const given = (operation.parameters ?? []).map((it) => [
    it.name, it.in, kindOf(document, it.schema), it.description ?? it.schema.description ?? "",
  ]);
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const fields = body ? fieldsOf(document, body) : [];
  given.push(...fields.map(([name, it]) => [name, "body", kindOf(document, it), it.description ?? ""]));
  if (given.length) section.append(table(["Name", "In", "Takes", "What it is"], given));
  const answers = Object.entries(operation.responses)
    .filter(([status]) => status < "400")
    .map(([status, it]) => [status, it.description, Object.keys(it.content ?? {}).join(", ")]);
  section.append(table(["Status", "Meaning", "Type"], answers));
  return section;
}

async function main() {
  const reply = await fetch("/openapi.json");
  const openapi = await reply.json();
  at("begin").textContent = begin(location.origin);
  const place = at("operations");
  place.replaceChildren();
  let last = "";
  for (const [path, item] of Object.entries(openapi.paths)) {
    for (const method of METHODS.filter((it) => it in item)) {
      const [tag] = item[method].tags;
      if (tag !== last) place.append(make("h2", {}, tag[0].toUpperCase() + tag.slice(1)));
      last = tag;
      place.append(draw(openapi, method, path, item[method]));
    }
  }
  const codes = at("codes");
  for (const [code, meaning] of Object.entries(openapi["x-codes"])) {
    codes.append(make("dt", { id: code }, code), make("dd", {}, meaning));
  }
  if (location.hash) at(location.hash.slice(1))?.scrollIntoView();
}

main();
