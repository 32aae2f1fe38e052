//! A request body: read or refused, and what travels upstream is JSON.
#![no_main]

use chat::{RequestBounds, json};
use arbiter::domain::{runtime::registry::Model, wire::request::ChatRequest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    match ChatRequest::parse(body.to_owned(), RequestBounds::default()) {
        Ok(request) => assert!(json::is_json(&request.upstream_body(&Model::named("m\"odel")))),
        Err(refusal) => assert_eq!(refusal.status(), 422),
    }
});
