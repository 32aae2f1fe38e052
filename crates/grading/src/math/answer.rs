//! The final answer of a text: not any number in it.
//!
//! In order: the `answer` field of a JSON object, the last `\boxed{}`, the line after `####`,
//! what follows the last "answer is", the last number in bold type, what follows the last `=`,
//! else the last number. Only the end of a long text is read.

use num_traits::One;
use text::window;

mod stated;

pub use stated::{first_stated, names};

use super::{
    expression::{Parser, Term, words},
    lexer::{Lexeme, Token, lex},
    numbers::{BigRational, Value, ten_to},
    units::{self, Unit},
};

/// How much of the end of an answer is read.
const WINDOW: usize = 6_000;

/// A final answer as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Final {
    pub value: Value,
    /// Half a unit of the last place written, absolute; zero for fractions and for results
    /// that are exact by their form.
    pub half_unit: BigRational,
    /// Significant digits written, for numerals.
    pub digits: u32,
    /// Said to be rounded: "≈", "about", "approximately".
    pub approximate: bool,
    /// Written with a power of ten.
    pub scientific: bool,
    pub percent: bool,
    pub unit: Option<Unit>,
}

/// The final answer; `None` where the text holds no number that could be one.
pub fn find(text: &str) -> Option<Final> {
    let text = window::tail(text, WINDOW).trim();
    if let Some(field) = json_field(text) {
        return in_segment(&field).or_else(|| last_in(&field));
    }
    boxed(text)
        .and_then(|inside| in_segment(inside).or_else(|| last_in(inside)))
        .or_else(|| after_marker(text, "####"))
        .or_else(|| after_cue(text))
        .or_else(|| bold(text))
        .or_else(|| after_equals(text))
        .or_else(|| last_in(text))
}

