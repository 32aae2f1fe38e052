import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { kitOf } from "../../scripts/sim/answers/agent.mjs";
import { lastAsked, unwrapped } from "../../scripts/sim/conversation.mjs";
import { WORDS } from "../../scripts/sim/scenario.mjs";
import { startSim } from "../../scripts/sim/server.mjs";
import { contentOf, eventsOf, exchange } from "./client.mjs";

const tool = (name, properties, required = Object.keys(properties)) => ({
  type: "function",
  function: {
    name,
    parameters: { type: "object", properties: Object.fromEntries(Object.entries(properties).map(([key, type]) => [key, { type }])), required },
  },
});
// The tools of the two agents as a translator of their protocols hands them on.
const CODEX = [
  tool("exec_command", { cmd: "string", workdir: "string" }, ["cmd"]),
  tool("update_plan", { plan: "array" }),
  tool("apply_patch", { input: "string" }),
  tool("view_image", { path: "string" }),
];
const OLD_CODEX = [tool("shell", { command: "array", workdir: "string" }, ["command"])];
const CLAUDE = [
  tool("Bash", { command: "string", description: "string", timeout: "number" }, ["command"]),
  tool("Read", { file_path: "string", limit: "number" }, ["file_path"]),
  tool("Write", { file_path: "string", content: "string" }),
  tool("Edit", { file_path: "string", old_string: "string", new_string: "string", replace_all: "boolean" }, ["file_path", "old_string", "new_string"]),
];
const TASK = 'Create greet.mjs that prints "good morning", then run `node greet.mjs`.';

/** A machine that does what the calls say, as far as they go: files, and results in an agent's words. */
function machine() {
  const files = new Map();
  const name = (path) => path.split("/").at(-1);
  const command = (text) => {
    const written = /^cat > (\S+) <<'END'\n([\s\S]*)END$/.exec(text);
    if (written) return void files.set(name(written[1]), written[2]);
    const [program, ...rest] = text.split(" ");
    const file = files.get(name(rest.at(-1) ?? ""));
    if (program === "ls" || program === "pwd") return [...files.keys()].join("\n");
    if (file === undefined) return `Process exited with code 1\nno such file: ${rest.at(-1)}`;
    return program === "node" ? (/console\.log\("(.*)"\)/.exec(file)?.[1] ?? file) : file;
  };
  const change = (path, before, after) => {
    const file = files.get(name(path));
    if (!file?.includes(before)) return "<tool_use_error>String to replace not found in file.</tool_use_error>";
    files.set(name(path), file.replace(before, after));
    return "ok";
  };
  const patch = (text) => {
    const [, kind, path] = /\*\*\* (Add|Update) File: (.*)\n/.exec(text);
    const of = (mark) =>
      text
        .split("\n")
        .filter((line) => line.startsWith(mark) && !line.startsWith("***"))
        .map((line) => `${line.slice(1)}\n`)
        .join("");
    return kind === "Add"
      ? (files.set(path, of("+")), "Success")
      : change(path, of("-"), of("+")).replace(/.*not found.*/, "apply_patch verification failed: Failed to find expected lines");
  };
  const run = ({ name: which, arguments: text }) => {
    const given = JSON.parse(text);
    if (which === "Write") return (files.set(name(given.file_path), given.content), "File created");
    if (which === "Edit") return change(given.file_path, given.old_string, given.new_string);
    if (which === "Read") return files.get(name(given.file_path)) ?? "Error: no such file";
    if (which === "apply_patch") return patch(given.input);
    return command(given.cmd ?? (Array.isArray(given.command) ? given.command.at(-1) : given.command)) ?? "";
  };
  return { files, run };
}

let sim;
before(async () => (sim = await startSim({ port: 0, seed: 21 })));
after(() => sim.stop());
beforeEach(() => {
  sim.state.reset();
  sim.state.patch({ time_scale: 0, models: { "gpt-4o": { skill: 1 }, "mistral-nemo": { skill: { code: 0.1 } } } });
});

