# shellcheck shell=bash
# Builds the web app where there is one. To be sourced after setup.sh.

# Leaves site/dist in place in any case: wrangler refuses an assets folder that does not exist,
# and where it is empty the worker serves its fallback page.
ensure_site() {
  mkdir -p "$root/site/dist"
  if [ ! -f "$root/site/package.json" ]; then return 0; fi
  with_lock "$root/target/site.lock" build_site
}

site_inputs() {
  (
    cd "$root" || exit 1
    find site docs scripts/lib/openapi.mjs \( -name node_modules -o -path site/dist -o -name .astro -o -name openapi.d.ts \) -prune -o -type f -print 2>/dev/null |
      LC_ALL=C sort | while IFS= read -r file; do printf '%s ' "$file"; cksum <"$file"; done | cksum
  )
}

build_site() {
  local inputs
  inputs=$(site_inputs)
  if [ "$(cat "$root/target/site.inputs" 2>/dev/null)" = "$inputs" ] && [ -f "$root/site/dist/index.html" ]; then
    return 0
  fi
  step "Building the web app"
  if [ -f "$root/site/package-lock.json" ] &&
    ! cmp -s "$root/site/package-lock.json" "$root/site/node_modules/.installed-lock.json"; then
    (cd "$root/site" && quietly npm ci --loglevel=error) || fail "npm ci failed in site/; what it said stands above."
    cp "$root/site/package-lock.json" "$root/site/node_modules/.installed-lock.json"
  fi
  (cd "$root/site" && quietly npm run build) || fail "the web app did not build; what it said stands above."
  printf '%s\n' "$inputs" >"$root/target/site.inputs"
}
