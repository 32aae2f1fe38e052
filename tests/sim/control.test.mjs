import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startSim } from "../../scripts/sim/server.mjs";
import { usd } from "../../scripts/sim/money.mjs";
import { chat, chatBody, exchange } from "./client.mjs";

let sim;
before(async () => (sim = await startSim({ port: 0 })));
after(() => sim.stop());
beforeEach(() => sim.state.reset());

async function control(method, path, body) {
  const { status, text } = await exchange(sim.url, { method, path: `/__sim/${path}`, body });
  return [status, JSON.parse(text)];
}

describe("state", () => {
  it("is shown, patched and put back", async () => {
    const [, shown] = await control("GET", "state");
    assert.equal(shown.models["gpt-4o"].in_price, 2.5);
    const [status, patched] = await control("POST", "state", { judge_noise: 0, models: { "gpt-4o": { multiplier: 8, skill: { math: 0.1 } } } });
    assert.deepEqual(
      [status, patched.models["gpt-4o"].multiplier, patched.models["gpt-4o"].skill.math, patched.models["gpt-4o"].skill.code],
      [200, 8, 0.1, shown.models["gpt-4o"].skill.code],
    );
    await control("POST", "reset");
    assert.deepEqual((await control("GET", "state"))[1], shown);
  });

  it("takes new models in and old ones out", async () => {
    await control("POST", "state", { models: { "brand-new": { in_price: 0.01, skill: 0.9 }, "gpt-4o": null } });
    assert.equal((await chat(sim.url, "brand-new", "Hi")).status, 200);
    assert.equal((await chat(sim.url, "gpt-4o", "Hi")).status, 404);
  });

  it("refuses nonsense by name and changes nothing", async () => {
    const [, shown] = await control("GET", "state");
    for (const [body, field] of [
      [{ time_scale: "fast" }, "time_scale"],
      [{ nothing: 1 }, "nothing"],
      [{ judge_noise: 0.5, models: { "gpt-4o": { skill: { math: 2 } } } }, "models.gpt-4o.skill.math"],
      [{ models: { "gpt-4o": { in_price: -1 } } }, "models.gpt-4o.in_price"],
    ]) {
      const [status, { error }] = await control("POST", "state", body);
      assert.ok(status === 422 && error.startsWith(`${field}:`), error);
    }
    assert.deepEqual((await control("GET", "state"))[1], shown);
    assert.equal((await control("POST", "faults", [{ fault: "no-such" }]))[0], 422);
    assert.equal((await control("GET", "nowhere"))[0], 404);
  });
});

describe("requests", () => {
  it("are kept as they were sent, to the last digit", async () => {
    const body = '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"seed":12345678901234567890,"extra":{"a":1.50}}';
    await exchange(sim.url, { body, headers: { "x-mine": "yes", authorization: "Bearer the-key" } });
    const [, { count, requests }] = await control("GET", "requests?model=gpt-4o");
    assert.equal(count, 1);
    assert.equal(requests[0].raw, body);
    assert.deepEqual(requests[0].body.extra, { a: 1.5 });
    assert.deepEqual([requests[0].headers["x-mine"], requests[0].headers.authorization], ["yes", "Bearer the-key"]);
    assert.equal((await control("DELETE", "requests"))[1].count, 0);
    assert.equal((await control("GET", "requests"))[1].requests.length, 0);
  });
});

describe("the ledger", () => {
  it("adds up by model and role, exactly", async () => {
    const told = {};
    for (let i = 0; i < 30; i++) {
      const model = i % 3 ? "gpt-4.1-mini" : "gpt-4o";
      const { headers } = await chat(sim.url, model, `Calculate ${i}+1`);
      told[model] = (told[model] ?? 0) + Math.round(Number(headers["x-btl-customer-charge"]) * 1e6);
    }
    await chat(sim.url, "deepseek-v4-pro", "Rate: fine");
    const [, books] = await control("GET", "ledger");
    for (const [model, micro] of Object.entries(told)) assert.equal(books.by_model[model].charged_micro, micro);
    assert.equal(books.total.charged_usd, usd(told["gpt-4o"] + told["gpt-4.1-mini"]));
    assert.deepEqual([books.by_role.judge.calls, books.by_role.judge.charged_micro], [1, 0]);
  });

  it("writes micro-dollars as decimals", () => {
    assert.deepEqual([usd(0), usd(1), usd(1_234_567), usd(-5)], ["0.000000", "0.000001", "1.234567", "-0.000005"]);
  });
});

describe("the command", () => {
  const main = fileURLToPath(new URL("../../scripts/sim/main.mjs", import.meta.url));
  const run = (...args) => {
    const child = spawn(process.execPath, [main, ...args]);
    let out = "";
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (out += data));
    const ended = new Promise((resolve) => child.once("close", resolve));
    return { child, ended, out: () => out };
  };

  it("prints where it listens and stops at SIGTERM, even with a client hanging", async () => {
    const { child, ended, out } = run("--port", "0", "--seed", "4");
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const url = /^sim listening on (http:\/\/127\.0\.0\.1:\d+) \(btl, base URL \1\/v1\)\n$/.exec(out())[1];
    assert.equal((await chat(url, "gpt-4o", "Hi")).status, 200);
    await exchange(url, { path: "/__sim/faults", body: [{ fault: "hang_before_head" }] });
    const hanging = exchange(url, { body: chatBody("gpt-4o", "Hi") });
    child.kill("SIGTERM");
    assert.equal(await ended, 0);
    assert.ok((await hanging).failed);
  });

  it("explains itself, and refuses a bad option", async () => {
    const help = run("--help");
    assert.equal(await help.ended, 0);
    assert.match(help.out(), /--port N[\s\S]*error_frame_mid/);
    const bad = run("--port", "many");
    assert.equal(await bad.ended, 1);
    assert.match(bad.out(), /--port/);
  });
});
