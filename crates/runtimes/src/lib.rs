//! Whatever answers chat completions for us: where it is, what it offers, what a request needs of it,
//! what it charges, what it is called, and whose fault it is when it fails.
//!
//! Law: a runtime is told by what it sends, never by its name. What it does not say is unknown, not
//! zero and not false. Nothing here calls anybody, and nothing chooses among models.

pub mod address;
pub mod catalogue;
pub mod charge;
pub mod faults;
pub mod named;
pub mod needs;
pub mod pages;
pub mod retry_after;
pub mod tokens;
