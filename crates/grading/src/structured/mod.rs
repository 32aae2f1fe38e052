//! Structured output: is the answer well formed, in the format asked for, and does it hold what
//! was asked for?
//!
//! The format comes from `response_format` or from the words of the prompt. What is checked is
//! form, never content: that the text parses, that it matches the schema or has the keys, that
//! a list has as many items as it should. Where no format is asked for, or it is nested too
//! deeply to read, nothing is known.

mod asked;
mod calls;
mod extract;
mod json;
mod parse;
mod rows;
mod schema;

pub use calls::check_tool_calls;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use text::fence;

use self::{asked::Format, schema::against_schema};
use super::{
    Finding, Worth,
    code::{self, Language, dialect},
    work::Work,
};

/// Longer texts than any model writes are not parsed, in bytes.
const MAX_TEXT: usize = 100_000;
/// What a byte of JSON, and of the other formats, costs at worst to parse, in units of [`Work`].
pub(crate) const PARSING: u64 = 6;
const PARSING_OTHERS: u64 = 25;
const TOO_LONG: &str = "structured answer too long to check";

/// What a request's `response_format` says.
#[derive(Clone, Debug, PartialEq)]
pub enum ResponseFormat {
    JsonObject,
    JsonSchema(Value),
}

/// Reads `response_format`; `None` where it asks for no structure, or is not understood.
pub fn response_format(raw: Option<&RawValue>) -> Option<ResponseFormat> {
    #[derive(Deserialize)]
    struct Outer {
        r#type: String,
        json_schema: Option<Inner>,
        schema: Option<Value>,
    }
    #[derive(Deserialize)]
    struct Inner {
        schema: Option<Value>,
    }
    let outer: Outer = serde_json::from_str(raw?.get()).ok()?;
    match outer.r#type.as_str() {
        "json_object" => Some(match outer.schema {
            Some(schema) => ResponseFormat::JsonSchema(schema),
            None => ResponseFormat::JsonObject,
        }),
        "json_schema" => {
            let schema = outer.json_schema.and_then(|inner| inner.schema);
            Some(match schema.or(outer.schema) {
                Some(schema) => ResponseFormat::JsonSchema(schema),
                None => ResponseFormat::JsonObject,
            })
        }
        _ => None,
    }
}

/// Whether a prompt asks for a format that is checked here.
pub fn is_checkable(prompt: &str) -> bool {
    asked::wanted(prompt).is_some()
}

/// Checks an answer against `response_format`: the content has to be JSON by itself. A fence
/// around it is forgiven, sentences are not: the program that asked would not read past them.
pub fn check_response_format(format: &ResponseFormat, text: &str, work: &Work) -> Finding {
    if text.len() > MAX_TEXT {
        return Finding::unknown(TOO_LONG);
    }
    if !work.take_bytes(text.len(), PARSING) {
        return Finding::unknown(Work::USED_UP);
    }
    if extract::too_deep(text) {
        return Finding::unknown("JSON nested too deeply to check");
    }
    let fences = fence::blocks(text);
    let body = match fences.as_slice() {
        [only] if is_all_fence(text) => only.body.trim(),
        _ => text,
    };
    let value = match extract::parsed(body) {
        Ok(value) => value,
        Err(why) => {
            let reason = format!("response_format: expected JSON, which ends at {why}");
            return Finding::scored(0.0, reason);
        }
    };
    match format {
        ResponseFormat::JsonObject if value.is_object() => {
            Finding::scored(1.0, "response_format: a JSON object").at_most(Worth::Form)
        }
        ResponseFormat::JsonObject => {
            let found = json::kind(&value);
            Finding::scored(
                0.0,
                format!("response_format: expected an object, found {found}"),
            )
        }
        ResponseFormat::JsonSchema(schema) => {
            against_schema("response_format", schema, &value, work)
        }
    }
}

/// What a prompt asks for, as far as it is checked here.
pub struct Form {
    wanted: Option<asked::Wanted>,
    /// It speaks of JSON of a looser kind.
    loose: bool,
}

/// Reads a prompt; `None` where there is not enough work left.
pub fn form(prompt: &str, work: &Work) -> Option<Form> {
    /// What a byte of a prompt costs at worst, where it is read for a format.
    const ASKING: u64 = 8;
    if !work.take_bytes(prompt.len().min(30_000), ASKING) {
        return None;
    }
    let wanted = asked::wanted(prompt);
    let loose = wanted.is_some()
        && dialect::excuse(Language::Json, "", "", &prompt_words(prompt)).is_some();
    Some(Form { wanted, loose })
}

