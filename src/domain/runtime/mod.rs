//! Whatever answers behind us: what it says, what it is called, what it charges, whose fault it is
//! when it fails.
//!
//! Its law: a runtime is told by what it sends, never by its name. What it does not say is unknown,
//! not zero and not false. Nothing here calls anybody: the edge does, with what stands here.

pub mod breaker;
pub mod catalogue;
pub mod charge;
pub mod faults;
pub mod health;
pub mod limits;
pub mod named;
pub mod needs;
pub mod pages;
pub mod pool;
pub mod pricing;
pub mod quarantine;
pub mod registry;
pub mod role;
pub mod runtimes;
pub mod tokens;
