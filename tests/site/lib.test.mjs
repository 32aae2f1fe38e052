import assert from "node:assert/strict";
import { test } from "node:test";

import { readEvents } from "../../site/src/api/sse.ts";
import { asPage, firstHeading, firstSentence, labelled, pageId, split } from "../../site/src/docs/markdown.mjs";
import { place } from "../../site/src/islands/parts/labels.ts";
import { nested } from "../../site/src/islands/parts/nesting.ts";
import { estimate, fits } from "../../site/src/lib/estimate.ts";
import { compared, hasBaseline, seriesPath, stacked, toneOfSaving, winnerOf } from "../../site/src/lib/happened.ts";
import { fits as filtered, local, madeAt, merged, queryOf, secondsOf } from "../../site/src/lib/filter.ts";
import { figure } from "../../site/src/lib/figure.ts";
import { dotsOf, radius, scales } from "../../site/src/lib/plot.ts";
import { ago, listPrice, millis, percent, price, quality, share, span, tokens, usd, within } from "../../site/src/lib/format.ts";

async function eventsOf(...pieces) {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  const found = [];
  for await (const event of readEvents(body, () => new Error("broken"))) found.push(event);
  return found;
}

test("amounts are shown with as many decimals as they need", () => {
  assert.equal(usd(0.000006), "$0.000006");
  assert.equal(usd(12.3), "$12.30");
  assert.equal(usd(1234567.891), "$1,234,567.89");
  assert.equal(usd(-0.000052), "−$0.000052");
  assert.equal(usd(0.00000012), "$0.00000012");
  assert.equal(usd(0), "$0");
  for (const unknown of [null, undefined, NaN, Infinity]) assert.equal(usd(unknown), "–");
});

test("shares, prices, windows and times are shown for people", () => {
  assert.equal(percent(71.4), "71.4\u202f%");
  assert.equal(percent(-3), "−3.0\u202f%");
  assert.equal(percent(-0.01), "0.0\u202f%");
  assert.equal(share(0.5), "50.0\u202f%");
  assert.equal(quality(null), "–");
  assert.equal(price(0), "free");
  assert.equal(price(0.075), "$0.075");
  assert.equal(tokens(1_047_576), "1M");
  assert.equal(tokens(131_072), "131K");
  assert.equal(span(21_599), "5 h 59 min");
  assert.equal(span(0.2), "1 s");
  assert.deepEqual([84.4, 1_234, 90_000, null].map(millis), ["84 ms", "1.2 s", "2 min", "–"]);
  assert.equal(ago(1_000, 1_000_500), "just now");
  assert.equal(ago(1_000, 1_130_000), "2 min ago");
});

test("a budget leaves the models whose estimate is within it", () => {
  const models = [
    { id: "dear", in_price: 10, out_price: 10, context: 1_000_000, routable: true },
    { id: "cheap", in_price: 1, out_price: 1, context: 1_000_000, routable: false },
    { id: "small", in_price: 0, out_price: 0, context: 600, routable: true },
  ];
  assert.equal(estimate(models[1], 100, 512), 612 / 1e6);
  const prompt = "x".repeat(400);
  assert.deepEqual(fits(models, prompt, null).map(({ model, fits }) => [model.id, fits]), [["small", false], ["cheap", true], ["dear", true]]);
  assert.deepEqual(fits(models, prompt, 612 / 1e6).map(({ fits }) => fits), [false, true, false]);
  assert.deepEqual(fits(models, "", 0).map(({ fits }) => fits), [true, false, false]);
  assert.ok(fits([{ ...models[2], context: null }], prompt, null)[0].fits, "a window that is not known is not too small");
});

const sums = (more) => ({ at: 0, calls: 0, dropped: 0, failed: 0, failovers: 0, spend: 0, baseline_spend: 0, saved: 0, quality: null, graded: 0, ...more });

test("a span is asked for from the beginning of a step, so that the same question stays the same", () => {
  const at = 1_795_738_199_000;
  assert.equal(seriesPath("total:24h:whole", at), "/v1/timeseries?by=total&step=all&from=1795651200");
  assert.equal(seriesPath("model:24h", at), seriesPath("model:24h", at + 1_000));
  assert.match(seriesPath("model:30d", at), /step=day&from=\d+$/);
  assert.equal(Number(seriesPath("model:all", at).split("from=")[1]) % 86_400, 0);
  assert.match(seriesPath("task:nonsense", at), /by=task&step=hour/);
});

