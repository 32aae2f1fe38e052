//! The keys that a prompt names in words.

use super::Format;

/// The keys that a prompt names: "with keys name and age", "fields: `a`, `b`".
pub fn named(text: &str, format: Format) -> Vec<String> {
    const NOUNS: [&str; 8] = [
        "keys",
        "fields",
        "properties",
        "attributes",
        "key",
        "field",
        "claves",
        "campos",
    ];
    /// Bytes between the name of the format and the word for keys.
    const NEAR: usize = 150;
    let lower = text.to_ascii_lowercase();
    let name = match format {
        Format::Yaml => "yaml",
        Format::Csv => "csv",
        Format::Tsv => "tsv",
        Format::MarkdownTable => "table",
        _ => "json",
    };
    let nouns: &[&str] = match format {
        Format::Csv | Format::Tsv | Format::MarkdownTable => {
            &["columns", "spalten", "colonnes", "columnas", "colunas"]
        }
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
            let quoted = rest
                .trim_start_matches([' ', ':'])
                .starts_with(['"', '`', '\'', '“']);
            let found = key_list(rest);
            let enough = if noun.ends_with('s') {
                found.len() >= 2
            } else {
                quoted
            };
            if enough && !found.is_empty() {
                return found;
            }
        }
    }
    Vec::new()
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
        if name.is_empty() || name.len() > 60 {
            break;
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
    ["and ", "y ", "und ", "et "]
        .iter()
        .any(|word| text.starts_with(word))
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
