// Stands in place of figures that only operators may see here.

import { useState } from "preact/hooks";

import { api, ApiError } from "../../api/client";
import { setOperator } from "../../state/key";
import { Card, Problem } from "./ui";

export function Closed() {
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  async function use(event: Event) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const key = typed.trim();
      const { status } = await api.key(key);
      if (status !== "operator") throw new ApiError(403, "This key is valid, but it is no operator's.");
      return setOperator(key);
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem)));
    }
    setBusy(false);
  }
  return (
    <Card title="This deployment shows its figures to operators only" hint="The key is held by the page only, and gone when it is.">
      <form class="inline-form" onSubmit={use}>
        <label class="field grow">
          <span>Operator's key</span>
          <input type="password" autocomplete="off" spellcheck={false} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
        <button type="submit" class="button" disabled={busy || typed.trim() === ""}>
          Show the figures
        </button>
      </form>
      {error && <Problem error={error} />}
    </Card>
  );
}
