//! German, whose numbers up to a million are one word.

use super::Part;

const UNITS: [&str; 10] = [
    "null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
];
const TEENS: [&str; 10] = [
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
];
const TENS: [&str; 8] = [
    "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
];

/// The longest word for a number below a million, bytes.
const LONGEST: usize = 80;

/// What a word in lower case is.
pub fn part(word: &str) -> Option<Part> {
    Some(match word {
        "ein" | "eine" | "einen" => Part::Article,
        "million" | "millionen" => Part::Scale(1_000_000),
        "milliarde" | "milliarden" => Part::Scale(1_000_000_000),
        "billion" | "billionen" => Part::Scale(1_000_000_000_000),
        "komma" => Part::Point,
        _ if word.len() > LONGEST || !begins_number(word) => return None,
        _ => Part::Value(below_a_million(&plain(word))?),
    })
}

fn begins_number(word: &str) -> bool {
    const STARTS: [&str; 15] = [
        "null", "ein", "zw", "drei", "vier", "fünf", "fuenf", "sech", "sieb", "acht", "neun",
        "zehn", "elf", "hundert", "tausend",
    ];
    STARTS.iter().any(|start| word.starts_with(start))
}

/// With the letters of German where others stand for them.
fn plain(word: &str) -> String {
    word.replace("fuenf", "fünf")
        .replace("zwoelf", "zwölf")
        .replace("dreissig", "dreißig")
}

fn below_a_million(word: &str) -> Option<u64> {
    match word.split_once("tausend") {
        Some((thousands, rest)) => Some(or(thousands, 1)? * 1_000 + or(after_and(rest), 0)?),
        None => below_a_thousand(word),
    }
}

fn after_and(word: &str) -> &str {
    word.strip_prefix("und").unwrap_or(word)
}

/// A number below a thousand, or that one where there is no word.
fn or(word: &str, none: u64) -> Option<u64> {
    match word {
        "" => Some(none),
        word => below_a_thousand(word),
    }
}

fn below_a_thousand(word: &str) -> Option<u64> {
    let Some((hundreds, rest)) = word.split_once("hundert") else {
        return below_a_hundred(word);
    };
    let hundreds = match hundreds {
        "" => 1,
        name => unit(name)?,
    };
    let rest = match after_and(rest) {
        "" => 0,
        rest => below_a_hundred(rest)?,
    };
    Some(hundreds * 100 + rest)
}

fn below_a_hundred(word: &str) -> Option<u64> {
    if word == "eins" {
        return Some(1);
    }
    if let Some(number) = unit(word).or_else(|| Some(position(&TEENS, word)? + 10)) {
        return Some(number);
    }
    let tens = |word: &str| Some((position(&TENS, word)? + 2) * 10);
    tens(word).or_else(|| {
        let (units, rest) = word.split_once("und")?;
        Some(unit(units).filter(|&n| n > 0)? + tens(rest)?)
    })
}

fn unit(word: &str) -> Option<u64> {
    match word {
        "zwo" => Some(2),
        word => position(&UNITS, word),
    }
}

fn position(names: &[&str], word: &str) -> Option<u64> {
    let at = names.iter().position(|name| *name == word)?;
    u64::try_from(at).ok()
}
