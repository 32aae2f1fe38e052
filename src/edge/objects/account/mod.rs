//! The account of a key: its object, its messages, its client.

mod client;
mod message;
mod object;

pub use client::{AccountClient, count};
pub use message::{Shown, Taken};
