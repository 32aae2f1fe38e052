//! What the runtime says in one piece.
#![no_main]

use chat::json;
use arbiter::domain::refusal::{redact, Refusal};
use completion::{Completion, Usage};
use runtimes::pages::Reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(completion) = Completion::parse(text.to_owned()) {
        assert!(json::is_json(&completion.with("arbiter", "{}")));
    }
    Usage::parse(text);
    if let Some(mut reading) = Reading::of("https://h.example/v1/models") {
        while reading.next().is_some() {
            reading.take(Some(text));
        }
        reading.end();
    }
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
