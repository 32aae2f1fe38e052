//! Arithmetic: is the final answer the value of the expression that was asked for?
//!
//! Exact rationals throughout. A question without an expression is unknown, except that a
//! solution is known to be faulty when one of its own equations does not hold.

pub mod steps;

use arithmetic::{
    answer::{self, Final},
    compare, lexer,
    numbers::BigRational,
    question::{self, Question},
    style::{self, Style},
};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};
use text::number::words;

use super::{Finding, work::Work};

/// Whether the question asks for a value that can be computed here.
pub fn is_checkable(question: &str) -> bool {
    question::find(question).is_some()
}

/// What a byte of a question, of an answer's end, and of a solution costs at worst to read, and what an
/// equation or a division in it does to work out, in units of [`Work`].
const ASKING: u64 = 30;
const ANSWERING: u64 = 20;
const SOLVING: u64 = 24;
const STEP: u64 = 420;
/// Bytes of the end of an answer that are read.
const WINDOW: usize = 8_000;
/// The same of a text in which numbers are looked for in the words of all languages, and what a
/// byte of it costs.
const IN_WORDS: usize = 500;
const READING_WORDS: u64 = 150;

/// The sum that a request asks for.
pub enum Sum {
    /// It asks for none.
    Absent,
    /// To find out takes more work than there is.
    Beyond,
    Asked {
        /// The question, in Western signs.
        western: String,
        /// What it asks for, in every way that it can be read.
        asked: Vec<Question>,
        /// What comparing a number with those costs.
        size: u64,
    },
}

impl Sum {
    pub fn read(question: &str, work: &Work) -> Sum {
        if question.len() > lexer::MAX_TEXT || !question.contains(char::is_numeric) {
            // Number words alone are sums too, but short ones.
            if question.len() > 300 {
                return Sum::Absent;
            }
        }
        if !work.take_bytes(question.len() + 20, ASKING) {
            return Sum::Beyond;
        }
        let western = style::western(question);
        let western = words::scaled(&western).map_or(western, Into::into);
        let style = style::of(&western);
        let evaluating = evaluating(&western);
        if !work.take(evaluating) {
            return Sum::Beyond;
        }
        let Some(asked) = asked(&western, style, work) else {
            work.give_back(evaluating);
            return Sum::Absent;
        };
        Sum::Asked {
            size: asked.iter().map(|asked| cost(&asked.value.ratio)).sum(),
            western: western.into_owned(),
            asked,
        }
    }
}

/// Checks an answer to a question, which is the last user message.
pub fn check(sum: &Sum, text: &str, work: &Work) -> Finding {
    check_sum(sum, text, work).unwrap_or_else(|| by_steps(text, work))
}

/// The same where the question is a sum and nothing else; `None` where it is none.
pub fn check_sum(sum: &Sum, text: &str, work: &Work) -> Option<Finding> {
    let (western, asked, size) = match sum {
        Sum::Absent => return None,
        Sum::Beyond => return Some(Finding::unknown(Work::USED_UP)),
        Sum::Asked {
            western,
            asked,
            size,
        } => (western, asked, *size),
    };
    let first = asked.first()?;
    let style = style::of(western);
    let text = text::window::tail(text, WINDOW);
    if !work.take_bytes(text.len(), ANSWERING) || !work.take(size) {
        return Some(Finding::unknown(Work::USED_UP));
    }
    let text = style::western(text);
    let scaled = words::scaled(&text);
    let rounds = scaled.is_some() && style::says_about(&text);
    let text = scaled.map_or(text, Into::into);
    let mut found = Vec::new();
    let right = |found: &Final| asked.iter().any(|asked| compare::agrees(asked, found));
    found.extend(answer::find(&text));
    found.extend(answer::without_remark(&text).and_then(answer::find));
    found.extend(answer::first_stated(&text));
    if style != Style::Point || style::has_grouping_points(&text) {
        let other = style::with_points(&text);
        found.extend(other.as_deref().and_then(answer::find));
        found.extend(other.as_deref().and_then(answer::first_stated));
    }
    if !found.iter().any(right) {
        // A number in words stands at the beginning of an answer or at its end.
        let ends = crate::both_ends(&text, IN_WORDS);
        if !work.take_bytes(ends.len(), READING_WORDS) {
            return Some(Finding::unknown(Work::USED_UP));
        }
        found.extend(style::in_words(&ends).filter_map(|other| answer::find(&other)));
    }
    if found.iter().any(right) {
        return Some(Finding::scored(
            1.0,
            "arithmetic: the final answer equals the exact value",
        ));
    }
    if style::is_saying(western) && (found.is_empty() || style::is_in_words(&text)) {
        return Some(Finding::unknown("a date or a saying as well as a division"));
    }
    // Each number is compared with each reading.
    let bits = asked
        .iter()
        .map(|asked| bits(&asked.value.ratio))
        .sum::<u64>();
    if !work.take(numbers(&text).saturating_mul(bits / 4)) {
        return Some(Finding::unknown(Work::USED_UP));
    }
    if answer::names(&text, |found| {
        asked.iter().any(|asked| compare::agrees(asked, found))
    }) {
        return Some(Finding::unknown(
            "arithmetic: the exact value stands in the answer, but not where it ends",
        ));
    }
    if rounds || style::has_a_form_of_its_own(&text) {
        return Some(Finding::unknown(
            "arithmetic: a form of number that is not read here",
        ));
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
        None if style::may_be_a_number_in_words(western, &text) => {
            Finding::unknown("arithmetic: no number in the answer that is read here")
        }
        None => Finding::scored(
            0.0,
            format!("arithmetic: expected {expected}, found no number"),
        ),
    })
}

