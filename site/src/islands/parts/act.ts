import { useState } from "preact/hooks";

import { ApiError } from "../../api/client";

/** One act at a time, and how it went. */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const act = async (call: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    await call().catch((problem) => setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem))));
    setBusy(false);
  };
  return { busy, error, act, forget: () => setError(null) };
}
