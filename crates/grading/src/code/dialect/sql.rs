//! SQL of databases that the parser does not know.

use super::{session::is_name, template::between};

/// Databases whose SQL the parser does not know, or not well.
pub const DATABASES: [&str; 52] = [
    "t-sql",
    "tsql",
    "transact-sql",
    "sql server",
    "mssql",
    "azure sql",
    "synapse",
    "oracle",
    "pl/sql",
    "plsql",
    "plpgsql",
    "pl/pgsql",
    "psql",
    "mariadb",
    "clickhouse",
    "snowflake",
    "duckdb",
    "redshift",
    "spark",
    "databricks",
    "hive",
    "hiveql",
    "presto",
    "trino",
    "athena",
    "teradata",
    "db2",
    "hana",
    "vertica",
    "greenplum",
    "cockroachdb",
    "tidb",
    "sybase",
    "firebird",
    "informix",
    "ms access",
    "cassandra",
    "cql",
    "kusto",
    "questdb",
    "influxql",
    "impala",
    "flink",
    "ksqldb",
    "singlestore",
    "netezza",
    "sqlplus",
    "sql*plus",
    "dbt",
    "soql",
    "hql",
    "jpql",
];

/// Whether a text has what only a database has that the request names.
pub fn is_of_the_named(text: &str, asked: impl Fn(&[&str]) -> bool) -> bool {
    const MYSQL: [&str; 6] = [
        "STRAIGHT_JOIN",
        "HANDLER ",
        "INTO OUTFILE",
        "LOAD XML",
        "ON DUPLICATE",
        "UNSIGNED",
    ];
    let upper = text.to_ascii_uppercase();
    asked(&["mysql", "mariadb"]) && MYSQL.iter().any(|mark| upper.contains(mark))
}

/// Brackets or quotes that do not close are wrong in every dialect of SQL.
pub fn sql_is_torn(text: &str) -> bool {
    // Some databases escape a quote with a backslash, others do not.
    torn(text, false) && torn(text, true)
}

fn torn(text: &str, backslash: bool) -> bool {
    let mut open: Vec<char> = Vec::new();
    let mut signs = text.chars().peekable();
    let mut last = ' ';
    while let Some(sign) = signs.next() {
        let before = std::mem::replace(&mut last, sign);
        match sign {
            // As Oracle quotes what holds quotes: q'[it's]'.
            '\'' if matches!(before, 'q' | 'Q')
                && signs.peek().is_some_and(|c| "[({<!".contains(*c)) =>
            {
                let end = match signs.next() {
                    Some('[') => ']',
                    Some('(') => ')',
                    Some('{') => '}',
                    Some('<') => '>',
                    _ => '!',
                };
                let (mut inside, mut closed) = (' ', false);
                for next in signs.by_ref() {
                    closed = inside == end && next == '\'';
                    if closed {
                        break;
                    }
                    inside = next;
                }
                if !closed {
                    return true;
                }
            }
            '\'' | '"' | '`' => {
                let mut closed = false;
                while let Some(inside) = signs.next() {
                    if backslash && inside == '\\' {
                        signs.next();
                    } else if inside == sign {
                        closed = true;
                        break;
                    }
                }
                if !closed {
                    return true;
                }
            }
            '-' if signs.peek() == Some(&'-') => while signs.next_if(|c| *c != '\n').is_some() {},
            '/' if signs.peek() == Some(&'*') => {
                let mut last = ' ';
                for inside in signs.by_ref() {
                    if last == '*' && inside == '/' {
                        break;
                    }
                    last = inside;
                }
            }
            '(' | '[' => open.push(sign),
            ')' if open.pop() != Some('(') => return true,
            ']' if open.pop() != Some('[') => return true,
            _ => {}
        }
    }
    !open.is_empty()
}

