//! Short questions in fixed wording whose one operation is plain: conversions, a percentage
//! change, a discount, price times count, speed times time, area, a balance, and nothing more.
//!
//! Law: every number of the text is used, there are at most [`MAX_WORDS`] words, and the wording
//! has to fit. A story that needs understanding fits none of them and stays unknown.

use num_traits::{Signed, Zero};

use super::Question;
use crate::math::{
    expression::Parser,
    lexer::{Lexeme, Token},
    numbers::{BigRational, Value},
    units::{self, Dimension, Unit},
};

const MAX_WORDS: usize = 32;

/// A number of the text with what stands around it.
struct Amount {
    value: BigRational,
    at: usize,
    money: bool,
    percent: bool,
    unit: Option<Unit>,
    per_time: bool,
}

struct Text<'a> {
    words: Vec<&'a str>,
    tokens: &'a [Lexeme],
    amounts: Vec<Amount>,
}

/// The value that such a question asks for.
pub fn find(tokens: &[Lexeme]) -> Option<Question> {
    let words: Vec<&str> = tokens.iter().filter_map(Lexeme::word).collect();
    if words.len() > MAX_WORDS || words.len() < 3 {
        return None;
    }
    let text = Text {
        amounts: amounts(tokens),
        words,
        tokens,
    };
    match text.amounts.len() {
        1 => conversion(&text).or_else(|| shape(&text)),
        2 => percent_change(&text)
            .or_else(|| discount(&text))
            .or_else(|| price_times_count(&text))
            .or_else(|| motion(&text))
            .or_else(|| shape(&text)),
        3 => shape(&text).or_else(|| balance(&text)),
        4 | 5 => balance(&text),
        _ => None,
    }
}

fn amounts(tokens: &[Lexeme]) -> Vec<Amount> {
    let word = |i: usize| tokens.get(i).and_then(Lexeme::word);
    let token = |i: usize| tokens.get(i).map(|lexeme| &lexeme.token);
    tokens
        .iter()
        .enumerate()
        .filter_map(|(i, lexeme)| {
            let literal = lexeme.number()?;
            let currency = i > 0 && token(i - 1) == Some(&Token::Currency);
            let percent = token(i + 1) == Some(&Token::Percent)
                || matches!(word(i + 1), Some("percent" | "prozent"));
            let unit = word(i + 1).and_then(units::named);
            let money = currency
                || unit
                    .as_ref()
                    .is_some_and(|unit| unit.dimension == Dimension::Money);
            let per_time = matches!(token(i + 2), Some(Token::Divide))
                || matches!(word(i + 2), Some("per" | "an" | "a"))
                || unit
                    .as_ref()
                    .is_some_and(|unit| unit.dimension == Dimension::Speed);
            Some(Amount {
                value: literal.value.clone(),
                at: i,
                money,
                percent,
                unit,
                per_time,
            })
        })
        .collect()
}

impl Text<'_> {
    fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    fn has_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.has(word))
    }

    fn has_phrase(&self, phrase: &[&str]) -> bool {
        self.words
            .windows(phrase.len())
            .any(|window| window == phrase)
    }

    fn word_before(&self, at: usize) -> Option<&str> {
        self.tokens.get(..at)?.iter().rev().find_map(Lexeme::word)
    }
}

fn answer(value: BigRational, unit: Option<Unit>) -> Option<Question> {
    Some(Question {
        value: Value::exact(value),
        unit,
        percent: false,
        rounding: None,
    })
}

/// "How many feet are in 397 miles?", "Convert 86 days to hours", "… 390 ml … how many liters".
fn conversion(text: &Text<'_>) -> Option<Question> {
    let amount = text.amounts.first()?;
    let from = amount.unit.as_ref()?;
    let asks = text.has_phrase(&["how", "many"])
        || text.has_any(&["convert", "express", "change"])
        || text.has_phrase(&["how", "much"])
        || text.has_phrase(&["what", "is"]);
    let rate = text.has_any(&["per", "each", "every", "half", "twice", "double", "times"]);
    if !asks || rate || amount.per_time {
        return None;
    }
    // Every other word that names a unit of this dimension must name the same one.
    let mut target: Option<Unit> = None;
    for (i, lexeme) in text.tokens.iter().enumerate() {
        let Some(word) = lexeme.word() else { continue };
        // One letter after a number is its unit; elsewhere it is a name or an article.
        if i == amount.at + 1 || word.len() == 1 {
            continue;
        }
        match units::named(word) {
            Some(unit) if unit == *from => {}
            Some(unit) if unit.dimension == from.dimension => {
                if target.as_ref().is_some_and(|other| *other != unit) {
                    return None;
                }
                target = Some(unit);
            }
            _ => {}
        }
    }
    let to = target?;
    answer(from.convert(&amount.value, &to)?, Some(to))
}

