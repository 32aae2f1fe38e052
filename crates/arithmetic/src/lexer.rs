//! Text to arithmetic tokens: plain notation, Unicode signs and LaTeX alike.
//!
//! Law: linear in the text and bounded by [`MAX_TEXT`]; what is no part of arithmetic becomes
//! a word, a stop or [`Token::Other`], never an error. Dots and separators inside numerals are
//! settled here, so that a version (`1.2.3`) is not two numbers.

use text::window;

use super::{
    numbers::{BigRational, decimal},
    numeral::{digits_at, exponent_at, superscript, vulgar_fraction, whole_part},
};

/// Longer texts are cut by the caller: nobody asks for a sum in more.
pub const MAX_TEXT: usize = 8_000;

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(Literal),
    Word(String),
    Plus,
    Minus,
    Times,
    Divide,
    Power,
    Factorial,
    Percent,
    Open,
    Close,
    Comma,
    Equals,
    Approximately,
    Sqrt,
    Fraction,
    Currency,
    /// The end of a sentence, a line, or `:` and `;`.
    Stop(char),
    /// Anything that arithmetic does not know; a run of such is one token.
    Other,
}

impl Token {
    /// Is it an operation between two numbers.
    pub fn operates(&self) -> bool {
        use Token::{Divide, Minus, Plus, Power, Times};
        matches!(self, Plus | Minus | Times | Divide | Power)
    }
}

/// A numeral as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    pub value: BigRational,
    /// Digits after the decimal point.
    pub decimals: u32,
    /// The power of ten written with `e`.
    pub exponent: i32,
    /// Written with a leading zero (`007`, `05`), as codes and dates are.
    pub padded: bool,
    /// How many digits stand before the point.
    pub whole_digits: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Lexeme {
    pub token: Token,
    /// Byte range in the text.
    pub start: usize,
    pub end: usize,
}