test("quality is compared with the baseline's on the same tasks only", () => {
  const policy = { math: [{ model: "base", n: 9, quality: 0.8, avg_cost: 1 }], code: [{ model: "base", n: 9, quality: null, avg_cost: null }] };
  const tasks = [sums({ name: "math", quality: 0.9, graded: 2 }), sums({ name: "code", quality: 0.1, graded: 100 }), sums({ name: "open", quality: null, graded: 0 })];
  assert.deepEqual(compared(tasks, policy, "base"), { ours: 0.9, theirs: 0.8 });
  assert.equal(compared(tasks, policy, "other"), null);
  assert.equal(compared(tasks, null, undefined), null);
  assert.deepEqual([hasBaseline(policy, "base"), hasBaseline({ code: policy.code }, "base")], [true, false]);
});

test("a saving is good only where nothing that it cost is hidden", () => {
  const whole = sums({ calls: 100, spend: 1, baseline_spend: 3, saved: 2 });
  const [same, less] = [{ ours: 0.86, theirs: 0.9 }, { ours: 0.84, theirs: 0.9 }];
  const rule = { quality_tolerance: 0.05 };
  assert.equal(toneOfSaving(whole, same, rule, "ok"), "good");
  assert.equal(toneOfSaving(whole, less, rule, "ok"), "plain", "worse than the baseline");
  assert.equal(toneOfSaving(whole, null, rule, "ok"), "plain", "a quality that nobody knows");
  assert.equal(toneOfSaving(whole, same, rule, "down"), "plain");
  assert.equal(toneOfSaving({ ...whole, failed: 20 }, same, rule, "ok"), "plain");
  assert.equal(toneOfSaving({ ...whole, saved: -1 }, same, rule, "ok"), "bad");
});

test("the winner is whom the server names, and nobody where it names none", () => {
  const row = (model, winner, share) => ({ model, n: 5, quality: 0.9, avg_cost: 1, winner, share });
  assert.equal(winnerOf([row("a", false, 0.9), row("b", true, 0.1)]).model, "b");
  assert.equal(winnerOf([row("a", false, 1), row("b", undefined, 0.5)]), null, "a share wins nothing");
  assert.equal(winnerOf([]), null);
});

test("a plot holds what it shows within its frame, the band with it, and zooms to it", () => {
  const frame = { width: 700, height: 330, left: 40, right: 14, top: 16, bottom: 46 };
  const row = (model, belief, avg_cost, doubt = 0.03) => ({ model, n: 20, quality: belief, belief, doubt, avg_cost });
  const dots = dotsOf([row("best", 0.93, 0.01), row("good", 0.9, 0.0004), row("bad", 0.2, 0.00001), row("free", 0.6, 0), { ...row("untried", 0.5, 1), n: 0 }, row("uncharged", 0.9, null)]);
  assert.deepEqual(dots.map(({ row }) => row.model), ["free", "bad", "good", "best"]);
  const inside = ({ x, y, shown }) => {
    for (const { at, cost } of shown) assert.ok(x(cost) > 40 && x(cost) < 686 && y(at) > 16 && y(at) < 284, `${x(cost)} ${y(at)}`);
  };
  const all = scales(dots, 0.88, 0.93, false, frame);
  assert.equal(all.shown.length, 4);
  inside(all);
  const xs = all.shown.map(({ cost }) => all.x(cost));
  assert.ok(xs.every((x, i) => i === 0 || x > xs[i - 1]), "dearer is further right, and free leftmost");
  const near = scales(dots, 0.88, 0.93, true, frame);
  assert.deepEqual(near.shown.map(({ row }) => row.model), ["good", "best"]);
  inside(near);
  assert.ok(near.y(0.88) - near.y(0.93) > 3 * (all.y(0.88) - all.y(0.93)));
  for (const { costs, qualities } of [all, near]) assert.ok(costs.length >= 1 && costs.length <= 12 && qualities.length >= 2 && qualities.length <= 8, `${costs} ${qualities}`);
  const one = scales(dotsOf([row("only", 1, 0, 0)]), 0.95, 1, false, frame);
  inside(one);
  assert.ok(radius(1_000) > radius(10) && radius(1e9) <= 8);
});