/// Checks an answer against the format that the prompt names.
pub fn check(form: &Form, text: &str, work: &Work) -> Finding {
    let Some(wanted) = &form.wanted else {
        return Finding::unknown("no format to check was asked for");
    };
    if text.len() > MAX_TEXT {
        return Finding::unknown(TOO_LONG);
    }
    let cost = match wanted.format {
        Format::Json | Format::JsonLines | Format::List | Format::MarkdownTable => PARSING,
        _ => PARSING_OTHERS,
    };
    if !work.take_bytes(text.len(), cost) {
        return Finding::unknown(Work::USED_UP);
    }
    let bare = wanted.is_bare();
    let finding = match wanted.format {
        Format::Json | Format::JsonLines => match json::check(wanted, text, work) {
            found if found.is_failure() && (form.loose || is_loose(text)) => {
                Finding::unknown("JSON with comments or looser still")
            }
            found => found,
        },
        Format::List => rows::list(wanted, text),
        Format::MarkdownTable => rows::markdown_table(wanted, text),
        format => parse::check(format, wanted, text),
    };
    match bare {
        true => finding.at_most(Worth::Form),
        false => finding,
    }
}

impl Form {
    /// Whether an answer of one record a line has fewer of them than were asked for, or the last is not
    /// whole: more may have been to come.
    pub fn has_too_few(&self, text: &str) -> bool {
        let Some(wanted) = &self.wanted else {
            return false;
        };
        let header = match wanted.format {
            Format::Json | Format::Xml | Format::Toml => return false,
            Format::MarkdownTable => 2,
            Format::Csv | Format::Tsv => 1,
            Format::JsonLines | Format::Yaml | Format::List => 0,
        };
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let (first, mut last, mut count) = (lines.next(), None, 0);
        count += usize::from(first.is_some());
        for line in lines {
            count += 1;
            last = Some(line);
        }
        let signs = |line: &str| line.matches([',', ';', '\t', '|']).count();
        let short = match (first, last) {
            (Some(first), Some(last)) if header > 0 => signs(last) < signs(first),
            _ => false,
        };
        let few = wanted
            .records
            .is_some_and(|asked| count < asked.least + header);
        short || few
    }
}

fn prompt_words(prompt: &str) -> String {
    super::both_ends(prompt, 4_000).to_lowercase()
}

/// Whether a text begins and ends with a fence's marks.
fn is_all_fence(text: &str) -> bool {
    let of = |marks: &str| text.starts_with(marks) && text.ends_with(marks);
    of("```") || of("~~~")
}

/// The parts of an answer that are meant to be of that format: the fences with its tag, else
/// the fences without one, else what can be told from the text itself.
fn parts(format: Format, text: &str) -> Vec<String> {
    let tagged = tagged(format, text);
    match tagged.is_empty() {
        true => fences(text, str::is_empty),
        false => tagged,
    }
}

/// The same, and else the fences whose tag says nothing of what is in them: "text", a word of the
/// model's own.
fn parts_of_any_tag(format: Format, text: &str) -> Vec<String> {
    let parts = parts(format, text);
    match parts.is_empty() {
        true => fences(text, code::says_nothing),
        false => parts,
    }
}

/// What the fences with such tags hold.
fn fences(text: &str, tagged: impl Fn(&str) -> bool) -> Vec<String> {
    let all = fence::blocks(text);
    let those = all.iter().filter(|fence| tagged(fence.tag));
    those.map(content).collect()
}

/// The lines of a fence, without its indent and the blank ones at both ends.
fn content(fence: &fence::Block<'_>) -> String {
    fence.dedented().trim_matches('\n').to_owned()
}

/// Whether an answer is a program in another language that was never finished: what is taken out
/// of such is no answer.
fn unfinished_program(format: Format, text: &str) -> bool {
    let fences = fence::blocks(text);
    fences
        .last()
        .is_some_and(|fence| !fence.closed && !format.has_tag(fence.tag) && !is_plain(fence.tag))
}

fn is_plain(tag: &str) -> bool {
    const PLAIN: [&str; 8] = [
        "",
        "text",
        "txt",
        "plaintext",
        "plain",
        "markdown",
        "md",
        "output",
    ];
    PLAIN.contains(&tag.to_ascii_lowercase().as_str())
}

fn tagged(format: Format, text: &str) -> Vec<String> {
    // A file's name is a tag too.
    let named = |tag: &str| {
        let end = tag.rsplit_once('.').map_or(tag, |(_, end)| end);
        format.has_tag(end)
    };
    fences(text, named)
}

/// Whether an answer says itself that its JSON is of a looser kind.
fn is_loose(text: &str) -> bool {
    let loose = ["jsonc", "json5", "hjson"];
    let fences = fence::blocks(text);
    let mut tags = fences.iter().map(|fence| fence.tag.to_ascii_lowercase());
    tags.any(|tag| loose.contains(&tag.as_str()))
}
