//! Expressions. Precedence does not matter for whether they fit, so all binary operators are one
//! flat list. A type is read as an expression where one may stand for the other, as `gofmt` does.

use super::{Checked, Misfit, Parser, lexer::Kind};

/// What an expression is, as far as statements ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One name alone.
    Name,
    /// A call, not in parentheses: what `go` and `defer` take.
    Call,
    /// Anything else.
    Value,
}

/// What an operand is, as far as a brace behind it asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operand {
    /// A name.
    Name,
    /// What may name a type: `package.Name`, `Name[int]`.
    Named,
    /// A type that a literal may follow everywhere.
    Type,
    Call,
    Value,
}

const BINARY: [&str; 19] = [
    "||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "|", "^", "*", "/", "%", "<<", ">>",
    "&", "&^",
];

impl Parser<'_, '_> {
    pub(super) fn expressions(&mut self) -> Checked {
        self.list(Self::expression)
    }

    pub(super) fn expression(&mut self) -> Checked {
        self.shape().map(|_| ())
    }

    pub(super) fn shape(&mut self) -> Checked<Shape> {
        self.nested(|p| {
            let mut shape = p.unary()?;
            while BINARY.contains(&p.text()) {
                p.step()?;
                p.unary()?;
                shape = Shape::Value;
            }
            Ok(shape)
        })
    }

    fn unary(&mut self) -> Checked<Shape> {
        let mut signed = false;
        while matches!(self.text(), "+" | "-" | "!" | "^" | "*" | "&" | "<-") {
            // `<-chan int` is a type.
            if self.is("<-") && self.is_at(1, "chan") {
                break;
            }
            self.step()?;
            signed = true;
        }
        let operand = self.primary()?;
        Ok(match operand {
            _ if signed => Shape::Value,
            Operand::Name => Shape::Name,
            Operand::Call => Shape::Call,
            _ => Shape::Value,
        })
    }

    fn primary(&mut self) -> Checked<Operand> {
        let mut operand = self.operand()?;
        loop {
            operand = match self.text() {
                "." => {
                    self.step()?;
                    self.selected(operand)?
                }
                "[" => {
                    self.step()?;
                    let sliced = self.apart(Self::index)?;
                    match operand {
                        Operand::Name | Operand::Named if !sliced => Operand::Named,
                        _ => Operand::Value,
                    }
                }
                "(" => {
                    self.step()?;
                    self.apart(|p| p.items(")", Self::argument))?;
                    Operand::Call
                }
                "{" if self.opens_literal(operand) => {
                    self.literal()?;
                    Operand::Value
                }
                _ => return Ok(operand),
            };
        }
    }

    fn opens_literal(&self, operand: Operand) -> bool {
        match operand {
            Operand::Type => true,
            Operand::Name | Operand::Named => !self.in_header,
            Operand::Call | Operand::Value => false,
        }
    }

    fn operand(&mut self) -> Checked<Operand> {
        if matches!(self.peek(0).kind, Kind::Number | Kind::Text | Kind::Rune) {
            self.step()?;
            return Ok(Operand::Value);
        }
        match self.text() {
            "(" => {
                self.step()?;
                self.apart(|p| {
                    p.expression()?;
                    p.require(")")
                })?;
                Ok(Operand::Value)
            }
            "func" => {
                self.step()?;
                self.signature()?;
                // Without a body it is a type: `case func(int) string:`, `(func())(f)`.
                if self.is("{") {
                    self.block()?;
                }
                Ok(Operand::Value)
            }
            "[" | "struct" | "map" => {
                self.literal_type()?;
                Ok(Operand::Type)
            }
            "interface" | "chan" | "<-" => {
                self.a_type()?;
                Ok(Operand::Value)
            }
            _ => {
                self.name()?;
                Ok(Operand::Name)
            }
        }
    }

    /// What follows a point.
    fn selected(&mut self, operand: Operand) -> Checked<Operand> {
        if !self.eat("(") {
            self.name()?;
            return Ok(match operand {
                Operand::Name => Operand::Named,
                _ => Operand::Value,
            });
        }
        if self.is("type") {
            if !self.in_switch {
                return Err(Misfit);
            }
            self.step()?;
            self.switches_type = true;
        } else {
            self.a_type()?;
        }
        self.require(")")?;
        Ok(Operand::Value)
    }

    /// An index, type arguments or the bounds of a slice, the closing bracket taken. Whether it
    /// was a slice.
    fn index(&mut self) -> Checked<bool> {
        if !self.is(":") {
            self.expression()?;
            if self.eat(",") {
                self.items("]", Self::expression)?;
                return Ok(false);
            }
            if self.eat("]") {
                return Ok(false);
            }
        }
        self.require(":")?;
        if !self.is("]") && !self.is(":") {
            self.expression()?;
            if self.eat(":") {
                self.expression()?;
            }
        }
        self.require("]")?;
        Ok(true)
    }

    fn argument(&mut self) -> Checked {
        self.expression()?;
        self.eat("...");
        Ok(())
    }

    /// The braces of a composite literal.
    fn literal(&mut self) -> Checked {
        self.require("{")?;
        self.apart(|p| {
            p.items("}", |p| {
                p.element()?;
                if p.eat(":") {
                    p.element()?;
                }
                Ok(())
            })
        })
    }

    fn element(&mut self) -> Checked {
        if self.is("{") {
            self.literal()
        } else {
            self.expression()
        }
    }
}
