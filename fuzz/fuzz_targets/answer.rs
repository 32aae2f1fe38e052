//! What the runtime says in one piece.
#![no_main]

use chat::json;
use arbiter::domain::{catalogue, completion::{Completion, Usage}, redact, refusal::Refusal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(completion) = Completion::parse(text.to_owned()) {
        assert!(json::is_json(&completion.with_arbiter("{}")));
    }
    Usage::parse(text);
    catalogue::parse(text);
    if let Ok(mut error) = serde_json::from_str(text) {
        redact::redact(&mut error, "sk-secret");
        let refusal = Refusal::Upstream {
            status: 500,
            model: "m".into(),
            error,
            retry_after: None,
        };
        assert!(!refusal.body().to_string().contains("sk-secret"));
    }
});
