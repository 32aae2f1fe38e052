//! What a parser may be given: parsers that descend recursively need an input whose nesting is
//! bounded beforehand, since a stack that overflows takes the whole worker down.

use text::nesting;

use super::language::Language;

/// Longest answer that is looked at for code, in bytes: some 8,000 tokens.
pub const MAX_ANSWER: usize = 32 * 1024;

/// Most code of one answer that is parsed, in bytes. The parsers of Bash and of Rust (tried as several
/// kinds of fragment) take more than a millisecond for each KB at worst.
pub fn max_bytes(language: Language) -> usize {
    match language {
        Language::Bash | Language::Rust => 12 * 1024,
        _ => 24 * 1024,
    }
}

/// What a byte of the language costs at worst, in units of [`Work`].
///
/// [`Work`]: crate::work::Work
pub fn cost(language: Language) -> u64 {
    match language {
        Language::Bash | Language::Rust => 100,
        Language::Json | Language::JsonLines | Language::Csv => 15,
        _ => 40,
    }
}

/// Deepest nesting of brackets, indents or tags.
const MAX_DEPTH: usize = 100;
/// Longest run of signs with nothing between them: `!!!!x`, `&&&&T`, `****p`.
const MAX_SIGN_RUN: usize = 80;
/// Most tokens between two places where every expression ends.
const MAX_EXPRESSION: usize = 1500;
/// Most `else`, and most loops or conditions without a block between them.
const MAX_CHAIN: usize = 300;

/// The same for Rust, whose parser takes more of the stack for each.
const MAX_RUST_EXPRESSION: usize = 400;
/// Longest line that rules off a comment: longer runs of one sign count as signs.
const MAX_RULER: usize = 400;
/// Most labels of Go with nothing but names between them.
const MAX_LABELS: usize = 100;
/// Longest number of Rust: its parser takes the square of the length.
const MAX_NUMBER: usize = 300;
/// Deepest nesting of `if … fi` and the like in Bash.
const MAX_COMPOUND: usize = 200;
/// Words before an expression that is nested by each, as by a sign.
const PREFIXES: [&[u8]; 14] = [
    b"not", b"yield", b"return", b"break", b"await", b"typeof", b"void", b"delete", b"new",
    b"lambda", b"move", b"async", b"throw", b"mut",
];

/// Whether a recursive parser of `language` can take `text` without deep recursion: the worker's
/// stack holds 1 MB.
pub fn parseable(language: Language, text: &str) -> bool {
    let longest = match language {
        Language::Rust => MAX_RUST_EXPRESSION,
        _ => MAX_EXPRESSION,
    };
    text.len() <= max_bytes(language)
        && nesting::brackets(text) <= MAX_DEPTH
        && indents(text) <= MAX_DEPTH
        && tags(text) <= MAX_DEPTH
        && runs_bounded(text, longest)
        && (language != Language::Rust || numbers(text) <= MAX_NUMBER)
        && (language != Language::Go || labels(text) <= MAX_LABELS)
        && (language != Language::Bash
            || (compounds(text) <= MAX_COMPOUND && !here_document_in_braces(text)))
}

/// Whether a here-document begins inside `${…}`: the tokenizer of Bash falls over some of these.
fn here_document_in_braces(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let rest = text.get(at..).unwrap_or_default();
        let inside = rest.split('}').next().unwrap_or_default();
        inside
            .get(..inside.floor_char_boundary(1_000))
            .unwrap_or_default()
            .contains("<<")
            || inside.len() > 1_000
    })
}

/// The length of the longest number, letters glued to it counted in.
fn numbers(text: &str) -> usize {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let numbers = words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    numbers.map(str::len).max().unwrap_or(0)
}

/// How many `name:` may stand on top of each other at most: nothing that ends a statement between.
fn labels(text: &str) -> usize {
    let (mut run, mut most) = (0_usize, 0);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b':' if bytes.peek() != Some(&b'=') => run += 1,
            b',' | b';' | b'{' | b'}' | b'(' | b')' | b'=' => run = 0,
            _ => {}
        }
        most = most.max(run);
    }
    most
}

