//! Java's syntax, checked by recursive descent without building a tree: the grammar of the Java
//! Language Specification (edition 21: records, sealed types, patterns, text blocks, switch
//! expressions). What the compiler refuses while parsing is refused, what it only finds later
//! (types, names, missing bodies) is not.

mod declarations;
mod expressions;
mod lexer;
mod statements;
mod types;

use lexer::{Kind, Token};

/// Deepest nesting of statements, expressions and types.
const MAX_DEPTH: usize = 150;
/// Most steps for one text: bounds what trying one reading after another can cost.
const MAX_STEPS: usize = 2_000_000;

/// A place that does not fit; the line is that of the token the parser stood at.
struct Misfit;
type Checked<T = ()> = Result<T, Misfit>;

/// Checks that `text` is a compilation unit.
///
/// # Errors
/// The line of the first token that does not fit.
pub fn check(text: &str) -> Result<(), usize> {
    let tokens = lexer::lex(text)?;
    if tokens.len() < 2 {
        return Err(1);
    }
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
        steps: 0,
        in_case: false,
    };
    parser.unit().map_err(|Misfit| parser.peek(0).line)
}

const END: Token<'static> = Token {
    kind: Kind::End,
    text: "",
    line: 0,
    partner: 0,
    glued: false,
};

/// Words that can't be names.
const KEYWORDS: [&str; 52] = [
    "abstract",
    "assert",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extends",
    "final",
    "finally",
    "float",
    "for",
    "goto",
    "if",
    "implements",
    "import",
    "instanceof",
    "int",
    "interface",
    "long",
    "native",
    "new",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "short",
    "static",
    "strictfp",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "throws",
    "transient",
    "try",
    "void",
    "volatile",
    "while",
    "true",
    "false",
];

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    depth: usize,
    steps: usize,
    /// Within a `case` label `x -> …` is not a lambda.
    in_case: bool,
}

impl<'a> Parser<'_, 'a> {
    fn peek(&self, ahead: usize) -> Token<'a> {
        let last = self.tokens.last().copied().unwrap_or(END);
        self.tokens.get(self.at + ahead).copied().unwrap_or(last)
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

    fn is_end(&self) -> bool {
        self.peek(0).kind == Kind::End
    }

    fn step(&mut self) -> Checked {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.is_end() {
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
        token.kind == Kind::Word && !KEYWORDS.contains(&token.text) && token.text != "null"
    }

    fn name(&mut self) -> Checked {
        if self.is_name(0) {
            self.step()
        } else {
            Err(Misfit)
        }
    }

    fn qualified(&mut self) -> Checked {
        self.name()?;
        while self.is(".") && self.is_name(1) {
            self.at += 1;
            self.name()?;
        }
        Ok(())
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Checked<T>) -> Checked<T> {
        if self.depth >= MAX_DEPTH {
            return Err(Misfit);
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Whether `reading` fits from here; the position stays.
    fn fits(&mut self, reading: impl FnOnce(&mut Self) -> Checked<bool>) -> bool {
        let at = self.at;
        let fits = matches!(reading(self), Ok(true));
        self.at = at;
        fits
    }

    /// `item {, item}`
    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Checked) -> Checked {
        item(self)?;
        while self.eat(",") {
            item(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
