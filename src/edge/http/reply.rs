//! Responses: built in one crossing each, with what stands on every one of them.

use serde::Serialize;
use sha2::{Digest, Sha256};
use worker::{
    Request, Response, Result,
    js_sys::{Object, Reflect},
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{self, ReadableStream, ResponseInit},
};

use crate::domain::{
    refusal::Refusal,
    surface::{Beside, Protocol},
};

const EXPOSED: &str = "X-Arbiter-Model, X-Arbiter-Task, X-Arbiter-Mode, \
     X-Arbiter-Classified-By, X-Arbiter-Eligible, X-Arbiter-Session, X-Request-Id, Request-Id, X-Arbiter-Cursor, ETag, \
     Retry-After, Server-Timing";
/// SDKs in browsers ask for a dozen headers at once.
const MAX_ASKED: usize = 2_048;
const JSON: &str = "application/json; charset=utf-8";

/// An answer of text with these headers, open to every origin.
pub fn text(status: u16, headers: &[(&'static str, String)], body: &str) -> Result<Response> {
    let init = init(status, headers)?;
    let response = web_sys::Response::new_with_opt_str_and_init(Some(body), &init)?;
    Ok(response.into())
}

/// An answer whose body is still to come.
pub fn stream(headers: &[(&'static str, String)], body: &ReadableStream) -> Result<Response> {
    let init = init(200, headers)?;
    let response = web_sys::Response::new_with_opt_readable_stream_and_init(Some(body), &init)?;
    Ok(response.into())
}

/// A value as JSON.
pub fn json<T: Serialize>(value: &T) -> std::result::Result<Response, Refusal> {
    let body = serde_json::to_string(value).map_err(|_| Refusal::Internal)?;
    raw_json(&body)
}

/// A value as JSON that may be kept for a second, and asked about by its tag.
pub fn view<T: Serialize>(value: &T) -> std::result::Result<Response, Refusal> {
    view_of(&serde_json::to_string(value).map_err(|_| Refusal::Internal)?)
}

/// The same of text that is JSON already.
pub fn view_of(body: &str) -> std::result::Result<Response, Refusal> {
    let digest = Sha256::digest(body.as_bytes());
    let tag: String = digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let headers = [
        ("content-type", JSON.to_owned()),
        ("cache-control", "max-age=1".to_owned()),
        ("etag", format!("\"{tag}\"")),
    ];
    text(200, &headers, body).map_err(|_| Refusal::Internal)
}

/// The answer, or 304 without a body where the client has the same already.
pub fn unless_known(response: Response, known: Option<&str>) -> Result<Response> {
    let tag = response.headers().get("etag")?;
    let same = match (tag.as_deref(), known) {
        (Some(tag), Some(known)) => known
            .split(',')
            .any(|known| known.trim().trim_start_matches("W/") == tag),
        _ => false,
    };
    match tag.filter(|_| same) {
        None => Ok(response),
        Some(tag) => {
            let init = init(
                304,
                &[("etag", tag), ("cache-control", "max-age=1".to_owned())],
            )?;
            let known = web_sys::Response::new_with_opt_str_and_init(None, &init)?;
            Ok(known.into())
        }
    }
}

/// Text that is JSON already.
pub fn raw_json(body: &str) -> std::result::Result<Response, Refusal> {
    let headers = [
        ("content-type", JSON.to_owned()),
        ("cache-control", "no-store".to_owned()),
    ];
    text(200, &headers, body).map_err(|_| Refusal::Internal)
}

/// A refusal, as its surface says it; `request_id`: of the request that is refused.
pub fn refusal(refusal: &Refusal, surface: Protocol, request_id: &str) -> Result<Response> {
    let said = surface.refuse(refusal, Beside::default(), request_id);
    let mut headers = said.headers;
    headers.push(("content-type", JSON.to_owned()));
    text(said.status, &headers, &said.body)
}

/// The answer to a browser that asks whether it may call from another origin.
pub fn preflight(request: &Request) -> Result<Response> {
    // `*` does not cover `authorization`: what was asked for is echoed, cleaned.
    let asked = request
        .headers()
        .get("access-control-request-headers")?
        .and_then(|names| crate::pipeline::clean_up_to(&names, MAX_ASKED))
        .unwrap_or_else(|| "authorization, content-type".to_owned());
    let headers = [
        (
            "access-control-allow-methods",
            "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".to_owned(),
        ),
        ("access-control-allow-headers", asked),
        ("access-control-max-age", "86400".to_owned()),
        ("vary", "access-control-request-headers".to_owned()),
    ];
    let init = init(204, &headers)?;
    let response = web_sys::Response::new_with_opt_str_and_init(None, &init)?;
    Ok(response.into())
}

fn init(status: u16, headers: &[(&'static str, String)]) -> Result<ResponseInit> {
    let all = Object::new();
    let put = |name: &str, value: &str| Reflect::set(&all, &name.into(), &value.into());
    put("access-control-allow-origin", "*")?;
    put("access-control-expose-headers", EXPOSED)?;
    put("x-content-type-options", "nosniff")?;
    for (name, value) in headers {
        put(name, value)?;
    }
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(all.unchecked_ref::<JsValue>());
    Ok(init)
}
