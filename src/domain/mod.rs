//! Nouns: values and their laws. Pure Rust; no clock, no randomness, no platform.

pub mod chat;
pub mod classifier;
pub mod grade;
pub mod judge;
pub mod policy;
pub mod registry;
pub mod task;
