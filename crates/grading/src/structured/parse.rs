//! Is a text well formed in a format that has a parser of its own?

use json_schema::quoted;

use super::{
    asked::{Format, Wanted},
    extract, parts_of_any_tag, rows, tagged, unfinished_program,
};
use crate::{
    Finding,
    code::{Language, dialect},
    format,
};

/// Why a text is not known to be well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Broken(String),
    /// It can't be told.
    Unreadable(&'static str),
}

/// Longer texts are not parsed.
const MAX_BYTES: usize = 100_000;
/// The same for YAML, whose short lines take longest: half of the 20 ms that a grading may take.
const MAX_YAML: usize = 50_000;

/// Whether the text is of that format.
///
/// # Errors
/// It is not, or that can't be told.
pub fn well_formed(format: Format, text: &str) -> Result<(), Fault> {
    let most = match format {
        Format::Yaml => MAX_YAML,
        _ => MAX_BYTES,
    };
    if text.len() > most {
        return Err(Fault::Unreadable("too long to parse"));
    }
    if text.trim().is_empty() {
        return Err(Fault::Broken("nothing there".into()));
    }
    match format {
        Format::Toml => told(format::toml(text)),
        Format::Tsv if rows::tabs_align(text) => Ok(()),
        Format::Tsv => Err(Fault::Broken("rows of differing numbers of fields".into())),
        #[cfg(feature = "yaml")]
        Format::Yaml => yaml(text),
        #[cfg(feature = "xml")]
        Format::Xml => told(format::xml(text.trim())),
        Format::Csv if is_a_sentence(text) => Err(Fault::Broken("a sentence".into())),
        Format::Csv => broken_or(format::csv(text).map(|_| ())),
        _ => Err(Fault::Unreadable("no parser")),
    }
}

/// One line that ends as sentences do, blanks after its commas.
fn is_a_sentence(text: &str) -> bool {
    let text = text.trim();
    !text.contains('\n')
        && (text.ends_with(['.', '!', '?', ':']) && text.split_whitespace().count() >= 4
            || text.ends_with(['。', '！', '？']))
        && !text.contains('"')
}

fn broken_or(outcome: Result<(), String>) -> Result<(), Fault> {
    outcome.map_err(|place| Fault::Broken(format!("it does not parse, {place}")))
}

fn told(outcome: Result<(), format::Fault>) -> Result<(), Fault> {
    outcome.map_err(|fault| match fault {
        format::Fault::Broken(place) => Fault::Broken(format!("it does not parse, {place}")),
        format::Fault::Beyond(why) => Fault::Unreadable(why),
    })
}

/// Nearly any sentence is a YAML scalar: what was asked for has a mapping or a list in it.
#[cfg(feature = "yaml")]
fn yaml(text: &str) -> Result<(), Fault> {
    let structured = text.lines().any(|line| {
        let line = line.trim();
        line.starts_with("- ") || line.ends_with(':') || line.contains(": ") || line == "-"
    }) || text.trim_start().starts_with(['{', '[']);
    // "Here is the answer: yes."
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let sentence = lines.next().is_some_and(|line| {
        let key = line.split_once(": ").map_or("", |(key, _)| key);
        key.split(' ').count() >= 3 && line.ends_with(['.', '!', '?'])
    });
    if !structured || (sentence && lines.next().is_none()) {
        return Err(Fault::Broken("a plain text, no mapping and no list".into()));
    }
    told(format::yaml(text))
}

/// The part of an answer without fences that is meant: a table between sentences, the elements
/// between sentences, or all of it.
pub fn bare_part(format: Format, text: &str) -> &str {
    match format {
        Format::Csv => extract::table_part(text, ','),
        Format::Tsv => extract::table_part(text, '\t'),
        Format::Xml => match (text.find('<'), text.rfind('>')) {
            (Some(start), Some(end)) => text.get(start..=end).unwrap_or(text),
            _ => text,
        },
        _ => text,
    }
}

