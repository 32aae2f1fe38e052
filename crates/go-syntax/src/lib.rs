//! Go's syntax, checked by recursive descent without building a tree: the grammar of The Go
//! Programming Language Specification (1.27: type parameters of methods too, range over integers and functions).
//! What `gofmt` refuses is refused, what only the compiler finds (types, unused names) is not.

mod declarations;
mod expressions;
mod lexer;
mod statements;
mod types;

use lexer::{Kind, Token};

/// Deepest nesting of statements, expressions and types.
const MAX_DEPTH: usize = 250;
/// Most steps for one text: bounds what trying one reading after another can cost.
const MAX_STEPS: usize = 1_000_000;

/// A place that does not fit; the line is that of the token the parser stood at.
struct Misfit;
type Checked<T = ()> = Result<T, Misfit>;

/// Checks that `text` is a file, declarations without their package, or statements.
///
/// # Errors
/// The line of the first token that does not fit, in the reading that came furthest.
pub fn check(text: &str) -> Result<(), usize> {
    let tokens = lexer::lex(text)?;
    let mut furthest = 0;
    // Comments alone are no Go.
    if tokens.len() > 1 {
        for reading in [Parser::file, Parser::declarations, Parser::body] {
            let mut parser = Parser {
                tokens: &tokens,
                at: 0,
                depth: 0,
                steps: 0,
                in_header: false,
                in_switch: false,
                switches_type: false,
            };
            if reading(&mut parser).is_ok() {
                return Ok(());
            }
            furthest = furthest.max(parser.at);
        }
    }
    let stopped = tokens.get(furthest).or(tokens.last());
    Err(stopped.map_or(1, |token| token.line))
}

const END: Token<'static> = Token {
    kind: Kind::End,
    text: "",
    line: 0,
};

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    depth: usize,
    steps: usize,
    /// Between `if`, `for` or `switch` and its block a brace after a name begins the block.
    in_header: bool,
    /// Within the header of a `switch`, where `.(type)` may stand.
    in_switch: bool,
    /// Whether `.(type)` has been read there.
    switches_type: bool,
}

impl<'a> Parser<'_, 'a> {
    fn peek(&self, ahead: usize) -> Token<'a> {
        self.tokens.get(self.at + ahead).copied().unwrap_or(END)
    }

    fn text(&self) -> &'a str {
        self.peek(0).text
    }

    /// Whether the next token is that sign or keyword. Literals never are: theirs have quotes.
    fn is(&self, text: &str) -> bool {
        self.text() == text
    }

    fn is_at(&self, ahead: usize, text: &str) -> bool {
        self.peek(ahead).text == text
    }

    fn is_kind(&self, kind: Kind) -> bool {
        self.peek(0).kind == kind
    }

    fn step(&mut self) -> Checked {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.is_kind(Kind::End) {
            return Err(Misfit);
        }
        self.at += 1;
        Ok(())
    }

    fn eat(&mut self, text: &str) -> bool {
        self.is(text) && self.step().is_ok()
    }

    fn require(&mut self, text: &str) -> Checked {
        if self.eat(text) { Ok(()) } else { Err(Misfit) }
    }

    fn is_name(&self, ahead: usize) -> bool {
        let token = self.peek(ahead);
        token.kind == Kind::Word && !lexer::is_keyword(token.text)
    }

    fn name(&mut self) -> Checked {
        if self.is_name(0) {
            self.step()
        } else {
            Err(Misfit)
        }
    }

    fn names(&mut self) -> Checked {
        self.list(Self::name)
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(&mut self, inner: fn(&mut Self) -> Checked<T>) -> Checked<T> {
        if self.depth >= MAX_DEPTH {
            return Err(Misfit);
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Runs `inner` within brackets of its own: what stands around them does not matter there.
    fn apart<T>(&mut self, inner: fn(&mut Self) -> Checked<T>) -> Checked<T> {
        let outer = (self.in_header, self.in_switch);
        (self.in_header, self.in_switch) = (false, false);
        let result = self.nested(inner);
        (self.in_header, self.in_switch) = outer;
        result
    }

    /// Takes `reading` if it fits from here, else stays.
    fn fits(&mut self, reading: fn(&mut Self) -> Checked) -> bool {
        let (at, depth) = (self.at, self.depth);
        let flags = (self.in_header, self.in_switch);
        if reading(self).is_ok() {
            return true;
        }
        (self.at, self.depth) = (at, depth);
        (self.in_header, self.in_switch) = flags;
        false
    }

    /// `item {, item}`
    fn list(&mut self, item: fn(&mut Self) -> Checked) -> Checked {
        item(self)?;
        while self.eat(",") {
            item(self)?;
        }
        Ok(())
    }

    /// `[item {, item} [,]] close`, the closing bracket taken.
    fn items(&mut self, close: &str, item: fn(&mut Self) -> Checked) -> Checked {
        while !self.eat(close) {
            item(self)?;
            if !self.eat(",") {
                return self.require(close);
            }
        }
        Ok(())
    }

    /// `{item ;} close`, the closing bracket taken; the last semicolon may be missing.
    fn lines(&mut self, close: &str, item: fn(&mut Self) -> Checked) -> Checked {
        while !self.eat(close) {
            item(self)?;
            if !self.eat(";") {
                return self.require(close);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
