// The worker with a ledger of all minted keys whose answers come late: `POST /__late?ms=800` has the next one
// come so much later. `POST /__alarm?of=NAME` rings the alarm of an account as if nobody had asked it anything for
// a minute and a half. Stands beside index.js in the build.

import { WorkerEntrypoint } from "cloudflare:workers";
import Worker, { Account as Inner } from "./index.js";

export * from "./index.js";

const LEDGER = "ledger of minted keys";
const LONG_AGO = 90_000;
let late = 0;

/** The environment of an account, with the ledger's answers late. */
function withLateLedger(env) {
  const getByName = (name) => {
    const stub = env.ACCOUNT.getByName(name);
    if (name !== LEDGER) return stub;
    return {
      async fetch(...args) {
        const ms = late;
        late = 0;
        const answer = await stub.fetch(...args);
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        return answer;
      },
    };
  };
  return new Proxy(env, { get: (of, name) => (name === "ACCOUNT" ? { getByName } : Reflect.get(of, name)) });
}

export const Account = new Proxy(Inner, {
  construct(target, [state, env]) {
    const object = Reflect.construct(target, [state, withLateLedger(env)]);
    return new Proxy(object, {
      get(of, property) {
        const value = Reflect.get(of, property);
        if (property !== "fetch") return typeof value === "function" ? value.bind(of) : value;
        return async (request) => {
          if (new URL(request.url).pathname !== "/__alarm") return value.call(of, request);
          const { now } = Date;
          Date.now = () => now() + LONG_AGO;
          const ringing = of.alarm();
          // Rust begins a turn later, and reads the time before it waits for anything.
          await new Promise((resolve) => setTimeout(resolve, 5));
          Date.now = now;
          await ringing;
          return new Response(null, { status: 204 });
        };
      },
    });
  },
});

export default class extends WorkerEntrypoint {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/__late") {
      late = Number(searchParams.get("ms"));
      return new Response(null, { status: 204 });
    }
    if (pathname === "/__alarm") return this.env.ACCOUNT.getByName(searchParams.get("of")).fetch("https://object/__alarm", { method: "POST" });
    return Worker.fetch(request, this.env, this.ctx);
  }
}
