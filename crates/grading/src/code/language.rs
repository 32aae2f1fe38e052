//! The languages that code is written in, and what they are called.

/// A language that code can be checked in, or one that is known by name only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    Python,
    JavaScript,
    Jsx,
    TypeScript,
    Tsx,
    Rust,
    Go,
    Java,
    Sql,
    Bash,
    Json,
    JsonLines,
    Yaml,
    Xml,
    Csv,
    /// Known by name and shape only, as `Scss`: untagged style sheets are not other languages.
    Css,
    Scss,
}

use Language::{
    Bash, Css, Csv, Go, Java, JavaScript, Json, JsonLines, Jsx, Python, Rust, Scss, Sql, Tsx,
    TypeScript, Xml, Yaml,
};

impl Language {
    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Python => "python",
            JavaScript => "javascript",
            Jsx => "jsx",
            TypeScript => "typescript",
            Tsx => "tsx",
            Rust => "rust",
            Go => "go",
            Java => "java",
            Sql => "sql",
            Bash => "bash",
            Json => "json",
            JsonLines => "json lines",
            Yaml => "yaml",
            Xml => "xml",
            Csv => "csv",
            Css => "css",
            Scss => "scss",
        }
    }

    /// The language that a fence's tag names, where it is known.
    pub fn of_tag(tag: &str) -> Option<Language> {
        match Tag::parse(tag) {
            Tag::Known(language) => Some(language),
            _ => None,
        }
    }

    /// Whether two names stand for the same kind of file: JSX is asked for as JavaScript.
    pub fn akin(self, other: Language) -> bool {
        let family = |language| match language {
            JavaScript | Jsx | TypeScript | Tsx => JavaScript,
            JsonLines => Json,
            Scss => Css,
            same => same,
        };
        family(self) == family(other)
    }
}

/// What a fence tag says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// A language that can be checked.
    Known(Language),
    /// A diff, in whatever language its files are.
    Diff,
    /// Not code: output, plain text.
    Text,
    /// A language without a parser here.
    Other,
}

/// Bytes of the longest tag that is known.
const LONGEST: usize = 16;

impl Tag {
    /// Reads a fence tag, which may be a file's name, or a file extension; upper and lower case are
    /// the same.
    pub fn parse(word: &str) -> Tag {
        let word = match word.rsplit_once(['.', '/', '\\']) {
            Some((_, end)) if word.contains('.') => end,
            _ => word.strip_prefix("language-").unwrap_or(word),
        };
        // On the stack: a prompt's every word is asked about.
        let mut lower = [0; LONGEST];
        let Some(lower) = lower.get_mut(..word.len()) else {
            return Tag::Other;
        };
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        Tag::Known(match str::from_utf8(lower).unwrap_or_default() {
            "python" | "py" | "python3" | "python2" | "py3" | "pyi" => Python,
            "javascript" | "js" | "node" | "nodejs" | "mjs" | "cjs" | "ecmascript" => JavaScript,
            "jsx" | "react" | "javascriptreact" => Jsx,
            "typescript" | "ts" | "mts" | "cts" => TypeScript,
            "tsx" | "typescriptreact" => Tsx,
            "rust" | "rs" => Rust,
            "go" | "golang" => Go,
            "java" => Java,
            "sql" | "mysql" | "postgres" | "postgresql" | "psql" | "pgsql" | "plpgsql" | "tsql"
            | "t-sql" | "sqlite" | "mssql" => Sql,
            "bash" | "sh" | "shell" | "zsh" | "ksh" | "shell-session" | "shellsession"
            | "console" | "terminal" => Bash,
            "json" => Json,
            "jsonl" | "ndjson" | "jsonlines" => JsonLines,
            "yaml" | "yml" => Yaml,
            "xml" | "svg" | "xsd" | "xsl" | "xslt" | "rss" | "xaml" | "wsdl" | "plist" => Xml,
            "csv" | "tsv" => Csv,
            "css" => Css,
            "scss" => Scss,
            "diff" | "patch" | "udiff" => return Tag::Diff,
            "text" | "txt" | "plaintext" | "plain" | "output" | "out" | "log" | "none" | "md"
            | "markdown" | "stdout" => return Tag::Text,
            _ => return Tag::Other,
        })
    }
}
