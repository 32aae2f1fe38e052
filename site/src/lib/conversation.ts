// A conversation of the playground: what was asked, who answered, and what the next request says.

import type { ApiError } from "../api/client";
import type { ChatRequest, Message, Verdict } from "../api/types";

/** Who is asked: one model by its id, or (null) whichever the router takes. */
export type Asked = string | null;

/** One answer, as it comes in. */
export interface Run {
  asked: Asked;
  request: ChatRequest;
  phase: "waiting" | "streaming" | "done" | "cancelled" | "failed";
  text: string;
  /** What came, as it came: the events of a stream, or one body. */
  raw: string[];
  verdict: Verdict;
  error: ApiError | null;
  /** Milliseconds to the first text, and to the end. */
  firstMs: number | null;
  totalMs: number | null;
}

/** A prompt, and the answer or the answers side by side. */
export interface Turn {
  id: number;
  prompt: string;
  runs: Run[];
}

export interface Options {
  system: string;
  /** USD for a request of which the router chooses the model; null: no limit. */
  budget: number | null;
  stream: boolean;
}

export const newRun = (asked: Asked, request: ChatRequest): Run => ({
  asked,
  request,
  phase: "waiting",
  text: "",
  raw: [],
  verdict: {},
  error: null,
  firstMs: null,
  totalMs: null,
});

export const isRunning = ({ phase }: Run) => phase === "waiting" || phase === "streaming";

/**
 * The answer of a turn that a column's conversation goes on from: its own, or, where the column was
 * not asked then, the first there is. Null where it was asked and has said nothing.
 */
function answerOf({ runs }: Turn, asked: Asked): string | null {
  const own = runs.find((run) => run.asked === asked);
  return (own ? own.text : runs.find(({ text }) => text)?.text) || null;
}

/** What is sent for a prompt after some turns. A turn without an answer is left out. */
export function requestOf(turns: readonly Turn[], prompt: string, asked: Asked, { system, budget, stream }: Options): ChatRequest {
  const messages: Message[] = [];
  if (system.trim()) messages.push({ role: "system", content: system });
  for (const turn of turns) {
    const content = answerOf(turn, asked);
    if (content !== null) messages.push({ role: "user", content: turn.prompt }, { role: "assistant", content });
  }
  messages.push({ role: "user", content: prompt });
  return {
    messages,
    ...(stream ? { stream } : {}),
    ...(asked !== null ? { arbiter_models: [asked] } : budget !== null ? { arbiter_max_cost: budget } : {}),
  };
}