/// An answer without what stands after it: a remark in parentheses, a sign of joy. `None` where
/// nothing does.
pub fn without_remark(text: &str) -> Option<&str> {
    let text = text.trim_end_matches(['.', ' ', '\n']);
    if let Some(calm) = text.strip_suffix('!') {
        return Some(calm.trim_end_matches('!'));
    }
    let inside = text
        .strip_suffix(')')
        .filter(|rest| !rest.ends_with('\\'))?;
    let mut depth = 1;
    let open = inside.char_indices().rev().take(400).find(|(_, c)| {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let before = inside.get(..open?.0)?;
    before.ends_with(' ').then(|| before.trim_end())
}

/// `{"reasoning": …, "answer": "42"}`, whole or in a fence.
fn json_field(text: &str) -> Option<String> {
    let start = text.find('{')?;
    let end = text.rfind('}')?;
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text.get(start..=end)?).ok()?;
    let value = [
        "answer",
        "final_answer",
        "finalAnswer",
        "result",
        "value",
        "solution",
    ]
    .iter()
    .find_map(|name| object.get(*name))?;
    Some(match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// The inside of the last `\boxed{…}` whose braces match.
fn boxed(text: &str) -> Option<&str> {
    let open = text.rfind("\\boxed{")? + "\\boxed{".len();
    let inside = text.get(open..)?;
    let mut depth = 1;
    for (i, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return inside.get(..i);
        }
    }
    None
}

fn after_marker(text: &str, marker: &str) -> Option<Final> {
    let at = text.rfind(marker)? + marker.len();
    let line = text.get(at..)?.lines().next()?;
    in_segment(line).or_else(|| last_in(line))
}

/// "the answer is …", "Answer: …", "result: …", "equals …".
fn after_cue(text: &str) -> Option<Final> {
    const CUES: [&str; 29] = [
        "answer is",
        "answer:",
        "answer =",
        "result is",
        "result:",
        "total is",
        "it equals",
        "is equal to",
        "i get",
        "you get",
        "respuesta es",
        "antwort ist",
        "réponse est",
        "antwort lautet",
        "ergebnis ist",
        "ergebnis lautet",
        "ergibt",
        "résultat est",
        "réponse :",
        "resultado es",
        "es igual a",
        "resposta é",
        "resultado é",
        "igual a",
        "答案是",
        "答案：",
        "结果是",
        "等于",
        "答えは",
    ];
    // Marks of bold type may stand inside the cue; ASCII lower case keeps the byte offsets.
    let lower = text.to_ascii_lowercase();
    let mut ends: Vec<usize> = CUES
        .iter()
        .filter_map(|cue| lower.rfind(cue).map(|at| at + cue.len()))
        .collect();
    ends.sort_unstable_by(|a, b| b.cmp(a));
    ends.into_iter().find_map(|end| {
        let rest = text
            .get(end..)?
            .trim_start_matches(['*', '_', ' ', ':', '\n']);
        let line = rest.lines().next()?;
        in_segment(line).or_else(|| sentence_value(line))
    })
}

/// The value that a sentence after "answer is" ends in: the last of an equation, else the first.
fn sentence_value(line: &str) -> Option<Final> {
    let tokens = lex(line);
    if let Some(equals) = last_equals(&tokens) {
        return read_at(&tokens, equals + 1);
    }
    first_from(&tokens, 0)
}

fn bold(text: &str) -> Option<Final> {
    let mut end = text.rfind("**")?;
    loop {
        let before = text.get(..end)?;
        let start = before.rfind("**")?;
        let inside = text.get(start + 2..end)?;
        if !inside.contains('\n')
            && let Some(found) = in_segment(inside).or_else(|| last_of_equation(inside))
        {
            return Some(found);
        }
        end = text.get(..start)?.rfind("**")?;
    }
}

fn last_of_equation(text: &str) -> Option<Final> {
    let tokens = lex(text);
    match last_equals(&tokens) {
        Some(equals) => read_at(&tokens, equals + 1),
        None => last_from(&tokens),
    }
}

fn after_equals(text: &str) -> Option<Final> {
    // The last line that has an equation with a number after it.
    text.lines().rev().find_map(|line| {
        let tokens = lex(window::tail(line, 1_000));
        let equals = last_equals(&tokens)?;
        let found = read_at(&tokens, equals + 1)?;
        Some(found)
    })
}

fn last_equals(tokens: &[Lexeme]) -> Option<usize> {
    tokens
        .iter()
        .rposition(|lexeme| matches!(lexeme.token, Token::Equals | Token::Approximately))
}

fn last_in(text: &str) -> Option<Final> {
    last_from(&lex(window::tail(text, 2_000)))
}

/// A segment that is an answer and nothing else, units and "about" aside.
fn in_segment(segment: &str) -> Option<Final> {
    let tokens = lex(segment.trim().trim_end_matches(['.', '*', ' ']));
    if let Some(equals) = last_equals(&tokens)
        && equals > 0
    {
        return read_at(&tokens, equals + 1);
    }
    let found = first_from(&tokens, 0)?;
    let numbers = tokens
        .iter()
        .filter(|lexeme| lexeme.number().is_some())
        .count();
    (numbers <= 3).then_some(found)
}

fn first_from(tokens: &[Lexeme], from: usize) -> Option<Final> {
    (from..tokens.len())
        .take(200)
        .find_map(|at| read_at(tokens, at))
}

fn last_from(tokens: &[Lexeme]) -> Option<Final> {
    let last = tokens.iter().rposition(|lexeme| lexeme.number().is_some());
    if let Some(last) = last {
        // The number may be the tail of a longer form: a fraction, a power of ten, a sign.
        let first = last.saturating_sub(8);
        return (first..=last)
            .filter_map(|at| read_with_end(tokens, at))
            .find(|(_, end)| *end > last)
            .map(|(found, _)| found);
    }
    // The last word may be the tail of a longer number: "fifty-six".
    let near = tokens.len().saturating_sub(200);
    let last = (near..tokens.len())
        .rev()
        .find(|at| read_at(tokens, *at).is_some())?;
    (last.saturating_sub(8)..=last)
        .filter_map(|at| read_with_end(tokens, at))
        .find(|(_, end)| *end > last)
        .map(|(found, _)| found)
}

/// The answer that begins at this token.
fn read_at(tokens: &[Lexeme], at: usize) -> Option<Final> {
    read_with_end(tokens, at).map(|(found, _)| found)
}

fn read_with_end(tokens: &[Lexeme], at: usize) -> Option<(Final, usize)> {
    let mut at = at;
    let mut approximate = at > 0
        && tokens
            .get(at - 1)
            .is_some_and(|lexeme| is_about(&lexeme.token));
    let mut money = false;
    while let Some(lexeme) = tokens.get(at) {
        match &lexeme.token {
            token if is_about(token) => approximate = true,
            Token::Equals => {}
            Token::Currency => money = true,
            Token::Word(word) if matches!(word.as_str(), "usd" | "eur" | "gbp" | "roughly") => {
                money = true;
            }
            _ => break,
        }
        at += 1;
    }
    let begins = match &tokens.get(at)?.token {
        Token::Number(_) | Token::Minus | Token::Fraction | Token::Sqrt | Token::Open => true,
        Token::Currency => true,
        Token::Word(_) => words::begins_number(tokens.get(at..)?),
        _ => false,
    };
    if !begins {
        return None;
    }
    let mut found = literal(tokens, at)?;
    found.0.approximate |= approximate;
    if money && found.0.unit.is_none() {
        found.0.unit = units::named("dollar");
    }
    Some(found)
}

fn is_about(token: &Token) -> bool {
    match token {
        Token::Approximately => true,
        Token::Word(word) => matches!(
            word.as_str(),
            "about" | "approximately" | "approx" | "roughly" | "around" | "≈"
        ),
        _ => false,
    }
}

/// A value in a form that counts as a result: a numeral, a fraction, a mixed number, a numeral
/// times a power of ten, a root. Not an expression that is still to be worked out.
fn literal(tokens: &[Lexeme], at: usize) -> Option<(Final, usize)> {
    let rest = tokens.get(at..)?;
    let (term, length) = reading(rest)?;
    let inside = rest.get(..length)?;
    let numbers: Vec<_> = inside.iter().filter_map(Lexeme::number).collect();
    let scientific = matches!(
        inside
            .iter()
            .map(|lexeme| &lexeme.token)
            .filter(|token| !matches!(token, Token::Minus | Token::Open | Token::Close))
            .collect::<Vec<_>>()
            .as_slice(),
        [
            Token::Number(_),
            Token::Times,
            Token::Number(ten),
            Token::Power,
            Token::Number(_),
            ..
        ] if ten.value == BigRational::from_integer(10.into())
    );
    let percent = term.percent;
    let (half_unit, digits) = match numbers.as_slice() {
        [only] => (
            unit_of_last_place(only.decimals, only.exponent),
            only.whole_digits + only.decimals,
        ),
        [mantissa, _, power] if scientific => {
            let exponent = power.value.to_integer().to_string().parse().unwrap_or(0);
            let negative = inside
                .iter()
                .skip_while(|lexeme| lexeme.token != Token::Power)
                .any(|lexeme| lexeme.token == Token::Minus);
            let exponent = if negative { -exponent } else { exponent };
            (
                unit_of_last_place(mantissa.decimals, exponent),
                mantissa.whole_digits + mantissa.decimals,
            )
        }
        _ => (BigRational::from_integer(0.into()), 0),
    };
    let mut value = term.value;
    if percent {
        value.ratio *= BigRational::from_integer(100.into());
    }
    let exponent_written = numbers.iter().any(|literal| literal.exponent != 0);
    let found = Final {
        value,
        half_unit,
        digits,
        approximate: false,
        scientific: scientific || exponent_written,
        percent,
        unit: term.unit,
    };
    Some((found, at + length))
}

/// The longest reading that is a result; an operation that is left to do ends it.
fn reading(tokens: &[Lexeme]) -> Option<(Term, usize)> {
    let stop = tokens
        .iter()
        .enumerate()
        .position(|(i, lexeme)| i > 0 && matches!(lexeme.token, Token::Plus | Token::Comma))
        .unwrap_or(tokens.len())
        .min(24);
    let mut parser = Parser::new(tokens.get(..stop)?);
    let term = parser.product()?;
    let length = parser.at;
    let inside = tokens.get(..length)?;
    let products = inside
        .iter()
        .filter(|lexeme| {
            lexeme.token == Token::Times || lexeme.word().is_some_and(|w| w == "times")
        })
        .count();
    let powers = inside
        .iter()
        .any(|lexeme| matches!(lexeme.token, Token::Power | Token::Sqrt));
    if products > 0 && !powers {
        return None;
    }
    Some((term, length))
}

fn unit_of_last_place(decimals: u32, exponent: i32) -> BigRational {
    let half = BigRational::new(BigRational::one().to_integer(), 2.into());
    let shift = exponent.saturating_sub(i32::try_from(decimals).unwrap_or(i32::MAX));
    let power = BigRational::from_integer(ten_to(shift.unsigned_abs().min(2_000)));
    if shift < 0 {
        half / power
    } else {
        half * power
    }
}
