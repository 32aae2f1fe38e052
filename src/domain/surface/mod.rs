//! The doors: protocols that clients speak, as the router serves them.
//!
//! The law: what a protocol looks like stands in `crates/protocols`. Here is only what the router
//! adds: which model was chosen, why and what it cost, its refusals, and its own fields, read
//! whichever protocol they come in.

mod arbiter;
mod completions;
mod door;
mod failed;
mod protocol;

pub use arbiter::Arbiter;
pub use completions::{Chat, ChatWriter};
pub use door::{Surface, Writer};
pub use failed::Beside;
pub use protocol::{Foreign, ForeignWriter, Protocol};
pub use protocols::{Opening, Room, Said};
