use super::*;

fn check_within(prompt: &str, answer: &str, cut: bool) -> Finding {
    let work = Work::default();
    let wanted = Wanted::read(prompt, &work).unwrap();
    check(&wanted, answer, cut, &work)
}

fn found(prompt: &str, answer: &str) -> Finding {
    check_within(prompt, answer, false)
}

fn quality(prompt: &str, answer: &str) -> Option<f64> {
    match found(prompt, answer) {
        Finding::Scored { quality, .. } => Some(quality),
        Finding::Unknown { .. } => None,
    }
}

fn fenced(tag: &str, code: &str) -> String {
    format!("Here it is:\n\n```{tag}\n{code}\n```\nDone.")
}

/// A sound and a broken text of each language.
const PAIRS: [(&str, &str, &str); 16] = [
    (
        "python",
        "def f(x):\n    return [i for i in x if i]",
        "def f(x)\n    return x",
    ),
    ("python", "print \"old\"", "print \"old"),
    (
        "javascript",
        "const f = async (a) => { await a?.b ?? `${a}`; };",
        "const f = (a => { a };",
    ),
    (
        "js",
        "import x from 'y';\nexport default x;",
        "import x from;",
    ),
    (
        "jsx",
        "const A = () => <b c={d}>text</b>;",
        "const A = () => <b>text</i>;",
    ),
    (
        "typescript",
        "type A<T> = { [K in keyof T]?: T[K] };\nlet a = b as A<string>;",
        "let a: = 1;",
    ),
    (
        "tsx",
        "const A = (p: P): JSX.Element => <p>{p.x}</p>;",
        "const A = (p: P => <p/>;",
    ),
    (
        "rust",
        "fn f<'a>(x: &'a str) -> Option<&'a str> { Some(x)? }",
        "fn f( { }",
    ),
    (
        "go",
        "package main\n\nfunc main() {\n\tx := map[string]int{\"a\": 1}\n\t_ = x\n}",
        "func main() {\n\tx := \n}",
    ),
    (
        "java",
        "class A { void f() { var x = 1; } }",
        "class A { void f() { var x = ; } }",
    ),
    (
        "sql",
        "SELECT a, COUNT(*) FROM t LEFT JOIN u ON t.i = u.i GROUP BY a;",
        "SELECT FROM WHERE a =",
    ),
    (
        "bash",
        "for f in *.txt; do echo \"$f\"; done",
        "for f in *.txt; do echo \"$f\";",
    ),
    ("json", "{\"a\": [1, 2]}", "{\"a\": [1, 2}"),
    ("yaml", "a:\n  - b: c\n", "a: b: c\n"),
    ("xml", "<a b=\"c\"><d/></a>", "<a><b></a>"),
    ("csv", "a,b\n1,2\n", "a,b\n1\n"),
];

#[test]
fn sound_code_parses_and_broken_code_does_not_in_every_language() {
    for (tag, sound, broken) in PAIRS {
        assert_eq!(
            quality("", &fenced(tag, sound)),
            Some(1.0),
            "{tag}: {sound}"
        );
        assert_eq!(
            quality("", &fenced(tag, broken)),
            Some(0.0),
            "{tag}: {broken}"
        );
    }
}

#[test]
fn a_sound_part_of_java_that_was_asked_for_is_not_known_to_be_wrong() {
    let asked = "Write a Java method for it.";
    for part in [
        "static int max(int[] a) {\n    int m = a[0];\n    for (int x : a) if (x > m) m = x;\n    return m;\n}",
        "import java.util.*;\n\n@Override\npublic String toString() { return name; }\n\nprivate int n;",
        "List<String> all = new ArrayList<>();\nall.add(\"a\");",
        "for (int i = 0; i < 3; i++) {\n    go(i);\n}",
        "all.stream().filter(x -> x % 2 == 0).toList()",
    ] {
        let part = fenced("java", part);
        assert_eq!(quality(asked, &part), None, "{part}");
        assert_eq!(quality("Write a program.", &part), Some(0.0), "{part}");
    }
    for broken in [
        "static int max(int[] a) {\n    return a[0]\n}",
        "static int max(int[] a) {\n    return a[0];",
        "class A { void f() { } } }",
        "int f() { return 1; }\n}",
    ] {
        let broken = fenced("java", broken);
        assert_eq!(quality(asked, &broken), Some(0.0), "{broken}");
    }
}

#[test]
fn a_language_without_a_parser_is_unknown() {
    for tag in ["haskell", "kotlin", "html", "cobol", "css", "scss", "less"] {
        assert_eq!(quality("", &fenced(tag, "main = putStrLn \"x\"")), None);
    }
    assert_eq!(
        quality("Why?", "Because it is simply so, and always was."),
        None
    );
    assert_eq!(
        quality(
            "Write Haskell",
            &format!(
                "{}{}",
                fenced("bash", "ghc a.hs"),
                fenced("haskell", "main = do\n  print 1")
            )
        ),
        None
    );
}

#[test]
fn an_untagged_style_sheet_is_not_taken_for_another_language() {
    for text in [
        ".a {\n  color: red;\n}\n\nbody > p {\n  margin: 0;\n}",
        "$x: 1px;\n.a {\n  &:hover {\n    margin: $x;\n  }\n}",
    ] {
        assert_eq!(quality("", text), None, "{text}");
    }
}

