//! Is there an expression in the question that asks for its value, and what is it?
//!
//! Law: the whole question must be accounted for. Every number in it belongs to the expression
//! or to an instruction ("round to 2 decimal places"), and every word before or after it is one
//! that asks or instructs. So a story with numbers is no expression, and neither is a date, a
//! time, a phone number, a version, a range, a score or an ISBN.

mod one_step;

use super::{
    expression::{Parser, Term, words},
    lexer::{Lexeme, MAX_TEXT, Token, lex},
    numbers::Value,
    shapes,
    units::{self, Unit},
    vocabulary,
};

/// More tokens than a plain sum has.
const MAX_TOKENS: usize = 600;

/// What the answer must come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub value: Value,
    pub unit: Option<Unit>,
    /// The value is a number of percent.
    pub percent: bool,
    pub rounding: Option<Rounding>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To so many decimals; negative for tens, hundreds, thousands.
    Decimals(i32),
    Significant(u32),
}

impl From<Term> for Question {
    fn from(term: Term) -> Self {
        Question {
            value: term.value,
            unit: term.unit,
            percent: false,
            rounding: None,
        }
    }
}

/// The value that a question asks for, where it can be worked out without understanding.
pub fn find(text: &str) -> Option<Question> {
    if text.len() > MAX_TEXT || units::are_exchanged(text) || units::ends_in_inches(text) {
        return None;
    }
    let mut tokens = lex(text);
    if tokens.len() > MAX_TOKENS {
        return None;
    }
    let rounding = take_rounding(&mut tokens);
    let mut question = in_sentences(&tokens).or_else(|| one_step::find(&tokens))?;
    question.rounding = rounding;
    Some(question)
}

/// The one sentence that asks for a value, the others being instructions without numbers.
fn in_sentences(tokens: &[Lexeme]) -> Option<Question> {
    let sentences = tokens.split(|lexeme| {
        matches!(
            lexeme.token,
            Token::Stop('.' | '?' | '!' | '\n' | ';' | '\u{ff1f}' | '。')
        )
    });
    let mut found = None;
    for sentence in sentences {
        let numbers = sentence.iter().any(|lexeme| lexeme.number().is_some());
        match in_sentence(sentence) {
            Some(question) if found.is_none() => found = Some(question),
            Some(_) => return None,
            None if numbers && !is_instruction(sentence) => return None,
            None => {}
        }
    }
    let story = tokens
        .iter()
        .filter(|lexeme| lexeme.word().is_some())
        .count();
    found.filter(|_| story <= 80)
}

fn is_instruction(sentence: &[Lexeme]) -> bool {
    sentence
        .iter()
        .find_map(Lexeme::word)
        .is_some_and(vocabulary::instructs)
}

/// The value asked for in one sentence that is nothing but the question.
fn in_sentence(tokens: &[Lexeme]) -> Option<Question> {
    let first_number = tokens
        .iter()
        .position(|lexeme| lexeme.number().is_some())
        .unwrap_or(tokens.len());
    for start in 0..=first_number.min(tokens.len().saturating_sub(1)) {
        let rest = tokens.get(start..)?;
        let before = tokens.get(..start)?;
        if !before.iter().all(is_lead_in) {
            return None;
        }
        let mut parser = Parser::new(rest);
        let Some(term) = command(&mut parser).or_else(|| parser.sum()) else {
            continue;
        };
        let (inside, after) = rest.split_at_checked(parser.at)?;
        if term.operations == 0 || shapes::is_code(inside) {
            return None;
        }
        return finish(term, after);
    }
    None
}

fn is_lead_in(lexeme: &Lexeme) -> bool {
    match &lexeme.token {
        Token::Word(word) => vocabulary::asks(word),
        Token::Stop(_) | Token::Comma | Token::Equals | Token::Open | Token::Close => true,
        _ => false,
    }
}

/// What follows the expression may only end or instruct; "as a percent" changes the question.
fn finish(term: Term, after: &[Lexeme]) -> Option<Question> {
    let mut question = Question::from(term);
    let words: Vec<&str> = after.iter().filter_map(Lexeme::word).collect();
    let asked_percent = words
        .windows(2)
        .any(|pair| matches!(pair, ["a" | "as", "percent" | "percentage"]));
    if asked_percent {
        let mut parser = Parser::new(&[]);
        question.value = question
            .value
            .multiply(&Value::integer(100), &mut parser.budget)?;
        question.percent = true;
    }
    for lexeme in after {
        let harmless = match &lexeme.token {
            Token::Word(word) => vocabulary::follows(word) || units::named(word).is_some(),
            Token::Stop(_) | Token::Comma | Token::Equals | Token::Close | Token::Factorial => true,
            _ => false,
        };
        if !harmless {
            return None;
        }
    }
    Some(question)
}

/// "Add 3 and 4", "subtract 5 from 9", "increase 80 by 15%", "remainder when 9 is divided by 4".
fn command(parser: &mut Parser<'_>) -> Option<Term> {
    let start = parser.at;
    let found = command_inside(parser);
    if found.is_none() {
        parser.at = start;
    }
    found
}

