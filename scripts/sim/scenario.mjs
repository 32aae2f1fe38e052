// Words in the user's last message that say how the answer shall go: `[[parallel]]`, `[[status=429]]`.
// They pass through any router and any protocol, so that whoever holds only an agent can ask for
// them. `[[NAME=VALUE@TURN*TIMES]]`: only in that turn of the work, only so many times.

import { lastAsked, turnsSince } from "./conversation.mjs";
import { hash } from "./random.mjs";

const WORD = /\[\[([a-z-]+)(?:=(\d{1,5}))?(?:@(\d{1,3}))?(?:\*(\d{1,3}))?\]\]/g;
const KEPT = 10_000;

/** Every word and what it does. */
export const WORDS = {
  parallel: "two calls of tools at once, where an agent looks and checks",
  thinking: "the model thinks aloud before it answers",
  long: "an answer of some thousand words",
  cut: "cut=N: the answer is cut after N tokens (40), as by max_tokens",
  refuse: "a refusal in the place of an answer",
  empty: "an empty answer",
  slow: "slow=N: signs of life for N seconds (2) before the first word",
  status: "status=N: that error (500); 429 with retry-after: 1",
  "error-first": "the first event of the stream is an error",
  "error-mid": "an error in the middle of the stream, then its end",
  "die-mid": "the connection is reset in the middle",
  "hang-mid": "silence in the middle",
};

// Those that are faults, as faults.
const FAULTS = {
  refuse: () => ["refusal", {}],
  empty: () => ["content_empty", {}],
  slow: (value) => ["drip", { ms: 50, seconds: value ?? 2 }],
  status: (value) => ["status", { code: value ?? 500, ...(value === 429 && { headers: { "retry-after": "1" } }) }],
  "error-first": (_, stream) => (stream ? ["error_frame_first", {}] : ["status", { code: 502 }]),
  "error-mid": (_, stream) => (stream ? ["error_frame_mid", { after_chunks: 4 }] : ["status", { code: 502 }]),
  "die-mid": (_, stream) => (stream ? ["reset_mid", { after_chunks: 4 }] : ["reset", {}]),
  "hang-mid": (_, stream) => (stream ? ["hang_mid", { after_chunks: 4 }] : ["hang_before_head", {}]),
};

/** The words that hold for a request, by name; `used` counts those that hold for some times only. */
export function scenarioOf(body, used) {
  const { at, text } = lastAsked(body.messages);
  const found = new Map();
  if (!text.includes("[[")) return found;
  const turn = turnsSince(body.messages, at).length + 1;
  for (const [whole, name, value, only, times] of text.matchAll(WORD)) {
    if (!Object.hasOwn(WORDS, name) || (only !== undefined && Number(only) !== turn)) continue;
    if (times !== undefined) {
      const key = `${hash(text)}|${text.length}|${whole}`;
      if (used.size > KEPT) used.clear();
      used.set(key, (used.get(key) ?? 0) + 1);
      if (used.get(key) > Number(times)) continue;
    }
    const number = value === undefined ? undefined : Number(value);
    found.set(name, name === "cut" ? { tokens: number ?? 40 } : { value: number });
  }
  return found;
}

/** The faults that a scenario asks for, as the pairs of a map. */
export function faultsOf(scenario, stream) {
  return [...scenario]
    .filter(([name]) => Object.hasOwn(FAULTS, name))
    .map(([name, { value }]) => {
      const [kind, parameters] = FAULTS[name](value, stream);
      return [kind, { kind, ...parameters }];
    });
}
