// What the playground is made of, apart from the page: conversations, links, code, refusals.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { coloured } from "../../site/src/islands/parts/colour.ts";
import { newRun, requestOf } from "../../site/src/lib/conversation.ts";
import { fragmentOf, linked, LONGEST_LINK } from "../../site/src/lib/link.ts";
import { sentence } from "../../site/src/lib/format.ts";
import { inWords, whyOut } from "../../site/src/lib/refusal.ts";
import { snippets } from "../../site/src/lib/snippets.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));

/** All that could end a string, a shell's word or a program. */
const NASTY = [
  `It's "quoted" and \`id\` and $(id) and $HOME and \${HOME} and !! and %s and {{x}}`,
  "two\nlines\r\n\ttabbed, and a backslash at the end \\",
  `''' """ \\" \\' \\n \\u0041 \\\\ </script> */ // # -- ; & | > <`,
  "🙂 grüß 你好 שלום \u2028\u2029\u0000\u001b\u00a0é",
  "'",
  "@/etc/passwd",
];

const options = { system: "", budget: null, stream: false };
const answered = (asked, text) => ({ ...newRun(asked, { messages: [] }), phase: "done", text });
const said = (request) => request.messages.map(({ role, content }) => `${role}: ${content}`);

test("a request says the conversation so far, with the system message before it", () => {
  const turns = [
    { id: 1, prompt: "one", runs: [answered(null, "1")] },
    { id: 2, prompt: "two", runs: [answered(null, "2")] },
  ];
  assert.deepEqual(requestOf(turns, "three", null, { system: "Be brief.", budget: 0.5, stream: true }), {
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "one" },
      { role: "assistant", content: "1" },
      { role: "user", content: "two" },
      { role: "assistant", content: "2" },
      { role: "user", content: "three" },
    ],
    stream: true,
    arbiter_max_cost: 0.5,
  });
  assert.deepEqual(requestOf([], "one", null, { ...options, system: " \n" }), { messages: [{ role: "user", content: "one" }] });
});

test("one model that is asked is a pin, and the budget is the router's own choice's alone", () => {
  assert.deepEqual(requestOf([], "one", "m", { ...options, budget: 0.5 }), { messages: [{ role: "user", content: "one" }], arbiter_models: ["m"] });
});

test("side by side each column goes on from its own answers, and from the others' where it was not asked", () => {
  const turns = [
    { id: 1, prompt: "one", runs: [answered(null, "of the router")] },
    { id: 2, prompt: "two", runs: [answered("a", "of a"), answered("b", "")] },
  ];
  assert.deepEqual(said(requestOf(turns, "three", "a", options)), ["user: one", "assistant: of the router", "user: two", "assistant: of a", "user: three"]);
  assert.deepEqual(said(requestOf(turns, "three", "b", options)), ["user: one", "assistant: of the router", "user: three"], "what b failed at is left out");
  assert.deepEqual(said(requestOf(turns, "three", null, options)), ["user: one", "assistant: of the router", "user: two", "assistant: of a", "user: three"]);
});

