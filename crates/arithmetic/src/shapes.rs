//! What looks like arithmetic and is none: dates, phone numbers, ISBNs, ranges, fixed names.

use num_bigint::BigInt;

use super::lexer::{Lexeme, Literal, Token};

/// Whether tokens that parsed as an expression are rather a date, a phone number, an ISBN, a
/// range of years, or a name such as 24/7.
pub fn is_code(tokens: &[Lexeme]) -> bool {
    let numbers: Vec<&Literal> = tokens.iter().filter_map(Lexeme::number).collect();
    if numbers.iter().any(|literal| literal.padded) {
        return true;
    }
    let Some(joint) = tight_joint(tokens) else {
        return false;
    };
    let widths: Vec<u32> = numbers.iter().map(|literal| literal.whole_digits).collect();
    if numbers.iter().any(|literal| literal.decimals > 0) {
        return false;
    }
    let year = |i: usize| {
        numbers
            .get(i)
            .is_some_and(|literal| between(literal, 1_000, 2_999))
    };
    let small = |i: usize, most: i64| {
        numbers
            .get(i)
            .is_some_and(|literal| between(literal, 1, most))
    };
    match (joint, widths.as_slice()) {
        (Token::Minus, [4, 1 | 2, 1 | 2]) => year(0) && small(1, 12) && small(2, 31),
        (Token::Minus | Token::Divide, [1 | 2, 1 | 2, 4]) => {
            year(2) && small(0, 31) && small(1, 31)
        }
        (Token::Divide, [1 | 2, 1 | 2, 2]) => small(0, 31) && small(1, 31),
        (Token::Divide, [4, 1 | 2, 1 | 2]) => year(0) && small(1, 12) && small(2, 31),
        (Token::Minus, [3, 4] | [3, 3, 4] | [1, 3, 3, 4] | [3, 2, 4]) => true,
        (Token::Minus, [4, 4]) => year(0) && year(1),
        (Token::Minus, [3, _, _, _, ..]) => true,
        (Token::Minus, longer) => longer.len() >= 5,
        (Token::Divide, [_, _]) => {
            (is(&numbers, 0, 24) && is(&numbers, 1, 7))
                || (is(&numbers, 0, 9) && is(&numbers, 1, 11))
                || (is(&numbers, 0, 50) && is(&numbers, 1, 50))
        }
        _ => false,
    }
}

/// The one sign that joins numbers without spaces, where there is nothing else.
fn tight_joint(tokens: &[Lexeme]) -> Option<&Token> {
    let joint = &tokens.get(1)?.token;
    let tight = tokens
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a.end == b.start));
    let alternates = tokens.iter().enumerate().all(|(i, lexeme)| {
        if i % 2 == 0 {
            lexeme.number().is_some()
        } else {
            lexeme.token == *joint
        }
    });
    (tight && alternates && matches!(joint, Token::Minus | Token::Divide)).then_some(joint)
}

fn between(literal: &Literal, least: i64, most: i64) -> bool {
    let value = literal.value.to_integer();
    value >= BigInt::from(least) && value <= BigInt::from(most)
}

fn is(numbers: &[&Literal], at: usize, value: i64) -> bool {
    numbers
        .get(at)
        .is_some_and(|literal| between(literal, value, value))
}
