//! Which fields of a request travel to the runtime.

use serde::Deserialize;
use serde_json::value::RawValue;

/// The reach of `arbiter_` fields: taken out of what travels upstream.
pub const OWN_PREFIX: &str = "arbiter_";
/// What some runtimes read as another model, provider, price or address.
const CHOOSES_OTHERS: [&str; 19] = [
    "models",
    "route",
    "provider",
    "fallbacks",
    "plugins",
    "api_base",
    "base_url",
    "api_key",
    "mock_response",
    "custom_llm_provider",
    "service_tier",
    "store",
    "preset",
    "num_retries",
    "input_cost_per_token",
    "output_cost_per_token",
    "web_search_options",
    // What is put into the request, or its head, behind our back.
    "extra_body",
    "extra_headers",
];
/// What is read here, and by some runtimes in any case of letters: in others it would be another
/// request that is answered than the one that was looked at.
const READ: [&str; 9] = [
    "messages",
    "stream",
    "stream_options",
    "tools",
    "functions",
    "response_format",
    "max_tokens",
    "max_completion_tokens",
    "n",
];

/// Does a top-level field reach the runtime as it is; `safe_only`: not what some runtimes would read as
/// another request than the one that was looked at.
pub fn is_passed(name: &str, safe_only: bool) -> bool {
    let is = |other: &&str| name.eq_ignore_ascii_case(other);
    let chooses = || CHOOSES_OTHERS.iter().any(is);
    let twin = || READ.iter().any(|it| is(it) && name != *it);
    !(is(&"model") || is_own(name) || safe_only && (chooses() || twin()))
}

/// The first of the tools that runs where the runtime is, for money of its own: by another model, or in
/// the web. Only a function of the client's is none.
pub fn hosted_tool(tools: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Tool {
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    let tools: Vec<Tool> = serde_json::from_str(tools.get()).ok()?;
    let kinds = tools.into_iter().filter_map(|tool| tool.kind);
    kinds
        .into_iter()
        .find(|kind| kind != "function" && kind != "custom")
}

fn is_own(name: &str) -> bool {
    let head = name.get(..OWN_PREFIX.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(OWN_PREFIX))
}
