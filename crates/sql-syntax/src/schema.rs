//! Statements that make things.

use super::{Checked, Parser, Stop, fits, lexer::Kind};

/// Words that begin a condition or a trait of a column, never its type.
pub(crate) const TRAITS: &str = "NOT NULL DEFAULT PRIMARY UNIQUE KEY REFERENCES CHECK CONSTRAINT COLLATE COMMENT GENERATED \
    AS IDENTITY AUTO_INCREMENT AUTOINCREMENT ON STORED VIRTUAL PERSISTED INVISIBLE VISIBLE \
    CHARACTER CHARSET UNSIGNED SIGNED ZEROFILL BINARY DEFERRABLE INITIALLY MATCH ENFORCED \
    CLUSTERED NONCLUSTERED ASC DESC FIRST AFTER SPARSE ROWGUIDCOL STORAGE COMPRESSION SRID \
    USING NO";

impl Parser<'_, '_> {
    /// After `CREATE`.
    pub(crate) fn create(&mut self) -> Checked {
        if self.eat("OR") {
            fits(self.eat_any("REPLACE ALTER"))?;
        }
        let kinds = "GLOBAL LOCAL TEMP TEMPORARY UNLOGGED EXTERNAL FOREIGN MATERIALIZED RECURSIVE \
            UNIQUE CLUSTERED NONCLUSTERED COLUMNSTORE FULLTEXT SPATIAL CONSTRAINT BITMAP \
            ALGORITHM TRANSIENT HYPERTABLE EDITIONABLE NONEDITIONABLE FORCE";
        while self.eat_any(kinds) {
            // `ALGORITHM = MERGE`, `DEFINER = …`
            if self.eat_sign("=") {
                self.next();
            }
        }
        if self.is(0, "DEFINER") || self.is_any(0, "SQL") {
            return Err(Stop::Unknown);
        }
        if self.eat("TABLE") {
            return self.create_table();
        }
        if self.eat("VIEW") {
            return self.create_view();
        }
        if self.eat("INDEX") {
            return self.create_index();
        }
        if self.eat_any("FUNCTION PROCEDURE PROC AGGREGATE") {
            return self.create_routine();
        }
        if self.eat("TRIGGER") {
            return self.create_trigger();
        }
        // Their own grammar, unread.
        let others = "DATABASE SCHEMA SEQUENCE TYPE EXTENSION ROLE USER DOMAIN POLICY LOGIN SYNONYM \
            PUBLICATION SUBSCRIPTION SERVER RULE OPERATOR CAST COLLATION STATISTICS TABLESPACE \
            LANGUAGE CONVERSION TEXT EVENT PROFILE DIRECTORY WAREHOUSE STAGE PARTITION ACCESS \
            GROUP CATALOG VIRTUAL DEFAULT MASTER CERTIFICATE SYMMETRIC RESOURCE MODEL SNAPSHOT \
            TRANSFORM SECURITY PUBLIC EVENT ASSERTION MACRO SECRET";
        fits(self.eat_any(others))?;
        fits(!self.at_end())?;
        self.rest()
    }

    pub(crate) fn if_not_exists(&mut self) -> Checked {
        if self.eat("IF") {
            self.need("NOT EXISTS")?;
        }
        Ok(())
    }

    fn create_table(&mut self) -> Checked {
        self.if_not_exists()?;
        self.name()?;
        if self.eat("PARTITION OF") || self.eat("OF") {
            self.name()?;
            return self.rest();
        }
        if self.eat("LIKE") || self.eat("CLONE") {
            self.name()?;
            return self.rest();
        }
        if self.is_sign(0, "(") && !self.is(1, "SELECT") {
            self.elements()?;
        } else if !self.is_any(0, "AS SELECT WITH USING ENGINE ON") && !self.is_sign(0, "(") {
            return Err(Stop::Misfit);
        }
        // What the table is kept like, until a query fills it.
        while !self.at_end() {
            if self.eat("AS") || self.is(0, "SELECT") {
                return if self.is_sign(0, "(") {
                    self.in_brackets()?;
                    self.rest()
                } else {
                    self.query()
                };
            }
            if self.is_sign(0, "(") {
                self.brackets()?;
            } else if !self.is(0, "WITH") && self.begins_statement() {
                return Err(Stop::Misfit);
            } else {
                self.next();
            }
        }
        Ok(())
    }

