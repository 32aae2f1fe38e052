//! Nouns: values and their laws. Pure Rust; no clock, no randomness, no platform.

pub mod account;
pub mod book;
pub mod catalogue;
pub mod completion;
pub mod fault;
pub mod feed;
pub mod history;
pub mod ledger;
pub mod memory;
pub mod money;
pub mod page;
pub mod policy;
pub mod post;
pub mod quarantine;
pub mod redact;
pub mod refusal;
pub mod registry;
pub mod report;
pub mod request;
pub mod retry_after;
pub mod ring;
pub mod runtime;
pub mod settings;
pub mod sse;
pub mod surface;
