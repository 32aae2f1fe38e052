// A store that does not answer is said in the log once an outage, and so is that it answers again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SUM } from "./contract.mjs";
import { call, chat, eventually, start } from "./harness.mjs";

test("an outage of the store is a line in the log, however many requests meet it, and its end another", async () => {
  const server = await start({ entry: "hanging-entry.mjs" });
  const lines = (door) => server.log().match(new RegExp(`${door}: (no answer|answers again).*`, "g")) ?? [];
  try {
    await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
    assert.equal((await chat(server, SUM)).status, 200);
    await call(server, "POST", "/__hang?door=db&how=fails");
    for (let n = 0; n < 40; n++) {
      await chat(server, SUM);
      await call(server, "GET", "/v1/timeseries");
    }
    await eventually(() => lines("store").length > 0, { what: "a line of it" });
    await call(server, "POST", "/__hang?door=none");
    await eventually(
      async () => {
        await call(server, "GET", "/v1/timeseries");
        return lines("store").at(-1).startsWith("store: answers again");
      },
      { what: "its end" },
    );
    for (const door of ["store", "books"]) {
      // Not all of its statements fail here, so that it may answer in between.
      for (const [at, line] of lines(door).entries()) {
        const wanted = at % 2 === 0 ? /^\w+: no answer: .*fails as told$/ : /^\w+: answers again after [\d.]+ s, in which \d+ questions had no answer$/;
        assert.match(line, wanted, lines(door).join("\n"));
      }
    }
    const unanswered = lines("store").reduce((sum, line) => sum + Number(line.match(/(\d+) questions/)?.[1] ?? 0), 0);
    assert.ok(unanswered > 20, `${unanswered} had no answer`);
    const told = server.log().split("\n");
    assert.equal(
      told.filter((line) => line.includes("fails as told")).length,
      [...lines("store"), ...lines("books")].filter((line) => line.includes("no answer: ")).length,
    );
  } finally {
    await server.stop();
  }
});
