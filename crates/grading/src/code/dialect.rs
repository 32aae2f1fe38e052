//! What may be right although a parser refuses it: sessions, notebooks, diffs, templates, texts
//! that leave something out, and dialects that no parser here knows.
//!
//! Law: asked only of a text that did not parse, and only about marks that the plain language
//! does not have; each makes the text unknown, none makes it right. Linear in the text.

use super::language::Language;

/// Why a text that does not parse as `language` is not known to be wrong; `None` where it is.
/// `prompt` is what was asked, in lower case.
pub fn excuse(language: Language, tag: &str, text: &str, prompt: &str) -> Option<&'static str> {
    if is_session(language, text) {
        return Some("a session with its prompts");
    }
    if language == Language::Python && is_notebook(text) {
        return Some("a notebook cell");
    }
    if is_diff(language, text) {
        return Some("a diff");
    }
    if is_template(language, text) {
        return Some("a template");
    }
    let asked = |names: &[&str]| names.iter().any(|name| has_name(prompt, name));
    if (asked(&BEFORE) || holds_code(prompt)) && leaves_out(language, text) {
        return Some("code with a part left out");
    }
    let tag = tag.to_ascii_lowercase();
    match language {
        Language::Sql => {
            let named = asked(&DATABASES) || matches!(tag.as_str(), "tsql" | "t-sql" | "mssql");
            (!sql_is_torn(text) && (named || is_sql_of_its_own(text)))
                .then_some("SQL of a database that is not known here")
        }
        Language::Bash => (asked(&SHELLS) || tag == "zsh" || is_other_shell(text))
            .then_some("commands of another shell"),
        Language::Json | Language::JsonLines => {
            asked(&LOOSE_JSON).then_some("JSON with comments or looser still")
        }
        Language::Python => (asked(&["python 2", "python2", "cython", "sage", "sagemath", "mojo"])
            || matches!(tag.as_str(), "python2" | "py2"))
        .then_some("a dialect of Python"),
        Language::Xml => asked(&[
            "html", "html5", "vue", "angular", "svelte", "htmx", "web page",
        ])
        .then_some("HTML or like it"),
        Language::JavaScript => asked(&[
            "flow",
            "google apps script",
            "svelte",
            "k6",
            "qml",
            "extendscript",
        ])
        .then_some("a dialect of JavaScript"),
        _ => None,
    }
}

/// What a request says that there is something before, or that not all of it is wanted.
const BEFORE: [&str; 25] = [
    "existing",
    "above",
    "previous",
    "my code",
    "this code",
    "the code",
    "your code",
    "refactor",
    "rewrite",
    "modify",
    "update",
    "change",
    "changes",
    "changed",
    "the rest",
    "instead",
    "again",
    "the same",
    "unchanged",
    "skeleton",
    "stub",
    "outline",
    "boilerplate",
    "placeholder",
    "sketch",
];

/// Does a request bring code along, that an answer may refer to.
fn holds_code(prompt: &str) -> bool {
    let is_code = |line: &&str| {
        let line = line.trim();
        line.ends_with([';', '{', '}', ')', ']', ':']) && line.contains(['=', '(', '{', ';'])
            || line.starts_with("</")
            || matches!(line, "}" | "};" | ");" | "end" | "end;")
    };
    prompt.contains("```") || prompt.lines().filter(is_code).take(2).count() == 2
}

