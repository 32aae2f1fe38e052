//! Drafts: what a model thinks aloud before it answers. They are no answer, for whoever reads.
//!
//! A draft stands at the beginning of a text, or opens a line further on; it is marked with one
//! of a few tags, and the chat template may have swallowed the opening one. Tags that are spoken
//! of (in a block of code, in quotes, in the middle of a line) mark nothing. Marks of a model's own
//! vocabulary, and the channels of gpt-oss, are read at the very beginning only.

use crate::fence::{Fence, line_around};

/// The names of the tags. The first two mark a draft wherever they open a line, the others only
/// at the very beginning: an answer can be asked for in XML that has a `<reasoning>`.
const NAMES: [&str; 5] = ["think", "thinking", "thought", "thoughts", "reasoning"];
const ANYWHERE: [&str; 2] = ["think", "thinking"];

/// The same, where an answer follows: XML of that name can be what was asked for.
const BEFORE_ANSWERS: [&str; 3] = ["analysis", "scratchpad", "reflection"];

/// Marks of single families of models, and what ends the draft that they begin.
const MARKS: [(&str, &str); 11] = [
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|think|>", "<|/think|>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<|channel>thought", "<channel|>"),
    ("<seed:think>", "</seed:think>"),
    ("<unused94>", "<unused95>"),
    ("◁think▷", "◁/think▷"),
    ("<details type=\"reasoning\"", "</details>"),
    // gpt-oss, its marks left out.
    ("analysis", "assistantfinal"),
];

/// The channels of gpt-oss: what it thinks, what it says to tools, what it answers.
const CHANNEL: &str = "<|channel|>";
const MESSAGE: &str = "<|message|>";

/// More drafts than any answer has between other text; each costs a look at all that follows.
const MAX_DRAFTS: usize = 16;

/// What follows the drafts; `None` where one never ends, so that the answer never came.
pub fn answer(text: &str) -> Option<&str> {
    let mut rest = after_mark(text)?;
    // What ends in blanks, and what is closed nowhere, does so from wherever it is looked at.
    let blanks = text.len() - text.trim_end().len();
    let mut unclosed = [false; BEFORE_ANSWERS.len()];
    'drafts: for _ in 0..MAX_DRAFTS {
        while let Some((name, inside)) = opened(rest, &NAMES) {
            let after = after_close(inside, name)?;
            // A document of that name, and nothing else.
            if !ANYWHERE.contains(&name)
                && after.len() <= blanks
                && inside.trim_start().starts_with('<')
            {
                return Some(rest);
            }
            rest = after;
        }
        if let Some((name, inside)) = opened(rest, &BEFORE_ANSWERS)
            && let Some(never) = place(name).and_then(|at| unclosed.get_mut(at))
            && !*never
        {
            match after_close(inside, name) {
                Some(after) if after.len() > blanks => {
                    rest = after;
                    continue;
                }
                after => *never = after.is_none(),
            }
        }
        if marks(rest).next().is_none() {
            break;
        }
        let mut fence: Option<Fence<'_>> = None;
        let mut named = false;
        let mut offset = 0;
        // Nothing begins or ends on a line that has none of these.
        while let Some((from, end)) = marked_line(rest.as_bytes(), offset) {
            offset = end;
            let line = rest.get(from..end)?;
            match fence {
                Some(open) if open.closes(line) => fence = None,
                Some(_) => {}
                None => {
                    if marks(line).next().is_some() {
                        let here = rest.get(from..)?;
                        if let Some((name, inside)) = opened(line, &ANYWHERE) {
                            let inside = here.get(line.len() - inside.len()..)?;
                            rest = after_close(inside, name)?;
                            continue 'drafts;
                        }
                        // Whoever names the opening tag names the closing one too.
                        if !named && let Some(end) = unopened_close(line) {
                            rest = here.get(end..)?;
                            continue 'drafts;
                        }
                        named |= names_opening(line);
                    }
                    fence = Fence::opens(line);
                }
            }
        }
        break;
    }
    Some(rest)
}

