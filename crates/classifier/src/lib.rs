//! Which task is it: decided locally, without asking a model.
//!
//! # What the tasks mean
//!
//! The task is that of the last user message; what was said before counts only where that
//! message leans on it ("make it faster", "and in Spain?").
//!
//! | task | the answer is |
//! |---|---|
//! | `code` | a program or a part of one, a command, a query, a configuration, a style sheet; or what is said about such: a bug, its output, its speed, how a tool is used |
//! | `math` | a number, a formula or a proof that has to be worked out: sums, word problems, physics with figures, riddles of logic, probability |
//! | `structured` | data in a form a program reads: JSON, YAML, CSV, a table, a call of a given function, a label out of a given set, fields extracted from a text |
//! | `factual` | something known: a name, a date, a definition, the right choice among several on any subject but mathematics |
//! | `open` | everything without one right answer: writing, rewriting, summing up, translating, advice, plans, role play, opinion |
//!
//! The form that is asked for outranks the subject (a recipe as JSON is `structured`), and what
//! is to be made outranks what it is about (a poem about a compiler is `open`, a function that
//! counts a poem's lines is `code`).
//!
//! # How
//!
//! [`reading`] takes bounded windows of the conversation, [`rules`] decides the few cases that
//! are beyond doubt, [`features`] turns the rest into numbers and [`model`] weighs them. The
//! weights are trained by `examples/train` and shipped in the binary.

mod asking;
pub mod features;
mod lexicon;
pub mod model;
pub mod reading;
mod request;
mod rules;
mod shape;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::LazyLock;

use chat::{Message, Task};

pub use asking::{classifier_prompt, parse_classifier_word};

use features::features;
use model::Model;
use reading::Reading;

/// What the local classifier makes of a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    pub task: Task,
    /// Calibrated probability that `task` is right, 0..=1.
    pub confidence: f64,
}

static WEIGHTS: &[u8] = include_bytes!("weights.bin");
static MODEL: LazyLock<Option<Model<'static>>> = LazyLock::new(|| Model::parse(WEIGHTS));

/// The task of a conversation, judged by its last user message; `None` where the local
/// rules and the local model are not sure enough to decide without asking.
pub fn classify(messages: &[Message]) -> Option<Verdict> {
    let reading = Reading::of(messages);
    if reading.head.is_empty() {
        return None;
    }
    if let Some(verdict) = rules::decide(&reading) {
        return Some(verdict);
    }
    if rules::says_nothing(&reading) {
        return None;
    }
    let model = (*MODEL)?;
    let likely = likeliest(&model.probabilities(&features(&reading)));
    let verdict = Verdict {
        confidence: model.curve.confidence(likely.confidence),
        ..likely
    };
    (verdict.confidence >= f64::from(model.threshold)).then_some(verdict)
}

/// Whether a text shows an object, or speaks of one, as the form of its answer.
pub fn shows_form(text: &str) -> bool {
    let said = [Message {
        role: "user".into(),
        text: text.into(),
    }];
    let reading = Reading::of(&said);
    rules::shows_form(&format!("{}\n{}", reading.head, reading.tail).to_lowercase())
}

/// The task with the highest probability, the first of equals.
fn likeliest(probabilities: &[f64; model::TASKS]) -> Verdict {
    let mut best = Verdict {
        task: Task::Open,
        confidence: 0.0,
    };
    for (task, &confidence) in Task::ALL.into_iter().zip(probabilities) {
        if confidence > best.confidence {
            best = Verdict { task, confidence };
        }
    }
    best
}
