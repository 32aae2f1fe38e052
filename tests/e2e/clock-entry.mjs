// The worker, with a clock that a test sets: `POST /__clock?minute=187` is that minute of a day,
// `?at=<seconds>` that moment; `?ago=<seconds>` has everybody live so long ago from then on.
// Stands beside index.js in the build.

import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "./index.js";

export * from "./index.js";

const Clock = Date;
let ago = 0;
globalThis.Date = class extends Clock {
  constructor(...args) {
    super(...(args.length > 0 ? args : [Clock.now() - ago]));
  }
  static now() {
    return Clock.now() - ago;
  }
};

export default class extends WorkerEntrypoint {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/__clock") return Worker.fetch(request, this.env, this.ctx);
    if (searchParams.has("ago")) {
      ago = searchParams.get("ago") * 1_000;
      return new Response(null, { status: 204 });
    }
    const at = searchParams.has("at") ? searchParams.get("at") * 1_000 : searchParams.get("minute") * 60_000;
    await Worker.scheduled({ scheduledTime: at, cron: "* * * * *" }, this.env, this.ctx);
    return new Response(null, { status: 204 });
  }
}
