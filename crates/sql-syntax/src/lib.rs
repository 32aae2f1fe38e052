//! Whether SQL is surely broken.
//!
//! Law: a grammar as wide as that of the common databases together (PostgreSQL, MySQL, SQLite, SQL
//! Server): what one of them takes is sound. Statements whose inside is a language of its own (the
//! bodies of procedures, scripts of one database) are unknown, unless their brackets or quotes do not
//! close. No tree is built, nothing is read twice: the time is linear in the text.

mod alter;
mod call;
mod change;
mod expression;
mod lexer;
mod query;
mod schema;
mod statement;
#[cfg(test)]
mod tests;

use lexer::{Kind, Reading, Token};

/// Deepest nesting of expressions and queries.
const MAX_DEPTH: usize = 60;

/// What is known of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Syntax {
    Sound,
    /// The line, and what stands there; empty where something that began there does not end.
    Broken {
        line: usize,
        near: String,
    },
    /// Statements that are not known here, or nested too deep.
    Unknown,
}

/// What the grammar makes of `text`.
pub fn check(text: &str) -> Syntax {
    let mut first = None;
    for backslash in [false, true] {
        for hash in [false, true] {
            // A reading that no sign of the text tells from the one before says nothing new.
            if (backslash && !text.contains('\\')) || (hash && !text.contains('#')) {
                continue;
            }
            let found = read(text, Reading { backslash, hash });
            match (&found, &first) {
                (Syntax::Sound, _) => return found,
                (_, None) | (Syntax::Unknown, Some(Syntax::Broken { .. })) => first = Some(found),
                _ => {}
            }
        }
    }
    first.unwrap_or(Syntax::Unknown)
}

fn read(text: &str, reading: Reading) -> Syntax {
    let broken = |line, near: &str| Syntax::Broken {
        line,
        near: near.chars().take(40).collect(),
    };
    let tokens = match lexer::lex(text, reading) {
        Ok(tokens) => tokens,
        Err(line) => return broken(line, ""),
    };
    if let Some(torn) = torn(&tokens) {
        return broken(torn.line, torn.text);
    }
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    match parser.script() {
        Ok(()) => Syntax::Sound,
        Err(Stop::Unknown) => Syntax::Unknown,
        Err(Stop::Misfit) => {
            let at = parser.peek(0);
            let end = tokens.last().map_or(1, |token| token.line);
            broken(if at.kind == Kind::End { end } else { at.line }, at.text)
        }
    }
}

/// The first bracket that has no partner.
fn torn<'a>(tokens: &[Token<'a>]) -> Option<Token<'a>> {
    let mut open: Vec<Token<'a>> = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == Kind::Sign) {
        let partner = match token.text {
            "(" | "[" => {
                open.push(*token);
                continue;
            }
            ")" => "(",
            "]" => "[",
            _ => continue,
        };
        if open.pop().is_none_or(|opening| opening.text != partner) {
            return Some(*token);
        }
    }
    open.pop()
}

/// Why no more is read.
enum Stop {
    /// The token does not fit.
    Misfit,
    Unknown,
}

type Checked<T = ()> = Result<T, Stop>;

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    depth: usize,
}

const END: Token<'static> = Token {
    kind: Kind::End,
    text: "",
    line: 0,
};