#[test]
fn untagged_code_is_told_by_its_shape() {
    for (text, name) in [
        ("def f(x):\n    return x + 1\n\nprint(f(1))", "python"),
        ("const a = 1;\nconsole.log(a);", "javascript"),
        (
            "interface A { b: string; }\nconst c: A = { b: '' };",
            "typescript",
        ),
        ("use std::fmt;\nfn main() { println!(\"x\"); }", "rust"),
        ("package main\n\nfunc main() {\n\tfmt.Println(1)\n}", "go"),
        ("public class A {\n    private int x = 1;\n}", "java"),
        ("SELECT *\nFROM t\nWHERE x = 1;", "sql"),
        ("#!/bin/bash\nif [ -f x ]; then\n  echo y\nfi", "bash"),
        ("{\n  \"a\": 1\n}", "json"),
        ("a: 1\nb:\n  - c\n", "yaml"),
        ("<a><b/></a>", "xml"),
        ("a,b\n1,2\n3,4", "csv"),
    ] {
        let wanted = Finding::Scored {
            quality: 1.0,
            reason: format!("{name} code parses"),
            worth: Worth::Form,
        };
        assert_eq!(found("", text), wanted, "{text}");
    }
}

#[test]
fn the_code_asked_for_counts_not_the_first_block() {
    let answer = format!(
        "{}{}{}",
        fenced("bash", "pip install 'x"),
        fenced("python", "def f():\n    return 1\n\nprint(f())"),
        fenced("text", "1")
    );
    assert_eq!(quality("Write it in Python", &answer), Some(1.0));
    assert_eq!(quality("Write it", &answer), Some(1.0));
    let broken = answer.replace("def f():", "def f(:");
    assert_eq!(quality("Write it in Python", &broken), Some(0.0));
}

#[test]
fn a_long_request_is_read_at_both_ends() {
    let long = "The quick brown fox. ".repeat(2_000);
    let named = |prompt: &str| detect::named(prompt);
    assert_eq!(named(&format!("{long}Write it in Rust.")), [Language::Rust]);
    assert_eq!(named(&format!("In Go: {long}")), [Language::Go]);
    assert_eq!(named(&format!("{long}in Go{long}")), []);
    // What is left of a word that is cut through names nothing.
    let half = detect::WINDOW / 2;
    let head = format!("{}JavaScript {long}", " ".repeat(half - 4));
    let tail = format!("{long}nodejs{}", " ".repeat(half - 2));
    assert_eq!(named(&head), []);
    assert_eq!(named(&tail), []);
}

#[test]
fn a_shell_session_is_judged_by_its_commands() {
    assert_eq!(
        quality("", &fenced("console", "$ ls -l\ntotal (0\n$ echo 'a'")),
        Some(1.0)
    );
}

#[test]
fn code_cut_off_by_the_token_limit_does_not_parse_and_says_why() {
    let cut = "```rust\nfn main() {\n    let x";
    let Finding::Scored {
        quality, reason, ..
    } = check_within("", cut, true)
    else {
        panic!("not scored");
    };
    assert_eq!(quality, 0.0);
    assert!(reason.contains("cut off by the token limit"), "{reason}");
}

#[test]
fn no_text_makes_a_parser_fall_over() {
    let mut state = 0x9e37_79b9_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let junk = [
        "(", "}", "\"", "'", "`", "<", "é", "\\", "\n", "\u{0}", "${", "/*", "<<EOF", "0x", "...",
        ";;",
    ];
    for _ in 0..60 {
        for (tag, sound, broken) in PAIRS {
            for text in [sound, broken] {
                let mut chars: Vec<char> = text.chars().collect();
                for _ in 0..=random(3) {
                    let at = random(chars.len());
                    if random(2) == 0 && !chars.is_empty() {
                        chars.remove(at);
                    } else {
                        let piece = junk[random(junk.len())];
                        chars.splice(at..at, piece.chars());
                    }
                }
                let text: String = chars.into_iter().collect();
                found("", &fenced(tag, &text));
                found("", &text);
            }
        }
    }
}

#[test]
fn hostile_nesting_is_survived() {
    for piece in [
        "(",
        "[",
        "{",
        "<a>",
        "a<",
        "!",
        "- ",
        "not ",
        "if x:\n ",
        "a=>",
        "${`",
        "SELECT (",
        "f(a)(",
        "else if ",
        "$(",
        "*&",
        "a ? ",
        "@a(",
        "1+",
        ".a",
        "x|",
        "::",
        "\"",
        "&&",
        "<<A\n",
        "((",
        "case x in ",
        "\n",
        "a\n\n\n",
        "a:b{",
        "a:not(",
        "@media(",
        "$a:(",
        "#{",
    ] {
        let text = piece.repeat(20_000);
        for (tag, _, _) in PAIRS {
            found("", &fenced(tag, &text));
        }
        found("", &text);
    }
}

#[test]
fn a_here_document_inside_braces_does_not_make_the_parser_of_bash_fall_over() {
    for text in [
        "\"${<<EOF\n}\r\nEOF\n",
        "${<<A\n}A",
        "echo ${x <<EOF\n}\nEOF",
    ] {
        assert_eq!(quality("", &fenced("bash", text)), None, "{text}");
    }
    let sound = "cat <<EOF\n${x}\nEOF\necho \"${y:-z}\"";
    assert_eq!(quality("", &fenced("bash", sound)), Some(1.0));
}
