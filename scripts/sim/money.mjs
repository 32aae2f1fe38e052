// Money is counted in whole picodollars (1e-12 USD), so that sums are exact whatever the price.

export const MICRO = 1_000_000;
const PICO_PLACES = 12;

/** Micro-dollars as a decimal string of six places, never in e-notation. */
export function usd(micro) {
  return decimal(micro, 6);
}

/** Picodollars as a decimal string: six places at least, twelve where they are needed. */
export function usdOfPico(pico) {
  return decimal(pico, PICO_PLACES).replace(/0{1,6}$/, "");
}

function decimal(whole, places) {
  const digits = String(Math.abs(whole)).padStart(places + 1, "0");
  return `${whole < 0 ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/**
 * What a call is charged, in picodollars: prices are USD per 1M tokens, so tokens times price is
 * micro-dollars. Rounded to the quantum (also pico); a charge above zero is never rounded to
 * nothing unless `minOne` is off.
 */
export function charge({ inTokens, cachedTokens, outTokens, inPrice, cachedPrice, outPrice, factor, quantum, minOne }) {
  const exact = listed({ inTokens, cachedTokens, outTokens, inPrice, cachedPrice, outPrice }) * factor;
  const rounded = Math.round(exact / quantum) * quantum;
  return exact > 0 && rounded === 0 && minOne ? quantum : rounded;
}

/** The list price of a call, in picodollars. */
function listed({ inTokens, cachedTokens, outTokens, inPrice, cachedPrice, outPrice }) {
  const pico = (price) => Math.round(price * MICRO);
  return (inTokens - cachedTokens) * pico(inPrice) + cachedTokens * pico(cachedPrice) + outTokens * pico(outPrice);
}

/** What the provider's list price would have been, in USD, nine places. */
export const benchmark = (of) => (listed(of) / 1e12).toFixed(9);
