//! Statements that change rows.

use super::{Checked, Parser, Stop, fits, lexer::Kind};

impl Parser<'_, '_> {
    /// `INSERT`, `REPLACE`, `UPDATE`, `DELETE` or `MERGE`.
    pub(crate) fn change(&mut self) -> Checked {
        if self.eat_any("INSERT REPLACE") {
            return self.insert();
        }
        if self.eat("UPDATE") {
            return self.update();
        }
        if self.eat("DELETE") {
            return self.delete();
        }
        self.need("MERGE")?;
        self.merge()
    }

    fn insert(&mut self) -> Checked {
        while self.eat_any("LOW_PRIORITY DELAYED HIGH_PRIORITY IGNORE") {}
        if self.eat("OR") {
            fits(self.eat_any("REPLACE IGNORE ROLLBACK ABORT FAIL"))?;
        }
        if !self.eat("OVERWRITE") {
            self.eat("INTO");
        }
        self.eat("TABLE");
        self.name()?;
        if self.eat("AS") {
            self.part()?;
        }
        if self.eat("PARTITION") {
            self.brackets()?;
        }
        if self.is_sign(0, "(") && !self.is_any(1, "SELECT WITH VALUES") && !self.is_sign(1, "(") {
            if self.is_sign(1, ")") {
                self.brackets()?;
            } else {
                self.names_or_parts()?;
            }
        }
        self.output()?;
        if self.eat("OVERRIDING") {
            fits(self.eat_any("SYSTEM USER"))?;
            self.need("VALUE")?;
        }
        if self.eat("DEFAULT VALUES") {
        } else if self.is_any(0, "VALUES VALUE") {
            self.rows()?;
        } else if self.eat("SET") {
            self.list(Self::assignment)?;
        } else if self.is_any(0, "EXEC EXECUTE") {
            return Err(Stop::Unknown);
        } else {
            self.query()?;
        }
        // The new row by a name, in MySQL.
        if self.eat("AS") {
            self.part()?;
            self.maybe_brackets()?;
        }
        while self.eat("ON CONFLICT") {
            self.conflict()?;
        }
        if self.eat("ON DUPLICATE KEY UPDATE") {
            self.list(Self::assignment)?;
        }
        self.returning()
    }

    /// Columns in brackets, also parts of them.
    fn names_or_parts(&mut self) -> Checked {
        self.need_sign("(")?;
        self.list(|parser| {
            // Also words that are reserved elsewhere.
            fits(matches!(parser.peek(0).kind, Kind::Word | Kind::Quoted))?;
            parser.next();
            while parser.eat_sign(".") {
                parser.next();
            }
            while parser.is_sign(0, "[") {
                parser.brackets()?;
            }
            Ok(())
        })?;
        self.need_sign(")")
    }

    fn conflict(&mut self) -> Checked {
        if self.eat("ON CONSTRAINT") {
            self.part()?;
        } else if self.is_sign(0, "(") {
            self.brackets()?;
            if self.eat("WHERE") {
                self.expression()?;
            }
        }
        self.need("DO")?;
        if self.eat("NOTHING") {
            return Ok(());
        }
        self.need("UPDATE SET")?;
        self.list(Self::assignment)?;
        if self.eat("WHERE") {
            self.expression()?;
        }
        Ok(())
    }

    /// `column = value`, `(a, b) = (1, 2)`.
    pub(crate) fn assignment(&mut self) -> Checked {
        if self.is_sign(0, "(") {
            self.names()?;
        } else if !self.eat_kind(Kind::Value) {
            self.name()?;
            while self.is_sign(0, "[") {
                self.brackets()?;
            }
        }
        let signs = ["=", ":=", "+=", "-=", "*=", "/=", "%="];
        fits(signs.iter().any(|sign| self.eat_sign(sign)))?;
        self.expression()
    }

    /// What SQL Server answers with.
    fn output(&mut self) -> Checked {
        if self.eat("OUTPUT") {
            self.list(Self::column)?;
            if self.eat("INTO") {
                if !self.eat_kind(Kind::Value) {
                    self.name()?;
                }
                self.maybe_brackets()?;
            }
        }
        Ok(())
    }

    fn returning(&mut self) -> Checked {
        if self.eat("RETURNING") {
            self.list(Self::column)?;
            if self.eat("INTO") {
                self.expressions()?;
            }
        }
        Ok(())
    }

    fn top(&mut self) -> Checked {
        if self.is(0, "TOP") && (self.is_sign(1, "(") || self.peek(1).kind == Kind::Number) {
            self.next();
            if self.is_sign(0, "(") {
                self.brackets()?;
            } else {
                self.next();
            }
            self.eat("PERCENT");
        }
        Ok(())
    }

    fn update(&mut self) -> Checked {
        if self.eat("OR") {
            fits(self.eat_any("REPLACE IGNORE ROLLBACK ABORT FAIL"))?;
        }
        while self.eat_any("LOW_PRIORITY IGNORE") {}
        self.top()?;
        self.tables()?;
        self.need("SET")?;
        self.list(Self::assignment)?;
        self.output()?;
        if self.eat("FROM") {
            self.tables()?;
        }
        self.chosen()
    }

    fn delete(&mut self) -> Checked {
        while self.eat_any("LOW_PRIORITY QUICK IGNORE") {}
        self.top()?;
        // MySQL and SQL Server name the tables first where several are joined.
        if !self.is(0, "FROM") {
            self.list(|parser| {
                parser.name()?;
                if parser.eat_sign(".") {
                    parser.need_sign("*")?;
                }
                Ok(())
            })?;
        }
        if self.eat("FROM") {
            self.tables()?;
        }
        self.output()?;
        if self.eat_any("USING FROM") {
            self.tables()?;
        }
        self.chosen()
    }

    /// Which rows, how many, and what is told of them.
    fn chosen(&mut self) -> Checked {
        if self.eat("WHERE CURRENT OF") {
            self.part()?;
        } else if self.eat("WHERE") {
            self.expression()?;
        }
        if self.eat("ORDER BY") {
            self.orders()?;
        }
        if self.eat("LIMIT") {
            self.expressions()?;
        }
        if self.is(0, "OPTION") && self.is_sign(1, "(") {
            self.next();
            self.brackets()?;
        }
        self.returning()
    }

    fn merge(&mut self) -> Checked {
        self.top()?;
        self.eat("INTO");
        self.name()?;
        self.alias()?;
        if self.is(0, "WITH") {
            self.next();
            self.brackets()?;
        }
        self.need("USING")?;
        self.tables()?;
        if self.eat("ON") {
            self.expression()?;
        }
        fits(self.is(0, "WHEN"))?;
        while self.eat("WHEN") {
            self.eat("NOT");
            self.need("MATCHED")?;
            if self.eat("BY") {
                fits(self.eat_any("SOURCE TARGET"))?;
            }
            if self.eat("AND") {
                self.expression()?;
            }
            self.need("THEN")?;
            self.merged()?;
        }
        self.output()?;
        self.returning()
    }

    fn merged(&mut self) -> Checked {
        if self.eat("DELETE") || self.eat("DO NOTHING") {
            return Ok(());
        }
        if self.eat("UPDATE") {
            self.need("SET")?;
            if self.eat_sign("*") {
                return Ok(());
            }
            self.list(Self::assignment)?;
        } else {
            self.need("INSERT")?;
            if self.eat_sign("*") || self.eat("ROW") {
                return Ok(());
            }
            self.maybe_brackets()?;
            if !self.eat("DEFAULT VALUES") {
                self.rows()?;
            }
        }
        if self.eat("WHERE") {
            self.expression()?;
        }
        Ok(())
    }
}
