//! What every request of a client is held to, whichever protocol it comes in.

/// Bounds on what a request may hold; beyond them it is refused before anything else looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestBounds {
    pub max_messages: usize,
    /// Nesting of arrays and objects.
    pub max_depth: usize,
}

impl Default for RequestBounds {
    fn default() -> Self {
        RequestBounds {
            max_messages: 4_096,
            max_depth: 100,
        }
    }
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field that it is in, by the name that the client gave it.
    pub field: Option<String>,
    /// What is wrong, and how to put it right.
    pub message: String,
    /// A word for it, where the request was understood and is not to be had here.
    pub code: Option<&'static str>,
}

impl Wrong {
    /// A request that is not read: no JSON, or a field missing or of the wrong kind.
    pub fn new(field: Option<String>, message: impl Into<String>) -> Wrong {
        Wrong {
            field,
            message: message.into(),
            code: None,
        }
    }
}