async function work(tools, { asked = TASK, model = "gpt-4o", system = "You are an agent.", more = {} } = {}) {
  const messages = [
    { role: "system", content: system },
    { role: "user", content: asked },
  ];
  const { files, run } = machine();
  const calls = [];
  for (let turn = 1; turn <= 30; turn++) {
    const { text, status } = await exchange(sim.url, { body: { model, messages, tools, ...more } });
    assert.equal(status, 200, text);
    const { message, finish_reason } = JSON.parse(text).choices[0];
    if (!message.tool_calls) return { files, calls, turns: turn, said: message.content, finish_reason, messages };
    calls.push(message.tool_calls.map((call) => call.function));
    messages.push(message, ...message.tool_calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: run(call.function) })));
  }
  throw new Error("it never came to an end");
}

describe("an agent", () => {
  for (const [name, tools] of Object.entries({ CODEX, OLD_CODEX, CLAUDE })) {
    it(`of the kind ${name} has its task done in six turns and more`, async () => {
      const { files, turns, calls, said } = await work(tools);
      assert.equal(files.get("greet.mjs"), 'console.log("good morning");\n');
      assert.ok(turns >= 6 && turns <= 9, String(turns));
      assert.ok(calls.flat().some((call) => call.arguments.includes("node greet.mjs")));
      assert.match(said, /greet\.mjs[\s\S]*good morning/);
      assert.ok(calls.every((list) => list.length === 1));
    });
  }

  it("writes with the tools that it has, where the session stands", async () => {
    const { calls } = await work(CLAUDE, { system: "Working directory: /home/me/project\nMore." });
    const by = (name) => JSON.parse(calls.flat().find((call) => call.name === name).arguments);
    assert.equal(by("Write").file_path, "/home/me/project/greet.mjs");
    assert.deepEqual([by("Edit").old_string, by("Edit").new_string], ['console.log("TODO");', 'console.log("good morning");']);
    const codex = (await work(CODEX)).calls.flat();
    assert.deepEqual([...new Set(codex.map(({ name }) => name))].sort(), ["apply_patch", "exec_command"]);
  });

  it("calls two tools at once when it is told to and may", async () => {
    const asked = `${TASK} [[parallel]]`;
    const widest = async (more) => Math.max(...(await work(CLAUDE, { asked, more })).calls.map((list) => list.length));
    assert.equal(await widest(), 2);
    assert.equal(await widest({ parallel_tool_calls: false }), 1);
  });

  it("writes several files", async () => {
    const { files, turns } = await work(CODEX, { asked: 'Write a.txt and b.md, both with the text "two of us".' });
    assert.deepEqual([files.get("a.txt"), files.get("b.md")], ["two of us\n", "# two of us\n"]);
    assert.ok(turns >= 8);
  });

  it("repeats itself or misses an edit where the model is weak, and gets there", async () => {
    let slips = 0;
    for (let i = 0; i < 6; i++) {
      const asked = `Create greet.mjs that prints "number ${i}", then run \`node greet.mjs\`.`;
      const strong = await work(CLAUDE, { asked });
      const weak = await work(CLAUDE, { asked, model: "mistral-nemo" });
      assert.equal(weak.files.get("greet.mjs"), strong.files.get("greet.mjs"));
      assert.ok(weak.turns >= strong.turns && weak.turns <= 24);
      slips += weak.turns - strong.turns;
    }
    assert.ok(slips >= 6, String(slips));
  });

  it("goes on where another model left off", async () => {
    const { messages } = await work(CLAUDE);
    const half = messages.slice(0, 6);
    const { text } = await exchange(sim.url, { body: { model: "gpt-4.1", messages: half, tools: CLAUDE } });
    assert.deepEqual(
      JSON.parse(text).choices[0].message.tool_calls?.map((call) => call.function),
      messages[6].tool_calls.map((call) => call.function),
    );
  });

  it("stops and says so when it is not allowed", async () => {
    const call = { id: "c1", type: "function", function: { name: "Bash", arguments: '{"command":"ls -la"}' } };
    const messages = [
      { role: "user", content: TASK },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "The user doesn't want to proceed with this tool use." },
    ];
    const { text } = await exchange(sim.url, { body: { model: "gpt-4o", messages, tools: CLAUDE } });
    assert.match(JSON.parse(text).choices[0].message.content, /not allowed/);
  });

  it("is told from other tools", () => {
    assert.equal(kitOf([tool("find", { city: "string" })]), null);
    assert.equal(kitOf([tool("write_file", { path: "string" })]), null);
    assert.equal(kitOf(undefined), null);
    assert.ok(kitOf(CODEX) && kitOf(CLAUDE) && kitOf(OLD_CODEX));
  });
});

