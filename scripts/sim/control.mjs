// The control surface under /__sim: not part of any runtime, only of the simulator.

import { parseRule, showRule } from "./faults.mjs";
import { BadControl } from "./state.mjs";
import { usdOfPico } from "./money.mjs";

const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadControl("body: not JSON");
  }
};

const ROUTES = {
  "GET /__sim/state": ({ state }) => state.view(),
  "POST /__sim/state": ({ state, text }) => {
    state.patch(parse(text));
    return state.view();
  },
  "GET /__sim/faults": ({ state }) => ({ faults: state.faults.map(showRule) }),
  "POST /__sim/faults": ({ state, text }) => {
    const given = parse(text);
    const list = Array.isArray(given) ? given : (given?.faults ?? [given]);
    if (!Array.isArray(list)) throw new BadControl("faults: an array expected");
    state.faults = list.map(parseRule);
    return { faults: state.faults.map(showRule) };
  },
  "DELETE /__sim/faults": ({ state }) => {
    state.faults = [];
    return { faults: [] };
  },
  "GET /__sim/requests": ({ state, live, url }) => requests(state, live, url.searchParams),
  "DELETE /__sim/requests": ({ state }) => {
    state.clearRequests();
    return { count: 0 };
  },
  "GET /__sim/ledger": ({ state }) => state.books(),
  "POST /__sim/reset": ({ state, live }) => {
    for (const [entry, res] of live) if (entry.hanging) res.destroy();
    state.reset();
    return { status: "reset" };
  },
};

/** Answers one control request. */
export function control(state, live, req, res, url, text) {
  const route = ROUTES[`${req.method} ${url.pathname}`];
  const [status, body] = run(route, { state, live, url, text });
  res.writeHead(status, { "content-type": "application/json" });
  res.end(JSON.stringify(body));
}

function run(route, given) {
  if (!route) return [404, { error: `No such control. There are: ${Object.keys(ROUTES).join("; ")}.` }];
  try {
    return [200, route(given)];
  } catch (error) {
    if (error instanceof BadControl) return [422, { error: error.message }];
    throw error;
  }
}

function requests(state, live, query) {
  const wanted = ["model", "role", "path", "task"].filter((name) => query.has(name));
  const since = Number(query.get("since") ?? 0);
  const limit = Number(query.get("limit") ?? 1_000);
  const list = state.requests.filter((entry) => entry.id > since && wanted.every((name) => entry[name] === query.get(name)));
  return { count: state.seen, kept: state.requests.length, open: live.size, matched: list.length, requests: (limit > 0 ? list.slice(-limit) : []).map(show) };
}

/** A record with its body parsed; `raw` keeps the exact bytes for those who count digits. */
function show(entry) {
  let body = null;
  try {
    body = entry.raw ? JSON.parse(entry.raw) : null;
  } catch {
    body = null;
  }
  return { ...entry, charged_usd: usdOfPico(entry.charged_pico), body };
}
