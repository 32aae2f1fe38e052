// The runtime's own surface, in its dialect: chat, the catalogue, and what else it serves.

import { gzipSync } from "node:zlib";
import { answerHeaders, completion, compose, events, streamTells } from "./compose.mjs";
import { Delivery, frames, weigh } from "./deliver.mjs";
import { refuse, refuseUnknown } from "./dialects/refuse.mjs";
import { pickFaults } from "./faults.mjs";
import { roleByForm } from "./helpers.mjs";
import { faultsOf, scenarioOf } from "./scenario.mjs";
import { taskOf } from "./task.mjs";
import { messageText, promptTokens } from "./tokens.mjs";
import { checkBody, checkKey, keyOf } from "./validate.mjs";

const JSON_TYPE = { "content-type": "application/json" };
const HTML = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";

/** Answers one request to the runtime. `entry` is its record. */
export async function serve(state, req, res, entry) {
  const { dialect, settings } = state;
  const delivery = (faults) => new Delivery(res, entry, faults, settings.time_scale);
  const chatPaths = (dialect.bases ?? [dialect.base]).map((base) => `${base}/chat/completions`);
  entry.key = keyOf(req.headers);
  const isChat = chatPaths.includes(entry.path);
  const listed = dialect.routes[`${req.method} ${entry.path}`];
  const refused = checkKey(entry.key, settings.key, dialect.needsKey);
  if (refused) return refuseWith(delivery(new Map()), dialect, refused);
  if (listed) return catalogue(state, entry, delivery, listed);
  if (isChat && req.method === "POST") return chat(state, entry, delivery);
  const known = isChat || Object.keys(dialect.routes).some((route) => route.endsWith(` ${entry.path}`));
  return refuseWith(delivery(new Map()), dialect, [known ? "no_method" : "no_route", { method: req.method, path: entry.path }]);
}

async function refuseWith(out, dialect, [kind, about]) {
  const { status, headers, body } = refuse(dialect, kind, about);
  await plain(out, status, headers, body);
}

async function catalogue(state, entry, delivery, listed) {
  entry.role = "models";
  const request = { role: "models", stream: false, text: entry.query };
  const faults = pickFaults(state.faults, request, state.draw("models", "faults"));
  const out = delivery(faults);
  if (await failed(state, out, faults, 2, "")) return;
  const all = listed(state.models);
  const size = state.settings.catalogue_page;
  await plain(out, 200, {}, size > 0 && state.dialect.page ? state.dialect.page(all, entry, size) : all);
}

async function chat(state, entry, delivery) {
  const { dialect } = state;
  let body;
  try {
    body = JSON.parse(entry.text);
  } catch {
    return refuseWith(delivery(new Map()), dialect, ["invalid", { message: "The body of the request is not JSON." }]);
  }
  const no = checkBody(body, state);
  if (typeof body?.model === "string") entry.model = body.model;
  if (no?.[0] === "unknown") return unknown(state, entry, delivery, body);
  if (no) return refuseWith(delivery(new Map()), dialect, no);

  const request = understand(state, body, entry.key);
  Object.assign(entry, { role: request.role, task: request.task, stream: request.stream });
  const faults = pickFaults(state.faults, request, request.rng);
  for (const [kind, fault] of faultsOf(request.scenario, request.stream)) if (!faults.has(kind)) faults.set(kind, fault);
  if (faults.size) entry.faults = [...faults.keys()];
  const out = delivery(faults);
  if (await failed(state, out, faults, request.entry.first_ms, body.model)) return;
  state.calls += 1;
  const reply = compose(state, body, request, faults);
  if (request.stream) await sendStream(state, out, reply, body, request);
  else await sendWhole(state, out, reply, request);
}

/** A model that this runtime does not have: said in its own way, or as the control wants it. */
async function unknown(state, entry, delivery, body) {
  const { dialect, settings } = state;
  const messages = Array.isArray(body.messages) ? body.messages : [];
  entry.stream = body.stream === true;
  const model = body.model.slice(0, 100);
  const { status, headers, body: said } = refuseUnknown(dialect, settings.unknown, model, promptTokens({ ...body, messages }));
  const out = delivery(new Map());
  if (settings.unknown === "200") return sayInTwoHundred(out, entry.stream, said);
  if (settings.unknown !== "choice") return plain(out, status, headers, said);
  const error = said.error ?? said;
  const common = { id: "gen-unknown", created: Math.floor(Date.now() / 1000), model };
  const choice = { index: 0, finish_reason: "error", error };
  return entry.stream
    ? sayInTwoHundred(out, true, { ...common, object: "chat.completion.chunk", choices: [{ ...choice, delta: { role: "assistant", content: "" } }] })
    : plain(out, 200, {}, { ...common, object: "chat.completion", choices: [{ ...choice, message: { role: "assistant", content: "" } }] });
}

const sayInTwoHundred = (out, stream, value) =>
  stream
    ? sendText(out, 200, { "content-type": "text/event-stream; charset=utf-8" }, `data: ${JSON.stringify(value)}\n\ndata: [DONE]\n\n`)
    : plain(out, 200, {}, value);

/** What the simulator makes of a request that is in order. */
function understand(state, body, key) {
  const text = body.messages.map(messageText).join("\n");
  const role = state.role(body.model) === "chat" ? (roleByForm(body) ?? "chat") : state.role(body.model);
  return {
    model: body.model,
    dialect: state.dialect,
    key: key ?? "none",
    entry: state.models.get(body.model),
    role,
    text,
    rng: state.draw(body.model, seed(text, body.messages)),
    task: taskOf(body),
    stream: body.stream === true,
    scenario: scenarioOf(body, state.scenarios),
  };
}

