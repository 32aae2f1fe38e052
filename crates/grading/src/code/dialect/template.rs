//! Texts that something is to be filled into first.

use text::mark;

use super::super::language::Language;

/// Whether something is to be filled in before the text is of its language.
pub fn is_template(language: Language, text: &str) -> bool {
    use Language::{Bash, JavaScript, Json, Jsx, Sql, Tsx, TypeScript, Yaml};
    if holds(text, "{%", "%}")
        || holds(text, "<%", "%>")
        || mark::find(text, "<?php").is_some()
        || mark::find(text, "<?=").is_some()
    {
        return true;
    }
    if between(text, "{{", "}}").any(is_filler) {
        return true;
    }
    let script = matches!(language, JavaScript | Jsx | TypeScript | Tsx | Bash);
    if !script && between(text, "${", "}").any(|inside| !inside.is_empty() && inside.len() <= 80) {
        return true;
    }
    if matches!(language, Sql | Json | Yaml) && between(text, "#{", "}").next().is_some() {
        return true;
    }
    if is_velocity(text) || (mark::find(text, "@@").is_some() && text.lines().any(holds_shouts)) {
        return true;
    }
    match language {
        Sql => between(text, "<", ">").any(is_placeholder) || text.lines().any(holds_a_gap),
        Json => between(text, ": <", ">").any(|inside| {
            !inside.is_empty()
                && inside
                    .chars()
                    .all(|c| c.is_alphanumeric() || " -_".contains(c))
        }),
        _ => false,
    }
}

/// Directives of Velocity on lines of their own.
fn is_velocity(text: &str) -> bool {
    if !text.contains('#') {
        return false;
    }
    let mut lines = text.lines().map(str::trim);
    lines.any(|line| {
        [
            "#if(",
            "#if (",
            "#foreach(",
            "#foreach (",
            "#set(",
            "#macro(",
        ]
        .iter()
        .any(|mark| line.starts_with(mark) && line.contains('$'))
    })
}

/// `@@NAME@@`
fn holds_shouts(line: &str) -> bool {
    let mut inside = line.split("@@").skip(1).step_by(2);
    line.matches("@@").count() >= 2 && inside.any(is_shouted)
}

/// ` <name> `: a word alone in signs of comparison, with a blank or a slash outside and none inside.
fn holds_a_gap(line: &str) -> bool {
    let mut rest = line;
    let mut before = ' ';
    while let Some((head, tail)) = rest.split_once('<') {
        before = head.chars().next_back().unwrap_or(before);
        let Some((inside, after)) = tail.split_once('>') else {
            return false;
        };
        let word = inside.len() >= 2 && inside.chars().all(|c| c.is_ascii_alphabetic());
        let free = matches!(before, ' ' | '/' | '=' | '(' | ':' | '@')
            && after.is_empty() | after.starts_with([' ', '/', ';', ')', ',', '"', '.', ':']);
        if word && free {
            return true;
        }
        rest = tail;
        before = '<';
    }
    false
}

fn is_shouted(inside: &str) -> bool {
    (2..=40).contains(&inside.len())
        && inside
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn holds(text: &str, open: &str, close: &str) -> bool {
    between(text, open, close).next().is_some()
}

/// What stands between two marks, on one line each. Nearly all texts have no such mark: that is told at once.
pub fn between<'t>(text: &'t str, open: &'t str, close: &'t str) -> impl Iterator<Item = &'t str> {
    let from = mark::find(text, open).unwrap_or(text.len());
    let rest = text.get(from..).unwrap_or_default();
    rest.lines().flat_map(move |line| {
        line.split(open)
            .skip(1)
            .filter_map(move |rest| rest.split_once(close))
            .map(|(inside, _)| inside)
    })
}

/// `{{ name | filter }}`, `{{#if x}}`, `{{- .Values.a }}`: no field of an object, no list.
fn is_filler(inside: &str) -> bool {
    let inside = inside.trim_matches(['-', '~', '{', ' ']);
    let start = inside.trim_start_matches(['#', '/', '>', '^', '.', '$', '&', '!', '@', '=']);
    inside.len() <= 200
        && start.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && !inside.contains([':', ';', '{', '}'])
        && (!inside.contains(',') || inside.contains(['|', '(']))
}

/// `<your-key>`, `<TABLE_NAME>`, `<path to file>`.
pub fn is_placeholder(inside: &str) -> bool {
    let words = inside.split([' ', '-', '_']).count();
    let plain = inside
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'));
    let shouts = inside.len() >= 3 && inside.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    plain
        && inside.len() <= 60
        && inside.starts_with(|c: char| c.is_ascii_alphabetic())
        && (shouts || (words >= 2 && !inside.contains(" - ")) || inside.starts_with("your"))
}