/// Databases whose SQL the parser does not know, or not well.
const DATABASES: [&str; 52] = [
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

/// Shells that are not Bash.
const SHELLS: [&str; 18] = [
    "fish",
    "fish shell",
    "zsh",
    "oh-my-zsh",
    "powershell",
    "pwsh",
    "nushell",
    "cmd.exe",
    "cmd",
    "batch",
    "windows",
    "tcsh",
    "csh",
    "xonsh",
    "elvish",
    "ksh",
    "command prompt",
    "busybox",
];

/// What has JSON with comments, or looser JSON.
const LOOSE_JSON: [&str; 18] = [
    "json5",
    "jsonc",
    "hjson",
    "tsconfig",
    "tsconfig.json",
    "vs code",
    "vscode",
    "settings.json",
    "launch.json",
    "tasks.json",
    "keybindings.json",
    "comments",
    "comment",
    "commented",
    "eslintrc",
    "babelrc",
    "devcontainer",
    "wrangler",
];

/// Whether a text in lower case has the name, not as a part of a word.
fn has_name(text: &str, name: &str) -> bool {
    text.match_indices(name).take(20).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text
            .get(at + name.len()..)
            .and_then(|rest| rest.chars().next());
        let free = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
        free(before) && free(after)
    })
}

fn filled(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

/// Lines that begin with the prompt of an interpreter or a shell.
fn is_session(language: Language, text: &str) -> bool {
    if matches!(language, Language::Csv | Language::Yaml) {
        return false;
    }
    let prompts = || filled(text).filter(|line| begins_with_prompt(line.trim_start()));
    let prompted = prompts().count();
    let first = filled(text).next().unwrap_or_default();
    // A bare `>` ends a tag that was broken over lines as well.
    let spoken = prompts().any(|line| line.trim() != ">");
    (prompted >= 2 && spoken) || (prompted == 1 && begins_with_prompt(first.trim_start()))
}

fn begins_with_prompt(line: &str) -> bool {
    const NAMES: [&str; 24] = [
        "mysql",
        "sqlite",
        "sql",
        "jshell",
        "scala",
        "ghci",
        "prelude",
        "julia",
        "redis",
        "mongo",
        "mongosh",
        "postgres",
        "node",
        "deno",
        "bun",
        "lua",
        "php",
        "hive",
        "spark-sql",
        "cqlsh",
        "duckdb",
        "d",
        "r",
        "user",
    ];
    if matches!(line.trim_end(), ">>>" | "..." | ">") {
        return line.starts_with('>');
    }
    let plain = [">>> ", "> ", ">> ", "=> ", "❯ ", "➜ ", "% ", "$ "];
    if plain.iter().any(|prompt| line.starts_with(prompt)) {
        return true;
    }
    let numbered = |name: &str| {
        line.strip_prefix(name).is_some_and(|rest| {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
            rest.starts_with("]:")
        })
    };
    if numbered("In [") || numbered("Out[") {
        return true;
    }
    let near = line.get(..line.floor_char_boundary(48)).unwrap_or(line);
    let Some(end) = near.find(['>', '$', '#', '%']) else {
        return false;
    };
    let (head, rest) = near.split_at_checked(end).unwrap_or((near, ""));
    let drive = head.as_bytes().get(1) == Some(&b':') && head.contains('\\');
    if drive || head.starts_with("PS ") || head == "PS" {
        return rest.starts_with('>');
    }
    if !rest
        .get(1..)
        .is_some_and(|after| after.is_empty() || after.starts_with(' '))
    {
        return false;
    }
    let name = head.trim_end_matches(['=', '-', '*']).to_ascii_lowercase();
    let known = NAMES.contains(&name.as_str()) && !rest.starts_with('%');
    let counted = head.contains(['(', '['])
        && head.ends_with(|c: char| c.is_ascii_digit() || matches!(c, ')' | ']'))
        && ["irb", "pry", "iex", "mariadb", "["]
            .iter()
            .any(|lead| name.starts_with(lead));
    let database = rest.starts_with('#') && head.ends_with('=');
    let host =
        head.contains('@') && !head.contains([' ', '"', '\'', '(']) && !rest.starts_with('>');
    known || counted || database || host
}

/// Magics and commands of a notebook's cell.
fn is_notebook(text: &str) -> bool {
    filled(text).any(|line| {
        let line = line.trim();
        let magic = line.trim_start_matches('%');
        let is_magic = magic.len() < line.len()
            && line.len() - magic.len() <= 2
            && magic.starts_with(|c: char| c.is_ascii_alphabetic());
        let command = line.strip_prefix('!').is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_alphabetic() || "./$".contains(c))
        });
        let called = line.split_once(" = ").is_some_and(|(name, rest)| {
            is_name(name) && rest.starts_with(['!', '%']) && rest.len() > 1
        });
        let help = line
            .strip_suffix('?')
            .or_else(|| line.strip_prefix('?'))
            .is_some_and(|name| is_name(name.trim_matches('?')));
        is_magic || command || called || help
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}

