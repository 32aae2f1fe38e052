// Runs before the first paint, on every page: the colour scheme that was chosen, and the way of a
// first visitor to the dashboard through /start. The key of the scheme is the one that the
// documentation's own switch uses.
(function () {
  var root = document.documentElement;
  function stored(name) {
    try {
      return localStorage.getItem(name);
    } catch (_) {
      return null;
    }
  }
  var chosen = stored("starlight-theme");
  var light = chosen ? chosen === "light" : matchMedia("(prefers-color-scheme: light)").matches;
  root.dataset.theme = light ? "light" : "dark";
  // Who skips the introduction is not led back to it, also where its script was not there yet.
  if (location.hash === "#skip" && /^\/app\/?$/.test(location.pathname)) {
    try {
      localStorage.setItem("arbiter.seen", "1");
    } catch (_) {}
    if (stored("arbiter.seen")) history.replaceState(null, "", location.pathname);
    else return;
  }
  if (/^\/app(\/|$)/.test(location.pathname) && !stored("arbiter.key") && !stored("arbiter.seen")) {
    location.replace("/start/");
    return;
  }
  if ("serviceWorker" in navigator && /^\/(app|docs|start)(\/|$)/.test(location.pathname)) {
    addEventListener("load", function () {
      navigator.serviceWorker.register("/sw.js").catch(function () {});
    });
  }
})();
