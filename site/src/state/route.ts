// How a request would be routed, asked of the router as it is being written.

import { useEffect, useRef, useState } from "preact/hooks";

import { api, ApiError } from "../api/client";
import type { ChatRequest, DryRun } from "../api/types";
import { inWords } from "../lib/refusal";

/** So long nothing has changed before the router is asked, ms. */
const REST_MS = 600;

export interface Preview {
  /** The last answer; of an earlier wording where it is not `fresh`. */
  value: DryRun | null;
  fresh: boolean;
  /** Why there is none, in a sentence; empty where there is one, or none was asked for. */
  why: string;
}

/** Asks once the request has rested, and leaves the question before it. Without a key nothing is asked. */
export function useRoute(key: string | null, request: ChatRequest | null): Preview {
  const [state, set] = useState<{ of: string | null; value: DryRun | null; why: string }>({ of: null, value: null, why: "" });
  const notBefore = useRef(0);
  const asked = key === null || request === null ? null : JSON.stringify(request);
  useEffect(() => {
    if (key === null || asked === null) {
      set({ of: null, value: null, why: "" });
      return;
    }
    const leaving = new AbortController();
    const fail = (error: unknown) => {
      if (leaving.signal.aborted) return;
      const told = error instanceof ApiError ? error : new ApiError(0, String(error));
      // What this deployment does not serve is not asked for again.
      notBefore.current = told.missing ? Infinity : Date.now() + (told.retryAfter ?? 0) * 1_000;
      set({ of: asked, value: null, why: whyNot(told) });
    };
    const wait = Math.max(REST_MS, notBefore.current - Date.now());
    const timer =
      Number.isFinite(wait) &&
      setTimeout(() => api.route(key, JSON.parse(asked), leaving.signal).then((value) => set({ of: asked, value, why: "" }), fail), wait);
    return () => {
      if (timer) clearTimeout(timer);
      leaving.abort();
    };
  }, [key, asked]);
  return { value: state.value, fresh: state.value !== null && state.of === asked, why: state.why };
}

function whyNot(error: ApiError): string {
  if (error.missing) return "This deployment does not say beforehand how it would route.";
  if (error.limited) return "The router was asked too often just now.";
  return inWords(error).says.join(" ");
}
