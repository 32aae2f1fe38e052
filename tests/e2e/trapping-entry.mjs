// The worker whose WebAssembly breaks off where a request says so: `x-trap: unreachable` (as after a panic) or
// `x-trap: stack`, by what it calls to read the request's URL. Stands beside index.js in the build.

import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "./index.js";

export * from "./index.js";

const deeper = () => deeper() + 1;
const ENDS = {
  unreachable() {
    throw new WebAssembly.RuntimeError("unreachable");
  },
  stack: deeper,
};

export default class extends WorkerEntrypoint {
  fetch(request) {
    const get = ENDS[request.headers.get("x-trap")];
    if (get) Object.defineProperty(request, "url", { get });
    return Worker.fetch(request, this.env, this.ctx);
  }
}
