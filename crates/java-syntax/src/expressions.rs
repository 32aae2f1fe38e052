//! Expressions (chapter 15). Precedence does not matter for whether they fit, so all binary
//! operators are one flat list.

use super::{Checked, Parser, lexer::Kind};

/// What an expression can be used as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A value only.
    Value,
    /// An assignment, call, creation or increment: it may stand as a statement.
    Effect,
}
use Shape::{Effect, Value};

const ASSIGNMENTS: [&str; 10] = ["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<="];
const BINARY: [&str; 16] = [
    "||", "&&", "|", "^", "&", "==", "!=", "<", "<=", "<<", "+", "-", "*", "/", "%", ">",
];

impl Parser<'_, '_> {
    pub(super) fn expression(&mut self) -> Checked<Shape> {
        self.nested(|p| {
            let shape = p.ternary()?;
            let shifts = p.is(">") && p.shift_assignment();
            if shifts || ASSIGNMENTS.contains(&p.text()) {
                if !shifts {
                    p.step()?;
                }
                p.expression()?;
                return Ok(Effect);
            }
            Ok(shape)
        })
    }

    /// Takes `>>=` or `>>>=`, if that is next.
    fn shift_assignment(&mut self) -> bool {
        let glued = |p: &Self, n: usize, text: &str| p.is_at(n, text) && p.peek(n).glued;
        if !glued(self, 1, ">") {
            return false;
        }
        // The lexer reads the last two characters of both as `>` and `=`.
        let length = if glued(self, 2, "=") {
            3
        } else if glued(self, 2, ">") && glued(self, 3, "=") {
            4
        } else {
            return false;
        };
        self.at += length;
        true
    }

    pub(super) fn ternary(&mut self) -> Checked<Shape> {
        let shape = self.binary()?;
        if !self.eat("?") {
            return Ok(shape);
        }
        self.nested(|p| {
            let outer = std::mem::take(&mut p.in_case);
            let middle = p.expression();
            p.in_case = outer;
            middle?;
            p.require(":")?;
            p.ternary()
        })?;
        Ok(Value)
    }

    fn binary(&mut self) -> Checked<Shape> {
        let mut shape = self.unary()?;
        loop {
            if self.eat("instanceof") {
                shape = Value;
                let pattern = self.fits(|p| p.pattern().map(|()| true));
                if pattern {
                    self.pattern()?;
                } else {
                    self.modifiers()?;
                    self.a_type()?;
                }
                continue;
            }
            if !BINARY.contains(&self.text()) || self.peek(0).kind != Kind::Sign {
                return Ok(shape);
            }
            if self.is(">") {
                let at = self.at;
                if self.shift_assignment() {
                    self.at = at;
                    return Ok(shape);
                }
                self.step()?;
                for _ in 0..2 {
                    if self.is(">") && self.peek(0).glued {
                        self.step()?;
                    }
                }
                if self.is("=") && self.peek(0).glued {
                    self.step()?;
                }
            } else {
                self.step()?;
            }
            shape = Value;
            self.unary()?;
        }
    }

    fn unary(&mut self) -> Checked<Shape> {
        let mut shape = None;
        loop {
            match self.text() {
                "++" | "--" => {
                    self.step()?;
                    shape.get_or_insert(Effect);
                }
                "+" | "-" | "!" | "~" => {
                    self.step()?;
                    shape.get_or_insert(Value);
                }
                "(" if self.is_cast() => {
                    self.step()?;
                    self.a_type()?;
                    while self.eat("&") {
                        self.a_type()?;
                    }
                    self.require(")")?;
                    shape.get_or_insert(Value);
                }
                _ => break,
            }
        }
        let operand = self.postfix()?;
        Ok(shape.unwrap_or(operand))
    }

    /// Whether the parenthesis here holds a type that is cast to.
    fn is_cast(&mut self) -> bool {
        if self.is_lambda() {
            return false;
        }
        self.fits(|p| {
            p.step()?;
            let primitive = p.is_primitive();
            p.a_type()?;
            let array = p
                .tokens
                .get(p.at.wrapping_sub(1))
                .is_some_and(|t| t.text == "]");
            while p.eat("&") {
                p.a_type()?;
            }
            p.require(")")?;
            let next = p.peek(0);
            let operand = match next.kind {
                Kind::Literal => true,
                Kind::Word => p.is_name(0) || next.text == "null" || is_operand_word(next.text),
                Kind::Sign => matches!(next.text, "(" | "!" | "~"),
                Kind::End => false,
            };
            let signed = primitive && !array && matches!(next.text, "+" | "-" | "++" | "--");
            Ok(operand || signed)
        })
    }

    /// Whether a lambda starts here.
    fn is_lambda(&self) -> bool {
        if self.in_case && !self.is("(") {
            return false;
        }
        if self.is("(") {
            let close = self.peek(0).partner;
            return self.tokens.get(close + 1).is_some_and(|t| t.text == "->") && !self.in_case;
        }
        self.is_name(0) && self.is_at(1, "->")
    }

    fn lambda(&mut self) -> Checked {
        if self.eat("(") {
            let bare = self.is_name(0) && matches!(self.peek(1).text, "," | ")");
            if self.is(")") {
                self.step()?;
            } else if bare {
                self.list(Self::name)?;
                self.require(")")?;
            } else {
                self.at -= 1;
                self.parameters()?;
            }
        } else {
            self.name()?;
        }
        self.require("->")?;
        self.nested(|p| {
            if p.is("{") {
                p.block()
            } else {
                p.expression().map(|_| ())
            }
        })
    }

