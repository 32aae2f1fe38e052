//! Chat completions as runtimes answer them: whole, as a stream, with the usage that they counted, or
//! with an error in their place.
//!
//! Law: what is read comes from outside, and nothing in it is trusted: of whatever type a field is,
//! what cannot be read says nothing, and what is kept is bounded. A reader says what stands there; it
//! judges no answer, and knows neither who asked nor why.

mod complaint;
pub mod error;
pub mod sse;
mod usage;
mod whole;

pub use complaint::Complaint;
pub use usage::{Counted, Usage};
pub use whole::{Completion, finish_reason};
