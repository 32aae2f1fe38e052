//! Answers in a format or a language.

use chat::Task;

use super::Case;

const ASKING: [(&str, &str); 10] = [
    ("JSON", "Return a JSON object with keys a and b."),
    ("JSON Lines", "Return it as JSON Lines with keys a and b."),
    ("table", "Give me a markdown table with 5 rows."),
    ("list", "Give me a list of 3 things."),
    ("YAML", "Write it as YAML with keys a and b."),
    ("TOML", "Write it as TOML."),
    ("XML", "Return XML."),
    ("CSV", "Output CSV with columns a, b and c."),
    ("TSV", "Output TSV."),
    (
        "filled form",
        "Fill in this JSON template:\n```json\n{\"a\": \"...\", \"b\": [\"...\"], \"c\": {\"d\": \"...\"}}\n```",
    ),
];

/// All of them.
pub fn cases() -> Vec<Case> {
    [formats(), code()].concat()
}

/// Texts of every format, up to what is parsed of it.
fn formats() -> Vec<Case> {
    let mut units: Vec<String> = [
        "<",
        "\n",
        "-\n",
        "a:\n",
        "```\nx\n```\n",
        "{\"a\":1}\n",
        "[],",
        "{},",
        "{\"a\":",
        "[",
        "\"\\u0061",
        "1,",
        "1e400,",
        "0.1234567890123456789,",
        "- a\n",
        "- - ",
        "? a\n",
        "&a ",
        "*a ",
        "a: |\n  b\n",
        "a: >\n  b\n\n",
        "'a",
        "\"a\": \"b\"\n",
        "{a: b}, ",
        "[a, b]\n",
        "# a\n",
        "--- \n",
        "%TAG ! a\n",
        "a = 1\n",
        "[a]\n",
        "[[a]]\n",
        "a.b.c.d = 1\n",
        "a = [1, ",
        "a = {b = 1}\n",
        "a = \"\"\"\n",
        "a = 1979-05-27T07:32:00Z\n",
        "<a>",
        "<a/>",
        "<a b='c'/>",
        "</a>",
        "<!-- a -->",
        "<![CDATA[a]]>",
        "<?a b?>",
        "&amp;",
        "&#65;",
        "<a xmlns='b'>",
        "<a xmlns:b='c' b:d='e'/>",
        "a,b\n",
        "\"a\",\"b\"\n",
        "\"\"",
        ",",
        ";",
        "a\tb\n",
        "|a|b|\n",
        "|-|-|\n",
        "| \\| ",
        "1. a\n",
        "* a\n",
        "é",
        "😀",
        "\u{feff}",
        "\u{202e}",
        "\u{85}",
        "\r",
        "\r\n",
        "```json\n",
        "~~~\n",
        "````md\n```\n",
        "``` ",
        "<table",
        "{{ a }}",
        "{% a %}",
        "...",
        "{\"a\":1,\"b\":2}\n",
        "$ a\n",
        "// a\n",
    ]
    .map(String::from)
    .into();
    units.push("x".repeat(997));
    units.push(" ".repeat(50));
    units.push("key".repeat(20) + ": value\n");
    let mut texts: Vec<String> = Vec::new();
    for unit in units {
        for most in [7_800, 49_000, 98_000] {
            texts.push(unit.repeat(most / unit.len()));
        }
    }
    let attributes: String = (0..390).map(|n| format!(" a{n}='1'")).collect();
    texts.push(format!("<a>{}</a>", format!("<a{attributes}/>").repeat(25)));
    let many: String = (0..10_600).map(|n| format!(" a{n}='1'")).collect();
    texts.push(format!("<a{many}/>"));
    let spaces: String = (0..390).map(|n| format!(" xmlns:a{n}='{n}'")).collect();
    texts.push(format!(
        "<a{spaces}>{}</a>",
        "<a389:b a388:c='d'/>".repeat(4_000)
    ));
    let (entity, often) = ("x".repeat(30_000), "&e;".repeat(20_000));
    texts.push(format!(
        "<!DOCTYPE a [<!ENTITY e '{entity}'>]><a>{often}</a>"
    ));
    texts.push(format!(
        "<!DOCTYPE a [<!ENTITY e '{entity}'>]><a b='{often}'/>"
    ));
    let declared: String = (0..3_000).map(|n| format!("<!ENTITY e{n} 'x'>")).collect();
    texts.push(format!(
        "<!DOCTYPE a [{declared}]><a>{}</a>",
        "&e2999;".repeat(5_000)
    ));
    let nested: String = (0..4_000).map(|n| format!("[a.b{n}.c]\nd = 1\n")).collect();
    texts.push(nested);
    texts.push((0..9_000).map(|n| format!("a{n} = 1\n")).collect());
    texts.push((0..9_000).map(|n| format!("a{n}: 1\n")).collect());
    texts.push(format!(
        "a = {{{}b = 1}}",
        (0..9_000)
            .map(|n| format!("a{n} = 1, "))
            .collect::<String>()
    ));
    texts.push(format!(
        "{{{}\"b\":1}}",
        (0..9_000)
            .map(|n| format!("\"a{n}\":1,"))
            .collect::<String>()
    ));
    texts.push(format!("{{{}\"b\":1}}", "\"a\":1,".repeat(15_000)));
    texts.push(format!("{}1{}", "{\"x\":[".repeat(50), "]}".repeat(50)).repeat(200));
    texts.push(
        (0..110)
            .map(|n| format!("{}a:\n", " ".repeat(n)))
            .collect::<String>()
            .repeat(14),
    );
    let mut cases = Vec::new();
    for text in &texts {
        for (format, prompt) in ASKING {
            cases.push(Case::new(format, Task::Structured, prompt, text.clone()));
        }
        let mut case = Case::new("json_object", Task::Structured, "x", text.clone());
        case.format = Some(r#"{"type":"json_object"}"#.into());
        cases.push(case);
    }
    cases
}

/// Code without a fence, with one, with many; in one line, in many; in a language that is asked for or not.
fn code() -> Vec<Case> {
    let units = [
        "a ",
        "s",
        "def f(x):\n    return x\n",
        "if (a) { b(); }\n",
        "SELECT a, b FROM t WHERE c = 1;\n",
        "echo $a | grep b\n",
        "let x = 1;\n",
        "x := f(a)\n",
        "public void f() { }\n",
        "a{b:c;}\n",
        ".a > b { c: d; }\n",
        "\"a\": 1,\n",
        "a,b,c\n",
        "- a: b\n",
        "<a b='c'>d</a>\n",
        "$ ls -l\nx\n",
        "=",
        ": str",
        ": strin",
        "\"\"",
        "Syste",
        "__",
        "}",
        "} from",
        "&mu",
        "-",
        "err != ni",
        "println",
        "é",
        "😀 ",
        "# a\n",
        "// a\n",
        "-- a\n",
        "/* a */\n",
        "{{ a }}\n",
        "...\n",
        "@@ -1 +1 @@\n",
        ">>> a\n",
        "1 a\n",
        "+ a\n- b\n",
        "`a` ",
        "It is so.\n",
        "A sentence, as it were.\n\n",
        "{\n",
        "[[",
        "a(",
        "a[b](c).d = ",
        "x = y if z else w\n",
        "lambda: 0, ",
        "f'{a}' ",
        "1 + ",
        "${a}",
        "$(a)",
        "`a`",
        "[ -z $a ] && b || c\n",
        "case a in b) c;; esac\n",
        "for i in a; do b; done\n",
        "cat <<E\nE\n",
        "#[a] fn b<'c, D: E>(f: &'c D) -> G { h!(i) }\n",
        "x.y(|z| z)?;\n",
        "match a { b => c, }\n",
        "type A<B> = C<D>;\n",
        "const a = <b c={d}>e</b>;\n",
        "a ? b : c ? d : ",
        "async () => { await a };\n",
        "/a+b/g;\n",
        "`${a}`;\n",
        "class A<B extends C<D>> { E<F> g = new H<>(); }\n",
        "() -> { };\n",
        "go func() { a <- b }()\n",
        "var a = []int{1, 2}\n",
        "case when a then b end, ",
        "(select a from b) union ",
        "a join b on c = d ",
        "values (1, 'a'), ",
    ];
    let mut cases = Vec::new();
    for unit in units {
        for most in [900, 7_800, 11_900, 24_000, 31_000] {
            let text = unit.repeat(most / unit.len());
            for (tag, asked) in [
                ("", "Write it."),
                ("python", "Write a Python program."),
                ("js", "Write JavaScript."),
                ("ts", "x"),
                ("tsx", "x"),
                ("rust", "Write Rust."),
                ("go", "x"),
                ("java", "Write a method in Java."),
                ("sql", "Write SQL."),
                ("bash", "Write Bash."),
                ("json", "x"),
                ("yaml", "x"),
                ("xml", "x"),
                ("csv", "x"),
                ("css", "x"),
            ] {
                let answer = format!("```{tag}\n{text}\n```");
                cases.push(Case::new(format!("code {tag}"), Task::Code, asked, answer));
            }
            cases.push(Case::new(
                "code bare",
                Task::Code,
                "Write a program.",
                text.clone(),
            ));
            cases.push(Case::new(
                "code bare",
                Task::Code,
                "Write a complete Python script.",
                text,
            ));
        }
        // Many small ones.
        let small = format!("```\n{unit}\n```\n");
        cases.push(Case::new(
            "code fences",
            Task::Code,
            "Write it.",
            small.repeat(31_000 / small.len()),
        ));
        let small = format!("```python\n{unit}\n```\n");
        cases.push(Case::new(
            "code fences",
            Task::Code,
            "Write a Python program.",
            small.repeat(31_000 / small.len()),
        ));
        // One line after 299 short ones.
        cases.push(Case::new(
            "code lines",
            Task::Code,
            "Write it.",
            "x\n".repeat(299) + &unit.repeat(30_000 / unit.len()),
        ));
    }
    cases
}
