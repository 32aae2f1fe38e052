//! Statements that alter and drop things.

use super::{Checked, Parser, RESERVED, fits, schema::TRAITS};

impl Parser<'_, '_> {
    /// After `ALTER`.
    pub(crate) fn alter(&mut self) -> Checked {
        if !self.eat("TABLE") {
            let others = "DATABASE SCHEMA SEQUENCE TYPE EXTENSION ROLE USER DOMAIN POLICY LOGIN INDEX \
                VIEW MATERIALIZED FUNCTION PROCEDURE TRIGGER DEFAULT SYSTEM SESSION \
                AUTHORIZATION PUBLICATION SUBSCRIPTION SERVER TABLESPACE FOREIGN EVENT \
                WAREHOUSE PARTITION FULLTEXT COLUMN GROUP LANGUAGE AGGREGATE OPERATOR \
                COLLATION STATISTICS RULE EXTERNAL ONLINE INSTANCE SERVICE RESOURCE PROFILE \
                PLUGGABLE SYNONYM PACKAGE";
            fits(self.eat_any(others))?;
            fits(!self.at_end())?;
            return self.rest();
        }
        self.eat("IF EXISTS");
        self.eat("ONLY");
        self.name()?;
        if self.eat("WITH") {
            fits(self.eat_any("CHECK NOCHECK"))?;
        }
        self.list(Self::alteration)
    }

    fn alteration(&mut self) -> Checked {
        if self.eat("ADD") {
            let column = self.eat("COLUMN");
            self.if_not_exists()?;
            if !column && self.is_any(0, "PARTITION PERIOD VALUE") {
                return self.rest();
            }
            if self.is_sign(0, "(") {
                return self.elements();
            }
            self.element()?;
            self.eat("NOT VALID");
            // SQL Server names the column of a default afterwards.
            if self.eat("FOR") {
                self.part()?;
            }
            // It adds several by one word.
            return Ok(());
        }
        if self.eat("DROP") {
            while self.eat_any("COLUMN CONSTRAINT INDEX KEY FOREIGN CHECK") {}
            if self.eat("PRIMARY") {
                return self.need("KEY");
            }
            if self.is(0, "PARTITION") || self.is_sign(0, "(") {
                return self.rest();
            }
            self.eat("IF EXISTS");
            self.name()?;
            self.eat_any("CASCADE RESTRICT");
            return Ok(());
        }
        if self.eat("RENAME") {
            self.eat_any("COLUMN CONSTRAINT INDEX KEY");
            if !self.is_any(0, "TO AS") {
                self.name()?;
            }
            if self.eat_any("TO AS") {
                return self.name();
            }
            return Ok(());
        }
        if self.eat("MODIFY") {
            self.eat("COLUMN");
            if self.is_sign(0, "(") {
                return self.rest();
            }
            self.name()?;
            if !self.is_any(0, TRAITS) {
                self.a_type()?;
            }
            return self.traits();
        }
        if self.eat("CHANGE") {
            self.eat("COLUMN");
            self.name()?;
            return self.column_definition();
        }
        if self.eat("ALTER") {
            if self.eat_any("CONSTRAINT INDEX CHECK") {
                return self.rest();
            }
            self.eat("COLUMN");
            self.name()?;
            return self.alter_column();
        }
        // Whatever else databases keep of a table, unread.
        let others = "ENABLE DISABLE OWNER SET RESET ATTACH DETACH VALIDATE CLUSTER INHERIT NO ENGINE \
            CONVERT COMMENT AUTO_INCREMENT ORDER SWITCH REBUILD REPLICA FORCE TRUNCATE \
            EXCHANGE REORGANIZE PARTITION DEFAULT CHARACTER CHARSET COLLATE ROW_FORMAT NOCHECK \
            CHECK OF NOT SPLIT MERGE COALESCE OPTIMIZE ANALYZE LOCK ALGORITHM TABLESPACE SWAP \
            MOVE UPDATE DELETE MATERIALIZE FREEZE SUSPEND RESUME CONNECTION UNSET TYPE \
            VERSIONING";
        fits(self.eat_any(others))?;
        while !self.at_end() && !self.is_sign(0, ",") {
            if self.is_sign(0, "(") {
                self.brackets()?;
            } else {
                self.next();
            }
        }
        Ok(())
    }

    fn alter_column(&mut self) -> Checked {
        if self.eat("SET") {
            if self.eat("DEFAULT") {
                return self.expression();
            }
            if self.eat("NOT NULL") {
                return Ok(());
            }
            if !self.eat("DATA TYPE") {
                return self.rest();
            }
        } else if self.eat("DROP") {
            fits(self.eat_any("DEFAULT NOT IDENTITY EXPRESSION MASKED"))?;
            let _ = self.eat("NULL") || self.eat("IF EXISTS");
            return Ok(());
        } else if self.is_any(0, "ADD RESTART RESET") {
            return self.rest();
        } else {
            // SQL Server has no word before the type.
            self.eat("TYPE");
        }
        fits(!self.is_any(0, TRAITS) && !self.is_any(0, RESERVED))?;
        self.a_type()?;
        self.traits()?;
        if self.eat("USING") {
            self.expression()?;
        }
        Ok(())
    }

    /// After `DROP`.
    pub(crate) fn drop_thing(&mut self) -> Checked {
        let kinds = "TABLE VIEW INDEX DATABASE SCHEMA SEQUENCE TYPE EXTENSION ROLE USER DOMAIN POLICY \
            FUNCTION PROCEDURE PROC TRIGGER MATERIALIZED TEMPORARY LOGIN SYNONYM AGGREGATE \
            CAST COLLATION EVENT FOREIGN GROUP LANGUAGE OPERATOR OWNED PUBLICATION RULE SERVER \
            STATISTICS SUBSCRIPTION TABLESPACE TEXT TRANSFORM ACCESS ROUTINE PACKAGE PREPARE \
            CONVERSION EXTERNAL DICTIONARY MACRO STAGE STREAM TASK WAREHOUSE PARTITION COLUMN \
            CONSTRAINT DEFAULT SECRET CERTIFICATE MASTER PUBLIC PROFILE DIRECTORY";
        fits(self.eat_any(kinds))?;
        fits(!self.at_end())?;
        // Names, few words and what a function takes.
        while !self.at_end() {
            if self.is_sign(0, "(") {
                self.brackets()?;
            } else {
                fits(!self.begins_statement() || self.is_any(0, "CASCADE RESTRICT"))?;
                self.next();
            }
        }
        Ok(())
    }
}
