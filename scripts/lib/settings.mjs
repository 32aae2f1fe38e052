// The settings of a local worker, gathered from where they may stand.
//
//   node scripts/lib/settings.mjs get NAME    prints the value, exits 1 where none is given
//   node scripts/lib/settings.mjs write FILE  writes all that are given as an env file, mode 0600
//
// An environment variable wins over .dev.vars; what neither gives is left to the worker's own
// default. The names are those of .dev.vars.example, so that a new setting is written down in one
// place only.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseEnv } from "node:util";

const root = new URL("../../", import.meta.url);

function read(name) {
  try {
    return readFileSync(new URL(name, root), "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
}

/** The names of all settings, in the order of .dev.vars.example. */
export function names() {
  return [...read(".dev.vars.example").matchAll(/^#?\s?([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]);
}

/** What was given: everything in .dev.vars, and every known name in the environment. */
export function given(environment = process.env) {
  const settings = new Map(Object.entries(parseEnv(read(".dev.vars"))));
  for (const name of names()) {
    if (environment[name] !== undefined) settings.set(name, environment[name]);
  }
  return settings;
}

/**
 * One value as an env file writes it, for a reader that strips a pair of quotes, knows `\$` for a
 * dollar sign, and has no escape for a quote. Null where no form can carry the value.
 */
function written(value) {
  const escaped = value.replaceAll("$", "\\$");
  if (/^[^\s'"`#=]([^#\r\n]*[^#\s])?$/.test(escaped)) return escaped;
  if (escaped.includes("\r") || escaped.endsWith("\\")) return null;
  for (const quote of ["'", "`"]) {
    if (!escaped.includes(quote)) return quote + escaped + quote;
  }
  // Inside double quotes \n and \r are read as line ends.
  if (!escaped.includes('"') && !/\\[nr]/.test(escaped)) return `"${escaped}"`;
  return null;
}

function write(file) {
  let text = "";
  for (const [name, value] of given()) {
    const form = written(value);
    if (form === null) {
      console.error(`error: the value of ${name} can't be written to an env file:`);
      console.error("       it mixes all kinds of quotes, or has a carriage return or a closing backslash in a place that forbids it.");
      process.exit(1);
    }
    text += `${name}=${form}\n`;
  }
  writeFileSync(file, text, { mode: 0o600 });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [command, ...rest] = process.argv.slice(2);
  if (command === "get") {
    // A blank value is no value, to the worker too.
    const value = given().get(rest[0])?.trim();
    if (!value) process.exit(1);
    console.log(value);
  } else if (command === "write") {
    write(rest[0]);
  } else {
    console.error("usage: settings.mjs get NAME | write FILE");
    process.exit(2);
  }
}
