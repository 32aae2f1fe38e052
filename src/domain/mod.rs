//! Nouns: values and their laws. Pure Rust; no clock, no randomness, no platform.

pub mod book;
pub mod catalogue;
pub mod chat;
pub mod classifier;
pub mod completion;
pub mod email;
pub mod feed;
pub mod grade;
pub mod json;
pub mod judge;
pub mod key;
pub mod limit;
pub mod memory;
pub mod money;
pub mod policy;
pub mod quarantine;
pub mod refusal;
pub mod registry;
pub mod report;
pub mod request;
pub mod settings;
pub mod sse;
pub mod task;
