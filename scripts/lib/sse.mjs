// The events of an event stream, as the standard has them: a last one without an empty line after it is none.

import { createParser } from 'eventsource-parser';

/** Those of a whole text: `{event, data}` each; an event without a name is called `message`. */
export function eventsOf(text) {
  const found = [];
  createParser({ onEvent: ({ event = 'message', data }) => found.push({ event, data }) }).feed(text);
  return found;
}

/** The same of a body, as its bytes arrive. */
export async function* eventsIn(body) {
  const found = [];
  const parser = createParser({ onEvent: ({ event = 'message', data }) => found.push({ event, data }) });
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* found.splice(0);
  }
}
