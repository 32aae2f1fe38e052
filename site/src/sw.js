// Keeps the pages, so that the dashboard and the documentation open without a network. Figures are
// never kept here: the API is always asked. The build fills in the version and the list.

const version = "__VERSION__";
const files = ["__FILES__"];
const cacheName = `arbiter-${version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(cacheName);
      // One missing file must not cost all the others.
      await Promise.all(files.map((file) => cache.add(new Request(file, { cache: "no-cache" })).catch(() => {})));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith("arbiter-") && name !== cacheName) await caches.delete(name);
      }
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (/^\/(v1|health)(\/|$)/.test(url.pathname)) return;
  // Names with a hash never change; all else is asked for, and kept for when that fails.
  event.respondWith(url.pathname.startsWith("/_astro/") ? kept(request).then((hit) => hit ?? fetch(request)) : fresh(request));
});

async function kept(request) {
  const cache = await caches.open(cacheName);
  return cache.match(request, { ignoreSearch: true });
}

async function fresh(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const url = new URL(request.url);
    const hit = (await kept(request)) ?? (request.mode === "navigate" && !url.pathname.endsWith("/") ? await kept(new Request(`${url.pathname}/`)) : undefined);
    if (hit) return hit;
    throw error;
  }
}
