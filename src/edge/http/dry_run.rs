//! Dry runs: what would become of a chat request.

use worker::Request;

use super::{Desk, gate, reply};
use crate::{
    domain::refusal::Refusal,
    edge::{brain, patience::now, random},
    pipeline,
};

/// Answers how a chat request would be routed. Nobody is called, and nothing is kept of it.
pub async fn route(desk: &Desk, mut request: Request) -> Result<reply::Answer, Refusal> {
    let (chat, _held) = gate::rehearse(desk, &mut request).await?;
    brain::refresh(&desk.env, &desk.context).await;
    let (pool, settings) = (desk.config.pool(), &desk.config.settings);
    let (now, seed) = (now(), random::number());
    let told = brain::memory(|memory| pipeline::dry_run(&chat, &pool, memory, settings, now, seed));
    reply::json(&told.ok_or(Refusal::Internal)?)
}
