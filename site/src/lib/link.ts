// A prompt as a link. It stands in the fragment, which a browser never sends to a server, and
// whoever opens it has the prompt before them: nothing is sent until they press Run.

/** Longer links are not made, and not read. */
export const LONGEST_LINK = 16_000;

export interface Linked {
  prompt: string;
  system: string;
}

/** The fragment that carries a prompt, or null where it would be too long. */
export function fragmentOf({ prompt, system }: Linked): string | null {
  // What is no whole character (half of a surrogate pair) becomes the replacement character.
  const fragment = `#${new URLSearchParams({ prompt, ...(system.trim() ? { system } : {}) })}`;
  return fragment.length > LONGEST_LINK ? null : fragment;
}

/** What a fragment carries; null where it carries no prompt, "too long" where it is not read. */
export function linked(fragment: string): Linked | null | "too long" {
  if (!/^#(.*&)?prompt=/.test(fragment.slice(0, LONGEST_LINK))) return null;
  if (fragment.length > LONGEST_LINK) return "too long";
  const fields = new URLSearchParams(fragment.slice(1));
  const prompt = fields.get("prompt") ?? "";
  return prompt.trim() ? { prompt, system: fields.get("system") ?? "" } : null;
}
