// Keeps the page and all that it runs, so that it works without a network once it was loaded.
const CACHE = `policyc-${"@VERSION@"}`;
const FILES = "@FILES@";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map((name) => new URL(name, self.registration.scope)))));
});
self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("policyc-") && name !== CACHE);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});
self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  event.respondWith(caches.match(event.request, { ignoreSearch: true }).then((kept) => kept ?? fetch(event.request)));
});
