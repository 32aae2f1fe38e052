//! Files and what stands in them.

use super::{Checked, Misfit, Parser, lexer::Kind};

impl Parser<'_, '_> {
    pub(super) fn file(&mut self) -> Checked {
        self.require("package")?;
        self.name()?;
        self.require(";")?;
        self.declarations()
    }

    /// Imports, then declarations, to the end of the text.
    pub(super) fn declarations(&mut self) -> Checked {
        let mut imports = true;
        while !self.is_kind(Kind::End) {
            // A semicolon too many stands for nothing.
            if self.eat(";") {
                continue;
            }
            match self.text() {
                "import" if imports => self.group(Self::import)?,
                "func" => {
                    imports = false;
                    self.function()?;
                }
                _ => {
                    imports = false;
                    self.declaration()?;
                }
            }
            self.require(";")?;
        }
        Ok(())
    }

    /// `const`, `var` or `type`.
    pub(super) fn declaration(&mut self) -> Checked {
        match self.text() {
            "const" if self.is_at(1, "(") => {
                self.at += 1;
                self.step()?;
                // The first has a value, which those after it repeat.
                if self.eat(")") {
                    return Ok(());
                }
                self.constant()?;
                if !self.eat(";") {
                    return self.require(")");
                }
                self.lines(")", Self::repeated)
            }
            "const" => {
                self.step()?;
                self.constant()
            }
            "var" => self.group(Self::variable),
            "type" => self.group(Self::type_spec),
            _ => Err(Misfit),
        }
    }

    /// `keyword item` or `keyword (item; …)`
    fn group(&mut self, item: fn(&mut Self) -> Checked) -> Checked {
        self.step()?;
        if self.eat("(") {
            return self.lines(")", item);
        }
        item(self)
    }

    fn import(&mut self) -> Checked {
        if !self.eat(".") && self.is_name(0) {
            self.step()?;
        }
        if self.is_kind(Kind::Text) && self.text().len() > 2 {
            return self.step();
        }
        Err(Misfit)
    }

    fn constant(&mut self) -> Checked {
        self.names()?;
        if !self.is("=") {
            self.a_type()?;
        }
        self.require("=")?;
        self.expressions()
    }

    /// A constant after the first of a group.
    fn repeated(&mut self) -> Checked {
        self.names()?;
        if self.is(";") || self.is(")") {
            return Ok(());
        }
        if !self.is("=") {
            self.a_type()?;
        }
        self.require("=")?;
        self.expressions()
    }

    fn variable(&mut self) -> Checked {
        self.names()?;
        if !self.is("=") {
            self.a_type()?;
        }
        if self.eat("=") {
            return self.expressions();
        }
        Ok(())
    }

    fn type_spec(&mut self) -> Checked {
        self.name()?;
        // `[N * M]int` is an array, and fits as a parameter all the same; `[N]int` does not.
        if self.is("[") {
            self.fits(Self::type_parameters);
        }
        self.eat("=");
        self.a_type()
    }

    fn function(&mut self) -> Checked {
        self.require("func")?;
        if self.is("(") {
            self.receiver()?;
        }
        self.name()?;
        // Methods have them too, since 1.27.
        if self.is("[") {
            self.type_parameters()?;
        }
        self.signature()?;
        if self.is("{") {
            return self.block();
        }
        Ok(())
    }

    fn receiver(&mut self) -> Checked {
        self.require("(")?;
        if self.is_name(0) && !matches!(self.peek(1).text, ")" | "," | "." | "[") {
            self.step()?;
        }
        self.a_type()?;
        self.eat(",");
        self.require(")")
    }
}
