//! Fenced blocks, as Markdown has them and as models write them.
//!
//! Read generously: words may stand before the opening backticks and after or straight before the
//! closing ones, since models forget the line break; a block that is never closed runs to the end,
//! since token limits cut there.

/// More blocks than any text that is worth reading has.
const MAX_BLOCKS: usize = 200;

/// A fenced block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// The language after the opening marks, as written; empty where there is none.
    pub tag: &'a str,
    /// The lines between, the indent of the fence still before them.
    pub body: &'a str,
    /// Bytes of blanks before the opening marks, or before the closing ones where those have more: whoever
    /// took blanks off the text took them off its first line only.
    pub indent: usize,
    /// Whether its end was there.
    pub closed: bool,
}

impl Block<'_> {
    /// The lines, each without the indent of the fence as far as it has it, ended by a line feed.
    pub fn dedented(&self) -> String {
        let blank = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let mut text = String::with_capacity(self.body.len() + 1);
        for line in self.body.lines() {
            text.push_str(line.get(self.indent.min(blank(line))..).unwrap_or(line));
            text.push('\n');
        }
        text
    }
}

/// The marks that open a block, and those that close it.
#[derive(Clone, Copy, Debug)]
pub struct Fence<'a> {
    pub tag: &'a str,
    mark: char,
    length: usize,
    indent: usize,
}

impl<'a> Fence<'a> {
    /// The fence that a line opens.
    pub fn opens(line: &'a str) -> Option<Fence<'a>> {
        let trimmed = line.trim_start();
        let mark = if trimmed.starts_with("~~~") { '~' } else { '`' };
        let at = if mark == '~' { 0 } else { backticks(trimmed)? };
        let rest = trimmed.get(at..)?;
        let length = rest.chars().take_while(|&c| c == mark).count();
        let info = rest.get(length..)?.trim();
        // A closing run on the same line makes it a span of code in a sentence.
        if info.contains('`') || (at > 0 && info.contains(' ')) {
            return None;
        }
        let tag = info
            .trim_start_matches(['{', '.'])
            .split(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ',' | ':' | ';' | '|'))
            .next()
            .unwrap_or_default();
        let indent = if at > 0 {
            0
        } else {
            line.len() - trimmed.len()
        };
        Some(Fence {
            tag,
            mark,
            length,
            indent,
        })
    }

    fn around(&self, body: Option<&'a str>, closed: bool) -> Block<'a> {
        Block {
            tag: self.tag,
            body: body.unwrap_or_default(),
            indent: self.indent,
            closed,
        }
    }

    /// Whether a line closes it.
    pub fn closes(&self, line: &str) -> bool {
        self.ends_at(line).is_some()
    }

    /// How much of a line that closes it still belongs to the block.
    fn ends_at(&self, line: &str) -> Option<usize> {
        let marks = line.trim_matches(is_blank);
        if marks.len() >= self.length && marks.chars().all(|c| c == self.mark) {
            return Some(0);
        }
        // A block of Markdown has fences of its own.
        if matches!(self.tag, "markdown" | "md") || self.mark == '~' {
            return None;
        }
        let at = backticks(line)?;
        let (before, rest) = line.split_at_checked(at)?;
        let after = rest.trim_start_matches('`');
        if rest.len() - after.len() < self.length || after.contains('`') {
            return None;
        }
        match before.chars().next_back().filter(|c| !is_blank(*c)) {
            // "return x```"
            Some(glued) => {
                let code = !matches!(glued, '\\' | '"' | '\'') && !ends_in_string(before);
                code.then_some(at)
            }
            // "```. It counts …" is no opening fence, which has one word.
            None => {
                let words = after.trim();
                let tag = !words.contains(char::is_whitespace)
                    && words.starts_with(|c: char| c.is_alphanumeric() || c == '{')
                    && !words.ends_with(['.', '!', '?', '。']);
                (before.trim_matches(is_blank).is_empty() && !tag).then_some(0)
            }
        }
    }
}

/// Where three backticks begin. Most lines have none: a searcher made for each would take longer than they do.
fn backticks(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    memchr::memchr_iter(b'`', bytes).find(|at| {
        let next = bytes.get(at + 1..at + 3);
        next == Some(b"``")
    })
}

/// Whether a double quote is open where a piece of a line ends.
fn ends_in_string(piece: &str) -> bool {
    let (mut open, mut escaped) = (false, false);
    for byte in piece.bytes() {
        match byte {
            b'"' if !escaped => open = !open,
            b'\\' => {
                escaped = !escaped;
                continue;
            }
            _ => {}
        }
        escaped = false;
    }
    open
}

/// White, or of no width: what some models write before a mark.
fn is_blank(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '\u{200b}' | '\u{feff}' | '\u{2060}')
}

/// The next line with a sign of those that fences are made of: from where to where it goes.
fn marked_line(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let at = memchr::memchr2(b'`', b'~', bytes.get(from..)?)?;
    line_around(bytes, from, from + at)
}

