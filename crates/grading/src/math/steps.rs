//! The plain equations inside a solution: `12 * 7 = 84`. Do they hold?
//!
//! Only numbers joined by `+ - × ÷` count, on the left, and on the right one number or such a sum
//! again (`2 * 5 + 1 = 10 + 1 = 11` is two equations), and nothing that an equation is cut out of:
//! no variables, powers, parentheses, percentages beside it. A solution whose equation does not hold is faulty; one whose equations all hold can still
//! answer the wrong question.

use arithmetic::{
    expression,
    lexer::{Lexeme, MAX_TEXT, Token, lex},
    numbers::{BigRational, ten_to},
    units,
};
use num_traits::Signed;
use text::window;

use crate::Finding;

/// Words between two numbers that go on with a calculation.
const CALCULATING: [&str; 5] = ["plus", "minus", "times", "mod", "remainder"];
/// Words that change the number before them.
const SCALES: [&str; 8] = [
    "percent", "cents", "hundred", "thousand", "million", "billion", "pi", "r",
];

/// How many equations held, and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    pub held: u32,
    pub failed: u32,
}

/// Whether the equations of a solution hold, as a finding: unknown where it has none.
pub fn grade(text: &str) -> Finding {
    found(text, check(text))
}

/// The same where they were counted.
pub fn found(text: &str, steps: Steps) -> Finding {
    match steps {
        Steps { held: 0, failed: 0 } => Finding::unknown("arithmetic: no plain equation"),
        Steps { held, failed: 0 } => {
            Finding::scored(1.0, format!("arithmetic: {held} equations hold"))
        }
        Steps { held, failed } => {
            let first = first_false(text).map_or(String::new(), |first| format!(": {first}"));
            let all = held + failed;
            let reason = format!("arithmetic: {failed} of {all} equations do not hold{first}");
            Finding::scored(0.0, reason)
        }
    }
}

/// What the left side of the first false equation comes to, for people.
fn first_false(text: &str) -> Option<String> {
    let text = window::tail(text, MAX_TEXT);
    let tokens = lex(text);
    let at = tokens.iter().enumerate().position(|(at, lexeme)| {
        lexeme.token == Token::Equals && equation(&tokens, at) == Some(false)
    })?;
    let left = left_side(&tokens, at)?;
    let value = expression::whole(&left)?.value.ratio;
    let side = text.get(left.first()?.start..tokens.get(at)?.start)?;
    let (side, value) = (crate::told(side.trim()), super::shown(&value));
    Some(format!("expected {side} = {value}"))
}

/// Checks every plain equation of a text (of the last [`MAX_TEXT`] bytes).
pub fn check(text: &str) -> Steps {
    let tokens = lex(window::tail(text, MAX_TEXT));
    let mut steps = Steps::default();
    for (at, lexeme) in tokens.iter().enumerate() {
        if lexeme.token != Token::Equals {
            continue;
        }
        match equation(&tokens, at) {
            Some(true) => steps.held += 1,
            Some(false) => steps.failed += 1,
            None => {}
        }
    }
    steps
}

/// Whether the equation around this `=` holds; `None` where it is no plain one.
fn equation(tokens: &[Lexeme], equals: usize) -> Option<bool> {
    let left = left_side(tokens, equals)?;
    let Some((right, decimals)) = right_side(tokens, equals + 1) else {
        return same_value(&left, &right_sum(tokens, equals + 1)?);
    };
    let divides = left.iter().any(|lexeme| lexeme.token == Token::Divide);
    let value = expression::whole(&left)?;
    if value.operations == 0 {
        return None;
    }
    let off = (value.value.ratio - right).abs();
    let half_unit = if decimals > 0 || divides {
        BigRational::new(1.into(), ten_to(decimals.min(400)) * 2)
    } else {
        BigRational::new(1.into(), ten_to(9))
    };
    Some(off <= half_unit)
}

/// Whether two sums come to the same; `None` where either is a bare number. Sums of whole numbers
/// are compared exactly, others by one part in a hundred, since each number may be rounded.
fn same_value(left: &[Lexeme], right: &[Lexeme]) -> Option<bool> {
    let (a, b) = (expression::whole(left)?, expression::whole(right)?);
    if a.operations == 0 || b.operations == 0 {
        return None;
    }
    let rounded = left.iter().chain(right).any(|lexeme| {
        lexeme.token == Token::Divide || lexeme.number().is_some_and(|n| n.decimals > 0)
    });
    let (a, b) = (a.value.ratio, b.value.ratio);
    let off = (&a - &b).abs();
    Some(if rounded {
        off * BigRational::from_integer(100.into()) <= a.abs().max(b.abs())
    } else {
        off <= BigRational::new(1.into(), ten_to(9))
    })
}

