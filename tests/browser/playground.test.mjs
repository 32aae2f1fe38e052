// The playground: what is sent, what is said of it, and that nothing is sent that nobody pressed Run for.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, afterEach, before, test } from "node:test";
import { promisify } from "node:util";

import { call, eventually, start } from "../e2e/harness.mjs";
import { accessible, fitsWidth, launch, phone } from "./browser.mjs";

const shell = promisify(execFile);

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([start({ settings: { EPSILON: 0 } }), launch()]);
});
after(() => Promise.all([browser?.close(), server?.stop()]));
afterEach(() => server.sim.control("POST", "/__sim/reset"));

const text = (page, selector) => page.locator(selector).innerText();
const prompt = (page) => page.getByLabel("Prompt", { exact: true });
const runs = (page) => page.getByRole("button", { name: "Run", exact: true });
const rows = (page) => page.locator(".candidates tbody tr");
const facts = async (place, label) => (await place.locator(".facts > div", { hasText: new RegExp(`^${label}`) }).innerText()).split("\n").slice(1).join(" ");

async function open(options = { key: true }) {
  const page = await browser.page(server, options);
  await page.goto("/app/playground/");
  await rows(page).first().waitFor();
  return page;
}

/** Notes each chat request of a page, and presses Run. */
async function run(page, words) {
  const sent = page.waitForRequest("**/v1/chat/completions");
  await prompt(page).fill(words);
  await runs(page).click();
  return (await sent).postDataJSON();
}

const turn = (page, at = -1) => page.locator(".turn").nth(at);
const done = (page, at = -1) => turn(page, at).locator('[data-phase="done"]').first().waitFor();

test("without a key it tells from list prices which models fit this very prompt, and asks nobody", async () => {
  const page = await open({});
  let asked = 0;
  page.on("request", (request) => (asked += request.method() === "POST" ? 1 : 0));
  const slider = page.getByRole("slider");
  const fitting = () => page.locator(".candidates tbody tr:not([data-out])").count();
  const pool = (await call(server, "GET", "/v1/pricing")).body.filter(({ routable }) => routable);
  assert.equal(await fitting(), pool.length);

  await slider.fill("55");
  const budget = Number((await text(page, ".budget-value")).replace("$", ""));
  const within = (words) => pool.filter((m) => (Math.floor(words.length / 4) * m.in_price + 512 * m.out_price) / 1e6 <= budget).length;
  assert.equal(await fitting(), within(""));
  assert.ok(within("") > 0 && within("") < pool.length);
  assert.match(await text(page, ".budget-count"), new RegExp(`^${within("")} of ${pool.length} `));

  await slider.fill("0");
  assert.equal(await fitting(), 0);
  await page.getByText("None fits").waitFor();
  await slider.focus();
  await page.keyboard.press("End");
  assert.equal(await text(page, ".budget-value"), "No limit");
  await prompt(page).fill("Calculate 2 + 2");
  assert.ok(await runs(page).isDisabled());
  await page.getByRole("link", { name: "Get a key" }).waitFor();
  assert.equal(asked, 0);
  await page.done();
});

const told = (task, more = {}) => ({
  task,
  classified_by: "rules",
  confidence: 0.9,
  would_ask_classifier: false,
  needs: ["images"],
  tokens_needed: 516,
  eligible_models: 2,
  budget_met: null,
  decision: { model: "first", mode: "exploit", reason: "the cheapest that is good enough", reason_code: "cheapest_within", propensity: 0.975 },
  candidates: [
    { model: "first", belief: 0.912, sd: 0.03, expected_cost: 0.0000123, probability: 0.975 },
    { model: "second", belief: 0.95, sd: 0.01, expected_cost: 0.00045, probability: 0.025 },
    { model: "third", excluded: "cannot_images" },
  ],
  ...more,
});

