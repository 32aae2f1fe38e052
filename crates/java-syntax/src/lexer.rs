//! Java's tokens (Java Language Specification, chapter 3).

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    Literal,
    /// An operator or separator. `>` always stands alone: generics close with several.
    Sign,
    End,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub line: usize,
    /// Where the partner of a bracket stands in the list; 0 for any other token.
    pub partner: usize,
    /// Whether nothing stands between it and the token before.
    pub glued: bool,
}

const SIGNS: [&str; 40] = [
    "...", "<<=", "->", "::", "++", "--", "&&", "||", "==", "!=", "<=", "<<", "+=", "-=", "*=",
    "/=", "&=", "|=", "^=", "%=", "(", ")", "{", "}", "[", "]", ";", ",", ".", "@", "=", ">", "<",
    "!", "~", "?", ":", "+", "-", "*",
];
const LATE_SIGNS: [&str; 5] = ["/", "&", "|", "^", "%"];

/// The tokens, an end token last, brackets paired.
///
/// # Errors
/// The line of the first character that starts no token, or of a bracket without partner.
pub fn lex(text: &str) -> Result<Vec<Token<'_>>, usize> {
    let mut tokens = Vec::new();
    let mut open: Vec<(usize, &str)> = Vec::new();
    let (mut at, mut line, mut last_end) = (0, 1, usize::MAX);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some((kind, length)) = next(rest).map_err(|()| line)? else {
            let blank = skip(rest).ok_or(line)?;
            line += count_lines(rest.get(..blank).unwrap_or_default());
            at += blank;
            continue;
        };
        let word = rest.get(..length).ok_or(line)?;
        let index = tokens.len();
        let mut partner = 0;
        if kind == Kind::Sign {
            match word {
                "(" | "[" | "{" => open.push((index, word)),
                ")" | "]" | "}" => {
                    let (from, opening) = open.pop().ok_or(line)?;
                    if !matches!((opening, word), ("(", ")") | ("[", "]") | ("{", "}")) {
                        return Err(line);
                    }
                    partner = from;
                    if let Some(token) = tokens.get_mut(from) {
                        let token: &mut Token<'_> = token;
                        token.partner = index;
                    }
                }
                _ => {}
            }
        }
        tokens.push(Token {
            kind,
            text: word,
            line,
            partner,
            glued: last_end == at,
        });
        line += count_lines(word);
        at += length;
        last_end = at;
    }
    if !open.is_empty() {
        return Err(line);
    }
    tokens.push(Token {
        kind: Kind::End,
        text: "",
        line,
        partner: 0,
        glued: false,
    });
    Ok(tokens)
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|&b| b == b'\n').count()
}

/// The length of the blank or comment that `rest` starts with; `None` for an unclosed comment.
fn skip(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        Some(rest.find('\n').unwrap_or(rest.len()))
    } else if let Some(inner) = rest.strip_prefix("/*") {
        inner.find("*/").map(|end| end + 4)
    } else {
        rest.chars().next().map(char::len_utf8)
    }
}

/// The token that `rest` starts with; `None` for blanks and comments.
fn next(rest: &str) -> Result<Option<(Kind, usize)>, ()> {
    let first = rest.chars().next().ok_or(())?;
    if first.is_whitespace()
        || matches!(first, '\u{feff}' | '\u{1a}')
        || rest.starts_with("//")
        || rest.starts_with("/*")
    {
        return Ok(None);
    }
    if first.is_alphabetic() || first == '_' || first == '$' {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
        return Ok(Some((Kind::Word, end.unwrap_or(rest.len()))));
    }
    if first.is_ascii_digit()
        || (first == '.' && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit))
    {
        return number(rest).map(|length| Some((Kind::Literal, length)));
    }
    if first == '"' || first == '\'' {
        return quoted(rest).map(|length| Some((Kind::Literal, length)));
    }
    SIGNS
        .iter()
        .chain(&LATE_SIGNS)
        .find(|sign| rest.starts_with(**sign))
        .map(|sign| Some((Kind::Sign, sign.len())))
        .ok_or(())
}

fn number(rest: &str) -> Result<usize, ()> {
    let hex = rest.starts_with("0x") || rest.starts_with("0X");
    let mut length = 0;
    let mut last = ' ';
    for c in rest.chars() {
        let exponent = matches!((last, hex), ('e' | 'E', false) | ('p' | 'P', true));
        let goes_on = c.is_ascii_alphanumeric()
            || c == '_'
            || c == '.'
            || (matches!(c, '+' | '-') && exponent);
        // `1..` and `1.x()` do not occur in Java; a second point ends the number.
        if !goes_on || (c == '.' && rest.get(..length).is_some_and(|t| t.contains('.'))) {
            break;
        }
        last = c;
        length += 1;
    }
    let digits = rest.get(..length).ok_or(())?.to_ascii_lowercase();
    let body = digits.trim_end_matches('l');
    let fine = if let Some(hex) = body.strip_prefix("0x") {
        !hex.is_empty()
            && hex
                .bytes()
                .all(|b| b.is_ascii_hexdigit() || matches!(b, b'_' | b'.' | b'p' | b'+' | b'-'))
    } else if let Some(binary) = body.strip_prefix("0b") {
        !binary.is_empty() && binary.bytes().all(|b| matches!(b, b'0' | b'1' | b'_'))
    } else {
        let body = body.trim_end_matches(['f', 'd']);
        !body.ends_with('_')
            && body
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'e' | b'+' | b'-'))
    };
    fine.then_some(length).ok_or(())
}

fn quoted(rest: &str) -> Result<usize, ()> {
    let block = rest.starts_with("\"\"\"");
    let quote = if rest.starts_with('\'') { '\'' } else { '"' };
    let skip = if block { 3 } else { 1 };
    let body = rest.get(skip..).ok_or(())?;
    if block && body.lines().next().is_none_or(|l| !l.trim().is_empty()) {
        return Err(());
    }
    let mut chars = body.char_indices();
    let mut units = 0;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                let (_, escaped) = chars.next().ok_or(())?;
                let line_end = block && matches!(escaped, '\n' | '\r');
                if !line_end && !"btnfrs\"'\\01234567u".contains(escaped) {
                    return Err(());
                }
                if matches!(escaped, 'u' | '0'..='7') {
                    let digits = body.get(at + 2..).unwrap_or_default();
                    let longest = if escaped == 'u' { 5 } else { 2 };
                    let rest = digits.trim_start_matches('u');
                    let taken = rest.bytes().take(longest);
                    let length = if escaped == 'u' {
                        taken.take(4).take_while(u8::is_ascii_hexdigit).count()
                    } else {
                        taken.take_while(|b| (b'0'..=b'7').contains(b)).count()
                    };
                    if escaped == 'u' && length < 4 {
                        return Err(());
                    }
                    for _ in 0..length + digits.len() - rest.len() {
                        chars.next();
                    }
                }
            }
            '\n' | '\r' if !block => return Err(()),
            c if c == quote && !block => {
                let sound = quote == '"' || units == 1;
                return sound.then_some(at + skip + 1).ok_or(());
            }
            '"' if block && body.get(at..).is_some_and(|r| r.starts_with("\"\"\"")) => {
                return Ok(at + 6);
            }
            _ => {}
        }
        units += c.len_utf16().min(1);
    }
    Err(())
}
