import type { Price } from "../api/types";

/** Output tokens that are assumed where a request sets no limit of its own. */
export const USUAL_OUTPUT = 512;

/** Estimated input tokens of a prompt: four characters (code points) to a token, as the router does. */
export function inputTokens(prompt: string): number {
  return Math.floor([...prompt].length / 4);
}

/** Estimated cost in USD of a request with `input` tokens for a model. */
export function estimate(model: Price, input: number, output = USUAL_OUTPUT): number {
  return (input * model.in_price + output * model.out_price) / 1_000_000;
}

export interface Fit {
  model: Price;
  cost: number;
  /** Its window takes the prompt and the answer, as far as the window is known. */
  large: boolean;
  /** Large enough, and within the budget. */
  fits: boolean;
}

/** Which models fit a budget (null: none set) for a prompt, cheapest estimate first. */
export function fits(models: Price[], prompt: string, budget: number | null): Fit[] {
  const input = inputTokens(prompt);
  return models
    .map((model) => {
      const cost = estimate(model, input);
      const large = model.context === null || model.context >= input + USUAL_OUTPUT;
      return { model, cost, large, fits: large && (budget === null || cost <= budget) };
    })
    .sort((a, b) => a.cost - b.cost || a.model.id.localeCompare(b.model.id));
}
