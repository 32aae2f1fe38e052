//! Does the code in an answer parse? It is found, its language told, and a parser of that
//! language decides. Nothing is executed.
//!
//! The measure is strict: code has to be a file of the language that its fence names. JSX under
//! a `javascript` fence would not compile as it stands, nor would a Java method without its class;
//! but where a method was asked for it is not known to be wrong.

mod blocks;
mod detect;
pub mod dialect;
mod guard;
mod language;
mod marks;
#[cfg(feature = "python")]
mod names;
mod parsers;
mod sheet;

pub use language::Language;

use super::{Finding, Worth, work::Work};
use blocks::Block;
use language::Tag;
use parsers::Parse;

/// Bytes of a request whose every word is looked at.
#[cfg(feature = "python")]
pub const MOST_ASKED: usize = 20_000;
/// Most blocks that are parsed.
const MAX_BLOCKS: usize = 8;
/// What finding the code in an answer, and telling its language, costs at worst, a byte and a line, in units of
/// [`Work`].
const FINDING: u64 = 11;
const FINDING_A_LINE: u64 = 30;
/// What a byte of the prompt costs where code that does not parse may be excused by it.
const EXCUSING: u64 = 8;

/// What a request says of the code that it wants.
pub struct Wanted {
    languages: Vec<Language>,
    /// Both of its ends, in lower case.
    prompt: String,
}

impl Wanted {
    /// `None` where there is not enough work left.
    pub fn read(prompt: &str, work: &Work) -> Option<Wanted> {
        work.take_bytes(prompt.len().min(detect::WINDOW), 4)
            .then(|| Wanted {
                languages: detect::named(prompt),
                prompt: crate::both_ends(prompt, 4_000).to_lowercase(),
            })
    }
}

/// Checks the code in one answer. The quality is the share of the requested code, by length, that
/// parses: of the blocks in the language asked for (or, where none was named, in that of the
/// largest block) all that are not much smaller than the largest. Code that a token limit cut off
/// counts as it stands, since nobody can run the missing half. What does not parse but may be right
/// in a form that is not known here ([`dialect`]) counts neither way.
pub fn check(asked: &Wanted, answer: &str, cut: bool, work: &Work) -> Finding {
    if answer.trim().is_empty() {
        return unknown("no text to look for code in");
    }
    if answer.len() > guard::MAX_ANSWER {
        return unknown("the answer is too long to be parsed");
    }
    let lines = answer.bytes().filter(|byte| *byte == b'\n').count() as u64;
    if !work.take(answer.len() as u64 * FINDING + lines * FINDING_A_LINE) {
        return unknown(Work::USED_UP);
    }
    let wanted = &asked.languages;
    let mut found = Vec::new();
    let mut foreign = 0;
    for block in blocks::split(answer) {
        match read(&block, wanted) {
            Some((language, text)) => found.push(Found {
                language,
                text,
                tag: block.tag,
                fenced: block.fenced,
            }),
            None if is_foreign(&block) => foreign = foreign.max(block.text.len()),
            None => {}
        }
    }
    let parts = requested(found, wanted, foreign);
    score(&parts, &asked.prompt, cut, work)
}

/// Whether a whole program of Python in one answer uses a name that nothing defines; `None` where
/// it does not, or is not known to be all of it. `request` is everything that was said before.
#[cfg(feature = "python")]
pub fn check_names(request: &str, answer: &str, work: &Work) -> Option<Finding> {
    if answer.len() > guard::MAX_ANSWER {
        return None;
    }
    let read = request.len() + answer.len();
    if !work.take_bytes(read, guard::cost(Language::Python)) || !names::asks_for_all(request) {
        return None;
    }
    let parts = blocks::split(answer);
    if parts.len() > MAX_BLOCKS {
        return None;
    }
    let wanted = detect::named(request);
    let (mut program, mut beside) = (String::new(), String::new());
    if parts.iter().any(|block| block.fenced) {
        beside = prose(answer);
    }
    for block in &parts {
        match self::read(block, &wanted) {
            Some((language, text)) if !block.fenced && blocks::is_wrapped(language, &text) => {
                return None;
            }
            Some((Language::Python, text)) => program.push_str(&text),
            _ => beside.push_str(&block.text),
        }
    }
    if !guard::parseable(Language::Python, &program) {
        return None;
    }
    let (name, line) = names::undefined(&program, request, &beside)?;
    let name = json_schema::quoted(&name);
    let reason = format!("python code: line {line}: {name} is defined nowhere");
    Some(Finding::scored(0.0, reason).at_most(Worth::Form))
}

/// The lines of an answer that stand in no fence.
#[cfg(feature = "python")]
fn prose(answer: &str) -> String {
    let mut open: Option<text::fence::Fence<'_>> = None;
    let mut out = String::new();
    for line in answer.split_inclusive('\n') {
        match open {
            Some(fence) if fence.closes(line) => open = None,
            Some(_) => {}
            None => {
                out.push_str(line);
                open = text::fence::Fence::opens(line);
            }
        }
    }
    out
}

fn unknown(reason: &str) -> Finding {
    Finding::Unknown {
        reason: reason.into(),
    }
}

/// Code in a language that is known.
struct Found {
    language: Language,
    text: String,
    tag: String,
    fenced: bool,
}

