#!/usr/bin/env bash
# A real third-party proxy behind Arbiter: LiteLLM from PyPI, in front of mocked models. Costs nothing,
# sends nothing to anybody but the package index. Not part of the tests.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$root/scripts/lib/setup.sh"

usage() {
  cat <<'HELP'
Usage: scripts/try-runtimes.sh [--calls N] [--venv DIR]

Installs LiteLLM into a virtual environment, starts it with mocked models, puts Arbiter before it, and
compares what Arbiter reports with what LiteLLM names in its own cost headers.

  --calls N    how many calls, whole and streamed by turns (300)
  --venv DIR   where LiteLLM is, or is to be installed (.wrangler/litellm in the clone)
HELP
}

calls=300 venv="$root/.wrangler/litellm"
while [ $# -gt 0 ]; do
  case $1 in
    --calls) calls=${2:?} && shift 2 ;;
    --venv) venv=${2:?} && shift 2 ;;
    -h | --help) usage && exit 0 ;;
    *) fail "unknown argument '$1'." "See scripts/try-runtimes.sh --help" ;;
  esac
done
check_node
if [ ! -x "$venv/bin/litellm" ]; then
  step "Installing LiteLLM into $venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet 'litellm[proxy]'
fi
[ -f "$root/build/index.js" ] || "$root/scripts/build.sh" worker
use_tools
run=$(mktemp -d "${TMPDIR:-/tmp}/arbiter-litellm.XXXXXX")
proxy=''
stop() {
  if [ -n "$proxy" ]; then kill "$proxy" 2>/dev/null || true; fi
  rm -rf "$run"
}
trap stop EXIT
{
  echo 'model_list:'
  for model in gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini gpt-4.1-nano; do
    printf '  - model_name: %s\n    litellm_params: {model: openai/%s, api_key: none, mock_response: "The answer is 391, and rivers flow to the sea."}\n' "$model" "$model"
  done
  echo 'litellm_settings: {telemetry: false, include_cost_in_streaming_usage: true}'
} >"$run/config.yaml"
port=$(node "$root/scripts/lib/port.mjs" 0)
# Made up for this run: LiteLLM wants one.
key="sk-$(node -p 'require("node:crypto").randomBytes(24).toString("hex")')"
LITELLM_MASTER_KEY=$key LITELLM_LOCAL_MODEL_COST_MAP=True "$venv/bin/litellm" --config "$run/config.yaml" --host 127.0.0.1 --port "$port" >"$run/log" 2>&1 &
proxy=$!
node "$root/scripts/lib/ready.mjs" "http://127.0.0.1:$port/health/liveliness" "$proxy" || fail "LiteLLM did not start: $(tail -5 "$run/log")"
BEFORE="http://127.0.0.1:$port" TRY_KEY=$key TRY_CALLS=$calls node "$root/scripts/lib/try.mjs"
