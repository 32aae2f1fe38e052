//! Finds the code in an answer: fenced blocks, or the whole text where there is no fence.

use text::fence;

use super::language::{Language, Tag};

/// A run of code in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first word after the fence, as written; empty where there is none.
    pub tag: String,
    pub text: String,
    /// Whether it stood in a fence.
    pub fenced: bool,
    /// Whether its end was there: an unclosed fence is what a token limit leaves.
    pub closed: bool,
}

/// The fenced blocks of `answer` in order; without any, the bare text as one block (prose before
/// and after it, set off by a blank line, is left out). Blank blocks are left out.
pub fn split(answer: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = fence::blocks(answer)
        .iter()
        .map(|block| Block {
            tag: block.tag.to_owned(),
            text: block.dedented(),
            fenced: true,
            closed: block.closed,
        })
        .filter(|block| !block.text.trim().is_empty())
        .collect();
    if blocks.is_empty() && !answer.trim().is_empty() {
        blocks.push(Block {
            tag: String::new(),
            text: without_prose(&without_stray_fences(answer)),
            fenced: false,
            closed: true,
        });
    }
    blocks
}

/// The text without fences that open or close nothing, the empty ones among them.
fn without_stray_fences(answer: &str) -> String {
    let stray = |line: &&str| {
        let line = line.trim();
        let tag = line.trim_matches(['`', '~']);
        line.len() - tag.len() >= 3
            && (tag.is_empty() || !matches!(Tag::parse(tag), Tag::Other))
            && line.starts_with(['`', '~'])
    };
    let mut text: Vec<&str> = answer.lines().filter(|line| !stray(line)).collect();
    text.push("");
    text.join("\n")
}

/// The text without the paragraphs of prose at its two ends.
fn without_prose(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    let start = lines
        .iter()
        .position(|line| !line.trim().is_empty())
        .unwrap_or(0);
    lines.drain(..start);
    if let Some(blank) = lines.iter().position(|line| line.trim().is_empty())
        && lines.iter().take(blank).all(|line| is_prose(line))
    {
        lines.drain(..=blank);
    }
    if let Some(blank) = lines.iter().rposition(|line| line.trim().is_empty())
        && lines
            .iter()
            .skip(blank)
            .all(|line| line.trim().is_empty() || is_prose(line))
    {
        lines.truncate(blank);
    }
    // Prose that no blank line sets off: "Sure, here it is:", "It counts the words."
    if lines.len() > 1 && lines.first().is_some_and(|line| introduces(line)) {
        lines.remove(0);
    }
    let ends = |line: &&str| is_prose(line) && line.trim_end().ends_with(['.', '!']);
    if lines.len() > 1 && lines.last().is_some_and(ends) {
        lines.pop();
    }
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = filled.map(|line| line.len() - line.trim_start_matches([' ', '\t']).len());
    let indent = indent.min().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        text.push_str(line.get(indent..).unwrap_or_default());
        text.push('\n');
    }
    text
}

/// Whether a text without a fence stands in marks of another kind, or among sentences: what of it is
/// the code is then not known.
pub fn is_wrapped(language: Language, text: &str) -> bool {
    const STARTS: [&str; 20] = [
        ":::",
        "<antartifact",
        "\\begin{",
        "\\end{",
        "{code",
        "{% ",
        "#+begin",
        ".. code",
        "<code",
        "</code",
        "<pre",
        "</pre",
        "´´",
        "‘‘",
        "’’",
        "“““",
        "''' ",
        "'''p",
        "'''j",
        "copy code",
    ];
    let bracketed = |line: &str| {
        let word = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        word.is_some_and(|word| {
            let word = word.trim_start_matches('/');
            word.eq_ignore_ascii_case("code") || Language::of_tag(word).is_some()
        })
    };
    let marks = text.lines().any(|line| {
        let line = line.trim().to_lowercase();
        STARTS.iter().any(|start| line.starts_with(start)) || bracketed(&line)
    });
    // A title, as a page's button to copy is in what was copied with it.
    let first = text.lines().find(|line| !line.trim().is_empty());
    let titled = first.is_some_and(|line| {
        let line = line.trim();
        line == "Copy" || (!line.contains(' ') && Language::of_tag(line).is_some())
    });
    // These languages have no backtick.
    let spans = matches!(language, Language::Python | Language::Java | Language::Csv);
    marks || titled || (spans && text.contains('`'))
}

/// A sentence: starts like one, ends like one, and has the words of one.
fn introduces(line: &str) -> bool {
    const WORDS: [&str; 9] = [
        "sure",
        "certainly",
        "of course",
        "here",
        "below",
        "okay",
        "ok,",
        "absolutely",
        "the following",
    ];
    let lower = line.trim().to_lowercase();
    is_prose(line) && WORDS.iter().any(|word| lower.starts_with(word))
}

fn is_prose(line: &str) -> bool {
    let line = line.trim();
    let words = line.split_whitespace().count();
    let plain = line
        .chars()
        .filter(|c| c.is_alphabetic() || matches!(c, ' ' | ',' | '.' | '\''))
        .count();
    let all = line.chars().count();
    line.starts_with(|c: char| c.is_uppercase())
        && line.ends_with(['.', ':', '!', '?'])
        && (words >= 3 && plain * 10 >= all * 9 || words == 2 && plain + 1 >= all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(answer: &str) -> Vec<(String, String)> {
        let blocks = split(answer);
        blocks.into_iter().map(|b| (b.tag, b.text)).collect()
    }

    #[test]
    fn every_fence_is_found_with_its_tag() {
        let answer = "Install:\n```bash\npip install x\n```\nThen\n~~~py title=\"a\"\nx = 1\n~~~\n";
        let wanted = [("bash", "pip install x\n"), ("py", "x = 1\n")];
        let wanted = wanted.map(|(a, b)| (a.to_string(), b.to_string()));
        assert_eq!(texts(answer), wanted);
    }

    #[test]
    fn an_unclosed_fence_runs_to_the_end() {
        let blocks = split("Sure:\n```rust\nfn main() {");
        assert_eq!(blocks.len(), 1);
        assert!(!blocks[0].closed);
        assert_eq!(blocks[0].text, "fn main() {\n");
    }

    #[test]
    fn a_fence_in_a_list_loses_its_indent() {
        let answer = "1. Do\n   ```py\n   if x:\n       y\n   ```\n";
        assert_eq!(texts(answer)[0].1, "if x:\n    y\n");
    }

    #[test]
    fn a_longer_fence_holds_a_shorter_one() {
        let answer = "````md\n```py\nx\n```\n````\n";
        assert_eq!(texts(answer)[0].1, "```py\nx\n```\n");
    }

    #[test]
    fn code_without_a_fence_loses_its_indent_and_an_empty_fence() {
        for answer in [
            "Here it is:\n\n    if x:\n        y\n\nThat is all.",
            "Sure, here it is:\nif x:\n    y\nIt returns nothing at all.",
            "```python\n```\nif x:\n    y\n",
            "```python```\nif x:\n    y\n",
        ] {
            assert_eq!(texts(answer)[0].1, "if x:\n    y\n", "{answer}");
        }
    }

    #[test]
    fn bare_code_is_freed_of_the_prose_around_it() {
        let answer = "Here is the script:\n\nx = 1\n\ny = 2\n\nLet me know if it works.\n";
        assert_eq!(texts(answer)[0].1, "x = 1\n\ny = 2\n");
    }

    #[test]
    fn a_span_in_a_sentence_is_no_fence() {
        assert!(!split("Use ```x``` here").iter().any(|b| b.fenced));
        assert!(split(" \n").is_empty());
    }
}
