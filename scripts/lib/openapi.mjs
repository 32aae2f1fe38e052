// The description of the API as one object, joined from the files of docs/openapi.

import { readFileSync, readdirSync } from "node:fs";

import { parse } from "yaml";

const folder = new URL("../../docs/openapi/", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

/** OpenAPI 3.1, as it is served at /openapi.json. Throws where a file can't be read, or says what another says. */
export function openapi() {
  const description = read("openapi.yaml");
  description.info.version = version;
  description.paths = {};
  for (const name of readdirSync(folder).sort()) {
    if (name === "openapi.yaml" || !name.endsWith(".yaml")) continue;
    const { paths, components = {} } = read(name);
    join(description.paths, paths, name);
    for (const [kind, entries] of Object.entries(components)) join((description.components[kind] ??= {}), entries, name);
  }
  return description;
}

function read(name) {
  try {
    return parse(readFileSync(new URL(name, folder), "utf8"), { merge: true, maxAliasCount: -1 });
  } catch (error) {
    throw new Error(`docs/openapi/${name}: ${error.message}`);
  }
}

function join(all, entries, name) {
  for (const [key, entry] of Object.entries(entries)) {
    if (key in all) throw new Error(`docs/openapi/${name}: ${key} is described more than once`);
    all[key] = entry;
  }
}
