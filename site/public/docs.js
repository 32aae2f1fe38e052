// The samples of the documentation name a deployment on the reader's own machine, and a key to be
// put in. On the pages of a deployment they name that one, and the key that this browser keeps.
(function () {
  var key = null;
  try {
    key = localStorage.getItem("arbiter.key");
  } catch (_) {
    // Switched off: the samples keep their gap.
  }
  function filled(text) {
    var here = text.replaceAll("http://127.0.0.1:8787", location.origin).replaceAll("https://YOUR-HOST", location.origin);
    return key ? here.replaceAll("arb_…", key) : here;
  }
  document.querySelectorAll("code").forEach(function (code) {
    var walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    for (var node = walker.nextNode(); node; node = walker.nextNode()) node.data = filled(node.data);
  });
  // What the button copies.
  document.querySelectorAll("button[data-code]").forEach(function (button) {
    button.dataset.code = filled(button.dataset.code);
  });
})();
