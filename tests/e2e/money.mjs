// What each request was set aside, what it was settled at, and what the runtime charged for it.

import { call, eventually } from "./harness.mjs";

const REF = /ref-\d{4}/;
/** A request that says which one it is: upstream, to classifier and judge too, and in its decision. */
export function marked({ messages, ...request }, n) {
  const ref = `ref-${String(n).padStart(4, "0")}`;
  const [{ role, content }, ...rest] = messages;
  return { json: { ...request, messages: [{ role, content: `${content} (${ref})` }, ...rest] }, headers: { "x-arbiter-tags": `ref=${ref}` } };
}

/** What the runtime charged for requests that do not say which one they are, USD. */
export async function unmarked(sim) {
  const { requests } = await sim.control("GET", "/__sim/requests?limit=10000");
  return requests.filter(({ raw }) => !REF.test(raw ?? "")).reduce((sum, { charged_pico: pico }) => sum + pico, 0) / 1e12;
}

/**
 * All settled requests, USD: `{key, stream, outcome, settled, setAside, charged, judged}`; `charged` is the
 * simulated runtime's own ledger, `judged` the judge's part of that.
 */
export async function ledger(server, sim) {
  const lines = () =>
    server
      .log()
      .split("\n")
      .flatMap((line) => (line.includes('"set_aside"') ? [JSON.parse(line.slice(line.indexOf("{")))] : []));
  const rows = await eventually(
    async () => {
      const { text } = await call(server, "GET", `/v1/export?from=0&to=${Date.now() / 1_000 + 10}&format=ndjson`, { key: server.adminKey });
      const rows = text.split("\n").filter(Boolean).map(JSON.parse);
      return rows.length >= lines().length && rows;
    },
    { within: 60_000, what: "the decisions" },
  );
  const refs = new Map(rows.map(({ id, tags }) => [id, tags?.ref]));
  const { requests } = await sim.control("GET", "/__sim/requests?limit=10000");
  const charged = new Map();
  for (const { raw, role, charged_pico: pico } of requests) {
    const ref = raw?.match(REF)?.[0];
    if (!ref) continue;
    const sum = charged.get(ref) ?? { all: 0, judge: 0 };
    sum.all += pico;
    if (role === "judge") sum.judge += pico;
    charged.set(ref, sum);
  }
  return lines().map(({ id, key, stream, outcome, spend, overhead, set_aside: setAside }) => {
    const { all = 0, judge = 0 } = charged.get(refs.get(id)) ?? {};
    return { ref: refs.get(id), key, stream, outcome, settled: spend + overhead, setAside, charged: all / 1e12, judged: judge / 1e12 };
  });
}

const sum = (list) => list.reduce((total, one) => total + Math.max(0, one), 0);

/** What single calls cost over what was set aside for them, USD, and what was charged that nobody had said when they were settled. */
export const over = (list) => sum(list.map(({ settled, setAside }) => settled - setAside));
export const unsaid = (list) => sum(list.map(({ charged, settled }) => charged - settled));
/** Grades that came after their requests were settled, at the most. */
export const late = (list) => sum(list.map(({ judged }) => judged));
export const charged = (list) => sum(list.map(({ charged }) => charged));
