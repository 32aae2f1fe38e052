// Records a conversation of Codex with the simulated runtime, for tests/fixtures/agents:
// `node tests/agents/record.mjs > tests/fixtures/agents/codex-0.171-conversation.json`
//
// The whole of it stands in its last turn; of the others the number of items tells the rest. Prose of
// more than 60 characters, ids and paths of this machine are replaced, each by as much.

import { createServer, request } from "node:http";

import { start } from "../e2e/harness.mjs";
import { agents, clearHomes, home, skip } from "./agents.mjs";

const TASKS = [
  "Write one.py and two.py and three.py that each print the word hello, then run `python3 one.py`.",
  "Write four.py and five.sh and notes.md containing 'all is well', then run `sh five.sh`.",
  "Write six.py that prints 'done', then run it.",
];
if (skip) throw new Error(skip);

const server = await start({});
await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
// A strong model makes the conversation: what is measured is who goes on with it.
await server.sim.control("POST", "/__sim/state", { models: Object.fromEntries(Object.keys((await server.sim.control("GET", "/__sim/state")).models).map((id) => [id, { skill: { code: 1 } }])) });
const bodies = [];
const proxy = createServer((incoming, outgoing) => {
  const chunks = [];
  incoming.on("data", (chunk) => chunks.push(chunk));
  incoming.on("end", () => {
    const body = Buffer.concat(chunks);
    if (incoming.url.startsWith("/v1/responses") && body.length) bodies.push(JSON.parse(body));
    const passed = request(server.url + incoming.url, { method: incoming.method, headers: { ...incoming.headers, host: new URL(server.url).host } }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    passed.end(body);
  });
});
await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
const at = home();
for (const [number, task] of TASKS.entries()) {
  const { code, said } = await agents.codex(`http://127.0.0.1:${proxy.address().port}`, server.adminKey, task, { at, goOn: number > 0 });
  if (code !== 0) throw new Error(said);
}
proxy.close();
await server.stop();
clearHomes();

const turns = bodies.filter(({ tools }) => tools?.length);
const last = turns.at(-1);
for (const { input } of turns) {
  const begins = JSON.stringify(last.input.slice(0, input.length)) === JSON.stringify(input);
  if (!begins) throw new Error("a turn is not the beginning of the last one");
}
const WORDS = "Words that say nothing stand here in place of what was sent. ";
const plain = (text) => text
  .replaceAll(at.work, "/work").replaceAll(at.path, "/home").replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "00000000-0000-4000-8000-000000000000");
const emptied = (text) => (text.length > 60 ? WORDS.repeat(Math.ceil(text.length / WORDS.length)).slice(0, text.length) : text);
// What the agent says, calls and is answered stays: it is what the conversation is made of.
const KEPT = new Set(["arguments", "output", "name", "call_id", "type", "role"]);
const cleaned = (value, key) => {
  if (typeof value === "string") return KEPT.has(key) || TASKS.includes(value) ? plain(value) : emptied(plain(value));
  if (Array.isArray(value)) return value.map((one) => cleaned(one, key));
  return value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cleaned(one, name)])) : value;
};
console.log(JSON.stringify({ body: cleaned(last), turns: turns.map(({ input }) => input.length) }));
