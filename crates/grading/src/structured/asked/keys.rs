//! The keys that a prompt names in words.

use text::number::{
    self,
    words::{Tongue, digits},
};

use super::Format;

/// The keys that a prompt names: "with keys name and age", "fields: `a`, `b`".
pub fn named(text: &str, format: Format) -> Vec<String> {
    const NOUNS: [&str; 14] = [
        "keys",
        "fields",
        "properties",
        "attributes",
        "schlüsseln",
        "schlüssel",
        "feldern",
        "clés",
        "chaves",
        "claves",
        "campos",
        "key",
        "field",
        "property",
    ];
    /// Bytes between the name of the format and the word for keys.
    const NEAR: usize = 150;
    if leaves_out(text) {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let name = match format {
        Format::Yaml => "yaml",
        Format::Csv => "csv",
        Format::Tsv => "tsv",
        Format::MarkdownTable => "table",
        _ => "json",
    };
    let nouns: &[&str] = match format {
        Format::Csv | Format::Tsv | Format::MarkdownTable => &[
            "columns", "spalten", "colonnes", "columnas", "colunas", "header", "headers",
        ],
        _ => &NOUNS,
    };
    let mentions: Vec<usize> = lower
        .match_indices(name)
        .map(|(at, _)| at)
        .take(50)
        .collect();
    for noun in nouns.iter().copied() {
        for (at, _) in lower.match_indices(noun).take(20) {
            let bounded = |at: Option<char>| at.is_none_or(|c| !c.is_alphanumeric());
            let end = at + noun.len();
            let before = lower.get(..at).and_then(|head| head.chars().next_back());
            let after = lower.get(end..).and_then(|rest| rest.chars().next());
            let near = mentions.iter().any(|mention| mention.abs_diff(at) <= NEAR);
            if !bounded(before) || !bounded(after) || !near {
                continue;
            }
            let rest = text.get(end..).unwrap_or("");
            // `with a "name" key and an "age" key`
            if !noun.ends_with('s')
                && text
                    .get(..at)
                    .unwrap_or_default()
                    .trim_end()
                    .ends_with(['"', '`'])
            {
                return before_noun(&lower, text, noun);
            }
            let before = lower.get(..at).unwrap_or_default().trim_end();
            // "without a header", "no header"
            if ["no", "without a", "without", "the"].iter().any(|word| {
                before.ends_with(word)
                    && (*word != "the"
                        || noun.starts_with("header") && !rest.starts_with([' ', ':']))
            }) {
                continue;
            }
            let quoted = rest
                .trim_start_matches([' ', ':'])
                .starts_with(['"', '`', '\'', '“']);
            let mut found = key_list(rest);
            if found.is_empty() {
                found = listed(rest);
            }
            let many = noun.ends_with('s') || !noun.is_ascii() || noun.ends_with('n');
            let named =
                rest.trim_start().starts_with("called ") || rest.trim_start().starts_with("named ");
            let enough = if many || noun == "header" {
                found.len() >= 2
            } else {
                quoted || named
            };
            if enough && !found.is_empty() {
                return found;
            }
        }
    }
    Vec::new()
}

/// The quoted names that stand right before the noun, each time that it is there.
fn before_noun(lower: &str, text: &str, noun: &str) -> Vec<String> {
    let name = |at: usize| {
        let head = text.get(..at)?.trim_end();
        let quote = head
            .chars()
            .next_back()
            .filter(|c| matches!(c, '"' | '`'))?;
        let inside = head.get(..head.len() - 1)?;
        let name = inside.get(inside.rfind(quote)? + 1..)?;
        (1..=60).contains(&name.len()).then(|| name.to_owned())
    };
    let nouns = lower.match_indices(noun).take(20);
    nouns.filter_map(|(at, _)| name(at)).collect()
}

/// Whether keys may be left out, each or some: then none is held to be there.
fn leaves_out(text: &str) -> bool {
    const MARKS: [&str; 12] = [
        "optional",
        "if known",
        "if available",
        "if present",
        "omit ",
        "leave out",
        "if any",
        "where applicable",
        "if applicable",
        "may be missing",
        "falls vorhanden",
        "si disponible",
    ];
    let lower = text.to_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
}

/// Names that begin the lines of a list below: "- name: the name", "1. `age`".
fn listed(rest: &str) -> Vec<String> {
    let mut lines = rest.lines();
    if lines
        .next()
        .is_none_or(|line| !line.trim_end().ends_with(':'))
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for line in lines.filter(|line| !line.trim().is_empty()).take(50) {
        let item = line.trim_start();
        let item = item.strip_prefix(['-', '*', '•']).unwrap_or_else(|| {
            let digits = item.trim_start_matches(|c: char| c.is_ascii_digit());
            digits.strip_prefix(['.', ')']).unwrap_or("")
        });
        let item = item.trim_start().trim_start_matches(['*', '_']);
        let name = match item.strip_prefix(['`', '"', '\'']) {
            Some(quoted) => quoted.split(['`', '"', '\'']).next(),
            // A name alone on its line, or before what it means.
            None => {
                let end = item.find([':', '(', '-', '–', '*']).unwrap_or(item.len());
                item.get(..end)
                    .map(str::trim)
                    .filter(|name| !name.contains(' '))
            }
        };
        match name.filter(|name| (1..=60).contains(&name.len())) {
            Some(name) => found.push(name.to_owned()),
            None if item.is_empty() => break,
            None => return Vec::new(),
        }
    }
    found
}

/// Names up to the end of the list: quoted ones, or bare identifiers joined by commas and "and".
fn key_list(rest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = rest.trim_start();
    for lead in ["named", "called", "are", "is", ":", "of"] {
        if let Some(after) = rest.strip_prefix(lead) {
            rest = after.trim_start();
        }
    }
    while found.len() < 50 {
        let (name, after) = match rest.chars().next() {
            Some(quote @ ('"' | '\'' | '`' | '“')) => {
                let close = if quote == '“' { '”' } else { quote };
                let inside = rest.get(quote.len_utf8()..).unwrap_or("");
                let Some(end) = inside.find(close) else { break };
                (
                    inside.get(..end).unwrap_or(""),
                    inside.get(end + close.len_utf8()..).unwrap_or(""),
                )
            }
            Some(c) if c.is_alphabetic() || c == '_' => {
                let end = rest
                    .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
                    .unwrap_or(rest.len());
                let name = rest.get(..end).unwrap_or("");
                if is_stop_word(name) {
                    break;
                }
                (name, rest.get(end..).unwrap_or(""))
            }
            _ => break,
        };
        // "… and five rows"
        if name.is_empty() || name.len() > 60 || is_number(name) {
            break;
        }
        // `id,name,price`: a whole header in quotes.
        if name.contains(',') && found.is_empty() {
            return name.split(',').map(|name| name.trim().to_owned()).collect();
        }
        let mut after = skip_note(after.trim_start());
        let joined = after.starts_with([',', '&']) || starts_and(after);
        found.push(name.to_owned());
        if !joined {
            let ends = after.is_empty()
                || after.starts_with(['.', ';', '\n', '!', '?', ')', ':'])
                || found.len() > 1
                || ["for", "from", "in", "to", "only", "where", "with"]
                    .iter()
                    .any(|word| after.starts_with(word));
            if !ends {
                found.clear();
            }
            break;
        }
        after = after.trim_start_matches([',', '&', ' ', '\n']);
        if starts_and(after) {
            after = after
                .get(after.find(' ').unwrap_or(0)..)
                .unwrap_or("")
                .trim_start();
        }
        rest = after;
    }
    found
}

/// Skips a remark in parentheses after a key: "`age` (integer)".
fn skip_note(text: &str) -> &str {
    if !text.starts_with('(') {
        return text;
    }
    text.find(')')
        .and_then(|at| text.get(at + 1..))
        .map_or(text, str::trim_start)
}

fn starts_and(text: &str) -> bool {
    ["and ", "y ", "und ", "et ", "e "]
        .iter()
        .any(|word| text.starts_with(word))
}

fn is_number(name: &str) -> bool {
    let mut tongues = Tongue::ALL.into_iter();
    number::count(name).is_some()
        || tongues.any(|tongue| digits(name, tongue).is_some_and(|n| n.parse::<u64>().is_ok()))
}

fn is_stop_word(word: &str) -> bool {
    matches!(
        word.to_ascii_lowercase().as_str(),
        "in" | "of"
            | "to"
            | "for"
            | "that"
            | "which"
            | "should"
            | "must"
            | "are"
            | "is"
            | "as"
            | "from"
            | "the"
            | "a"
            | "an"
            | "only"
            | "and"
            | "or"
            | "with"
            | "you"
            | "it"
            | "will"
            | "be"
            | "if"
            | "where"
            | "when"
            | "not"
            | "exactly"
            | "like"
            | "above"
            | "below"
    )
}
