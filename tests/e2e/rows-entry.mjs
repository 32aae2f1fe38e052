// The worker with its rows counted, by the platform's own counters: what every cursor of an object's SQL
// says it has read and written, and what D1 says of each statement. To set an alarm writes a row, as the
// platform bills it. `GET /__rows` gives the sums since the isolate began, by part:
// {account: {read, written, messages}, …, "d1 decisions": {read, written}, …}. Stands beside index.js in the build.

import { WorkerEntrypoint } from "cloudflare:workers";
import Worker, * as inner from "./index.js";

const sums = {};
// What a cursor has read shows once it is read to its end: it is asked when the sums are.
const cursors = [];

function note(part, read, written, messages = 0) {
  const sum = (sums[part] ??= { read: 0, written: 0, messages: 0 });
  sum.read += read;
  sum.written += written;
  sum.messages += messages;
}

function told() {
  for (const [part, cursor] of cursors.splice(0)) note(part, cursor.rowsRead, cursor.rowsWritten);
  return sums;
}

function countSql(part, storage) {
  const { sql } = storage;
  const { exec } = sql;
  Object.defineProperty(sql, "exec", {
    value(...args) {
      const cursor = exec.apply(sql, args);
      cursors.push([part, cursor]);
      return cursor;
    },
  });
  const { setAlarm } = storage;
  Object.defineProperty(storage, "setAlarm", {
    value(...args) {
      note(part, 0, 1);
      return setAlarm.apply(storage, args);
    },
  });
}

const counted = (name) =>
  new Proxy(inner[name], {
    construct(target, [state, env]) {
      const part = name.toLowerCase();
      countSql(part, state.storage);
      countD1(env);
      const object = Reflect.construct(target, [state, env]);
      return new Proxy(object, {
        get(of, property) {
          const value = Reflect.get(of, property);
          if (property !== "fetch") return value;
          return (request) => {
            note(part, 0, 0, 1);
            return value.call(of, request);
          };
        },
      });
    },
  });

export const Account = counted("Account");
export const Learner = counted("Learner");
export const Feed = counted("Feed");
export const Session = counted("Session");

let patched = false;
function countD1(env) {
  if (patched) return;
  patched = true;
  let owner = env.DB.withSession("first-unconstrained");
  while (!Object.hasOwn(owner, "_send")) owner = Object.getPrototypeOf(owner);
  const { _send } = owner;
  owner._send = async function (endpoint, query, ...rest) {
    const answer = await _send.call(this, endpoint, query, ...rest);
    const results = [answer].flat();
    results.forEach(({ meta }, n) => {
      const table = [query].flat()[n]?.match(/\b(?:insert into|insert or \w+ into|update|delete from|from)\s+(\w+)/i)?.[1];
      note(`d1 ${table ?? "other"}`, meta?.rows_read ?? 0, meta?.rows_written ?? 0, n === 0 ? 1 : 0);
    });
    return answer;
  };
}

export default class extends WorkerEntrypoint {
  async fetch(request) {
    countD1(this.env);
    if (new URL(request.url).pathname === "/__rows") return Response.json(told());
    return Worker.fetch(request, this.env, this.ctx);
  }
}
