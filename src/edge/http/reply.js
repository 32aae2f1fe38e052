// A response, in one crossing: each header that Rust sets by itself costs as much as all of them.

const EXPOSED = [
  ...["X-Arbiter-Model", "X-Arbiter-Task", "X-Arbiter-Mode", "X-Arbiter-Classified-By", "X-Arbiter-Eligible", "X-Arbiter-Session"],
  ...["X-Request-Id", "Request-Id", "X-Arbiter-Cursor", "ETag", "Retry-After", "Server-Timing"],
].join(", ");

/**
 * `headers`: name and value in turns, each ended by a NUL, which stands in no header; a later one takes the
 * place of an earlier one of its name.
 */
export function reply(status, headers, body) {
  const all = { "access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED, "x-content-type-options": "nosniff" };
  const parts = headers.split("\0");
  for (let at = 0; at + 1 < parts.length; at += 2) all[parts[at]] = parts[at + 1];
  return new Response(body, { status, headers: all });
}
