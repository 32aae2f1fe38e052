// What the end-to-end tests stand on: a simulated runtime and a real worker in workerd, each on a
// free port with its own state and settings, and small clients that show what came over the wire.
//
//   const server = await start({ settings: { EPSILON: 0 } });
//   after(() => server.stop());
//   const answer = await chat(server, { messages: [{ role: "user", content: "Calculate 2 + 2" }] });

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { eventsOf } from "../../scripts/lib/sse.mjs";
import { dialectOf } from "../../scripts/sim/dialects/index.mjs";
import { described } from "./described.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

/** A key that is exempt from limits, where `settings` names no other. */
export const adminKey = "operator-key-of-the-tests";

// Last resort: a test run that crashes takes its processes with it.
const groups = new Set();
process.on("exit", () => groups.forEach(killGroup));

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
  groups.delete(pid);
}

// A child in a process group of its own, so that workerd goes when it goes. `address` settles with
// the one that it says on stdout it listens on, or fails with what it said on stderr.
function launch(args, input) {
  const child = spawn(process.execPath, args, { cwd: root, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  groups.add(child.pid);
  let said = "";
  let panic = null;
  child.stderr.setEncoding("utf8").on("data", (text) => {
    // The last of it is enough to tell why.
    said = (said + text).slice(-1_000_000);
    panic ??= said.match(/Rust panic: [^\n]*\n[^\n]*/)?.[0] ?? null;
  });
  // A child that died early is told by `address`.
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.write(`${JSON.stringify(input)}\n`);
  const address = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = line.match(/listening on (http:\S+)/)?.[1];
      if (url) resolve(url);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`${args.join(" ")} ended with ${signal ?? code}:\n${said}`)));
  });
  address.catch(() => killGroup(child.pid));
  return { child, address, said: () => said, panic: () => panic };
}

/** Resident bytes of a process group. */
function resident(group) {
  let bytes = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // After the name, which may hold anything: state, parent, group.
      const [, , pgrp] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(pgrp) !== group) continue;
      bytes += Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+) kB/)?.[1] ?? 0) * 1024;
    } catch {
      // It has ended.
    }
  }
  return bytes;
}

async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/**
 * Starts a simulated runtime that speaks a dialect; `base` is what a base URL is set to.
 *
 * `control(method, path, body)` speaks with its control surface: `control("POST", "/__sim/faults", …)`.
 */
