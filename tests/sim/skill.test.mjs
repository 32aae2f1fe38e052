import assert from "node:assert/strict";
import { Script } from "node:vm";
import { after, before, beforeEach, describe, it } from "node:test";
import { evaluate, findExpression, show, solveLinear } from "../../scripts/sim/answers/arithmetic.mjs";
import { damage } from "../../scripts/sim/answers/code.mjs";
import { fill, isJson } from "../../scripts/sim/answers/schema.mjs";
import { SNIPPETS } from "../../scripts/sim/answers/snippets.mjs";
import { generator } from "../../scripts/sim/random.mjs";
import { startSim } from "../../scripts/sim/server.mjs";
import { taskOfText } from "../../scripts/sim/task.mjs";
import { chat } from "./client.mjs";

let sim;
before(async () => (sim = await startSim({ port: 0, seed: 11 })));
after(() => sim.stop());
beforeEach(() => {
  sim.state.reset();
  sim.state.patch({ time_scale: 0 });
});
const skill = (model, value) => sim.state.patch({ models: { [model]: { skill: value } } });
const says = async (model, text, more) => (await chat(sim.url, model, text, more)).json.choices[0].message.content;
const numberIn = (text) => Number(text.replace(/,/g, "").match(/-?\d+(?:\.\d+)?(?!.*\d)/s)?.[0]);

describe("sums", () => {
  const CASES = [
    ["Calculate 12*(3+4)^2", "588"],
    ["What is 15% of 240?", "36"],
    ["1,234.5 + 2 × 3", "1240.5"],
    ["the average of 4, 8 and 15", "9"],
    ["7 divided by 4", "1.75"],
    ["-5 - -3", "-2"],
    ["2^-2", "0.25"],
    ["0.1 + 0.2", "0.3"],
  ];
  for (const [prompt, value] of CASES) {
    it(prompt, () => assert.equal(show(findExpression(prompt).value).text, value));
  }

  it("are not seen in dates, telephone numbers and counted things", () => {
    for (const text of ["On 2024-05-01 I left", "call 555-123-4567", "I had 3 apples"]) assert.equal(findExpression(text), null);
  });

  it("that are hostile are given up", () => {
    for (const text of ["9^9^9^9", "(".repeat(90_000), "-".repeat(50_000), "1/0"]) assert.throws(() => evaluate(text));
  });

  it("are looked for in the beginning of a prompt only", () => {
    const far = " ".repeat(100_000);
    assert.equal(solveLinear(`${far}2x + 3 = 7`), null);
    assert.equal(findExpression(`${far}2 + 3`), null);
  });

  it("with an unknown are solved", () => {
    const solved = (text) => {
      const found = solveLinear(text);
      return found && `${found.variable} = ${show(found.value).text}`;
    };
    const CASES = [
      ["Solve 2x + 3 = 7", "x = 2"],
      ["Solve for y: y - 4 = -1", "y = 3"],
      ["-3 * z + 5 = 20.", "z = -5"],
      ["if -x + 1 = 4 then", "x = -3"],
      ["1 = 1 and\n 4n\t-\t2=  6", "n = 2"],
      ["0x + 3 = 7", null],
      ["2x + 3 = 7z", null],
      ["x + = 7", null],
      ["2x + 3", null],
    ];
    for (const [text, value] of CASES) assert.equal(solved(text), value, text);
  });

  it("with an unknown are looked for by reading each character once", () => {
    // Counts what is read of a text: the work of whoever searches it.
    const counted = (text) => {
      let reads = 0;
      const watched = new Proxy(Object(text), {
        get(target, name) {
          if (typeof name === "string" && /^\d+$/.test(name)) reads += 1;
          const value = target[name];
          if (typeof value === "function") throw new Error(`${String(name)} would read it uncounted`);
          return value;
        },
      });
      assert.equal(solveLinear(watched), null);
      return reads;
    };
    for (const piece of [" ", "1", "-", "x", "1 ", "x + ", "x+1=", "x + 1 =  ", "\t\n", "1*"]) {
      for (const length of [1_000, 2_000, 3_000]) assert.ok(counted(piece.repeat(length).slice(0, length)) <= length, `${piece} × ${length}`);
      assert.ok(counted(piece.repeat(50_000)) <= 3_000, piece);
    }
  });

  it("are right from a skilled model and wrong from an unskilled one", async () => {
    skill("gpt-4o", { math: 1 });
    skill("gpt-4o-mini", { math: 0 });
    for (let i = 1; i <= 25; i++) {
      const question = `Calculate ${i * 37} + ${i} * 11`;
      assert.equal(numberIn(await says("gpt-4o", question)), i * 48, question);
      assert.notEqual(numberIn(await says("gpt-4o-mini", question)), i * 48, question);
    }
  });
});

