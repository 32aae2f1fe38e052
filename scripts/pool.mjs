#!/usr/bin/env node
// The pool of a running Arbiter: shows it, imports what a runtime offers, applies a file. Node 20 or
// later, no packages.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HELP = `Shows and changes the models that a running Arbiter routes to.

usage: node scripts/pool.mjs COMMAND [options]

  list                    the models, with where their prices are from
  import [ID…]            adds these models of a runtime's catalogue (--all: all), and reprices
                          what has its price from there
  diff FILE               what applying a file would change
  apply FILE              makes the pool what the file says; NAME of a starter pool works too:
                          ${starters().join(", ")}
  price ID IN OUT         sets a model's prices, USD per 1M tokens; 0 where it is free
  propose URL             asks a runtime what it offers and prints a pool for it; changes nothing.
                          Its key is read from GATEWAY_API_KEY

  --url URL        the deployment (http://127.0.0.1:8787)
  --key KEY        an operator key; else ARBITER_KEY, else the first of ARBITER_API_KEYS
  --runtime NAME   of which runtime to import (the first)
  --all            import all that is offered
  --dry-run        import: only show what would change
  --first          apply: only where nobody has written a pool yet
  --yes            ask nothing
  --json           the answer as JSON
  --help

Exit status: 0; 1 where the deployment refused, or the answer was no; 2 where it could not begin.
`;

class CannotBegin extends Error {}

function starters() {
  const folder = new URL("./pools/", import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -5))
    .sort();
}

const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colours ? `\u001b[${code}m${text}\u001b[0m` : String(text));
const [red, green, yellow, dim, bold] = [31, 32, 33, 2, 1].map(paint);

const price = (value) => (value === null || value === undefined ? "?" : String(value));
// What comes from a runtime is shown without what would steer a terminal.
const plain = (text) => String(text).replace(/[^\x20-\x7e]/g, "?");

/** Rows of text as columns; numbers to the right. */
function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(plain));
  const widths = head.map((_, at) => Math.max(...all.map((row) => row[at].length)));
  const right = head.map((_, at) => rows.every((row) => /^[\d.?]*$/.test(plain(row[at]))));
  const line = (row) =>
    row
      .map((cell, at) => (right[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at])))
      .join("  ")
      .trimEnd();
  return [bold(line(all[0])), ...all.slice(1).map(line)].join("\n");
}

function shown(models) {
  const row = (m) => [
    m.id,
    m.enabled === false ? "off" : "on",
    m.runtime ?? "",
    m.tier ?? "",
    m.context ?? "",
    price(m.in_price),
    price(m.out_price),
    price(m.cached_in_price),
    m.price_from ?? "operator",
    (m.tags ?? []).join(" "),
  ];
  return table(["id", "", "runtime", "tier", "context", "$/M in", "$/M out", "cached", "price from", "tags"], models.map(row));
}

/** The fields in which a row of a file differs from one of the pool; what a file leaves out stays open. */
function differences(before, after) {
  const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  const open = (name) => after[name] === undefined || name === "position";
  return Object.keys(after).filter((name) => !open(name) && name !== "accepts" && !same(before[name], after[name]));
}

function compare(before, after) {
  const of = (models) => new Map(models.map((model) => [model.id, model]));
  const [old, now] = [of(before), of(after)];
  const lines = [];
  for (const model of after) {
    const was = old.get(model.id);
    if (!was) lines.push(green(`+ ${plain(model.id)}  $${price(model.in_price)} in, $${price(model.out_price)} out`));
    else
      for (const name of differences(was, model))
        lines.push(yellow(`~ ${plain(model.id)}  ${name}: ${plain(JSON.stringify(was[name]))} -> ${plain(JSON.stringify(model[name]))}`));
  }
  const gone = before.filter((model) => !now.has(model.id));
  for (const model of gone) lines.push(red(`- ${plain(model.id)}`));
  return { lines, gone };
}

function readFile(name) {
  const path = existsSync(name) || !starters().includes(name) ? name : fileURLToPath(new URL(`./pools/${name}.json`, import.meta.url));
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new CannotBegin(`${name} can't be read (${error.code}); starter pools: ${starters().join(", ")}`);
  }
  try {
    const pool = JSON.parse(text);
    const models = Array.isArray(pool) ? pool : pool.models;
    if (!Array.isArray(models)) throw new Error("it has no array `models`");
    return { ...(Array.isArray(pool) ? {} : pool), models };
  } catch (error) {
    throw new CannotBegin(`${name} is no pool: ${error.message}`);
  }
}

async function agreed(question, { yes }) {
  if (yes) return true;
  if (!process.stdin.isTTY) throw new CannotBegin(`${question} Nobody is there to ask: add --yes`);
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question(`${question} [y/N] `);
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}

function deployment({ url, key }) {
  const operator = key ?? process.env.ARBITER_KEY ?? process.env.ARBITER_API_KEYS?.split(",")[0].trim();
  return async (method, path, json, headers = {}) => {
    let response;
    try {
      response = await fetch(url.replace(/\/+$/, "") + path, {
        method,
        headers: { ...(operator && { authorization: `Bearer ${operator}` }), ...(json !== undefined && { "content-type": "application/json" }), ...headers },
        body: json === undefined ? undefined : JSON.stringify(json),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      throw new CannotBegin(`no answer from ${url}: ${error.cause?.code ?? error.message}`);
    }
    const body = await response.json().catch(() => null);
    if (!response.ok) throw new Error(plain(body?.error?.message ?? `status ${response.status}`));
    return body;
  };
}

/** Pages of a catalogue that are read, and seconds for all of them. */
const MOST_PAGES = 20;
const PATIENCE_S = 10;

/** What a runtime offers: id and what else it says, as far as a proposal needs it. */
export async function offered(base) {
  const at = base.replace(/\/+$/, "");
  const roots = /\/v\d|\/api\//.test(at) ? [at] : [`${at}/v1`, at];
  const signal = AbortSignal.timeout(PATIENCE_S * 1000);
  for (const root of roots) {
    let url = new URL(`${root}/models`);
    let page = await pageOf(url, signal).catch((error) => {
      throw new CannotBegin(`${plain(base)} can't be reached: ${error.cause?.code ?? error.message}`);
    });
    if (!page) continue;
    const entries = [];
    const read = new Set();
    while (page) {
      entries.push(...page.list);
      read.add(url.href);
      url = page.next(url);
      const cut = !url ? null : url.origin !== new URL(root).origin ? "its next page is at another address" : read.has(url.href) ? "its pages go round" : null;
      if (cut || (url && read.size >= MOST_PAGES)) console.error(`not all of the catalogue was read: ${cut ?? "it is too long"}`);
      if (cut || !url || read.size >= MOST_PAGES) break;
      page = await pageOf(url, signal).catch(() => null);
      if (!page) console.error("not all of the catalogue was read: its next page failed");
    }
    return entries.filter((entry) => typeof entry?.id === "string");
  }
  throw new CannotBegin(`${plain(base)} shows no catalogue at /models`);
}

/** One page: its list, and where it says that the next one is; null where it is no page. */
async function pageOf(url, signal) {
  const key = process.env.GATEWAY_API_KEY;
  const headers = key && key !== "none" ? { authorization: `Bearer ${key}` } : {};
  const response = await fetch(url, { headers, redirect: "manual", signal });
  const body = response.ok ? await response.json().catch(() => null) : null;
  const list = Array.isArray(body) ? body : body?.data;
  if (!Array.isArray(list)) return null;
  const link = body.links?.next;
  const next = (from) => {
    if (typeof link === "string" && link !== "") return URL.canParse(link, from) ? new URL(link, from) : new URL("about:blank");
    if (body.has_more !== true || typeof body.last_id !== "string") return null;
    const after = new URL(from);
    after.searchParams.set("after_id", body.last_id);
    return after;
  };
  return { list, next };
}

const OTHERS = /embed|whisper|tts|dall-e|moderation|rerank|transcribe|realtime|image|sora|davinci|babbage|guard/i;
const billions = (id) => Number(id.match(/(\d+(?:\.\d+)?)b\b/i)?.[1] ?? 0);
const tier = (id) => (billions(id) >= 60 ? "large" : billions(id) >= 20 || billions(id) === 0 ? "mid" : "small");
/** More than one wants to explore at once. */
const MOST = 12;

/** A pool for what a runtime offers: the starter pool that fits it best, else what is there. */
export function propose(base, entries) {
  const ids = new Set(entries.map((entry) => entry.id));
  const local = /^https?:\/\/(127\.|localhost|\[::1\]|10\.|192\.168\.)/.test(base);
  let best = null;
  for (const name of starters().filter((name) => name !== "ollama")) {
    const pool = readFile(name);
    const here = pool.models.filter((model) => ids.has(model.id));
    const ours = new URL(pool.base_url).host === new URL(base).host;
    if (here.length < 2 || (!ours && here.length * 2 < pool.models.length)) continue;
    if (ours || !best || here.length > best.models.length) best = { ...pool, name, models: here };
    if (ours) break;
  }
  // An alias of a proxy is priced by the proxy.
  const bare = entries.every((entry) =>
    Object.keys(entry).every((name) => ["id", "object", "created", "owned_by", "permission", "root", "parent"].includes(name)),
  );
  if (best && (bare || !local || best.name === "openrouter")) {
    const { name, date, source, models } = best;
    const has = (id, spare) => (ids.has(id) ? id : spare);
    const baseline = models.some((model) => model.id === best.baseline) ? best.baseline : models.at(-1).id;
    return { date, source, starter: name, baseline, classifier: has(best.classifier, "none"), judge: has(best.judge, "none"), models };
  }
  const context = (entry) => entry.context_window ?? entry.context_length ?? entry.max_model_len ?? entry.max_input_tokens ?? entry.meta?.n_ctx;
  const free = bare && local && entries.some((entry) => entry.owned_by === "library");
  const models = entries
    .filter((entry) => !OTHERS.test(entry.id) && (entry.mode ?? "chat") === "chat")
    .sort((a, b) => billions(a.id) - billions(b.id))
    .slice(-MOST)
    .map((entry) => ({
      id: entry.id,
      tier: tier(entry.id),
      ...(context(entry) > 0 && { context: context(entry) }),
      ...(free ? { in_price: 0, out_price: 0 } : { price_from: "catalogue" }),
    }));
  if (models.length === 0) throw new CannotBegin("the runtime offers no chat model");
  const source = free ? "models on one's own machine have no price a token: 0" : "the runtime's own catalogue";
  return { source, baseline: models.at(-1).id, classifier: "none", judge: "none", models };
}

/** One line for each thing that is missing, with what to type. */
function missing(models) {
  const unknown = models.filter((model) => model.enabled !== false && (model.in_price === null || model.out_price === null));
  return unknown.map((model) => `no price is known of ${plain(model.id)}: node scripts/pool.mjs price '${plain(model.id)}' IN OUT`);
}

async function apply(ask, file, options) {
  const before = await ask("GET", "/v1/pool");
  if (options.first && before.version > 0) return before;
  const { lines, gone } = compare(before.models, file.models);
  if (!options.json && !options.quiet) console.log(lines.join("\n") || dim("nothing differs"));
  if (gone.length > 0 && !(await agreed(`${gone.length} models are taken out of the pool (what was learned of them is kept). Go on?`, options))) return null;
  let after = await ask("PUT", "/v1/pool", { models: file.models }, { "if-match": String(before.version) });
  const runtimes = new Set(after.models.filter((model) => model.price_from === "catalogue").map((model) => model.runtime));
  for (const runtime of runtimes) {
    // Only prices: a model that the catalogue lacks is told, and taken off by `import` only.
    const would = await ask("POST", "/v1/pool/import", { runtime });
    const prices = new Map(would.repriced.map(({ id, to }) => [id, to]));
    if (prices.size === 0) continue;
    const models = after.models.map((model) => {
      const to = prices.get(model.id);
      return to ? { ...model, in_price: to[0], out_price: to[1], cached_in_price: to[2] } : model;
    });
    after = await ask("PUT", "/v1/pool", { models }, { "if-match": String(after.version) });
  }
  return after;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: "string", default: "http://127.0.0.1:8787" },
      key: { type: "string" },
      runtime: { type: "string" },
      all: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
      first: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [command, ...rest] = positionals;
  if (values.help || !command) return console.log(HELP);
  const ask = deployment(values);
  const show = (answer, text) => console.log(values.json ? JSON.stringify(answer, null, 2) : text);
  const told = (pool) => [shown(pool.models), ...missing(pool.models).map((line) => yellow(line)), dim(`version ${pool.version}`)].join("\n");
  const one = () => {
    if (rest.length !== 1) throw new CannotBegin(`${command} takes one FILE (--help tells more)`);
    return readFile(rest[0]);
  };
  if (command === "list") {
    const pool = await ask("GET", "/v1/pool");
    return show(pool, told(pool));
  }
  if (command === "diff") {
    const file = one();
    const pool = await ask("GET", "/v1/pool");
    const { lines } = compare(pool.models, file.models);
    return show(lines, lines.join("\n") || dim("nothing differs"));
  }
  if (command === "apply") {
    const after = await apply(ask, one(), values);
    if (!after) return void (process.exitCode = 1);
    if (values.quiet) return missing(after.models).forEach((line) => console.log(line));
    return show(after, told(after));
  }
  if (command === "import") {
    const from = { ...(values.runtime && { runtime: values.runtime }) };
    const would = await ask("POST", "/v1/pool/import", { ...from, ...(rest.length > 0 && { ids: rest }) });
    const ids = values.all ? would.offered.map(({ id }) => id) : rest;
    const change = values.all ? await ask("POST", "/v1/pool/import", { ...from, ids }) : would;
    const lines = [
      ...change.added.map((model) => green(`+ ${plain(model.id)}  $${price(model.in_price)} in, $${price(model.out_price)} out`)),
      ...change.repriced.map(({ id, from, to }) => yellow(`~ ${plain(id)}  ${from.map(price).join("/")} -> ${to.map(price).join("/")}`)),
      ...change.filled.map(({ id, fields }) =>
        green(
          `+ ${plain(id)}  ${Object.entries(fields)
            .map(([name, value]) => `${name} ${plain(JSON.stringify(value))}`)
            .join(", ")}`,
        ),
      ),
      ...change.asked_again.map((id) => green(`~ ${plain(id)}  is listed: it is asked again`)),
      ...(change.incomplete ? [yellow(`not all of the catalogue was read: ${plain(change.incomplete)}`)] : []),
      ...change.gone.map((id) => red(`- ${plain(id)}  is no longer offered: it is taken off, what was learned stays`)),
    ];
    if (!values.json) console.log(lines.join("\n") || dim(`nothing to change; ${would.offered.length} models are offered`));
    if (values["dry-run"] || lines.length === 0) return values.json ? show(change) : undefined;
    if (change.gone.length > 0 && !(await agreed(`${change.gone.length} models are taken off. Go on?`, values))) return void (process.exitCode = 1);
    const done = await ask("POST", "/v1/pool/import", { ...from, ...(ids.length > 0 && { ids }), apply: true }, { "if-match": String(change.version) });
    const pool = await ask("GET", "/v1/pool");
    return show(done, told(pool));
  }
  if (command === "price") {
    const [id, input, output] = rest;
    if (rest.length !== 3 || ![input, output].every((text) => Number(text) >= 0)) throw new CannotBegin("price takes an ID and two prices, USD per 1M tokens");
    const pool = await ask("GET", "/v1/pool");
    const model = pool.models.find((model) => model.id === id);
    if (!model) throw new CannotBegin(`there is no model ${plain(id)} in the pool`);
    const changed = { ...model, in_price: Number(input), out_price: Number(output), price_from: "operator" };
    const after = await ask("PUT", `/v1/pool/${encodeURIComponent(id)}`, changed, { "if-match": String(pool.version) });
    return show(after, told(after));
  }
  if (command === "propose") {
    if (rest.length !== 1) throw new CannotBegin("propose takes the base URL of a runtime");
    return console.log(JSON.stringify(propose(rest[0], await offered(rest[0])), null, 2));
  }
  throw new CannotBegin(`there is no command '${plain(command)}' (--help lists them)`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = error instanceof CannotBegin || error.code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
  }
}
