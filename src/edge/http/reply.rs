//! Answers: values until they leave, then built in one crossing each, with what stands on every one of them.

use serde::Serialize;
use sha2::{Digest, Sha256};
use worker::{
    Request, Result,
    js_sys::Uint8Array,
    wasm_bindgen::{self, JsValue, prelude::wasm_bindgen},
    web_sys::{ReadableStream, Response},
};

use crate::domain::{
    refusal::Refusal,
    surface::{Beside, Protocol},
};

/// SDKs in browsers ask for a dozen headers at once.
const MAX_ASKED: usize = 2_048;
const JSON: &str = "application/json; charset=utf-8";

/// What a request is answered with, open to every origin.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    body: Body,
}

enum Body {
    None,
    Text(String),
    /// It is still to come.
    Stream(ReadableStream),
}

#[wasm_bindgen(module = "/src/edge/http/reply.js")]
extern "C" {
    /// See there.
    #[wasm_bindgen(catch)]
    fn reply(status: u16, headers: &str, body: &JsValue) -> std::result::Result<Response, JsValue>;
}

impl Answer {
    /// As the platform takes it.
    pub fn sent(self) -> Result<Response> {
        let mut headers = String::with_capacity(512);
        for (name, value) in &self.headers {
            headers.extend([name, "\0", value, "\0"]);
        }
        let body = match self.body {
            Body::None => JsValue::UNDEFINED,
            // As bytes: a text would be read into one of JavaScript's and written out again.
            Body::Text(text) => Uint8Array::from(text.as_bytes()).into(),
            Body::Stream(stream) => stream.into(),
        };
        Ok(reply(self.status, &headers, &body)?)
    }
}

/// An answer of text with these headers.
pub fn text(status: u16, headers: Vec<(&'static str, String)>, body: String) -> Answer {
    Answer {
        status,
        headers,
        body: Body::Text(body),
    }
}

/// An answer whose body is still to come.
pub fn stream(headers: Vec<(&'static str, String)>, body: ReadableStream) -> Answer {
    Answer {
        status: 200,
        headers,
        body: Body::Stream(body),
    }
}

fn bare(status: u16, headers: Vec<(&'static str, String)>) -> Answer {
    Answer {
        status,
        headers,
        body: Body::None,
    }
}

/// A value as JSON.
pub fn json<T: Serialize>(value: &T) -> std::result::Result<Answer, Refusal> {
    let body = serde_json::to_string(value).map_err(|_| Refusal::Internal)?;
    let headers = vec![
        ("content-type", JSON.to_owned()),
        ("cache-control", "no-store".to_owned()),
    ];
    Ok(text(200, headers, body))
}

/// A value as JSON that may be kept for a second, and asked about by its tag.
pub fn view<T: Serialize>(value: &T) -> std::result::Result<Answer, Refusal> {
    serde_json::to_string(value)
        .map(view_of)
        .map_err(|_| Refusal::Internal)
}

/// The same of text that is JSON already.
pub fn view_of(body: String) -> Answer {
    let digest = Sha256::digest(body.as_bytes());
    let tag: String = digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let headers = vec![
        ("content-type", JSON.to_owned()),
        ("cache-control", "max-age=1".to_owned()),
        ("etag", format!("\"{tag}\"")),
    ];
    text(200, headers, body)
}

/// The answer, or 304 without a body where the client has the same already.
pub fn unless_known(answer: Answer, known: &str) -> Answer {
    let tag = answer.headers.iter().find(|(name, _)| *name == "etag");
    let is_same = |tag: &String| {
        known
            .split(',')
            .any(|known| known.trim().trim_start_matches("W/") == tag)
    };
    match tag.cloned().filter(|(_, tag)| is_same(tag)) {
        None => answer,
        Some(tag) => bare(304, vec![tag, ("cache-control", "max-age=1".to_owned())]),
    }
}

/// A refusal, as its surface says it; `request_id`: of the request that is refused.
pub fn refusal(refusal: &Refusal, surface: Protocol, request_id: &str) -> Answer {
    let said = surface.refuse(refusal, Beside::default(), request_id);
    let mut headers = said.headers;
    headers.push(("content-type", JSON.to_owned()));
    text(said.status, headers, said.body)
}

/// The answer to a browser that asks whether it may call from another origin.
pub fn preflight(request: &Request) -> Result<Answer> {
    // `*` does not cover `authorization`: what was asked for is echoed, cleaned.
    let asked = request
        .headers()
        .get("access-control-request-headers")?
        .and_then(|names| crate::pipeline::clean_up_to(&names, MAX_ASKED))
        .unwrap_or_else(|| "authorization, content-type".to_owned());
    let headers = vec![
        (
            "access-control-allow-methods",
            "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".to_owned(),
        ),
        ("access-control-allow-headers", asked),
        ("access-control-max-age", "86400".to_owned()),
        ("vary", "access-control-request-headers".to_owned()),
    ];
    Ok(bare(204, headers))
}