    pub(super) fn arguments(&mut self) -> Checked {
        self.require("(")?;
        if self.eat(")") {
            return Ok(());
        }
        let outer = std::mem::take(&mut self.in_case);
        self.list(|p| p.expression().map(|_| ()))?;
        self.in_case = outer;
        self.require(")")
    }

    /// A primary with all that is selected from it.
    fn postfix(&mut self) -> Checked<Shape> {
        if self.is_lambda() {
            self.lambda()?;
            return Ok(Value);
        }
        let mut shape = self.primary()?;
        loop {
            match self.text() {
                "." => {
                    self.step()?;
                    shape = self.selected()?;
                }
                "[" => {
                    self.step()?;
                    let outer = std::mem::take(&mut self.in_case);
                    self.expression()?;
                    self.in_case = outer;
                    self.require("]")?;
                    shape = Value;
                }
                "++" | "--" => {
                    self.step()?;
                    shape = Effect;
                }
                "::" => {
                    self.step()?;
                    if self.is("<") {
                        self.type_arguments()?;
                    }
                    if !self.eat("new") {
                        self.name()?;
                    }
                    shape = Value;
                }
                _ => return Ok(shape),
            }
        }
    }

    /// What follows a point.
    fn selected(&mut self) -> Checked<Shape> {
        match self.text() {
            "new" => return self.creator(),
            "class" | "this" => {
                self.step()?;
                return Ok(Value);
            }
            "super" => {
                self.step()?;
                if self.is("(") {
                    self.arguments()?;
                    return Ok(Effect);
                }
                return Ok(Value);
            }
            "<" => self.type_arguments()?,
            _ => {}
        }
        if !self.eat("super") {
            self.name()?;
        }
        self.maybe_call()
    }

    fn maybe_call(&mut self) -> Checked<Shape> {
        if self.is("(") {
            self.arguments()?;
            return Ok(Effect);
        }
        Ok(Value)
    }

    fn primary(&mut self) -> Checked<Shape> {
        let token = self.peek(0);
        if token.kind == Kind::Literal {
            self.step()?;
            return Ok(Value);
        }
        match token.text {
            "true" | "false" | "null" => {
                self.step()?;
                Ok(Value)
            }
            "this" => {
                self.step()?;
                self.maybe_call()
            }
            "super" => {
                self.step()?;
                if !matches!(self.text(), "(" | "." | "::") {
                    return self.nothing();
                }
                self.maybe_call()
            }
            "new" => self.creator(),
            "(" => {
                self.step()?;
                let outer = std::mem::take(&mut self.in_case);
                self.expression()?;
                self.in_case = outer;
                self.require(")")?;
                Ok(Value)
            }
            "switch" => {
                self.step()?;
                self.require("(")?;
                self.expression()?;
                self.require(")")?;
                self.switch_body()?;
                Ok(Value)
            }
            "void" => {
                self.step()?;
                self.require(".")?;
                self.require("class")?;
                Ok(Value)
            }
            _ if self.is_type_value() => {
                self.a_type()?;
                Ok(Value)
            }
            _ => {
                self.name()?;
                self.maybe_call()
            }
        }
    }

    /// Whether a type stands here that only a class literal or a method reference goes on from:
    /// `int[].class`, `List<String>::new`.
    fn is_type_value(&mut self) -> bool {
        let plain = self.is_name(0) && !matches!(self.peek(1).text, "<" | "[" | ".");
        if plain {
            return false;
        }
        self.fits(|p| {
            let from = p.at;
            p.a_type()?;
            let taken = p.tokens.get(from..p.at).unwrap_or_default();
            let typed = p.is("::") || (p.is(".") && p.is_at(1, "class"));
            let own = taken.iter().any(|t| matches!(t.text, "<" | "[")) || taken.len() == 1;
            Ok(typed && own)
        })
    }

    fn creator(&mut self) -> Checked<Shape> {
        self.require("new")?;
        self.annotations()?;
        if self.is("<") {
            self.type_arguments()?;
        }
        self.plain_type()?;
        self.annotations()?;
        if self.is("(") {
            self.arguments()?;
            if self.is("{") {
                let outer = std::mem::take(&mut self.in_case);
                self.class_body()?;
                self.in_case = outer;
            }
            return Ok(Effect);
        }
        if !self.is("[") {
            return self.nothing();
        }
        let mut sized = false;
        while self.is("[") && (!sized || !self.is_at(1, "]")) {
            self.step()?;
            if self.eat("]") {
                self.dimensions()?;
                self.initializer_braces()?;
                return Ok(Value);
            }
            self.expression()?;
            self.require("]")?;
            sized = true;
        }
        self.dimensions()?;
        Ok(Value)
    }

    fn initializer_braces(&mut self) -> Checked {
        if self.is("{") {
            self.initializer()
        } else {
            self.nothing()
        }
    }
}

/// Keywords that start an operand, so that a parenthesis before them is a cast.
fn is_operand_word(word: &str) -> bool {
    matches!(
        word,
        "this"
            | "super"
            | "new"
            | "switch"
            | "true"
            | "false"
            | "int"
            | "long"
            | "byte"
            | "char"
            | "short"
            | "float"
            | "double"
            | "boolean"
            | "void"
    )
}
