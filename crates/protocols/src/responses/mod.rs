//! The Responses protocol: `POST /v1/responses`.

mod items;
mod read;
mod refuse;
mod tools;
mod write;

use serde_json::{Map, Value};

pub use read::read;
pub use refuse::refuse;
pub(crate) use tools::{schema, unsupported};
pub use write::{Writer, whole};

use crate::names::Names;

/// What an answer has to know of its request.
#[derive(Clone, Debug, Default)]
pub struct Form {
    names: Names,
    /// Are thoughts told.
    thoughts: bool,
    /// Small fields that the answer repeats.
    echo: Map<String, Value>,
}