fn place(name: &str) -> Option<usize> {
    BEFORE_ANSWERS.iter().position(|known| *known == name)
}

/// What follows a draft in the marks of one family of models; all of it where there is none.
fn after_mark(text: &str) -> Option<&str> {
    let begun = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let channels = begun.strip_prefix("<|start|>assistant").unwrap_or(begun);
    if channels.starts_with(CHANNEL) {
        let mut parts = channels.rsplit(CHANNEL);
        let last = parts.find(|part| part.starts_with("final"))?;
        return last.split_once(MESSAGE).map(|(_, said)| said);
    }
    for (open, close) in MARKS {
        let Some(inside) = begun.strip_prefix(open) else {
            continue;
        };
        match inside.split_once(close) {
            Some((_, rest)) => return Some(rest),
            // A word like any other.
            None if open.starts_with(char::is_alphabetic) => {}
            None => return None,
        }
    }
    Some(text)
}

/// The next line with a sign of those that tags and fences are made of: from where to where it goes.
fn marked_line(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let at = memchr::memchr3(b'<', b'`', b'~', bytes.get(from..)?)?;
    line_around(bytes, from, from + at)
}

/// The tag that a text begins with, and what follows it.
fn opened<'t>(text: &'t str, names: &[&'static str]) -> Option<(&'static str, &'t str)> {
    let inside = text
        .trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
        .strip_prefix('<')?;
    names
        .iter()
        .find_map(|name| Some((*name, end_of_tag(inside, name)?)))
}

/// What follows the first tag that closes `name`.
fn after_close<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let closes = |pair: &[u8]| pair == b"</";
    let tags = text.as_bytes().windows(2).enumerate();
    tags.filter(|(_, pair)| closes(pair))
        .find_map(|(at, _)| end_of_tag(text.get(at + 2..)?, name))
}

/// What follows `name>`, in upper or lower case.
fn end_of_tag<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (tag, rest) = text.split_at_checked(name.len())?;
    tag.eq_ignore_ascii_case(name)
        .then(|| rest.strip_prefix('>'))?
}

/// Where what may be a tag of [`ANYWHERE`] begins: a text of nothing but `<` is read this quickly only.
fn marks(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let begins = move |at: &usize| {
        let tag = bytes.get(at + 1..).unwrap_or_default();
        let name = tag.strip_prefix(b"/").unwrap_or(tag);
        name.get(..5)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"think"))
    };
    let may_begin = |pair: &[u8]| matches!(pair, [b'<', b'/' | b't' | b'T']);
    let tags = bytes.windows(2).enumerate();
    tags.filter(move |(_, pair)| may_begin(pair))
        .map(|(at, _)| at)
        .filter(begins)
}

fn names_opening(line: &str) -> bool {
    marks(line).any(|at| opened(line.get(at..).unwrap_or_default(), &ANYWHERE).is_some())
}