test("once what is typed has rested the router is asked, and a question that is old is left", async () => {
  const page = await browser.page(server, { key: true });
  await page.clock.install();
  await page.addInitScript(() => {
    const known = window.fetch;
    window.left = [];
    window.fetch = (url, options) => (String(url).endsWith("/v1/route") && window.left.push(options.signal), known(url, options));
  });
  const asked = [];
  let answer = null;
  await page.route("**/v1/route", async (route) => {
    asked.push(route.request());
    // The first one is not answered.
    if (answer) await route.fulfill({ json: answer });
  });
  await page.goto("/app/playground/");
  await rows(page).first().waitFor();
  // From here on time passes only where the test says so.
  await page.clock.pauseAt(Date.now() + 60_000);
  await page.clock.runFor(2_000);
  assert.equal(asked.length, 0, "there is nothing to ask about");
  for (const words of ["Calcu", "Calculate", "Calculate 17 * 23"]) {
    await prompt(page).fill(words);
    await page.clock.runFor(500);
  }
  assert.equal(asked.length, 0);
  await page.clock.runFor(200);
  await eventually(() => asked.length === 1);
  assert.deepEqual(asked[0].postDataJSON(), { messages: [{ role: "user", content: "Calculate 17 * 23" }], stream: true });
  assert.equal(asked[0].headers().authorization, `Bearer ${page.secret}`);

  answer = told("math");
  const left = () => page.evaluate(() => window.left.map(({ aborted }) => aborted));
  assert.deepEqual(await left(), [false]);
  await prompt(page).fill("Calculate 17 * 24");
  await page.clock.runFor(100);
  assert.deepEqual(await left(), [true]);
  await page.clock.runFor(700);
  await page.locator(".candidates .winner").waitFor();
  assert.match(await text(page, ".would .verdict"), /^Taken for a math task, it would go to first with 97\.5\s%\.$/);
  assert.match(await text(page, ".would .reason"), /The cheapest that is good enough\./);
  assert.match(await text(page, ".would"), /516 tokens are needed; and pictures\./);
  const shown = (await rows(page).allInnerTexts()).map((row) => row.split(/\s*\n\s*|\t/).join(" "));
  assert.match(shown[0], /^first 0\.91 ± 0\.03 \$0\.000012 97\.5\s%$/);
  assert.match(shown[2], /^third can't do pictures$/);
  assert.match(await text(page, ".budget-count"), /^2 of 3 /);
  await page.clock.resume();
  await accessible(page, "the candidates");
  await page.setViewportSize(phone);
  await fitsWidth(page, "the candidates");
  assert.equal(await page.locator(".candidates thead").evaluate((head) => head.getBoundingClientRect().width <= 1), true, "a list has no head");
  assert.match((await rows(page).first().innerText()).replace(/\s+/g, " "), /first .*0\.91 ± 0\.03/);
  await page.done();
});

test("what stands there beforehand is what the router says, and counts against nothing", async () => {
  const page = await open();
  const body = { messages: [{ role: "user", content: "Calculate 17 * 23" }], stream: true };
  const answered = page.waitForResponse("**/v1/route");
  await prompt(page).fill(body.messages[0].content);
  assert.equal((await answered).status(), 200);
  await page.getByText(/^Taken for a math task, it would go to/).waitFor();
  const { candidates } = (await call(server, "POST", "/v1/route", { key: page.secret, json: body })).body;
  assert.equal(candidates.length, 9);
  const names = await rows(page).locator("th").allInnerTexts();
  assert.deepEqual([...names].sort(), candidates.map(({ model }) => model).sort());
  assert.ok((await text(page, ".would .verdict")).includes(names[0]));
  // A budget leaves some of them out, and the list says why.
  await page.getByRole("slider").fill("55");
  await rows(page).filter({ hasText: "over the budget" }).first().waitFor();
  await eventually(async () => (await page.locator('.would-body[data-fresh="true"]').count()) === 1);
  const fitting = await page.locator(".candidates tbody tr:not([data-out])").count();
  assert.ok(fitting > 0 && fitting < 9);
  assert.match(await text(page, ".budget-count"), new RegExp(`^${fitting} of 9 `));
  const usage = (await call(server, "GET", "/v1/key", { key: page.secret })).body;
  assert.equal(usage.used_6h, 0);
  await page.done();
});

for (const [status, line] of [
  [429, "The router was asked too often just now."],
  [404, "This deployment does not say beforehand how it would route."],
]) {
  test(`a router that answers ${status} beforehand is a quiet line, and the prompt can be run all the same`, async () => {
    const page = await browser.page(server, { key: true });
    await page.route("**/v1/route", (route) => route.fulfill({ status, json: { error: { message: "no", code: "x" } } }));
    await page.goto("/app/playground/");
    await prompt(page).fill("Calculate 17 * 23");
    await page.getByText(line).waitFor();
    assert.equal(await page.getByRole("alert").count(), 0);
    assert.equal(await rows(page).count(), 9);
    await runs(page).click();
    await done(page);
    await page.done();
  });
}

test("a budget that is set reaches the router", async () => {
  const page = await open();
  await page.getByRole("slider").fill("30");
  const body = await run(page, "Calculate 2 + 2");
  assert.equal(body.stream, true);
  assert.ok(body.arbiter_max_cost > 0 && body.arbiter_max_cost < 0.01);
  await done(page);
  await page.done();
});

test("a whole answer comes in one piece, with its cost and where that figure is from", async () => {
  const page = await open();
  await page.getByRole("radio", { name: "Whole" }).check();
  const body = await run(page, "Calculate 17 * 23");
  assert.deepEqual(body, { messages: [{ role: "user", content: "Calculate 17 * 23" }] });
  await done(page);
  assert.match(await text(page, ".answer"), /\S/);
  assert.match(await facts(page, "Cost"), /^\$0\.\d+ Charged: named by the runtime\.$/);
  assert.match(await text(page, ".run-state"), /^Done in [\d.]+ m?s$/);
  await page.getByRole("radio", { name: "Raw" }).check();
  assert.ok(JSON.parse(await text(page, ".raw")).arbiter.model);
  await page.getByRole("radio", { name: "Streamed" }).check();
  await run(page, "Calculate 18 * 23");
  await done(page);
  assert.match(await turn(page).locator(".run-state").innerText(), /^Done in [\d.]+ m?s, the first word after [\d.]+ m?s$/);
  assert.match(await facts(turn(page), "Cost"), /(Computed from its tokens|Estimated: the runtime named nothing)\.$/);
  await page.done();
});

test("a final event that says how quality was found and what the baseline costs is shown so", async () => {
  const page = await browser.page(server, { key: true });
  const events = [
    { choices: [{ index: 0, delta: { content: "391" }, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  ].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  const last = {
    choices: [],
    task: "math",
    mode: "exploit",
    classified_by: "rules",
    model: "m",
    quality: 1,
    quality_reason: "arithmetic: the <b>final</b> answer equals the exact value",
    cost: 0.000002,
    cost_estimated: true,
    baseline_cost: 0.000042,
    saved: 0.00004,
    failover_from: ["gone"],
  };
  await page.route("**/v1/chat/completions", (route) =>
    route.fulfill({
      headers: { "content-type": "text/event-stream", "x-arbiter-model": "m" },
      body: `${events.join("")}data: [DONE]\n\nevent: arbiter\ndata: ${JSON.stringify(last)}\n\n`,
    }),
  );
  await page.goto("/app/playground/");
  await run(page, "Calculate 17 * 23");
  await done(page);
  const all = await text(page, ".facts");
  for (const part of ["Arithmetic: the <b>final</b> answer equals the exact value.", "$0.000042", "≈ $0.000002", "Estimated", "$0.000040", "stood in for gone"])
    assert.ok(all.includes(part), `${part}: ${all}`);
  await page.done();
});

test("a conversation is kept on the page, with its system message, and can be edited and begun anew", async () => {
  const page = await open();
  await page.getByText("System message", { exact: true }).first().click();
  await page.getByLabel("System message").fill("Answer in one line.");
  const system = { role: "system", content: "Answer in one line." };
  assert.deepEqual((await run(page, "Calculate 17 * 23")).messages, [system, { role: "user", content: "Calculate 17 * 23" }]);
  await done(page);
  assert.equal(await prompt(page).inputValue(), "");
  const second = (await run(page, "And half of it?")).messages;
  assert.deepEqual(
    second.map(({ role }) => role),
    ["system", "user", "assistant", "user"],
  );
  await done(page);
  assert.equal(await page.locator(".turn").count(), 2);
  // Another tab may be looked at meanwhile.
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("link", { name: "Playground", exact: true }).click();
  await turn(page, 1).getByRole("button", { name: "Edit" }).click();
  assert.equal(await page.locator(".turn").count(), 1);
  assert.equal(await prompt(page).inputValue(), "And half of it?");
  const again = (await run(page, "And a third of it?")).messages;
  assert.deepEqual(again.slice(0, 3), second.slice(0, 3));
  assert.equal(again.at(-1).content, "And a third of it?");
  await done(page);
  await page.getByRole("button", { name: "New conversation" }).click();
  assert.equal(await page.locator(".turn").count(), 0);
  await page.getByRole("button", { name: "Math", exact: true }).waitFor();
  await page.done();
});

test("models stand side by side on one prompt, and one that fails leaves the others", async () => {
  const page = await open();
  await page.getByRole("radio", { name: "Side by side" }).check();
  await page.getByLabel("First").selectOption("gpt-4o-mini");
  await page.getByLabel("Second").selectOption("gpt-4o");
  await page.getByLabel("Third").selectOption("gpt-4.1-mini");
  assert.equal(await page.getByRole("slider").count(), 0, "a budget is for a choice");
  await page.getByText("Counts as 3 requests.").waitFor();
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat", model: "gpt-4o" }, fault: { kind: "status", code: 500 } }]);
  const sent = [];
  page.on("request", (request) => request.url().endsWith("/v1/chat/completions") && sent.push(request.postDataJSON()));
  await prompt(page).fill("Calculate 17 * 23");
  await runs(page).click();
  const column = (model) => page.locator(".answers > section", { has: page.getByRole("heading", { name: model, exact: true }) });
  await column("gpt-4o").locator('[data-phase="failed"]').waitFor();
  await column("gpt-4o").getByRole("alert").waitFor();
  for (const model of ["gpt-4o-mini", "gpt-4.1-mini"]) {
    await column(model).locator('[data-phase="done"]').waitFor();
    for (const label of ["Cost", "Time", "Quality"]) assert.match(await facts(column(model), label), /\d/, label);
  }
  assert.deepEqual(sent.map((body) => body.arbiter_models).sort(), [["gpt-4.1-mini"], ["gpt-4o"], ["gpt-4o-mini"]]);
  assert.ok(sent.every((body) => body.messages.at(-1).content === "Calculate 17 * 23"));
  await accessible(page, "side by side");
  await page.setViewportSize(phone);
  await fitsWidth(page, "side by side");

  // One that failed can be tried again by itself.
  await server.sim.control("DELETE", "/__sim/faults");
  sent.length = 0;
  await column("gpt-4o").getByRole("button", { name: "Try again" }).click();
  await eventually(() => sent.length > 0);
  assert.deepEqual(
    sent.map((body) => body.arbiter_models),
    [["gpt-4o"]],
  );
  await page.done();
});

test("a link carries the prompt to another browser, and is sent by nobody but whoever presses Run", async () => {
  const words = 'Calculate 17 * 23 & say "why?" #1 🙂\nשלום';
  const page = await open();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByText("System message", { exact: true }).first().click();
  await page.getByLabel("System message").fill("Be brief.");
  await prompt(page).fill(words);
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByText("Copied").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await prompt(page).fill("x".repeat(20_000));
  await page.getByText("Too long for a link").waitFor();
  await page.done();

  const other = await browser.page(server, { key: true });
  const asked = [];
  other.on("request", (request) => asked.push(`${request.method()} ${request.url()} ${request.postData() ?? ""}`));
  const chats = () => asked.filter((line) => line.includes("/v1/chat/completions")).length;
  await other.goto(link);
  await other.getByText("Nothing is sent until you press Run.").waitFor();
  assert.equal(await prompt(other).inputValue(), words);
  assert.equal(await other.getByLabel("System message").inputValue(), "Be brief.");
  assert.ok(await other.getByLabel("System message").isVisible(), "nothing that would be sent is hidden");
  await rows(other).first().waitFor();
  assert.equal(chats(), 0);
  await runs(other).click();
  await done(other);
  assert.equal(chats(), 1);
  assert.deepEqual(
    asked.filter((line) => !line.startsWith("POST") && line.includes("Calculate")),
    [],
    "a fragment is not sent",
  );
  // The same page is given another one.
  await other.evaluate(() => (location.hash = "#prompt=another"));
  await eventually(async () => (await prompt(other).inputValue()) === "another");
  await other.evaluate(() => (location.hash = `#prompt=${"x".repeat(20_000)}`));
  await other.getByText("The link is too long").waitFor();
  assert.equal(await prompt(other).inputValue(), "another");
  assert.equal(chats(), 1);
  await other.done();
});

test("the code that is shown does what the page does, through each protocol", async () => {
  const page = await open();
  await prompt(page).fill('It\'s $HOME and `id`, "quoted" \\ backslash: Calculate 17 * 23');
  await page.getByRole("radio", { name: "Whole" }).check();
  for (const protocol of ["Chat", "Responses", "Messages"]) {
    await page.getByRole("radio", { name: protocol, exact: true }).check();
    await page.locator(".playground-more .code-str").first().waitFor();
    await server.sim.control("DELETE", "/__sim/requests");
    const code = await page.getByLabel("This request in curl").innerText();
    const { stdout } = await shell("bash", ["-c", `set -e\n${code}`], { env: { ...process.env, ARBITER_KEY: page.secret, no_proxy: "127.0.0.1" } });
    const { arbiter } = JSON.parse(stdout.slice(stdout.indexOf("{")));
    assert.ok(arbiter.model, protocol);
    const { requests } = await server.sim.control("GET", "/__sim/requests?role=chat");
    assert.equal(requests.at(-1).body.messages.at(-1).content, await prompt(page).inputValue(), protocol);
  }
  await page.done();
});

test("code in an answer is coloured, as text; and what is written from right to left stands so", async () => {
  const answer = '```python\ndef f(x):\n    return "<img src=x onerror=window.pwned=1>"  # שלום\n```\n';
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, times: 1, fault: { kind: "content", text: answer } }]);
  const page = await open();
  await run(page, "Write a Python function");
  await done(page);
  const code = turn(page).locator("pre code");
  await code.locator(".code-kwd").first().waitFor();
  assert.equal(await code.innerText(), answer.split("\n").slice(1, 3).join("\n"));
  assert.match(await code.locator(".code-str").innerText(), /<img src=x/);
  assert.equal(await page.evaluate(() => document.querySelectorAll("main img").length), 0);

  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "content", text: "שלום, עולם" } }]);
  await prompt(page).fill("שלום");
  const direction = (place) => place.evaluate((one) => getComputedStyle(one).direction);
  assert.equal(await direction(prompt(page)), "rtl");
  await runs(page).click();
  await done(page);
  assert.equal(await direction(turn(page).locator(".said")), "rtl");
  assert.equal(await direction(turn(page).locator(".answer")), "rtl");
  assert.equal(await direction(turn(page, 0).locator(".answer pre")), "ltr");
  await page.done();
});

