// The server: reads requests, keeps their record, hands them to the runtime's
// surface or to the control surface.

import { createServer } from "node:http";
import { control } from "./control.mjs";
import { serve } from "./runtime.mjs";
import { State } from "./state.mjs";
import { parseRule } from "./faults.mjs";

const MAX_BODY = 64 * 1024 * 1024;

async function readBody(req) {
  const parts = [];
  let size = 0;
  for await (const part of req) {
    size += part.length;
    if (size > MAX_BODY) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Starts a simulated runtime: `{url, base, port, state, setFaults, stop}`. Port 0 picks a free one. */
export async function startSim({ port = 0, host = "127.0.0.1", seed = 1, dialect = "btl" } = {}) {
  const state = new State(seed, dialect);
  const live = new Map();

  const server = createServer({ keepAliveTimeout: 75_000, headersTimeout: 80_000, requestTimeout: 0, noDelay: true });
  server.on("request", (req, res) => {
    answer(state, live, req, res).catch((error) => {
      // A client that goes away while it is read is no fault of ours.
      if (!res.headersSent && !res.destroyed && error.code !== "ECONNRESET") {
        res.writeHead(500, { "content-type": "application/json" });
        res.end(JSON.stringify({ error: { message: String(error.message), type: "simulator_error", code: null, param: null } }));
        console.error(error);
      } else res.destroy();
    });
  });
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: 2048 }, resolve);
  });
  const bound = server.address().port;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  return {
    url,
    base: `${url}${state.dialect.base}`,
    port: bound,
    state,
    setFaults: (rules) => (state.faults = rules.map(parseRule)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(state, live, req, res) {
  const url = new URL(req.url, "http://sim");
  const text = await readBody(req);
  if (url.pathname.startsWith("/__sim/")) return control(state, live, req, res, url, text);
  const entry = state.record({
    id: state.seen + 1,
    at: Date.now() / 1000,
    method: req.method,
    path: url.pathname,
    query: url.search,
    headers: req.headers,
    raw: text,
    model: null,
    role: null,
    task: null,
    stream: false,
    status: null,
    faults: [],
    sent_bytes: 0,
    charged_pico: 0,
    charged_micro: 0,
    open: true,
    hanging: false,
    ended: null,
    aborted: null,
    took_ms: null,
  });
  // The text is needed while answering only; the record keeps `raw`, bounded.
  Object.defineProperty(entry, "text", { value: text ?? "", enumerable: false, configurable: true, writable: true });
  if (req.socket.destroyed) {
    // The client left while its request was being read: nothing will close any more.
    Object.assign(entry, { open: false, aborted: { after_bytes: 0, after_ms: 0 } });
    return;
  }
  live.set(entry, res);
  res.once("close", () => {
    live.delete(entry);
    entry.text = "";
  });
  if (text === null) {
    res.writeHead(413, { connection: "close" }).end();
    return;
  }
  await serve(state, req, res, entry);
}
