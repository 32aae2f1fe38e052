//! The calls that change what everyone shares.

use serde_json::{Value, json};
use worker::Request;

use super::{Desk, gate, incoming, reply, shared};
use crate::{
    domain::{account::audit::Deed, refusal::Refusal},
    edge::{brain, objects::FeedClient, patience, store::Store},
};

/// A control body is small.
const MAX_BODY: u64 = 16 * 1024;

/// Forgets all that was learned, for everyone; keys and their usage stay.
pub async fn reset(desk: &Desk, request: Request) -> Result<reply::Answer, Refusal> {
    let local = gate::at_door(&request, |door| door.is_local());
    gate::admit_control(desk, local, gate::claim(desk, &request).await?).await?;
    let act = desk.act(Deed::Reset, "", json!({}));
    let resetting = async {
        let epoch =
            patience::change("store", async { Store::open(&desk.env)?.reset(&act).await }).await?;
        brain::memory(|memory| memory.turn_to(epoch));
        let told = empty_feed(desk, epoch).await;
        shared::forget();
        told
    };
    resetting.await.map_err(|error| {
        worker::console_error!("the reset failed: {error}");
        Refusal::StoreAway
    })?;
    reply::json(&json!({"status": "reset"}))
}

/// The epoch has begun by now: the Feed is told again before the reset counts as failed.
async fn empty_feed(desk: &Desk, epoch: u64) -> worker::Result<bool> {
    let telling = async || {
        patience::change("feed", async {
            FeedClient::of(&desk.env)?.reset(epoch).await
        })
        .await
    };
    for wait in [100, 500] {
        match telling().await {
            Ok(told) => return Ok(told),
            Err(error) => worker::console_error!("the feed was not emptied: {error}"),
        }
        patience::pause(wait).await;
    }
    telling().await
}

/// Multiplies what a model is charged from now on, to see the router react.
pub async fn simulate_price(desk: &Desk, mut request: Request) -> Result<reply::Answer, Refusal> {
    let local = gate::at_door(&request, |door| door.is_local());
    let claim = gate::claim(desk, &request).await?;
    gate::vet(desk, &request, &claim).await?;
    let of = claim.minted().map(|key| key.0.clone());
    let body = incoming::body(&mut request, MAX_BODY, &desk.config.settings, of).await;
    gate::admit_control(desk, local, claim).await?;
    let (model, multiplier) = read(&body?.0)?;
    if !desk.config.pool().iter().any(|known| known.id == model) {
        return Err(Refusal::invalid(
            Some("model".into()),
            "`model` must be one of the pool: GET /v1/models lists it",
        ));
    }
    let act = desk.act(
        Deed::SimulatePrice,
        &model,
        json!({"multiplier": multiplier}),
    );
    let setting = async {
        let store = Store::open(&desk.env)?;
        store.set_override(&model, multiplier, &act).await?;
        store.snapshot_of_primary().await
    };
    let snapshot = patience::change("store", setting).await.map_err(|error| {
        worker::console_error!("the price could not be set: {error}");
        Refusal::StoreAway
    })?;
    let active = snapshot.overrides.clone();
    brain::take_in(snapshot, patience::now());
    reply::json(&json!({"model": model, "multiplier": multiplier, "active": active}))
}

fn read(body: &str) -> Result<(String, f64), Refusal> {
    let fields = incoming::object(body)?;
    let model = fields
        .get(body, "model")
        .and_then(|raw| serde_json::from_str::<Value>(raw).ok())
        .and_then(|value| value.as_str().map(str::to_owned))
        .ok_or_else(|| {
            Refusal::invalid(
                Some("model".into()),
                "`model` must be the id of a pool model",
            )
        })?;
    let raw = fields.get(body, "multiplier").unwrap_or("null");
    let multiplier = match raw {
        "null" => Some(1.0),
        raw => serde_json::from_str::<f64>(raw).ok(),
    };
    let multiplier = multiplier
        .filter(|number| number.is_finite() && *number > 0.0)
        .ok_or_else(|| {
            Refusal::invalid(
                Some("multiplier".into()),
                "`multiplier` must be a finite number above 0",
            )
        })?;
    Ok((model, multiplier))
}
