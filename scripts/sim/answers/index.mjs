// One answer of one model to one request: words or a tool call, and how good
// it truly is. The quality is told to nobody but the simulated judge.

import { lastUserText } from '../tokens.mjs';
import { codeAnswer } from './code.mjs';
import { mathAnswer } from './math.mjs';
import { factualAnswer, openAnswer } from './prose.mjs';
import { structuredAnswer, toolAnswer } from './structured.mjs';

/** `{content, quality}` or `{tool: {name, arguments}, quality}`. */
export function answer(body, task, skill, rng) {
  const call = toolAnswer(body, skill, rng);
  if (call) return { tool: call, content: null, quality: call.quality };
  const prompt = lastUserText(body.messages);
  switch (task) {
    case 'code':
      return codeAnswer(prompt, skill, rng);
    case 'math':
      return mathAnswer(prompt, skill, rng);
    case 'factual':
      return factualAnswer(prompt, skill, rng);
    case 'open':
      return openAnswer(prompt, skill, rng);
    default: {
      const wantsData = body.response_format?.type?.startsWith('json') || !body.tools;
      return wantsData ? structuredAnswer(body, prompt, skill, rng) : openAnswer(prompt, skill, rng);
    }
  }
}
