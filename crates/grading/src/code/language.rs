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

/// The tags that are known, in lower case.
const TAGS: &[(&[&str], Tag)] = &[
    (
        &["python", "py", "python3", "python2", "py3", "pyi"],
        Tag::Known(Python),
    ),
    (
        &[
            "javascript",
            "js",
            "node",
            "nodejs",
            "mjs",
            "cjs",
            "ecmascript",
        ],
        Tag::Known(JavaScript),
    ),
    (&["jsx", "react", "javascriptreact"], Tag::Known(Jsx)),
    (&["typescript", "ts", "mts", "cts"], Tag::Known(TypeScript)),
    (&["tsx", "typescriptreact"], Tag::Known(Tsx)),
    (&["rust", "rs"], Tag::Known(Rust)),
    (&["go", "golang"], Tag::Known(Go)),
    (&["java"], Tag::Known(Java)),
    (
        &[
            "sql",
            "mysql",
            "postgres",
            "postgresql",
            "psql",
            "pgsql",
            "plpgsql",
            "tsql",
            "t-sql",
            "sqlite",
            "mssql",
        ],
        Tag::Known(Sql),
    ),
    (
        &[
            "bash",
            "sh",
            "shell",
            "zsh",
            "ksh",
            "shell-session",
            "shellsession",
            "console",
            "terminal",
        ],
        Tag::Known(Bash),
    ),
    (&["json"], Tag::Known(Json)),
    (&["jsonl", "ndjson", "jsonlines"], Tag::Known(JsonLines)),
    (&["yaml", "yml"], Tag::Known(Yaml)),
    (
        &[
            "xml", "svg", "xsd", "xsl", "xslt", "rss", "xaml", "wsdl", "plist",
        ],
        Tag::Known(Xml),
    ),
    (&["csv", "tsv"], Tag::Known(Csv)),
    (&["css"], Tag::Known(Css)),
    (&["scss"], Tag::Known(Scss)),
    (&["diff", "patch", "udiff"], Tag::Diff),
    (
        &[
            "text",
            "txt",
            "plaintext",
            "plain",
            "output",
            "out",
            "log",
            "none",
            "md",
            "markdown",
            "stdout",
        ],
        Tag::Text,
    ),
];

/// For each letter, the lengths of the tags that begin with it, and of those that end in it, a bit a
/// length: most words of a prompt are told by these to be none.
const SHAPES: [(u32, u32); 32] = shapes();

const fn shapes() -> [(u32, u32); 32] {
    let mut shapes = [(0, 0); 32];
    let mut row = 0;
    while row < TAGS.len() {
        let mut at = 0;
        while at < TAGS[row].0.len() {
            let tag = TAGS[row].0[at].as_bytes();
            shapes[(tag[0] & 31) as usize].0 |= 1 << tag.len();
            shapes[(tag[tag.len() - 1] & 31) as usize].1 |= 1 << tag.len();
            at += 1;
        }
        row += 1;
    }
    shapes
}

impl Tag {
    /// Reads a fence tag, which may be a file's name, or a file extension; upper and lower case are
    /// the same.
    pub fn parse(word: &str) -> Tag {
        Tag::of_word(match word.rsplit_once(['.', '/', '\\']) {
            Some((_, end)) if word.contains('.') => end,
            _ => word.strip_prefix("language-").unwrap_or(word),
        })
    }

    /// The same of a word that is the tag and nothing else.
    pub fn of_word(word: &str) -> Tag {
        let bytes = word.as_bytes();
        let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
            return Tag::Other;
        };
        let of = |byte: &u8| SHAPES[usize::from(byte & 31)];
        if bytes.len() > LONGEST || of(first).0 & of(last).1 & 1 << bytes.len() == 0 {
            return Tag::Other;
        }
        let is_word = |tag: &&str| tag.eq_ignore_ascii_case(word);
        let known = TAGS.iter().find(|(tags, _)| tags.iter().any(is_word));
        known.map_or(Tag::Other, |(_, tag)| *tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_known_however_it_is_written() {
        for (tags, meaning) in TAGS {
            for tag in *tags {
                assert!(tag.len() <= LONGEST, "{tag}");
                for written in [*tag, &tag.to_ascii_uppercase(), &format!("main.{tag}")] {
                    assert_eq!(Tag::parse(written), *meaning, "{written}");
                }
            }
        }
        for word in [
            "",
            "the",
            "pythons",
            "pytho",
            "a-very-long-name-of-a-tag",
            "jé",
        ] {
            assert_eq!(Tag::parse(word), Tag::Other, "{word}");
        }
    }
}
