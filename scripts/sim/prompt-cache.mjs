// What a runtime remembers of prompts: for some minutes, by prefix, in whole messages. Knows
// nothing of prices.

import { createHash } from "node:crypto";
import { countTokens, messageTokens } from "./tokens.mjs";

const KEPT = 50_000;

export class PromptCache {
  constructor() {
    this.until = new Map();
  }

  /**
   * How many tokens at the beginning of a request were read lately, and remembers all of it from
   * now on. `owner` is who shares the cache: a key and a model.
   */
  read(owner, body, { now, seconds, atLeast }) {
    const chain = createHash("sha256").update(JSON.stringify([owner, body.tools ?? null]));
    let total = 3 + (Array.isArray(body.tools) ? countTokens(JSON.stringify(body.tools)) : 0);
    let cached = 0;
    for (const message of body.messages) {
      chain.update(JSON.stringify(message));
      total += messageTokens(message);
      const key = chain.copy().digest("base64");
      if ((this.until.get(key) ?? -1) >= now && total >= atLeast) cached = total;
      // The newest are last, so that the oldest go first.
      this.until.delete(key);
      this.until.set(key, now + seconds);
    }
    while (this.until.size > KEPT) this.until.delete(this.until.keys().next().value);
    return cached;
  }
}
