//! One parse per language, each behind the guard. An error is a line, 0 where it is not known.

use text::nesting;

use super::{dialect::UNKNOWN_SQL, guard, language::Language};
use crate::format;
#[cfg(feature = "java")]
use crate::work::Work;

/// Deepest nesting for parsers that backtrack, whose time can double with each level.
const MAX_RETRIED_DEPTH: usize = 10;

/// What a parser says of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parse {
    Whole,
    /// Broken; where, if that is known (`line 3`).
    Broken(String),
    /// Of a kind that is not known here.
    Foreign(&'static str),
    /// Too long or too deep to be parsed safely, or this build has no parser.
    Beyond,
}

/// Parses `text` as `language`.
pub fn parse(language: Language, text: &str) -> Parse {
    if text.len() > guard::max_bytes(language) {
        return Parse::Beyond;
    }
    let broken = |told: Result<(), String>| told.map_err(format::Fault::Broken);
    let data = match language {
        Language::Json => Some(broken(format::json(text))),
        Language::JsonLines => Some(broken(format::json_lines(text))),
        #[cfg(feature = "yaml")]
        Language::Yaml => Some(format::yaml(text)),
        #[cfg(feature = "xml")]
        Language::Xml => Some(format::xml(text.trim())),
        Language::Csv => Some(broken(format::csv(text).map(|_| ()))),
        _ => None,
    };
    if let Some(data) = data {
        return match data {
            Ok(()) => Parse::Whole,
            Err(format::Fault::Broken(reason)) => Parse::Broken(reason),
            Err(format::Fault::Beyond(_)) => Parse::Beyond,
        };
    }
    // The parser of Bash tries one reading of a parenthesis after another, at every level.
    let shallow = language == Language::Bash;
    if !guard::parseable(language, text) || (shallow && nesting::brackets(text) > MAX_RETRIED_DEPTH)
    {
        return Parse::Beyond;
    }
    match language {
        #[cfg(feature = "python")]
        Language::Python => found(python(text)),
        #[cfg(feature = "ecmascript")]
        Language::JavaScript => found(script(text, false, false)),
        #[cfg(feature = "ecmascript")]
        Language::Jsx => found(script(text, false, true)),
        #[cfg(feature = "ecmascript")]
        Language::TypeScript => found(script(text, true, false)),
        #[cfg(feature = "ecmascript")]
        Language::Tsx => found(script(text, true, true)),
        #[cfg(feature = "rust")]
        Language::Rust => found(rust(text)),
        #[cfg(feature = "go")]
        Language::Go => found(go_syntax::check(text).map_err(Fault::from)),
        #[cfg(feature = "java")]
        Language::Java => found(java_syntax::check(text).map_err(Fault::from)),
        #[cfg(feature = "sql")]
        Language::Sql => sql(text),
        #[cfg(feature = "bash")]
        Language::Bash => found(bash(text)),
        // Read above, or without a parser, in this build or at all.
        _ => Parse::Beyond,
    }
}

/// Is a text of Java that is no file a sound part of a class: members, statements or an expression.
#[cfg(feature = "java")]
pub fn is_part_of_java(text: &str, work: &Work) -> bool {
    let is_head = |line: &&str| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with("import ") || line.starts_with("package ")
    };
    let heads = text.split_inclusive('\n').take_while(is_head);
    let Some((head, body)) = text.split_at_checked(heads.map(str::len).sum()) else {
        return false;
    };
    let whole = |text: &str| {
        work.take_bytes(text.len(), guard::cost(Language::Java))
            && parse(Language::Java, text) == Parse::Whole
    };
    let inside = [
        format!("{head}class Whole {{\n{body}\n}}"),
        format!("{head}class Whole {{ void whole() {{\n{body}\n}} }}"),
        format!("{head}class Whole {{ Object whole =\n{body}\n; }}"),
    ];
    inside.iter().any(|text| whole(text))
}

/// Where a parser stopped, 0 where it does not say, and why, in its words.
#[cfg_attr(not(feature = "parsers"), allow(dead_code))]
struct Fault {
    line: usize,
    what: String,
}

impl From<usize> for Fault {
    fn from(line: usize) -> Fault {
        Fault {
            line,
            what: String::new(),
        }
    }
}