test("a doubt is told in as many digits as say anything", () => {
  assert.deepEqual([0.034, 0.0041, 0.00001, 0, null, undefined].map(within), [" ± 0.03", " ± 0.004", " ± 0.001", "", "", ""]);
});

test("a price that nobody knows is said, and is not 0", () => {
  assert.deepEqual([listPrice(null), listPrice(0), listPrice(2.5)], ["not known", "free", "$2.50"]);
});

test("a number goes as one, nothing as null, and what is none as it was typed", () => {
  assert.deepEqual(["", "  ", "0", "2.5", "2,5", "abc", "1e3"].map(figure), [null, null, 0, 2.5, 2.5, "abc", 1_000]);
});

test("a stack has the dearest first, and the rest in one", () => {
  const points = Array.from({ length: 9 }, (_, i) => ({ ...sums({}), at: 3_600 * (i % 2), name: `m${i}`, spend: i, baseline_spend: 10 }));
  const { times, names, values, baseline } = stacked(points, 4);
  assert.deepEqual([times, names], [[0, 3_600], ["m8", "m7", "m6", "others"]]);
  assert.deepEqual(values, [[8, 0], [0, 7], [6, 0], [6, 9]]);
  assert.deepEqual(baseline, [50, 40]);
});

test("the names in a plot run neither over dots nor over each other", () => {
  const bounds = { left: 0, right: 400, top: 0, bottom: 200 };
  const marks = [20, 60, 100, 110, 300, 390].map((x, i) => ({ x, y: 60, width: 90, first: i === 3 }));
  const placed = place(marks, bounds, 1);
  assert.equal(placed[0].i, 3);
  assert.equal(placed.length, marks.length);
  const boxes = placed.map(({ i, x, y }) => [x, x + marks[i].width, y - 6, y + 6]);
  const apart = (a, b) => a[1] <= b[0] || b[1] <= a[0] || a[3] <= b[2] || b[3] <= a[2];
  for (const [at, box] of boxes.entries()) {
    assert.ok(box[0] >= 0 && box[1] <= 400 && box[2] >= 0 && box[3] <= 200, `${box}`);
    for (const other of boxes.slice(at + 1)) assert.ok(apart(box, other), `${box} ${other}`);
    for (const { x, y } of marks) assert.ok(apart(box, [x - 4, x + 4, y - 4, y + 4]), `${box} ${x}`);
  }
  const [beside] = place([{ x: 200, y: 100, width: 90, first: true, reach: 40 }], bounds, 1);
  assert.ok(beside.x > 202 || beside.x + 90 < 198, "not over its own whisker");
  // A hundred at one place: most go without a name, and none is placed twice.
  const crowd = place(Array.from({ length: 100 }, () => ({ x: 200, y: 100, width: 90, first: false })), bounds, 1);
  assert.ok(crowd.length < 10 && new Set(crowd.map(({ i }) => i)).size === crowd.length);
});

test("an event stream is read whatever its line ends and wherever its chunks are cut", async () => {
  assert.deepEqual(await eventsOf("data:{\"a\":1}\r\n\r\n: a comment\r\n\r\nevent: arbiter\r\ndata: x\r\ndata: y\r\n\r\n"), [
    { event: "message", data: '{"a":1}' },
    { event: "arbiter", data: "x\ny" },
  ]);
  const bytes = new TextEncoder().encode("data: grüß 🙂\r\n\r\ndata: [DONE]\r\n\r\n");
  assert.deepEqual((await eventsOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).map(({ data }) => data), ["grüß 🙂", "[DONE]"]);
  assert.deepEqual(await eventsOf("data: cut off"), []);
});

