// One answer of one model to one request: words or calls of tools, and how good
// it truly is. The quality is told to nobody but the simulated judge.

import { lastUserText } from "../conversation.mjs";
import { agentTurn } from "./agent.mjs";
import { codeAnswer } from "./code.mjs";
import { mathAnswer } from "./math.mjs";
import { factualAnswer, openAnswer } from "./prose.mjs";
import { structuredAnswer, toolAnswer } from "./structured.mjs";

const LONG_WORDS = 3_000;

/** `{content, quality}`, or `{tools: [{name, arguments}], content, quality}`; `skills` are the model's, by task. */
export function answer(body, task, skills, rng, scenario = new Map()) {
  const skill = skills[task];
  const turn = agentTurn(body, skills.code, rng, scenario);
  if (turn?.tools) return turn;
  const prompt = lastUserText(body.messages);
  if (scenario.has("long")) return { content: long(prompt), quality: skill };
  if (turn) return turn;
  const call = toolAnswer(body, skill, rng);
  if (call) return { tools: [call], content: null, quality: call.quality };
  switch (task) {
    case "code":
      return codeAnswer(prompt, skill, rng);
    case "math":
      return mathAnswer(prompt, skill, rng);
    case "factual":
      return factualAnswer(prompt, skill, rng);
    case "open":
      return openAnswer(prompt, skill, rng);
    default: {
      const wantsData = body.response_format?.type?.startsWith("json") || !body.tools;
      return wantsData ? structuredAnswer(body, prompt, skill, rng) : openAnswer(prompt, skill, rng);
    }
  }
}

function long(prompt) {
  const subject =
    prompt
      .replace(/\[\[[^\]]*\]\]/g, "")
      .trim()
      .slice(0, 60) || "the matter";
  return Array.from({ length: LONG_WORDS / 10 }, (_, i) => `Point ${i + 1} about ${JSON.stringify(subject)} follows from the one before.`).join("\n");
}
