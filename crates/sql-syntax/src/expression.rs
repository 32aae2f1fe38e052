//! Expressions: operands between operators, whatever binds them, and types.

use super::{Checked, Parser, RESERVED, Stop, fits, lexer::Kind};

/// What may stand after an operator or not.
enum Follows {
    Operand,
    Operator,
    Nothing,
}

/// Functions whose arguments have a grammar of their own.
const OWN_ARGUMENTS: &str = "JSON_TABLE JSON_OBJECT JSON_ARRAY JSON_ARRAYAGG JSON_OBJECTAGG JSON_VALUE JSON_QUERY \
    JSON_EXISTS XMLTABLE XMLELEMENT XMLSERIALIZE XMLFOREST";

pub(crate) const UNITS: &str = "MICROSECOND MILLISECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR MICROSECONDS \
    MILLISECONDS SECONDS MINUTES HOURS DAYS WEEKS MONTHS QUARTERS YEARS YEAR_MONTH DAY_HOUR \
    DAY_MINUTE DAY_SECOND HOUR_MINUTE HOUR_SECOND MINUTE_SECOND DECADE";

/// Signs that stand between two operands.
const BETWEEN_OPERANDS: [&str; 53] = [
    "+", "-", "*", "/", "%", "^", "|", "&", "||", "=", "==", "<>", "!=", "^=", "<", ">", "<=",
    ">=", "<=>", "<<", ">>", "->", "->>", "#>", "#>>", "#-", "@>", "<@", "?", "?|", "?&", "~",
    "~*", "!~", "!~*", "~~", "!~~", "~~*", "!~~*", "&&", "=>", ":=", "**", "@@", "@?", "<->",
    "<#>", "-|-", "&<", "&>", "+=", "-=", "#",
];

/// The same, which only calculate: between them the `AND` of `BETWEEN` has not come yet.
const CALCULATING: [&str; 9] = ["+", "-", "*", "/", "%", "||", "->", "->>", "^"];

impl Parser<'_, '_> {
    pub(crate) fn expression(&mut self) -> Checked {
        self.deeper(Self::operands)
    }

    pub(crate) fn expressions(&mut self) -> Checked {
        self.list(Self::expression)
    }

    fn operands(&mut self) -> Checked {
        self.operand()?;
        loop {
            match self.operator()? {
                Follows::Operand => self.operand()?,
                Follows::Operator => {}
                Follows::Nothing => return Ok(()),
            }
        }
    }

    fn operator(&mut self) -> Checked<Follows> {
        let token = self.peek(0);
        if token.kind == Kind::Sign && BETWEEN_OPERANDS.contains(&token.text) {
            self.next();
            return Ok(Follows::Operand);
        }
        if token.kind != Kind::Word {
            return Ok(Follows::Nothing);
        }
        if self.is(0, "NOT") {
            fits(self.is_any(
                1,
                "IN LIKE ILIKE BETWEEN SIMILAR REGEXP RLIKE GLOB MATCH NULL",
            ))?;
            self.next();
            if self.eat("NULL") {
                return Ok(Follows::Operator);
            }
        }
        if self.eat("IS") {
            self.eat("NOT");
            self.eat_any("NFC NFD NFKC NFKD");
            if self.eat_any("NULL TRUE FALSE UNKNOWN NORMALIZED DOCUMENT") {
                return Ok(Follows::Operator);
            }
            if self.eat("JSON") {
                self.eat_any("VALUE OBJECT ARRAY SCALAR");
                return Ok(Follows::Operator);
            }
            self.eat("DISTINCT FROM");
            return Ok(Follows::Operand);
        }
        if self.eat("BETWEEN") {
            self.eat_any("SYMMETRIC ASYMMETRIC");
            self.bound()?;
            self.need("AND")?;
            return Ok(Follows::Operand);
        }
        if self.eat("IN") {
            return Ok(Follows::Operand);
        }
        if self.eat_any("ISNULL NOTNULL") {
            return Ok(Follows::Operator);
        }
        let two = ["SIMILAR TO", "MEMBER OF", "SOUNDS LIKE"]
            .iter()
            .any(|two| self.eat(two));
        let one = "AND OR XOR LIKE ILIKE RLIKE REGEXP GLOB MATCH ESCAPE DIV MOD OVERLAPS";
        if two || self.eat_any(one) {
            return Ok(Follows::Operand);
        }
        if self.is(0, "OPERATOR") && self.is_sign(1, "(") {
            self.next();
            self.brackets()?;
            return Ok(Follows::Operand);
        }
        Ok(Follows::Nothing)
    }

