// Money is counted in whole micro-dollars (1e-6 USD), so that sums are exact.

export const MICRO = 1_000_000;

/** Micro-dollars as a decimal string of six places, never in e-notation. */
export function usd(micro) {
  const sign = micro < 0 ? '-' : '';
  const digits = String(Math.abs(micro)).padStart(7, '0');
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/**
 * What a call is charged, in micro-dollars: prices are USD per 1M tokens, so
 * tokens times price is micro-dollars already. Rounded to the quantum; a charge
 * above zero is never rounded to nothing unless `minOne` is off.
 */
export function charge({ inTokens, outTokens, inPrice, outPrice, factor, quantum, minOne }) {
  const exact = (inTokens * inPrice + outTokens * outPrice) * factor;
  const rounded = Math.round(exact / quantum) * quantum;
  return exact > 0 && rounded === 0 && minOne ? quantum : rounded;
}

/** What the provider's list price would have been, in USD, nine places. */
export function benchmark({ inTokens, outTokens, inPrice, outPrice }) {
  return ((inTokens * inPrice + outTokens * outPrice) / MICRO).toFixed(9);
}