/// "rises from 265 to 424. What is the percentage increase?"
fn percent_change(text: &Text<'_>) -> Option<Question> {
    let [from, to] = text.amounts.as_slice() else {
        return None;
    };
    let asked = text.words.windows(2).any(|pair| {
        matches!(
            pair,
            ["percentage" | "percent", "increase" | "decrease" | "change"]
        )
    });
    let worded = text.word_before(from.at) == Some("from") && text.word_before(to.at) == Some("to");
    if !asked || !worded || from.percent || to.percent || from.value.is_zero() {
        return None;
    }
    let hundred = BigRational::from_integer(100.into());
    let change = (&to.value - &from.value).abs() / from.value.abs() * hundred;
    let mut question = answer(change, None)?;
    question.percent = true;
    Some(question)
}

/// "costs $111 … 50% off. What is the sale price?"
fn discount(text: &Text<'_>) -> Option<Question> {
    let [price, cut] = match text.amounts.as_slice() {
        [a, b] if a.percent => [b, a],
        [a, b] => [a, b],
        _ => return None,
    };
    let off = text.has_any(&["off", "discount", "discounted"]);
    let more = text.has_any(&["tax", "tip", "coupon", "each", "additional", "original"]);
    if !cut.percent || price.percent || !price.money || !off || more {
        return None;
    }
    let hundred = BigRational::from_integer(100.into());
    let part = &price.value * &cut.value / &hundred;
    let saved = text.has_any(&["save", "saved"]) || text.has_phrase(&["discount", "amount"]);
    let asked = saved
        || text.has_phrase(&["sale", "price"])
        || text.has_phrase(&["final", "price"])
        || text.has_phrase(&["new", "price"])
        || text.has_phrase(&["discounted", "price"])
        || text.has_any(&["pay", "now"])
        || text.has_phrase(&["how", "much"]);
    let value = if saved { part } else { &price.value - part };
    asked.then(|| answer(value, units::named("dollar")))?
}

/// "If one notebook costs $4.65, how much do 49 notebooks cost?"
fn price_times_count(text: &Text<'_>) -> Option<Question> {
    let [price, count] = match text.amounts.as_slice() {
        [a, b] if b.money => [b, a],
        [a, b] => [a, b],
        _ => return None,
    };
    let one = text.words.windows(3).any(|w| {
        matches!(
            w,
            [
                "one" | "a" | "each" | "an" | "every" | "per",
                _,
                "costs" | "cost" | "is" | "sells"
            ]
        )
    }) || text.has("each")
        || text.has("apiece");
    let asked = text.has_phrase(&["how", "much"]) || text.has_phrase(&["total", "cost"]);
    let plain = price.money && !count.money && !count.percent && count.value.is_integer();
    let things = text.tokens.get(count.at + 1).and_then(Lexeme::word)?;
    let thing = things.strip_suffix('s').unwrap_or(things);
    let same = text
        .words
        .iter()
        .filter(|word| **word == thing || **word == things)
        .count()
        >= 2
        || (text.has("each") && text.words.len() <= 16);
    let more = text.has_any(&[
        "off", "month", "year", "week", "day", "hour", "dozen", "pack", "left", "change", "tax",
        "half", "twice", "more", "than",
    ]);
    if !(one && asked && plain && same) || more {
        return None;
    }
    answer(&price.value * &count.value, units::named("dollar"))
}

