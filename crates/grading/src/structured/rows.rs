//! Formats of one item a line: lists, Markdown tables, JSON Lines, tab-separated values.

use super::{super::Finding, extract};

/// A list: marked or numbered lines, as many as asked for.
pub fn list(text: &str, count: Option<usize>) -> Finding {
    let all: Vec<&str> = text
        .lines()
        .filter(|line| is_item(line.trim_start()))
        .collect();
    let top = all
        .iter()
        .filter(|line| !line.starts_with([' ', '\t']))
        .count();
    let items = if top > 0 { top } else { all.len() };
    match count {
        _ if items == 0 => {
            // A list may also be one name a line.
            let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
            match count {
                Some(count) if lines == count => {
                    Finding::scored(1.0, "list asked for: as many lines as items")
                }
                _ => Finding::unknown("list asked for: no marked or numbered lines"),
            }
        }
        Some(count) if items != count => {
            Finding::scored(0.0, format!("list asked for: {items} items, not {count}"))
        }
        Some(_) => Finding::scored(1.0, format!("list asked for: {items} items")),
        None => Finding::unknown("list asked for, without a number of items to check"),
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
pub fn markdown_table(text: &str, rows: Option<usize>) -> Finding {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let delimiter = lines
        .windows(2)
        .position(|pair| matches!(pair, [header, rule] if header.contains('|') && is_rule(rule)));
    let Some(header_at) = delimiter else {
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
    if rule != width || body.iter().any(|cells| *cells != width) {
        return Finding::scored(0.0, "table asked for: rows of differing numbers of cells");
    }
    match rows {
        _ if body.is_empty() => Finding::scored(0.0, "table asked for: a header without rows"),
        Some(rows) if rows != body.len() => Finding::scored(
            0.0,
            format!("table asked for: {} rows, not {rows}", body.len()),
        ),
        _ => Finding::scored(1.0, "table asked for: every row has as many cells"),
    }
}

fn is_rule(line: &str) -> bool {
    line.contains('-') && line.chars().all(|c| matches!(c, '-' | ':' | '|' | ' '))
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
pub fn json_lines(text: &str) -> Finding {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut count = 0usize;
    let broken = lines.any(|line| {
        count += 1;
        extract::json(line).is_none()
    });
    match count {
        _ if broken => Finding::scored(
            0.0,
            format!("JSON Lines asked for: line {count} does not parse"),
        ),
        0 => Finding::scored(0.0, "JSON Lines asked for: no lines"),
        all => Finding::scored(1.0, format!("JSON Lines asked for: {all} lines parse")),
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
