//! Queries.

use super::{Checked, Parser, RESERVED, Stop, fits, lexer::Kind};

/// Words that go on with a query, so that they are no other name of what stands before them.
const CLAUSES: &str = "OFFSET FETCH MINUS WINDOW QUALIFY FOR LOCK CROSS LEFT RIGHT FULL OUTER NATURAL \
    STRAIGHT_JOIN SET RETURNING OPTION PARTITION TABLESAMPLE USE FORCE IGNORE WHEN DO PIVOT \
    UNPIVOT OUTPUT START CONNECT ANTI SEMI";

const SET_OPERATORS: &str = "UNION INTERSECT EXCEPT MINUS";

impl Parser<'_, '_> {
    /// Whether a query begins here, brackets of its own aside.
    pub(crate) fn begins_query(&self) -> bool {
        self.is_any(0, "SELECT VALUES") || (self.is(0, "WITH") && self.peek(1).kind != Kind::Sign)
    }

    pub(crate) fn query(&mut self) -> Checked {
        self.deeper(Self::whole_query)
    }

    fn whole_query(&mut self) -> Checked {
        if self.eat("WITH") {
            self.common_tables()?;
        }
        if self.is_any(0, "INSERT UPDATE DELETE MERGE") {
            return self.change();
        }
        self.term()?;
        self.more_queries()?;
        self.tail()
    }

    /// `UNION …` and the like, where it comes.
    pub(crate) fn more_queries(&mut self) -> Checked {
        let mut more = false;
        while self.eat_any(SET_OPERATORS) {
            more = true;
            self.eat_any("ALL DISTINCT");
            let _ = self.eat("BY NAME") || self.eat("CORRESPONDING");
            self.term()?;
        }
        if more { self.tail() } else { Ok(()) }
    }

    fn common_tables(&mut self) -> Checked {
        self.eat("RECURSIVE");
        self.list(|parser| {
            parser.part()?;
            if parser.is_sign(0, "(") {
                parser.names()?;
            }
            parser.need("AS")?;
            parser.eat("NOT");
            parser.eat("MATERIALIZED");
            parser.need_sign("(")?;
            parser.query()?;
            parser.need_sign(")")?;
            if parser.is_any(0, "SEARCH CYCLE") {
                return Err(Stop::Unknown);
            }
            Ok(())
        })
    }

    fn term(&mut self) -> Checked {
        if self.eat_sign("(") {
            self.query()?;
            return self.need_sign(")");
        }
        if self.is(0, "VALUES") {
            return self.rows();
        }
        if self.eat("TABLE") {
            return self.name();
        }
        self.need("SELECT")?;
        self.select()
    }

    /// `VALUES (…), (…)`.
    pub(crate) fn rows(&mut self) -> Checked {
        fits(self.eat_any("VALUES VALUE"))?;
        self.list(|parser| {
            parser.eat("ROW");
            parser.in_brackets()
        })
    }

    /// A query's clauses in their order, after its `SELECT`.
    fn select(&mut self) -> Checked {
        while self.is_modifier() {
            self.next();
            if self.eat("ON") {
                self.in_brackets()?;
            }
        }
        if self.is(0, "TOP")
            && (self.peek(1).kind == Kind::Number
                || self.is_sign(1, "(")
                || self.peek(1).kind == Kind::Value)
        {
            self.next();
            self.primary_of_top()?;
        }
        self.eat_any("ALL DISTINCT");
        let _ = self.eat("AS STRUCT") || self.eat("AS VALUE");
        // PostgreSQL takes rows without columns.
        if !self.is(0, "FROM") {
            self.list(Self::column)?;
        }
        if self.eat("BULK COLLECT") || self.is(0, "INTO") {
            self.into()?;
        }
        if self.eat("FROM") {
            self.tables()?;
        }
        if self.eat("WHERE") {
            self.expression()?;
        }
        if self.is_any(0, "START CONNECT PREWHERE") && self.peek(1).kind == Kind::Word {
            return Err(Stop::Unknown);
        }
        if self.eat("GROUP BY") {
            self.groups()?;
        }
        if self.eat("HAVING") {
            self.expression()?;
        }
        if self.eat("WINDOW") {
            self.list(|parser| {
                parser.part()?;
                parser.need("AS")?;
                parser.window()
            })?;
        }
        if self.eat("QUALIFY") {
            self.expression()?;
        }
        Ok(())
    }