impl<'a> Parser<'_, 'a> {
    fn peek(&self, ahead: usize) -> Token<'a> {
        self.tokens.get(self.at + ahead).copied().unwrap_or(END)
    }

    fn next(&mut self) {
        self.at += 1;
    }

    fn is(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek(ahead);
        token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word)
    }

    /// Whether one of these words, parted by blanks, stands there.
    fn is_any(&self, ahead: usize, words: &str) -> bool {
        words.split(' ').any(|word| self.is(ahead, word))
    }

    /// Whether these words, parted by blanks, stand here.
    fn are(&self, words: &str) -> bool {
        words
            .split(' ')
            .enumerate()
            .all(|(ahead, word)| self.is(ahead, word))
    }

    fn is_sign(&self, ahead: usize, sign: &str) -> bool {
        let token = self.peek(ahead);
        token.kind == Kind::Sign && token.text == sign
    }

    /// Passes over these words, parted by blanks, where all of them stand here.
    fn eat(&mut self, words: &str) -> bool {
        let here = self.are(words);
        if here {
            self.at += words.split(' ').count();
        }
        here
    }

    /// Passes over one of these words, parted by blanks.
    fn eat_any(&mut self, words: &str) -> bool {
        let here = self.is_any(0, words);
        self.at += usize::from(here);
        here
    }

    fn eat_sign(&mut self, sign: &str) -> bool {
        let here = self.is_sign(0, sign);
        self.at += usize::from(here);
        here
    }

    fn eat_kind(&mut self, kind: Kind) -> bool {
        let here = self.peek(0).kind == kind;
        self.at += usize::from(here);
        here
    }

    fn need(&mut self, words: &str) -> Checked {
        fits(self.eat(words))
    }

    fn need_sign(&mut self, sign: &str) -> Checked {
        fits(self.eat_sign(sign))
    }

    /// One `item`, and more after commas.
    fn list(&mut self, item: fn(&mut Self) -> Checked) -> Checked {
        loop {
            item(self)?;
            if !self.eat_sign(",") {
                return Ok(());
            }
        }
    }

    /// `item` one level deeper.
    fn deeper(&mut self, item: fn(&mut Self) -> Checked) -> Checked {
        if self.depth == MAX_DEPTH {
            return Err(Stop::Unknown);
        }
        self.depth += 1;
        item(self)?;
        self.depth -= 1;
        Ok(())
    }

    /// What stands in brackets, unread: they close, all do.
    fn brackets(&mut self) -> Checked {
        let mut open = 0_usize;
        loop {
            let token = self.peek(0);
            match (token.kind, token.text) {
                (Kind::End, _) => return Err(Stop::Misfit),
                (Kind::Sign, "(" | "[") => open += 1,
                (Kind::Sign, ")" | "]") => open = open.saturating_sub(1),
                _ if open == 0 => return Err(Stop::Misfit),
                _ => {}
            }
            self.next();
            if open == 0 {
                return Ok(());
            }
        }
    }

    fn maybe_brackets(&mut self) -> Checked {
        if self.is_sign(0, "(") {
            self.brackets()?;
        }
        Ok(())
    }

    fn at_end(&self) -> bool {
        self.peek(0).kind == Kind::End || self.is_sign(0, ";")
    }

    /// The rest of a statement, unread.
    fn rest(&mut self) -> Checked {
        while !self.at_end() {
            if self.is_sign(0, "(") || self.is_sign(0, "[") {
                self.brackets()?;
            } else {
                self.next();
            }
        }
        Ok(())
    }

    /// A name of one part.
    fn part(&mut self) -> Checked {
        let token = self.peek(0);
        let name = match token.kind {
            Kind::Quoted => true,
            Kind::Word => !self.is_any(0, RESERVED),
            _ => false,
        };
        fits(name)?;
        self.next();
        Ok(())
    }

    /// A name, or several parted by dots.
    fn name(&mut self) -> Checked {
        self.part()?;
        while self.is_sign(0, ".") {
            self.next();
            fits(matches!(self.peek(0).kind, Kind::Word | Kind::Quoted) || self.is_sign(0, "."))?;
            // `database..table` of SQL Server.
            if !self.is_sign(0, ".") {
                self.next();
            }
        }
        Ok(())
    }

    /// Names in brackets.
    fn names(&mut self) -> Checked {
        self.need_sign("(")?;
        self.list(Self::name)?;
        self.need_sign(")")
    }
}

fn fits(fits: bool) -> Checked {
    if fits { Ok(()) } else { Err(Stop::Misfit) }
}

/// Words that are no name in any database.
const RESERVED: &str = "SELECT FROM WHERE GROUP ORDER HAVING UNION INTERSECT ON AND OR NOT WHEN THEN ELSE CASE AS \
    IN IS LIKE BETWEEN JOIN INNER INTO CREATE TABLE LIMIT DISTINCT WITH USING VALUES END \
    EXCEPT NULL";
