//! Does the code in an answer parse? It is found, its language told, and a parser of that
//! language decides. Nothing is executed.
//!
//! The measure is strict: code has to be a file of the language that its fence names. JSX under
//! a `javascript` fence or a Java method without its class would not compile as they stand.

mod blocks;
mod detect;
mod guard;
mod language;
mod parsers;
mod sheet;

pub use language::Language;

use super::{Asked, Finding};
use blocks::Block;
use language::Tag;
use parsers::Parse;

/// Most blocks that are parsed.
const MAX_BLOCKS: usize = 8;

/// Checks the code in one answer. The quality is the share of the requested code, by length, that
/// parses: of the blocks in the language asked for (or, where none was named, in that of the
/// largest block) all that are not much smaller than the largest. Code that a token limit cut off
/// counts as it stands, since nobody can run the missing half.
/// `cut` where it did.
pub fn check(asked: &Asked<'_>, answer: &str, cut: bool) -> Finding {
    if answer.trim().is_empty() {
        return unknown("no text to look for code in");
    }
    if answer.len() > guard::MAX_ANSWER {
        return unknown("the answer is too long to be parsed");
    }
    let request = asked.messages.iter().rev().find(|m| m.role == "user");
    let wanted = request.map_or_else(Vec::new, |message| detect::named(&message.text));
    let mut found = Vec::new();
    let mut foreign = 0;
    for block in blocks::split(answer) {
        match read(&block, &wanted) {
            Read::Code(language, text) => found.push((language, text)),
            Read::Foreign => foreign = foreign.max(block.text.len()),
            Read::Nothing => {}
        }
    }
    score(&requested(found, &wanted, foreign), cut)
}

fn unknown(reason: &str) -> Finding {
    Finding::Unknown {
        reason: reason.into(),
    }
}

/// What a block turned out to be.
enum Read {
    Code(Language, String),
    /// Code in a language without a parser.
    Foreign,
    Nothing,
}

fn read(block: &Block, wanted: &[Language]) -> Read {
    if !block.tag.is_empty() {
        return match Tag::parse(&block.tag) {
            Tag::Known(Language::Bash) => Read::Code(Language::Bash, commands(&block.text)),
            Tag::Known(language) => Read::Code(language, block.text.clone()),
            Tag::Text => Read::Nothing,
            Tag::Diff | Tag::Other => Read::Foreign,
        };
    }
    match detect::by_shape(&block.text, wanted) {
        Some(Language::Bash) => Read::Code(Language::Bash, commands(&block.text)),
        Some(language) => Read::Code(language, block.text.clone()),
        None => Read::Nothing,
    }
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
fn requested(
    mut found: Vec<(Language, String)>,
    wanted: &[Language],
    foreign: usize,
) -> Vec<(Language, String)> {
    let asked_for = |language: Language| wanted.iter().any(|w| w.akin(language));
    if found.iter().any(|(language, _)| asked_for(*language)) {
        found.retain(|(language, _)| asked_for(*language));
    } else {
        // Code that can't be checked is what was asked for, if it is the larger part.
        let largest = found.iter().map(|(_, text)| text.len()).max();
        if largest.is_none_or(|length| length < foreign) {
            return Vec::new();
        }
        if found
            .iter()
            .any(|(language, _)| *language != Language::Bash)
        {
            found.retain(|(language, _)| *language != Language::Bash);
        }
    }
    let largest = found.iter().map(|(_, text)| text.len()).max().unwrap_or(0);
    found.retain(|(_, text)| text.len() * 3 >= largest);
    found.truncate(MAX_BLOCKS);
    found
}

fn score(blocks: &[(Language, String)], cut: bool) -> Finding {
    let Some((first, _)) = blocks.first() else {
        return unknown("no code in a language that can be parsed here");
    };
    let (mut whole, mut all, mut taken) = (0_usize, 0_usize, 0_usize);
    let mut fault: Option<(Language, String)> = None;
    for (language, text) in blocks {
        let length = text.trim().len().max(1);
        taken += text.len();
        if taken > guard::max_bytes(*language) {
            continue;
        }
        match parsers::parse(*language, text) {
            Parse::Whole => whole += length,
            Parse::Broken(place) => fault = fault.or(Some((*language, place))),
            Parse::Beyond => continue,
        }
        all += length;
    }
    if all == 0 {
        return unknown("the code is too long or too deeply nested to be parsed");
    }
    let reason = match fault {
        None => format!("{} code parses", first.name()),
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
    Finding::Scored {
        quality: whole as f64 / all as f64,
        reason,
    }
}

#[cfg(test)]
mod tests;