/// Statements and clauses that only some databases have, and what stands for a value.
pub fn is_sql_of_its_own(text: &str) -> bool {
    const ANYWHERE: [&str; 146] = [
        "$$",
        "DBMS_",
        "NVARCHAR",
        "IDENTITY(",
        "NOLOCK",
        "CROSS APPLY",
        "OUTER APPLY",
        "MERGETREE",
        "QUALIFY ",
        "EXCLUDE (",
        "EXCLUDE(",
        "READ_PARQUET",
        "READ_CSV",
        "READ_JSON",
        "COPY INTO",
        "UNPIVOT",
        "PIVOT (",
        "PIVOT(",
        "FLATTEN(",
        "PREWHERE ",
        "ARRAY JOIN",
        "ROWNUM",
        "CONNECT BY",
        "(+)",
        "SYSDATE",
        "VARCHAR2",
        "SERVEROUTPUT",
        "LOAD DATA",
        "LATERAL VIEW",
        "TBLPROPERTIES",
        "STORED AS",
        "DISTKEY",
        "SORTKEY",
        "CLUSTER BY",
        "DISTRIBUTE BY",
        "MATCH_RECOGNIZE",
        "FOR XML",
        "FOR JSON",
        "OPENJSON",
        "OPENROWSET",
        " REPLACE (",
        "LANGUAGE PLPGSQL",
        "LANGUAGE SQL",
        "ENGINE =",
        "ENGINE=",
        "RAISERROR",
        "RAISE NOTICE",
        "RAISE EXCEPTION",
        "SP_EXECUTESQL",
        "%TYPE",
        "%ROWTYPE",
        "EXECUTE IMMEDIATE",
        "SIGNAL SQLSTATE",
        "ASOF JOIN",
        "SETTINGS ",
        "LIMIT BY",
        "WITH TIES",
        "PARTITIONED BY",
        "SYSTEM_TIME",
        "PIPE ROW",
        "BULK COLLECT",
        "LEAVE ",
        "ITERATE ",
        "TRY_CAST(",
        "\\G",
        "IDENTIFIED BY",
        "FLUSH PRIVILEGES",
        "CREATE DICTIONARY",
        "WITH TOTALS",
        "FORMAT JSONEACH",
        "LAMBDA ",
        "VIRTUAL TABLE",
        " | WHERE ",
        "| SUMMARIZE",
        "FILL(",
        "NONCLUSTERED",
        "OPTION (",
        "OPTION(",
        "RECOMPILE",
        "FILLFACTOR",
        "VALUES LESS THAN",
        "PARTITION BY RANGE",
        "PARTITION BY LIST",
        "PARTITION BY HASH",
        "PARTITION BY KEY",
        "SEARCH DEPTH FIRST",
        "SEARCH BREADTH FIRST",
        "REINDEX",
        "PUBLICATION",
        "SUBSCRIPTION",
        "ALTER SYSTEM",
        "ALTER DEFAULT PRIVILEGES",
        "NOCACHE",
        "NOCYCLE",
        "NEXTVAL",
        "INSERT ALL",
        "INSERT FIRST",
        "DIMENSION BY",
        "TABLESPACE",
        "AS OF TIMESTAMP",
        "AS OF SCN",
        "UNDROP ",
        " CLONE ",
        "OFFSET =>",
        "TIMESTAMP =>",
        "CREATE MODEL",
        "REPLACE MODEL",
        " ML.",
        ") STRICT",
        "WITHOUT ROWID",
        "CONFIGURE ZONE",
        "UPSERT ",
        "AS OF SYSTEM TIME",
        "TIMESCALEDB.",
        "TRANSFORM ",
        "STATEMENT-BREAKPOINT",
        "FOREIGN DATA WRAPPER",
        "IMPORT FOREIGN SCHEMA",
        "SECURITY LABEL",
        "CREATE RULE",
        "CREATE AGGREGATE",
        "CREATE OPERATOR",
        "CREATE COLLATION",
        "CREATE STATISTICS",
        "TEXT SEARCH CONFIGURATION",
        "EVENT TRIGGER",
        "OPTIMIZER_",
        " Q'",
        "(Q'",
        " INDEXED BY ",
        "$ACTION",
        "OUTPUT INSERTED",
        "OUTPUT DELETED",
        "ROWS FROM (",
        "ROWS FROM(",
        "FROM VALUES (",
        "FROM VALUES(",
        "ARRAY<",
        "STRUCT<",
        "STRUCT(",
        "GLOBAL ANY",
        "GLOBAL IN",
        "GLOBAL JOIN",
        " PERCENT)",
        "MAP {",
        "{'",
    ];
    const ROUTINES: [&str; 8] = [
        "PROCEDURE",
        "FUNCTION",
        "TRIGGER",
        "PACKAGE",
        "EVENT",
        "MACRO",
        "TASK",
        "STREAM",
    ];
    const STARTS: [&str; 30] = [
        "DELIMITER",
        "DECLARE",
        "EXEC ",
        "PRINT ",
        "SPOOL ",
        "ACCEPT ",
        "PROMPT ",
        "DO ",
        "USE ",
        "GO",
        "BEGIN",
        "PIVOT ",
        "FROM ",
        "SUMMARIZE",
        "DESCRIBE",
        "INSTALL ",
        "OPTIMIZE ",
        "VACUUM",
        "REFRESH ",
        "ATTACH ",
        "PRAGMA ",
        "CACHE ",
        "UNCACHE ",
        "MSCK ",
        "EXPORT ",
        "IMPORT ",
        "KILL ",
        "CHECKPOINT",
        "RESTORE ",
        "BACKUP ",
    ];
    let upper = text.to_ascii_uppercase();
    if ANYWHERE.iter().any(|mark| upper.contains(mark)) {
        return true;
    }
    let words: Vec<&str> = upper.split_whitespace().take(4_000).collect();
    let creates = words.iter().enumerate().any(|(at, word)| {
        matches!(*word, "CREATE" | "ALTER" | "REPLACE")
            && words
                .iter()
                .skip(at + 1)
                .take(4)
                .any(|word| ROUTINES.contains(word))
    });
    let line = |line: &str| {
        let line = line.trim();
        line == "/"
            || line.starts_with('\\')
            || line.starts_with('.')
                && line
                    .get(1..2)
                    .is_some_and(|c| c.chars().all(|c| c.is_ascii_alphabetic()))
            || STARTS.iter().any(|start| {
                line == start.trim_end()
                    || (start.ends_with(' ')
                        && line.starts_with(start)
                        && first_of_statement(start, &upper))
                    || (!start.ends_with(' ')
                        && line
                            .strip_prefix(start)
                            .is_some_and(|rest| rest.starts_with([' ', ';'])))
            })
    };
    creates
        || upper.lines().any(line)
        || holds_values_to_come(text)
        || fills_views(&words)
        || has_values_of_its_own(&upper, &words)
}

