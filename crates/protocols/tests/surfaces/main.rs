//! Both protocols, from outside: what a body becomes, what an answer looks like
//! whole and streamed, and that every stream keeps its protocol's grammar however the runtime's
//! bytes are cut.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agents;
mod chats;
mod grammar;
mod messages;
mod properties;
mod responses;
