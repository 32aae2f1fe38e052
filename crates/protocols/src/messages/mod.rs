//! The Messages protocol: `POST /v1/messages`, and the count of its tokens.

mod blocks;
mod count;
mod read;
mod refuse;
mod tools;
mod write;

pub use count::count;
pub use read::{conversation, read};
pub use refuse::refuse;
pub use write::{Writer, whole};

use crate::names::Names;

/// What an answer has to know of its request.
#[derive(Clone, Debug, Default)]
pub struct Form {
    names: Names,
    /// Are thoughts told.
    thoughts: bool,
    stops: Vec<String>,
}
