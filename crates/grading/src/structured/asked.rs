//! Which format does the request ask for, and what has to be in it?

use serde_json::Value;
use text::window;

mod count;
mod keys;
mod outside;
mod request;
mod shown;
mod talk;
mod vocabulary;

pub use count::Count;
pub use outside::{Items, Outside};
use request::{asks_about, named, words};
use shown::{given_object, is_schema};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    JsonLines,
    Yaml,
    Toml,
    Xml,
    Csv,
    Tsv,
    MarkdownTable,
    List,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "JSON",
            Format::JsonLines => "JSON Lines",
            Format::Yaml => "YAML",
            Format::Toml => "TOML",
            Format::Xml => "XML",
            Format::Csv => "CSV",
            Format::Tsv => "TSV",
            Format::MarkdownTable => "Markdown table",
            Format::List => "list",
        }
    }

    /// Whether a fence with this tag holds this format.
    pub fn has_tag(self, tag: &str) -> bool {
        let tag = tag.to_ascii_lowercase();
        match self {
            Format::Json => matches!(tag.as_str(), "json" | "json5" | "jsonc"),
            Format::JsonLines => matches!(tag.as_str(), "jsonl" | "ndjson" | "jsonlines" | "json"),
            Format::Yaml => matches!(tag.as_str(), "yaml" | "yml"),
            Format::Toml => tag == "toml",
            Format::Xml => matches!(
                tag.as_str(),
                "xml" | "html" | "svg" | "xsd" | "xsl" | "xslt" | "rss" | "plist" | "xaml" | "wsdl"
            ),
            Format::Csv | Format::Tsv => matches!(tag.as_str(), "csv" | "tsv"),
            Format::MarkdownTable | Format::List => matches!(tag.as_str(), "markdown" | "md"),
        }
    }
}

/// What a prompt asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub format: Format,
    /// A JSON Schema that the prompt gives.
    pub schema: Option<Value>,
    /// An example of the object wanted, its values placeholders.
    pub example: Option<Value>,
    /// Keys that the prompt names.
    pub keys: Vec<String>,
    /// How many records there shall be: rows, items, objects.
    pub records: Option<Count>,
    /// One item a line was asked for.
    pub one_a_line: bool,
    /// The columns that a table shall have, and how many.
    pub columns: Vec<String>,
    pub width: Option<Count>,
    /// What the JSON shall be at its outside.
    pub outside: Option<Outside>,
    /// What the items of an array shall be.
    pub items: Option<Items>,
}

impl Wanted {
    /// Whether a format is all that the prompt asks for.
    pub fn is_bare(&self) -> bool {
        !self.lays_down_a_form()
            && self.keys.is_empty()
            && self.records.is_none()
            && self.width.is_none()
            && self.columns.is_empty()
            && self.outside.is_none()
            && self.items.is_none()
    }

    /// Whether the prompt shows or describes the object that it wants.
    pub fn lays_down_a_form(&self) -> bool {
        self.schema.is_some() || self.example.is_some()
    }
}

/// Prompts longer than this are read at both ends only.
const WINDOW: usize = 24_000;

/// The format that a prompt asks for; `None` where it names none, or only one to read from.
pub fn wanted(prompt: &str) -> Option<Wanted> {
    let text = ends(prompt);
    let text = talk::without(&text);
    if asks_about(&text) {
        return None;
    }
    let words = words(&text);
    let format = named(&words)?;
    let mut wanted = Wanted {
        format,
        schema: None,
        example: None,
        keys: Vec::new(),
        records: count::records(&words, format),
        one_a_line: count::one_a_line(&words),
        columns: Vec::new(),
        width: None,
        outside: outside::outside(&words).filter(|_| format == Format::Json),
        items: outside::items(&words).filter(|_| format == Format::Json),
    };
    if matches!(format, Format::Csv | Format::Tsv | Format::MarkdownTable) {
        let lower = text.to_ascii_lowercase();
        let headless = [
            "no header",
            "without a header",
            "without header",
            "ohne kopfzeile",
            "sans en-t",
        ];
        if !headless.iter().any(|mark| lower.contains(mark)) {
            wanted.columns = keys::named(&text, format);
        }
        wanted.width = count::columns(&words);
    }
    if matches!(format, Format::Json | Format::Yaml | Format::JsonLines) {
        let given = given_object(&text, &words);
        match given {
            Some(object) if is_schema(&object) => wanted.schema = Some(object),
            Some(object) => wanted.example = Some(object),
            None => wanted.keys = keys::named(&text, format),
        }
    }
    Some(wanted)
}

/// The beginning and the end of a long prompt: what is asked stands there.
fn ends(prompt: &str) -> String {
    match window::ends(prompt, WINDOW) {
        None => prompt.to_owned(),
        Some((head, tail)) => format!("{head}\n{tail}"),
    }
}