    /// A value that no word goes on with.
    pub(crate) fn value(&mut self) -> Checked {
        self.bound()
    }

    /// What stands before the `AND` of `BETWEEN`, and the end of a window's frame.
    pub(crate) fn bound(&mut self) -> Checked {
        loop {
            self.operand()?;
            let token = self.peek(0);
            if token.kind != Kind::Sign || !CALCULATING.contains(&token.text) {
                return Ok(());
            }
            self.next();
        }
    }

    fn operand(&mut self) -> Checked {
        let before = ["+", "-", "~", "!", "@", "|/", "||/", "!!"];
        while self.eat("NOT") || self.eat("PRIOR") || before.iter().any(|sign| self.eat_sign(sign))
        {
        }
        if self.is(0, "BINARY")
            && matches!(
                self.peek(1).kind,
                Kind::Text | Kind::Number | Kind::Quoted | Kind::Value
            )
        {
            self.next();
        }
        self.primary()?;
        self.after_operand()
    }

    fn after_operand(&mut self) -> Checked {
        loop {
            if self.eat_sign("::") {
                self.a_type()?;
            } else if self.is_sign(0, "[") {
                self.next();
                self.subscript()?;
            } else if self.eat_sign(".") {
                fits(
                    self.is_sign(0, "*") || matches!(self.peek(0).kind, Kind::Word | Kind::Quoted),
                )?;
                self.next();
                if self.is_sign(0, "(") {
                    self.deeper(Self::arguments)?;
                }
            } else if self.eat("COLLATE") {
                self.name()?;
            } else if self.eat("AT TIME ZONE") {
                self.operand()?;
            } else if self.eat("AT LOCAL") {
            } else if self.is_sign(0, "(") && self.is_sign(1, "+") && self.is_sign(2, ")") {
                // The outer join of Oracle.
                self.brackets()?;
            } else if self.eat("AGAINST") {
                self.brackets()?;
            } else {
                return Ok(());
            }
        }
    }

    /// `[1]`, `[1:2]`, `['key']`, after the bracket.
    fn subscript(&mut self) -> Checked {
        while !self.eat_sign("]") {
            if !self.eat_sign(":") {
                self.expression()?;
            }
        }
        Ok(())
    }

    fn primary(&mut self) -> Checked {
        let token = self.peek(0);
        match token.kind {
            Kind::Text => {
                while self.eat_kind(Kind::Text) {}
                Ok(())
            }
            Kind::Number | Kind::Value => {
                self.next();
                Ok(())
            }
            Kind::Quoted => self.named(),
            Kind::Sign => match token.text {
                "(" => self.in_brackets(),
                "[" => {
                    self.next();
                    self.array()
                }
                "?" => {
                    self.next();
                    self.eat_kind(Kind::Number);
                    Ok(())
                }
                _ => Err(Stop::Misfit),
            },
            Kind::Word => self.word(),
            Kind::End => Err(Stop::Misfit),
        }
    }

