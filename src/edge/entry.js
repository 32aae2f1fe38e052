// The worker as the platform knows it: what it does with a request and with its clock, and its four objects. All of
// it is Rust, in one instance of WebAssembly ("rust" is what scripts/bind makes of it).
//
// Where that breaks off – a panic, a stack or a memory that is at its end – what it holds may be half-written, and
// nothing was tidied up. So the call after that begins with a new instance, and each object with it.

import * as rust from "rust";

// A panic's own frames alone are more than the ten that an error tells otherwise.
Error.stackTraceLimit = 100;

// Rust sets `criticalError` when it panics, and raises `instanceId` whenever an instance starts.
const state = rust.__worker_init_state();

function note(error) {
  if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
}

// Rust that goes on after a promise has no call around it.
addEventListener("error", ({ error }) => note(error));

/** To be called before Rust is: an instance that broke off is replaced. */
function ready() {
  if (!state.criticalError) {
    try {
      // Every call replaces an instance that it finds broken: better this one, which holds no pointer into it.
      rust.__worker_init_state();
      return;
    } catch {
      // It is beyond that.
    }
  }
  console.warn("what broke off begins anew");
  rust.__wbg_reset_state();
  state.criticalError = false;
}

function handle(handler, argument, env, context) {
  ready();
  try {
    return handler(argument, env, context);
  } catch (error) {
    note(error);
    throw error;
  }
}

export default {
  fetch: (request, env, context) => handle(rust.fetch, request, env, context),
  scheduled: (event, env, context) => handle(rust.scheduled, event, env, context),
};

/** An object of Rust's, which is made when it is called first, and once more after its instance was replaced. */
class Held {
  constructor(make) {
    this.make = make;
  }

  call(verb, argument) {
    ready();
    try {
      if (this.instance !== state.instanceId) {
        this.inner = this.make();
        this.instance = state.instanceId;
      }
      return this.inner[verb](argument);
    } catch (error) {
      note(error);
      throw error;
    }
  }

  fetch(request) {
    return this.call("fetch", request);
  }
}

/** One that sets itself an alarm. */
class Waking extends Held {
  alarm() {
    return this.call("alarm");
  }
}

export class Account extends Waking {
  constructor(context, env) {
    super(() => new rust.Account(context, env));
  }
}

export class Feed extends Held {
  constructor(context, env) {
    super(() => new rust.Feed(context, env));
  }
}

export class Learner extends Waking {
  constructor(context, env) {
    super(() => new rust.Learner(context, env));
  }
}

export class Session extends Waking {
  constructor(context, env) {
    super(() => new rust.Session(context, env));
  }
}
