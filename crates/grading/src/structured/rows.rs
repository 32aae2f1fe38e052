//! Formats of one item a line: lists, Markdown tables, JSON Lines, tab-separated values.

use json_schema::quoted;
use serde_json::Value;
use text::fence;

use super::{asked::Wanted, extract};
use crate::Finding;

/// A list: marked or numbered lines, as many as asked for.
pub fn list(wanted: &Wanted, text: &str) -> Finding {
    let all: Vec<&str> = text
        .lines()
        .filter(|line| is_item(line.trim_start()))
        .collect();
    // A remark below a numbered list is marked otherwise.
    let numbered = |line: &str| line.starts_with(|c: char| c.is_ascii_digit());
    let first = all.iter().find(|line| !line.starts_with([' ', '\t']));
    let kind = first.is_some_and(|line| numbered(line));
    let top = all
        .iter()
        .filter(|line| !line.starts_with([' ', '\t']) && (!kind || numbered(line)))
        .count();
    let items = if top > 0 { top } else { all.len() };
    let Some(count) = wanted.records else {
        return Finding::unknown(match items {
            0 => "list asked for: no marked or numbered lines",
            _ => "list asked for, without a number of items to check",
        });
    };
    let expected = count.shown();
    if items > 0 {
        return match count.holds(items) {
            true => Finding::scored(1.0, format!("list asked for: {items} items")),
            false => Finding::scored(
                0.0,
                format!("list asked for: expected {expected} items, found {items}"),
            ),
        };
    }
    // A list may also be one name a line, a sentence before it.
    let filled = |line: &&str| !line.trim().is_empty();
    let mut lines: Vec<&str> = text.lines().filter(filled).collect();
    if lines.len() > 1
        && lines
            .first()
            .is_some_and(|line| line.trim_end().ends_with([':', '：']))
    {
        lines.remove(0);
    }
    let found = lines.len();
    if count.holds(found) {
        return Finding::scored(1.0, "list asked for: as many lines as items");
    }
    let paragraphs = text.trim().contains("\n\n");
    match wanted.one_a_line && !paragraphs {
        true => Finding::scored(
            0.0,
            format!("list asked for: expected {expected} lines, found {found}"),
        ),
        false => Finding::unknown("list asked for: no marked or numbered lines"),
    }
}

fn is_item(line: &str) -> bool {
    if let Some(rest) = line.strip_prefix(['-', '*', '•', '+']) {
        return rest.starts_with(' ');
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (1..=3).contains(&digits)
        && line
            .get(digits..)
            .and_then(|rest| rest.strip_prefix(['.', ')']))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// A Markdown table: a header, a delimiter row, and rows with as many cells.
pub fn markdown_table(wanted: &Wanted, text: &str) -> Finding {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let delimiter = lines
        .windows(2)
        .position(|pair| matches!(pair, [header, rule] if header.contains('|') && is_rule(rule)));
    let Some(header_at) = delimiter else {
        if is_table_of_another_kind(text) {
            return Finding::unknown("table asked for: one of another kind than Markdown's");
        }
        return Finding::scored(0.0, "table asked for: no header with a delimiter row");
    };
    let width = lines.get(header_at).map_or(0, |header| cells(header));
    let rule = lines.get(header_at + 1).map_or(0, |rule| cells(rule));
    let body: Vec<usize> = lines
        .iter()
        .skip(header_at + 2)
        .take_while(|line| line.contains('|'))
        .map(|line| cells(line))
        .collect();
    let wrong = |what: &str| Finding::scored(0.0, format!("table asked for: {what}"));
    let mut widths = std::iter::once(&rule).chain(&body);
    if let Some(other) = widths.find(|cells| **cells != width) {
        return wrong(&format!("a row of {other} cells, the header has {width}"));
    }
    if body.is_empty() {
        return wrong("a header without rows");
    }
    if let Some(count) = wanted.width.filter(|count| !count.holds(width)) {
        return wrong(&format!(
            "expected {} columns, found {width}",
            count.shown()
        ));
    }
    if let Some(column) = lines
        .get(header_at)
        .and_then(|header| missing_column(wanted, header))
    {
        return wrong(&format!("column {} is missing", quoted(column)));
    }
    match wanted.records.filter(|count| !count.holds(body.len())) {
        Some(count) => wrong(&format!(
            "expected {} rows, found {}",
            count.shown(),
            body.len()
        )),
        None => Finding::scored(1.0, "table asked for: every row has as many cells"),
    }
}

/// Tables in HTML, LaTeX or SQL, drawn with signs, or with tabs between their columns.
fn is_table_of_another_kind(text: &str) -> bool {
    const MARKS: [&str; 5] = ["<table", "\\begin{", "create table", "│", "┃"];
    let lower = text.to_lowercase();
    let drawn = |line: &str| line.starts_with("+-") || line.starts_with("+=");
    MARKS.iter().any(|mark| lower.contains(mark))
        || text.lines().filter(|line| drawn(line.trim())).count() > 1
        || text
            .lines()
            .filter(|line| line.trim().contains('\t'))
            .count()
            > 1
        || !fence::blocks(text).is_empty()
}

fn is_rule(line: &str) -> bool {
    line.contains('-')
        && line
            .chars()
            .all(|c| matches!(c, '-' | ':' | '|' | ' ' | '\t'))
}

/// Cells of a row; an escaped bar, or one in code, separates nothing.
fn cells(line: &str) -> usize {
    let inside = line.strip_prefix('|').unwrap_or(line);
    let inside = inside.strip_suffix('|').unwrap_or(inside);
    let (mut count, mut escaped, mut code) = (1, false, false);
    for c in inside.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '`' => code = !code,
            '|' if !code => count += 1,
            _ => {}
        }
    }
    count
}

/// One JSON value a line.
pub fn json_lines(wanted: &Wanted, text: &str) -> Finding {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut count = 0usize;
    let mut missing = None;
    let broken = lines.any(|line| {
        count += 1;
        let value = extract::json(line);
        if let (None, Some(Value::Object(map))) = (&missing, &value) {
            missing = wanted.keys.iter().find(|key| !map.contains_key(*key));
        }
        value.is_none()
    });
    if let (Some(key), false) = (missing, broken) {
        let key = quoted(key);
        return Finding::scored(0.0, format!("JSON Lines asked for: {key} is missing"));
    }
    match count {
        _ if broken => Finding::scored(
            0.0,
            format!("JSON Lines asked for: line {count} does not parse"),
        ),
        0 => Finding::scored(0.0, "JSON Lines asked for: no lines"),
        all => match wanted.records.filter(|count| !count.holds(all)) {
            Some(count) => Finding::scored(
                0.0,
                format!(
                    "JSON Lines asked for: expected {} lines, found {all}",
                    count.shown()
                ),
            ),
            None => Finding::scored(1.0, format!("JSON Lines asked for: {all} lines parse")),
        },
    }
}

/// Tab-separated values: two columns at least, the same number in every row.
pub fn tabs_align(text: &str) -> bool {
    let mut widths = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.split('\t').count());
    let first = widths.next().unwrap_or(0);
    first >= 2 && widths.all(|width| width == first)
}

/// The first column asked for that the header does not have.
pub fn missing_column<'w>(wanted: &'w Wanted, block: &str) -> Option<&'w str> {
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let header = block.lines().find(|line| !line.trim().is_empty())?;
    let fields: Vec<String> = header.split([',', ';', '\t', '|']).map(plain).collect();
    let mut names = wanted.columns.iter().map(String::as_str);
    names.find(|name| !fields.contains(&plain(name)))
}
