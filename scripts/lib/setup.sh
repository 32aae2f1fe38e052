# shellcheck shell=bash
# Sets up what building and testing need, and nothing that is already there.
# To be sourced after common.sh; `set_up` takes well under a second when all is in place.
#
# What is installed where:
#   the wasm32 standard library      into the Rust toolchain in use
#   scripts/bind, compiled           into a cache folder by its sources, shared by all clones
#   wrangler, wasm-opt, esbuild, …   into node_modules, from package-lock.json

rust_at_least=1.91
node_at_least=20
wasm_target=wasm32-unknown-unknown
tool_cache="${XDG_CACHE_HOME:-$HOME/.cache}/arbiter"

set_up() {
  check_rust
  check_node
  # Side by side: one waits for the network while another compiles.
  local part parts=()
  ensure_npm_packages & parts+=($!)
  ensure_wasm_target & parts+=($!)
  ensure_bind & parts+=($!)
  # Each has said what went wrong with it.
  for part in "${parts[@]}"; do wait "$part" || exit 1; done
  use_tools
}

check_rust() {
  local how="Get stable Rust with rustup: https://rustup.rs (then open a new shell)" version
  command -v cargo >/dev/null || fail "cargo was not found; Rust $rust_at_least or later is needed." "$how"
  version=$(rustc --version 2>/dev/null | cut -d' ' -f2) || true
  [ -n "$version" ] || fail "rustc does not run; Rust $rust_at_least or later is needed." "$how"
  version_at_least "$version" "$rust_at_least" ||
    fail "rustc $version is too old; Rust $rust_at_least or later is needed." "With rustup: rustup update stable"
}

check_node() {
  local how="Get Node from https://nodejs.org or your package manager; npm comes with it" version
  command -v node >/dev/null || fail "node was not found; Node $node_at_least or later is needed." "$how"
  version=$(node --version 2>/dev/null) || true
  version_at_least "${version#v}" "$node_at_least" ||
    fail "node ${version:-(does not run)} is too old; Node $node_at_least or later is needed." "$how"
  command -v npm >/dev/null || fail "npm was not found." "$how"
}

# For those who lint; a minimal rustup profile has neither.
require_rust_components() {
  local component
  for component in rustfmt clippy; do
    if cargo "${component/rust/}" --version >/dev/null 2>&1; then continue; fi
    step "Adding $component to the Rust toolchain"
    { command -v rustup >/dev/null && quietly rustup component add "$component"; } ||
      fail "cargo ${component/rust/} was not found." "With rustup: rustup component add $component"
  done
}

has_wasm_target() {
  compgen -G "$1/lib/rustlib/$wasm_target/lib/libcore-*.rlib" >/dev/null
}

ensure_wasm_target() {
  local sysroot
  sysroot=$(rustc --print sysroot)
  if has_wasm_target "$sysroot"; then return 0; fi
  with_lock "$tool_cache/wasm-target.lock" add_wasm_target "$sysroot"
}

add_wasm_target() {
  local log
  if has_wasm_target "$1"; then return 0; fi
  step "Adding the Rust standard library for $wasm_target"
  if ! command -v rustup >/dev/null; then
    say "    rustup is not here; building it from source instead (about half a minute, once)"
  else
    log=$(mktemp)
    if rustup target add "$wasm_target" >"$log" 2>&1 </dev/null && has_wasm_target "$1"; then
      rm -f "$log"
      return 0
    fi
    say "    rustup could not: $(grep -m1 -iE 'error|could not' "$log" || tail -n 1 "$log")"
    say "    building it from source instead (about half a minute, once)"
    rm -f "$log"
  fi
  "$root/scripts/lib/wasm-std.sh" || exit 1
  has_wasm_target "$1" || fail "the standard library for $wasm_target is still missing in $1."
}

bind_home() { printf '%s/bind-%s' "$tool_cache" "$(cat "$root"/scripts/bind/{Cargo.toml,Cargo.lock,src/main.rs} | cksum | cut -d ' ' -f 1)"; }

# locked_version CRATE LOCKFILE
locked_version() {
  awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/[^0-9.]/, ""); print; exit }' "$2"
}

