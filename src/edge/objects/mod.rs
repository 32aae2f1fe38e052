//! Durable Objects: each a shell over a domain value, with its messages and a typed client.

mod account;
mod client;
mod feed;
mod learner;
mod message;
mod session;
mod yesterday;

pub use account::{AccountClient, Paid, Shown, Taken, count};
pub use client::{FeedClient, LearnerClient};
pub use message::Told;
pub use session::SessionClient;

use serde::{Serialize, de::DeserializeOwned};
use worker::{
    Request, Response, Result, Storage,
    js_sys::{Function, Reflect},
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
};

/// Reads a message's body.
async fn body<T: DeserializeOwned>(request: &mut Request) -> Result<T> {
    let text = request.text().await?;
    serde_json::from_str(&text).map_err(|error| error.to_string().into())
}

fn answer<T: Serialize>(value: &T) -> Result<Response> {
    Response::ok(serde_json::to_string(value)?)
}

/// Runs statements so that either all of them hold or none, also where one fails half-way.
fn atomically(storage: &Storage, work: impl FnOnce() -> Result<()> + 'static) -> Result<()> {
    let storage: &JsValue = storage.as_raw().as_ref();
    let transaction: Function = Reflect::get(storage, &"transactionSync".into())?.dyn_into()?;
    let work = Closure::once(move || work().map_err(JsValue::from));
    transaction.call1(storage, work.as_ref())?;
    Ok(())
}