    /// Columns and constraints in brackets.
    pub(crate) fn elements(&mut self) -> Checked {
        self.need_sign("(")?;
        if self.eat_sign(")") {
            return Ok(());
        }
        self.list(Self::element)?;
        self.need_sign(")")
    }

    pub(crate) fn element(&mut self) -> Checked {
        if self.eat("CONSTRAINT") && !self.is_any(0, "PRIMARY UNIQUE FOREIGN CHECK") {
            self.part()?;
        }
        if self.is(0, "PRIMARY") && self.is(1, "KEY")
            || self.is(0, "FOREIGN") && self.is(1, "KEY")
            || self.is_any(0, "UNIQUE FULLTEXT SPATIAL")
            || self.is_any(0, "INDEX KEY") && self.is_indexed()
        {
            return self.key();
        }
        if self.is(0, "CHECK") && self.is_sign(1, "(") {
            self.next();
            self.in_brackets()?;
            return self.traits();
        }
        if self.eat("LIKE") {
            self.name()?;
            while self.eat_any("INCLUDING EXCLUDING") {
                self.next();
            }
            return Ok(());
        }
        if self.eat("EXCLUDE") || self.eat("PERIOD FOR") {
            while !self.is_sign(0, ",") && !self.is_sign(0, ")") && !self.at_end() {
                if self.is_sign(0, "(") {
                    self.brackets()?;
                } else {
                    self.next();
                }
            }
            return Ok(());
        }
        self.column_definition()
    }

    /// `INDEX name (…)` and no column that is named so.
    fn is_indexed(&self) -> bool {
        self.is_sign(1, "(")
            || self.is_sign(2, "(") && !self.is_any(1, SIZED)
            || self.is(1, "USING")
            || self.is(2, "USING")
    }

    fn key(&mut self) -> Checked {
        let foreign = self.is(0, "FOREIGN");
        while self.eat_any(
            "PRIMARY FOREIGN UNIQUE FULLTEXT SPATIAL KEY INDEX CLUSTERED NONCLUSTERED \
                    NULLS NOT DISTINCT",
        ) {}
        if !self.is_sign(0, "(") && !self.is_any(0, "USING") {
            self.part()?;
        }
        if self.eat("USING") {
            if self.eat("INDEX") {
                self.part()?;
                return self.traits();
            }
            self.part()?;
        }
        // Names, with sizes, expressions or an order.
        fits(self.is_sign(0, "(") && !self.is_sign(1, ")"))?;
        self.next();
        self.orders()?;
        self.need_sign(")")?;
        if foreign {
            fits(self.is(0, "REFERENCES"))?;
        }
        while self.is_any(0, "USING INCLUDE WITH") {
            self.next();
            if self.is_sign(0, "(") {
                self.brackets()?;
            } else {
                self.next();
                self.eat_any("BTREE HASH");
            }
        }
        self.traits()
    }

    /// A name, a type and traits.
    pub(crate) fn column_definition(&mut self) -> Checked {
        let token = self.peek(0);
        let reserved = "SELECT FROM WHERE CREATE INTO AND OR AS JOIN";
        fits(matches!(token.kind, Kind::Word | Kind::Quoted) && !self.is_any(0, reserved))?;
        self.next();
        // SQLite needs no type, nor does a column that is worked out.
        if !self.is_any(0, TRAITS) && !self.is_sign(0, ",") && !self.is_sign(0, ")")
            || self.is(0, "BINARY")
            || self.is(0, "CHARACTER")
        {
            self.a_type()?;
        }
        self.traits()
    }

