//! What every reader of a text needs, each once.
//!
//! Law: one pass over the bytes, no copy, no panic, whatever the text; slices end between
//! characters. Nothing here knows what the text is for.

pub mod draft;
pub mod fence;
pub mod mark;
pub mod nesting;
pub mod number;
pub mod pattern;
pub mod window;