/// Names before their values, a choice of two by `?` and `:`, a value in the place of a query, lists made of lists.
fn has_values_of_its_own(upper: &str, words: &[&str]) -> bool {
    let is_named = |word: &&str| {
        let name = word.strip_suffix(':').unwrap_or_default();
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let chooses = words.contains(&"?") && words.contains(&":");
    let value = |word: &str| word.starts_with(|c: char| c.is_ascii_digit() || c == '\'');
    let bound = words
        .windows(2)
        .any(|two| matches!(two, ["WITH", first] if value(first)));
    let listed = |part: &str| {
        let list = part.split(']').next().unwrap_or_default();
        list.split_once(" FOR ")
            .is_some_and(|(_, rest)| rest.contains(" IN "))
    };
    words.iter().any(is_named) || chooses || bound || upper.split('[').skip(1).any(listed)
}

/// A materialized view that is written into a table, as ClickHouse has it; a date of Access.
fn fills_views(words: &[&str]) -> bool {
    words
        .windows(4)
        .any(|four| matches!(four, ["MATERIALIZED", "VIEW", _, "TO"]))
        || words.iter().any(|word| {
            let inside = word.trim_end_matches([';', ')', ',']).strip_prefix('#');
            inside.is_some_and(|date| {
                date.ends_with('#') && date.starts_with(|c: char| c.is_ascii_digit())
            })
        })
}

/// A text that begins with `FROM`, as DuckDB's may: elsewhere it is a clause.
fn first_of_statement(start: &str, upper: &str) -> bool {
    start != "FROM " || upper.trim_start().starts_with(start)
}

/// `%s`, `%(name)s`, `:name`, `@name`, `{name}`, `&name`.
fn holds_values_to_come(text: &str) -> bool {
    if text.contains("%s") || text.contains("%(") || between(text, "{", "}").any(is_name) {
        return true;
    }
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        let before = at
            .checked_sub(1)
            .and_then(|at| bytes.get(at))
            .copied()
            .unwrap_or(b' ');
        let after = bytes.get(at + 1).copied().unwrap_or(b' ');
        matches!(byte, b':' | b'@' | b'&' | b'#')
            && (after.is_ascii_alphabetic() || after == b'_')
            && matches!(before, b' ' | b'(' | b',' | b'=' | b'\n' | b'\t')
    })
}
