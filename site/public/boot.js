// Runs before the first paint, on every page: the colour scheme that was chosen. Its key is the one
// that the documentation's own switch uses. The first view's figures are asked for while its scripts
// are still on their way; site/src/api/client.ts takes these answers, and asks for what is not among them.
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
  if (location.pathname === "/app/" && location.search === "" && !document.hidden) {
    var from = Math.floor((Date.now() / 1000 - 86400) / 3600) * 3600;
    window.ahead = {};
    ["status", "overview", "policy", "report"]
      .concat(
        ["by=total&step=all", "by=task&step=all", "by=model&step=hour"].map(function (asked) {
          return `timeseries?${asked}&from=${from}`;
        }),
      )
      .forEach(function (name) {
        var asked = fetch(`/v1/${name}`, { cache: "no-cache" });
        asked.catch(function () {});
        window.ahead[`/v1/${name}`] = asked;
      });
  }
  if ("serviceWorker" in navigator && /^\/(app|docs|start)(\/|$)/.test(location.pathname)) {
    addEventListener("load", function () {
      navigator.serviceWorker.register("/sw.js").catch(function () {});
    });
  }
})();
