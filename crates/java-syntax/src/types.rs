//! Types, type parameters and annotations (chapters 4 and 9.7).

use super::{Checked, Misfit, Parser};

const PRIMITIVES: [&str; 8] = [
    "boolean", "byte", "char", "double", "float", "int", "long", "short",
];

impl Parser<'_, '_> {
    pub(super) fn is_primitive(&self) -> bool {
        PRIMITIVES.contains(&self.text())
    }

    /// A type with its dimensions.
    pub(super) fn a_type(&mut self) -> Checked {
        self.nested(|p| {
            p.plain_type()?;
            p.dimensions()
        })
    }

    /// A type without dimensions.
    pub(super) fn plain_type(&mut self) -> Checked {
        self.annotations()?;
        if self.is_primitive() {
            return self.step();
        }
        loop {
            self.annotations()?;
            self.name()?;
            if self.is("<") {
                self.type_arguments()?;
            }
            let goes_on = self.is(".") && (self.is_name(1) || self.is_at(1, "@"));
            if !goes_on {
                return Ok(());
            }
            self.step()?;
        }
    }

    /// Any number of `[]`.
    pub(super) fn dimensions(&mut self) -> Checked {
        while (self.is("[") && self.is_at(1, "]")) || (self.is("@") && !self.is_at(1, "interface"))
        {
            self.annotations()?;
            self.require("[")?;
            self.require("]")?;
        }
        Ok(())
    }

    /// `<A, ? extends B>`, or the empty `<>` of a creator.
    pub(super) fn type_arguments(&mut self) -> Checked {
        self.require("<")?;
        if self.eat(">") {
            return Ok(());
        }
        self.nested(|p| {
            p.list(|p| {
                p.annotations()?;
                if !p.eat("?") {
                    return p.a_type();
                }
                if p.eat("extends") || p.eat("super") {
                    return p.a_type();
                }
                Ok(())
            })
        })?;
        self.require(">")
    }

    /// `<T extends A & B>` of a declaration.
    pub(super) fn type_parameters(&mut self) -> Checked {
        self.require("<")?;
        self.list(|p| {
            p.annotations()?;
            p.name()?;
            if p.eat("extends") {
                p.a_type()?;
                while p.eat("&") {
                    p.a_type()?;
                }
            }
            Ok(())
        })?;
        self.require(">")
    }

    pub(super) fn annotations(&mut self) -> Checked {
        while self.is("@") && !self.is_at(1, "interface") {
            self.annotation()?;
        }
        Ok(())
    }

    fn annotation(&mut self) -> Checked {
        self.require("@")?;
        self.qualified()?;
        if !self.eat("(") {
            return Ok(());
        }
        if self.eat(")") {
            return Ok(());
        }
        self.list(|p| {
            if p.is_name(0) && p.is_at(1, "=") {
                p.at += 2;
            }
            p.element()
        })?;
        self.require(")")
    }

    /// The value of an annotation's element.
    pub(super) fn element(&mut self) -> Checked {
        self.nested(|p| match p.text() {
            "@" => p.annotation(),
            "{" => {
                p.step()?;
                while !p.is("}") {
                    p.element()?;
                    if !p.eat(",") {
                        break;
                    }
                }
                p.require("}")
            }
            _ => p.ternary().map(|_| ()),
        })
    }

    /// Modifiers and annotations; whether there was any.
    pub(super) fn modifiers(&mut self) -> Checked<bool> {
        let start = self.at;
        loop {
            match self.text() {
                "public" | "protected" | "private" | "abstract" | "final" | "native"
                | "transient" | "volatile" | "strictfp" => self.step()?,
                // A static or synchronized block is no modifier, nor is a default label.
                "static" if !self.is_at(1, "{") => self.step()?,
                "synchronized" if !self.is_at(1, "(") => self.step()?,
                "default" if !matches!(self.peek(1).text, ":" | "->") => self.step()?,
                "sealed" if self.before_type_word(1) => self.step()?,
                "non" if self.is_at(1, "-") && self.is_at(2, "sealed") => {
                    for _ in 0..3 {
                        self.step()?;
                    }
                }
                "@" if !self.is_at(1, "interface") => self.annotation()?,
                _ => return Ok(self.at > start),
            }
        }
    }

    fn before_type_word(&self, ahead: usize) -> bool {
        matches!(
            self.peek(ahead).text,
            "class" | "interface" | "abstract" | "public" | "private" | "protected" | "static"
        )
    }

    /// Whether a type and then a name stand here, as in a declaration.
    pub(super) fn at_declaration(&mut self) -> bool {
        self.fits(|p| {
            p.a_type()?;
            Ok(p.is_name(0))
        })
    }

    /// Types joined by commas.
    pub(super) fn types(&mut self) -> Checked {
        self.list(Self::a_type)
    }

    /// A type, or `void`.
    pub(super) fn result_type(&mut self) -> Checked {
        if self.eat("void") {
            Ok(())
        } else {
            self.a_type()
        }
    }

    /// Fails, for a place where nothing else fits.
    pub(super) fn nothing<T>(&self) -> Checked<T> {
        Err(Misfit)
    }
}