ensure_bind() {
  local worker bind
  worker=$(locked_version wasm-bindgen "$root/Cargo.lock")
  bind=$(locked_version wasm-bindgen-cli-support "$root/scripts/bind/Cargo.lock")
  [ "$worker" = "$bind" ] ||
    fail "scripts/bind is for wasm-bindgen $bind, Cargo.lock has $worker." \
      "Set $worker in scripts/bind/Cargo.toml, then: cargo update --manifest-path scripts/bind/Cargo.toml"
  if [ -x "$(bind_home)/bind" ]; then return 0; fi
  with_lock "$tool_cache/bind.lock" build_bind
}

build_bind() {
  local building="$tool_cache/building.$$" home
  home=$(bind_home)
  if [ -x "$home/bind" ]; then return 0; fi
  step "Compiling scripts/bind (about a minute, once)"
  # Ctrl-C in the middle leaves nothing behind (this runs in a subshell of its own).
  # shellcheck disable=SC2064
  trap "rm -rf $(printf '%q' "$building")" EXIT
  trap 'exit 130' INT TERM HUP
  mkdir -p "$building/out"
  cp -R "$root"/scripts/bind/{Cargo.toml,Cargo.lock,src} "$building"
  # By its lock file. An index that mirrors another may lack a version that it names: there the versions are those
  # that the index has, each held to its checksum all the same.
  if ! quietly cargo_bind "$building" --locked; then
    say "    not by its lock file; once more with what the index has"
    rm "$building/Cargo.lock"
    quietly cargo_bind "$building" ||
      fail "cargo could not compile scripts/bind; what it said stands above." \
        "It needs a C compiler and linker (Debian: apt-get install build-essential) and the way to the crates index."
  fi
  # A rename at the end: a folder of that name is always whole.
  mv "$building/target/release/bind" "$building/out"
  rm -rf "$home"
  mv "$building/out" "$home" || fail "$home could not be put in place."
}

cargo_bind() { # cargo_bind FOLDER ARGUMENT…
  local folder=$1
  shift
  CARGO_TARGET_DIR="$folder/target" cargo build --quiet --release --manifest-path "$folder/Cargo.toml" "$@"
}

npm_is_current() {
  cmp -s "$root/package-lock.json" "$root/node_modules/.installed-lock.json" &&
    cmp -s "$root/package.json" "$root/node_modules/.installed-package.json" &&
    "$root/node_modules/.bin/node" --version >/dev/null 2>&1
}

ensure_npm_packages() {
  if npm_is_current; then return 0; fi
  with_lock "$root/target/npm.lock" install_npm_packages
}

install_npm_packages() {
  if npm_is_current; then return 0; fi
  step "Installing npm packages (about half a minute, once per change of package-lock.json)"
  (cd "$root" && quietly npm ci --loglevel=error) || fail "npm ci failed; what it said stands above."
  [ -x "$root/node_modules/.bin/node" ] || take_node
  cp "$root/package-lock.json" "$root/node_modules/.installed-lock.json"
  cp "$root/package.json" "$root/node_modules/.installed-package.json"
}

# Node 24 comes with the packages, by the hash of the lock file, where that names one for this system.
take_node() {
  version_at_least "$(node --version | sed s/v//)" 24 ||
    fail "Node 24 is needed, and there is none for this system among the packages." "Get it from https://nodejs.org"
  mkdir -p "$root/node_modules/.bin"
  ln -sf "$(command -v node)" "$root/node_modules/.bin/node"
}

use_tools() {
  # wrangler needs the newer Node, which is found first on the PATH.
  export PATH="$root/node_modules/.bin:$PATH"
  # Promises are js-sys's, as the crate `worker` means them: said for all builds, so that none undoes another's.
  export WASM_BINDGEN_USE_JS_SYS=1
  # Nothing is told or fetched that serving does not need, and the local log costs more than the worker.
  # Nor does wrangler serve a window into the local database beside the worker.
  export X_LOCAL_EXPLORER=false
  export WRANGLER_SEND_METRICS=false X_LOCAL_OBSERVABILITY=false CLOUDFLARE_CF_FETCH_ENABLED=false
  # No question can be answered by a script, and no update notice is of use to one.
  export WRANGLER_HIDE_BANNER=true
}
