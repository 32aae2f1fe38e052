//! Code made to bring a parser down: nesting without end, long lines, one token without end.

/// Fence tags that lead to every parser.
pub const TAGS: [&str; 18] = [
    "python", "js", "jsx", "ts", "tsx", "rust", "go", "java", "sql", "bash", "json", "jsonl",
    "yaml", "xml", "csv", "css", "scss", "",
];

/// What opens a level of nesting in some language, what stands inside, what closes it. The
/// end-to-end test of the worker's stack reads the same list.
const LEVELS: &str = include_str!("levels.json");

/// One token, or a line, without end.
const REPEATED: [&str; 60] = [
    "a",
    "1",
    "\"",
    "'",
    "`",
    "'''",
    "\"\"\"",
    "\\",
    "/",
    "/*",
    "*/",
    "#",
    "//",
    "--",
    ";",
    ",",
    ".",
    ":",
    "::",
    "=",
    "a=",
    "a+",
    "a.",
    "a.b",
    "a,",
    "a and ",
    "a || b && ",
    "a<",
    "a>",
    "<<",
    "<!--",
    "<![CDATA[",
    "<?",
    "&a;",
    "<!ENTITY a 'b'>",
    "@",
    "@a\n",
    "$",
    "${",
    "<<EOF\n",
    "a | ",
    "a && ",
    "a\n",
    "a = 1\n",
    "a: 1\n",
    "&a a: *a\n",
    "? a\n",
    "- - ",
    "|\n",
    "a,b\n",
    "\"a,b\n",
    "{},",
    "[],",
    "<a/>",
    "\t",
    "\n ",
    "\u{e9}",
    "\u{1f600}",
    "\r",
    "r#\"",
];

/// Texts of up to `most` bytes: every level nested shallowly, up to the bounds and far beyond
/// them, closed and left open, and every token repeated.
pub fn texts(most: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let levels: Vec<[String; 3]> = serde_json::from_str(LEVELS).unwrap_or_default();
    assert!(levels.len() > 40, "levels.json is not what it was");
    for [open, inside, close] in levels {
        for depth in [9, 40, 99, 1_000, 100_000] {
            let depth = depth.min(most / (open.len() + close.len()));
            texts.push(format!(
                "{}{inside}{}",
                open.repeat(depth),
                close.repeat(depth)
            ));
            texts.push(open.repeat(depth));
            texts.push(format!(
                "x = {}{inside}{};\n",
                open.repeat(depth),
                close.repeat(depth)
            ));
        }
        // As many shallow ones as fit: quadratic time shows here.
        let line = format!("{}{inside}{}\n", open.repeat(8), close.repeat(8));
        texts.push(line.repeat(most / line.len()));
    }
    for token in REPEATED {
        texts.push(token.repeat(100.min(most / token.len())));
        texts.push(token.repeat(most / token.len()));
    }
    texts.push((0..400).map(|n| " ".repeat(n) + "if x:\n").collect());
    texts.push((0..400).map(|n| " ".repeat(n) + "a:\n").collect());
    texts
}
