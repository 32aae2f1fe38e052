// A tiny stand-in for Arbiter that speaks its contract, for the bench to run
// against: the plain rule over an in-memory policy, in front of the simulator.

import { createServer } from "node:http";
import { taskOf } from "../../scripts/sim/task.mjs";
import { exchange } from "./client.mjs";

const POOL = ["gpt-4o-mini", "gpt-4.1-mini", "gpt-4o"];
const TASKS = ["code", "math", "structured", "factual", "open"];

export async function startArbiter(sim, { fail = () => null, lose = 0, limit = null } = {}) {
  const seen = { bodies: [], resets: 0, registered: 0 };
  let rows;
  let totals;
  const clear = () => {
    rows = Object.fromEntries(TASKS.map((task) => [task, POOL.map((model) => ({ model, n: 0, quality: null, avg_cost: null }))]));
    totals = { calls: 0, micro: 0 };
  };
  clear();

  const choose = (task) => {
    const least = Math.min(...rows[task].map((row) => row.n));
    if (least < 2) return [rows[task].find((row) => row.n === least), "explore"];
    const best = Math.max(...rows[task].map((row) => row.quality));
    const good = rows[task].filter((row) => row.quality >= best - 0.05);
    return [good.sort((a, b) => a.avg_cost - b.avg_cost)[0], "exploit"];
  };
  const learn = (row, quality, cost) => {
    row.quality = ((row.quality ?? 0) * row.n + quality) / (row.n + 1);
    row.avg_cost = ((row.avg_cost ?? 0) * row.n + cost) / (row.n + 1);
    row.n += 1;
    if (totals.calls + lose < seen.bodies.length) totals.calls += 1;
    totals.micro += Math.round(cost * 1e6);
  };

  async function chat(body, res) {
    seen.bodies.push(body);
    const refused = fail(seen.bodies.length, body);
    if (refused === "cut") return res.writeHead(200, { "content-type": "text/event-stream" }).end('data: {"choices":[]}\n\n');
    if (refused) return send(res, refused, { error: { message: "no luck", code: null, param: null, type: "x" }, detail: {} });
    const task = taskOf(body);
    const [row, mode] = choose(task);
    const { text, headers } = await exchange(sim.url, { body: { ...body, stream: false, model: row.model } });
    const answer = JSON.parse(text);
    const cost = Number(headers["x-btl-customer-charge"]);
    learn(row, { "gpt-4o-mini": 0.7, "gpt-4.1-mini": 0.97, "gpt-4o": 1 }[row.model], cost);
    const arbiter = { task, mode, classified_by: "rules", quality: 1, cost, model: row.model };
    if (!body.stream) return send(res, 200, { ...answer, arbiter });
    res.writeHead(200, { "content-type": "text/event-stream", "x-arbiter-model": row.model });
    const { content } = answer.choices[0].message;
    res.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\r\n\r\n`);
    res.end(`data: [DONE]\n\nevent: arbiter\ndata: ${JSON.stringify({ choices: [], ...arbiter })}\n\n`);
  }

  const send = (res, status, value) => res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  const routes = {
    "GET /health": () => ({ status: "ok" }),
    "GET /v1/policy": () => rows,
    "GET /v1/report": () => ({ calls: totals.calls, actual_spend: totals.micro / 1e6, baseline_spend: 1, saved: 1 - totals.micro / 1e6, saved_pct: 61.3 }),
    "GET /v1/key": () =>
      limit === null
        ? { status: "operator", limit_6h: null, limit_week: null }
        : { status: "active", used_6h: 0, limit_6h: limit, used_week: 0, limit_week: 600 },
    "POST /v1/register": () => ((seen.registered += 1), { api_key: "arb_new" }),
    "POST /v1/reset": () => ((seen.resets += 1), clear(), { status: "reset" }),
  };
  const server = createServer(async (req, res) => {
    let text = "";
    for await (const part of req) text += part;
    const route = `${req.method} ${req.url}`;
    if (route === "POST /v1/chat/completions") return chat(JSON.parse(text), res);
    return send(res, 200, routes[route]());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}
