# shellcheck shell=bash
# What every script here shares: where the clone is, how to speak, how to stop.
# To be sourced; sets $root.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' red='' green='' plain=''
fi

# All talk goes to stderr: stdout belongs to what a command is asked for.
say() { printf '%s\n' "$*" >&2; }
step() { printf '%s==>%s %s\n' "$bold" "$plain" "$*" >&2; }
fail() {
  printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
  shift
  local line
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# Runs a command in silence, and shows what it said only if it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

# version_at_least 1.95.0 1.91: compares dotted numbers.
version_at_least() {
  local IFS=. have want i
  read -ra have <<<"${1%%[-+]*}"
  read -ra want <<<"$2"
  for i in "${!want[@]}"; do
    if ((10#${have[i]:-0} > 10#${want[i]})); then return 0; fi
    if ((10#${have[i]:-0} < 10#${want[i]})); then return 1; fi
  done
}

# with_lock NAME COMMAND…: one process at a time, across clones and users' shells.
# A folder is the lock, since not every system has flock; it names its owner, and a lock
# whose owner is gone is taken over.
with_lock() {
  local lock=$1 owner said='' nameless=0
  shift
  mkdir -p "$(dirname "$lock")"
  until mkdir "$lock" 2>/dev/null; do
    owner=$(cat "$lock/pid" 2>/dev/null || true)
    if [ -n "$owner" ]; then nameless=0; else nameless=$((nameless + 1)); fi
    # An owner writes its name at once: one that has not after 5 s was killed before it could.
    if { [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; } || [ "$nameless" -gt 10 ]; then
      nameless=0
      # Renaming is atomic: of several who see the dead owner one gets the folder.
      if mv "$lock" "$lock.dead.$$" 2>/dev/null; then rm -rf "$lock.dead.$$"; fi
      continue
    fi
    if [ -z "$said" ]; then
      say "    waiting for another set-up (process ${owner:-unknown}) to finish"
      said=yes
    fi
    sleep 0.5
  done
  printf '%s\n' "$$" >"$lock/pid"
  local status=0
  # In a subshell, so that `fail` inside still gives the lock back.
  ("$@") || status=$?
  rm -rf "$lock"
  return "$status"
}