describe("code", () => {
  const parses = (code) => {
    try {
      new Script(code.replace(/^export /gm, ""));
      return true;
    } catch {
      return false;
    }
  };

  it("parses from a skilled model and does not from an unskilled one", async () => {
    for (const value of [1, 0]) {
      skill("gpt-4o", { code: value });
      for (let i = 0; i < 15; i++) {
        const code = (await says("gpt-4o", `Write a JavaScript function, number ${i}`)).match(/```javascript\n([\s\S]*?)```/)[1];
        assert.equal(parses(code), value === 1, code);
      }
    }
  });

  it("comes in the language that was asked for", async () => {
    for (const language of Object.keys(SNIPPETS)) {
      assert.ok((await says("gpt-4o", `Write a program in ${language} that sorts a list`)).includes(`\`\`\`${language}\n`), language);
    }
  });

  it("that is damaged differs from every whole snippet", () => {
    for (const [language, list] of Object.entries(SNIPPETS)) {
      for (const [, code] of list) {
        for (let i = 0; i < 20; i++)
          assert.ok(
            list.every(([, whole]) => damage(language, code, generator(`d${i}`)) !== whole),
            language,
          );
      }
    }
  });
});

describe("structured answers", () => {
  it("are JSON with the fields asked for, or no JSON", async () => {
    const ask = (i) => says("gpt-4o", `Return JSON with the keys name, age and email. Number ${i}`, { response_format: { type: "json_object" } });
    for (let i = 0; i < 15; i++) {
      skill("gpt-4o", { structured: 1 });
      assert.deepEqual(Object.keys(JSON.parse(await ask(i))), ["name", "age", "email"]);
      skill("gpt-4o", { structured: 0 });
      assert.equal(isJson(await ask(i)), false);
    }
  });

  it("keep to a JSON schema, or break it while they are JSON", async () => {
    const schema = {
      type: "object",
      properties: { id: { type: "integer", minimum: 5 }, kind: { enum: ["a", "b"] }, tags: { type: "array", items: { type: "string" }, minItems: 1 } },
      required: ["id", "kind", "tags"],
      additionalProperties: false,
    };
    const fits = (v) =>
      Number.isInteger(v.id) &&
      v.id >= 5 &&
      ["a", "b"].includes(v.kind) &&
      Array.isArray(v.tags) &&
      v.tags.every((t) => typeof t === "string") &&
      Object.keys(v).length === 3;
    for (const value of [1, 0]) {
      skill("gpt-4o", { structured: value });
      for (let i = 0; i < 15; i++) {
        const text = await says("gpt-4o", `Make one, ${i}`, { response_format: { type: "json_schema", json_schema: { name: "x", schema } } });
        assert.equal(fits(JSON.parse(text)), value === 1, text);
      }
    }
  });

  it("a schema that refers to itself is filled to a bounded depth", () => {
    const schema = { type: "object", properties: { next: { $ref: "#" } } };
    assert.ok(JSON.stringify(fill(schema, generator("r"))).length < 1_000);
  });

  it("tool arguments fit the schema of the tool", async () => {
    skill("gpt-4o", { structured: 1 });
    const tools = [
      { type: "function", function: { name: "book", parameters: { type: "object", properties: { seats: { type: "integer" } }, required: ["seats"] } } },
    ];
    const { json } = await chat(sim.url, "gpt-4o", "Book seats", { tools });
    const [call] = json.choices[0].message.tool_calls;
    assert.ok(call.function.name === "book" && Number.isInteger(JSON.parse(call.function.arguments).seats));
    assert.equal((await chat(sim.url, "gpt-4o", "Book", { tools, tool_choice: "none" })).json.choices[0].finish_reason, "stop");
  });
});