test("each refusal is a sentence", async () => {
  const alert = (page) => turn(page).getByRole("alert");
  const { body: minted } = await call(server, "POST", "/v1/keys", {
    key: server.adminKey,
    json: { email: "poor@example.com", budget_usd: 0.00000001, budget_period: "month" },
  });
  let page = await open({ key: minted.api_key });
  await run(page, "Calculate 17 * 23");
  await alert(page).waitFor();
  assert.match(await alert(page).innerText(), /The budget is used up[\s\S]*does not hold this request[\s\S]*It begins anew on 1 \w+\./);
  await accessible(page, "a budget that is used up");
  await page.done();

  page = await open();
  await page.route("**/v1/chat/completions", (route) =>
    route.fulfill({
      status: 422,
      json: {
        error: { message: "no model may answer this", code: "no_model_fits", type: "invalid_request_error", param: null },
        detail: { excluded: { arbiter_models: 8, refused_tools: 1 } },
      },
    }),
  );
  await run(page, "Calculate 17 * 23");
  await alert(page).waitFor();
  assert.match(await alert(page).innerText(), /No model fits[\s\S]*No model may answer this\.[\s\S]*Left out: 8 not among those asked for, 1 refused tools\./);
  await page.unroute("**/v1/chat/completions");

  await call(server, "PUT", "/v1/serve", { key: server.adminKey, json: { to: "none", why: "closed for the afternoon" } });
  await eventually(
    async () => {
      await turn(page).getByRole("button", { name: "Try again" }).click();
      return /Switched off\s+.*closed for the afternoon/i.test(await alert(page).innerText());
    },
    { what: "the switch being seen" },
  );
  await call(server, "PUT", "/v1/serve", { key: server.adminKey, json: { to: "all", why: "" } });

  await eventually(
    async () => {
      if ((await alert(page).count()) > 0) await turn(page).getByRole("button", { name: "Try again" }).click();
      return (await turn(page).locator('[data-phase="done"]').count()) > 0;
    },
    { what: "being served again" },
  );

  await page.context().setOffline(true);
  await run(page, "Calculate 18 * 23");
  await alert(page).getByText("No connection").waitFor();
  assert.match(await alert(page).innerText(), /Arbiter can't be reached\./);
  await page.context().setOffline(false);

  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat", stream: true }, fault: { kind: "reset_mid", after_chunks: 3 } }]);
  await run(page, "Why does ice float on water?");
  await alert(page).getByText("The answer broke off").first().waitFor();
  assert.ok((await turn(page).locator(".answer").innerText()).trim().length > 0, "what came until then stays");
  await page.done();
});

for (const scheme of ["light", "dark"]) {
  test(`with an answer it is accessible and as wide as a phone, ${scheme}`, async () => {
    const page = await open({ key: true, scheme, viewport: phone });
    await page.getByRole("button", { name: "Code", exact: true }).click();
    await runs(page).click();
    await done(page);
    await page.locator(".playground-more .code-str").first().waitFor();
    const top = (await turn(page).boundingBox()).y;
    assert.ok(top >= 0 && top < phone.height / 2, `the answer comes into view: ${top}`);
    await accessible(page, `an answer on a phone, ${scheme}`);
    await fitsWidth(page, `an answer on a phone, ${scheme}`);
    await page.setViewportSize({ width: 1280, height: 860 });
    await accessible(page, `an answer, ${scheme}`);
    await page.done();
  });
}