    fn word(&mut self) -> Checked {
        if self.eat("CASE") {
            return self.case();
        }
        if self.eat_any("NULL DEFAULT") {
            return Ok(());
        }
        if self.is(0, "EXISTS") && self.is_sign(1, "(") {
            self.next();
            return self.in_brackets();
        }
        if self.is_any(0, "CAST TRY_CAST SAFE_CAST") && self.is_sign(1, "(") {
            self.next();
            self.next();
            self.expression()?;
            self.need("AS")?;
            self.a_type()?;
            if self.eat("FORMAT") {
                self.expression()?;
            }
            return self.need_sign(")");
        }
        if self.is(0, "INTERVAL") && self.interval()? {
            return Ok(());
        }
        if self.is(0, "ARRAY") && self.is_sign(1, "[") {
            self.next();
            self.next();
            return self.array();
        }
        if self.is_any(0, "ARRAY STRUCT") && self.is_sign(1, "<") {
            self.a_type()?;
            return self.primary();
        }
        if self.eat("NEXT VALUE FOR") {
            return self.name();
        }
        // `VALUES(column)` in MySQL; everywhere else the name would be none.
        if self.is(0, "VALUES") && self.is_sign(1, "(") {
            self.next();
            return self.in_brackets();
        }
        // A string with its type before it, or its character set.
        if self.peek(1).kind == Kind::Text && !self.is_any(0, RESERVED) {
            self.next();
            while self.eat_kind(Kind::Text) {}
            return Ok(());
        }
        self.named()
    }

    /// `INTERVAL '1 day'`, `INTERVAL 6 WEEK`; `false` where the word is a name.
    fn interval(&mut self) -> Checked<bool> {
        let next = self.peek(1);
        let value = match next.kind {
            Kind::Text | Kind::Number | Kind::Value => true,
            Kind::Sign => matches!(next.text, "(" | "-" | "?"),
            // `INTERVAL n DAY`
            Kind::Word | Kind::Quoted => self.is_any(2, UNITS) || self.is_sign(2, "."),
            Kind::End => false,
        };
        if !value {
            return Ok(false);
        }
        self.next();
        self.bound()?;
        if self.eat_any(UNITS) {
            self.maybe_brackets()?;
            if self.eat("TO") {
                fits(self.eat_any(UNITS))?;
                self.maybe_brackets()?;
            }
        }
        Ok(true)
    }

    /// An array's values, after its bracket.
    fn array(&mut self) -> Checked {
        if self.eat_sign("]") {
            return Ok(());
        }
        self.expressions()?;
        self.need_sign("]")
    }

    fn case(&mut self) -> Checked {
        if !self.is(0, "WHEN") {
            self.expression()?;
        }
        fits(self.is(0, "WHEN"))?;
        while self.eat("WHEN") {
            self.expressions()?;
            self.need("THEN")?;
            self.expression()?;
        }
        if self.eat("ELSE") {
            self.expression()?;
        }
        self.need("END")
    }

    /// A query, or values, or nothing.
    pub(crate) fn in_brackets(&mut self) -> Checked {
        self.need_sign("(")?;
        if self.eat_sign(")") {
            return Ok(());
        }
        if self.begins_query() {
            self.query()?;
            return self.need_sign(")");
        }
        let nested = self.is_sign(0, "(");
        self.list(|parser| {
            parser.expression()?;
            if parser.eat("AS") {
                parser.part()?;
            }
            Ok(())
        })?;
        // Queries in brackets of their own.
        if nested {
            self.more_queries()?;
        }
        self.need_sign(")")
    }

    /// A name, with the arguments where it is a function.
    fn named(&mut self) -> Checked {
        let own = self.is_any(0, OWN_ARGUMENTS);
        self.part()?;
        while self.is_sign(0, ".") {
            self.next();
            if self.eat_sign("*") {
                return Ok(());
            }
            if !self.is_sign(0, ".") {
                fits(matches!(self.peek(0).kind, Kind::Word | Kind::Quoted))?;
                self.next();
            }
        }
        let outer = self.is_sign(1, "+") && self.is_sign(2, ")");
        if !self.is_sign(0, "(") || outer {
            return Ok(());
        }
        if own {
            self.brackets()?;
        } else {
            self.deeper(Self::arguments)?;
        }
        self.after_call()
    }
}
