//! Nouns: values and their laws, in rooms. Pure Rust; no clock, no randomness, no platform.
//!
//! Each room says at its door what it is, what it may know and what it leaves to others;
//! `tests/structure.rs` holds them to it. Beside the rooms stands what several of them share.

pub mod account;
pub mod books;
pub mod considered;
pub mod conversation;
pub mod isolate;
pub mod money;
pub mod policy;
pub mod reason;
pub mod refusal;
pub mod runtime;
pub mod session;
pub mod settings;
pub mod surface;
pub mod tags;
pub mod webhook;
pub mod wire;
