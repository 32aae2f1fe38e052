//! Types, signatures and type parameters.

use super::{Checked, Misfit, Parser, lexer::Kind};

impl Parser<'_, '_> {
    pub(super) fn a_type(&mut self) -> Checked {
        self.nested(Self::one_type)
    }

    fn one_type(&mut self) -> Checked {
        match self.text() {
            "*" => {
                self.step()?;
                self.a_type()
            }
            "(" => {
                self.step()?;
                self.a_type()?;
                self.require(")")
            }
            "[" | "struct" | "map" => self.literal_type(),
            "func" => {
                self.step()?;
                self.signature()
            }
            "interface" => self.interface(),
            "chan" => {
                self.step()?;
                self.eat("<-");
                self.a_type()
            }
            "<-" => {
                self.step()?;
                self.require("chan")?;
                self.a_type()
            }
            _ => self.named_type(),
        }
    }

    /// Whether a type may start here.
    pub(super) fn at_type(&self) -> bool {
        self.is_name(0)
            || matches!(
                self.text(),
                "*" | "(" | "[" | "struct" | "map" | "func" | "interface" | "chan" | "<-"
            )
    }

    /// A type that a literal in braces may follow wherever it stands.
    pub(super) fn literal_type(&mut self) -> Checked {
        match self.text() {
            "[" => {
                self.step()?;
                if !self.is("]") && !self.eat("...") {
                    self.apart(Self::expression)?;
                }
                self.require("]")?;
                self.a_type()
            }
            "map" => {
                self.step()?;
                self.require("[")?;
                self.a_type()?;
                self.require("]")?;
                self.a_type()
            }
            _ => {
                self.require("struct")?;
                self.require("{")?;
                self.lines("}", Self::field)
            }
        }
    }

    /// `Name`, `package.Name`, either with type arguments.
    fn named_type(&mut self) -> Checked {
        self.name()?;
        if self.eat(".") {
            self.name()?;
        }
        if self.is("[") && !self.is_at(1, "]") {
            return self.type_arguments();
        }
        Ok(())
    }

    fn type_arguments(&mut self) -> Checked {
        self.require("[")?;
        if self.is("]") {
            return Err(Misfit);
        }
        self.items("]", Self::a_type)
    }

    fn field(&mut self) -> Checked {
        let embedded = self.is("*") || matches!(self.peek(1).text, "." | ";" | "}") || {
            // `T[int]` is embedded, `names [3]int` is a field.
            self.is_at(1, "[") || self.peek(1).kind == Kind::Text
        };
        if !(embedded && self.fits(Self::embedded)) {
            self.names()?;
            self.a_type()?;
        }
        if self.is_kind(Kind::Text) {
            return self.step();
        }
        Ok(())
    }

    fn embedded(&mut self) -> Checked {
        self.eat("*");
        self.named_type()?;
        if self.is(";") || self.is("}") || self.is_kind(Kind::Text) {
            return Ok(());
        }
        Err(Misfit)
    }

    fn interface(&mut self) -> Checked {
        self.require("interface")?;
        self.require("{")?;
        self.lines("}", |p| {
            if p.is_name(0) && p.is_at(1, "(") {
                p.step()?;
                return p.signature();
            }
            p.constraint()
        })
    }

    /// `~A | B`
    fn constraint(&mut self) -> Checked {
        loop {
            self.eat("~");
            self.a_type()?;
            if !self.eat("|") {
                return Ok(());
            }
        }
    }

    pub(super) fn type_parameters(&mut self) -> Checked {
        self.require("[")?;
        if self.is("]") {
            return Err(Misfit);
        }
        self.items("]", |p| {
            p.names()?;
            p.constraint()
        })
    }

    /// Parameters and results.
    pub(super) fn signature(&mut self) -> Checked {
        self.parameters()?;
        if self.is("(") {
            return self.parameters();
        }
        if self.at_type() {
            return self.a_type();
        }
        Ok(())
    }

    /// Types alone, or all of them with names.
    fn parameters(&mut self) -> Checked {
        self.require("(")?;
        let at = self.at;
        if self.nested(|p| p.items(")", Self::variadic)).is_ok() {
            return Ok(());
        }
        // Names: the position tells where it fails if neither fits.
        self.at = at;
        self.nested(|p| {
            p.items(")", |p| {
                p.names()?;
                p.variadic()
            })
        })
    }

    fn variadic(&mut self) -> Checked {
        self.eat("...");
        self.a_type()
    }
}
