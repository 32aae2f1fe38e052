//! SQL as tokens. A string, a quoted name or a comment that does not end is a misfit.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A keyword or a name: which of them only its place tells.
    Word,
    /// A name in `"…"`, `` `…` `` or `[…]`.
    Quoted,
    /// A string, also one between dollars.
    Text,
    Number,
    /// A value to come: `:name`, `@name`, `$1`; or money.
    Value,
    Sign,
    End,
}

#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub line: usize,
}

/// What databases disagree on.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// A backslash escapes the sign after it in a string.
    pub backslash: bool,
    /// `#` begins a comment, not a name.
    pub hash: bool,
}

/// Signs of more than one character, the longer before their beginnings.
const SIGNS: [&str; 47] = [
    "!~~*", "->>", "#>>", "<=>", "!~*", "!~~", "~~*", "||/", "<->", "<#>", "-|-", "->", "#>", "#-",
    "::", ":=", "=>", "<=", ">=", "<>", "!=", "^=", "==", "||", "&&", "@>", "<@", "@@", "@?", "?|",
    "?&", "~*", "!~", "~~", "<<", ">>", "**", "|/", "+=", "-=", "*=", "/=", "%=", "&<", "&>", "|>",
    "!<",
];

/// The tokens of `text`.
///
/// # Errors
/// The line where something begins that does not end.
pub fn lex(text: &str, reading: Reading) -> Result<Vec<Token<'_>>, usize> {
    let mut lexer = Lexer {
        text,
        at: 0,
        line: 1,
        reading,
    };
    let mut tokens: Vec<Token<'_>> = Vec::new();
    while let Some(first) = lexer.rest().chars().next() {
        let (start, line) = (lexer.at, lexer.line);
        let before = tokens
            .last()
            .filter(|token| start > 0 && text.get(..start).is_some_and(|t| t.ends_with(token.text)))
            .copied();
        let Some(kind) = lexer.one(first, before)? else {
            continue;
        };
        tokens.push(Token {
            kind,
            text: text.get(start..lexer.at).unwrap_or_default(),
            line,
        });
    }
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    reading: Reading,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        let passed = self.rest().get(..bytes).unwrap_or_default();
        self.line += passed.bytes().filter(|&b| b == b'\n').count();
        self.at += bytes;
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.skip(rest.find(|c| !wanted(c)).unwrap_or(rest.len()));
    }

    /// Passes over one token, whose kind is told, or over a blank or a comment. `before` is the token
    /// that ends where this one begins.
    fn one(&mut self, first: char, before: Option<Token<'a>>) -> Result<Option<Kind>, usize> {
        let rest = self.rest();
        let second = rest.chars().nth(1).unwrap_or(' ');
        let kind = match first {
            _ if first.is_whitespace() || first == '\u{feff}' => {
                self.skip(first.len_utf8());
                return Ok(None);
            }
            '-' if second == '-' => {
                self.skip_while(|c| c != '\n');
                return Ok(None);
            }
            '#' if self.reading.hash => {
                self.skip_while(|c| c != '\n');
                return Ok(None);
            }
            '/' if second == '*' => {
                let end = rest.find("*/").ok_or(self.line)?;
                self.skip(end + 2);
                return Ok(None);
            }
            '\'' => {
                let escapes = self.reading.backslash
                    || before.is_some_and(|token| token.text.eq_ignore_ascii_case("e"));
                self.quoted('\'', escapes)?;
                Kind::Text
            }
            '"' | '`' => {
                self.quoted(first, self.reading.backslash && first == '"')?;
                Kind::Quoted
            }
            '[' if before.is_none_or(|token| matches!(token.text, "." | "," | "("))
                && self.in_brackets() =>
            {
                self.skip_while(|c| c != ']');
                self.skip(1);
                Kind::Quoted
            }
            '$' if second.is_ascii_digit() => {
                self.skip(1);
                self.skip_while(|c| c.is_ascii_digit() || c == '.');
                Kind::Value
            }
            '$' => self.dollars()?,
            _ if first.is_ascii_digit() || (first == '.' && second.is_ascii_digit()) => {
                self.number();
                Kind::Number
            }
            _ if is_start(first) || (first == '#' && (is_start(second) || second == '#')) => {
                self.skip_while(|c| is_start(c) || c.is_ascii_digit() || matches!(c, '$' | '#'));
                Kind::Word
            }
            '@' | ':' if is_value(rest, before) => {
                self.skip_while(|c| c == first);
                self.skip_while(|c| is_start(c) || c.is_ascii_digit());
                Kind::Value
            }
            _ => {
                let long = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                self.skip(long.map_or(first.len_utf8(), |sign| sign.len()));
                Kind::Sign
            }
        };
        Ok(Some(kind))
    }

    /// What stands between two of `quote`, which is written twice inside.
    fn quoted(&mut self, quote: char, escapes: bool) -> Result<(), usize> {
        let line = self.line;
        let mut signs = self.rest().char_indices().skip(1).peekable();
        while let Some((at, sign)) = signs.next() {
            if escapes && sign == '\\' {
                signs.next();
            } else if sign == quote && signs.next_if(|(_, next)| *next == quote).is_none() {
                self.skip(at + 1);
                return Ok(());
            }
        }
        Err(line)
    }

    /// Whether a name in brackets begins here, as of SQL Server, and no array.
    fn in_brackets(&self) -> bool {
        let inside = self.rest().get(1..).unwrap_or_default();
        let inside = inside
            .get(..inside.floor_char_boundary(200))
            .unwrap_or_default();
        let name = inside.split(']').next().unwrap_or_default();
        name.len() < inside.len()
            && name.starts_with(is_start)
            && !name.contains(['[', '\n', ',', '\'', '(', ')', ':'])
    }

    /// `$$…$$` or `$tag$…$tag$`; a lone dollar is a sign.
    fn dollars(&mut self) -> Result<Kind, usize> {
        let rest = self.rest();
        let tag = rest.get(1..).unwrap_or_default();
        let tag = tag.get(
            ..tag
                .find(|c| !is_start(c) && !char::is_ascii_digit(&c))
                .unwrap_or(0),
        );
        let fence = format!("${}$", tag.unwrap_or_default());
        let Some(inside) = rest.strip_prefix(fence.as_str()) else {
            self.skip(1);
            return Ok(Kind::Sign);
        };
        let length = inside.find(fence.as_str()).ok_or(self.line)?;
        self.skip(length + 2 * fence.len());
        Ok(Kind::Text)
    }

    fn number(&mut self) {
        let rest = self.rest();
        if rest.starts_with("0x") || rest.starts_with("0X") {
            self.skip_while(|c| c.is_ascii_alphanumeric());
            return;
        }
        let digit = |c: char| c.is_ascii_digit() || c == '_';
        self.skip_while(digit);
        if self.rest().starts_with('.') {
            self.skip(1);
            self.skip_while(digit);
        }
        let rest = self.rest();
        let power = rest.strip_prefix(['e', 'E']);
        let power = power.map(|power| power.strip_prefix(['+', '-']).unwrap_or(power));
        if let Some(power) = power.filter(|power| power.starts_with(|c: char| c.is_ascii_digit())) {
            self.skip(rest.len() - power.len());
            self.skip_while(digit);
        }
    }
}

fn is_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// `@name`, `@@name`, `:name`; not the colon of a key in JSON.
fn is_value(rest: &str, before: Option<Token<'_>>) -> bool {
    let name = rest.trim_start_matches('@');
    let colon = name.strip_prefix(':');
    if colon.is_some() && before.is_some_and(|token| token.kind != Kind::Sign) {
        return false;
    }
    rest.len() - name.len() <= 2 && colon.unwrap_or(name).starts_with(is_start)
}
