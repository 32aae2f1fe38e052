// A plain HTTP client for these tests: it sees bytes, raw headers and resets.

import { request } from 'node:http';
import { eventsOf as parsed } from '../../scripts/lib/sse.mjs';

export function chatBody(model, content, more = {}) {
  return { model, messages: [{ role: 'user', content }], ...more };
}

/** One exchange: `{status, headers, rawHeaders, bytes, text, failed}`; `failed` is a connection error's code. */
export function exchange(url, { method = 'POST', path = '/v1/chat/completions', body, headers = {}, stopAfter, giveUpAfter } = {}) {
  return new Promise((resolve) => {
    const seen = { status: null, headers: {}, rawHeaders: [], pieces: [], failed: null };
    const done = () => {
      const bytes = Buffer.concat(seen.pieces);
      resolve({ ...seen, bytes, text: bytes.toString('utf8') });
    };
    const req = request(new URL(path, url), {
      method,
      agent: false,
      headers: { authorization: 'Bearer test', 'content-type': 'application/json', ...headers },
    });
    req.on('error', (error) => {
      seen.failed = error.code;
      done();
    });
    req.on('response', (res) => {
      Object.assign(seen, { status: res.statusCode, headers: res.headers, rawHeaders: res.rawHeaders });
      res.on('data', (data) => {
        seen.pieces.push(data);
        if (stopAfter !== undefined && seen.pieces.length >= stopAfter) req.destroy();
      });
      res.on('error', (error) => (seen.failed = error.code));
      res.on('close', done);
    });
    if (giveUpAfter) setTimeout(() => req.destroy(), giveUpAfter).unref();
    req.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

export async function chat(url, model, content, more = {}) {
  const answer = await exchange(url, { body: chatBody(model, content, more) });
  return { ...answer, json: JSON.parse(answer.text) };
}

/** The `data` of each event of a stream, parsed where it is JSON. */
export const eventsOf = (text) => parsed(text).map(({ data }) => (data.startsWith('{') ? JSON.parse(data) : data));

export const contentOf = (events) => events.map((event) => event.choices?.[0]?.delta?.content ?? '').join('');