/// Lines taken away and added, hunks, or the marks of a merge.
fn is_diff(language: Language, text: &str) -> bool {
    const MARKS: [&str; 12] = [
        "@@",
        "--- a/",
        "+++ b/",
        "--- /",
        "+++ /",
        "diff --git",
        "*** Begin Patch",
        "*** Update File",
        "<<<<<<<",
        ">>>>>>>",
        "------- SEARCH",
        "+++++++ REPLACE",
    ];
    if filled(text).any(|line| MARKS.iter().any(|mark| line.starts_with(mark))) {
        return true;
    }
    let list = matches!(language, Language::Yaml | Language::Csv | Language::Sql);
    let (mut added, mut taken) = (0, 0);
    for line in filled(text) {
        let rest = line.get(1..).unwrap_or_default();
        let changed =
            rest.starts_with([' ', '\t']) || rest.starts_with(|c: char| c.is_alphabetic());
        added += usize::from(changed && line.starts_with('+'));
        taken += usize::from(changed && line.starts_with('-'));
    }
    !list && ((added > 0 && taken > 0) || added >= 3)
}

/// Whether something is to be filled in before the text is of its language.
pub fn is_template(language: Language, text: &str) -> bool {
    use Language::{Bash, JavaScript, Json, Jsx, Sql, Tsx, TypeScript, Yaml};
    if holds(text, "{%", "%}")
        || holds(text, "<%", "%>")
        || text.contains("<?php")
        || text.contains("<?=")
    {
        return true;
    }
    if between(text, "{{", "}}").any(is_filler) {
        return true;
    }
    let script = matches!(language, JavaScript | Jsx | TypeScript | Tsx | Bash);
    if !script && between(text, "${", "}").any(|inside| !inside.is_empty() && inside.len() <= 80) {
        return true;
    }
    if matches!(language, Sql | Json | Yaml) && between(text, "#{", "}").next().is_some() {
        return true;
    }
    language == Sql && between(text, "<", ">").any(is_placeholder)
}

fn holds(text: &str, open: &str, close: &str) -> bool {
    between(text, open, close).next().is_some()
}

/// What stands between two marks, on one line each.
fn between<'t>(text: &'t str, open: &'t str, close: &'t str) -> impl Iterator<Item = &'t str> {
    text.lines().flat_map(move |line| {
        line.split(open)
            .skip(1)
            .filter_map(move |rest| rest.split_once(close))
            .map(|(inside, _)| inside)
    })
}

/// `{{ name | filter }}`, `{{#if x}}`, `{{- .Values.a }}`: no field of an object, no list.
fn is_filler(inside: &str) -> bool {
    let inside = inside.trim_matches(['-', '~', '{', ' ']);
    let start = inside.trim_start_matches(['#', '/', '>', '^', '.', '$', '&', '!', '@', '=']);
    inside.len() <= 200
        && start.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && !inside.contains([':', ';', '{', '}'])
        && (!inside.contains(',') || inside.contains(['|', '(']))
}

/// `<your-key>`, `<TABLE_NAME>`, `<path to file>`.
fn is_placeholder(inside: &str) -> bool {
    let words = inside.split([' ', '-', '_']).count();
    let plain = inside
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'));
    let shouts = inside.len() >= 3 && inside.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    plain
        && inside.len() <= 60
        && inside.starts_with(|c: char| c.is_ascii_alphabetic())
        && (shouts || (words >= 2 && !inside.contains(" - ")) || inside.starts_with("your"))
}