fn read(block: &Block, wanted: &[Language]) -> Option<(Language, String)> {
    let language = if block.tag.is_empty() {
        detect::by_shape(&block.text, wanted)?
    } else {
        match Tag::parse(&block.tag) {
            Tag::Known(language) => language,
            Tag::Text | Tag::Diff | Tag::Other => return None,
        }
    };
    let text = match language {
        Language::Bash => commands(&block.text),
        _ => block.text.clone(),
    };
    Some((language, text))
}

/// Whether a fence's tag names neither a language of programs nor a format of data.
pub fn says_nothing(tag: &str) -> bool {
    const WITHOUT_PARSER: [&str; 30] = [
        "c",
        "h",
        "cpp",
        "c++",
        "cc",
        "cs",
        "csharp",
        "c#",
        "ruby",
        "rb",
        "php",
        "kotlin",
        "kt",
        "swift",
        "scala",
        "r",
        "lua",
        "perl",
        "pl",
        "haskell",
        "hs",
        "powershell",
        "ps1",
        "dart",
        "julia",
        "matlab",
        "vue",
        "svelte",
        "html",
        "toml",
    ];
    match Tag::parse(tag) {
        Tag::Text => true,
        Tag::Other => !WITHOUT_PARSER
            .iter()
            .any(|known| known.eq_ignore_ascii_case(tag)),
        Tag::Known(_) | Tag::Diff => false,
    }
}

/// Code in a language without a parser.
fn is_foreign(block: &Block) -> bool {
    !block.tag.is_empty() && !matches!(Tag::parse(&block.tag), Tag::Text)
}

/// The commands of a shell session: where lines start with the prompt `$ `, the others are output.
fn commands(text: &str) -> String {
    let is_session = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.trim_start().starts_with("$ "));
    if !is_session {
        return text.to_string();
    }
    let mut out = String::new();
    let mut goes_on = false;
    for line in text.lines() {
        let command = line.trim_start().strip_prefix("$ ");
        if let Some(line) = command.or(goes_on.then_some(line)) {
            out.push_str(line);
            out.push('\n');
            goes_on = line.ends_with('\\');
        }
    }
    out
}

/// The blocks that answer the request, out of all that were found.
fn requested(mut found: Vec<Found>, wanted: &[Language], foreign: usize) -> Vec<Found> {
    let asked_for = |it: &Found| wanted.iter().any(|w| w.akin(it.language));
    if found.iter().any(asked_for) {
        found.retain(asked_for);
    } else {
        // Code that can't be checked is what was asked for, if it is the larger part.
        let largest = found.iter().map(|it| it.text.len()).max();
        if largest.is_none_or(|length| length < foreign) {
            return Vec::new();
        }
        if found.iter().any(|it| it.language != Language::Bash) {
            found.retain(|it| it.language != Language::Bash);
        }
    }
    let largest = found.iter().map(|it| it.text.len()).max().unwrap_or(0);
    found.retain(|it| it.text.len() * 3 >= largest);
    found.truncate(MAX_BLOCKS);
    found
}

fn score(parts: &[Found], prompt: &str, cut: bool, work: &Work) -> Finding {
    let Some(first) = parts.first() else {
        return unknown("no code in a language that can be parsed here");
    };
    let (mut whole, mut all, mut taken) = (0_usize, 0_usize, 0_usize);
    let mut fault: Option<(Language, String)> = None;
    let mut unsure = "the code is too long or too deeply nested to be parsed";
    let mut excused = false;
    for Found {
        language,
        text,
        tag,
        fenced,
    } in parts
    {
        let length = text.trim().len().max(1);
        taken += text.len();
        if taken > guard::max_bytes(*language) {
            continue;
        }
        if !work.take_bytes(text.len(), guard::cost(*language)) {
            unsure = Work::USED_UP;
            break;
        }
        match parsers::parse(*language, text) {
            Parse::Whole => whole += length,
            Parse::Broken(_) if !fenced && blocks::is_wrapped(*language, text) => {
                unsure = "code in marks of its own or among sentences";
                excused = true;
                continue;
            }
            #[cfg(feature = "java")]
            Parse::Broken(_)
                if *language == Language::Java
                    && dialect::asks_for_part(prompt)
                    && parsers::is_part_of_java(text, work) =>
            {
                unsure = "part of a class of Java";
                excused = true;
                continue;
            }
            // Many a word is looked for in the prompt.
            Parse::Broken(_) if !work.take_bytes(prompt.len(), EXCUSING) => {
                unsure = Work::USED_UP;
                excused = true;
                break;
            }
            Parse::Broken(place) => match dialect::excuse(*language, tag, text, prompt) {
                Some(form) => {
                    unsure = form;
                    excused = true;
                    continue;
                }
                None => fault = fault.or(Some((*language, place))),
            },
            Parse::Foreign(form) => {
                unsure = form;
                excused = true;
                continue;
            }
            Parse::Beyond => continue,
        }
        all += length;
    }
    // Where a part is not known the whole is not known to be right.
    if all == 0 || (excused && fault.is_none()) {
        return unknown(unsure);
    }
    let reason = match fault {
        None => format!("{} code parses", first.language.name()),
        Some((language, place)) => {
            let place = if place.is_empty() {
                place
            } else {
                format!(": {place}")
            };
            let cut = if cut {
                ", cut off by the token limit"
            } else {
                ""
            };
            format!("{} code does not parse{cut}{place}", language.name())
        }
    };
    Finding::scored(whole as f64 / all as f64, reason).at_most(Worth::Form)
}

#[cfg(test)]
mod tests;
