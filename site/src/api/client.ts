// The one way to the API. Every call answers with a value or throws an `ApiError`, which tells apart
// what a page has to show differently: no network, a refusal, a limit.

import { readEvents } from "./sse";
import type {
  ChatRequest,
  Chunk,
  Completion,
  Decision,
  Deed,
  DryRun,
  Import,
  KeyRow,
  KeyUsage,
  Overview,
  Pool,
  PoolModel,
  Report,
  Series,
  Status,
  Terms,
  Verdict,
} from "./types";

export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    message: string,
    readonly code: string | null = null,
    /** Seconds until another try makes sense, where the server said so. */
    readonly retryAfter: number | null = null,
    /** The body as it came, for the raw view. */
    readonly body: unknown = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
  get offline() {
    return this.status === 0;
  }
  get limited() {
    return this.status === 429;
  }
  /** The field of the request that is to blame. */
  get field(): string | null {
    const body = this.body as { detail?: { field?: unknown } } | null;
    const field = body?.detail?.field;
    return typeof field === "string" ? field : null;
  }
  /** The figures are for operators only here, and no such key was sent. */
  get closed() {
    return this.code === "views_closed";
  }
  /** What was asked is not served by this deployment. */
  get missing() {
    return this.status === 404;
  }
}

interface Options {
  key?: string;
  json?: unknown;
  signal?: AbortSignal;
  /** The version that a change is held to. */
  match?: number;
}

/** The key that views are asked with, where not everyone may see them. */
let viewsKey: string | undefined;
export const seeWith = (key: string | null) => void (viewsKey = key ?? undefined);

/** Answers that were asked for before this was there, by path: each is taken once. */
const ahead: Record<string, Promise<Response>> = (typeof window !== "undefined" && (window as { ahead?: Record<string, Promise<Response>> }).ahead) || {};

async function send(method: string, path: string, { key: own, json, signal, match }: Options = {}): Promise<Response> {
  const key = own ?? (method === "GET" ? viewsKey : undefined);
  let response: Response;
  try {
    const early = method === "GET" && !key ? ahead[path] : undefined;
    delete ahead[path];
    response = await (early ??
      fetch(path, {
        method,
        signal,
        // Views are asked with the mark of what is known already: what has not changed is not sent again.
        cache: method === "GET" && !key ? "no-cache" : "no-store",
        headers: {
          ...(key ? { authorization: `Bearer ${key}` } : {}),
          ...(json !== undefined ? { "content-type": "application/json" } : {}),
          ...(match !== undefined ? { "if-match": String(match) } : {}),
        },
        body: json === undefined ? undefined : JSON.stringify(json),
      }));
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "Arbiter can't be reached. Is the network there?");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  let body: any = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: shown as it came, in the raw view only.
  }
  const said = body?.error?.message ?? body?.detail?.message;
  const after = Number(response.headers.get("retry-after") ?? NaN);
  return new ApiError(
    response.status,
    typeof said === "string" && said ? said.slice(0, 600) : `Arbiter answered with status ${response.status}.`,
    typeof body?.error?.code === "string" ? body.error.code : null,
    Number.isFinite(after) && after >= 0 ? after : null,
    body,
  );
}

/** A view, and the mark of what it says: the same mark, the same words. */
export async function view<T>(path: string, signal?: AbortSignal): Promise<{ value: T; mark: string | null }> {
  const response = await send("GET", path, { signal });
  return { value: await parsed<T>(response), mark: response.headers.get("etag") };
}

/** What happens from now on, as it happens. The first one says that it is listened. */
export async function* happening(signal: AbortSignal): AsyncGenerator<{ event: string; data: unknown }> {
  const response = await send("GET", "/v1/live", { signal });
  if (!response.body) throw new ApiError(502, "The answer is not an event stream.");
  yield { event: "open", data: null };
  for await (const { event, data } of readEvents(response.body, () => new ApiError(0, "The stream broke off."))) yield { event, data: jsonOrNull(data) };
}

async function get<T>(path: string, options?: Options): Promise<T> {
  return parsed<T>(await send("GET", path, options));
}

async function post<T>(path: string, options?: Options): Promise<T> {
  return parsed<T>(await send("POST", path, options));
}

const broken = (message: string) => new ApiError(502, message, "broken_off");

async function parsed<T>(response: Response): Promise<T> {
  const text = await response.text().catch(() => {
    throw broken("The answer broke off.");
  });
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError(response.status, "Arbiter answered with something that is not JSON.");
  }
}

