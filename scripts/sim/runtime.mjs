// The runtime's own surface: /v1/chat/completions and /v1/models.

import { gzipSync } from 'node:zlib';
import { listing } from './catalogue.mjs';
import { completion, compose, costHeaders, events } from './compose.mjs';
import { Delivery, frames, weigh } from './deliver.mjs';
import { pickFaults } from './faults.mjs';
import { taskOf } from './task.mjs';
import { messageText } from './tokens.mjs';
import { checkBody, checkKey, refusal } from './validate.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const HTML = '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>';

/** Answers one request under /v1. `entry` is its record. */
export async function serve(state, req, res, entry) {
  const route = `${req.method} ${entry.path}`;
  const delivery = (faults) => new Delivery(res, entry, faults, state.settings.time_scale);
  const refused = checkKey(req.headers, state.settings.key);
  if (refused) return plain(delivery(new Map()), refused.status, {}, refused.body);
  if (route === 'GET /v1/models') return catalogue(state, entry, delivery);
  if (route === 'POST /v1/chat/completions') return chat(state, entry, delivery);
  const known = ['/v1/models', '/v1/chat/completions'].includes(entry.path);
  const no = known
    ? refusal(405, `${req.method} is not served here.`, { code: 'method_not_allowed' })
    : refusal(404, `There is no ${entry.path}.`, { code: 'unknown_url' });
  return plain(delivery(new Map()), no.status, {}, no.body);
}

async function catalogue(state, entry, delivery) {
  entry.role = 'models';
  const request = { role: 'models', stream: false, text: '' };
  const faults = pickFaults(state.faults, request, state.draw('models', 'faults'));
  const out = delivery(faults);
  if (await failed(out, faults, 2)) return;
  await plain(out, 200, {}, listing(state.models));
}

async function chat(state, entry, delivery) {
  let body;
  try {
    body = JSON.parse(entry.text);
  } catch {
    const no = refusal(400, 'The body of the request is not JSON.');
    return plain(delivery(new Map()), no.status, {}, no.body);
  }
  const no = checkBody(body, state.models);
  if (typeof body?.model === 'string') entry.model = body.model;
  if (no) return plain(delivery(new Map()), no.status, {}, no.body);

  const request = understand(state, body);
  Object.assign(entry, { role: request.role, task: request.task, stream: request.stream });
  const faults = pickFaults(state.faults, request, request.rng);
  if (faults.size) entry.faults = [...faults.keys()];
  const out = delivery(faults);
  if (await failed(out, faults, request.entry.first_ms)) return;
  state.calls += 1;
  const reply = compose(state, body, request, faults);
  if (request.stream) await sendStream(state, out, reply, body, request);
  else await sendWhole(state, out, reply, request);
}

/** What the simulator makes of a request that is in order. */
function understand(state, body) {
  const text = body.messages.map(messageText).join('\n');
  const role = state.role(body.model);
  const entry = state.models.get(body.model);
  const rng = state.draw(body.model, text);
  return { model: body.model, entry, role, text, rng, task: taskOf(body), stream: body.stream === true };
}

/** Faults that take the place of an answer. True when one did, or the client has gone. */
async function failed(out, faults, firstMs) {
  if (faults.has('reset')) {
    out.reset();
    return true;
  }
  if (!(await out.beforeHead(firstMs))) return true;
  if (faults.has('status')) {
    const { code = 500, body, headers } = faults.get('status');
    const said = body ?? { error: { message: `Simulated failure (${code}).`, type: code === 429 ? 'rate_limit_error' : 'server_error', param: null, code: null } };
    await plain(out, code, headers ?? {}, said);
  } else if (faults.has('html')) await sendText(out, 200, { 'content-type': 'text/html' }, HTML);
  else if (faults.has('empty')) await sendText(out, 200, JSON_TYPE, '');
  else if (faults.has('array')) await plain(out, 200, {}, []);
  else if (faults.has('json')) await plain(out, 200, {}, faults.get('json').body ?? null);
  else if (faults.has('error_200')) {
    const error = faults.get('error_200').error ?? { message: 'Upstream overloaded', type: 'server_error', code: 'overloaded' };
    await plain(out, 200, {}, { error });
  } else return false;
  return true;
}

const plain = (out, status, headers, value) =>
  sendText(out, status, { ...JSON_TYPE, ...headers }, typeof value === 'string' ? value : JSON.stringify(value));

async function sendText(out, status, headers, text) {
  const buffer = Buffer.from(text);
  if (!(await out.head(status, { ...headers, 'content-length': buffer.length }))) return;
  if (buffer.length && !(await out.write(buffer))) return;
  await out.end();
}

async function sendWhole(state, out, reply, { entry, model }) {
  const { faults } = out;
  if (!(await out.sleep((reply.outTokens / entry.tps) * 1000 * state.settings.time_scale))) return;
  let buffer = Buffer.from(JSON.stringify(completion(reply)));
  if (faults.has('truncated')) buffer = buffer.subarray(0, buffer.length >> 1);
  const headers = { ...JSON_TYPE, ...costHeaders(reply, faults) };
  if (faults.has('gzip')) {
    buffer = gzipSync(buffer);
    headers['content-encoding'] = 'gzip';
  }
  // A body that may be padded or ends early has no length that could be told.
  if (!faults.has('drip') && !faults.has('end_mid')) headers['content-length'] = buffer.length;
  out.entry.charged_micro = reply.micro;
  state.book(model, { micro: reply.micro, told: false, stream: false });
  const honest = !faults.has('cost_missing') && !faults.has('cost_header') && !faults.has('truncated');
  if (!(await out.head(200, headers)) || !(await out.drip([' ']))) return;
  await out.body([{ data: buffer, weight: 1 }], () => 0, { bytes: buffer.length >> 1 });
  if (out.open) await out.end();
  if (honest && out.entry.ended === 'finished') state.tell(model, reply.micro);
}

async function sendStream(state, out, reply, body, { entry, model }) {
  const { faults } = out;
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  const told = state.settings.stream_headers || faults.has('cost_on_stream');
  if (told) Object.assign(headers, costHeaders(reply, faults));
  if (faults.has('gzip')) headers['content-encoding'] = 'gzip';
  const chunks = frames(events(reply, body, faults), faults);
  const total = weigh(chunks);
  const perWeight = total ? ((reply.outTokens / entry.tps) * 1000) / total : 0;
  let sent = 0;
  if ((await out.head(200, headers)) && (await out.drip([':', ' ', 'w', 'a', 'i', 't', '\n']))) {
    sent = await out.body(chunks, (weight) => weight * perWeight, { chunks: 3 });
    if (out.open) await out.end();
  }
  const finished = out.entry.ended === 'finished';
  const micro = finished && sent >= total ? reply.micro : reply.partial(total ? sent / total : 0);
  out.entry.charged_micro = micro;
  const honest = told && finished && !faults.has('cost_missing') && !faults.has('cost_header');
  state.book(model, { micro, told: honest, stream: true });
}