/// How deep compound commands nest, words of strings and comments counted in.
fn compounds(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')'))
    {
        match word {
            "if" | "for" | "while" | "until" | "case" | "select" => depth += 1,
            "fi" | "done" | "esac" => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// How many indents deeper and deeper stand on top of each other.
fn indents(text: &str) -> usize {
    let mut stack: Vec<usize> = Vec::new();
    let mut most = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        while stack.last().is_some_and(|&top| top >= indent) {
            stack.pop();
        }
        stack.push(indent);
        most = most.max(stack.len());
    }
    most
}

/// How deep `<a>` or `T<U>` can nest at most.
fn tags(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut most, mut elements, mut others) = (0_usize, 0, 0_usize, 0_usize);
    let mut before = b';';
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'<' => {
                depth += 1;
                if bytes.get(index + 1).is_some_and(is_tag_start) {
                    others += 1;
                    let glued = index.checked_sub(1).and_then(|at| bytes.get(at));
                    elements += usize::from(!glued.is_some_and(u8::is_ascii_alphanumeric));
                }
            }
            b'>' if !matches!(before, b'=' | b'-') => depth = depth.saturating_sub(1),
            b';' | b'{' | b'}' => depth = 0,
            b'\n'
                if !matches!(before, b'<' | b',' | b'.' | b':' | b'&')
                    && after_blanks(bytes, index).is_some_and(|b| !is_sign(b)) =>
            {
                depth = 0;
            }
            _ => {}
        }
        most = most.max(depth);
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    // Elements of JSX: each tag closes its own bracket, so they are counted apart.
    let closing = text.matches("</").count() + text.matches("/>").count();
    let open = elements.saturating_sub(closing);
    (most * 2).max(open).max(others.saturating_sub(closing) / 3)
}

/// The first byte after the blanks at `index`; `None` where there are very many, so that scanning
/// stays linear.
fn after_blanks(bytes: &[u8], index: usize) -> Option<u8> {
    let rest = bytes.get(index..).unwrap_or_default();
    let mut near = rest.iter().take(200);
    near.find(|b| !b.is_ascii_whitespace()).copied()
}

fn is_tag_start(byte: &u8) -> bool {
    byte.is_ascii_alphabetic() || *byte == b'>'
}

fn is_sign(byte: u8) -> bool {
    byte.is_ascii_punctuation() && !matches!(byte, b'_' | b'"' | b'\'' | b'`' | b';' | b',')
}

/// Bounds what is counted between two ends of expressions: a `;`, a comma, or a line end that no
/// operator stands beside.
fn runs_bounded(text: &str, longest: usize) -> bool {
    let bytes = text.as_bytes();
    let (mut tokens, mut signs, mut chain, mut elses) = (0_usize, 0_usize, 0_usize, 0_usize);
    let (mut parentheses, mut ruler) = (0_usize, 0_usize);
    let mut previous = b';';
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 128 {
            let word_end = bytes
                .iter()
                .skip(index)
                .position(|b| !(b.is_ascii_alphanumeric() || *b == b'_' || *b >= 128))
                .map_or(bytes.len(), |length| index + length);
            let word = bytes.get(index..word_end).unwrap_or_default();
            match Some(word) {
                Some(b"if" | b"for" | b"while" | b"do" | b"with") => chain += 1,
                Some(b"else") => elses += 1,
                _ => {}
            }
            tokens += 1;
            signs = if PREFIXES.contains(&word) {
                signs + 1
            } else {
                0
            };
            if tokens > longest || signs > MAX_SIGN_RUN || chain > MAX_CHAIN || elses > MAX_CHAIN {
                return false;
            }
            previous = byte;
            index = word_end;
            continue;
        }
        ruler = if previous == byte { ruler + 1 } else { 0 };
        match byte {
            b';' | b',' => {
                tokens = 0;
                signs = 0;
                // Not in the head of a `for (;;)`, which ends nothing.
                if parentheses == 0 {
                    chain = 0;
                }
            }
            b'\n' => {
                parentheses = 0;
                let next = after_blanks(bytes, index);
                let beside = |b: u8| is_sign(b) && !matches!(b, b'}' | b')' | b']' | b'#' | b'@');
                let ends = match previous {
                    b'(' | b'[' => false,
                    b'{' => true,
                    other => !beside(other),
                };
                if ends && next.is_some_and(|b| !beside(b)) {
                    tokens = 0;
                    signs = 0;
                }
                if matches!(previous, b'{' | b'}' | b':') {
                    chain = 0;
                }
            }
            _ if byte.is_ascii_whitespace() => {}
            // Lines that rule off a comment are long runs of one sign.
            b'-' | b'=' | b'#' | b'*' | b'/' | b'~'
                if previous == byte && ruler <= MAX_RULER && comment(bytes, index) => {}
            _ => {
                match byte {
                    b'(' => parentheses += 1,
                    b')' => parentheses = parentheses.saturating_sub(1),
                    _ => {}
                }
                tokens += 1;
                signs = if is_sign(byte) { signs + 1 } else { 0 };
            }
        }
        if !byte.is_ascii_whitespace() {
            previous = byte;
        }
        if tokens > longest || signs > MAX_SIGN_RUN || chain > MAX_CHAIN || elses > MAX_CHAIN {
            return false;
        }
        index += 1;
    }
    true
}

