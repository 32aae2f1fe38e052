// The runtimes that the simulator can be taken for. A dialect says what a runtime calls its models,
// how it lists them, words its errors, tells what a call cost, and dresses its streams. It knows
// nothing of what is said in an answer.
//
//   name, base        base: the path that a base URL ends in
//   needsKey          whether a request without a key is refused
//   ids               what it calls the models it has, by our names; null: all but `elsewhere`, as we do
//   free              true where nobody is charged for a call
//   routes            what it serves beside chat: `METHOD /path`, given (models, dialect), to a body
//   words             by kind of refusal: what differs from the usual words (see refuse.mjs)
//   page              a page of its catalogue, of those that give it in pages
//   shape             an error as its body
//   strict            whether fields it does not know are refused
//   usage             a stream's usage chunk: 'asked' or 'always'
//   spells            the quirks of its answers: whole, chunk, closing, headers, opening

import { btl } from "./btl.mjs";
import { litellm } from "./litellm.mjs";
import { ollama } from "./ollama.mjs";
import { openai } from "./openai.mjs";
import { openrouter } from "./openrouter.mjs";
import { vllm } from "./vllm.mjs";

export const DIALECTS = { btl, openrouter, openai, litellm, ollama, vllm };

/** The dialect of that name; throws where there is none. */
export function dialectOf(name) {
  if (!Object.hasOwn(DIALECTS, name)) throw new Error(`there is no dialect '${name}': one of ${Object.keys(DIALECTS).join(", ")} expected`);
  return DIALECTS[name];
}
