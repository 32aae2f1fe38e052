// The worker in front of a Feed that fails as often as it is told to, with
// `POST /__fail?verb=reset&times=1`. Stands beside index.js in the build.

import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "./index.js";

export * from "./index.js";

const failures = new Map();
let patched = false;

function patch(env) {
  if (patched) return;
  patched = true;
  let owner = env.FEED.getByName("feed");
  while (owner && !Object.hasOwn(owner, "fetch")) owner = Object.getPrototypeOf(owner);
  const original = owner.fetch;
  Object.defineProperty(owner, "fetch", {
    configurable: true,
    writable: true,
    value(request, ...rest) {
      const verb = new URL(request.url ?? request).pathname.slice(1);
      const left = failures.get(verb) ?? 0;
      if (left === 0) return original.call(this, request, ...rest);
      failures.set(verb, left - 1);
      return Promise.reject(new Error(`${verb} fails as told`));
    },
  });
}

export default class extends WorkerEntrypoint {
  fetch(request) {
    patch(this.env);
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/__fail") {
      failures.set(searchParams.get("verb"), Number(searchParams.get("times")));
      return new Response(null, { status: 204 });
    }
    return Worker.fetch(request, this.env, this.ctx);
  }
}
