//! Tells a language by the shape of a text, and by what the request names.

use text::window;

use super::{
    language::{Language, Tag},
    marks, sheet,
};
use Language::{
    Bash, Csv, Go, Java, JavaScript, Json, JsonLines, Python, Rust, Sql, TypeScript, Xml, Yaml,
};

/// Prompts longer than this are read at both ends only.
pub const WINDOW: usize = 20_000;

/// The languages that a request names, in the order in which they first occur.
pub fn named(prompt: &str) -> Vec<Language> {
    let between = |c: char| !(c.is_alphanumeric() || matches!(c, '#' | '+'));
    let (head, tail) = match window::ends(prompt, WINDOW) {
        None => (prompt, ""),
        // What is left of a word that is cut through may be the name of a language.
        Some((head, tail)) => (
            head.rsplit_once(between).map_or("", |(whole, _)| whole),
            tail.split_once(between).map_or("", |(_, whole)| whole),
        ),
    };
    let mut found: Vec<Language> = Vec::new();
    for word in head.split(between).chain(tail.split(between)) {
        // Short names are words too: `go`, `ts` and `node` name a language only as they are written.
        let plain = match word {
            "Go" | "Golang" | "golang" => Some(Go),
            "JS" | "TS" | "js" | "ts" | "SQL" | "sql" => match Tag::of_word(word) {
                Tag::Known(language) => Some(language),
                _ => None,
            },
            _ if (3..=16).contains(&word.len()) => match Tag::of_word(word) {
                // No dot, slash or dash is in a word here: it is the whole tag.
                Tag::Known(language) if !is_plain_word(word) => Some(language),
                _ => None,
            },
            _ => None,
        };
        if let Some(language) = plain
            && !found.contains(&language)
        {
            found.push(language);
        }
    }
    found
}

fn is_plain_word(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    matches!(
        word.as_str(),
        "console" | "terminal" | "react" | "node" | "shell" | "rss"
    )
}

/// Words that start a statement of SQL.
const SQL_STARTS: [&str; 18] = [
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE ",
    "CREATE ",
    "ALTER ",
    "DROP ",
    "WITH ",
    "FROM ",
    "WHERE ",
    "GROUP BY",
    "ORDER BY",
    "JOIN ",
    "LEFT JOIN",
    "INNER JOIN",
    "VALUES",
    "BEGIN",
    "--",
];

/// The language of an untagged text; `None` where its shape says too little. `wanted` are the
/// languages that the request names: they weigh, they don't decide.
pub fn by_shape(text: &str, wanted: &[Language]) -> Option<Language> {
    sheet::by_shape(lines(text))
        .or_else(|| data_shape(text, wanted))
        .or_else(|| code_shape(text, wanted))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).take(300)
}

/// Data formats are told by how the text starts and by what most of its lines are.
fn data_shape(text: &str, wanted: &[Language]) -> Option<Language> {
    let text = text.trim();
    let all = lines(text).count().max(1);
    let share =
        |test: &dyn Fn(&str) -> bool| lines(text).filter(|line| test(line)).count() * 100 / all;
    if text.starts_with("<?xml") || starts_with_tag(text) {
        let code = lines(text).any(|line| line.starts_with("<script"));
        return (!code && !text.to_ascii_lowercase().starts_with("<!doctype html")).then_some(Xml);
    }
    if wanted.contains(&Csv) && !wanted.contains(&Python) && share(&|line| line.contains(',')) >= 50
    {
        return Some(Csv);
    }
    let pair = |line: &str| {
        let quoted = line.strip_prefix(['"', '“', '”', '\'']);
        quoted.is_some_and(|rest| {
            rest.contains("\":")
                || rest.contains("\" :")
                || rest.contains("”:")
                || rest.contains("':")
        })
    };
    let closer = |line: &str| line.chars().all(|c| "{}[],".contains(c));
    let first = lines(text).next().unwrap_or_default();
    let json_start = text.starts_with(['{', '[']) || pair(first);
    let comment = first.starts_with("//");
    let second = lines(text).nth(1).unwrap_or_default();
    if comment && second.starts_with('{') && share(&|line| pair(line) || closer(line)) >= 50 {
        return Some(Json);
    }
    let plain_start = text.starts_with('{') || text.starts_with('[');
    if json_start && (share(&|line| pair(line) || closer(line)) >= 50 || whole_json_line(text)) {
        let rows = lines(text)
            .filter(|line| line.starts_with('{') && line.ends_with('}'))
            .count();
        let jsonl = rows == all && rows > 1;
        return Some(if jsonl && wanted.contains(&JsonLines) {
            JsonLines
        } else {
            Json
        });
    }
    if plain_start && wanted.contains(&Json) {
        return Some(Json);
    }
    let fields = |line: &str| line.matches(',').count();
    if all >= 3
        && fields(first) >= 1
        && !first.contains(['(', '{', ';', '=', ':'])
        && !first.starts_with("//")
        && !first.starts_with(['#', '*'])
        && share(&|line| fields(line).abs_diff(fields(first)) <= 1 && !line.ends_with(',')) >= 80
    {
        return Some(Csv);
    }
    let key = |line: &str| {
        let line = line.trim_start_matches("- ");
        line.starts_with('#')
            || line == "---"
            || line.split_once(':').is_some_and(|(key, rest)| {
                (rest.is_empty() || rest.starts_with(' '))
                    && !key.is_empty()
                    && key
                        .chars()
                        .all(|c| c.is_alphanumeric() || "_-./\"' ".contains(c))
                    && key.split(' ').count() <= 3
            })
    };
    let item = |line: &str| line.starts_with("- ");
    let code = |line: &str| {
        line.ends_with([';', '{', ')', ','])
            || ["if ", "for ", "def ", "class ", "else:", "try:", "while "]
                .iter()
                .any(|word| line.starts_with(word))
    };
    let keyed = lines(text)
        .filter(|line| key(line) && !line.starts_with('#'))
        .count();
    if keyed > 0 && share(&|line| (key(line) || item(line)) && !code(line)) >= 65 {
        return Some(Yaml);
    }
    None
}