// Two turns of an agent may differ in nothing but the calls.
const seed = (text, messages) => {
  const calls = messages.filter((message) => message?.tool_calls).length;
  return calls ? `${text}|${calls}` : text;
};

async function failed(state, out, faults, firstMs, model) {
  if (faults.has("reset")) {
    out.reset();
    return true;
  }
  if (!(await out.beforeHead(firstMs))) return true;
  if (faults.has("refuse")) await refuseWith(out, state.dialect, [faults.get("refuse").as, about(model)]);
  else if (faults.has("status")) {
    const { code = 500, body, headers } = faults.get("status");
    const said = body ?? {
      error: { message: `Simulated failure (${code}).`, type: code === 429 ? "rate_limit_error" : "server_error", param: null, code: null },
    };
    await plain(out, code, headers ?? {}, said);
  } else if (faults.has("html")) await sendText(out, 200, { "content-type": "text/html" }, HTML);
  else if (faults.has("empty")) await sendText(out, 200, JSON_TYPE, "");
  else if (faults.has("array")) await plain(out, 200, {}, []);
  else if (faults.has("json")) await plain(out, 200, {}, faults.get("json").body ?? null);
  else if (faults.has("error_200")) {
    const error = faults.get("error_200").error ?? { message: "Upstream overloaded", type: "server_error", code: "overloaded" };
    await plain(out, 200, {}, { error });
  } else return false;
  return true;
}

// What a refusal without a reason of its own may name.
const about = (model) => ({ model, context: 8_192, used: 9_000, asked: 0, endpoints: [], name: "field", path: "/", method: "GET", format: "json_schema" });

const plain = (out, status, headers, value) => sendText(out, status, { ...JSON_TYPE, ...headers }, typeof value === "string" ? value : JSON.stringify(value));

async function sendText(out, status, headers, text) {
  const buffer = Buffer.from(text);
  if (!(await out.head(status, { ...headers, "content-length": buffer.length }))) return;
  if (buffer.length && !(await out.write(buffer))) return;
  await out.end();
}

async function sendWhole(state, out, reply, { entry, model, role, key }) {
  const { faults } = out;
  if (!(await out.sleep((reply.outTokens / entry.tps) * 1000 * state.settings.time_scale))) return;
  let buffer = Buffer.from((reply.dialect.padding ?? "") + JSON.stringify(completion(reply, faults)));
  if (faults.has("truncated")) buffer = buffer.subarray(0, buffer.length >> 1);
  const headers = { ...JSON_TYPE, ...answerHeaders(reply, faults, { stream: false }) };
  if (faults.has("gzip")) {
    buffer = gzipSync(buffer);
    headers["content-encoding"] = "gzip";
  }
  // A body that may be padded or ends early has no length that could be told.
  if (!faults.has("drip") && !faults.has("end_mid")) headers["content-length"] = buffer.length;
  const call = { model, role, key, pico: reply.pico };
  charged(out.entry, reply.pico);
  state.book({ ...call, usage: reply.tokens, told: false, stream: false });
  const lies = ["cost_missing", "cost_header", "truncated", "usage_missing", "usage_wrong"].some(
    (kind) => faults.has(kind) && !(kind.startsWith("usage") && reply.dialect.charge === "header"),
  );
  if (!(await out.head(200, headers)) || !(await out.drip([" "]))) return;
  await out.body([{ data: buffer, weight: 1 }], () => 0, { bytes: buffer.length >> 1 });
  if (out.open) await out.end();
  if (reply.cost !== null && !lies && out.entry.ended === "finished") state.tell(call);
}

async function sendStream(state, out, reply, body, { entry, model, role, key }) {
  const { faults } = out;
  const { dialect } = reply;
  const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };
  const told = state.settings.stream_headers || faults.has("cost_on_stream");
  Object.assign(headers, answerHeaders(reply, faults, { stream: true, told }));
  if (faults.has("gzip")) headers["content-encoding"] = "gzip";
  const chunks = frames(events(reply, body, faults), faults);
  const opening = (dialect.opening?.(false) ?? []).map((text) => ({ data: Buffer.from(text), weight: 0 }));
  if (!faults.has("gzip")) chunks.unshift(...opening);
  const total = weigh(chunks);
  const perWeight = total ? ((reply.outTokens / entry.tps) * 1000) / total : 0;
  let sent = 0;
  if ((await out.head(200, headers)) && (await out.drip([":", " ", "w", "a", "i", "t", "\n"]))) {
    sent = await out.body(chunks, (weight) => weight * perWeight, { chunks: 3 });
    if (out.open) await out.end();
  }
  const finished = out.entry.ended === "finished";
  const { pico, tokens } = finished && sent >= total ? { pico: reply.pico, tokens: reply.tokens } : reply.partial(total ? sent / total : 0);
  charged(out.entry, pico);
  const inHeader = told && dialect.name === "btl" && !faults.has("cost_missing") && !faults.has("cost_header");
  const inUsage = streamTells(reply, body) && !faults.has("usage_wrong");
  state.book({ model, role, key, pico, usage: tokens, told: finished && (inHeader || inUsage), stream: true });
}

function charged(entry, pico) {
  entry.charged_pico = pico;
  entry.charged_micro = pico / 1e6;
}