/// Where the last closing tag of a line ends that nothing on the line opens and that is not
/// quoted.
fn unopened_close(line: &str) -> Option<usize> {
    let mut end = None;
    for at in marks(line) {
        let (before, here) = line.split_at_checked(at)?;
        if opened(here, &ANYWHERE).is_some() {
            break;
        }
        let rest = here
            .strip_prefix("</")
            .and_then(|tag| ANYWHERE.iter().find_map(|name| end_of_tag(tag, name)));
        if let Some(rest) = rest
            && !before.ends_with(['`', '"', '\''])
        {
            end = Some(line.len() - rest.len());
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_follows_the_drafts_is_the_answer() {
        for (text, rest) in [
            ("42", "42"),
            ("<think>41?</think>42", "42"),
            (" \n<Think>\n41?\n</THINK>\n42", "\n42"),
            ("<thinking>41?</thinking>\n42", "\n42"),
            ("<thought>41?</thought><reasoning>40?</reasoning>42", "42"),
            // The template wrote the opening tag.
            ("41? no.\n</think>\n\n42", "\n\n42"),
            ("so 41</thinking>42", "42"),
            // A draft that names its own end, and a second one.
            ("<think>a</think> b </think> 42", " 42"),
            ("Well.\n<think>41?</think>\n42\n", "\n42\n"),
            ("<think></think>", ""),
        ] {
            assert_eq!(answer(text), Some(rest), "{text}");
        }
    }

    #[test]
    fn each_family_of_models_marks_its_drafts_in_its_own_way() {
        for text in [
            "[THINK]41? {\"a\":[/THINK]42",
            "<|START_THINKING|>41?<|END_THINKING|>42",
            "<|begin_of_thought|>\n41?\n<|end_of_thought|>42",
            "<|channel>thought\n41?<channel|>42",
            "<seed:think>41?</seed:think>42",
            "◁think▷41?◁/think▷42",
            "<unused94>thought\n41?<unused95>42",
            "<details type=\"reasoning\" done=\"true\">\n<summary>Thought</summary>\n> 41?\n</details>42",
            "<|channel|>analysis<|message|>41?<|end|><|start|>assistant<|channel|>final<|message|>42",
            "<|start|>assistant<|channel|>analysis<|message|>41?<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>42",
            "<|channel|>final<|message|>42",
            "analysisWe add. 41?assistantfinal42",
            "<analysis>41?</analysis>42",
            "[THINK]41?[/THINK]<think></think>42",
        ] {
            assert_eq!(answer(text), Some("42"), "{text}");
        }
        for text in [
            "[THINK]42",
            "<|channel|>analysis<|message|>42",
            "◁think▷42",
            "<|channel|>commentary to=functions.f<|message|>{}",
        ] {
            assert_eq!(answer(text), None, "{text}");
        }
        for text in [
            "analysis of 42",
            "<analysis><a>42</a></analysis>\n",
            "<reasoning><a>42</a></reasoning>",
            "<analysis>42",
            "It begins with [THINK] and ends with [/THINK].",
            "<details><summary>a</summary>b</details>",
        ] {
            assert_eq!(answer(text), Some(text), "{text}");
        }
    }

    #[test]
    fn a_draft_that_never_ends_holds_no_answer() {
        for text in [
            "<think>it looks like 0.9 to me",
            "<thinking>0.9</think>",
            "Let me see.\n<think>\n42",
            "<reasoning>",
        ] {
            assert_eq!(answer(text), None, "{text}");
        }
    }

    #[test]
    fn tags_that_are_spoken_of_mark_no_draft() {
        for text in [
            "```py\nre.sub(r'<think>.*?</think>', '', text)\n```",
            "```\n<think>\n{draft}\n</think>\n```\n",
            "The model writes `<think>` first and `</think>` last.",
            "text.split('</think>')[-1]",
            "<a><reasoning>x</reasoning></a>",
            "<answer>\n<reasoning>x</reasoning>\n<value>4</value></answer>",
            "<thinker>a</thinker>",
            "cut at `<think>` and\n</think>\nhere",
            "< think>",
        ] {
            assert_eq!(answer(text), Some(text), "{text}");
        }
    }

    #[test]
    fn drafts_without_end_are_read_in_one_pass() {
        for unit in [
            "<think></think>",
            "<think>\n</think>\n",
            "</think>\n",
            "</thinking>",
            "`</think>",
            "<think>\n",
            "</",
        ] {
            answer(&unit.repeat(200_000));
        }
    }

    proptest! {
        #[test]
        fn the_answer_is_an_end_of_the_text(text in "(<think>|</think>|<thought>|```\n|\n|é|`| ){0,30}") {
            if let Some(rest) = answer(&text) {
                prop_assert!(text.ends_with(rest));
                prop_assert_eq!(answer(rest), Some(rest));
            }
        }
    }
}
