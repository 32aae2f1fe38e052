// What the browser keeps: the key, and the last figures for when
// the network is gone. Storage may be switched off: then nothing is kept, and nothing breaks.

const KEY = "arbiter.key";

export function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function write(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Full or switched off.
  }
}

export const keptKey = () => read(KEY);
export const keepKey = (key: string) => write(KEY, key);
export const forgetKey = () => write(KEY, null);

export function keptFigures<T>(name: string): { at: number; value: T } | null {
  const text = read(`arbiter.last.${name}`);
  if (!text) return null;
  try {
    const kept = JSON.parse(text);
    return typeof kept?.at === "number" && kept.value ? kept : null;
  } catch {
    return null;
  }
}

export const dropFigures = (name: string) => write(`arbiter.last.${name}`, null);

export function keepFigures(name: string, value: unknown): void {
  write(`arbiter.last.${name}`, JSON.stringify({ at: Date.now(), value }));
}