    /// What is said of a column after its type, or of a constraint.
    pub(crate) fn traits(&mut self) -> Checked {
        loop {
            if self.eat("CONSTRAINT") {
                self.part()?;
            } else if self.eat("NOT") {
                fits(self.eat_any("NULL DEFERRABLE ENFORCED VISIBLE VALID FOR"))?;
                self.eat("REPLICATION");
            } else if self.eat_any(
                "NULL UNIQUE KEY AUTO_INCREMENT AUTOINCREMENT STORED VIRTUAL PERSISTED \
                    INVISIBLE VISIBLE UNSIGNED SIGNED ZEROFILL BINARY DEFERRABLE ENFORCED \
                    CLUSTERED NONCLUSTERED ASC DESC FIRST SPARSE ROWGUIDCOL PRECISION HIDDEN",
            ) || self.eat("NO INHERIT")
            {
                if self.eat("NULLS") {
                    self.eat("NOT");
                    self.need("DISTINCT")?;
                }
            } else if self.eat("PRIMARY") {
                self.need("KEY")?;
            } else if self.eat_any("DEFAULT SRID") {
                // A value without the words that may follow it here as traits.
                self.default_value()?;
            } else if self.eat("CHECK") {
                fits(self.is_sign(0, "(") && !self.is_sign(1, ")"))?;
                self.in_brackets()?;
            } else if self.eat("REFERENCES") {
                self.name()?;
                if self.is_sign(0, "(") {
                    self.names()?;
                }
            } else if self.eat("ON") {
                self.on_change()?;
            } else if self.eat("MATCH") {
                fits(self.eat_any("FULL PARTIAL SIMPLE"))?;
            } else if self.eat("INITIALLY") {
                fits(self.eat_any("DEFERRED IMMEDIATE"))?;
            } else if self.eat("COLLATE")
                || self.eat("CHARACTER SET")
                || self.eat("CHARSET")
                || self.eat("AFTER")
                || self.eat("STORAGE")
                || self.eat("COMPRESSION")
            {
                self.name()?;
            } else if self.eat("COMMENT") {
                fits(self.eat_kind(Kind::Text) || self.eat_kind(Kind::Quoted))?;
            } else if self.eat("IDENTITY") {
                self.maybe_brackets()?;
            } else if self.eat("GENERATED") {
                if self.eat("BY") {
                    self.need("DEFAULT")?;
                    self.eat("ON NULL");
                } else {
                    self.need("ALWAYS")?;
                }
                self.need("AS")?;
                if self.eat("IDENTITY") {
                    self.maybe_brackets()?;
                } else if self.eat("ROW") {
                    fits(self.eat_any("START END"))?;
                } else {
                    self.in_brackets()?;
                }
            } else if self.eat("AS") {
                self.expression()?;
            } else {
                return Ok(());
            }
        }
    }

    /// After `DEFAULT`.
    fn default_value(&mut self) -> Checked {
        if self.eat_any("NULL TRUE FALSE") {
            return Ok(());
        }
        if self.eat("NEXT VALUE FOR") {
            return self.name();
        }
        self.value()
    }

    fn on_change(&mut self) -> Checked {
        if self.eat("CONFLICT") {
            return fits(self.eat_any("ROLLBACK ABORT FAIL IGNORE REPLACE"));
        }
        if self.peek(1).kind == Kind::Word && !self.is_any(0, "UPDATE DELETE") {
            // A filegroup of SQL Server.
            return self.part();
        }
        fits(self.eat_any("UPDATE DELETE"))?;
        if self.eat("SET") {
            fits(self.eat_any("NULL DEFAULT"))?;
            return self.maybe_brackets();
        }
        if self.eat("NO") {
            return self.need("ACTION");
        }
        if self.eat_any("CASCADE RESTRICT") {
            return Ok(());
        }
        fits(self.eat_any("CURRENT_TIMESTAMP NOW LOCALTIMESTAMP"))?;
        self.maybe_brackets()
    }

    fn create_view(&mut self) -> Checked {
        self.if_not_exists()?;
        self.name()?;
        while !self.eat("AS") {
            if self.is_sign(0, "(") {
                self.brackets()?;
            } else {
                fits(
                    self.eat_any("WITH SCHEMABINDING TABLESPACE USING TO OPTIONS")
                        || self.eat_kind(Kind::Quoted),
                )?;
            }
        }
        self.query()?;
        if self.eat("WITH") {
            self.eat_any("LOCAL CASCADED");
            let _ = self.eat("CHECK OPTION")
                || self.eat("READ ONLY")
                || self.eat("DATA")
                || self.eat("NO DATA");
        }
        Ok(())
    }