/// "travels at 112 km/h for 5 hours. How far does it go?" and its two inverses.
fn motion(text: &Text<'_>) -> Option<Question> {
    let [a, b] = text.amounts.as_slice() else {
        return None;
    };
    if text.has_any(&["then", "another", "back", "return", "more", "late", "first"]) {
        return None;
    }
    let dimension = |amount: &Amount| amount.unit.as_ref().map(|unit| unit.dimension);
    let speed = [a, b].into_iter().find(|amount| {
        amount.per_time
            && matches!(
                dimension(amount),
                Some(Dimension::Length | Dimension::Speed)
            )
    });
    let time = [a, b]
        .into_iter()
        .find(|amount| !amount.per_time && dimension(amount) == Some(Dimension::Time));
    let length = [a, b]
        .into_iter()
        .find(|amount| !amount.per_time && dimension(amount) == Some(Dimension::Length));
    let far = text.has_phrase(&["how", "far"])
        || text.has_phrase(&["what", "distance"])
        || text.has_phrase(&["the", "distance"]);
    let long = text.has_phrase(&["how", "long"]) || text.has_phrase(&["how", "many", "hours"]);
    let fast = text.has_phrase(&["how", "fast"]) || text.has_phrase(&["speed"]);
    // Only hours go with a speed per hour: other mixtures are left alone.
    let hour = units::named("hour")?;
    let per_hour = text.has_any(&["h", "hr", "hour", "kmh", "kph", "mph"]);
    if let (Some(speed), Some(time), true) = (speed, time, far) {
        let hours = time.unit.as_ref()?.convert(&time.value, &hour)?;
        return per_hour.then(|| answer(&speed.value * hours, None))?;
    }
    if let (Some(speed), Some(length), true) = (speed, length, long) {
        let same = speed.unit == length.unit && !speed.value.is_zero();
        return (per_hour && same).then(|| answer(&length.value / &speed.value, Some(hour)))?;
    }
    if let (Some(length), Some(time), true) = (length, time, fast)
        && time.unit.as_ref() == Some(&hour)
        && !time.value.is_zero()
    {
        return answer(&length.value / &time.value, None);
    }
    None
}

/// Areas and perimeters of rectangles, squares and triangles, volumes of boxes.
fn shape(text: &Text<'_>) -> Option<Question> {
    let first = text.amounts.first()?;
    let same_unit = text
        .amounts
        .iter()
        .all(|amount| amount.unit == first.unit || amount.unit.is_none());
    let measures = text
        .amounts
        .iter()
        .all(|amount| !amount.money && !amount.percent && !amount.per_time);
    let compound = text.has_any(&["ratio", "twice", "half", "double", "more", "than", "times"]);
    if !same_unit || !measures || compound || text.words.len() > 24 {
        return None;
    }
    let asked =
        |name: &str| text.has(name) && text.has_any(&["what", "find", "calculate", "compute"]);
    // What is given must be the sides: "the area is 20, one side 5" asks for something else.
    let given = text.has_phrase(&["area", "is"]) || text.has_phrase(&["perimeter", "is"]);
    let values: Vec<&BigRational> = text.amounts.iter().map(|amount| &amount.value).collect();
    let whole = |n: i64| BigRational::from_integer(n.into());
    let value = match values.as_slice() {
        _ if given || text.has_any(&["diagonal", "hypotenuse"]) => return None,
        [a, b] if text.has("rectangle") && asked("area") => *a * *b,
        [a, b] if text.has("rectangle") && asked("perimeter") => (*a + *b) * whole(2),
        [a, b]
            if text.has("triangle") && text.has("base") && text.has("height") && asked("area") =>
        {
            *a * *b / whole(2)
        }
        [a] if text.has("square") && text.has("side") && asked("area") => *a * *a,
        [a] if text.has("square") && text.has("side") && asked("perimeter") => *a * whole(4),
        [a] if text.has("cube") && asked("volume") => *a * *a * *a,
        [a, b, c] if text.has_any(&["box", "prism", "cuboid"]) && asked("volume") => *a * *b * *c,
        _ => return None,
    };
    answer(value, None)
}

/// "I have $3,457 in my account, spend $479 and then deposit $469. What is my balance?"
fn balance(text: &Text<'_>) -> Option<Question> {
    let asked = text.has("balance") || text.has_phrase(&["how", "much", "money"]);
    if !asked || !text.amounts.iter().all(|amount| amount.money) {
        return None;
    }
    if text.has_any(&[
        "each", "every", "half", "twice", "per", "interest", "days", "weeks",
    ]) {
        return None;
    }
    let mut parser = Parser::new(&[]);
    let mut total = Value::integer(0);
    for (i, amount) in text.amounts.iter().enumerate() {
        // The currency sign stands between the verb and the number.
        let value = Value::exact(amount.value.clone());
        total = match (text.word_before(amount.at)?, i) {
            ("have" | "had" | "with" | "has" | "is" | "of", 0) => value,
            (
                "spend" | "spent" | "withdraw" | "withdrew" | "pay" | "paid" | "lose" | "lost"
                | "transfer" | "spends" | "withdraws" | "pays",
                1..,
            ) => total.subtract(&value, &mut parser.budget)?,
            (
                "deposit" | "deposited" | "earn" | "earned" | "receive" | "received" | "add"
                | "added" | "deposits" | "earns" | "receives" | "gain",
                1..,
            ) => total.add(&value, &mut parser.budget)?,
            _ => return None,
        };
    }
    answer(total.ratio, units::named("dollar"))
}