/// From where to where the line goes that `at` stands in, its end counted in, no further back than `from`.
pub(crate) fn line_around(bytes: &[u8], from: usize, at: usize) -> Option<(usize, usize)> {
    let start = memchr::memrchr(b'\n', bytes.get(from..at)?).map_or(from, |feed| from + feed + 1);
    let end = memchr::memchr(b'\n', bytes.get(at..)?).map_or(bytes.len(), |feed| at + feed + 1);
    Some((start, end))
}

/// The fenced blocks of a text in order, no more than [`MAX_BLOCKS`] of them.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(Fence<'_>, usize)> = None;
    let mut offset = 0;
    while let Some((start, end)) = marked_line(text.as_bytes(), offset) {
        offset = end;
        let line = text.get(start..end).unwrap_or_default();
        match open {
            Some((fence, from)) => {
                let Some(inside) = fence.ends_at(line) else {
                    continue;
                };
                let mut block = fence.around(text.get(from..start + inside), true);
                if inside == 0 {
                    let marks = line.trim_start_matches([' ', '\t']);
                    block.indent = block.indent.max(line.len() - marks.len());
                }
                found.push(block);
                open = None;
                if found.len() >= MAX_BLOCKS {
                    return found;
                }
            }
            None => open = Fence::opens(line).map(|fence| (fence, offset)),
        }
    }
    if let Some((fence, from)) = open {
        found.push(fence.around(text.get(from..), false));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, String)> {
        let blocks = blocks(text);
        blocks.iter().map(|b| (b.tag, b.dedented())).collect()
    }

    #[test]
    fn every_fence_is_found_with_its_tag() {
        let text = "Install:\n```bash\npip install x\n```\nThen\n~~~py title=\"a\"\nx = 1\n~~~\n";
        let found = [("bash", "pip install x\n".into()), ("py", "x = 1\n".into())];
        assert_eq!(read(text), found);
        assert_eq!(read("```{.rust}\n```")[0].0, "rust");
    }

    #[test]
    fn an_unclosed_fence_runs_to_the_end() {
        let found = blocks("Sure:\n```rust\nfn main() {");
        assert!(!found[0].closed);
        assert_eq!(found[0].body, "fn main() {");
        assert_eq!(blocks("```").len(), 1);
    }

    #[test]
    fn a_fence_in_a_list_loses_its_indent() {
        let text = "1. Do\n   ```py\n   if x:\n       y\n   ```\n";
        assert_eq!(read(text), [("py", "if x:\n    y\n".into())]);
        // The indent of the fence was lost, that of the lines was not.
        let text = "```py\n  if x:\n      y\n\n  z\n  ```\n";
        assert_eq!(read(text), [("py", "if x:\n    y\n\nz\n".into())]);
        let text = "```py\n\tif x:\n\t\ty\n\t```";
        assert_eq!(read(text), [("py", "if x:\n\ty\n".into())]);
        let text = "```py\n  if x:\n      y\n```\n";
        assert_eq!(read(text), [("py", "  if x:\n      y\n".into())]);
    }

    #[test]
    fn a_longer_fence_holds_a_shorter_one() {
        let text = "````md\n```py\nx\n```\n````\n";
        assert_eq!(blocks(text)[0].body, "```py\nx\n```\n");
        assert_eq!(blocks(text).len(), 1);
    }

    #[test]
    fn a_forgotten_line_break_before_a_fence_is_forgiven() {
        assert_eq!(
            read("Here it is: ```json\n{}\n```"),
            [("json", "{}\n".into())]
        );
    }

    #[test]
    fn a_forgotten_line_break_around_the_closing_marks_is_forgiven() {
        for text in [
            "```py\nx = 1```\nDone.",
            "```py\nx = 1``` and so on",
            "```py\nx = 1``` prints \"1\"",
            "```py\nx = 1\n```.",
            "```py\nx = 1\n```Explanation: it is one.",
            "```py\nx = 1\n```</s>",
            "```py\nx = 1\n```Done.",
            "\u{200b}```py\nx = 1\n\u{200b}```",
        ] {
            let found = blocks(text);
            assert!(found.len() == 1 && found[0].closed, "{text}");
            assert_eq!(found[0].body.trim(), "x = 1", "{text}");
        }
        for text in [
            "```py\n'''Writes ``` around it.'''\n```",
            "```js\nconst a = '```';\nlet b = `\\```a`;\n```",
            "````md\na```b\n````",
            "```json\n{\"a\": \"}```\"}\n```",
            "```json\n{\"a\": \"say \\\"x``` and y\", \"b\": 1}\n```",
        ] {
            assert_eq!(blocks(text).len(), 1, "{text}");
            assert!(blocks(text)[0].body.contains("```"), "{text}");
        }
    }

    #[test]
    fn a_span_in_a_sentence_is_no_fence() {
        for text in ["Use ```x``` here", "Use ``` to open a block", "```x` y"] {
            assert_eq!(blocks(text), [], "{text}");
        }
    }

    #[test]
    fn blocks_without_end_are_found_in_bounded_number() {
        assert_eq!(blocks(&"```\n".repeat(100_000)).len(), MAX_BLOCKS);
    }
}
