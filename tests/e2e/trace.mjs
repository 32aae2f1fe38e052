// A recorded conversation of an agent, played again: each turn routed by itself, as a conversation that
// stays, and on each model alone. Run by itself it prints the table of docs/agents.md, and with `--plot FILE`
// draws it:
//
//   node tests/e2e/trace.mjs --plot docs/img/conversation.svg

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { call, start } from "./harness.mjs";

const { body, turns } = JSON.parse(readFileSync(new URL("../fixtures/agents/codex-0.171-conversation.json", import.meta.url), "utf8"));
/** Conversations that a deployment has seen before it is measured, and those that are measured. */
const USUAL = { before: 20, counted: 10 };
/** Seconds after which a runtime has forgotten a prompt. */
const FORGOTTEN = 400;

export const TURNS = turns.length;

/** Plays every turn of it once with a key; gives the models in order, and what each turn cost. */
async function play(server, key, more = {}) {
  const id = crypto.randomUUID();
  const played = [];
  for (const items of turns) {
    const json = { ...body, stream: false, input: body.input.slice(0, items), prompt_cache_key: id, ...more };
    const { status, body: answer, text } = await call(server, "POST", "/v1/responses", { key, json });
    if (status !== 200) throw new Error(`${status} ${text}`);
    played.push({ model: answer.model, usd: answer.arbiter.cost });
  }
  return played;
}

/** What the runtime charged for the conversations that `work` plays, USD each, and what it had cached. */
async function measured(server, conversations, work) {
  const ledger = async () => (await server.sim.control("GET", "/__sim/ledger")).by_role.chat ?? {};
  const from = await ledger();
  const played = [];
  for (let n = 0; n < conversations; n++) {
    await forget(server);
    played.push(await work());
  }
  const to = await ledger();
  const sum = (name) => ((to[name] ?? 0) - (from[name] ?? 0)) / conversations;
  const mean = (of) => played.reduce((total, one) => total + of(one), 0) / conversations;
  const moves = mean((one) => one.filter(({ model }, turn) => turn > 0 && model !== one[turn - 1].model).length);
  const so_far = turns.map((_, turn) => mean((one) => one.slice(0, turn + 1).reduce((total, { usd }) => total + usd, 0)));
  return { usd: sum("charged_pico") / 1e12, hits: sum("cached_tokens") / sum("prompt_tokens"), moves, so_far };
}

/** The runtime has forgotten every prompt. */
async function forget(server) {
  const { clock_ahead } = await server.sim.control("GET", "/__sim/state");
  await server.sim.control("POST", "/__sim/state", { clock_ahead: clock_ahead + FORGOTTEN });
}

/** A deployment that has seen some conversations, measured by `work`. */
async function deployment(settings, { before, counted }, arbiter_affinity, work) {
  const server = await start({ settings: { LIMIT_6H: 100_000, LIMIT_WEEK: 100_000, MINTED_USD_DAY: 0, MAX_OUTPUT_TOKENS: 1_000_000, ...settings } });
  try {
    await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
    for (let n = 0; n < before; n++) {
      await forget(server);
      await play(server, server.adminKey, { arbiter_affinity });
    }
    return await work(server, () => measured(server, counted, () => play(server, server.adminKey, { arbiter_affinity })));
  } finally {
    await server.stop();
  }
}

/** It as a conversation. */
export const asConversation = (settings = {}, many = USUAL) => deployment(settings, many, "adaptive", (_, measure) => measure());

/** It turn by turn, and on each model of the pool alone, the cheapest first. */
export const otherwise = (settings = {}, many = USUAL) =>
  deployment(settings, many, "none", async (server, measure) => {
    const anew = await measure();
    const { body: models } = await call(server, "GET", "/v1/policy");
    const ids = [
      ...new Set(
        JSON.stringify(models)
          .match(/"model":"[^"]+"/g)
          .map((pair) => JSON.parse(`{${pair}}`).model),
      ),
    ];
    const fixed = [];
    for (const id of ids) {
      const { body: minted } = await call(server, "POST", "/v1/keys", { key: server.adminKey, json: { models: [id] } });
      fixed.push({ way: id, ...(await measured(server, 1, () => play(server, minted.api_key, { arbiter_affinity: "none" }))) });
    }
    return { anew, fixed: fixed.sort((a, b) => a.usd - b.usd) };
  });

const COLOURS = ["#0a7d4f", "#c2410c", "#6b7280"];

/** Lines of what was spent by each turn. */
function drawn(lines) {
  const [width, height, left, top, right, bottom] = [560, 260, 56, 34, 20, 34];
  const most = Math.max(...lines.flatMap(({ so_far }) => so_far));
  const x = (turn) => left + (turn / (TURNS - 1)) * (width - left - right);
  const y = (usd) => height - bottom - (usd / most) * (height - top - bottom);
  const text = (at, down, words, more = "") => `<text x="${at}" y="${down}" font-size="11" fill="#555" ${more}>${words}</text>`;
  const line = ({ way, so_far }, n) =>
    [
      `<polyline fill="none" stroke="${COLOURS[n]}" stroke-width="2" points="${so_far.map((usd, turn) => `${x(turn).toFixed(1)},${y(usd).toFixed(1)}`).join(" ")}"/>`,
      `<rect x="${left + 8}" y="${top + 4 + n * 16}" width="10" height="3" fill="${COLOURS[n]}"/>`,
      text(left + 24, top + 10 + n * 16, way),
    ].join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${left - 10}" y="20" font-size="13" fill="#111">Spent on the conversation so far, USD</text>
${[0, 0.5, 1].map((share) => `<line x1="${left}" x2="${width - right}" y1="${y(most * share)}" y2="${y(most * share)}" stroke="#ddd"/>\n${text(left - 6, y(most * share) + 4, (most * share).toFixed(3), 'text-anchor="end"')}`).join("\n")}
${[1, 10, 20, TURNS].map((turn) => text(x(turn - 1), height - bottom + 16, turn, 'text-anchor="middle"')).join("\n")}
${text((width + left) / 2, height - 4, "turn", 'text-anchor="middle"')}
${lines.map(line).join("\n")}
</svg>
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { plot: { type: "string" } } });
  const stays = { way: "as a conversation", ...(await asConversation()) };
  const settled = { way: "the same, nothing explored", ...(await asConversation({ EPSILON: 0 })) };
  const { anew, fixed } = await otherwise();
  anew.way = "each turn by itself";
  console.log("| | USD a conversation | prompt tokens from the cache | changes of model |\n|---|---|---|---|");
  for (const { way, usd, hits, moves } of [stays, settled, anew, ...fixed])
    console.log(`| ${way} | ${usd.toFixed(4)} | ${(hits * 100).toFixed(1)} % | ${moves.toFixed(1)} |`);
  if (values.plot) writeFileSync(values.plot, drawn([stays, anew, { ...fixed[0], way: `${fixed[0].way} alone` }]));
}
