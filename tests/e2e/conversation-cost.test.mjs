// What a conversation of an agent costs, its cache included: no more than on the best single model.

import assert from "node:assert/strict";
import { test } from "node:test";

import { TURNS, asConversation, otherwise } from "./trace.mjs";

test("a recorded conversation that stays costs no more than the best single model, and finds its prompt cached", async () => {
  assert.ok(TURNS >= 20);
  // Exploring has its price; it is paid once a conversation at the most, and told apart in docs/agents.md.
  const settings = { EPSILON: 0, MIN_SAMPLES: 1 };
  // As many as there are models: each begins one, then all are known.
  const stays = await asConversation(settings, { before: 10, counted: 2 });
  const {
    anew,
    fixed: [best, ...others],
  } = await otherwise(settings, { before: 1, counted: 2 });
  assert.ok(others.length >= 8);
  const told = JSON.stringify({ stays, anew, best });
  assert.ok(stays.usd <= best.usd * 1.001, told);
  assert.ok(stays.hits >= 0.95 * best.hits && best.hits > 0.9, told);
  assert.equal(stays.moves, 0, told);
  assert.ok(anew.usd > best.usd, told);
});
