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
    (prompted >= 2 && spoken) || (prompted == 1 && begins_with_prompt(first.trim_start()))
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
    if numbered("In [") || numbered("Out[") || numbered("[") {
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
