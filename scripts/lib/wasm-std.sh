#!/usr/bin/env bash
# Builds the wasm32-unknown-unknown standard library for the Rust toolchain in use, from the
# distribution's source package of the very same version, and puts it into the toolchain.
# For machines whose rustup has no download of it. Needs Debian or a relative of it (apt-get,
# dpkg-deb) with a package mirror, and a toolchain folder that may be written to. Installs no
# package and leaves the machine's package sources as they are.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

target=wasm32-unknown-unknown
version=$(rustc --version | cut -d' ' -f2)
sysroot=$(rustc --print sysroot)
lib="$sysroot/lib/rustlib/$target/lib"
otherwise="On a machine with the usual downloads: rustup target add $target"

for tool in apt-get apt-cache dpkg-deb; do
  command -v "$tool" >/dev/null ||
    fail "the standard library for $target can't be built here: $tool was not found." "$otherwise"
done
mkdir -p "$lib" 2>/dev/null || true
[ -w "$lib" ] ||
  fail "the toolchain folder $sysroot can't be written to by $(id -un)." "$otherwise"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# A source list of our own, kept in our own folder: the machine's mirror, asked for the newer
# suites too, since a stable distribution's Rust is older than rustup's.
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
# shellcheck disable=SC2016
mirrors=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -E '/(debian|ubuntu)/*$' | sort -u || true)
[ -n "$mirrors" ] || fail "apt-get names no mirror of Debian's or Ubuntu's packages." "$otherwise"
for mirror in $mirrors; do
  case $mirror in
    *ubuntu*) suites=$(. /etc/os-release && echo "${VERSION_CODENAME:-} ${VERSION_CODENAME:-}-updates devel") ;;
    *) suites='stable stable-backports testing unstable' ;;
  esac
  for suite in $suites; do
    for component in main universe; do
      case $mirror:$component in *debian*:universe) continue ;; esac
      echo "deb [signed-by=/usr/share/keyrings/$(case $mirror in *ubuntu*) echo ubuntu ;; *) echo debian ;; esac)-archive-keyring.gpg] $mirror $suite $component"
    done
  done
done >"$work/sources.list"
apt_options=(
  -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=-
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=
)
# One suite out of reach is no reason to stop: what counts is whether the package is found.
apt-get -qq "${apt_options[@]}" update >"$work/update.log" 2>&1 || true
package=$(apt-cache "${apt_options[@]}" madison rust-src 2>/dev/null |
  awk -v v="$version" '{ at = index($3, v) } at == 1 && substr($3, length(v) + 1, 1) !~ /[0-9]/ { print $3; exit }')
if [ -z "$package" ]; then
  tail -n 3 "$work/update.log" >&2
  fail "no source package of Rust $version (rust-src) was found at the package mirror." "$otherwise"
fi
(
  cd "$work"
  quietly apt-get -qq "${apt_options[@]}" download "rust-src=$package"
  dpkg-deb -x rust-src_*.deb source
) || fail "rust-src $package could not be fetched or unpacked." "$otherwise"
library="$work/source/usr/src/rustc-$version/library"
[ -d "$library" ] || fail "rust-src $package does not hold library/ where it is looked for." "$otherwise"

# cargo's build-std looks for the sources in the toolchain.
mkdir -p "$sysroot/lib/rustlib/src/rust"
rm -rf "$sysroot/lib/rustlib/src/rust/library"
cp -r "$library" "$sysroot/lib/rustlib/src/rust/"

quietly cargo new --quiet --vcs none --lib --name empty "$work/empty"
# RUSTC_BOOTSTRAP: build-std is an unstable option, and this is the stable compiler.
(
  cd "$work/empty"
  unset CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
  # What is built with it is to hold no path of this machine.
  export RUSTFLAGS="--remap-path-prefix=$sysroot=/rust --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=/crates"
  RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" quietly cargo build --quiet --release \
    --target "$target" -Zbuild-std=std,panic_abort
) || fail "the standard library for $target did not build; what cargo said stands above." "$otherwise"

# libcore last: its being there is the sign that all is there.
rm -f "$lib"/libcore-*.rlib
deps="$work/target/$target/release/deps"
find "$deps" -name '*.rlib' ! -name 'libempty*' ! -name 'libcore-*' -exec cp {} "$lib/" \;
find "$deps" -name 'libcore-*.rlib' -exec cp {} "$lib/" \;
