//! The kinds of work that models are compared on. A request belongs to exactly one.

use serde::{Deserialize, Serialize};

/// The bucket that a request is learned under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    Code,
    Math,
    Structured,
    Factual,
    Open,
}

impl Task {
    pub const ALL: [Task; 5] = [
        Task::Code,
        Task::Math,
        Task::Structured,
        Task::Factual,
        Task::Open,
    ];

    /// The name used in the API, in storage and in headers.
    pub fn name(self) -> &'static str {
        match self {
            Task::Code => "code",
            Task::Math => "math",
            Task::Structured => "structured",
            Task::Factual => "factual",
            Task::Open => "open",
        }
    }

    /// The task of that name; `None` for any other word.
    pub fn parse(name: &str) -> Option<Task> {
        Task::ALL.into_iter().find(|task| task.name() == name)
    }
}