describe("what a person said", () => {
  it("is found among what agents wrap around it", () => {
    const wrapped = `<system-reminder>\nrun x\n</system-reminder>\n${TASK}\n<system-reminder>again</system-reminder>`;
    assert.equal(unwrapped(wrapped), TASK);
    assert.equal(unwrapped("<environment_context><cwd>/x</cwd>"), "");
    assert.equal(unwrapped("<b>bold</b> stays"), "<b>bold</b> stays");
    const messages = [
      { role: "user", content: "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>be nice</INSTRUCTIONS>" },
      {
        role: "user",
        content: [
          { type: "text", text: "<system-reminder>a</system-reminder>" },
          { type: "text", text: TASK },
        ],
      },
      { role: "assistant", content: null, tool_calls: [] },
      { role: "tool", content: "out" },
      { role: "user", content: "Tool loaded." },
      { role: "user", content: "<system-reminder>The todo list is empty</system-reminder>" },
    ];
    assert.deepEqual(lastAsked(messages), { at: 1, text: TASK });
  });

  it("is read in one pass", () => {
    const text = "<system-reminder>".repeat(50_000);
    assert.equal(unwrapped(text), "");
    assert.equal(unwrapped("<system-reminder".repeat(50_000)).length, 800_000);
  });
});

describe("words in the prompt", () => {
  const ask = (words, more = {}, options = {}) =>
    exchange(sim.url, { ...options, body: { model: "gpt-4o", messages: [{ role: "user", content: `Write a note about tea ${words}` }], ...more } });
  const message = ({ text }) => JSON.parse(text).choices[0].message;

  it("each does what it says", async () => {
    assert.ok(message(await ask("[[long]]")).content.length > 10_000);
    assert.equal(JSON.parse((await ask("[[long]][[cut=12]]")).text).choices[0].finish_reason, "length");
    assert.ok(message(await ask("[[thinking]]")).reasoning_content);
    assert.ok(message(await ask("[[refuse]]")).refusal);
    assert.equal(message(await ask("[[empty]]")).content, "");
    const limited = await ask("[[status=429]]");
    assert.deepEqual([limited.status, limited.headers["retry-after"]], [429, "1"]);
    const errors = async (words) => eventsOf((await ask(words, { stream: true })).text).filter((event) => event.error).length;
    assert.deepEqual([await errors("[[error-mid]]"), await errors("[[error-first]]"), await errors("")], [1, 1, 0]);
    assert.equal((await ask("[[die-mid]]", { stream: true })).failed, "ECONNRESET");
    assert.equal((await ask("[[hang-mid]]", { stream: true }, { giveUpAfter: 50 })).failed, "ECONNRESET");
    assert.equal((await ask("[[no-such-word]]")).status, 200);
    assert.ok(Object.keys(WORDS).length >= 12);
  });

  it("thinking travels before the words of a stream", async () => {
    const events = eventsOf((await ask("[[thinking]]", { stream: true })).text);
    const first = (name) => events.findIndex((event) => event.choices?.[0]?.delta[name]);
    assert.ok(first("reasoning_content") > 0 && first("reasoning_content") < first("content") && contentOf(events));
  });

  it("may hold for some times or in one turn only", async () => {
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await ask("[[status=503*2]]")).status);
    assert.deepEqual(statuses, [503, 503, 200]);
    assert.equal((await ask("[[status=500@2]]")).status, 200);
    const messages = [
      { role: "user", content: `${TASK} [[status=500@2]]` },
      { role: "assistant", content: null, tool_calls: [{ id: "a", type: "function", function: { name: "Bash", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "a", content: "x" },
    ];
    assert.equal((await exchange(sim.url, { body: { model: "gpt-4o", messages, tools: CLAUDE } })).status, 500);
  });
});