fn starts_with_tag(text: &str) -> bool {
    text.strip_prefix('<').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_alphabetic() || c == '!') && rest.contains('>')
            || rest.starts_with(|c: char| c.is_alphabetic())
    })
}

fn whole_json_line(text: &str) -> bool {
    text.lines().count() <= 3
        && (text.contains("\":") || text.starts_with("[\"") || text.starts_with("[{"))
}

fn code_shape(text: &str, wanted: &[Language]) -> Option<Language> {
    let mut scores: Vec<(Language, i32)> =
        [Python, JavaScript, TypeScript, Rust, Go, Java, Sql, Bash]
            .into_iter()
            .map(|language| (language, 0))
            .collect();
    let mut add = |language: Language, weight: i32| {
        if let Some(entry) = scores.iter_mut().find(|(l, _)| *l == language) {
            entry.1 += weight;
        }
    };
    for line in lines(text) {
        marks::each(line, &mut add);
        let head: String = line
            .chars()
            .take(12)
            .collect::<String>()
            .to_ascii_uppercase();
        if SQL_STARTS
            .iter()
            .any(|start| head.starts_with(start) || head == start.trim_end())
        {
            add(Sql, if head.starts_with("--") { 2 } else { 4 });
        }
        let flag = line.split(' ').skip(1).any(|word| {
            let name = word.trim_start_matches('-');
            name.len() < word.len() && name.starts_with(|c: char| c.is_ascii_alphabetic())
        });
        if flag && !line.contains(['(', '=', ';']) {
            add(Bash, 2);
        }
        // A shell's assignment has no blanks around its sign.
        if line.contains(" = ") {
            add(Bash, -3);
        }
        let semicolon = line.ends_with(';') || line.ends_with('{');
        if semicolon {
            add(Python, -2);
            add(Bash, -1);
        }
        if line.ends_with(';') {
            add(Go, -2);
        }
    }
    let of = |scores: &[(Language, i32)], language| {
        scores
            .iter()
            .find(|(l, _)| *l == language)
            .map_or(0, |(_, n)| *n)
    };
    // TypeScript is JavaScript and more: its own marks come on top.
    let (plain, typed) = (of(&scores, JavaScript), of(&scores, TypeScript));
    for (language, score) in &mut scores {
        if *language == TypeScript {
            *score = if typed >= 2 || wanted.contains(&TypeScript) {
                plain + typed
            } else {
                0
            };
        }
        if wanted.iter().any(|w| w.akin(*language)) {
            *score += if *score > 0 { 3 + *score / 4 } else { 1 };
            if wanted.contains(language) {
                *score += 1;
            }
        }
    }
    let (language, score) = scores.into_iter().max_by_key(|(_, score)| *score)?;
    (score >= 2).then_some(language)
}
