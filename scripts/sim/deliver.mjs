// How an answer travels: head, chunks and their times, and every way in which
// that goes wrong. Knows nothing of what is said.

import { STATUS_CODES } from "node:http";
import { gzipSync } from "node:zlib";

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** One response on its way. `entry` is the record of the request; it learns what was sent. */
export class Delivery {
  constructor(res, entry, faults, timeScale) {
    Object.assign(this, { res, entry, faults, timeScale });
    this.began = performance.now();
    this.raw = false;
    this.open = true;
    this.closed = new Promise((resolve) => res.once("close", resolve)).then(() => this.onClose());
  }

  onClose() {
    if (this.open && !this.res.writableFinished && !this.raw) {
      this.entry.aborted = { after_bytes: this.entry.sent_bytes, after_ms: this.elapsed() };
    }
    this.open = false;
    this.entry.open = false;
    this.entry.took_ms = this.elapsed();
  }

  elapsed = () => Math.round((performance.now() - this.began) * 10) / 10;

  /** Waits; false when the connection has gone meanwhile. */
  async sleep(ms) {
    if (!this.open) return false;
    if (ms > 0) {
      let timer;
      await Promise.race([this.closed, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
      clearTimeout(timer);
    }
    return this.open;
  }

  /** Silence: for ever (until the client leaves) or for some time. */
  async hang(ms) {
    this.entry.hanging = true;
    if (ms === undefined) await this.closed;
    else await this.sleep(ms);
    this.entry.hanging = false;
    return this.open;
  }

  /** The connection is torn down with a reset. */
  reset() {
    this.ended("reset");
    this.res.socket?.resetAndDestroy();
  }

  ended(how) {
    this.entry.ended ??= how;
    this.open = false;
  }

  /** Time before the head; false when there is nobody to answer any more. */
  async beforeHead(ms) {
    if (!(await this.sleep(ms * this.timeScale))) return false;
    const fault = this.faults.get("hang_before_head");
    return fault ? this.hang(fault.ms) : this.open;
  }

  async head(status, headers) {
    const all = { ...headers, ...this.faults.get("headers")?.headers };
    this.entry.status = status;
    const slow = this.faults.get("slow_headers");
    if (!slow) {
      this.res.writeHead(status, all);
      this.res.flushHeaders();
      return true;
    }
    this.raw = true;
    const { socket } = this.res;
    const { "content-length": _, ...kept } = all;
    const lines = Object.entries({ ...kept, connection: "close" }).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
    for (const line of [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Status"}\r\n`, ...lines, "\r\n"]) {
      socket.write(line);
      if (!(await this.sleep(slow.ms ?? 50))) return false;
    }
    return true;
  }

  async write(buffer) {
    if (!this.open) return false;
    const out = this.raw ? this.res.socket : this.res;
    const ready = out.write(buffer);
    this.entry.sent_bytes += buffer.length;
    if (!ready) {
      let drained;
      await Promise.race([this.closed, new Promise((resolve) => out.once("drain", (drained = resolve)))]);
      out.off("drain", drained);
    }
    return this.open;
  }

  async end() {
    if (!this.open) return;
    const { res } = this;
    if (this.raw) {
      res.socket.end();
      this.ended("finished");
      return;
    }
    await new Promise((resolve) => {
      res.once("close", resolve);
      res.end(resolve);
    });
    if (res.writableFinished) this.ended("finished");
  }

  /** Filler before the real bytes, one at a time. */
  async drip(filler) {
    const fault = this.faults.get("drip");
    if (!fault) return true;
    const until = fault.seconds === undefined ? Infinity : performance.now() + fault.seconds * 1000;
    for (let i = 0; performance.now() < until; i++) {
      if (!(await this.write(Buffer.from(filler[i % filler.length])))) return false;
      if (!(await this.sleep(fault.ms ?? 50))) return false;
    }
    // A comment must be whole before an event begins.
    return filler.length === 1 || this.write(Buffer.from("\n\n"));
  }

  /**
   * Sends chunks `{data, weight}`; `due(weightSoFar)` says when each may go, in ms.
   * Returns the weight that went out.
   */
  async body(chunks, due, cutDefault) {
    const cut = cutPoint(this.faults, cutDefault);
    const slow = this.faults.get("slow_body");
    const between = this.faults.get("chunk_delay");
    const began = performance.now();
    let weight = 0;
    let count = 0;
    for (const chunk of chunks) {
      if (cut && count >= cut.chunks) return this.cutNow(cut, weight);
      const wait = between && count > 0 ? (between.ms ?? 50) : due(weight) * this.timeScale - (performance.now() - began);
      if (wait >= 1 && !(await this.sleep(wait))) return weight;
      let { data } = chunk;
      const room = cut ? cut.bytes - this.entry.sent_bytes : Infinity;
      if (data.length > room) data = data.subarray(0, Math.max(0, room));
      const sent = slow ? await this.slowly(data, slow) : await this.write(data);
      if (!sent) return weight;
      if (data.length < chunk.data.length || (cut && this.entry.sent_bytes >= cut.bytes)) return this.cutNow(cut, weight);
      weight += chunk.weight;
      count += 1;
      if (chunk.apart) await tick();
    }
    return weight;
  }

  async slowly(data, { ms = 20, bytes = 1 }) {
    for (let at = 0; at < data.length; at += bytes) {
      if (!(await this.write(data.subarray(at, at + bytes)))) return false;
      if (!(await this.sleep(ms))) return false;
    }
    return true;
  }

  async cutNow(cut, weight) {
    this.entry.ended = cut.kind;
    // Let the bytes leave before the connection is torn down behind them.
    await this.sleep(5);
    if (cut.kind === "reset_mid") this.reset();
    else if (cut.kind === "hang_mid" && !(await this.hang(cut.ms))) return weight;
    else if (cut.kind === "end_mid") await this.end();
    if (cut.kind === "hang_mid" && this.open) this.reset();
    return weight;
  }
}

/** Where the body is cut, if it is. */
function cutPoint(faults, fallback) {
  const kind = ["reset_mid", "hang_mid", "end_mid"].find((name) => faults.has(name));
  if (!kind) return null;
  const { after_chunks, after_bytes, ms } = faults.get(kind);
  const unset = after_chunks === undefined && after_bytes === undefined;
  const { chunks, bytes } = unset ? fallback : { chunks: after_chunks, bytes: after_bytes };
  return { kind, ms, chunks: chunks ?? Infinity, bytes: bytes ?? Infinity };
}

/** Events as bytes, in the way that the faults say. */
export function frames(events, faults) {
  const eol = faults.has("crlf") ? "\r\n" : "\n";
  const prefix = faults.has("no_space") ? "data:" : "data: ";
  const comment = faults.has("comments") ? `: keep-alive${eol}${eol}:${eol}` : "";
  let list = events.map(({ data, weight }) => {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    return { data: Buffer.from(`${comment}${prefix}${text}${eol}${eol}`), weight };
  });
  if (faults.has("gzip")) list = [{ data: gzipSync(Buffer.concat(list.map(({ data }) => data))), weight: weigh(list) }];
  if (faults.has("coalesce")) list = coalesced(list, faults.get("coalesce").events ?? 4);
  if (faults.has("split")) list = list.flatMap((chunk) => pieces(chunk, Math.max(1, faults.get("split").bytes ?? 1)));
  return list;
}

export const weigh = (list) => list.reduce((sum, { weight }) => sum + weight, 0);

function coalesced(list, size) {
  const groups = [];
  for (let i = 0; i < list.length; i += size) {
    const group = list.slice(i, i + size);
    groups.push({ data: Buffer.concat(group.map(({ data }) => data)), weight: weigh(group) });
  }
  return groups;
}

function pieces({ data, weight }, size) {
  const parts = [];
  for (let at = 0; at < data.length; at += size) {
    parts.push({ data: data.subarray(at, at + size), weight: 0, apart: true });
  }
  parts[parts.length - 1].weight = weight;
  return parts;
}
