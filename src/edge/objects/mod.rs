//! Durable Objects: each a shell over a domain value, with its messages and a typed client.

mod account;
mod client;
mod feed;
mod learner;
mod message;

pub use account::{AccountClient, Shown, Taken, count};
pub use client::{FeedClient, LearnerClient};

use serde::{Serialize, de::DeserializeOwned};
use worker::{Request, Response, Result};

/// Reads a message's body.
async fn body<T: DeserializeOwned>(request: &mut Request) -> Result<T> {
    let text = request.text().await?;
    serde_json::from_str(&text).map_err(|error| error.to_string().into())
}

fn answer<T: Serialize>(value: &T) -> Result<Response> {
    Response::ok(serde_json::to_string(value)?)
}

/// Unix seconds.
fn now() -> f64 {
    worker::js_sys::Date::now() / 1_000.0
}