/// A parser's verdict, its error a line.
#[cfg_attr(not(feature = "parsers"), allow(dead_code))]
fn found(code: Result<(), Fault>) -> Parse {
    match code {
        Ok(()) => Parse::Whole,
        Err(Fault { line: 0, what }) => Parse::Broken(crate::told(&what)),
        Err(Fault { line, what }) if what.is_empty() => Parse::Broken(format!("line {line}")),
        Err(Fault { line, what }) => Parse::Broken(format!("line {line}: {}", crate::told(&what))),
    }
}

#[cfg(any(feature = "python", feature = "ecmascript"))]
fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|&&b| b == b'\n').count() + 1
}

#[cfg(feature = "python")]
fn python(text: &str) -> Result<(), Fault> {
    match rustpython_ruff_python_parser::parse_module(text) {
        Ok(_) => Ok(()),
        Err(error) => {
            // Statements of Python 2 are code, of an old language.
            let old = python2(text);
            if old != text && rustpython_ruff_python_parser::parse_module(&old).is_ok() {
                return Ok(());
            }
            Err(Fault {
                line: line_at(text, error.location.start().to_usize()),
                what: error.error.to_string(),
            })
        }
    }
}

/// The text with the `print x` and `except A, b:` of Python 2 in today's form.
#[cfg(feature = "python")]
fn python2(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        let code = line.trim_start();
        let indent = line.get(..line.len() - code.len()).unwrap_or_default();
        let printed = code
            .strip_prefix("print ")
            .filter(|rest| rest.starts_with(['"', '\'']) && rest.trim_end().ends_with(['"', '\'']));
        let caught = code
            .strip_prefix("except ")
            .and_then(|rest| rest.strip_suffix(':'))
            .and_then(|rest| rest.split_once(", "))
            .filter(|(kind, name)| {
                kind.chars().all(|c| c.is_alphanumeric() || c == '.')
                    && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            });
        out.push_str(indent);
        match (printed, caught) {
            (Some(rest), _) => out.push_str(&format!("print({rest})")),
            (_, Some((kind, name))) => out.push_str(&format!("except {kind} as {name}:")),
            _ => out.push_str(code),
        }
        out.push('\n');
    }
    out
}

/// ECMAScript as a module, else as a script (where `with` and octal escapes are allowed).
#[cfg(feature = "ecmascript")]
fn script(text: &str, typed: bool, elements: bool) -> Result<(), Fault> {
    use oxc_allocator::Allocator;
    use oxc_span::SourceType;

    let kind = SourceType::default()
        .with_typescript(typed)
        .with_jsx(elements);
    let mut fault = Fault::from(0);
    for kind in [kind.with_module(true), kind.with_script(true)] {
        let allocator = Allocator::default();
        let parsed = oxc_parser::Parser::new(&allocator, text, kind).parse();
        let first = parsed.diagnostics.first();
        if first.is_none() && !parsed.panicked {
            return Ok(());
        }
        if fault.line == 0 {
            let at = first
                .and_then(|error| error.labels.first())
                .map_or(0, |label| label.offset() as usize);
            fault = Fault {
                line: line_at(text, at),
                what: first.map_or(String::new(), |error| error.message.to_string()),
            };
        }
    }
    Err(fault)
}

/// A file, else the statements of a function's body.
#[cfg(feature = "rust")]
fn rust(text: &str) -> Result<(), Fault> {
    let error = match syn::parse_file(text) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let body = |input: syn::parse::ParseStream<'_>| {
        input.call(syn::Attribute::parse_inner)?;
        input.call(syn::Block::parse_within)
    };
    if syn::parse::Parser::parse_str(body, text).is_ok() {
        return Ok(());
    }
    Err(Fault {
        line: error.span().start().line,
        what: error.to_string(),
    })
}

/// SQL that any common database takes.
#[cfg(feature = "sql")]
fn sql(text: &str) -> Parse {
    use sql_syntax::Syntax;

    match sql_syntax::check(text) {
        Syntax::Sound => Parse::Whole,
        Syntax::Unknown => Parse::Foreign(UNKNOWN_SQL),
        Syntax::Broken { line, near } => found(Err(Fault {
            line,
            what: if near.is_empty() {
                "ends too early".into()
            } else {
                format!("unexpected `{near}`")
            },
        })),
    }
}

#[cfg(feature = "bash")]
fn bash(text: &str) -> Result<(), Fault> {
    let options = brush_parser::ParserOptions::default();
    brush_parser::Parser::new(text.as_bytes(), &options)
        .parse_program()
        .map(|_| ())
        .map_err(|error| Fault {
            line: 0,
            what: error.to_string(),
        })
}
