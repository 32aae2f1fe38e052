#!/usr/bin/env bash
# Runs every check of the project, and ends in one line that counts them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$root/scripts/lib/setup.sh"
. "$root/scripts/lib/chromium.sh"

# One stream, so that what is said and what is shown stay in order.
exec 2>&1

all_parts='rust wasm node site e2e browser'

usage() {
  cat <<'HELP'
Usage: scripts/test.sh [--only PART[,PART…]] [-- NAME…]

Sets up what is missing and runs the checks. Every test counts as one, and so does every check
that is no test (formatting, a lint run, a build). The last line is the count; the exit status
is 0 only if nothing failed.

  rust      formatting, clippy, the native tests of the core
  wasm      clippy for wasm, the build of the worker that is deployed, a deployment checked offline
  node      the style of JavaScript, TypeScript and CSS; tests of the scripts: tests/*/*.test.mjs but
            for those below
  site      the web app's build, its types, and tests/site
  e2e       tests/e2e: the real worker in workerd, with the simulated runtime; without `wasm` a
            worker that is built in a fraction of the time
  browser   tests/browser: the pages in Chromium

  --only    only these parts
  NAME      of the Node tests only files whose name contains one of these
HELP
}

parts=$all_parts
while [ $# -gt 0 ]; do
  case $1 in
    --only)
      [ $# -ge 2 ] || fail "--only needs a value." "See scripts/test.sh --help"
      parts=${2//,/ } && shift 2
      ;;
    --only=*) parts=${1#*=} && parts=${parts//,/ } && shift ;;
    --) shift && break ;;
    -h | --help) usage && exit 0 ;;
    *) fail "unknown argument '$1'." "See scripts/test.sh --help" ;;
  esac
done
for part in $parts; do
  case " $all_parts " in *" $part "*) ;; *) fail "there is no part '$part'." "The parts are: $all_parts" ;; esac
done
wanted() { case " $parts " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
only_names=("$@")

scratch=$(mktemp -d)
: >"$scratch/counts"
# Cargo and the rest go side by side: what each counted is in one file, a line a check.
beside=''
# shellcheck disable=SC2317
clean() {
  if [ -n "$beside" ]; then kill -TERM -- "-$beside" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

count() { # count NAME PASSED FAILED SECONDS
  printf '%s\t%s\t%s\n' "$2" "$3" "$1" >>"$scratch/counts"
  if [ "$3" -eq 0 ]; then
    printf '%s    ok%s  %s (%s, %d s)\n' "$green" "$plain" "$1" "$2" "$4"
  else
    printf '%s    FAILED%s  %s (%s of %s, %d s)\n' "$red" "$plain" "$1" "$3" "$(($2 + $3))" "$4"
  fi
}

# check NAME COMMAND…: one check, whose output is shown only if it fails.
check() {
  local name=$1 from=$SECONDS
  shift
  step "$name"
  if quietly "$@"; then count "$name" 1 0 $((SECONDS - from)); else count "$name" 0 1 $((SECONDS - from)); return 1; fi
}

# Tests of cargo, counted by the result lines of its test programs.
cargo_tests() {
  local name=$1 from=$SECONDS status=0 ok bad
  shift
  step "$name"
  "$@" >"$scratch/cargo" 2>&1 </dev/null || status=$?
  ok=$(sed -n 's/^test result: [a-zA-Z]*\. \([0-9]*\) passed; .*/\1/p' "$scratch/cargo" | awk '{ n += $1 } END { print n + 0 }')
  bad=$(sed -n 's/^test result: [a-zA-Z]*\. [0-9]* passed; \([0-9]*\) failed; .*/\1/p' "$scratch/cargo" | awk '{ n += $1 } END { print n + 0 }')
  # What did not compile has no result line.
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  if [ "$bad" -gt 0 ]; then grep -vE '^test .* \.\.\. ok$' "$scratch/cargo"; fi
  count "$name" "$ok" "$bad" $((SECONDS - from))
}

