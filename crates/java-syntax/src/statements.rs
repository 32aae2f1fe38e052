//! Blocks, statements and patterns (chapter 14).

use super::{Checked, Parser, expressions::Shape};

impl Parser<'_, '_> {
    pub(super) fn block(&mut self) -> Checked {
        self.nested(|p| {
            let in_case = std::mem::take(&mut p.in_case);
            p.require("{")?;
            while !p.eat("}") {
                p.block_statement()?;
            }
            p.in_case = in_case;
            Ok(())
        })
    }

    /// A statement, a local variable or a local class.
    fn block_statement(&mut self) -> Checked {
        let declares = self.fits(|p| {
            let modified = p.modifiers()?;
            let word = p.is("class") || p.is("interface") || p.is("enum");
            let record = p.is("record") && p.is_name(1) && matches!(p.peek(2).text, "(" | "<");
            Ok(modified || word || record)
        });
        if declares {
            self.modifiers()?;
            if self.type_declaration()? {
                return Ok(());
            }
            return self.local();
        }
        let yields = self.is("yield") && !matches!(self.peek(1).text, "=" | "." | "[" | "(");
        if !yields && self.at_declaration() {
            return self.local();
        }
        self.statement()
    }

    fn local(&mut self) -> Checked {
        self.a_type()?;
        self.name()?;
        self.variables()?;
        self.require(";")
    }

    fn condition(&mut self) -> Checked {
        self.require("(")?;
        self.expression()?;
        self.require(")")
    }

    fn statement(&mut self) -> Checked {
        self.nested(Self::one_statement)
    }

    fn one_statement(&mut self) -> Checked {
        if self.is_name(0) && self.is_at(1, ":") && !self.in_case {
            self.at += 2;
            return self.statement();
        }
        match self.text() {
            "{" => return self.block(),
            ";" => return self.step(),
            "if" => {
                self.step()?;
                self.condition()?;
                self.statement()?;
                if self.eat("else") {
                    return self.statement();
                }
                return Ok(());
            }
            "while" => {
                self.step()?;
                self.condition()?;
                return self.statement();
            }
            "do" => {
                self.step()?;
                self.statement()?;
                self.require("while")?;
                self.condition()?;
            }
            "for" => return self.for_loop(),
            "try" => return self.try_block(),
            "switch" if !self.is_switch_value() => {
                self.step()?;
                self.condition()?;
                return self.switch_body();
            }
            "synchronized" => {
                self.step()?;
                self.condition()?;
                return self.block();
            }
            "return" => {
                self.step()?;
                if !self.is(";") {
                    self.expression()?;
                }
            }
            "throw" => {
                self.step()?;
                self.expression()?;
            }
            "break" | "continue" => {
                self.step()?;
                if self.is_name(0) {
                    self.step()?;
                }
            }
            "assert" => {
                self.step()?;
                self.expression()?;
                if self.eat(":") {
                    self.expression()?;
                }
            }
            "yield" if !matches!(self.peek(1).text, "=" | "." | "[" | "(" | "++" | "--") => {
                self.step()?;
                self.expression()?;
            }
            "yield" if self.is_at(1, "(") => {
                self.step()?;
                self.expression()?;
            }
            _ => self.expression_statement()?,
        }
        self.require(";")
    }

    fn expression_statement(&mut self) -> Checked {
        match self.expression()? {
            Shape::Effect => Ok(()),
            Shape::Value => self.nothing(),
        }
    }

    /// Whether a `switch` at the start of a statement is the start of an expression.
    fn is_switch_value(&self) -> bool {
        let after = |at: usize| self.tokens.get(at).map_or(0, |token| token.partner);
        let body = after(self.at + 1) + 1;
        let end = after(body);
        self.tokens
            .get(end + 1)
            .is_some_and(|next| next.text == ".")
    }

    fn for_loop(&mut self) -> Checked {
        self.require("for")?;
        self.require("(")?;
        let each = self.fits(|p| {
            p.modifiers()?;
            p.a_type()?;
            p.name()?;
            Ok(p.is(":"))
        });
        if each {
            self.modifiers()?;
            self.a_type()?;
            self.name()?;
            self.require(":")?;
            self.expression()?;
        } else {
            if !self.is(";") {
                let modified = self.modifiers()?;
                if modified || self.at_declaration() {
                    self.a_type()?;
                    self.name()?;
                    self.variables()?;
                } else {
                    self.list(Self::expression_statement)?;
                }
            }
            self.require(";")?;
            if !self.is(";") {
                self.expression()?;
            }
            self.require(";")?;
            if !self.is(")") {
                self.list(Self::expression_statement)?;
            }
        }
        self.require(")")?;
        self.statement()
    }

    fn try_block(&mut self) -> Checked {
        self.require("try")?;
        let mut complete = self.eat("(");
        if complete {
            while !self.is(")") {
                let modified = self.modifiers()?;
                if modified || self.at_declaration() {
                    self.a_type()?;
                    self.name()?;
                    self.require("=")?;
                }
                self.expression()?;
                if !self.eat(";") {
                    break;
                }
            }
            self.require(")")?;
        }
        self.block()?;
        while self.eat("catch") {
            complete = true;
            self.require("(")?;
            self.modifiers()?;
            self.a_type()?;
            while self.eat("|") {
                self.a_type()?;
            }
            self.name()?;
            self.require(")")?;
            self.block()?;
        }
        if self.eat("finally") {
            complete = true;
            self.block()?;
        }
        if complete { Ok(()) } else { self.nothing() }
    }

    /// The braces of a switch, of either kind.
    pub(super) fn switch_body(&mut self) -> Checked {
        self.nested(|p| {
            p.require("{")?;
            while !p.eat("}") {
                if p.eat("case") {
                    let outer = std::mem::replace(&mut p.in_case, true);
                    let label = p.label();
                    p.in_case = outer;
                    label?;
                } else {
                    p.require("default")?;
                }
                if p.eat("->") {
                    p.arrow_body()?;
                    continue;
                }
                p.require(":")?;
                let outer = std::mem::take(&mut p.in_case);
                while !(p.is("case") || p.is("}") || p.is("default")) {
                    p.block_statement()?;
                }
                p.in_case = outer;
            }
            Ok(())
        })
    }

    fn arrow_body(&mut self) -> Checked {
        let outer = std::mem::take(&mut self.in_case);
        let body = match self.text() {
            "{" => self.block(),
            "throw" => self.statement(),
            _ => self.expression().and_then(|_| self.require(";")),
        };
        self.in_case = outer;
        body
    }

    /// What stands between `case` and its colon or arrow.
    fn label(&mut self) -> Checked {
        self.list(|p| {
            if p.eat("default") {
                return Ok(());
            }
            let pattern = p.fits(|p| {
                p.pattern()?;
                Ok(matches!(p.text(), ":" | "->" | "," | "when"))
            });
            // A lone name reads as both; a pattern has more than a name.
            if pattern && !(p.is_name(0) && matches!(p.peek(1).text, ":" | "->" | ",")) {
                p.pattern()
            } else {
                p.ternary().map(|_| ())
            }
        })?;
        if self.eat("when") {
            self.expression()?;
        }
        Ok(())
    }

    /// `Type name` or `Record(pattern, …)`.
    pub(super) fn pattern(&mut self) -> Checked {
        self.nested(|p| {
            p.modifiers()?;
            p.a_type()?;
            if p.eat("(") {
                if !p.is(")") {
                    p.list(Self::pattern)?;
                }
                p.require(")")?;
                if p.is_name(0) && !p.is("when") {
                    p.step()?;
                }
                return Ok(());
            }
            p.name()
        })
    }
}