describe("the helpers", () => {
  const judged = async (question, answer) =>
    Number(
      await says("deepseek-v4-pro", `Rate how good this answer is from 0 to 1. Reply with the number only.\n\nQuestion: ${question}\n\nAnswer: ${answer}`, {
        max_tokens: 8,
        temperature: 0,
      }),
    );

  it("the judge tells good answers of the simulator from bad ones", async () => {
    skill("gpt-4o", { open: 0.95 });
    skill("gpt-4o-mini", { open: 0.3 });
    let gap = 0;
    for (let i = 0; i < 12; i++) {
      const question = `Suggest a name for boat ${i}`;
      gap += (await judged(question, await says("gpt-4o", question))) - (await judged(question, await says("gpt-4o-mini", question)));
    }
    assert.ok(gap / 12 > 0.5 && gap / 12 < 0.8, String(gap / 12));
  });

  it("the judge goes by the text where the answer is not the simulator's own", async () => {
    const good = "For example, in 1969 three people flew there. Concretely, the trip took 8 days because of the distance. ".repeat(3);
    assert.ok((await judged("When?", good)) > (await judged("When?", "I'm not sure.")) + 0.3);
  });

  it("the judge answers in JSON when it is asked to", async () => {
    const text = await says("deepseek-v4-pro", 'Rate it. Answer {"score": number}\nAnswer: fine', { response_format: { type: "json_object" } });
    assert.ok(JSON.parse(text).score >= 0);
  });

  it("the classifier names the task of the quoted prompt in one word", async () => {
    sim.state.patch({ classifier_error: 0 });
    const asked = {
      "Write a python function that sorts": "code",
      "How much is 3 + 4?": "math",
      "Return JSON with two fields": "structured",
      "Who wrote Hamlet?": "factual",
      "Give me ideas for a birthday party": "open",
    };
    for (const [prompt, task] of Object.entries(asked)) {
      assert.equal(taskOfText(prompt), task);
      assert.equal(await says("deepseek-v4-flash", `Which one: code, math, structured, factual or open?\n\nPrompt: ${prompt}`), task);
    }
  });
});

describe("the default skills", () => {
  it("leave the choice of model to each task: a cheap one is good enough, another is not", () => {
    const pool = [
      "mistral-small-3.2-24b-instruct-2506",
      "deepseek-chat-v3",
      "llama-3.1-70b-instruct",
      "gpt-4.1-mini",
      "gemini-2.5-flash",
      "gpt-4o-mini",
      "gpt-4.1",
      "gemini-2.5-pro",
      "gpt-4o",
    ];
    const chosen = ["code", "math", "structured", "factual", "open"].map((task) => {
      const rows = pool.map((id) => ({ id, ...sim.state.models.get(id) }));
      const best = Math.max(...rows.map((row) => row.skill[task]));
      const cheap = rows.filter((row) => row.out_price < 2);
      assert.ok(
        cheap.some((row) => row.skill[task] < best - 0.15),
        task,
      );
      return cheap.filter((row) => row.skill[task] >= best - 0.05).sort((a, b) => a.out_price - b.out_price)[0].id;
    });
    assert.equal(new Set(chosen).size, 5);
  });
});