/// Numbers joined by operators, on from `from` to where they end.
fn right_sum(tokens: &[Lexeme], from: usize) -> Option<Vec<Lexeme>> {
    let mut sum = Vec::new();
    let mut last = None;
    for (at, lexeme) in tokens.iter().enumerate().skip(from).take(80) {
        match lexeme.token {
            Token::Currency if last.is_none() => continue,
            Token::Number(_) if last.is_none() => last = Some(at),
            Token::Plus | Token::Minus | Token::Times | Token::Divide if last.is_some() => {
                last = None;
            }
            _ => break,
        }
        sum.push(lexeme.clone());
    }
    let ends = last.is_some_and(|at| !goes_on(tokens, at));
    (ends && sum.len() >= 3).then_some(sum)
}

/// One signed number, not followed by anything that goes on with it.
fn right_side(tokens: &[Lexeme], from: usize) -> Option<(BigRational, u32)> {
    let mut at = from;
    let mut negative = false;
    while let Some(lexeme) = tokens.get(at) {
        match lexeme.token {
            Token::Minus if !negative => negative = true,
            Token::Currency => {}
            _ => break,
        }
        at += 1;
    }
    let literal = tokens.get(at)?.number()?;
    if goes_on(tokens, at) {
        return None;
    }
    let value = literal.value.clone();
    Some((if negative { -value } else { value }, literal.decimals))
}

/// Whether what follows the number at `at` belongs to it: an operator, a variable, a scale.
fn goes_on(tokens: &[Lexeme], at: usize) -> bool {
    let end = tokens.get(at).map_or(0, |lexeme| lexeme.end);
    let next = tokens.get(at + 1);
    match next.map(|lexeme| &lexeme.token) {
        Some(token) if token.operates() => true,
        Some(
            Token::Factorial
            | Token::Percent
            | Token::Open
            | Token::Fraction
            | Token::Sqrt
            | Token::Number(_),
        ) => true,
        // A variable, or words that go on calculating; a unit may touch its number.
        Some(Token::Word(word)) => {
            let unit = units::named(word).is_some();
            let variable = word.chars().count() == 1 && word != "a";
            let touches = next.is_some_and(|lexeme| lexeme.start == end);
            let calculates = CALCULATING.contains(&word.as_str())
                && tokens.get(at + 2).is_some_and(|l| l.number().is_some());
            calculates || SCALES.contains(&word.as_str()) || (!unit && (variable || touches))
        }
        _ => false,
    }
}

/// Numbers joined by operators, back from the `=` to where they begin.
fn left_side(tokens: &[Lexeme], equals: usize) -> Option<Vec<Lexeme>> {
    let mut left = Vec::new();
    let mut at = equals;
    let mut number_next = true;
    while at > 0 && left.len() < 80 {
        let lexeme = tokens.get(at - 1)?;
        match lexeme.token {
            Token::Currency if !number_next => {}
            Token::Number(_) if number_next => {
                left.push(lexeme.clone());
                number_next = false;
            }
            Token::Plus | Token::Minus | Token::Times | Token::Divide if !number_next => {
                // A dash that begins a line is the mark of a list.
                let mark = lexeme.token == Token::Minus
                    && at
                        .checked_sub(2)
                        .and_then(|i| tokens.get(i))
                        .is_none_or(|before| matches!(before.token, Token::Stop('\n')));
                if mark {
                    break;
                }
                left.push(lexeme.clone());
                number_next = true;
            }
            _ => break,
        }
        at -= 1;
    }
    if number_next || left.len() < 3 {
        return None;
    }
    let before = at.checked_sub(1).and_then(|i| tokens.get(i));
    let begins = before.is_none_or(|lexeme| match &lexeme.token {
        Token::Word(word) => {
            let touches = left.last().is_some_and(|first| first.start == lexeme.end);
            !touches
                && (word.chars().count() > 1 || word == "a")
                && !matches!(
                    word.as_str(),
                    "plus" | "minus" | "times" | "mod" | "of" | "pi"
                )
        }
        Token::Stop(_) | Token::Comma | Token::Equals | Token::Other | Token::Open => {
            before.is_none_or(|before| before.end <= lexeme.end)
                && !matches!(lexeme.token, Token::Open)
        }
        Token::Approximately => true,
        Token::Minus => true,
        _ => false,
    });
    if !begins {
        return None;
    }
    left.reverse();
    Some(left)
}
