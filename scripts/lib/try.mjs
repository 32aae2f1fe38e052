// Puts Arbiter before the runtime at BEFORE, asks it TRY_CALLS times, and prints what its report says
// beside what the runtime named. For scripts/try-runtimes.sh.

import { createServer, request } from 'node:http';
import { once } from 'node:events';
import { workload } from '../bench/prompts.mjs';
import { generator } from '../sim/random.mjs';
import { eventsOf } from './sse.mjs';
import { adminKey, call, chat, sse, start } from '../../tests/e2e/harness.mjs';

const target = new URL(process.env.BEFORE);
const calls = Number(process.env.TRY_CALLS);

// Between the two, so that what the runtime names is added up where it says it.
let named = 0;
const between = createServer((incoming, outgoing) => {
  const passed = request({ host: target.hostname, port: target.port, path: incoming.url, method: incoming.method, headers: incoming.headers }, (answer) => {
    const streams = answer.headers['content-type']?.includes('event-stream');
    if (!streams) named += Number(answer.headers['x-litellm-response-cost'] ?? 0);
    outgoing.writeHead(answer.statusCode, answer.headers);
    let text = '';
    answer.on('data', (bytes) => {
      if (streams) text += bytes;
      outgoing.write(bytes);
    });
    answer.on('end', () => {
      for (const { data } of eventsOf(text)) if (data.startsWith('{')) named += JSON.parse(data).usage?.cost ?? 0;
      outgoing.end();
    });
  });
  passed.on('error', () => outgoing.destroy());
  incoming.pipe(passed);
}).listen(0, '127.0.0.1');
await once(between, 'listening');

const sim = { url: `http://127.0.0.1:${between.address().port}` };
const server = await start({ sim, settings: { GATEWAY_API_KEY: process.env.TRY_KEY, BASELINE_MODEL: 'gpt-4o', CLASSIFIER_MODEL: 'none', JUDGE_MODEL: 'none' } });
try {
  const { body: offer } = await call(server, 'POST', '/v1/pool/import', { key: adminKey, json: {} });
  const models = offer.offered.map(({ id, in_price, out_price, context }) => ({ id, in_price, out_price, ...(context && { context }), price_from: 'catalogue' }));
  const put = await call(server, 'PUT', '/v1/pool', { key: adminKey, json: { models } });
  if (put.status !== 200) throw new Error(put.text);
  let answered = 0;
  for (const [at, { body }] of workload(calls, generator(7)).entries()) {
    const answer = at % 2 ? await sse(server, body) : await chat(server, body);
    if (answer.status === 200) answered += 1;
  }
  const { body: report } = await call(server, 'GET', '/v1/report');
  const { body: policy } = await call(server, 'GET', '/v1/policy');
  console.log(JSON.stringify({ answered, counted: report.calls, reported: report.actual_spend, named, saved_pct: report.saved_pct, tasks: Object.keys(policy).length }, null, 2));
  if (answered !== calls || report.calls !== calls) process.exitCode = 1;
} finally {
  await server.stop();
  between.closeAllConnections();
  between.close();
}