    /// Words between `SELECT` and the columns.
    fn is_modifier(&self) -> bool {
        let words = "ALL DISTINCT DISTINCTROW HIGH_PRIORITY STRAIGHT_JOIN";
        let token = self.peek(0);
        self.is_any(0, words)
            || token.kind == Kind::Word
                && token.text.starts_with("SQL_")
                && matches!(self.peek(1).kind, Kind::Word | Kind::Quoted | Kind::Sign)
                && !self.is_sign(1, ",")
                && !self.is_any(1, "AS FROM")
    }

    fn primary_of_top(&mut self) -> Checked {
        if self.is_sign(0, "(") {
            self.in_brackets()?;
        } else {
            self.next();
        }
        self.eat("PERCENT");
        self.eat("WITH TIES");
        Ok(())
    }

    /// A column of the result, with the name that it gets.
    pub(crate) fn column(&mut self) -> Checked {
        let star = self.eat_sign("*");
        if !star {
            self.expression()?;
        }
        let star = star
            || self
                .at
                .checked_sub(1)
                .is_some_and(|last| self.tokens.get(last).is_some_and(|token| token.text == "*"));
        if star {
            while self.is_any(0, "EXCEPT EXCLUDE REPLACE RENAME")
                && self.is_sign(1, "(")
                && !self.is(2, "SELECT")
            {
                self.next();
                self.brackets()?;
            }
        }
        if self.eat("AS") {
            let token = self.peek(0);
            fits(matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Text))?;
            self.next();
            return self.maybe_brackets();
        }
        if self.is_alias() || self.peek(0).kind == Kind::Text {
            self.next();
        }
        Ok(())
    }

    fn is_alias(&self) -> bool {
        match self.peek(0).kind {
            Kind::Quoted => true,
            Kind::Word => !self.is_any(0, RESERVED) && !self.is_any(0, CLAUSES),
            _ => false,
        }
    }

    /// Where rows go.
    fn into(&mut self) -> Checked {
        self.need("INTO")?;
        while self.eat_any("TEMP TEMPORARY UNLOGGED TABLE STRICT") {}
        self.list(|parser| {
            if parser.eat_kind(Kind::Value) {
                return Ok(());
            }
            parser.name()
        })
    }

    fn groups(&mut self) -> Checked {
        self.eat_any("ALL DISTINCT");
        if !self.at_end() && !self.is_any(0, "HAVING ORDER LIMIT") {
            self.list(|parser| {
                if parser.eat("GROUPING SETS") {
                    return parser.in_brackets();
                }
                parser.expression()?;
                parser.eat_any("ASC DESC");
                Ok(())
            })?;
        }
        if self.is(0, "WITH") && self.is_any(1, "ROLLUP CUBE") {
            self.next();
            self.next();
        }
        Ok(())
    }

    /// What comes after all parts of a query.
    fn tail(&mut self) -> Checked {
        if self.eat("ORDER BY") {
            self.orders()?;
        }
        loop {
            if self.eat("LIMIT") {
                if !self.eat("ALL") {
                    self.expressions()?;
                }
            } else if self.eat("OFFSET") {
                self.expression()?;
                self.eat_any("ROW ROWS");
            } else if self.eat("FETCH") {
                fits(self.eat_any("FIRST NEXT"))?;
                if !self.is_any(0, "ROW ROWS") {
                    self.expression()?;
                    self.eat("PERCENT");
                }
                fits(self.eat_any("ROW ROWS"))?;
                fits(self.eat("ONLY") || self.eat("WITH TIES"))?;
            } else if self.is(0, "FOR") && self.is_any(1, "UPDATE SHARE NO KEY") {
                self.next();
                while self.eat_any("UPDATE SHARE NO KEY NOWAIT SKIP LOCKED") {}
                if self.eat("OF") {
                    self.list(Self::name)?;
                }
                while self.eat_any("NOWAIT SKIP LOCKED") {}
            } else if self.is(0, "FOR") && self.is_any(1, "XML JSON BROWSE") {
                return Err(Stop::Unknown);
            } else if self.is_sign(0, "|>") {
                // The pipes of BigQuery.
                return Err(Stop::Unknown);
            } else if self.eat("LOCK IN SHARE MODE") {
            } else if self.is(0, "OPTION") && self.is_sign(1, "(") {
                self.next();
                self.brackets()?;
            } else if self.is(0, "INTO") {
                self.into()?;
            } else if self.eat("WITH NO DATA") || self.eat("WITH DATA") {
            } else {
                return Ok(());
            }
        }
    }

    /// Tables and what joins them.
    pub(crate) fn tables(&mut self) -> Checked {
        self.list(Self::joined)
    }

    /// No join needs a condition in every database, and one may come after further joins.
    fn joined(&mut self) -> Checked {
        self.deeper(|parser| {
            parser.table()?;
            while parser.join() {
                parser.table()?;
                loop {
                    if parser.eat("ON") {
                        parser.expression()?;
                    } else if parser.eat("USING") {
                        parser.names()?;
                        if parser.eat("AS") {
                            parser.part()?;
                        }
                    } else {
                        break;
                    }
                }
            }
            Ok(())
        })
    }

    /// The words of a join, where one comes.
    fn join(&mut self) -> bool {
        let before = self.at;
        if self.eat("CROSS APPLY") || self.eat("OUTER APPLY") || self.eat("STRAIGHT_JOIN") {
            return true;
        }
        self.eat("NATURAL");
        self.eat_any("LEFT RIGHT FULL INNER CROSS");
        while self.eat_any("OUTER SEMI ANTI ANY HASH LOOP MERGE REMOTE GLOBAL") {}
        if !self.eat("JOIN") {
            self.at = before;
            return false;
        }
        true
    }

    fn table(&mut self) -> Checked {
        while self.eat_any("ONLY LATERAL") {}
        if self.is_sign(0, "(") {
            self.next();
            if self.begins_query() {
                self.query()?;
            } else {
                // Tables, or queries in brackets of their own.
                self.tables()?;
                self.more_queries()?;
            }
            self.need_sign(")")?;
        } else if !self.eat_kind(Kind::Value) {
            if self.eat("TABLE") {
                self.in_brackets()?;
            } else {
                self.name()?;
                if self.is_sign(0, "(") {
                    self.brackets()?;
                }
            }
        }
        self.after_table()
    }

    fn after_table(&mut self) -> Checked {
        if self.eat("PARTITION") {
            self.brackets()?;
        }
        if self.is(0, "FOR") && self.is_any(1, "SYSTEM_TIME VERSION TIMESTAMP") {
            return Err(Stop::Unknown);
        }
        if self.is(0, "WITH") && self.is_any(1, "ORDINALITY OFFSET") {
            self.next();
            self.next();
        }
        self.alias()?;
        if self.is(0, "WITH") && self.is_sign(1, "(") {
            self.next();
            self.brackets()?;
            self.alias()?;
        }
        if self.eat("TABLESAMPLE") {
            self.part()?;
            self.brackets()?;
            if self.eat("REPEATABLE") {
                self.brackets()?;
            }
        }
        while self.is_any(0, "USE FORCE IGNORE") && self.is_any(1, "INDEX KEY") {
            self.next();
            self.next();
            if self.eat("FOR") {
                while self.eat_any("JOIN ORDER GROUP BY") {}
            }
            self.brackets()?;
        }
        if self.is_any(0, "PIVOT UNPIVOT MATCH_RECOGNIZE") {
            return Err(Stop::Unknown);
        }
        Ok(())
    }

    /// Another name for a table, and its columns, where one comes.
    pub(crate) fn alias(&mut self) -> Checked {
        if self.eat("AS") {
            if !self.is_sign(0, "(") {
                self.part()?;
            }
        } else if self.is_alias() {
            self.next();
        } else {
            return Ok(());
        }
        self.maybe_brackets()
    }
}
