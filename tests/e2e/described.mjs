// Holds answers to the description of the API: what a test got is what docs/openapi says of it, to the last field.

import Ajv from "ajv/dist/2020.js";

import { openapi } from "../../scripts/lib/openapi.mjs";

const api = openapi();
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
// A client may send what it likes; of an answer every object has the fields that are described and no other.
ajv.addSchema(api, "taken");
ajv.addSchema(closed(api), "answered");
const paths = Object.keys(api.paths).map((path) => [path, new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`)]);
const validators = new Map();

/** What was answered whole so far, as `GET /v1/report`. */
export const answered = new Set();

/**
 * Throws where an answer, `{status, headers, text}`, is not what is described; gives it back where it is. Paths that are
 * not the API's, and those that are not served, are nobody's business.
 */
export function described(method, url, answer, sent) {
  const path = pathOf(new URL(url, "http://any").pathname);
  const operation = api.paths[path]?.[method.toLowerCase()];
  if (!operation || answer.status === 304) return answer;
  const name = `${method} ${path}`;
  const status = String(answer.status) in operation.responses ? String(answer.status) : "default";
  const kind = (answer.headers.get("content-type") ?? "").split(";")[0];
  const content = resolved(operation.responses[status]).content;
  if (!(kind in content)) fail(name, answer, `its answers are described as ${Object.keys(content).join(" or ")}, not as ${kind}`);
  if (kind === "application/json") hold(name, answer, content[kind].schema, JSON.parse(answer.text));
  if (kind === "application/x-ndjson") for (const line of answer.text.split("\n").filter(Boolean)) hold(name, answer, api.components.schemas.Decision, JSON.parse(line));
  if (status !== "200") return answer;
  answered.add(name);
  const body = resolved(operation.requestBody)?.content["application/json"].schema;
  if (body && sent !== undefined) hold(`the body that ${name} took`, answer, body, sent, "taken");
  return answer;
}

/** Holds a value to the schema of that name. */
export function describedAs(name, value) {
  hold(name, { status: 200, text: JSON.stringify(value) }, api.components.schemas[name], value);
}

/** Whole names before those with an id in them. */
function pathOf(path) {
  return path in api.paths ? path : paths.find(([, pattern]) => pattern.test(path))?.[0];
}

function hold(name, answer, schema, value, base = "answered") {
  if (!validators.has(schema)) validators.set(schema, ajv.compile(JSON.parse(JSON.stringify(base === "taken" ? schema : closed(schema)).replaceAll('"$ref":"#/', `"$ref":"${base}#/`))));
  const holds = validators.get(schema);
  if (holds(value)) return;
  const errors = holds.errors.map(({ instancePath, message, params }) => `${instancePath || "the whole"} ${message} ${JSON.stringify(params)}`);
  fail(name, answer, [...new Set(errors)].slice(0, 8).join("; "));
}

function fail(name, { status, text }, why) {
  throw new Error(`${name}: not as docs/openapi describes it. Describe it there, in the file of its group: ${why}\n${status} ${text.slice(0, 1_500)}`);
}

function resolved(value) {
  return value?.$ref ? value.$ref.slice(2).split("/").reduce((all, key) => all[key], api) : value;
}

function closed(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(closed);
  const copy = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, closed(item)]));
  if (copy.type === "object" && copy.properties && !("additionalProperties" in copy)) copy.additionalProperties = false;
  return copy;
}
