//! What may be right although a parser refuses it: sessions, notebooks, diffs, templates, texts
//! that leave something out, and dialects that no parser here knows.
//!
//! Law: asked only of a text that did not parse, and only about marks that the plain language
//! does not have; each makes the text unknown, none makes it right. Linear in the text.

mod session;
mod shell;
mod sql;
mod template;

pub use template::is_template;

use super::language::Language;
use session::{is_notebook, is_session};
use shell::{SHELLS, is_other_shell};
use sql::{DATABASES, is_of_the_named, is_sql_of_its_own, sql_is_torn};

/// Why SQL is not known to be right or wrong.
pub const UNKNOWN_SQL: &str = "SQL of a database that is not known here";

/// Does a request, in lower case, speak of a part of a class rather than of a program.
pub fn asks_for_part(prompt: &str) -> bool {
    const PARTS: [&str; 20] = [
        "lambda",
        "expression",
        "stream",
        "method",
        "methods",
        "function",
        "functions",
        "snippet",
        "constructor",
        "getter",
        "getters",
        "methode",
        "méthode",
        "fonction",
        "funktion",
        "método",
        "función",
        "função",
        "метод",
        "функцию",
    ];
    PARTS.iter().any(|name| has_name(prompt, name))
        || ["方法", "函数", "関数", "メソッド"]
            .iter()
            .any(|name| prompt.contains(name))
}