test("a document becomes a page with its title taken out and its links kept alive", () => {
  const known = (id) => id === "docs/other-page";
  const body = "# The `title` of it #\n\nSee [other](other_page.md#part), [gone](../src/lib.rs), [web](https://example.com) and ![shot](img/a.png).\n\n```md\n# no title, [other](other_page.md)\n```\n";
  assert.equal(firstHeading(body), "The title of it");
  const page = asPage(body, "this.md", known);
  assert.doesNotMatch(page, /The `title`/);
  assert.match(page, /\[other\]\(\/docs\/other-page\/#part\), gone, \[web\]\(https:\/\/example\.com\) and !\[shot\]\(img\/a\.png\)/);
  assert.match(page, /```md\n# no title, \[other\]\(other_page\.md\)/);
  assert.equal(asPage("![A shot](img/none.png)", "a.md", known, () => false), "*A shot*");
  assert.equal(pageId("Sub/README.md"), "docs/sub");
  assert.deepEqual(split('---\ntitle: "A: b"\n---\nText.').data.title, "A: b");
  assert.equal(firstSentence("# T\n\nIt does [this](a.md): a lot. And that."), "It does this: a lot.");
});

test("each cell of a document's table is told by its column, the first of a row by itself", () => {
  const table = '<table><thead><tr><th>name</th><th align="right"><code>what "it"</code> is</th><th></th></tr></thead><tbody><tr><td>a</td><td align="right">b</td><td>c</td></tr></tbody></table>';
  assert.equal(labelled(`<p>x</p>${table}`), `<p>x</p>${table.replace('<td align="right">', '<td data-label="what &quot;it&quot; is" align="right">')}`);
  assert.equal(labelled("<table><tr><td>no head</td><td>2</td></tr></table>"), "<table><tr><td>no head</td><td>2</td></tr></table>");
});

test("a filter finds among the newest what the server would, and asks for the rest", () => {
  const none = Object.fromEntries(["task", "model", "mode", "outcome", "min_quality", "max_quality", "key", "from", "to"].map((name) => [name, ""]));
  const decision = { ts: 100, task: "math", model: "a", mode: "exploit", quality: 0.5, cost: 0, saved: null };
  assert.ok(filtered(decision, none));
  for (const [some, expected] of [[{ task: "code" }, false], [{ outcome: "finished" }, true], [{ min_quality: "0.5" }, true], [{ min_quality: "0.6" }, false], [{ max_quality: "0.4" }, false], [{ from: "100", to: "100" }, true], [{ to: "99" }, false], [{ min_quality: "abc" }, false]]) {
    assert.equal(filtered(decision, { ...none, ...some }), expected, JSON.stringify(some));
  }
  assert.equal(filtered({ ...decision, quality: null }, { ...none, min_quality: "0" }), false, "not graded is no grade");
  assert.equal(queryOf({ ...none, task: "math", key: "mine" }, "req_1"), "task=math&limit=200&cursor=req_1");
  assert.equal(queryOf({ ...none, key: "key_1" }, null), "key=key_1&limit=200");
  assert.equal(madeAt("req_019abcdef00ffff"), parseInt("019abcdef00", 16) / 1000);
  assert.equal(madeAt("elsewhere"), null);
  assert.deepEqual(merged([{ id: "b", ts: 2 }], [{ id: "a", ts: 1 }, { id: "b", ts: 2 }, { id: "c", ts: 3 }]).map(({ id }) => id), ["c", "b", "a"]);
  assert.equal(secondsOf(local("1795738140")), "1795738140");
  assert.deepEqual([local(""), local("x"), secondsOf("")], ["", "", ""]);
});

test("an answer whose marks nest too deep for the lexer is told by reading it once", () => {
  const deep = [">".repeat(24), "> ".repeat(24), "- ".repeat(30), `text\n${"1. ".repeat(24)}x`, " \t>".repeat(24), "1)2.".repeat(12), "[".repeat(200), `a ${"*_".repeat(100)}`];
  const flat = ["", ">".repeat(23), `${">".repeat(23)}\n${">".repeat(23)}`, `a ${"> ".repeat(40)}`, "1".repeat(500), "1 ".repeat(100), "12 . ".repeat(40), `${"[".repeat(199)}(${"[".repeat(199)}`, "---\n- a\n  - b"];
  for (const text of deep) assert.equal(nested(text), true, text);
  for (const text of flat) assert.equal(nested(text), false, text);
  // One way to match, and no way back: what is read is counted.
  for (const piece of ["- ", "-", " ", "1.", "1", "\t", "> > ", "* ", "1 ", "-\n", "[a", "+ 1)"]) {
    for (const length of [78, 780, 100_000]) {
      let reads = 0;
      const watched = new Proxy(Object(piece.repeat(length).slice(0, length)), {
        get(target, name) {
          if (typeof target[name] === "function") throw new Error(`${String(name)} would read it uncounted`);
          if (/^\d+$/.test(String(name))) reads += 1;
          return target[name];
        },
      });
      nested(watched);
      assert.ok(reads <= length, `${JSON.stringify(piece)} × ${length}: ${reads}`);
    }
  }
});
