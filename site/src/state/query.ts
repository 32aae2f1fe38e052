// What a view is set to stands in its address, so that it can be sent to somebody.

import { useEffect, useState } from "preact/hooks";

const changes = new Set<() => void>();

export function queryNow(name: string): string {
  return new URLSearchParams(location.search).get(name) ?? "";
}

/** Sets some, takes away those that are empty, and tells every view. */
export function setQuery(values: Record<string, string>, push = false): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  const address = location.pathname + (text ? `?${text}` : "") + location.hash;
  if (push) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  changes.forEach((changed) => changed());
}

/** The address has changed by other means than these. */
export function queryMoved(): void {
  changes.forEach((changed) => changed());
}

/** One of them, and how to set it. */
export function useQuery(name: string): [string, (value: string) => void] {
  const [value, set] = useState(() => queryNow(name));
  useEffect(() => {
    const changed = () => set(queryNow(name));
    changed();
    changes.add(changed);
    addEventListener("popstate", changed);
    return () => {
      changes.delete(changed);
      removeEventListener("popstate", changed);
    };
  }, [name]);
  return [value, (value) => setQuery({ [name]: value })];
}
