// Runs before the first paint, on every page: the colour scheme that was chosen. Its key is the one
// that the documentation's own switch uses.
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
  if ("serviceWorker" in navigator && /^\/(app|docs|start)(\/|$)/.test(location.pathname)) {
    addEventListener("load", function () {
      navigator.serviceWorker.register("/sw.js").catch(function () {});
    });
  }
})();