# node_tests NAME AT_ONCE FOLDER…: tests of Node's runner, so many files at once, told by file as they end.
node_tests() {
  local name=$1 at_once=$2 from=$SECONDS status=0 ok bad folder file part files=() tap
  shift 2
  tap="$scratch/tap.$(basename "$1")"
  for folder in "$@"; do
    for file in "$folder"/*.test.mjs; do
      if [ ! -f "$file" ]; then continue; fi
      if [ ${#only_names[@]} -eq 0 ]; then files+=("$file"); fi
      for part in ${only_names[@]+"${only_names[@]}"}; do
        case $(basename "$file") in *"$part"*) files+=("$file") && break ;; esac
      done
    done
  done
  if [ ${#files[@]} -eq 0 ]; then return 0; fi
  step "$name"
  run_node "$at_once" "$tap" "${files[@]}" || status=$?
  ok=$(counted "$tap" pass) bad=$(($(counted "$tap" fail) + $(counted "$tap" cancelled)))
  # On a machine that is out of breath a test of time may fall: a few files get a second run, by themselves, and
  # whoever needs it is named. A fault that is there falls again, and a panic of the worker is one whenever it is seen.
  if [ "$bad" -gt 0 ] && ! grep -q panicked "$tap"; then
    files=()
    while IFS= read -r file; do files+=("$file"); done < <(failed_files "$tap")
    if [ ${#files[@]} -gt 0 ] && [ ${#files[@]} -le 3 ]; then
      step "$name, once more: ${files[*]}"
      status=0
      run_node 1 "$tap.again" "${files[@]}" || status=$?
      if [ "$status" -eq 0 ] && [ "$(counted "$tap.again" pass)" -gt 0 ]; then
        ok=$((ok + bad)) bad=0
        printf '%s\n' "${files[@]}" >>"$scratch/unsteady"
      fi
    fi
  fi
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  if [ "$status" -eq 0 ] && [ "$ok" -eq 0 ]; then
    if grep -q '^# skipped [1-9]' "$tap"; then say "    all were skipped" && return 0; fi
    say "    no test ran" && bad=1
  fi
  count "$name" "$ok" "$bad" $((SECONDS - from))
}

# run_node CONCURRENCY TAP FILE…: Node's runner, told on the screen and counted in TAP.
run_node() {
  local concurrency=$1 tap=$2
  shift 2
  rm -f "$tap"
  node --test --test-concurrency="$concurrency" --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$tap" "$@" </dev/null
}

# counted TAP WORD: the runner's own sum.
counted() {
  if [ -f "$1" ]; then sed -n "s/^# $2 \([0-9]*\)$/\1/p" "$1" | awk '{ n += $1 } END { print n + 0 }'; else echo 0; fi
}

# failed_files TAP: the files of the tests that failed.
failed_files() {
  sed -n "s/^ *location: '\(.*\.test\.mjs\):[0-9]*:[0-9]*'$/\1/p" "$1" | sed "s|^$root/||" | sort -u
}

# What `wrangler deploy` would send, for both environments, without an account or a network.
deploys_offline() {
  wrangler deploy --dry-run --outdir "$scratch/deploy-dev" &&
    wrangler deploy --dry-run --env production --outdir "$scratch/deploy-production"
}

rust() {
  check 'Formatting' cargo fmt --check || true
  check 'Clippy, native' cargo clippy --locked --workspace --all-targets --quiet -- -D warnings || true
  cargo_tests 'Tests of the core' cargo test --locked --workspace --no-fail-fast
}

# The worker that is deployed, and what is checked of it; where only tests run it, a quick one.
worker() {
  mkdir -p site/dist
  if ! wanted wasm; then
    check 'Build of the worker, for tests' env WORKER_PROFILE=worker-test ./scripts/build.sh worker && : >"$scratch/worker"
    return 0
  fi
  check 'Clippy, wasm' cargo clippy --locked --target "$wasm_target" --lib --quiet -- -D warnings || true
  if check 'Build of the worker' ./scripts/build.sh worker; then
    : >"$scratch/worker"
    check 'Deployment, offline' deploys_offline || true
  fi
}

scripts() {
  local folder
  check 'Style of JavaScript, TypeScript and CSS' biome check --error-on-warnings || true
  for folder in tests/*/; do
    folder=${folder%/}
    case $folder in tests/e2e | tests/agents | tests/browser | tests/site) ;; *) node_tests "Tests of ${folder#tests/}" 2 "$folder" ;; esac
  done
}

web_app() {
  if check 'Build of the web app' ./scripts/build.sh site; then
    check 'Types of the web app' npm --prefix site run check || true
    node_tests 'Tests of the web app' 2 tests/site
  fi
}

cd "$root"
started_at=$SECONDS
set_up
if wanted rust || wanted wasm; then require_rust_components; fi

# 660 MB, and not to be had everywhere: where they are not there their tests say so and are skipped.
agents() {
  if [ -n "${ARBITER_AGENTS:-}" ] || [ -d tests/agents/node_modules ]; then return 0; fi
  step 'Installing the agents (660 MB, once)'
  quietly npm ci --prefix tests/agents --loglevel=error || say '    they could not be had: their tests are skipped'
}

# The linker of the worker keeps one core busy for minutes; what needs no worker takes the other.
native() {
  if wanted rust; then rust; fi
  if wanted node; then scripts; fi
  if wanted site && [ -f site/package.json ]; then web_app; fi
  if wanted e2e; then agents; fi
}
if wanted wasm || wanted e2e || wanted browser; then
  set -m
  native </dev/null &
  beside=$!
  set +m
  worker
  # It may have died without having counted a failure.
  wait "$beside" || count 'Rust, scripts and web app: broken off' 0 1 0
  beside=''
else
  native
fi

# What follows is about time too: nothing goes beside it. A test end to end waits a quarter of its time.
if wanted e2e; then
  if [ -f "$scratch/worker" ]; then
    node_tests 'End to end, agents among them' 3 tests/e2e tests/agents
  else
    count 'End to end: there is no worker' 0 1 0
  fi
fi

if wanted browser && compgen -G 'tests/browser/*.test.mjs' >/dev/null; then
  if [ -f "$scratch/worker" ] && ./scripts/build.sh site && ensure_chromium; then
    node_tests 'Pages in the browser' 2 tests/browser
  else
    count 'Pages in the browser: something needed is missing' 0 1 0
  fi
fi

passed=0 failed=0
printf '\n'
while IFS=$'\t' read -r ok bad name; do
  passed=$((passed + ok)) failed=$((failed + bad))
  if [ "$bad" -gt 0 ]; then printf '%sfailed:%s %s\n' "$red" "$plain" "$name"; fi
done <"$scratch/counts"
if [ -s "$scratch/unsteady" ]; then
  while IFS= read -r name; do printf '%spassed the second time only:%s %s\n' "$red" "$plain" "$name"; done <"$scratch/unsteady"
fi
printf 'took %d s\n' $((SECONDS - started_at))
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