/// What evaluating a question may cost. Roots and powers make numbers of many digits out of few: they may use up all that
/// one evaluation has (`arithmetic`'s own budget, of some 1 ns a unit). Else no number has more digits than the question,
/// and there are half as many steps as characters.
fn evaluating(question: &str) -> u64 {
    const MOST: u64 = 300_000;
    const DEAR: [&str; 6] = ["root", "sqrt", "power", "square", "cube", "factorial"];
    let lower = question.to_ascii_lowercase();
    let dear = !question.is_ascii()
        || question.contains(['^', '!'])
        || question.contains("**")
        || DEAR.iter().any(|word| lower.contains(word));
    if dear {
        return MOST;
    }
    let length = question.len() as u64;
    let bits = length * 10 / 3;
    ((bits / 64 + 1) * (bits + 16) * (length / 2) / 10).min(MOST)
}

/// What a question asks for, in every way that it can be read.
fn asked(western: &str, style: Style, work: &Work) -> Option<Vec<Question>> {
    let other = style::with_points(western).filter(|_| style != Style::Point);
    let mut asked = Vec::new();
    if style != Style::Comma || other.is_none() {
        asked.extend(question::find(western));
    }
    asked.extend(other.and_then(|other| question::find(&other)));
    // A sum in words is short.
    if asked.is_empty() && western.len() <= IN_WORDS && style::calculates(western) {
        if !work.take_bytes(western.len(), READING_WORDS) {
            return None;
        }
        asked.extend(style::in_words(western).filter_map(|other| question::find(&other)));
    }
    (!asked.is_empty()).then_some(asked)
}

/// What comparing with a number of that size costs: the square of its digits.
fn cost(value: &BigRational) -> u64 {
    let bits = bits(value);
    (bits / 64 + 1).saturating_mul(bits) / 2
}

fn bits(value: &BigRational) -> u64 {
    value.numer().bits() + value.denom().bits()
}

/// How many runs of digits a text has.
fn numbers(text: &str) -> u64 {
    let mut inside = false;
    let mut begins = |byte: &u8| {
        let before = std::mem::replace(&mut inside, byte.is_ascii_digit());
        inside && !before
    };
    text.as_bytes().iter().filter(|byte| begins(byte)).count() as u64
}

/// A number for people, briefly.
fn shown(value: &BigRational) -> String {
    let bits = bits(value);
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
    // Both fit, of so few bits.
    let part = |part: &BigInt| part.to_f64().unwrap_or(0.0);
    let near = part(value.numer()) / part(value.denom());
    if near != 0.0 && !(1e-4..1e15).contains(&near.abs()) {
        return format!("{near:e}");
    }
    let text = format!("{near:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What the equations of a text cost at worst.
fn solving(text: &str) -> u64 {
    let signs = |byte: &u8| matches!(byte, b'=' | b'/');
    let steps = text.bytes().filter(signs).count();
    text.len() as u64 * SOLVING + steps as u64 * STEP
}

fn by_steps(text: &str, work: &Work) -> Finding {
    let text = text::window::tail(text, WINDOW);
    if !work.take(solving(text)) {
        return Finding::unknown(Work::USED_UP);
    }
    let text = style::western(text);
    let mut steps = steps::check(&text);
    // Equations that hold in either way of writing numbers hold.
    if steps.failed > 0
        && let Some(other) = style::with_points(&text)
    {
        if !work.take(solving(&other)) {
            return Finding::unknown(Work::USED_UP);
        }
        let other = steps::check(&other);
        if other.failed == 0 {
            steps = other;
        }
    }
    if steps.failed > 0 {
        return steps::found(&text, steps);
    }
    Finding::unknown(format!(
        "math without an expression to evaluate ({} equations in the solution hold)",
        steps.held
    ))
}
