#!/usr/bin/env bash
# Builds what `wrangler` serves and deploys. Does nothing where nothing has changed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$root/scripts/lib/setup.sh"
. "$root/scripts/lib/site.sh"

parts='site worker'
case ${1:-} in
  '') ;;
  site | worker) parts=$1 ;;
  -h | --help)
    cat <<'HELP'
Usage: scripts/build.sh [site|worker]

Sets up what is missing, builds the web app into site/dist (where there is one), builds the
worker (WebAssembly and its JavaScript shell) into build/, and prints its size.
`wrangler dev` and `wrangler deploy` call this by themselves.

WORKER_PROFILE=worker-test builds one for tests: larger and slower, in a fraction of the time.
HELP
    exit 0
    ;;
  *) fail "unknown argument '$1'." "See scripts/build.sh --help" ;;
esac

set_up
cd "$root"
case $parts in *site*) ensure_site ;; esac
case $parts in *worker*) ;; *) exit 0 ;; esac

# Where the sources lie on this machine is nobody's business, and would make each machine's worker another one.
unit=$(printf '\037')
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
flags=${CARGO_ENCODED_RUSTFLAGS:-${RUSTFLAGS:-}}
flags=${flags:+${flags// /$unit}$unit}
export CARGO_ENCODED_RUSTFLAGS="$flags--remap-path-prefix=$sources=/crates$unit--remap-path-prefix=$root=/arbiter$unit--remap-path-prefix=$(rustc --print sysroot)=/rust"

# cargo knows best whether anything has changed: only a new .wasm is worth the steps after it.
profile=${WORKER_PROFILE:-worker}
cargo build --locked --profile "$profile" --lib --target "$wasm_target" --quiet
target_dir=${CARGO_TARGET_DIR:-$root/target}
made_from=$({
  cksum <"$target_dir/$wasm_target/$profile/arbiter.wasm"
  echo "$(bind_home)"
  cksum <package-lock.json
  cat scripts/build.sh src/edge/entry.js scripts/lib/wasm-opt.flags scripts/lib/shrink.mjs | cksum
})
if [ -f build/index.js ] && [ -f build/index_bg.wasm ] && [ "$(cat build/.made-from 2>/dev/null)" = "$made_from" ]; then
  exit 0
fi

step "Building the worker"
rm -rf build/.made-from build/making
mkdir -p build/making
quietly "$(bind_home)/bind" "$target_dir/$wasm_target/$profile/arbiter.wasm" build/making || fail "scripts/bind failed; what it said stands above."
# The platform gives a module for a plain import, and knows no `import source` yet. A module that several parts take
# something from is named once for each of them, which bundlers warn of.
sed 's/^import source /import /' build/making/index.js | awk '!/^ *"\.\/snippets\// || !seen[$1]++' >build/making/rust.js
quietly esbuild src/edge/entry.js --bundle --minify --format=esm --alias:rust=./build/making/rust.js \
  --external:./index_bg.wasm '--external:cloudflare:*' --log-level=error --allow-overwrite --outfile=build/making/index.js ||
  fail "esbuild failed; what it said stands above."
# What inlines a function that has one caller makes the code shorter, and 7 % longer once it is compressed.
if [ "$profile" = worker ]; then
  quietly node scripts/lib/shrink.mjs build/making/index_bg.wasm build/making/index.js || fail "wasm-opt failed; what it said stands above."
fi
mv build/making/index.js build/making/index_bg.wasm build
rm -rf build/making
printf '%s\n' "$made_from" >build/.made-from

kilobytes=$(($(gzip -9 -c build/index.js build/index_bg.wasm | wc -c) / 1000))
say "Worker built: $kilobytes KB gzipped (the platform takes 3 MB on its free plan, 10 MB otherwise)"
