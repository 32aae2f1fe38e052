//! Blocks and statements.

use super::{Checked, Misfit, Parser, expressions::Shape, lexer::Kind};

/// What a simple statement is, as far as headers ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Simple {
    Expression,
    /// `a, b := …`
    Definition,
    /// `a := …`
    SingleDefinition,
    /// `a := range …`
    Range,
    /// An assignment, `a++`, `a <- b`.
    Other,
}

const ASSIGNMENTS: [&str; 12] = [
    "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "&^=",
];

impl Parser<'_, '_> {
    /// The statements of a body without its braces, to the end of the text.
    pub(super) fn body(&mut self) -> Checked {
        self.statements()?;
        if self.is_kind(Kind::End) {
            Ok(())
        } else {
            Err(Misfit)
        }
    }

    pub(super) fn block(&mut self) -> Checked {
        self.require("{")?;
        self.apart(|p| {
            p.statements()?;
            p.require("}")
        })
    }

    fn statements(&mut self) -> Checked {
        while !matches!(self.text(), "}" | "case" | "default" | "") {
            self.nested(Self::statement)?;
            if !self.eat(";") {
                break;
            }
        }
        // `case` after a statement of the same line needs a semicolon before it.
        Ok(())
    }

    fn statement(&mut self) -> Checked {
        while self.is_name(0) && self.is_at(1, ":") {
            self.step()?;
            self.step()?;
        }
        match self.text() {
            ";" | "}" | "" => Ok(()),
            "{" => self.block(),
            "const" | "var" | "type" => self.declaration(),
            "go" | "defer" => {
                self.step()?;
                match self.shape()? {
                    Shape::Call => Ok(()),
                    _ => Err(Misfit),
                }
            }
            "return" => {
                self.step()?;
                if self.is(";") || self.is("}") {
                    return Ok(());
                }
                self.expressions()
            }
            "break" | "continue" => {
                self.step()?;
                if self.is_name(0) {
                    self.step()?;
                }
                Ok(())
            }
            "goto" => {
                self.step()?;
                self.name()
            }
            "fallthrough" => self.step(),
            "if" => self.condition(),
            "switch" => self.switch(),
            "select" => {
                self.step()?;
                self.clauses(|p| p.simple().map(|_| ()))
            }
            "for" => self.repetition(),
            _ => match self.simple()? {
                Simple::Range => Err(Misfit),
                _ => Ok(()),
            },
        }
    }

    fn simple(&mut self) -> Checked<Simple> {
        let (mut names, mut count) = (true, 0);
        loop {
            names &= self.shape()? == Shape::Name;
            count += 1;
            if !self.eat(",") {
                break;
            }
        }
        let sign = self.text();
        if sign == ":=" || sign == "=" {
            self.step()?;
            if sign == ":=" && !names {
                return Err(Misfit);
            }
            if self.in_header && self.eat("range") {
                self.expression()?;
                return Ok(Simple::Range);
            }
            self.expressions()?;
            return Ok(match (sign, count) {
                ("=", _) => Simple::Other,
                (_, 1) => Simple::SingleDefinition,
                _ => Simple::Definition,
            });
        }
        if count > 1 {
            return Err(Misfit);
        }
        if sign == "++" || sign == "--" {
            self.step()?;
            return Ok(Simple::Other);
        }
        if sign == "<-" || ASSIGNMENTS.contains(&sign) {
            self.step()?;
            self.expression()?;
            return Ok(Simple::Other);
        }
        Ok(Simple::Expression)
    }

    /// Reads what stands before a block.
    fn header<T>(&mut self, inner: fn(&mut Self) -> Checked<T>) -> Checked<T> {
        self.step()?;
        let outer = (self.in_header, self.in_switch, self.switches_type);
        (self.in_header, self.in_switch, self.switches_type) = (true, false, false);
        let result = inner(self);
        (self.in_header, self.in_switch, self.switches_type) = outer;
        result
    }

    fn condition(&mut self) -> Checked {
        loop {
            self.header(|p| {
                if !p.is(";") {
                    let first = p.simple()?;
                    if !p.is(";") {
                        return only(first == Simple::Expression);
                    }
                    only(first != Simple::Range)?;
                }
                p.step()?;
                let second = p.simple()?;
                only(second == Simple::Expression)
            })?;
            self.block()?;
            if !self.eat("else") {
                return Ok(());
            }
            if !self.is("if") {
                return self.block();
            }
        }
    }

    fn switch(&mut self) -> Checked {
        self.header(|p| {
            p.in_switch = true;
            if p.is("{") {
                return Ok(());
            }
            let mut last = Simple::Expression;
            if !p.is(";") {
                last = p.simple()?;
            }
            if p.eat(";") {
                only(last != Simple::Range)?;
                if p.is("{") {
                    return Ok(());
                }
                p.switches_type = false;
                last = p.simple()?;
            }
            only(match last {
                Simple::Expression => true,
                Simple::SingleDefinition => p.switches_type,
                _ => false,
            })
        })?;
        self.clauses(Self::expressions)
    }

    /// The braces of a `switch` or `select`, with what stands between `case` and its colon.
    fn clauses(&mut self, label: fn(&mut Self) -> Checked) -> Checked {
        self.require("{")?;
        let outer = (self.in_header, self.in_switch);
        (self.in_header, self.in_switch) = (false, false);
        while !self.eat("}") {
            if self.eat("case") {
                label(self)?;
            } else {
                self.require("default")?;
            }
            self.require(":")?;
            let start = self.at;
            self.statements()?;
            // The statement before `case` has ended, by a line or by a semicolon.
            let before = self.tokens.get(self.at.saturating_sub(1));
            let ended = self.at == start || before.is_some_and(|token| token.text == ";");
            if !ended && !self.is("}") {
                return Err(Misfit);
            }
        }
        (self.in_header, self.in_switch) = outer;
        Ok(())
    }

    fn repetition(&mut self) -> Checked {
        self.header(|p| {
            if p.is("{") {
                return Ok(());
            }
            if p.eat("range") {
                return p.expression();
            }
            if !p.is(";") {
                match p.simple()? {
                    Simple::Range => return Ok(()),
                    Simple::Expression if p.is("{") => return Ok(()),
                    _ => {}
                }
            }
            p.require(";")?;
            if !p.is(";") {
                let condition = p.simple()?;
                only(condition == Simple::Expression)?;
            }
            p.require(";")?;
            if p.is("{") {
                return Ok(());
            }
            let after = p.simple()?;
            only(matches!(after, Simple::Expression | Simple::Other))
        })?;
        self.block()
    }
}

fn only(fits: bool) -> Checked {
    if fits { Ok(()) } else { Err(Misfit) }
}