test("a prompt comes through a link as it was, whatever stands in it", () => {
  for (const prompt of NASTY) {
    const fragment = fragmentOf({ prompt, system: prompt });
    assert.match(fragment, /^#[\w%+*.&=-]+$/);
    const { hash, search } = new URL(`/app/playground/${fragment}`, "https://host.example");
    assert.equal(search, "");
    assert.deepEqual(linked(hash), { prompt, system: prompt });
  }
  assert.deepEqual(linked(fragmentOf({ prompt: "a", system: " " })), { prompt: "a", system: "" });
});

test("a link is bounded, and what is no prompt is none", () => {
  assert.equal(fragmentOf({ prompt: "x".repeat(LONGEST_LINK), system: "" }), null);
  assert.ok(fragmentOf({ prompt: "x".repeat(LONGEST_LINK - 8), system: "" }));
  assert.equal(linked(`#prompt=${"x".repeat(LONGEST_LINK)}`), "too long");
  for (const nothing of ["", "#", "#main", "#prompt=", "#prompt=%20", "#system=x", `#${"x".repeat(100_000)}`])
    assert.equal(linked(nothing), null, nothing.slice(0, 20));
  assert.deepEqual(linked("#prompt=%E0%A4%A"), { prompt: "\ufffd%A", system: "" }, "a broken escape");
});

test("code comes in pieces that are the text again, and what no one would read stays plain", () => {
  const code = 'def merge(a, b):\n    """Merges."""\n    return sorted(a + b)  # <script>alert(1)</script>\n';
  const pieces = coloured(code, "Python");
  assert.equal(pieces.map(([text]) => text).join(""), code);
  assert.ok(pieces.some(([text, kind]) => text === "def" && kind === "kwd"));
  for (const language of ["", "cobol", "__proto__", "constructor", "toString"]) assert.equal(coloured(code, language), null, language);
  for (const text of ["a".repeat(600), `a${" \n".repeat(200)}b`, "a b\n".repeat(6_000)]) assert.equal(coloured(text, "js"), null);
  for (const language of ["bash", "c", "css", "diff", "go", "html", "java", "js", "json", "python", "rust", "sql", "ts", "xml", "yaml"]) {
    for (const text of [...NASTY, ...['"', "'", "`", "/*", "<!--", "${", "(", "\\", "= "].map((piece) => `${piece.repeat(40)}x\n`.repeat(100))]) {
      const pieces = coloured(text, language);
      assert.ok(pieces, language);
      assert.equal(pieces.map(([piece]) => piece).join(""), text, language);
    }
  }
});

const refused = (status, code, message, detail = {}, retryAfter = null) => ({
  status,
  code,
  message,
  retryAfter,
  body: { detail },
  offline: status === 0,
  limited: status === 429,
});

test("a phrase becomes a sentence, and a name stays as it is", () => {
  assert.equal(sentence(" the cheapest: good enough "), "The cheapest: good enough.");
  assert.equal(sentence("gpt-4.1-mini is the cheapest model"), "gpt-4.1-mini is the cheapest model.");
  assert.equal(sentence("don't!"), "Don't!");
  assert.equal(sentence("vendor/model failed."), "vendor/model failed.");
});

test("each refusal is said in sentences", () => {
  const words = (...of) => {
    const { title, says } = inWords(refused(...of));
    return `${title}: ${says.join(" ")}`;
  };
  assert.equal(
    words(402, "budget_exceeded", "the budget of the key does not hold this request", { resets_at: 1_796_083_200 }),
    "The budget is used up: The budget of the key does not hold this request. It begins anew on 1 December.",
  );
  assert.equal(
    words(422, "no_model_fits", "no model takes pictures", { excluded: { cannot_images: 8, arbiter_models: 1 } }),
    "No model fits: No model takes pictures. Left out: 8 can't do pictures, 1 not among those asked for.",
  );
  assert.equal(words(429, "rate_limit_exceeded", "over the limit"), "Rate limited: Over the limit.");
  assert.equal(words(503, "not_serving", "closed for today"), "Switched off: Closed for today.");
  assert.equal(words(503, "upstream_error", "overloaded!"), "Something behind Arbiter failed: Overloaded!");
  assert.equal(words(502, "broken_off", "The answer broke off."), "The answer broke off: The answer broke off.");
  assert.equal(words(0, null, "Arbiter can't be reached."), "No connection: Arbiter can't be reached.");
  // Whatever the runtime's own code and body are.
  for (const body of [null, "<html>", [], { detail: "x" }, { detail: null }, { detail: { excluded: "x", resets_at: "soon" } }]) {
    for (const code of ["constructor", "__proto__", "no_model_fits", "budget_exceeded"])
      assert.equal(typeof inWords({ ...refused(500, code, "m"), body }).title, "string");
  }
  assert.equal(whyOut("refused_json_schema"), "refused a JSON schema");
  assert.equal(whyOut("constructor"), "constructor");
});

// A server that keeps what it was sent, and answers as each protocol does.
let server;
const heard = [];
before(async () => {
  server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece;
    const body = JSON.parse(text);
    heard.push({ url: request.url, key: request.headers.authorization ?? `Bearer ${request.headers["x-api-key"]}`, body });
    const answer = {
      "/v1/chat/completions": {
        whole: { id: "1", object: "chat.completion", choices: [{ index: 0, message: { role: "assistant", content: "391" } }] },
        event: { object: "chat.completion.chunk", choices: [{ index: 0, delta: { content: "391" } }] },
      },
      "/v1/responses": {
        whole: { id: "1", object: "response", output: [{ type: "message", content: [{ type: "output_text", text: "391" }] }] },
        event: { type: "response.output_text.delta", delta: "391" },
      },
      "/v1/messages": {
        whole: { id: "1", type: "message", content: [{ type: "text", text: "391" }] },
        event: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "391" } },
      },
    }[request.url];
    response.setHeader("content-type", body.stream ? "text/event-stream" : "application/json");
    response.end(body.stream ? `event: ${answer.event.type ?? "message"}\ndata: ${JSON.stringify(answer.event)}\n\n` : JSON.stringify(answer.whole));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
after(() => server.close());

const request = {
  messages: [
    { role: "system", content: NASTY[0] },
    ...NASTY.flatMap((content) => [
      { role: "user", content },
      { role: "assistant", content },
    ]),
    { role: "user", content: NASTY.join("\n") },
  ],
  arbiter_models: ["vendor/model-1"],
  arbiter_max_cost: 0.0000025,
};
const origin = () => `http://127.0.0.1:${server.address().port}`;
const env = { ...process.env, ARBITER_KEY: "arb_from$HOME'the\"environment", no_proxy: "127.0.0.1", NO_PROXY: "127.0.0.1" };
const withoutSystem = request.messages.slice(1);
const expected = {
  chat: { model: "auto", messages: request.messages },
  responses: { model: "auto", instructions: NASTY[0], input: withoutSystem },
  messages: { model: "auto", max_tokens: 1024, system: NASTY[0], messages: withoutSystem },
};

for (const surface of ["chat", "responses", "messages"]) {
  for (const stream of [false, true]) {
    const how = `${surface}, ${stream ? "streamed" : "whole"}`;

    test(`what is pasted from the playground sends the request as it is: ${how}`, async () => {
      for (const key of [null, "key with a ' and a \" and a $HOME"]) {
        const code = snippets(origin(), key, { ...request, stream }, surface);
        const body = { ...expected[surface], ...(stream && { stream }), arbiter_models: request.arbiter_models, arbiter_max_cost: request.arbiter_max_cost };
        for (const [program, args] of [
          ["bash", ["-c", code.curl.replace(/^curl /, "curl -sS ")]],
          [process.execPath, ["--input-type=module", "-e", code.node]],
        ]) {
          heard.length = 0;
          const { stdout } = await run(program, args, { cwd: root, env });
          assert.ok(stdout.includes("391"), `${program}: ${stdout}`);
          if (program !== "bash") assert.equal(stdout.trim(), "391");
          assert.equal(heard.length, 1);
          assert.deepEqual(heard[0].body, body, program);
          assert.equal(heard[0].key, `Bearer ${key ?? env.ARBITER_KEY}`, program);
        }
      }
    });

    test(`the Python that is pasted says the request as it is: ${how}`, async (t) => {
      const python = await run("python3", ["--version"]).then(
        () => true,
        () => false,
      );
      if (!python) return t.skip("there is no python3");
      const program = `import ast, json, sys
calls = [node for node in ast.walk(ast.parse(sys.stdin.buffer.read().decode("utf8"))) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "create"]
assert len(calls) == 1
print(json.dumps({word.arg: ast.literal_eval(word.value) for word in calls[0].keywords}))`;
      const child = execFile("python3", ["-c", program]);
      child.stdin.end(snippets("https://host.example", null, { ...request, stream }, surface).python);
      let out = "";
      for await (const piece of child.stdout) out += piece;
      const { extra_body: own, ...body } = JSON.parse(out);
      assert.deepEqual(own, { arbiter_models: request.arbiter_models, arbiter_max_cost: request.arbiter_max_cost });
      assert.deepEqual(body, { ...expected[surface], ...(stream && { stream }) });
    });
  }
}