    fn create_index(&mut self) -> Checked {
        self.eat("CONCURRENTLY");
        self.if_not_exists()?;
        if !self.is(0, "ON") {
            self.name()?;
        }
        if self.eat("USING") {
            self.part()?;
        }
        self.need("ON")?;
        self.eat("ONLY");
        self.name()?;
        if self.eat("USING") {
            self.part()?;
        }
        fits(self.is_sign(0, "(") && !self.is_sign(1, ")"))?;
        self.brackets()?;
        while !self.at_end() {
            if self.eat("WHERE") {
                self.expression()?;
            } else if self.eat_any(
                "INCLUDE WITH TABLESPACE USING ON COMMENT ALGORITHM LOCK INVISIBLE VISIBLE \
                    NULLS STORING ONLINE LOCAL PARALLEL COMPRESS",
            ) {
                self.eat_sign("=");
                if self.is_sign(0, "(") {
                    self.brackets()?;
                } else {
                    self.next();
                    self.maybe_brackets()?;
                }
            } else {
                return Err(Stop::Misfit);
            }
        }
        Ok(())
    }

    fn create_routine(&mut self) -> Checked {
        self.if_not_exists()?;
        self.name()?;
        self.maybe_brackets()?;
        let (mut body, mut own) = (false, false);
        while !self.at_end() {
            body |= self.is_any(0, "AS RETURN LANGUAGE BEGIN EXTERNAL")
                || self.peek(0).kind == Kind::Text;
            own |= self.is_any(
                0,
                "BEGIN DECLARE IS RETURN IF SET SELECT INSERT UPDATE DELETE",
            );
            if self.is_sign(0, "(") || self.is_sign(0, "[") {
                self.brackets()?;
            } else {
                self.next();
            }
        }
        if own {
            return Err(Stop::Unknown);
        }
        fits(body)
    }

    fn create_trigger(&mut self) -> Checked {
        self.if_not_exists()?;
        self.name()?;
        // SQL Server names the table first.
        if self.eat("ON") {
            self.name()?;
        }
        let _ = self.eat("INSTEAD OF") || self.eat_any("BEFORE AFTER FOR");
        loop {
            fits(self.eat_any("INSERT UPDATE DELETE TRUNCATE LOGON CREATE ALTER DROP"))?;
            if self.eat("OF") {
                self.list(Self::name)?;
            }
            if !self.eat("OR") && !self.eat_sign(",") {
                break;
            }
        }
        if self.eat("ON") {
            self.name()?;
        }
        while !self.at_end() && !self.is(0, "EXECUTE") {
            if self.eat("BEGIN") {
                return self.block();
            }
            if self.is_any(
                0,
                "BEGIN AS DECLARE CALL SET INSERT UPDATE DELETE SELECT IF",
            ) {
                return Err(Stop::Unknown);
            }
            if self.is_sign(0, "(") {
                self.brackets()?;
            } else {
                self.next();
            }
        }
        self.need("EXECUTE")?;
        fits(self.eat_any("FUNCTION PROCEDURE"))?;
        self.name()?;
        fits(self.is_sign(0, "("))?;
        // PostgreSQL takes values here, and no names with dots.
        self.brackets()
    }

    /// The statements of SQLite and MySQL up to `END`; what they do not share is unknown.
    fn block(&mut self) -> Checked {
        while !self.eat("END") {
            let whole = self.statement().is_ok() && self.eat_sign(";");
            if !whole {
                return Err(Stop::Unknown);
            }
        }
        Ok(())
    }
}

/// Types that have a size: `key varchar(20)` is a column.
const SIZED: &str = "VARCHAR CHAR NVARCHAR NCHAR VARCHAR2 INT INTEGER BIGINT DECIMAL NUMERIC BINARY VARBINARY \
    FLOAT BIT";
