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
mod question;
mod shapes;
pub mod steps;
mod style;
mod units;
mod vocabulary;

use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};

use super::{Finding, work::Work};
use style::Style;

/// Whether the question asks for a value that can be computed here.
pub fn is_checkable(question: &str) -> bool {
    question::find(question).is_some()
}

/// What a byte of a question, of an answer's end, and of a solution costs at worst to read, in
/// units of [`Work`].
const ASKING: u64 = 30;
const ANSWERING: u64 = 20;
const SOLVING: u64 = 30;
/// Bytes of the end of an answer that are read.
const WINDOW: usize = 8_000;

/// Checks an answer to a question; the question is the last user message.
pub fn check(question: &str, text: &str, work: &Work) -> Finding {
    check_sum(question, text, work).unwrap_or_else(|| by_steps(text, work))
}

/// The same where the question is a sum and nothing else; `None` where it is none.
pub fn check_sum(question: &str, text: &str, work: &Work) -> Option<Finding> {
    if question.len() > lexer::MAX_TEXT || !question.contains(char::is_numeric) {
        // Number words alone are sums too, but short ones.
        if question.len() > 300 {
            return None;
        }
    }
    if !work.take_bytes(question.len() + 20, ASKING) {
        return Some(Finding::unknown(Work::USED_UP));
    }
    let western = style::western(question);
    let style = style::of(&western);
    let mut asked = Vec::new();
    let other = style::with_points(&western).filter(|_| style != Style::Point);
    if style != Style::Comma || other.is_none() {
        asked.extend(question::find(&western));
    }
    asked.extend(other.and_then(|other| question::find(&other)));
    let first = asked.first()?;
    let size: u64 = asked.iter().map(|asked| cost(&asked.value.ratio)).sum();
    let text = text::window::tail(text, WINDOW);
    if !work.take_bytes(text.len(), ANSWERING) || !work.take(size) {
        return Some(Finding::unknown(Work::USED_UP));
    }
    let text = style::western(text);
    let mut found = Vec::new();
    found.extend(answer::find(&text));
    if style != Style::Point {
        found.extend(style::with_points(&text).and_then(|other| answer::find(&other)));
    }
    let right = asked
        .iter()
        .any(|asked| found.iter().any(|found| compare::agrees(asked, found)));
    if right {
        return Some(Finding::scored(
            1.0,
            "arithmetic: the final answer equals the exact value",
        ));
    }
    if style::is_saying(&western) && style::is_in_words(&text) {
        return Some(Finding::unknown("a date or a saying as well as a division"));
    }
    let expected = shown(&first.value.ratio);
    Some(match found.first() {
        Some(found) => Finding::scored(
            0.0,
            format!(
                "arithmetic: expected {expected}, found {}",
                shown(&found.value.ratio)
            ),
        ),
        None => Finding::scored(
            0.0,
            format!("arithmetic: expected {expected}, found no number"),
        ),
    })
}

/// What comparing with a number of that size costs: the square of its digits.
fn cost(value: &BigRational) -> u64 {
    let bits = value.numer().bits() + value.denom().bits();
    (bits / 64 + 1).saturating_mul(bits) / 2
}

/// A number for people, briefly.
fn shown(value: &BigRational) -> String {
    let bits = value.numer().bits() + value.denom().bits();
    if bits > 160 {
        let sign = if value.is_negative() {
            "a negative number"
        } else {
            "a number"
        };
        return format!("{sign} of many digits");
    }
    if value.is_integer() {
        return value.to_integer().to_string();
    }
    let near = value.to_f64().unwrap_or(0.0);
    if near != 0.0 && !(1e-4..1e15).contains(&near.abs()) {
        return format!("{near:e}");
    }
    let text = format!("{near:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn by_steps(text: &str, work: &Work) -> Finding {
    let text = text::window::tail(text, WINDOW);
    if !work.take_bytes(text.len(), SOLVING) {
        return Finding::unknown(Work::USED_UP);
    }
    let text = style::western(text);
    let mut steps = steps::check(&text);
    // Equations that hold in either way of writing numbers hold.
    if steps.failed > 0
        && let Some(other) = style::with_points(&text)
    {
        if !work.take_bytes(other.len(), SOLVING) {
            return Finding::unknown(Work::USED_UP);
        }
        let other = steps::check(&other);
        if other.failed == 0 {
            steps = other;
        }
    }
    if steps.failed > 0 {
        return steps::grade(&text);
    }
    Finding::unknown(format!(
        "math without an expression to evaluate ({} equations in the solution hold)",
        steps.held
    ))
}
