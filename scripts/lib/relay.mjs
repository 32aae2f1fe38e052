// Bytes between clients and a server on this machine, and a sign to it when a client has left.
//
// The platform's own server hears of a connection that was reset, not of one that was closed: a client that
// stops waiting for an answer that has not begun goes unnoticed. Here the end of a connection is passed on as a
// reset, unless it comes with the request: then it says that no more is sent, and the answer is waited for.

import { connect, createServer } from "node:net";

const HOST = "127.0.0.1";
/** While the server behind starts anew it takes nobody in. */
const RETRIES = 40;
const RETRY_MS = 250;

/** The end of a connection comes with its request where it follows that so soon, on a machine with much to do as well. */
export const AT_ONCE_MS = 100;

/** A server that passes each connection on to the port that `port()` names by then; to be told where to listen. */
export function relay(port) {
  return createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) => {
    let inner;
    let left = false;
    const leave = () => {
      left = true;
      client.destroy();
      inner?.resetAndDestroy();
    };
    let sent = 0;
    client.on("error", leave).on("close", leave);
    client.on("end", () => (Date.now() - sent < AT_ONCE_MS ? inner?.end() : leave()));

    function reach(tries) {
      if (left) return;
      const refused = () => (tries === 0 ? leave() : setTimeout(reach, RETRY_MS, tries - 1));
      inner = connect({ host: HOST, port: port(), noDelay: true }).once("error", refused);
      inner.once("connect", () => {
        inner.off("error", refused).on("error", leave);
        // What it has written reaches the client before the end does.
        inner.on("end", () => client.end());
        client.on("data", () => (sent = Date.now()));
        client.pipe(inner, { end: false });
        inner.pipe(client, { end: false });
      });
    }
    reach(RETRIES);
  });
}
