# shellcheck shell=bash
# Sets up what building and testing need, and nothing that is already there.
# To be sourced after common.sh; `set_up` takes well under a second when all is in place.
#
# What is installed where:
#   the wasm32 standard library      into the Rust toolchain in use
#   worker-build, wasm-bindgen       into a cache folder by version, shared by all clones
#   wrangler, wasm-opt, esbuild, …   into node_modules, from package-lock.json

rust_at_least=1.91
node_at_least=20
worker_build_version=0.8.7
wasm_target=wasm32-unknown-unknown
tool_cache="${XDG_CACHE_HOME:-$HOME/.cache}/arbiter"

# The command line tool has to be of the very version of the crate.
wasm_bindgen_version() {
  awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' "$root/Cargo.lock"
}

set_up() {
  check_rust
  check_node
  # Side by side: one waits for the network while another compiles.
  local part parts=()
  ensure_npm_packages & parts+=($!)
  ensure_wasm_target & parts+=($!)
  ensure_cargo_tools & parts+=($!)
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

# One after the other into one folder: what both are made of is compiled once.
ensure_cargo_tools() {
  local building="$tool_cache/building.$$"
  # Ctrl-C in the middle leaves nothing behind (this runs in a subshell of its own).
  # shellcheck disable=SC2064
  trap "rm -rf $(printf '%q' "$building")" EXIT
  trap 'exit 130' INT TERM HUP
  ensure_cargo_tool worker-build "$worker_build_version" worker-build "$building"
  # Nothing is fetched with it here, so it can do without TLS.
  ensure_cargo_tool wasm-bindgen-cli "$(wasm_bindgen_version)" wasm-bindgen "$building" --no-default-features
}

# ensure_cargo_tool PACKAGE VERSION COMMAND FOLDER ARGUMENT…: builds it in FOLDER where it is not there.
ensure_cargo_tool() {
  if [ -x "$(cargo_tool_home "$1" "$2")/bin/$3" ]; then return 0; fi
  with_lock "$tool_cache/$1.lock" install_cargo_tool "$@"
}

cargo_tool_home() { printf '%s/%s-%s' "$tool_cache" "$1" "$2"; }

install_cargo_tool() {
  local package=$1 version=$2 command=$3 building=$4 home
  shift 4
  home=$(cargo_tool_home "$package" "$version")
  if [ -x "$home/bin/$command" ]; then return 0; fi
  step "Installing $package $version (a few minutes, once)"
  rm -rf "$building/out"
  # By the package's own lock file. An index that mirrors another may lack a version that it names:
  # there the versions are those that the index has, each held to its checksum all the same.
  if ! quietly cargo_install "$building" --bin "$command" --locked "$package@$version" "$@"; then
    say "    not by its own lock file; once more with what the index has"
    quietly cargo_install "$building" --bin "$command" "$package@$version" "$@" ||
      fail "cargo could not install $package $version; what it said stands above." \
        "It needs a C compiler and linker (Debian: apt-get install build-essential) and the way to the crates index."
  fi
  # A rename at the end: a folder of that name is always whole.
  rm -rf "$home"
  mv "$building/out" "$home" || fail "$home could not be put in place."
}

# A lighter profile than the package's own: it builds in half the time, and runs for seconds.
cargo_install() { # cargo_install FOLDER ARGUMENT…
  local folder=$1
  shift
  CARGO_TARGET_DIR="$folder/target" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
    cargo install --quiet --root "$folder/out" "$@"
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

# Names the tools to those who look for them: worker-build would download its own otherwise,
# and wrangler needs the newer Node, which is found first on the PATH.
use_tools() {
  local bindgen worker_build
  bindgen=$(cargo_tool_home wasm-bindgen-cli "$(wasm_bindgen_version)")/bin
  worker_build=$(cargo_tool_home worker-build "$worker_build_version")/bin
  export PATH="$root/node_modules/.bin:$worker_build:$bindgen:$PATH"
  export WASM_BINDGEN_BIN="$bindgen/wasm-bindgen"
  export WASM_OPT_BIN="$root/node_modules/.bin/wasm-opt"
  export ESBUILD_BIN="$root/node_modules/.bin/esbuild"
  # worker-build sets this for its cargo; the same for ours, so that neither undoes the other's build.
  export WASM_BINDGEN_USE_JS_SYS=1
  # Nothing is told or fetched that serving does not need, and the local log costs more than the worker.
  # Nor does wrangler serve a window into the local database beside the worker.
  export X_LOCAL_EXPLORER=false
  export WRANGLER_SEND_METRICS=false X_LOCAL_OBSERVABILITY=false CLOUDFLARE_CF_FETCH_ENABLED=false
  # No question can be answered by a script, and no update notice is of use to one.
  export WRANGLER_HIDE_BANNER=true
}
