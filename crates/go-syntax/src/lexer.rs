//! Go's tokens (The Go Programming Language Specification, "Lexical elements").

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    Number,
    Text,
    Rune,
    /// An operator or separator; a semicolon may be one that the end of a line stands for.
    Sign,
    End,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub line: usize,
}

/// Longer ones before those that they start with.
const SIGNS: [&str; 48] = [
    "<<=", ">>=", "&^=", "...", "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "&^", "+", "-", "*", "/", "%", "&", "|",
    "^", "<", ">", "=", "!", "(", ")", "[", "]", "{", "}", ",", ";", ".", ":", "~",
];

/// The tokens, with the semicolons that ends of lines stand for, an end token last.
///
/// # Errors
/// The line of the first character that starts no token.
pub fn lex(text: &str) -> Result<Vec<Token<'_>>, usize> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let blank = blank(rest, first).ok_or(line)?;
        if blank > 0 {
            let (skipped, after) = rest.split_at_checked(blank).ok_or(line)?;
            let lines = count_lines(skipped);
            if lines > 0 || after.is_empty() {
                end_line(&mut tokens, line);
            }
            line += lines;
            rest = after;
            continue;
        }
        let (kind, length) = next(rest, first).ok_or(line)?;
        let (text, after) = rest.split_at_checked(length).ok_or(line)?;
        tokens.push(Token { kind, text, line });
        line += count_lines(text);
        rest = after;
    }
    end_line(&mut tokens, line);
    tokens.push(Token {
        kind: Kind::End,
        text: "",
        line,
    });
    Ok(tokens)
}

/// Ends the statement that the line may have ended.
fn end_line(tokens: &mut Vec<Token<'_>>, line: usize) {
    let ends = tokens.last().is_some_and(|last| match last.kind {
        Kind::Word => {
            !is_keyword(last.text)
                || matches!(last.text, "break" | "continue" | "fallthrough" | "return")
        }
        Kind::Number | Kind::Text | Kind::Rune => true,
        Kind::Sign => matches!(last.text, "++" | "--" | ")" | "]" | "}"),
        Kind::End => false,
    });
    if ends {
        tokens.push(Token {
            kind: Kind::Sign,
            text: ";",
            line,
        });
    }
}

/// Whether the word can't be a name.
pub fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "break"
            | "case"
            | "chan"
            | "const"
            | "continue"
            | "default"
            | "defer"
            | "else"
            | "fallthrough"
            | "for"
            | "func"
            | "go"
            | "goto"
            | "if"
            | "import"
            | "interface"
            | "map"
            | "package"
            | "range"
            | "return"
            | "select"
            | "struct"
            | "switch"
            | "type"
            | "var"
    )
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|&b| b == b'\n').count()
}

/// The length of the blank or comment that `rest` starts with, 0 where it starts with neither;
/// `None` for an unclosed comment.
fn blank(rest: &str, first: char) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if let Some(inner) = rest.strip_prefix("/*") {
        return inner.find("*/").map(|end| end + 4);
    }
    Some(match first {
        ' ' | '\t' | '\r' | '\n' => 1,
        _ => 0,
    })
}

/// The token that `rest` starts with, and its length.
fn next(rest: &str, first: char) -> Option<(Kind, usize)> {
    if first.is_alphabetic() || first == '_' {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        return Some((Kind::Word, end.unwrap_or(rest.len())));
    }
    let digit_follows = rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if first.is_ascii_digit() || (first == '.' && digit_follows) {
        return number(rest.as_bytes()).map(|length| (Kind::Number, length));
    }
    match first {
        '"' => quoted(rest, '"').map(|(length, _)| (Kind::Text, length)),
        '\'' => quoted(rest, '\'')
            .filter(|&(_, runes)| runes == 1)
            .map(|(length, _)| (Kind::Rune, length)),
        '`' => {
            let end = rest.get(1..)?.find('`')?;
            Some((Kind::Text, end + 2))
        }
        _ => {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
            Some((Kind::Sign, sign.len()))
        }
    }
}

/// The length of a number, `None` where it is malformed.
fn number(rest: &[u8]) -> Option<usize> {
    let at = |index: usize| rest.get(index).copied().unwrap_or(0);
    let base: u8 = match (at(0), at(1) | 0x20) {
        (b'0', b'x') => 16,
        (b'0', b'b') => 2,
        (b'0', b'o') => 8,
        _ => 10,
    };
    let start = if base == 10 { 0 } else { 2 };
    // A `0` of an octal number may be followed by `_`, and so may a prefix.
    let mut end = start;
    let (mut digits, mut most) = digits(rest, &mut end, base, base != 10)?;
    let mut float = false;
    if at(end) == b'.' && matches!(base, 10 | 16) {
        float = true;
        end += 1;
        if at(end) == b'_' {
            return None;
        }
        let (fraction, highest) = self::digits(rest, &mut end, base, false)?;
        digits += fraction;
        most = most.max(highest);
    }
    if digits == 0 {
        return None;
    }
    let exponent = at(end) | 0x20;
    if (base == 10 && exponent == b'e') || (base == 16 && exponent == b'p') {
        float = true;
        end += 1;
        if matches!(at(end), b'+' | b'-') {
            end += 1;
        }
        if self::digits(rest, &mut end, 10, false)?.0 == 0 {
            return None;
        }
    } else if base == 16 && float {
        return None;
    }
    if at(end) == b'i' {
        float = true;
        end += 1;
    }
    // `0912` is neither octal nor, without a point, decimal.
    let octal = base == 10 && !float && at(0) == b'0';
    let goes_on = at(end).is_ascii_alphanumeric() || at(end) == b'_';
    (!(goes_on || octal && most > 7)).then_some(end)
}

/// Takes digits with single `_` between them: how many, and the highest of them.
fn digits(rest: &[u8], end: &mut usize, base: u8, mut may_part: bool) -> Option<(usize, u8)> {
    let (mut count, mut most) = (0, 0);
    let mut parted = false;
    while let Some(&byte) = rest.get(*end) {
        let value = match byte {
            b'_' if may_part => {
                (may_part, parted) = (false, true);
                *end += 1;
                continue;
            }
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' if base == 16 => byte - b'a' + 10,
            b'A'..=b'F' if base == 16 => byte - b'A' + 10,
            _ => break,
        };
        if value >= base {
            return None;
        }
        most = most.max(value);
        count += 1;
        (may_part, parted) = (true, false);
        *end += 1;
    }
    (!parted).then_some((count, most))
}

/// The length of a string or a rune in quotes, and how many runes it holds.
fn quoted(rest: &str, quote: char) -> Option<(usize, usize)> {
    let mut chars = rest.char_indices().skip(1);
    let mut runes = 0;
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => return None,
            '\\' => {
                let (_, kind) = chars.next()?;
                let (more, radix) = match kind {
                    'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => (0, 0),
                    c if c == quote => (0, 0),
                    '0'..='7' => (2, 8),
                    'x' => (2, 16),
                    'u' => (4, 16),
                    'U' => (8, 16),
                    _ => return None,
                };
                for _ in 0..more {
                    chars.next().filter(|(_, digit)| digit.is_digit(radix))?;
                }
            }
            c if c == quote => return Some((at + 1, runes)),
            _ => {}
        }
        runes += 1;
    }
    None
}
