#!/usr/bin/env bash
# Serves Arbiter on this machine, with everything it needs around it.
set -euo pipefail
called_from=$PWD
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$root/scripts/lib/setup.sh"

usage() {
  cat <<'HELP'
Usage: scripts/dev.sh [--port N] [--persist-to DIR] [--dialect NAME]

Sets up what is missing, builds the worker (and the web app), brings the local database up to
date, and serves on http://127.0.0.1:8787 until Ctrl-C. Without a GATEWAY_API_KEY it starts the
simulated runtime and routes to that. In front of another runtime (BTL_BASE_URL) it asks that for its
models and proposes a pool for them; an arbiter.pool.json at the root of the clone is applied instead.

  --port N          where to serve (default 8787; 0: any free port)
  --persist-to DIR  where to keep the state (default .wrangler/state in the clone)
  --dialect NAME    which runtime the simulated one is taken for: btl (default), openrouter, openai,
                    litellm, ollama, vllm
  --help            this text

Every setting of .dev.vars.example may be given as an environment variable, which wins over
.dev.vars, which wins over the default:

  EPSILON=0.2 ./scripts/dev.sh --port 8080

WRANGLER_LOG (default warn) sets how much wrangler says.
HELP
}

port=8787 persist="$root/.wrangler/state" dialect=''
while [ $# -gt 0 ]; do
  case $1 in
    --port | --persist-to | --dialect)
      if [ -z "${2:-}" ]; then fail "$1 needs a value." "See scripts/dev.sh --help"; fi
      case $1 in --port) port=$2 ;; --persist-to) persist=$2 ;; *) dialect=$2 ;; esac
      shift 2
      ;;
    --port=*) port=${1#*=} && shift ;;
    --persist-to=*) persist=${1#*=} && shift ;;
    --dialect=*) dialect=${1#*=} && shift ;;
    -h | --help) usage && exit 0 ;;
    *) fail "unknown argument '$1'." "See scripts/dev.sh --help" ;;
  esac
done
case $port in *[!0-9]* | '' | ??????*) fail "--port takes a number from 0 to 65535, not '$port'." ;; esac
((10#$port <= 65535)) || fail "--port takes a number from 0 to 65535, not '$port'."
case $dialect in
  '' | btl | openrouter | openai | litellm | ollama | vllm) ;;
  *) fail "there is no dialect '$dialect'." "They are: btl, openrouter, openai, litellm, ollama, vllm" ;;