/// YAML, TOML, XML, CSV, TSV: every part of the answer in that format has to parse, and to hold
/// what was asked for.
pub fn check(format: Format, wanted: &Wanted, text: &str) -> Finding {
    let name = format.name();
    let wrong = |what: &str| Finding::scored(0.0, format!("{name} asked for: {what}"));
    let mut blocks = parts_of_any_tag(format, text);
    if blocks.is_empty() {
        if unfinished_program(format, text) {
            return wrong("none but a program that is not finished");
        }
        blocks.push(bare_part(format, text).to_owned());
    }
    for block in &blocks {
        match well_formed(format, block) {
            Ok(()) => {}
            Err(Fault::Broken(_)) if dialect::is_template(Language::Yaml, block) => {
                return Finding::unknown(format!("{name} asked for: a template"));
            }
            Err(Fault::Broken(_)) if is_one_of_several(format, text, &blocks) => {
                return Finding::unknown(format!("{name} asked for: in one block of several"));
            }
            Err(Fault::Broken(what)) => return wrong(&what),
            Err(Fault::Unreadable(what)) => {
                return Finding::unknown(format!("{name} asked for: {what}"));
            }
        }
    }
    // Of several blocks it is not known which is meant to have all the records.
    let [block] = blocks.as_slice() else {
        return Finding::scored(1.0, format!("{name} asked for: it parses"));
    };
    if let Some(column) = rows::missing_column(wanted, block) {
        return wrong(&format!("column {} is missing", quoted(column)));
    }
    if let Some(key) = wanted
        .keys
        .iter()
        .find(|key| format == Format::Yaml && !has_key(block, key))
    {
        return wrong(&format!("{} is missing", quoted(key)));
    }
    match missing_records(format, wanted, block) {
        Some(what) => wrong(&what),
        None => Finding::scored(1.0, format!("{name} asked for: it parses")),
    }
}

/// Whether a text of YAML has the key anywhere.
/// Whether some of several blocks, none of them tagged as the format, are well formed: the others are
/// something else.
fn is_one_of_several(format: Format, text: &str, blocks: &[String]) -> bool {
    /// More than an answer has beside its data; each is parsed again.
    const MOST: usize = 8;
    (2..=MOST).contains(&blocks.len())
        && tagged(format, text).is_empty()
        && blocks
            .iter()
            .any(|block| well_formed(format, block).is_ok())
}

fn has_key(block: &str, key: &str) -> bool {
    block.match_indices(key).any(|(at, _)| {
        let before = block.get(..at).and_then(|head| head.chars().next_back());
        let after = block.get(at + key.len()..).unwrap_or_default();
        let after = after.trim_start_matches(['"', '\'', ' ']);
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_') && after.starts_with(':')
    })
}

/// What is said where there are not as many records or columns as were asked for.
fn missing_records(format: Format, wanted: &Wanted, block: &str) -> Option<String> {
    let table = match format {
        Format::Csv | Format::Tsv => format::csv(block).ok()?,
        Format::Yaml => {
            let items = block.lines().filter(|line| line.starts_with("- ")).count();
            let plain = block.lines().all(|line| !line.starts_with("---"));
            let count = wanted.records.filter(|_| items > 0 && plain)?;
            return (!count.holds(items))
                .then(|| format!("expected {} items, found {items}", count.shown()));
        }
        _ => return None,
    };
    if let Some(width) = wanted.width.filter(|width| !width.holds(table.width)) {
        let expected = width.shown();
        return Some(format!(
            "expected {expected} columns, found {}",
            table.width
        ));
    }
    let count = wanted.records?;
    let below = table.rows.saturating_sub(1);
    // Whether a header counts is open where the prompt does not speak of one.
    let held = count.holds(below) || (!count.header && count.holds(table.rows));
    let found = if count.header { below } else { table.rows };
    (!held).then(|| format!("expected {} rows, found {found}", count.shown()))
}