impl Lexeme {
    pub fn word(&self) -> Option<&str> {
        match &self.token {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<&Literal> {
        match &self.token {
            Token::Number(literal) => Some(literal),
            _ => None,
        }
    }
}

/// The tokens of a text, of which no more than [`MAX_TEXT`] bytes are read.
pub fn lex(text: &str) -> Vec<Lexeme> {
    let mut lexer = Lexer {
        text: window::head(text, MAX_TEXT),
        at: 0,
        out: Vec::new(),
    };
    while let Some(next) = lexer.peek() {
        lexer.step(next);
    }
    lexer.out
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    out: Vec<Lexeme>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn push(&mut self, token: Token, length: usize) {
        let start = self.at;
        self.at += length;
        if token == Token::Other
            && let Some(last) = self.out.last_mut()
            && last.token == Token::Other
            && last.end == start
        {
            last.end = self.at;
            return;
        }
        self.out.push(Lexeme {
            token,
            start,
            end: self.at,
        });
    }

    /// Whether the token before could end a factor (`3`, `)`).
    fn after_factor(&self) -> bool {
        matches!(
            self.out.last().map(|lexeme| &lexeme.token),
            Some(Token::Number(_) | Token::Close | Token::Factorial | Token::Percent)
        )
    }

    fn touches_last(&self) -> bool {
        self.out.last().is_some_and(|last| last.end == self.at)
    }

    fn step(&mut self, c: char) {
        let length = c.len_utf8();
        match c {
            '0'..='9' => self.number(),
            '.' if self
                .rest()
                .chars()
                .nth(1)
                .is_some_and(|d| d.is_ascii_digit())
                && !self.touches_word() =>
            {
                self.number();
            }
            '\n' => self.push(Token::Stop('\n'), length),
            c if c.is_whitespace() => self.at += length,
            '\\' => self.command(),
            '$' if self.text.get(self.at + 1..).is_some_and(starts_amount) => {
                self.push(Token::Currency, length);
            }
            // A delimiter of LaTeX.
            '$' => self.at += length,
            '€' | '£' | '¥' | '₹' => self.push(Token::Currency, length),
            '+' | '\u{ff0b}' => self.push(Token::Plus, length),
            '-' | '\u{2212}' | '\u{2013}' | '\u{2010}' | '\u{2011}' | '\u{fe63}' | '\u{ff0d}' => {
                self.push(Token::Minus, length)
            }
            '*' if self.rest().starts_with("**") => {
                let after = self.rest().get(2..).unwrap_or("").trim_start();
                let power = self.after_factor()
                    && after.starts_with(|c: char| c.is_ascii_digit() || "(-".contains(c));
                // Otherwise the marks of bold type.
                if power {
                    self.push(Token::Power, 2);
                } else {
                    self.at += 2;
                }
            }
            '*' | '×' | '·' | '∙' | '⋅' | '•' | '✕' | '✖' | '∗' => {
                self.push(Token::Times, length)
            }
            '/' | '÷' | '∕' | '⁄' | '➗' => self.push(Token::Divide, length),
            '^' => self.push(Token::Power, length),
            '!' if self.after_factor() && self.touches_last() => {
                self.push(Token::Factorial, length);
            }
            '%' | '\u{ff05}' => self.push(Token::Percent, length),
            '(' | '{' | '[' => self.push(Token::Open, length),
            ')' | '}' | ']' => self.push(Token::Close, length),
            ',' => self.push(Token::Comma, length),
            '=' | '\u{ff1d}' => self.push(Token::Equals, length),
            '≈' | '≃' | '≅' | '~' | '∼' => self.push(Token::Approximately, length),
            '√' => self.push(Token::Sqrt, length),
            'π' => self.push(Token::Word("pi".into()), length),
            '.' | '?' | '!' | ':' | ';' | '\u{ff1f}' | '。' | '¿' | '¡' => {
                self.push(Token::Stop(c), length);
            }
            c if superscript(c).is_some() => self.superscripts(),
            c if vulgar_fraction(c).is_some() => self.vulgar(c),
            c if c.is_alphabetic() => self.word(),
            '_' | '`' | '"' | '\'' | '“' | '”' | '’' | '‘' | '«' | '»' => {
                self.at += length
            }
            _ => self.push(Token::Other, length),
        }
    }

    fn touches_word(&self) -> bool {
        self.touches_last() && self.out.last().is_some_and(|last| last.word().is_some())
    }

    fn number(&mut self) {
        let bytes = self.rest().as_bytes();
        let (whole, mut used) = whole_part(self.rest());
        let mut fraction = String::new();
        if bytes.get(used) == Some(&b'.') && bytes.get(used + 1).is_some_and(u8::is_ascii_digit) {
            fraction = digits_at(bytes, used + 1);
            used += 1 + fraction.len();
        }
        // A second dotted part: a version, an address, a date.
        if bytes.get(used) == Some(&b'.') && bytes.get(used + 1).is_some_and(u8::is_ascii_digit) {
            while bytes
                .get(used)
                .is_some_and(|b| b.is_ascii_digit() || *b == b'.')
            {
                used += 1;
            }
            return self.push(Token::Other, used);
        }
        let (exponent, exponent_length) = exponent_at(bytes, used);
        used += exponent_length;
        let decimals = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
        let padded = whole.len() > 1 && whole.starts_with('0');
        let whole_digits = u32::try_from(whole.len()).unwrap_or(u32::MAX);
        let token = match decimal(&whole, &fraction, exponent) {
            Some(value) => Token::Number(Literal {
                value,
                decimals,
                exponent,
                padded,
                whole_digits,
            }),
            None => Token::Other,
        };
        self.push(token, used);
        self.letter_times();
    }

    /// `3x4`, `50 x 8`: a letter that means times, between two numbers.
    fn letter_times(&mut self) {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches([' ', '\u{a0}']);
        let mut after = trimmed.chars();
        if !matches!(after.next(), Some('x' | 'X')) {
            return;
        }
        let next = after.as_str().trim_start_matches([' ', '\u{a0}', '$']);
        if next.starts_with(|c: char| c.is_ascii_digit() || c == '(') {
            self.at += rest.len() - trimmed.len();
            self.push(Token::Times, 1);
        }
    }

    fn word(&mut self) {
        // Scripts without blanks write a number straight after a word.
        let mut ideograph = false;
        let length = self
            .rest()
            .char_indices()
            .find(|(_, c)| {
                let ends = ideograph && c.is_ascii_digit();
                ideograph = *c >= '\u{2e80}';
                ends || !(c.is_alphanumeric() || matches!(c, '\'' | '²' | '³'))
            })
            .map_or(self.rest().len(), |(i, _)| i);
        let word = self.rest().get(..length).unwrap_or("").to_lowercase();
        let token = match word.as_str() {
            "sqrt" => Token::Sqrt,
            _ => Token::Word(word),
        };
        self.push(token, length);
    }

    fn command(&mut self) {
        let rest = self.rest();
        let name_length = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| !c.is_ascii_alphabetic())
            .map_or(rest.len(), |(i, _)| i);
        let name = rest.get(1..name_length).unwrap_or("");
        if name == "sqrt" && rest.starts_with("\\sqrt[3]") {
            self.push(Token::Word("cube".into()), name_length);
            return self.push(Token::Word("root".into()), "[3]".len());
        }
        if name.ends_with("frac") && self.short_fraction(name_length) {
            return;
        }
        let token = match name {
            "times" | "cdot" | "ast" => Token::Times,
            "div" => Token::Divide,
            "frac" | "dfrac" | "tfrac" | "cfrac" => Token::Fraction,
            "sqrt" => Token::Sqrt,
            "approx" | "simeq" | "sim" => Token::Approximately,
            "pi" => Token::Word("pi".into()),
            "bmod" | "mod" | "pmod" => Token::Word("mod".into()),
            "left" | "right" | "displaystyle" | "quad" | "qquad" | "text" | "mathrm" | "textbf"
            | "mathbf" | "big" | "Big" | "bigl" | "bigr" | "boxed" | "phantom" => {
                self.at += name_length;
                return;
            }
            "" => return self.escaped(),
            _ => Token::Other,
        };
        self.push(token, name_length);
    }

    /// `\frac12`: a digit over a digit, without braces.
    fn short_fraction(&mut self, name_length: usize) -> bool {
        let digits: Vec<char> = self
            .rest()
            .get(name_length..)
            .unwrap_or("")
            .chars()
            .take(2)
            .collect();
        let [over @ '0'..='9', under @ '0'..='9'] = digits.as_slice() else {
            return false;
        };
        self.push(Token::Fraction, name_length);
        for digit in [over, under] {
            self.push(Token::Open, 0);
            if let Some(value) = decimal(&digit.to_string(), "", 0) {
                self.push(
                    Token::Number(Literal {
                        value,
                        decimals: 0,
                        exponent: 0,
                        padded: false,
                        whole_digits: 1,
                    }),
                    1,
                );
            }
            self.push(Token::Close, 0);
        }
        true
    }

    /// A backslash before a sign: spacing, delimiters, escaped `%` and `$`.
    fn escaped(&mut self) {
        let second = self.rest().chars().nth(1);
        match second {
            Some('%') => self.push(Token::Percent, 2),
            Some('$') => self.push(Token::Currency, 2),
            Some('n') => self.push(Token::Stop('\n'), 2),
            Some('(' | ')' | '[' | ']' | ',' | '!' | ';' | ':' | ' ' | '{' | '}') => self.at += 2,
            _ => self.at += 1,
        }
    }

    fn superscripts(&mut self) {
        let start = self.at;
        let digits: String = self.rest().chars().map_while(superscript).collect();
        let length: usize = self
            .rest()
            .chars()
            .take_while(|c| superscript(*c).is_some())
            .map(char::len_utf8)
            .sum();
        let (sign, magnitude) = match digits.strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, digits.as_str()),
        };
        let Some(value) = decimal(magnitude, "", 0).filter(|_| !magnitude.is_empty()) else {
            return self.push(Token::Other, length);
        };
        self.push(Token::Power, 0);
        let literal = Literal {
            value: if sign { -value } else { value },
            decimals: 0,
            exponent: 0,
            padded: false,
            whole_digits: 1,
        };
        self.at = start;
        self.push(Token::Number(literal), length);
    }

    fn vulgar(&mut self, c: char) {
        if let Some((n, d)) = vulgar_fraction(c) {
            let part = BigRational::new(n.into(), d.into());
            // 12½ is one number, and so is 12 ½.
            let before = self.text.get(..self.at).unwrap_or_default();
            let near = before.len() - before.trim_end_matches(' ').len() <= 1;
            if self
                .out
                .last()
                .is_some_and(|last| near && last.end + 1 >= self.at)
                && let Some(Lexeme {
                    token: Token::Number(whole),
                    end,
                    ..
                }) = self.out.last_mut()
                && whole.decimals == 0
                && whole.exponent == 0
            {
                whole.value += part;
                whole.decimals = match d {
                    8 => 3,
                    4 => 2,
                    _ => 1,
                };
                self.at += c.len_utf8();
                *end = self.at;
                return;
            }
            let literal = Literal {
                value: part,
                decimals: 0,
                exponent: 0,
                padded: false,
                whole_digits: 1,
            };
            self.push(Token::Number(literal), c.len_utf8());
        }
    }
}

/// Whether what stands after a `$` is an amount of money rather than LaTeX: digits, then not
/// straight on into an operator and a closing `$`.
fn starts_amount(rest: &str) -> bool {
    rest.trim_start_matches('-')
        .starts_with(|c: char| c.is_ascii_digit() || c == '.')
}
