// The worker with its doors counted: each request that arrives, and each question to D1, to a Durable
// Object and to the runtime, writes a line `hop: …` into the log, in order; an object that answers writes
// `answered: …`. With SLOW_D1 what D1 answers to several statements comes so many milliseconds later. `POST /__clock`
// is a round of the clock at an odd minute. Stands beside index.js in the build.

import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "./index.js";

export * from "./index.js";

const OBJECTS = ["ACCOUNT", "LEARNER", "FEED", "SESSION"];
let counted = false;
let depth = 0;
const objects = new WeakMap();

const hop = (what) => console.log(`hop: ${what}`);

function around(owner, name, before) {
  const original = owner[name];
  if (typeof original !== "function") return;
  Object.defineProperty(owner, name, {
    configurable: true,
    writable: true,
    value(...args) {
      // A door behind a door is one hop.
      if (depth === 0) before.call(this, ...args);
      depth += 1;
      try {
        return original.apply(this, args);
      } finally {
        depth -= 1;
      }
    },
  });
}

function slow(owner, name, millis) {
  const original = owner[name];
  owner[name] = async function (...args) {
    const answer = await original.apply(this, args);
    await new Promise((resolve) => setTimeout(resolve, millis));
    return answer;
  };
}

function count(env) {
  if (counted) return;
  counted = true;
  const statement = Object.getPrototypeOf(env.DB.prepare("select 1"));
  for (const name of ["first", "all", "raw", "run"]) around(statement, name, () => hop("d1"));
  const database = Object.getPrototypeOf(env.DB);
  for (const name of ["batch", "exec"]) around(database, name, () => hop("d1"));
  const session = Object.getPrototypeOf(env.DB.withSession("first-unconstrained"));
  around(session, "batch", () => hop("d1"));
  if (env.SLOW_D1) slow(session, "batch", Number(env.SLOW_D1));
  for (const binding of OBJECTS) {
    const namespace = env[binding];
    for (const name of ["get", "getByName"]) {
      const original = namespace[name];
      namespace[name] = (...args) => {
        const stub = original.apply(namespace, args);
        objects.set(stub, binding.toLowerCase());
        return stub;
      };
    }
  }
  const stub = env.ACCOUNT.getByName("counted");
  let owner = stub;
  while (owner && !Object.hasOwn(owner, "fetch")) owner = Object.getPrototypeOf(owner);
  const fetch = owner.fetch;
  Object.defineProperty(owner, "fetch", {
    configurable: true,
    writable: true,
    value(...args) {
      const name = objects.get(this);
      if (!name || depth > 0) return fetch.apply(this, args);
      hop(name);
      const answer = fetch.apply(this, args);
      const answered = () => console.log(`answered: ${name}`);
      answer.then(answered, answered);
      return answer;
    },
  });
  around(globalThis, "fetch", (request) => hop(`runtime ${new URL(request.url ?? request).pathname}`));
}

export default class extends WorkerEntrypoint {
  async fetch(request) {
    count(this.env);
    const { pathname } = new URL(request.url);
    hop(`arrived ${pathname}`);
    if (pathname !== "/__clock") return Worker.fetch(request, this.env, this.ctx);
    await Worker.scheduled({ scheduledTime: 61_000, cron: "* * * * *" }, this.env, this.ctx);
    hop("done");
    return new Response(null, { status: 204 });
  }
}
