//! Compilation units, types and their members (chapters 7 to 9).

use super::{Checked, Parser};

impl Parser<'_, '_> {
    /// The whole file.
    pub(super) fn unit(&mut self) -> Checked {
        let package = self.fits(|p| {
            p.annotations()?;
            Ok(p.is("package"))
        });
        if package {
            self.annotations()?;
            self.require("package")?;
            self.qualified()?;
            self.require(";")?;
        }
        while self.is("import") || self.is(";") {
            if self.eat(";") {
                continue;
            }
            self.import()?;
        }
        while !self.is_end() {
            if self.eat(";") {
                continue;
            }
            self.modifiers()?;
            if !self.type_declaration()? {
                return self.nothing();
            }
        }
        Ok(())
    }

    fn import(&mut self) -> Checked {
        self.require("import")?;
        self.eat("static");
        self.qualified()?;
        if self.eat(".") {
            self.require("*")?;
        }
        self.require(";")
    }

    /// A class, interface, enum, record or annotation after its modifiers; `false` where none
    /// stands here.
    pub(super) fn type_declaration(&mut self) -> Checked<bool> {
        let record = self.is("record") && self.is_name(1) && matches!(self.peek(2).text, "(" | "<");
        match self.text() {
            "class" | "interface" => {
                self.step()?;
                self.name()?;
                if self.is("<") {
                    self.type_parameters()?;
                }
                self.heritage()?;
                self.class_body()?;
            }
            "enum" => {
                self.step()?;
                self.name()?;
                self.heritage()?;
                self.enum_body()?;
            }
            "@" if self.is_at(1, "interface") => {
                self.at += 2;
                self.name()?;
                self.class_body()?;
            }
            _ if record => {
                self.at += 2;
                if self.is("<") {
                    self.type_parameters()?;
                }
                self.parameters()?;
                self.heritage()?;
                self.class_body()?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn heritage(&mut self) -> Checked {
        for word in ["extends", "implements", "permits"] {
            if self.eat(word) {
                self.types()?;
            }
        }
        Ok(())
    }

    pub(super) fn class_body(&mut self) -> Checked {
        self.nested(|p| {
            p.require("{")?;
            p.members()
        })
    }

    /// Members up to and with the closing brace.
    fn members(&mut self) -> Checked {
        while !self.eat("}") {
            if self.eat(";") {
                continue;
            }
            if self.is("static") && self.is_at(1, "{") {
                self.step()?;
            }
            if self.is("{") {
                self.block()?;
            } else {
                self.member()?;
            }
        }
        Ok(())
    }

    fn member(&mut self) -> Checked {
        self.modifiers()?;
        if self.type_declaration()? {
            return Ok(());
        }
        if self.is("<") {
            self.type_parameters()?;
            self.annotations()?;
        }
        // A constructor has no result type; that of a record may have no parameters either.
        if self.is_name(0) && self.is_at(1, "(") {
            self.step()?;
            return self.method();
        }
        if self.is_name(0) && self.is_at(1, "{") {
            self.step()?;
            return self.block();
        }
        self.result_type()?;
        self.name()?;
        if self.is("(") {
            return self.method();
        }
        self.variables()?;
        self.require(";")
    }

    /// A method from its parameters on.
    fn method(&mut self) -> Checked {
        self.parameters()?;
        self.dimensions()?;
        if self.eat("throws") {
            self.types()?;
        }
        if self.eat("default") {
            self.element()?;
        }
        if self.eat(";") {
            return Ok(());
        }
        self.block()
    }

    pub(super) fn parameters(&mut self) -> Checked {
        self.require("(")?;
        if self.eat(")") {
            return Ok(());
        }
        self.list(|p| {
            p.modifiers()?;
            p.a_type()?;
            p.annotations()?;
            p.eat("...");
            // The receiver: `Outer this` or `Inner Outer.this`.
            while p.is_name(0) && p.is_at(1, ".") {
                p.at += 2;
            }
            if p.eat("this") {
                return Ok(());
            }
            p.name()?;
            p.dimensions()
        })?;
        self.require(")")
    }

    /// What follows the first name of a field or a local variable.
    pub(super) fn variables(&mut self) -> Checked {
        loop {
            self.dimensions()?;
            if self.eat("=") {
                self.initializer()?;
            }
            if !self.eat(",") {
                return Ok(());
            }
            self.name()?;
        }
    }

    /// An expression, or the braces of an array.
    pub(super) fn initializer(&mut self) -> Checked {
        if !self.is("{") {
            return self.expression().map(|_| ());
        }
        self.nested(|p| {
            p.step()?;
            while !p.is("}") {
                p.initializer()?;
                if !p.eat(",") {
                    break;
                }
            }
            p.require("}")
        })
    }

    fn enum_body(&mut self) -> Checked {
        self.nested(|p| {
            p.require("{")?;
            loop {
                p.annotations()?;
                if !p.is_name(0) {
                    break;
                }
                p.step()?;
                if p.is("(") {
                    p.arguments()?;
                }
                if p.is("{") {
                    p.class_body()?;
                }
                if !p.eat(",") {
                    break;
                }
            }
            p.eat(",");
            if p.eat(";") {
                return p.members();
            }
            p.require("}")
        })
    }
}
