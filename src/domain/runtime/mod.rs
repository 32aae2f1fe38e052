//! The models that can be routed to, what they cost by list, and which of them, or of their runtimes,
//! are out, slow or limited at the moment.
//!
//! Its law: what is not known is unknown, not zero and not false; what keeps a model out ends by itself.
//! What runtimes say, and what that means, is no affair of a router's and stands in `crates/runtimes`.

pub mod breaker;
pub mod health;
pub mod limits;
pub mod pool;
pub mod pricing;
pub mod quarantine;
pub mod registry;
pub mod role;
pub mod wishes;
