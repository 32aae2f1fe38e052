//! Sessions of interpreters and shells, and the cells of notebooks.

use super::{super::language::Language, filled};

/// Lines that begin with the prompt of an interpreter or a shell.
pub fn is_session(language: Language, text: &str) -> bool {
    if matches!(language, Language::Csv | Language::Yaml) {
        return false;
    }
    let prompts = || filled(text).filter(|line| begins_with_prompt(line.trim_start()));
    let prompted = prompts().count();
    let first = filled(text).next().unwrap_or_default();
    // A bare `>` ends a tag that was broken over lines as well.
    let spoken = prompts().any(|line| line.trim() != ">");
    (prompted >= 2 && spoken)
        || (prompted == 1 && begins_with_prompt(first.trim_start()))
        || (language != Language::Xml && begins_with_a_name(first))
        || (prompted == 1 && is_banner(first))
        || holds_output(language, text)
}

/// `gore> x := 1`, `1> select 1`, `rs0:PRIMARY> rs.status()`: any name may stand before the sign in the
/// first line.
fn begins_with_a_name(first: &str) -> bool {
    let Some((name, _)) = first.split_once("> ") else {
        return false;
    };
    (1..=24).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '-' | '_'))
}

/// What an interpreter says of itself at its start.
fn is_banner(first: &str) -> bool {
    const NAMES: [&str; 7] = [
        "Python ",
        "IPython ",
        "Deno ",
        "Welcome to ",
        "SQLite version ",
        "psql (",
        "irb ",
    ];
    NAMES.iter().any(|name| first.starts_with(name))
}

/// Output below code: under a title of its own, as a table that a client of a database draws, or
/// after an arrow.
fn holds_output(language: Language, text: &str) -> bool {
    const TITLES: [&str; 12] = [
        "output",
        "result",
        "results",
        "expected output",
        "ausgabe",
        "ergebnis",
        "sortie",
        "salida",
        "saída",
        "输出",
        "出力",
        "вывод",
    ];
    let python = language == Language::Python;
    filled(text).any(|line| {
        let line = line.trim();
        let title = line
            .strip_suffix([':', '：'])
            .is_some_and(|title| TITLES.contains(&title.trim().to_lowercase().as_str()));
        let drawn = language == Language::Sql
            && ((line.starts_with("+--") && line.ends_with("-+"))
                || line == "QUERY PLAN"
                || line.starts_with("(1 row")
                || line.ends_with(" rows)")
                || line.contains(" row in set")
                || line.contains(" rows in set"));
        let shown = |arrow: &str| {
            line.split_once(arrow).is_some_and(|(call, value)| {
                let call = call.trim_end();
                call.ends_with([')', ']', '"', '\''])
                    && !call.contains(['#', '/'])
                    && !value.is_empty()
                    && !value.ends_with(':')
            })
        };
        let arrow = shown(" → ") || (python && shown(" => "));
        title || drawn || arrow
    })
}

fn begins_with_prompt(line: &str) -> bool {
    const NAMES: [&str; 29] = [
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
        "ipdb",
        "pdb",
        "gdb",
        "jdb",
        "influx",
    ];
    if matches!(line.trim_end(), ">>>" | "..." | ">") {
        return line.starts_with('>');
    }
    let plain = [
        ">>> ", "> ", ">> ", "=> ", "❯ ", "➜ ", "% ", "$ ", "(Pdb) ", "(gdb) ", "(lldb) ",
    ];
    if plain.iter().any(|prompt| line.starts_with(prompt)) {
        return true;
    }
    let numbered = |name: &str| {
        line.strip_prefix(name).is_some_and(|rest| {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
            rest.starts_with("]:")
        })
    };
    if numbered("In [") || numbered("In[") || numbered("Out[") || numbered("Out [") || numbered("[")
    {
        return true;
    }
    // The environment that a shell is in: `(venv) $`.
    let line = line
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(") "))
        .filter(|(name, _)| is_name(&name.replace('-', "_")))
        .map_or(line, |(_, rest)| rest);
    if line.starts_with("$ ") {
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
    // `MacBook:~ ann$`
    let machine = rest.starts_with(['$', '%', '#'])
        && head.split_once(' ').is_some_and(|(place, user)| {
            place.contains([':', '@']) && is_name(user) && !place.contains(['"', '\'', '(', '='])
        });
    known || counted || database || host || machine
}

/// Magics and commands of a notebook's cell.
pub fn is_notebook(text: &str) -> bool {
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

pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}
