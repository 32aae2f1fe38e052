//! The account of a key: its object, its messages, its client.

mod client;
mod ledger;
mod message;
mod object;
mod record;
mod shelf;
mod yesterday;

pub use client::{AccountClient, count};
pub use message::{Paid, Shown, Taken};
