//! Arithmetic in plain words: "12 times 7", "sum of 3 and 4", "half of 10", "twelve".

use num_integer::Integer;
use text::number::{scale, small};

use super::{Parser, Term};
use crate::math::{
    lexer::{Lexeme, Token},
    numbers::{BigRational, Budget, Value},
};

type Phrases = &'static [&'static [&'static str]];

pub const PLUS: Phrases = &[
    &["plus"],
    &["added", "to"],
    &["más"],
    &["mas"],
    &["mais"],
    &["più"],
];
pub const MINUS: Phrases = &[
    &["minus"],
    &["take", "away"],
    &["less"],
    &["menos"],
    &["moins"],
];
pub const TIMES: Phrases = &[
    &["times"],
    &["multiplied", "by"],
    &["multiplied", "with"],
    &["mal"],
    &["multipliziert", "mit"],
    &["por"],
    &["multiplicado", "por"],
    &["vezes"],
    &["fois"],
    &["multiplié", "par"],
    &["keer"],
    &["maal"],
];
pub const DIVIDED_BY: Phrases = &[
    &["divided", "by"],
    &["over"],
    &["geteilt", "durch"],
    &["dividiert", "durch"],
    &["gedeeld", "door"],
    &["diviso", "per"],
    &["dividido", "por"],
    &["dividido", "entre"],
    &["divisé", "par"],
];
pub const MODULO: Phrases = &[&["mod"], &["modulo"], &["modulus"]];
pub const PERCENT: Phrases = &[&["percent"], &["per", "cent"], &["prozent"]];
pub const TO_THE_POWER_OF: Phrases = &[
    &["to", "the", "power", "of"],
    &["to", "the", "power"],
    &["raised", "to", "the", "power", "of"],
    &["raised", "to", "the", "power"],
    &["raised", "to", "the"],
    &["raised", "to"],
    &["hoch"],
];

/// A value that begins with words, where the parser stands.
pub fn primary(parser: &mut Parser<'_>) -> Option<Term> {
    let start = parser.at;
    let found = phrase(parser).or_else(|| {
        parser.at = start;
        number_word(parser)
    });
    if found.is_none() {
        parser.at = start;
    }
    found
}

fn phrase(parser: &mut Parser<'_>) -> Option<Term> {
    if parser.eat_words(&["pi"]) {
        return Some(Term::of(Value::pi()?));
    }
    for (degree, phrases) in [
        (2, ["square", "root"].as_slice()),
        (3, ["cube", "root"].as_slice()),
        (3, ["cubic", "root"].as_slice()),
    ] {
        if parser.eat_words(phrases) {
            parser.eat_words(&["of"]);
            let inside = parser.postfix_bounded()?;
            let value = inside.value.root(degree, &mut parser.budget)?;
            return Some(Term::of(value).done(1 + inside.operations));
        }
    }
    if parser.eat_words(&["factorial", "of"]) {
        let inside = parser.postfix_bounded()?;
        let value = inside.value.factorial(&mut parser.budget)?;
        return Some(Term::of(value).done(1));
    }
    if parser.eat_words(&["square", "of"]) {
        let inside = parser.postfix_bounded()?;
        return parser.raised(inside, 2);
    }
    if parser.eat_words(&["cube", "of"]) {
        let inside = parser.postfix_bounded()?;
        return parser.raised(inside, 3);
    }
    if let Some(factor) = part_of(parser) {
        parser.eat_words(&["the"]);
        let inside = parser.postfix_bounded()?;
        let value = inside.value.multiply(&factor, &mut parser.budget)?;
        return Some(Term { value, ..inside }.done(1));
    }
    let combine = list_operation(parser)?;
    let items = list(parser)?;
    fold(parser, combine, items)
}

/// "half of", "a third of", "twice", "double".
fn part_of(parser: &mut Parser<'_>) -> Option<Value> {
    let start = parser.at;
    if parser.eat_words(&["twice"]) || parser.eat_words(&["double"]) {
        return Some(Value::integer(2));
    }
    if parser.eat_words(&["triple"]) {
        return Some(Value::integer(3));
    }
    let count = if parser.eat_words(&["two"]) {
        2
    } else if parser.eat_words(&["three"]) {
        3
    } else {
        let _ = parser.eat_words(&["a"]) || parser.eat_words(&["one"]);
        1
    };
    let parts = match parser.peek() {
        Some(Token::Word(word)) => match word.as_str() {
            "half" => 2,
            "third" | "thirds" => 3,
            "quarter" | "quarters" | "fourth" | "fourths" => 4,
            "fifth" | "fifths" => 5,
            "tenth" | "tenths" => 10,
            _ => 0,
        },
        _ => 0,
    };
    parser.at += 1;
    if parts == 0 || !parser.eat_words(&["of"]) {
        parser.at = start;
        return None;
    }
    Value::fraction(count, parts)
}

#[derive(Clone, Copy, PartialEq)]
pub enum Combine {
    Sum,
    Product,
    Difference,
    Quotient,
    Mean,
    Median,
    Largest,
    Smallest,
    CommonDivisor,
    CommonMultiple,
}

fn list_operation(parser: &mut Parser<'_>) -> Option<Combine> {
    const NAMES: &[(&[&str], Combine)] = &[
        (&["sum"], Combine::Sum),
        (&["total"], Combine::Sum),
        (&["product"], Combine::Product),
        (&["difference"], Combine::Difference),
        (&["quotient"], Combine::Quotient),
        (&["average"], Combine::Mean),
        (&["arithmetic", "mean"], Combine::Mean),
        (&["mean"], Combine::Mean),
        (&["median"], Combine::Median),
        (&["maximum"], Combine::Largest),
        (&["largest"], Combine::Largest),
        (&["minimum"], Combine::Smallest),
        (&["smallest"], Combine::Smallest),
        (&["greatest", "common", "divisor"], Combine::CommonDivisor),
        (&["greatest", "common", "factor"], Combine::CommonDivisor),
        (&["highest", "common", "factor"], Combine::CommonDivisor),
        (&["gcd"], Combine::CommonDivisor),
        (&["gcf"], Combine::CommonDivisor),
        (&["hcf"], Combine::CommonDivisor),
        (&["least", "common", "multiple"], Combine::CommonMultiple),
        (&["lowest", "common", "multiple"], Combine::CommonMultiple),
        (&["lcm"], Combine::CommonMultiple),
    ];
    let (_, combine) = NAMES.iter().find(|(name, _)| parser.eat_words(name))?;
    let _ = parser.eat_words(&["of", "the", "numbers"])
        || parser.eat_words(&["of", "these", "numbers"])
        || parser.eat_words(&["of"])
        || parser.eat_words(&["between"]);
    Some(*combine)
}

/// "3, 4 and 5", "(12, 18)": two or more values.
pub fn list(parser: &mut Parser<'_>) -> Option<Vec<Term>> {
    let _ = parser.eat(&Token::Stop(':'));
    let open = parser.eat(&Token::Open);
    let mut items = vec![parser.sum()?];
    loop {
        let before = parser.at;
        let comma = parser.eat(&Token::Comma);
        let and = [["and"], ["y"], ["und"], ["et"]]
            .iter()
            .any(|word| parser.eat_words(word));
        if !(comma || and) {
            break;
        }
        match parser.sum() {
            Some(item) => items.push(item),
            None => {
                parser.at = before;
                break;
            }
        }
    }
    if open {
        parser.eat(&Token::Close).then_some(())?;
    }
    (items.len() >= 2).then_some(items)
}

/// One value of several.
pub fn fold(parser: &mut Parser<'_>, combine: Combine, items: Vec<Term>) -> Option<Term> {
    let count = i64::try_from(items.len()).ok()?;
    let operations = 1 + items.iter().map(|item| item.operations).sum::<u32>();
    let unit = items.first().and_then(|item| item.unit.clone());
    if items.iter().any(|item| item.percent || item.unit != unit) {
        return None;
    }
    let mut values: Vec<Value> = items.into_iter().map(|item| item.value).collect();
    let two = count == 2;
    let budget = &mut parser.budget;
    let value = match combine {
        Combine::Sum => total(&values, budget)?,
        Combine::Mean => total(&values, budget)?.divide(&Value::integer(count), budget)?,
        Combine::Product => values
            .iter()
            .try_fold(Value::integer(1), |product, v| product.multiply(v, budget))?,
        Combine::Difference | Combine::Quotient if two => {
            let (first, second) = (values.first()?, values.get(1)?);
            match combine {
                Combine::Quotient => first.divide(second, budget)?,
                _ => first.subtract(second, budget)?,
            }
        }
        Combine::Difference | Combine::Quotient => return None,
        Combine::Median | Combine::Largest | Combine::Smallest => {
            values.sort_by(|a, b| a.ratio.cmp(&b.ratio));
            match combine {
                Combine::Largest => values.last()?.clone(),
                Combine::Smallest => values.first()?.clone(),
                _ => {
                    let low = values.get((values.len() - 1) / 2)?;
                    let high = values.get(values.len() / 2)?;
                    low.add(high, budget)?.divide(&Value::integer(2), budget)?
                }
            }
        }
        Combine::CommonDivisor | Combine::CommonMultiple => {
            if !values.iter().all(Value::is_integer) {
                return None;
            }
            let mut whole = values.iter().map(|value| value.ratio.to_integer());
            let first = whole.next()?;
            let folded = whole.try_fold(first, |a, b| {
                budget.take(a.bits() + b.bits())?;
                Some(match combine {
                    Combine::CommonDivisor => a.gcd(&b),
                    _ => a.lcm(&b),
                })
            })?;
            Value::exact(BigRational::from_integer(folded))
        }
    };
    Some(Term {
        value,
        operations,
        percent: false,
        unit,
    })
}

fn total(values: &[Value], budget: &mut Budget) -> Option<Value> {
    values
        .iter()
        .try_fold(Value::integer(0), |sum, value| sum.add(value, budget))
}

/// "twelve", "forty-two", "three hundred and five", "two million".
fn number_word(parser: &mut Parser<'_>) -> Option<Term> {
    let (mut sum, mut group, mut read) = (0i64, 0i64, false);
    loop {
        let before = parser.at;
        if read {
            // "forty-two", "hundred and five"
            let _ = parser.eat(&Token::Minus) || (group >= 100 && parser.eat_words(&["and"]));
        }
        let Some(Token::Word(word)) = parser.peek() else {
            parser.at = before;
            break;
        };
        let hyphenated = parser.at > before
            && !matches!(parser.tokens.get(before), Some(lexeme) if lexeme.word().is_some());
        match (small(word), scale(word)) {
            (Some(n), _) if !hyphenated || (group % 10 == 0 && group % 100 >= 20 && n < 10) => {
                let room = group == 0
                    || (group % 100 == 0 && n < 100)
                    || (group % 10 == 0 && group % 100 >= 20 && n < 10);
                if read && !room {
                    parser.at = before;
                    break;
                }
                group += i64::from(n);
            }
            // "a hundred", "a thousand"
            (_, Some(big)) if !read => match big {
                100 => group = 100,
                big => sum = big,
            },
            (_, Some(100)) if !hyphenated && group < 100 => group *= 100,
            (_, Some(big)) if !hyphenated && big > 100 => {
                sum = sum.checked_add(group.checked_mul(big)?)?;
                group = 0;
            }
            _ => {
                parser.at = before;
                break;
            }
        }
        parser.at += 1;
        read = true;
    }
    read.then(|| Term::of(Value::integer(sum + group)))
}

/// Whether these tokens begin with a number in words ("twelve", "pi", "half of ten").
pub fn begins_number(tokens: &[Lexeme]) -> bool {
    tokens.first().and_then(Lexeme::word).is_some_and(|word| {
        small(word).is_some()
            || scale(word).is_some()
            || matches!(word, "minus" | "negative" | "pi")
    })
}
