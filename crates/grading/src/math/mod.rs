//! Arithmetic: is the final answer the value of the expression that was asked for?
//!
//! Exact rationals throughout. A question without an expression is unknown, except that a
//! solution is known to be faulty when one of its own equations does not hold.

mod answer;
mod compare;
mod expression;
mod lexer;
mod numbers;
mod numeral;
mod one_step;
mod question;
mod shapes;
pub mod steps;
mod units;
mod vocabulary;
mod words;

use super::Finding;

/// Whether the question asks for a value that can be computed here.
pub fn is_checkable(question: &str) -> bool {
    question::find(question).is_some()
}

/// Checks an answer to a question; the question is the last user message.
pub fn check(question: &str, text: &str) -> Finding {
    let Some(asked) = question::find(question) else {
        return by_steps(text);
    };
    match answer::find(text) {
        Some(found) if compare::agrees(&asked, &found) => {
            Finding::scored(1.0, "arithmetic: the final answer equals the exact value")
        }
        Some(_) => Finding::scored(0.0, "arithmetic: the final answer is not the exact value"),
        None => Finding::scored(0.0, "arithmetic: no final number found in the answer"),
    }
}

fn by_steps(text: &str) -> Finding {
    let steps = steps::check(text);
    if steps.failed > 0 {
        return steps::grade(text);
    }
    Finding::unknown(format!(
        "math without an expression to evaluate ({} equations in the solution hold)",
        steps.held
    ))
}