/// Whether the line up to `index` starts as a comment does.
fn comment(bytes: &[u8], index: usize) -> bool {
    let before = bytes.get(..index).unwrap_or_default();
    let start = before.iter().rev().take(400).position(|&b| b == b'\n');
    let line = start.map_or(before, |length| {
        before.get(index - length..).unwrap_or_default()
    });
    let line = line.trim_ascii_start();
    line.starts_with(b"#")
        || line.starts_with(b"//")
        || line.starts_with(b"/*")
        || line.starts_with(b"--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_code_passes() {
        let code = "// ------------------------------------------------------------\n\
                    fn main() {\n    let x = vec![1, 2, 3];\n    if a { b() } else { c() }\n}\n";
        let most = max_bytes(Language::Rust) / code.len();
        assert!(parseable(Language::Rust, &code.repeat(most)));
        assert!(!parseable(Language::Rust, &code.repeat(most + 1)));
    }

    #[test]
    fn what_would_recurse_deeply_does_not() {
        for text in [
            "(".repeat(200),
            "!".repeat(200),
            "a<".repeat(500),
            "<a>".repeat(500),
            "x<a>".repeat(500),
            "u8<".repeat(60),
            "1+".repeat(2000),
            "not ".repeat(2000),
            "a=>".repeat(2000),
            "if(a)".repeat(400),
            "if a {} else ".repeat(400),
            "a.b\n".repeat(3).replace('\n', "\n.") + &".c\n".repeat(2000),
            (0..200)
                .map(|n| " ".repeat(n) + "if x:\n")
                .collect::<String>(),
            "x".repeat(MAX_ANSWER),
        ] {
            let shown = text.get(..30).unwrap_or(&text);
            assert!(!parseable(Language::Python, &text), "{shown}");
        }
    }

    #[test]
    fn what_nests_in_one_language_only_is_bounded_there() {
        for (language, text) in [
            (Language::Python, "-".repeat(20_000)),
            (Language::JavaScript, "for (;;) ".repeat(400)),
            (Language::Rust, "yield ".repeat(300)),
            (Language::Rust, "1".repeat(1_000)),
            (Language::Go, "a: ".repeat(200)),
            (Language::Go, "a:\n".repeat(200)),
            (Language::Bash, "if x; then ".repeat(400)),
        ] {
            assert!(!parseable(language, &text), "{}", language.name());
        }
        let script = "if x; then\n  for a in b; do y; done\nfi\n".repeat(300);
        assert!(parseable(Language::Bash, &script));
        let loops = "for (let i = 0; i < 3; i++) f(i);\n".repeat(400);
        assert!(parseable(Language::JavaScript, &loops));
    }
}
