//! Is a text well formed in a data format? Each check answers with a short reason that says where
//! the text breaks and never quotes it. All are bounded: linear in the text, nesting limited.

mod csv;
mod json;
mod xml;
mod yaml;

pub use csv::csv;
pub use json::{json, json_lines};
pub use xml::xml;
pub use yaml::yaml;

/// Deepest nesting that any of the checks follows.
pub const MAX_DEPTH: usize = 120;
