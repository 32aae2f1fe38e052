//! What a function is called with, its window, and types.

use super::{Checked, Parser, Stop, expression::UNITS, fits, lexer::Kind};

impl Parser<'_, '_> {
    /// The arguments of a function, in brackets.
    pub(crate) fn arguments(&mut self) -> Checked {
        self.need_sign("(")?;
        if self.eat_sign(")") {
            return Ok(());
        }
        loop {
            self.eat_any("DISTINCT ALL");
            if self.begins_query() {
                self.query()?;
            } else if !self.eat_sign("*") {
                // `TRIM(BOTH FROM name)` has nothing between.
                if !self.eat_any("LEADING TRAILING BOTH") || !self.is(0, "FROM") {
                    self.expression()?;
                }
            }
            self.after_argument()?;
            if !self.eat_sign(",") {
                return self.need_sign(")");
            }
        }
    }

    fn after_argument(&mut self) -> Checked {
        loop {
            if self.eat("AS") {
                self.a_type()?;
            } else if self.eat("CHARACTER SET") {
                self.name()?;
            } else if self.eat_any("FROM FOR USING PLACING LIMIT SEPARATOR") {
                self.expression()?;
            } else if self.eat("ORDER BY") {
                self.orders()?;
            } else if !(self.eat("IGNORE NULLS") || self.eat("RESPECT NULLS")) {
                if self.eat("ON OVERFLOW") {
                    while !self.is_sign(0, ")") && !self.at_end() {
                        self.next();
                    }
                }
                return Ok(());
            }
        }
    }

    pub(crate) fn after_call(&mut self) -> Checked {
        if self.eat("WITHIN GROUP") {
            self.brackets()?;
        }
        if self.is(0, "FILTER") && self.is_sign(1, "(") {
            self.next();
            self.next();
            self.need("WHERE")?;
            self.expression()?;
            self.need_sign(")")?;
        }
        let _ = self.eat("IGNORE NULLS") || self.eat("RESPECT NULLS");
        if self.is(0, "KEEP") && self.is_sign(1, "(") {
            self.next();
            self.brackets()?;
        }
        if self.eat("OVER") {
            return if self.is_sign(0, "(") {
                self.window()
            } else {
                self.part()
            };
        }
        Ok(())
    }

    /// A window, in brackets.
    pub(crate) fn window(&mut self) -> Checked {
        self.need_sign("(")?;
        let begins = "PARTITION ORDER ROWS RANGE GROUPS";
        if self.peek(0).kind != Kind::Sign && !self.is_any(0, begins) {
            self.part()?;
        }
        if self.eat("PARTITION BY") {
            self.expressions()?;
        }
        if self.eat("ORDER BY") {
            self.orders()?;
        }
        if self.eat_any("ROWS RANGE GROUPS") {
            if self.eat("BETWEEN") {
                self.frame_end()?;
                self.need("AND")?;
            }
            self.frame_end()?;
            if self.eat("EXCLUDE") {
                while self.eat_any("CURRENT ROW GROUP TIES NO OTHERS") {}
            }
        }
        self.need_sign(")")
    }

    fn frame_end(&mut self) -> Checked {
        if self.eat("CURRENT ROW") {
            return Ok(());
        }
        if !self.eat("UNBOUNDED") {
            self.bound()?;
        }
        fits(self.eat_any("PRECEDING FOLLOWING"))
    }

    /// What rows are ordered by.
    pub(crate) fn orders(&mut self) -> Checked {
        self.list(|parser| {
            parser.expression()?;
            if parser.eat("USING") {
                parser.next();
                parser.maybe_brackets()?;
            }
            parser.eat_any("ASC DESC");
            if parser.eat("NULLS") {
                fits(parser.eat_any("FIRST LAST"))?;
            }
            Ok(())
        })
    }

    /// A type: a name, its size, what belongs to it.
    pub(crate) fn a_type(&mut self) -> Checked {
        self.eat("SETOF");
        self.name()?;
        while self.eat_any("PRECISION VARYING LARGE RAW") {}
        self.maybe_brackets()?;
        if self.eat_sign("<") {
            self.in_angles()?;
        }
        if self.eat_any("WITH WITHOUT") {
            self.eat("LOCAL");
            self.need("TIME ZONE")?;
        }
        if self.eat("CHARACTER SET") {
            self.name()?;
        }
        while self.eat_any("UNSIGNED SIGNED ZEROFILL INTEGER ARRAY") || self.eat_any(UNITS) {
            self.eat("TO");
            self.maybe_brackets()?;
        }
        while self.is_sign(0, "[") {
            self.brackets()?;
        }
        Ok(())
    }

    /// `ARRAY<STRUCT<a INT64>>`, after the first angle.
    fn in_angles(&mut self) -> Checked {
        let mut open = 1_usize;
        while open > 0 {
            let token = self.peek(0);
            match (token.kind, token.text) {
                (Kind::End, _) | (Kind::Sign, ";") => return Err(Stop::Misfit),
                (Kind::Sign, "<") => open += 1,
                (Kind::Sign, ">") => open = open.saturating_sub(1),
                (Kind::Sign, ">>") => open = open.saturating_sub(2),
                _ => {}
            }
            self.next();
        }
        Ok(())
    }
}
