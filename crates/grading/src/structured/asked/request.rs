//! Which format do the words ask for: a strength, from what stands before its name and after it.

use super::{
    Format, count,
    vocabulary::{
        ASKS_ABOUT, EASTERN, EASTERN_NOT, FILLER, FROM, NOT, NOT_AFTER, ORDERS, TELLS, TO, VERBS,
    },
};

/// The words of a text in small letters, scripts without blanks parted from others.
pub fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '\''));
    let mut words = Vec::new();
    for mut part in parts.filter(|part| !part.is_empty()) {
        // Scripts without blanks write a foreign word straight beside their own.
        while let Some(at) = script_ends(part) {
            let (head, rest) = part.split_at_checked(at).unwrap_or((part, ""));
            words.push(head.to_owned());
            part = rest;
        }
        words.push(part.to_owned());
    }
    words
}

/// Where a word goes over from Latin letters to those of East Asia, or back.
fn script_ends(word: &str) -> Option<usize> {
    if word.is_ascii() {
        return None;
    }
    let eastern = |c: char| c >= '\u{2e80}';
    let first = word.chars().next().map(eastern)?;
    word.find(|c| eastern(c) != first)
}

/// The format with the strongest request for it; of equals the one named last.
pub fn named(words: &[String]) -> Option<Format> {
    let mut best: Option<(i32, Format)> = None;
    for (at, word) in words.iter().enumerate() {
        let next = |i: usize| words.get(at + i).map(String::as_str);
        let format = match word.as_str() {
            "json" if matches!(next(1), Some("lines")) => Format::JsonLines,
            "jsonl" | "ndjson" => Format::JsonLines,
            "json" => Format::Json,
            "yaml" | "yml" => Format::Yaml,
            "toml" => Format::Toml,
            "xml" => Format::Xml,
            "csv" => Format::Csv,
            "comma" if next(1) == Some("separated") => Format::Csv,
            "tsv" => Format::Tsv,
            "tab" if next(1) == Some("separated") => Format::Tsv,
            "markdown" if next(1) == Some("table") => Format::MarkdownTable,
            "table"
                if words
                    .get(at.wrapping_sub(1))
                    .is_none_or(|w| w != "markdown") =>
            {
                Format::MarkdownTable
            }
            "list" | "bullet" | "bullets" | "bulleted" | "numbered" => Format::List,
            _ => continue,
        };
        let weak = matches!(
            word.as_str(),
            "table" | "list" | "bullet" | "bullets" | "bulleted" | "numbered"
        );
        let score = request(words, at) - if weak { 2 } else { 0 };
        if score >= 1 && best.is_none_or(|(best, _)| score >= best) {
            best = Some((score, format));
        }
    }
    let list = count::one_a_line(words).then_some(Format::List);
    best.map(|(_, format)| format).or(list)
}

/// How strongly the words around a format ask for it as the form of the answer.
fn request(words: &[String], at: usize) -> i32 {
    let mut score = 0;
    let mut back = at;
    for _ in 0..5 {
        let Some(word) = back.checked_sub(1).and_then(|i| words.get(i)) else {
            break;
        };
        back -= 1;
        let word = word.as_str();
        if NOT.contains(&word) {
            score -= 6;
            break;
        }
        if EASTERN_NOT.iter().any(|mark| word.contains(mark)) {
            score -= 6;
            break;
        }
        if TO.contains(&word)
            || VERBS.contains(&word)
            || EASTERN.iter().any(|verb| word.contains(verb))
        {
            score += 3;
            let before = words.get(back.saturating_sub(2)..back).unwrap_or_default();
            let told = |word: &String| NOT.contains(&word.as_str());
            let subject = words.get(back.wrapping_sub(1)).map_or("", String::as_str);
            let tells = VERBS.contains(&word) && TELLS.contains(&subject);
            if tells || before.iter().any(told) {
                score -= 6;
            }
            break;
        }
        // A word that says what kind of data, in scripts without blanks.
        if word.ends_with('的') {
            continue;
        }
        if FROM.contains(&word) {
            score -= 3;
            break;
        }
        if !FILLER.contains(&word) && word.parse::<u32>().is_err() {
            break;
        }
    }
    let after = words.iter().skip(at + 1).take(3);
    let after = after.take_while(|word| !word.is_ascii());
    score += after
        .map(|word| ordered_after(word))
        .find(|it| *it != 0)
        .unwrap_or(0);
    match words.get(at + 1).map(String::as_str) {
        Some(
            "object" | "objects" | "array" | "format" | "output" | "document" | "response" | "only"
            | "with" | "containing" | "matching" | "list",
        ) => score += 1,
        Some("file" | "data" | "string" | "below" | "above" | "parser" | "column") => score -= 1,
        _ => {}
    }
    score
}

/// The same strength, of a word after the format: where verbs come last.
fn ordered_after(word: &str) -> i32 {
    let has = |marks: &[&str]| marks.iter().any(|mark| word.contains(mark));
    if has(&NOT_AFTER) {
        return -6;
    }
    let ordered = has(&ORDERS) || (word.starts_with("形式") && word.ends_with("出力"));
    if ordered { 3 } else { 0 }
}

/// Whether a text asks why a format is as it is, or what for: it is no order to answer in it.
pub fn asks_about(text: &str) -> bool {
    /// A longer text holds such a word by chance.
    const MOST: usize = 300;
    let lower = text.to_lowercase();
    text.len() <= MOST && ASKS_ABOUT.iter().any(|mark| lower.contains(mark))
}