esac
case $persist in /*) ;; *) persist="$called_from/$persist" ;; esac

# --- Nothing outlives this script
#
# A guard in a process group of its own waits for the end of a pipe that only this script holds
# open. The pipe ends on every way out, a kill -9 included; then the guard ends the groups that
# were started, and removes the private folder.

run=$(mktemp -d "${TMPDIR:-/tmp}/arbiter-dev.XXXXXX")
: >"$run/groups"

guard() {
  trap '' INT TERM HUP
  cat >/dev/null
  local group tries=0
  while read -r group; do kill -TERM -- "-$group" 2>/dev/null || true; done <"$run/groups"
  while read -r group; do
    while kill -0 -- "-$group" 2>/dev/null; do
      if [ "$tries" -ge 50 ]; then kill -KILL -- "-$group" 2>/dev/null || true; fi
      tries=$((tries + 1))
      sleep 0.1
      if [ "$tries" -ge 100 ]; then break; fi
    done
  done <"$run/groups"
  rm -rf "$run"
}

mkfifo -m 600 "$run/alive"
set -m
guard <"$run/alive" >/dev/null 2>&1 &
guard_pid=$!
set +m
exec 9>"$run/alive"

# shellcheck disable=SC2317
stop() {
  local status=$?
  trap '' INT TERM HUP
  exec 9>&-
  wait "$guard_pid" 2>/dev/null || true
  exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# in_group COMMAND…: starts it in a process group of its own; its number is in $started.
in_group() {
  set -m
  "$@" </dev/null 9>&- &
  started=$!
  set +m
  echo "$started" >>"$run/groups"
}

# run COMMAND…: the same, and waits for its end.
run() {
  local status=0
  in_group "$@"
  wait "$started" || status=$?
  # Its number may be another's soon.
  sed -i.old "/^$started\$/d" "$run/groups"
  return "$status"
}

# Waits in a way that a signal interrupts at once.
pause() { sleep "$1" 9>&- & wait $! || true; }

# --- Build

check_node
wanted_port=$port
port=$(node "$root/scripts/lib/port.mjs" "$wanted_port" 2>"$run/port") ||
  fail "port $wanted_port can't be served on: $(cat "$run/port")." "Choose another: scripts/dev.sh --port N"
run "$root/scripts/build.sh"
use_tools

# --- State

mkdir -p "$persist" || fail "the state folder $persist can't be made."
persist=$(cd "$persist" && pwd -P)
migrations=$(cd "$root" && cat migrations/*.sql 2>/dev/null | cksum)
migrated="$persist/v3/d1/.migrated"
if [ "$(cat "$migrated" 2>/dev/null)" != "$migrations" ] && ls "$root"/migrations/*.sql >/dev/null 2>&1; then
  step "Bringing the local database up to date"
  run env CI=true wrangler d1 migrations apply DB --local --cwd "$root" --persist-to "$persist" >"$run/migrations" 2>&1 ||
    fail "the migrations could not be applied to $persist: $(cat "$run/migrations")"
  printf '%s\n' "$migrations" >"$migrated"
fi

# --- Settings

setting() { node "$root/scripts/lib/settings.mjs" get "$1"; }
given_key=$(setting GATEWAY_API_KEY || true) given_url=$(setting BTL_BASE_URL || true) listed=$(setting RUNTIMES || true)
if [ -n "$dialect" ] || { [ -z "$given_key$given_url$listed" ]; }; then
  : >"$run/sim"
  in_group node "$root/scripts/sim/main.mjs" --port 0 --dialect "${dialect:-btl}" >"$run/sim"
  sim_pid=$started
  until sim_url=$(sed -n 's/^sim listening on .*base URL \(http:[^)]*\)).*/\1/p' "$run/sim") && [ -n "$sim_url" ]; do
    kill -0 "$sim_pid" 2>/dev/null || fail "the simulated runtime did not start."
    pause 0.05
  done
  export BTL_BASE_URL="$sim_url" GATEWAY_API_KEY=simulated
  # Nobody pays for it.
  MINTED_USD_DAY=$(setting MINTED_USD_DAY || echo 0)
  JUDGE_BUDGET_USD_DAY=$(setting JUDGE_BUDGET_USD_DAY || echo 0)
  export MINTED_USD_DAY JUDGE_BUDGET_USD_DAY
  if [ -n "$dialect" ]; then why="as $dialect"; else why='no GATEWAY_API_KEY was given'; fi
  runtime="simulated, at $sim_url ($why)"
elif [ -n "$listed" ]; then
  runtime="those that RUNTIMES lists"
elif [ -n "$given_key" ]; then
  runtime="${given_url:-the default one}, with the GATEWAY_API_KEY that was given"
else
  runtime="$given_url, but there is no GATEWAY_API_KEY: chat answers 503"
fi

if setting ARBITER_API_KEYS >/dev/null; then
  shown_key='YOUR_KEY'
  key_line="one of the ARBITER_API_KEYS that were given"
else
  # Made once for this state folder, and good on this machine only.
  if [ ! -s "$persist/operator-key" ]; then
    (umask 077 && node -p '"local-" + require("node:crypto").randomBytes(12).toString("hex")' >"$persist/operator-key")
  fi
  shown_key=$(cat "$persist/operator-key")
  key_line="$shown_key (for this machine only; set ARBITER_API_KEYS to choose your own)"
  export ARBITER_API_KEYS=$shown_key
fi
# --- The pool: the file of this clone, or what the runtime offers

