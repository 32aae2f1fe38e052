// The worker behind something that ends TLS: it is asked by an https URL. Stands beside index.js in the build.

import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "./index.js";

export * from "./index.js";

export default class extends WorkerEntrypoint {
  fetch(request) {
    const url = request.url.replace(/^http:/, "https:");
    return Worker.fetch(new Request(url, request), this.env, this.ctx);
  }
}