export async function startSim({ dialect = "btl" } = {}) {
  const leash = new URL("leash.mjs", import.meta.url).href;
  const { child, address, said } = launch(["--import", leash, join(root, "scripts/sim/main.mjs"), "--port", "0", "--dialect", dialect]);
  const url = await address;
  return {
    url,
    base: `${url}${dialectOf(dialect).base}`,
    log: said,
    async control(method, path, body) {
      const response = await fetch(url + path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === "" ? null : JSON.parse(text);
    },
    async stop() {
      killGroup(child.pid);
      await ended(child);
    },
  };
}

/**
 * Starts a worker, and a simulated runtime behind it.
 *
 * - `settings`: settings of the worker by name; a value of undefined takes a default of this harness away
 * - `assets`: "none" serves as where the web app has not been built
 * - `persistTo`: a folder for the state, kept by `stop`; otherwise a new one that `stop` removes
 * - `entry`: a module of this folder that stands around the worker
 * - `sim`: one from `startSim` to be shared (and stopped by the caller), or false for none
 *
 * The answer has `url`, `sim`, `adminKey`, `persistTo`, and
 * - `kill()`: the process dies at once, as after kill -9
 * - `restart(settings)`: dies and comes back on the same port with the same state
 * - `memory()`: bytes that its processes hold, on Linux
 * - `log()`: what the worker wrote since it was last started
 * - `stop()`: ends everything that was started
 */
export async function start({ settings = {}, persistTo, sim, assets, entry } = {}) {
  const ownState = persistTo === undefined;
  const state = persistTo ?? (await mkdtemp(join(tmpdir(), "arbiter-e2e-")));
  const ownSim = sim === undefined;
  const runtime = ownSim ? await startSim() : sim || null;

  let current = settings;
  let worker = null;
  let url = null;

  async function launchWorker() {
    const all = {
      ARBITER_API_KEYS: adminKey,
      ...(runtime && { GATEWAY_API_KEY: "key-of-the-runtime", BTL_BASE_URL: runtime.base ?? `${runtime.url}/v1` }),
      ...current,
    };
    const strings = Object.fromEntries(
      Object.entries(all)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)]),
    );
    const port = url === null ? 0 : Number(new URL(url).port);
    worker = launch([join(here, "worker.mjs")], { persistTo: state, settings: strings, port, assets, entry });
    url = await worker.address;
  }

  // A panic takes every request of its isolate along, and the test that met it may not notice.
  let panic = null;
  async function kill() {
    if (!worker) return;
    const { child } = worker;
    killGroup(child.pid);
    await ended(child);
    panic ??= worker.panic();
  }

  const server = {
    get url() {
      return url;
    },
    sim: runtime,
    adminKey: settings.ARBITER_API_KEYS?.split(",")[0] ?? adminKey,
    persistTo: state,
    log: () => worker?.said() ?? "",
    memory: () => resident(worker.child.pid),
    kill,
    async restart(changed = {}) {
      await kill();
      current = { ...current, ...changed };
      await launchWorker();
    },
    async stop() {
      await kill();
      if (ownSim) await runtime?.stop();
      if (ownState) await rm(state, { recursive: true, force: true, maxRetries: 3 });
      if (panic) throw new Error(`the worker panicked: ${panic}`);
    },
  };

  try {
    await launchWorker();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** The worker in front of a runtime of the test's own, a `node:http` server; `stop` ends both. */
export async function startBefore(runtime, settings = {}) {
  runtime.listen(0, "127.0.0.1");
  await once(runtime, "listening");
  const server = await start({ settings, sim: { url: `http://127.0.0.1:${runtime.address().port}` } });
  const end = server.stop;
  server.stop = async () => {
    await end.call(server);
    runtime.closeAllConnections();
    runtime.close();
  };
  return server;
}

/**
 * One request, read to its end: `{status, headers, text, body, ms}`; `body` is the parsed JSON, or
 * undefined where the answer is something else. `json` is sent as the body; for a raw one give `body`. Throws where
 * the answer is not what the API is described to give.
 */
export async function call(server, method, path, { key, json, headers = {}, body, signal } = {}) {
  const from = performance.now();
  const response = await fetch(server.url + path, {
    method,
    signal,
    redirect: "manual",
    headers: {
      ...(key && { authorization: `Bearer ${key}` }),
      ...(json !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    body: json !== undefined ? JSON.stringify(json) : body,
  });
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, text, body: parsed(text), ms: performance.now() - from };
  return described(method, path, answer, json);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Registers an address and returns its key. */
export async function register(server, email = `${crypto.randomUUID()}@example.com`) {
  const answer = await call(server, "POST", "/v1/register", { json: { email } });
  if (answer.status !== 200) throw new Error(`register: ${answer.status} ${answer.text}`);
  return answer.body.api_key;
}

/** A chat request with the operator key, unless `options.key` names another. */
export function chat(server, request, options = {}) {
  return call(server, "POST", "/v1/chat/completions", { key: server.adminKey, json: request, ...options });
}

/**
 * A streamed chat request, read raw. Answers `{status, headers, chunks, text, events, endedAt, cut}`:
 * every chunk as it arrived with its time (`at`, ms since the request was sent), the events parsed
 * from them, and in `cut` the error of a stream that broke off. `until(text)` may end the reading
 * early, as a client that goes away does.
 */
export async function sse(server, request, { key = server.adminKey, headers = {}, signal, until } = {}) {
  const from = performance.now();
  const leaving = new AbortController();
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ stream: true, ...request }),
    signal: signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal,
  });
  const headersAt = performance.now() - from;
  const decoder = new TextDecoder();
  const chunks = [];
  let text = "";
  let cut = null;
  try {
    for await (const bytes of response.body) {
      const piece = decoder.decode(bytes, { stream: true });
      chunks.push({ at: performance.now() - from, text: piece });
      text += piece;
      if (until?.(text)) break;
    }
  } catch (error) {
    cut = error;
  }
  leaving.abort();
  return {
    status: response.status,
    headers: response.headers,
    headersAt,
    chunks,
    text,
    events: events(text),
    body: parsed(text),
    endedAt: performance.now() - from,
    cut,
  };
}

/** The events of an event stream: `{event, data, json}`, comments left out. */
export const events = (text) => eventsOf(text).map(({ event, data }) => ({ event, data, json: parsed(data) }));

/** Waits until `condition()` gives something truthy, and returns it; for what settles after the answer. */
export async function eventually(condition, { within = 30_000, what = "the condition" } = {}) {
  const from = performance.now();
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() - from > within) throw new Error(`${what} did not come true within ${within} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