/// A line of dots, or dots in brackets, where "the rest as before" is meant.
fn leaves_out(language: Language, text: &str) -> bool {
    if matches!(
        language,
        Language::Json | Language::JsonLines | Language::Csv
    ) {
        return false;
    }
    let dots = |line: &str| {
        let line = line.trim().trim_end_matches([',', ';']);
        let bare = line.trim_matches(['.', '…', ' ']);
        let starts = line.starts_with("...") || line.starts_with('…');
        // "... existing code ...", "…"
        starts
            && (bare.is_empty()
                || line.ends_with("...")
                || line.ends_with('…')
                || bare.starts_with(|c: char| c.is_alphabetic()) && line.contains(' '))
    };
    filled(text).any(dots)
        || [
            "(...)", "{...}", "{ ... }", "[...]", "( ... )", "{…}", "{ … }",
        ]
        .iter()
        .any(|mark| text.contains(mark))
        || (language == Language::Sql && (text.contains("...") || text.contains('…')))
}

/// Brackets or quotes that do not close are wrong in every dialect of SQL.
fn sql_is_torn(text: &str) -> bool {
    // Some databases escape a quote with a backslash, others do not.
    torn(text, false) && torn(text, true)
}

fn torn(text: &str, backslash: bool) -> bool {
    let mut open: Vec<char> = Vec::new();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
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
fn is_sql_of_its_own(text: &str) -> bool {
    const ANYWHERE: [&str; 64] = [
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
    const STARTS: [&str; 20] = [
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
    creates || upper.lines().any(line) || holds_values_to_come(text)
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

/// Marks of fish, PowerShell, cmd and zsh in what was taken for Bash.
fn is_other_shell(text: &str) -> bool {
    const MARKS: [&str; 30] = [
        "$env:",
        "Get-",
        "Set-",
        "New-",
        "Remove-",
        "Write-Host",
        "Write-Output",
        "ForEach-Object",
        "Where-Object",
        "Invoke-",
        "-Path ",
        "param(",
        "@echo off",
        "%~",
        "set -gx ",
        "set -x ",
        "set -l ",
        "set -U ",
        "string match",
        "string replace",
        "fish_",
        "setopt ",
        "zstyle ",
        "autoload ",
        "(N)",
        "print -P",
        "%ERRORLEVEL%",
        "setlocal",
        "foreach (",
        "$_.",
    ];
    if MARKS.iter().any(|mark| text.contains(mark)) {
        return true;
    }
    // The blocks of fish end in `end`, which no block of Bash does.
    text.lines().any(|line| line.trim() == "end")
        || text.lines().any(|line| {
            let line = line.trim().to_ascii_lowercase();
            line.starts_with("rem ") || line.starts_with("goto ") || line.starts_with("::")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excused(language: Language, text: &str) -> bool {
        excuse(language, "", text, "write it").is_some()
    }

    #[test]
    fn sessions_are_told_by_their_prompts() {
        for text in [
            ">>> x = 1\n>>> x\n1",
            "In [1]: x = 1\nOut[1]: 2",
            "irb(main):001:0> 1 + 1\n=> 2",
            "> const a = 1\nundefined\n> a\n1",
            "mysql> select 1;",
            "shop=# select 1;",
            "MariaDB [(none)]> show databases;",
            "C:\\Users\\me>dir /b",
            "PS C:\\> dir",
            "me@host:~/src$ ls",
            "jshell> int x = 1",
        ] {
            assert!(is_session(Language::Python, text), "{text}");
        }
        for text in [
            "if x > y:\n    pass",
            "a = b[0] > 1",
            "x = 1 # y",
            "print('a > b')",
            "def f(x) -> int:\n    return x % 2",
            "email = 'me@host' # x",
        ] {
            assert!(!is_session(Language::Python, text), "{text}");
        }
    }

    #[test]
    fn cells_of_notebooks_are_told_by_magics_and_commands() {
        for text in [
            "!pip install x",
            "%matplotlib inline",
            "%%timeit\nf()",
            "files = !ls",
            "df.head?",
            "?df",
        ] {
            assert!(is_notebook(text), "{text}");
        }
        for text in ["x != y", "a % b", "x = 1", "if not x: pass", "% 3"] {
            assert!(!is_notebook(text), "{text}");
        }
    }

    #[test]
    fn diffs_templates_and_omissions_are_unknown() {
        for (language, text) in [
            (Language::Python, "@@ -1 +1 @@\n-x = 1\n+x = 2"),
            (Language::Python, "-x = 1\n+x = 2"),
            (Language::Rust, "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x"),
            (Language::Yaml, "{{- if .Values.a }}\na: b\n{{- end }}"),
            (Language::Sql, "select * from {{ ref('orders') }}"),
            (Language::Java, "class {{name}} {}"),
            (Language::JavaScript, "<% if (a) { %>\nb\n<% } %>"),
            (Language::Go, "{% for a in b %}"),
            (Language::Json, "{\"a\": ${A}}"),
            (Language::Sql, "select a from <your_table> where"),
        ] {
            assert!(excused(language, text), "{text}");
        }
        for (language, text) in [
            (Language::Java, "class A {\n    ...\n}"),
            (Language::JavaScript, "f({ ... })"),
            (Language::Go, "func main() {\n\t... existing code ...\n}"),
        ] {
            let code = "i have this:\nint a = f(1);\nint b = g(2);\nmake it one call";
            for prompt in ["refactor my class", "add a test to\n```\nx\n```", code] {
                assert!(
                    excuse(language, "", text, prompt).is_some(),
                    "{prompt}: {text}"
                );
            }
            // The rest of what, where nothing was there before?
            assert!(!excused(language, text), "{text}");
        }
        for (language, text) in [
            (Language::JavaScript, "const a = {{ b: 1 }"),
            (Language::JavaScript, "f(...args"),
            (Language::JavaScript, "`${a}`) x"),
            (Language::Go, "a := []p{{1, 2}, {3, 4}"),
            (Language::Json, "{\"a\": 1, // b\n}"),
            (Language::Python, "def f(:\n    return -x"),
            (Language::Rust, "fn f() -> Vec<u8 {}"),
            (Language::Bash, "if x; then"),
        ] {
            assert!(!excused(language, text), "{text}");
        }
    }

    #[test]
    fn sql_of_other_databases_is_unknown_and_torn_sql_is_wrong() {
        for text in [
            "select 1\ngo",
            "\\dt\nselect 1;",
            "delimiter //\nselect 1 //",
            "declare\n  n number;\nbegin\n  null;\nend;\n/",
            "select * exclude (id) from t",
            "select a from t where b = %s",
            "select a from t where b = :name",
            "create or replace function f() returns trigger as $$ begin end; $$ language plpgsql",
            ".tables",
            "from t select a",
        ] {
            assert!(excused(Language::Sql, text), "{text}");
        }
        for text in [
            "select a, from t",
            "selec a from t",
            "select (a from t where b = :c",
            "create procedure f( as begin end",
            "select 'a from t where b = %s",
            "select a from t where where b = 1",
        ] {
            assert!(!excused(Language::Sql, text), "{text}");
        }
        assert_eq!(
            excuse(Language::Sql, "", "show x y z", "for sql server"),
            Some("SQL of a database that is not known here")
        );
    }

    #[test]
    fn other_shells_and_loose_json_are_known_by_name_or_marks() {
        assert!(excused(Language::Bash, "for f in *.txt\n    echo $f\nend"));
        assert!(excused(
            Language::Bash,
            "Get-ChildItem | Where-Object { $_.Length -gt 1 }"
        ));
        assert!(excuse(Language::Bash, "", "if (", "in fish, please").is_some());
        assert!(excuse(Language::Bash, "", "if (", "for selfish reasons").is_none());
        assert!(excuse(Language::Json, "", "{a: 1}", "as json5").is_some());
        assert!(excuse(Language::Json, "", "{a: 1}", "as json").is_none());
    }
}
