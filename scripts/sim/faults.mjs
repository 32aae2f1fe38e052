// Fault rules: which requests they meet, and what each kind is called. How a
// fault shows is the business of compose.mjs (what is said) and deliver.mjs
// (how it travels).

import { REFUSALS } from "./dialects/refuse.mjs";
import { BadControl } from "./state.mjs";

/** Every kind, with its parameters (and their defaults). `main.mjs --help` prints this. */
export const KINDS = {
  status: "code=500, body?, headers?: an error answer",
  refuse: `as: an error in the dialect's own words: ${REFUSALS.join(", ")}`,
  reset: "connection reset before the head",
  hang_before_head: "ms?: silence before the head, for ever or for that long",
  slow_headers: "ms=50: the head travels one line at a time",
  html: "200 with an HTML page",
  empty: "200 without a body",
  truncated: "200 with half of the JSON",
  array: "200 with a JSON array",
  error_200: 'error?: 200 with {"error": …}',
  error_choice: "error?: an answer whose choice holds an error and ends in finish_reason error",
  json: "body: 200 with exactly this JSON",
  big_body: "mb=8: an answer whose content is that large",
  gzip: "the body compressed, with content-encoding: gzip",
  headers: "headers: these response headers set on top",
  reset_mid: "after_chunks | after_bytes: the connection is reset there",
  end_mid: "after_chunks | after_bytes: the body ends there, in good order",
  hang_mid: "after_chunks | after_bytes, ms?: silence there, for ever or for that long",
  drip: "ms=50, seconds?: one byte at a time of white space (plain) or comments (stream) before the rest; without seconds, for ever",
  slow_body: "ms=20, bytes=1: the real body that slowly",
  chunk_delay: "ms=50: this long between the chunks of a stream",
  error_frame_first: "error?: the first event of a stream is an error",
  error_frame_mid: "error?, after_chunks=3: an error event, then the end",
  no_done: "ends without [DONE]; also without finish_reason unless finish=true",
  no_finish: "[DONE], but no finish_reason",
  cost_missing: "no charge is named, in a header or in usage",
  cost_header: "value | values[]: sent as given; several values are several headers",
  cost_on_stream: "a stream with the cost headers",
  usage_missing: "no usage",
  usage_wrong: 'value="many": usage is that value',
  content_wrong: "value=42: content is that value",
  content_null: "content: null, nothing else",
  content: "text: the answer is this text",
  content_empty: "an empty string as content",
  refusal: "text?: content null and a refusal",
  tool_call: 'name="lookup", arguments="{}": an unasked tool call',
  finish_reason: "value: that finish_reason",
  unasked_usage_chunk: "a usage chunk that nobody asked for",
  crlf: "events in \\r\\n",
  comments: "comment lines between the events",
  coalesce: "events=4: that many events in one chunk",
  split: "bytes=1: the stream cut into pieces of that size, inside characters too",
  no_space: "data:{…} without the space",
};

const ROLES = ["chat", "judge", "classifier", "models"];
const MATCHED = ["model", "task", "role", "stream", "contains"];

/** A checked rule out of what the control surface was given. */
export function parseRule(given, at) {
  const bad = (field, why) => new BadControl(`[${at}].${field}: ${why}`);
  if (typeof given !== "object" || given === null) throw bad("", "an object is expected");
  const { match = {}, times = null, probability = null, fault, ...rest } = given;
  const unknown = Object.keys(rest)[0];
  if (unknown) throw bad(unknown, "no such field");
  for (const field of Object.keys(match)) if (!MATCHED.includes(field)) throw bad(`match.${field}`, "no such field");
  if (match.role !== undefined && !ROLES.includes(match.role)) throw bad("match.role", `one of ${ROLES.join(", ")} expected`);
  if (times !== null && !(Number.isInteger(times) && times > 0)) throw bad("times", "a whole number > 0 expected");
  if (probability !== null && !(probability >= 0 && probability <= 1)) throw bad("probability", "a number from 0 to 1 expected");
  const faults = (Array.isArray(fault) ? fault : [fault]).map((one) => {
    const normal = typeof one === "string" ? { kind: one } : one;
    if (!Object.hasOwn(KINDS, normal?.kind ?? "")) throw bad("fault.kind", `one of ${Object.keys(KINDS).join(", ")} expected`);
    if (normal.kind === "refuse" && !REFUSALS.includes(normal.as)) throw bad("fault.as", `one of ${REFUSALS.join(", ")} expected`);
    return normal;
  });
  return { match, times, left: times, probability, faults, hits: 0 };
}

const fits = (wanted, actual) => wanted === undefined || (Array.isArray(wanted) ? wanted.includes(actual) : wanted === actual);

/**
 * The faults for one request, by kind: those of the first rule that fits it, has
 * uses left and whose die falls so. A rule without `match.role` meets chat calls only
 * unless it names a model.
 */
export function pickFaults(rules, request, rng) {
  for (const rule of rules) {
    const { model, task, role, stream, contains } = rule.match;
    const rightRole = role === undefined ? request.role === "chat" || model !== undefined : fits(role, request.role);
    if (!rightRole || rule.left === 0) continue;
    if (!fits(model, request.model) || !fits(task, request.task) || !fits(stream, request.stream)) continue;
    if (contains !== undefined && !request.text.includes(contains)) continue;
    if (rule.probability !== null && !rng.chance(rule.probability)) continue;
    rule.hits += 1;
    if (rule.left !== null) rule.left -= 1;
    return new Map(rule.faults.map((fault) => [fault.kind, fault]));
  }
  return new Map();
}

/** A rule as the control surface shows it. */
export const showRule = ({ match, times, left, probability, faults, hits }) => ({
  match,
  times,
  left,
  probability,
  fault: faults.length === 1 ? faults[0] : faults,
  hits,
});