/// Why a text that does not parse as `language` is not known to be wrong; `None` where it is.
/// `prompt` is what was asked, in lower case.
pub fn excuse(language: Language, tag: &str, text: &str, prompt: &str) -> Option<&'static str> {
    if is_session(language, text) {
        return Some("a session with its prompts");
    }
    if is_diff(language, text) {
        return Some("a diff");
    }
    if is_template(language, text) {
        return Some("a template");
    }
    if is_numbered(text) {
        return Some("code with its lines numbered");
    }
    let asked = |names: &[&str]| names.iter().any(|name| has_name(prompt, name));
    if asked(&["pseudocode", "pseudo code", "pseudo-code"]) {
        return Some("pseudocode");
    }
    let installs = |line: &str| {
        ["pip install ", "conda install "]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let cell = asked(&["notebook", "jupyter", "colab", "ipython"]) && filled(text).any(installs);
    if language == Language::Python && (cell || is_notebook(text)) {
        return Some("a notebook cell");
    }
    let data = matches!(
        language,
        Language::Json | Language::JsonLines | Language::Csv
    );
    let left_out = match data {
        true => asked(&FORMS),
        false => asked(&BEFORE) || asked(&FORMS) || holds_code(prompt),
    };
    if left_out && leaves_out(language, text) {
        return Some("code with a part left out");
    }
    let tag = tag.to_ascii_lowercase();
    match language {
        Language::Sql => {
            let named = asked(&DATABASES)
                || is_of_the_named(text, asked)
                || matches!(tag.as_str(), "tsql" | "t-sql" | "mssql");
            (!sql_is_torn(text) && (named || is_sql_of_its_own(text))).then_some(UNKNOWN_SQL)
        }
        Language::Bash => (asked(&SHELLS) || tag == "zsh" || is_other_shell(text))
            .then_some("commands of another shell"),
        Language::Json | Language::JsonLines => (asked(&LOOSE_JSON)
            || is_of_mongo(text)
            || is_exchange(text)
            || (asked(&FORMS) && names_types(text)))
        .then_some("JSON with comments or looser still"),
        Language::Python
            if asked(&["regex", "regexp", "regular expression"]) && filled(text).count() == 1 =>
        {
            Some("a pattern")
        }
        Language::Python => (asked(&["python 2", "python2", "cython", "sage", "sagemath", "mojo"])
            || matches!(tag.as_str(), "python2" | "py2")
            || is_python_2(text))
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

/// Whether every line begins with its number.
fn is_numbered(text: &str) -> bool {
    let number = |line: &str| -> Option<usize> {
        let line = line.trim_start();
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let rest = line.get(digits..)?;
        let parted = rest.is_empty() || rest.starts_with([' ', '\t', ':', '|', '.', ')']);
        line.get(..digits)?.parse().ok().filter(|_| parted)
    };
    let mut lines = filled(text).map(number);
    let Some(Some(mut last)) = lines.next() else {
        return false;
    };
    let mut all = 1;
    for line in lines {
        match line {
            Some(next) if next > last && next <= last + 3 => last = next,
            _ => return false,
        }
        all += 1;
    }
    all >= 2
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

/// What a request asks where the form of code is wanted and no code.
const FORMS: [&str; 7] = [
    "syntax",
    "look like",
    "looks like",
    "laid out",
    "general form",
    "basic form",
    "structure of",
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

/// What has JSON with comments, or looser JSON.
const LOOSE_JSON: [&str; 42] = [
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
    "eslint",
    "babel",
    "renovate",
    "jsconfig",
    "tslint",
    "biome",
    "deno.json",
    "sublime",
    "swc",
    "typedoc",
    "nodemon",
    "zed",
    "windows terminal",
    "appsettings",
    "appsettings.json",
    "cspell",
    "markdownlint",
    "dprint",
    "oxlint",
    "turbo",
    "api extractor",
    "code-workspace",
    "bun",
    "mongodb",
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

/// Values that only the shell of MongoDB has.
fn is_of_mongo(text: &str) -> bool {
    [
        "ObjectId(",
        "ISODate(",
        "NumberLong(",
        "NumberInt(",
        "Timestamp(",
    ]
    .iter()
    .any(|mark| text.contains(mark))
        || text.contains("{ $") && text.contains(": {")
}

/// A request of HTTP with its body, or one and its answer under titles.
fn is_exchange(text: &str) -> bool {
    const VERBS: [&str; 7] = [
        "GET /", "POST /", "PUT /", "PATCH /", "DELETE /", "HEAD /", "HTTP/",
    ];
    let first = filled(text).next().unwrap_or_default().trim();
    let titles = filled(text).filter(|line| {
        let title = line
            .trim()
            .trim_start_matches(['/', '#', ' '])
            .to_lowercase();
        line.trim().starts_with(['/', '#'])
            && ["request", "response"]
                .iter()
                .any(|word| title.starts_with(word))
    });
    VERBS.iter().any(|verb| first.starts_with(verb)) || titles.count() >= 2
}

/// The names of types where values would stand.
fn names_types(text: &str) -> bool {
    const TYPES: [&str; 8] = [
        "string", "number", "integer", "boolean", "int", "float", "bool", "str",
    ];
    filled(text).any(|line| {
        line.split_once("\": ").is_some_and(|(_, value)| {
            let word = value.split(|c: char| !c.is_alphanumeric()).next();
            word.is_some_and(|word| TYPES.contains(&word))
        })
    })
}

/// Statements that only Python 2 has.
fn is_python_2(text: &str) -> bool {
    filled(text).map(str::trim).any(|line| {
        let raises = line
            .strip_prefix("raise ")
            .and_then(|rest| rest.split_once(", "));
        raises.is_some_and(|(kind, _)| kind.chars().all(|c| c.is_alphanumeric() || c == '.'))
            || line.starts_with("exec \"")
            || line.starts_with("exec '")
            || line.starts_with("print >>")
    })
}

/// Lines taken away and added, hunks, or the marks of a merge.
fn is_diff(language: Language, text: &str) -> bool {
    const MARKS: [&str; 14] = [
        "@@",
        "--- a/",
        "+++ b/",
        "--- /",
        "+++ /",
        "diff --git",
        "*** Begin Patch",
        "*** Update File",
        "*** Add File",
        "*** Delete File",
        "<<<<<<<",
        ">>>>>>>",
        "------- SEARCH",
        "+++++++ REPLACE",
    ];
    if filled(text).any(|line| MARKS.iter().any(|mark| line.starts_with(mark))) {
        return true;
    }
    let (mut added, mut taken, mut kept) = (0, 0, 0);
    // A line that an operator begins is not indented behind it.
    let mut indented = 0;
    for line in filled(text) {
        let rest = line.get(1..).unwrap_or_default();
        let changed = rest.is_empty()
            || rest.starts_with([' ', '\t'])
            || rest.starts_with(|c: char| c.is_alphabetic());
        added += usize::from(changed && line.starts_with('+'));
        let deep = rest.starts_with('\t') || rest.starts_with("  ");
        indented += usize::from(line.starts_with('+') && deep);
        taken += usize::from(changed && line.starts_with('-'));
        kept += usize::from(line.starts_with(' '));
    }
    let lines = filled(text).count();
    // A list of YAML, or a bare query, has lines that begin with a minus as well.
    let all = added + taken + kept == lines;
    let listed = matches!(language, Language::Yaml | Language::Csv | Language::Sql);
    let changes = if listed {
        language != Language::Csv && added > 0 && taken > 0 && all
    } else {
        (added > 0 && taken > 0) || added >= 3 || (added >= 2 && all) || (indented > 0 && kept > 0)
    };
    changes || is_plain_diff(text)
}

/// `3c3`, `< old`, `---`, `> new`.
fn is_plain_diff(text: &str) -> bool {
    let command = |line: &str| {
        let parts = line.split(['a', 'c', 'd']);
        let counted =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || c == ',');
        parts.clone().count() == 2 && parts.clone().all(counted)
    };
    filled(text).next().is_some_and(|line| command(line.trim()))
        && filled(text).any(|line| line.starts_with(['<', '>']))
}

/// A line of dots, or dots in brackets, where "the rest as before" is meant.
fn leaves_out(language: Language, text: &str) -> bool {
    let dots = |line: &str| {
        let line = line.trim().trim_end_matches([',', ';']);
        let bare = line.trim_matches(['.', '…', ' ']);
        let starts = line.starts_with("...") || line.starts_with('…');
        // "... existing code ...", "…"
        starts
            && (bare.is_empty()
                || line.ends_with("...")
                || line.ends_with('…')
                || bare.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '#'))
                    && line.contains(' '))
            || line.ends_with(": …")
            || line.ends_with(": ...")
    };
    filled(text).any(dots)
        || [
            "(...)", "{...}", "{ ... }", "[...]", "( ... )", "{…}", "{ … }",
        ]
        .iter()
        .any(|mark| text.contains(mark))
        || (language == Language::Sql && (text.contains("...") || text.contains('…')))
}

#[cfg(test)]
mod tests;
