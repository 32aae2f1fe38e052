// node scripts/lib/serve.mjs --port N --persist-to DIR --env-file FILE: serves the worker on 127.0.0.1 as
// `wrangler dev` does, built anew with each change, but for the proxy that stands before it there: that one tells
// the worker nothing of a client that leaves before its answer begins. Where Arbiter is deployed the platform does.

import { createRequire } from "node:module";
import { parseArgs } from "node:util";

import { relay } from "./relay.mjs";

const { values } = parseArgs({ options: { port: { type: "string" }, "persist-to": { type: "string" }, "env-file": { type: "string" } } });
// Its name for how much it says is read where it begins.
process.env.WRANGLER_LOG ??= "warn";
const { unstable_DevEnv: DevEnv } = createRequire(import.meta.url)("wrangler");
const HOST = "127.0.0.1";

// Where the worker itself listens: each build at another port.
let port;
const server = relay(() => port).on("error", (error) => {
  console.error(`port ${values.port} cannot be served on: ${error.message}`);
  process.exit(1);
});
const environment = new DevEnv().on("reloadComplete", ({ proxyData }) => {
  port = Number(proxyData.userWorkerUrl.port);
  if (!server.listening) server.listen(Number(values.port), HOST);
});
await environment.startWorker({
  config: "wrangler.toml",
  envFiles: [values["env-file"]],
  dev: {
    server: { hostname: HOST, port: 0 },
    inspector: false,
    persist: values["persist-to"],
    watch: true,
    logLevel: process.env.WRANGLER_LOG,
  },
});