# Does the runtime list the models of the built-in pool by their very names.
has_built_in() {
  GATEWAY_API_KEY=${GATEWAY_API_KEY:-$given_key} node --input-type=module -e '
    const { offered } = await import(process.argv[2]);
    const ids = new Set((await offered(process.argv[1])).map(({ id }) => id));
    const all = ["mistral-small-3.2-24b-instruct-2506", "llama-3.1-70b-instruct", "gpt-4.1-mini", "gemini-2.5-pro"].every((id) => ids.has(id));
    process.exit(all ? 0 : 1);
  ' "$1" "$root/scripts/pool.mjs" 2>/dev/null
}

pool_file='' pool_how='' asked_url=${sim_url:-$given_url}
if [ -s "$root/arbiter.pool.json" ]; then
  pool_file="$root/arbiter.pool.json" pool_how='arbiter.pool.json'
elif [ -n "$asked_url" ] && has_built_in "$asked_url"; then
  : # Nothing is to be proposed where the models that routing begins with are all there.
elif [ -n "$asked_url" ]; then
  if GATEWAY_API_KEY=${GATEWAY_API_KEY:-$given_key} node "$root/scripts/pool.mjs" propose "$asked_url" >"$run/pool.json" 2>"$run/pool.error"; then
    pool_file="$run/pool.json" pool_how='proposed for this runtime'
    if [ -z "$given_key" ] && [ -z "${sim_pid:-}" ]; then
      export GATEWAY_API_KEY=none
      runtime="$given_url, without a key"
    fi
  else
    pool_how="the built-in one: $(cat "$run/pool.error")"
  fi
fi
if [ -n "$pool_file" ]; then
  for pair in BASELINE_MODEL:baseline CLASSIFIER_MODEL:classifier JUDGE_MODEL:judge; do
    name=${pair%%:*}
    value=$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"))[process.argv[2]] ?? ""' "$pool_file" "${pair#*:}")
    if [ -n "$value" ] && ! setting "$name" >/dev/null; then export "$name=$value"; fi
  done
fi
node "$root/scripts/lib/settings.mjs" write "$run/settings.env"

# --- Serve

# In the clone, for wrangler.toml; its own log files too, rather than in the home folder.
cd "$root"
export WRANGLER_LOG_PATH="$root/.wrangler/logs"
in_group node "$root/scripts/lib/serve.mjs" --port "$port" --persist-to "$persist" --env-file "$run/settings.env" 1>&2
server_pid=$started
url="http://127.0.0.1:$port"
node "$root/scripts/lib/ready.mjs" "$url/health" "$server_pid" 9>&- &
wait $! || fail "the server ended before it served."

if [ -n "$pool_file" ]; then
  only=(--first)
  if [ "$pool_file" != "$run/pool.json" ]; then only=(); fi
  : >"$run/missing"
  ARBITER_KEY=$(setting ARBITER_API_KEYS | sed 's/,.*//') node "$root/scripts/pool.mjs" apply "$pool_file" \
    --yes --quiet ${only[@]+"${only[@]}"} --url "$url" >"$run/missing" 2>&1 9>&- & wait $! || pool_how="not applied"
  if [ "$(setting JUDGE_MODEL || true)" = none ]; then
    echo "no judge is known: quality of what cannot be checked stays unknown. JUDGE_MODEL=ID ./scripts/dev.sh" >>"$run/missing"
  fi
fi

cat <<READY

Arbiter serves on $url
  runtime       $runtime
  operator key  $key_line
  state         $persist
  pool          ${pool_how:-the built-in one} (node scripts/pool.mjs list --url $url)
$(sed 's/^/  missing       /' "$run/missing" 2>/dev/null || true)

Try it:

  curl $url/v1/chat/completions \\
    -H 'Authorization: Bearer $shown_key' -H 'Content-Type: application/json' \\
    -d '{"messages": [{"role": "user", "content": "Calculate 17 * 23"}]}'

A key of your own, with limits: curl $url/v1/register -d '{"email": "you@example.com"}'
Ctrl-C stops it.
READY

while kill -0 "$server_pid" 2>/dev/null; do
  if [ -n "${sim_pid:-}" ] && ! kill -0 "$sim_pid" 2>/dev/null; then fail "the simulated runtime ended by itself."; fi
  pause 0.5
done
status=0
wait "$server_pid" || status=$?
fail "the server ended by itself (status $status)."
