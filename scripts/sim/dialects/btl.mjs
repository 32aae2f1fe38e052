// The runtime that Arbiter grew up with: prices in the catalogue, the charge in a header of whole
// answers, nothing of the kind on streams.

import { plainShape } from "./refuse.mjs";

export const btl = {
  name: "btl",
  base: "/v1",
  needsKey: true,
  ids: null,
  free: false,
  charge: "header",
  routes: { "GET /v1/models": listing },
  words: {},
  shape: plainShape,
  strict: false,
  usage: "asked",
  nullUsage: true,
};

function listing(models) {
  const data = [];
  for (const [id, m] of models) {
    const pricing = {};
    if (m.in_price !== null) pricing.input_per_mtok_min = m.in_price;
    if (m.out_price !== null) pricing.output_per_mtok_min = m.out_price;
    data.push({
      id,
      compatible_endpoints: m.endpoints,
      benchmark_pricing: Object.keys(pricing).length ? pricing : null,
      context_window: m.context,
    });
  }
  return { data };
}
