//! What clients and models say to each other: what everybody here speaks.
//!
//! Law: values without a will. Nothing here knows of routing, of money or of the platform.

mod body;
pub mod json;
mod request;
mod task;

pub use body::Body;
pub use request::{RequestBounds, Wrong};
pub use task::Task;

/// One message of a conversation, reduced to what is classified, counted and graded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// `system`, `developer`, `user`, `assistant`, `tool`, …
    pub role: String,
    /// The content string, or the text parts of a content array, joined by newlines.
    pub text: String,
}

/// A call of a tool that the model asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolCall {
    pub name: String,
    /// The arguments as the model wrote them: meant to be JSON, not known to be.
    pub arguments: String,
    /// Its input is free text, as a custom tool takes, or it is no call of the client's functions.
    pub custom: bool,
}

/// One of a completion's alternatives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// `None` where the content is null or absent, as with tool calls.
    pub text: Option<String>,
    pub refusal: Option<String>,
    pub tool_calls: Vec<ToolCall>,
    /// Its content is neither a text nor parts: nothing that a client could read.
    pub odd: bool,
    /// Sound or pictures stand in the answer: nothing here reads them.
    pub media: bool,
    /// What the runtime's own tools did, or found, stands beside the text.
    pub beside: bool,
    /// `stop`, `length`, `tool_calls`, `content_filter`, …
    pub finish_reason: Option<String>,
}

impl Choice {
    /// Characters of the text, the refusal and the arguments of tool calls.
    pub fn characters(&self) -> u64 {
        let texts = [&self.text, &self.refusal].into_iter().flatten();
        let calls = self.tool_calls.iter().map(|call| &call.arguments);
        texts.chain(calls).map(|text| text.len() as u64).sum()
    }
}
