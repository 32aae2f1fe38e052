//! A script: statements, one after the other.

use super::{Checked, Parser, Stop, fits, lexer::Kind};

/// Words that begin a statement.
const VERBS: &str = "SELECT INSERT UPDATE DELETE MERGE CREATE ALTER DROP TRUNCATE GRANT REVOKE BEGIN COMMIT \
    ROLLBACK EXPLAIN DECLARE EXEC CALL PRINT WITH DESCRIBE SHOW VACUUM GO";

/// Those whose rest is a language of one database's own.
const UNKNOWN: &str = "DECLARE IF WHILE LOOP EXEC EXECUTE DELIMITER DO GO PRINT RAISERROR RETURN OPEN CLOSE FETCH \
    PREPARE DEALLOCATE HANDLER LOAD IMPORT EXPORT UNLOAD RAISE THROW SIGNAL WAITFOR FOR \
    RECONFIGURE DBCC BACKUP";

/// Those whose rest is short and told apart by their database only.
const SHORT: &str = "COMMIT ROLLBACK SAVEPOINT RELEASE SHOW DESCRIBE DESC USE GRANT REVOKE DENY ANALYZE ANALYSE \
    VACUUM REINDEX CLUSTER PRAGMA COMMENT LOCK UNLOCK KILL CHECKPOINT DISCARD LISTEN NOTIFY \
    UNLISTEN REFRESH RENAME RESET FLUSH OPTIMIZE REPAIR CHECK COPY ATTACH DETACH REASSIGN \
    SECURITY PURGE INSTALL UNDROP ABORT END";

impl Parser<'_, '_> {
    pub(crate) fn script(&mut self) -> Checked {
        while self.eat_sign(";") {}
        fits(self.peek(0).kind != Kind::End)?;
        while self.peek(0).kind != Kind::End {
            self.statement()?;
            fits(self.at_end())?;
            while self.eat_sign(";") {}
        }
        Ok(())
    }

    pub(crate) fn begins_statement(&self) -> bool {
        self.is_any(0, VERBS)
    }

    pub(crate) fn statement(&mut self) -> Checked {
        if self.is_sign(0, "(") || self.is_any(0, "SELECT WITH VALUES TABLE") {
            return self.query();
        }
        fits(self.peek(0).kind == Kind::Word)?;
        if self.is_any(0, "INSERT REPLACE UPDATE DELETE MERGE") {
            return self.change();
        }
        if self.eat("CREATE") {
            return self.create();
        }
        if self.eat("ALTER") {
            return self.alter();
        }
        if self.eat("DROP") {
            return self.drop_thing();
        }
        if self.eat("TRUNCATE") {
            self.eat("TABLE");
            self.list(Self::name)?;
            return self.short();
        }
        if self.eat("EXPLAIN") {
            return self.explained();
        }
        if self.eat("BEGIN") || self.eat("START") {
            return self.begin();
        }
        if self.eat("SET") {
            return self.set();
        }
        if self.eat("COPY") {
            if self.begins_query() || self.is_sign(0, "(") {
                self.in_brackets()?;
            }
            return self.short();
        }
        if self.eat("CALL") {
            self.name()?;
            return self.maybe_brackets();
        }
        if self.is_any(0, UNKNOWN) {
            return Err(Stop::Unknown);
        }
        if self.eat_any(SHORT) {
            return self.short();
        }
        Err(Stop::Misfit)
    }

    /// The rest of a short statement, in which no other begins.
    fn short(&mut self) -> Checked {
        let start = self.at;
        while !self.at_end() {
            // `GRANT SELECT ON …`, `COPY (SELECT …)`, `COMMIT AND CHAIN`
            if self.is_sign(0, "(") {
                self.brackets()?;
            } else {
                self.next();
            }
            fits(self.at - start < 200)?;
        }
        Ok(())
    }

    fn explained(&mut self) -> Checked {
        if self.is_sign(0, "(") && !self.is(1, "SELECT") {
            self.brackets()?;
        }
        while self.eat_any("ANALYZE ANALYSE VERBOSE QUERY PLAN EXTENDED FORMAT FOR") {
            if self.eat_sign("=") {
                self.next();
            }
        }
        if self.peek(0).kind == Kind::Word && self.peek(1).kind == Kind::End {
            return self.rest();
        }
        self.statement()
    }

    /// A transaction; what else `BEGIN` begins is a block.
    fn begin(&mut self) -> Checked {
        let words = "TRANSACTION TRAN WORK DEFERRED IMMEDIATE EXCLUSIVE ISOLATION READ";
        if self.at_end() {
            return Ok(());
        }
        if self.is_any(0, words) {
            return self.short();
        }
        Err(Stop::Unknown)
    }

    /// `SET name = value`, `SET name TO value`, `SET NAMES utf8`.
    fn set(&mut self) -> Checked {
        let words = "NAMES TRANSACTION ROLE CONSTRAINTS SESSION LOCAL GLOBAL TIME CHARACTER PASSWORD \
            DEFAULT IDENTITY_INSERT NOCOUNT ANSI_NULLS QUOTED_IDENTIFIER XACT_ABORT STATISTICS \
            SCHEMA DATEFORMAT ROWCOUNT PERSIST AUTOCOMMIT DATEFIRST LANGUAGE TEXTSIZE OFFSETS";
        let (start, known) = (
            self.at,
            self.is_any(0, words) || self.peek(0).text.contains('_'),
        );
        let mut given = false;
        while !self.at_end() {
            given |= self.is_sign(0, "=") || self.is_sign(0, ":=") || self.is(0, "TO");
            if self.is_sign(0, "(") {
                self.brackets()?;
            } else {
                self.next();
            }
        }
        // Switches of SQL Server: `SET NAME ON`.
        let switch = self.at - start == 2
            && self.tokens.get(self.at - 1).is_some_and(|last| {
                last.text.eq_ignore_ascii_case("ON") || last.text.eq_ignore_ascii_case("OFF")
            });
        fits(known || given || switch)
    }
}
