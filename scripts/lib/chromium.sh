# shellcheck shell=bash
# Finds a Chromium for the browser tests, or installs Debian's. To be sourced after common.sh.

# Names it in CHROME_BIN.
ensure_chromium() {
  if find_chromium; then return 0; fi
  if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    step "Installing Chromium for the browser tests (once)"
    quietly apt-get -qq update || say "    the package lists could not be renewed; trying with what is there"
    DEBIAN_FRONTEND=noninteractive quietly apt-get -qq install --yes --no-install-recommends chromium fonts-dejavu-core || true
    if find_chromium; then return 0; fi
  fi
  say "error: the browser tests need Chromium or Chrome, and none was found."
  say "       Install one (Debian: apt-get install chromium) or name it: CHROME_BIN=/path/to/chrome"
  return 1
}

find_chromium() {
  local candidate
  for candidate in "${CHROME_BIN:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if [ -n "$candidate" ] && CHROME_BIN=$(command -v "$candidate"); then
      export CHROME_BIN
      return 0
    fi
  done
  return 1
}
