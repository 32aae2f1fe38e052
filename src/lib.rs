//! Arbiter: an OpenAI-compatible router that learns which model is good enough.
//!
//! A request touches the world four times: the gate, the snapshot, the runtime, the settlement.
//! Between those touches everything is a pure function from one named value to the next.
//!
//! `domain` holds the values and their laws, `pipeline` the stages that turn one into the next,
//! `edge` (on wasm only) the platform: no decision is made there.

pub mod domain;
#[cfg(target_arch = "wasm32")]
mod edge;
pub mod pipeline;
