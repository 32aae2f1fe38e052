// WebAssembly that breaks off in the middle of a request: that one fails, and the next begins with a new instance,
// on which every object is made anew and goes on with what it had stored.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM } from "./contract.mjs";
import { call, chat, eventually, register, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ entry: "trapping-entry.mjs", settings: { MINTED_USD_DAY: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const calls = async () => (await call(server, "GET", "/v1/report")).body.calls;

for (const how of ["unreachable", "stack"]) {
  test(`after ${how} requests are answered, keys are known, and what was counted is there`, async () => {
    const key = await register(server);
    const counted = await calls();
    assert.equal((await chat(server, SUM, { key })).status, 200);
    await eventually(async () => (await calls()) === counted + 1, { what: "the first call in the books" });

    const broken = await fetch(`${server.url}/health`, { headers: { "x-trap": how } });
    assert.equal(broken.status, 500);
    await broken.body?.cancel();

    assert.equal((await chat(server, SUM, { key })).status, 200);
    assert.equal((await call(server, "GET", "/health")).status, 200);
    await eventually(async () => (await calls()) === counted + 2, { what: "both calls in the books" });
  });
}
