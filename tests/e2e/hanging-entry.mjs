// The worker in front of stores that hang: `POST /__hang?door=account` (or `session`, `learner`, `db`) lets
// no answer of it come any more, with `name` of those objects only whose name begins so; `fails` in place of
// `hangs` as `how` has it fail at once, `late` has it do as it is told and answer `ms` later, `door=none` lets
// all of them come again. `GET /__asked` tells how often it was
// asked while it hung; `POST /__clock` is a round of the clock at an odd minute. Stands beside index.js in the
// build.

import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "./index.js";

export * from "./index.js";

/** How each door hangs. */
const hanging = new Map();
let asked = 0;
let patched = false;

/** `of(what)`: the door that it is, and its name. */
function around(owner, name, of) {
  const original = owner[name];
  Object.defineProperty(owner, name, {
    configurable: true,
    writable: true,
    value(...args) {
      const it = of(this);
      const hangs = hanging.get(it.door);
      if (!hangs || !it.name.startsWith(hangs.name)) return original.apply(this, args);
      asked += 1;
      const { how, ms } = hangs;
      if (how === "fails") return Promise.reject(new Error("fails as told"));
      if (how !== "late") return new Promise(() => {});
      const late = new Promise((resolve) => setTimeout(resolve, ms));
      return original.apply(this, args).then(async (answer) => {
        await late;
        return answer;
      });
    },
  });
}

function patch(env) {
  if (patched) return;
  patched = true;
  const doors = new WeakMap();
  for (const binding of ["ACCOUNT", "SESSION", "LEARNER"]) {
    const getByName = env[binding].getByName;
    env[binding].getByName = (...args) => {
      const stub = getByName.apply(env[binding], args);
      doors.set(stub, { door: binding.toLowerCase(), name: args[0] });
      return stub;
    };
  }
  let owner = env.ACCOUNT.getByName("patched");
  while (owner && !Object.hasOwn(owner, "fetch")) owner = Object.getPrototypeOf(owner);
  around(owner, "fetch", (stub) => doors.get(stub) ?? { door: "other", name: "" });
  const db = () => ({ door: "db", name: "" });
  const statement = Object.getPrototypeOf(env.DB.prepare("select 1"));
  for (const name of ["first", "all", "raw", "run"]) around(statement, name, db);
  around(Object.getPrototypeOf(env.DB), "batch", db);
}

export default class extends WorkerEntrypoint {
  async fetch(request) {
    patch(this.env);
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/__hang") {
      const { door, how = "hangs", ms = 0, name = "" } = Object.fromEntries(searchParams);
      if (door === "none") hanging.clear();
      else hanging.set(door, { how, ms: Number(ms), name });
      asked = 0;
      return new Response(null, { status: 204 });
    }
    if (pathname === "/__asked") return Response.json({ asked });
    if (pathname !== "/__clock") return Worker.fetch(request, this.env, this.ctx);
    await Worker.scheduled({ scheduledTime: 61_000, cron: "* * * * *" }, this.env, this.ctx);
    return new Response(null, { status: 204 });
  }
}
