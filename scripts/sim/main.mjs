#!/usr/bin/env node
// Starts the simulated runtime. See README.md beside it.

import { parseArgs } from "node:util";
import { DIALECTS, dialectOf } from "./dialects/index.mjs";
import { KINDS } from "./faults.mjs";
import { startSim } from "./server.mjs";

const HELP = `The simulated runtime: an OpenAI-compatible gateway that needs no key and no network.

usage: node scripts/sim/main.mjs [--dialect NAME] [--port N] [--host ADDRESS] [--seed N]

  --dialect  whose catalogue, ids, errors, costs and streams: ${Object.keys(DIALECTS).join(", ")} (btl)
  --port N   where to listen (8790; 0 picks a free port)
  --host A   address to bind (127.0.0.1)
  --seed N   what its luck starts from (1); same seed and same questions, same answers

Served under /v1 (openrouter: /api/v1): POST /chat/completions, GET /models; any bearer key
(ollama, vllm: none needed); what else the dialect has, such as GET /model/info.
Control: GET and POST /__sim/state, /__sim/faults; DELETE /__sim/faults;
GET and DELETE /__sim/requests; GET /__sim/ledger; POST /__sim/reset.

Kinds of fault:
${Object.entries(KINDS)
  .map(([kind, what]) => `  ${kind.padEnd(20)} ${what}`)
  .join("\n")}
`;

function options() {
  const { values } = parseArgs({
    options: {
      dialect: { type: "string", default: "btl" },
      port: { type: "string", default: "8790" },
      host: { type: "string", default: "127.0.0.1" },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const number = (name, high) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 0 || value > high) throw new Error(`--${name}: a whole number from 0 to ${high} expected`);
    return value;
  };
  return { help: values.help, dialect: dialectOf(values.dialect).name, host: values.host, port: number("port", 65_535), seed: number("seed", 2 ** 32) };
}

try {
  const { help, ...rest } = options();
  if (help) process.stdout.write(HELP);
  else {
    const sim = await startSim(rest);
    console.log(`sim listening on ${sim.url} (${rest.dialect}, base URL ${sim.base})`);
    for (const signal of ["SIGINT", "SIGTERM"]) {
      process.once(signal, () => sim.stop().then(() => process.exit(0)));
    }
  }
} catch (error) {
  const taken = error.code === "EADDRINUSE" ? " (another process listens there; --port 0 picks a free port)" : "";
  console.error(`sim: ${error.message}${taken}`);
  process.exit(1);
}