export const api = {
  report: () => get<Report>("/v1/report"),
  overview: () => get<Overview>("/v1/overview"),
  status: () => get<Status>("/v1/status"),
  route: (key: string, request: ChatRequest, signal: AbortSignal) => post<DryRun>("/v1/route", { key, json: request, signal }),
  decision: (id: string, key: string, signal?: AbortSignal) => get<Decision>(`/v1/decisions/${encodeURIComponent(id)}`, { key, signal }),
  register: (email: string) => post<{ api_key: string }>("/v1/register", { json: { email } }),
  key: (key: string, signal?: AbortSignal) => get<KeyUsage>("/v1/key", { key, signal }),
  keys: (key: string, cursor: string | null, signal?: AbortSignal) =>
    get<{ keys: KeyRow[]; next: string | null }>(`/v1/keys${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`, { key, signal }),
  mint: (key: string, terms: Terms) => post<{ api_key: string; id: string }>("/v1/keys", { key, json: terms }),
  setTerms: async (key: string, id: string, terms: Terms) =>
    parsed<{ id: string }>(await send("PATCH", `/v1/keys/${encodeURIComponent(id)}`, { key, json: terms })),
  setStatus: (key: string, id: string, to: "pause" | "resume" | "revoke") => post<{ status: string }>(`/v1/keys/${encodeURIComponent(id)}/${to}`, { key }),
  audit: (key: string, cursor: string | null, signal?: AbortSignal) =>
    get<{ deeds: Deed[]; next: string | null }>(`/v1/audit${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`, { key, signal }),
  serve: async (key: string, to: string, why: string) => parsed<unknown>(await send("PUT", "/v1/serve", { key, json: { to, why } })),
  pool: (signal?: AbortSignal) => get<Pool>("/v1/pool", { signal }),
  writeModel: async (key: string, { id, ...row }: PoolModel, match: number) =>
    parsed<Pool>(await send("PUT", `/v1/pool/${encodeURIComponent(id)}`, { key, json: row, match })),
  takeOutModel: async (key: string, id: string, match: number) => parsed<Pool>(await send("DELETE", `/v1/pool/${encodeURIComponent(id)}`, { key, match })),
  /** What a catalogue would change; with `apply` it is done. */
  importModels: (key: string, asked: { runtime?: string; ids?: string[]; apply?: boolean }, match?: number) =>
    post<Import>("/v1/pool/import", { key, json: asked, match }),
  series: (path: string) => get<Series>(path),
  /** Decisions that are asked for, and the cursor of the next page, where there may be more. */
  found: async (query: string, key: string | undefined, signal: AbortSignal) => {
    const response = await send("GET", `/v1/recent?${query}`, { key, signal });
    return { rows: await parsed<Decision[]>(response), next: response.headers.get("x-arbiter-cursor") };
  },
  pause: (key: string) => post<{ status: string }>("/v1/key/pause", { key }),
  rotate: (key: string) => post<{ api_key: string; old_until: number }>("/v1/key/rotate", { key }),
  resume: (key: string) => post<{ status: string }>("/v1/key/resume", { key }),
  revoke: (key: string) => post<{ status: string }>("/v1/key/revoke", { key }),
};

/** What arrives of an answer, in order. `raw` is the body, or every event of a stream, as it came. */
export interface AnswerHandlers {
  onVerdict(part: Verdict): void;
  onText(piece: string): void;
  onRaw(event: string): void;
}

/** Runs a chat request, and reads a stream to its end, past `[DONE]` to the `arbiter` event. */
export async function chat(key: string, request: ChatRequest, on: AnswerHandlers, signal: AbortSignal): Promise<void> {
  const response = await send("POST", "/v1/chat/completions", { key, json: request, signal });
  on.onVerdict(verdictOfHeaders(response.headers));
  if (!request.stream) return whole(await parsed<Completion>(response), on);
  if (!response.body || !(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    throw new ApiError(502, "The answer is not an event stream.");
  }
  let done = false;
  let finished = false;
  for await (const { event, data } of readEvents(response.body, () => broken("The answer broke off."))) {
    on.onRaw(`${event === "message" ? "" : `event: ${event}\n`}data: ${data}`);
    if (data === "[DONE]") {
      done = true;
      continue;
    }
    const value = jsonOrNull(data);
    if (event === "arbiter") {
      if (value) on.onVerdict(value as Verdict);
      continue;
    }
    const chunk = value as Chunk | null;
    if (!chunk) continue;
    if (chunk.error) {
      throw new ApiError(
        502,
        typeof chunk.error.message === "string" ? chunk.error.message.slice(0, 600) : "The model failed in the middle of its answer.",
        "broken_off",
        null,
        chunk,
      );
    }
    const choice = chunk.choices?.[0];
    if (typeof choice?.delta?.content === "string") on.onText(choice.delta.content);
    if (choice?.finish_reason) finished = true;
  }
  if (!done && !finished) throw broken("The answer broke off before its end.");
}

function whole(body: Completion, on: AnswerHandlers): void {
  on.onRaw(JSON.stringify(body, null, 2));
  if (body?.arbiter) on.onVerdict(body.arbiter);
  const message = body?.choices?.[0]?.message;
  const text = message?.content ?? message?.refusal;
  if (typeof text === "string" && text) on.onText(text);
}

function verdictOfHeaders(headers: Headers): Verdict {
  const word = <T extends string>(name: string) => (headers.get(`x-arbiter-${name}`) ?? undefined) as T | undefined;
  const eligible = Number(headers.get("x-arbiter-eligible") ?? NaN);
  return {
    model: word("model"),
    task: word("task"),
    mode: word("mode"),
    classified_by: word("classified-by"),
    eligible_models: Number.isFinite(eligible) ? eligible : undefined,
  };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
