//! Is a text well formed in a data format? Each check answers with a short reason that says where
//! the text breaks and never quotes it. All are bounded: linear in the text, nesting limited.

/// Why a text is not known to be of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not; where and why.
    Broken(String),
    /// It can't be told in bounded time and memory.
    Beyond(&'static str),
}

mod csv;
mod json;
mod toml;
#[cfg(feature = "xml")]
mod xml;
#[cfg(feature = "yaml")]
mod yaml;

pub use csv::{Table, csv};
pub use json::{json, json_lines};
pub use toml::toml;
#[cfg(feature = "xml")]
pub use xml::xml;
#[cfg(feature = "yaml")]
pub use yaml::yaml;

/// Deepest nesting that any of the checks follows.
pub const MAX_DEPTH: usize = 120;