fn command_inside(parser: &mut Parser<'_>) -> Option<Term> {
    if parser.eat_words(&["add"]) {
        let after_verb = parser.at;
        let first = parser.sum()?;
        if parser.eat_words(&["to"]) {
            let second = parser.sum()?;
            return words::fold(parser, words::Combine::Sum, vec![first, second]);
        }
        parser.at = after_verb;
        let items = words::list(parser)?;
        return words::fold(parser, words::Combine::Sum, items);
    }
    for (verb, joints, combine) in [
        (
            "multiply",
            ["by", "and", "with"].as_slice(),
            words::Combine::Product,
        ),
        ("divide", &["by"], words::Combine::Quotient),
    ] {
        if parser.eat_words(&[verb]) {
            let first = parser.sum()?;
            joints.iter().find(|joint| parser.eat_words(&[joint]))?;
            let second = parser.sum()?;
            return words::fold(parser, combine, vec![first, second]);
        }
    }
    if parser.eat_words(&["subtract"]) {
        let taken = parser.sum()?;
        parser.eat_words(&["from"]).then_some(())?;
        let whole = parser.sum()?;
        return words::fold(parser, words::Combine::Difference, vec![whole, taken]);
    }
    for (verb, up) in [("increase", true), ("decrease", false), ("reduce", false)] {
        if parser.eat_words(&[verb]) {
            let base = parser.sum()?;
            return changed(parser, base, up);
        }
    }
    for (verb, exponent) in [("square", 2), ("cube", 3)] {
        if parser.eat_words(&[verb]) {
            let base = parser.sum()?;
            return parser.raised(base, exponent);
        }
    }
    if parser.eat_words(&["raise"]) {
        let base = parser.sum()?;
        parser
            .eat_words(&["to", "the", "power", "of"])
            .then_some(())?;
        let exponent = parser.sum()?;
        let value = base.value.power(&exponent.value, &mut parser.budget)?;
        return Some(Term::of(value).done(1));
    }
    if parser.eat_words(&["remainder"]) {
        let _ = parser.eat_words(&["when"]) || parser.eat_words(&["of"]);
        let base = remainder_base(parser)?;
        return Some(base);
    }
    let base = parser.sum()?;
    if parser.eat_words(&["increased"]) {
        return changed(parser, base, true);
    }
    if parser.eat_words(&["decreased"]) || parser.eat_words(&["reduced"]) {
        return changed(parser, base, false);
    }
    if parser.eat_words(&["subtracted", "from"]) {
        let whole = parser.sum()?;
        return words::fold(parser, words::Combine::Difference, vec![whole, base]);
    }
    // "20% off $50"
    if base.percent && parser.eat_words(&["off"]) {
        parser.eat_words(&["of"]);
        let whole = parser.sum()?;
        let kept = Value::integer(1).subtract(&base.value, &mut parser.budget)?;
        let value = whole.value.multiply(&kept, &mut parser.budget)?;
        return Some(Term { value, ..whole }.done(1));
    }
    None
}

/// "N (is) divided by M", after "remainder when".
fn remainder_base(parser: &mut Parser<'_>) -> Option<Term> {
    let you_divide = parser.eat_words(&["you", "divide"]) || parser.eat_words(&["dividing"]);
    // The dividend alone: a sum would read "7 divided by 2" as one value.
    let whole = parser.postfix_bounded()?;
    parser.eat_words(&["is"]);
    let by = if you_divide {
        parser.eat_words(&["by"])
    } else {
        parser.eat_words(&["divided", "by"]) || parser.eat(&Token::Divide)
    };
    by.then_some(())?;
    let divisor = parser.postfix_bounded()?;
    let value = whole.value.modulo(&divisor.value, &mut parser.budget)?;
    Some(Term::of(value).done(1))
}

/// "… by 15%" of a value.
fn changed(parser: &mut Parser<'_>, base: Term, up: bool) -> Option<Term> {
    parser.eat_words(&["by"]).then_some(())?;
    let by = parser.sum()?;
    let amount = if by.percent {
        base.value.multiply(&by.value, &mut parser.budget)?
    } else {
        by.value
    };
    let value = if up {
        base.value.add(&amount, &mut parser.budget)?
    } else {
        base.value.subtract(&amount, &mut parser.budget)?
    };
    Some(Term { value, ..base }.done(1))
}

/// Takes "2 decimal places", "3 significant figures" or "nearest tenth" out of the tokens.
fn take_rounding(tokens: &mut Vec<Lexeme>) -> Option<Rounding> {
    let word = |i: usize| tokens.get(i).and_then(Lexeme::word);
    let count = |i: usize| -> Option<i32> {
        let lexeme = tokens.get(i)?;
        match &lexeme.token {
            Token::Number(literal) => literal.value.to_integer().to_string().parse().ok(),
            Token::Word(word) => text::number::small(word).filter(|&n| n > 0).map(i32::from),
            _ => None,
        }
    };
    let found = (0..tokens.len()).find_map(|i| match word(i)? {
        "decimal" | "decimals" => Some((i - 1, Rounding::Decimals(count(i.checked_sub(1)?)?))),
        "significant" | "sig" => {
            let digits = u32::try_from(count(i.checked_sub(1)?)?).ok()?;
            Some((i - 1, Rounding::Significant(digits)))
        }
        "nearest" => {
            let decimals = match word(i + 1)? {
                "whole" | "integer" | "dollar" | "unit" => 0,
                "tenth" => 1,
                "hundredth" | "cent" | "penny" => 2,
                "thousandth" => 3,
                "ten" => -1,
                "hundred" => -2,
                "thousand" => -3,
                _ => return None,
            };
            Some((i + 1, Rounding::Decimals(decimals)))
        }
        _ => None,
    });
    let (at, rounding) = found?;
    tokens.remove(at);
    Some(rounding)
}
