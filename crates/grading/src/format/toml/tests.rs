use super::{Fault, toml};

#[test]
fn toml_of_every_kind_is_taken() {
    for text in [
        "",
        "# a comment alone",
        "\u{feff}a = 1\r\nb = 2",
        "a = 1 # one\n\n[b]\n[b.c] # deep\nd = 'e'\n[[f]]\ng = 1\n[[f]]\ng = 2\n[f.h]\ni = 1\n[[f]]\n[f.h]",
        "a.b.c = 1\na.b.d = 2\na.\"e f\" . 'g' = 3\n1.2 = 3\n-_- = 4\n\"\" = 5",
        "[a.b.c]\nx = 1\n[a]\ny = 2\nb.z = 3",
        "[fruit]\napple.color = 1\n[fruit.apple.taste]",
        "a = [1, 2,\n # a remark\n 3,\n]\nb = []\nc = [[1], ['a', \"b\"], {d = 1}, {d = 1}]",
        "a = {b = 1, c.d = 2, c.e = 3, f = {g = []}}\nh = {}\ni = {\n  j = 1, # 1.1\n}",
        "a = \"b\\\"\\\\\\n\\u00e9\\U0001F600\\e\\x41\"\nb = 'c\\d'",
        "a = \"\"\"\nb \"quoted\" ''\\\n   c\\t\"\"\"\nd = '''\ne \\ ''f'''\ng = \"\"\"\"h\"\"\"\"\"\ni = ''''''",
        "a = +1\nb = -0\nc = 1_000\nd = 0xDEAD_beef\ne = 0o17\nf = 0b10\ng = 9223372036854775807",
        "a = 1.5\nb = -1e3\nc = 1_0.0_1E-05\nd = inf\ne = -nan\nf = true\ng = false",
        "a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00.999-07:00\nc = 2024-02-29\nd = 07:32:00.5\ne = 07:32\nf = 1979-05-27t07:32:00",
    ] {
        assert_eq!(toml(text), Ok(()), "{text}");
    }
}

#[test]
fn what_is_no_toml_is_not() {
    for text in [
        "a",
        "a =",
        "= 1",
        "a = b",
        "a = 1 b = 2",
        "a: 1",
        "a b = 1",
        "a. = 1",
        ".a = 1",
        "a = 1\n}",
        "[a",
        "[a]]",
        "[[a]",
        "[[a] ]",
        "[]",
        "[a] b = 1",
        "[a.]",
        "a = [1 2]",
        "a = [1, 2",
        "a = [,]",
        "a = {b = 1",
        "a = {b = 1 c = 2}",
        "a = {b}",
        "a = \"b",
        "a = \"b\nc\"",
        "a = 'b\nc'",
        "a = \"\"\"b",
        "a = \"\\q\"",
        "a = \"\\ud800\"",
        "a = \"\\u12\"",
        "a = \"\u{1}\"",
        "# \u{1}",
        "a = 01",
        "a = 1_",
        "a = 1__0",
        "a = 0x",
        "a = +0x1",
        "a = 1.",
        "a = .5",
        "a = 1e",
        "a = 1.e1",
        "a = 9223372036854775808",
        "a = True",
        "a = 2023-02-29",
        "a = 2023-13-01",
        "a = 2023-1-01",
        "a = 24:00:00",
        "a = 1979-05-27T07:32:00+7",
        "a = 1979-05-27 x",
        "a = 1\na = 2",
        "a = 1\n\"a\" = 2",
        "a = 1\na.b = 2",
        "a.b = 1\na = 2",
        "a.b = 1\n[a]",
        "[a]\n[a]",
        "[a]\n[[a]]",
        "[[a]]\n[a]",
        "a = []\n[[a]]",
        "a = {}\n[a.b]",
        "a = {b = 1}\na.c = 2",
        "a = {b = 1, b = 2}",
        "a = {b.c = 1, b = 2}",
        "[a.b]\nc = 1\n[a]\nb.c = 2",
        "Here is the file: yes.",
        "```toml\na = 1\n```",
    ] {
        assert!(matches!(toml(text), Err(Fault::Broken(_))), "{text}");
    }
}

#[test]
fn the_line_of_the_fault_is_told() {
    let line = |text| match toml(text) {
        Err(Fault::Broken(line)) => line,
        _ => String::new(),
    };
    assert_eq!(line("a = 1\n\n# b\nc = = 2\n"), "line 4");
    assert_eq!(line("a = \"\"\"\n\n\"\"\"\nb = x"), "line 4");
    assert_eq!(line("a = 1\na = 2\nb = 3"), "line 2");
}

#[test]
fn nesting_beyond_bounds_is_not_known() {
    let deep = Err(Fault::Beyond("nested too deeply"));
    let many = 20_000;
    assert_eq!(toml(&format!("a = {}", "[".repeat(many))), deep);
    assert_eq!(toml(&format!("a = {}", "{a = ".repeat(many))), deep);
    assert_eq!(toml(&format!("{}a = 1", "a.".repeat(many))), deep);
    assert_eq!(toml(&format!("[{}a]", "a.".repeat(many))), deep);
    let sound = format!("a = {}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(toml(&sound), Ok(()));
}

const PIECES: [&str; 34] = [
    "a",
    "b",
    " ",
    "\n",
    "\r\n",
    ".",
    "=",
    " = ",
    "1",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ",",
    "#",
    "\\",
    "u00e9",
    "true",
    "1979-05-27",
    "07:32:00",
    "T",
    "Z",
    "+",
    "_",
    "0x",
    "é",
    "\t",
    "e",
];

proptest::proptest! {
    /// A fault lies in a line of the text, and a line that is sound alone stays so behind a table.
    #[test]
    fn any_text_has_a_verdict_within_it(
        picked in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40)
    ) {
        let text = picked.concat();
        match toml(&text) {
            Ok(()) => {
                let below = format!("[zz]\n{text}");
                proptest::prop_assert_eq!(toml(&below), Ok(()));
                let cut = format!("{text}\n=");
                proptest::prop_assert!(toml(&cut).is_err());
            }
            Err(Fault::Broken(place)) => {
                let line: usize = place.trim_start_matches("line ").parse().unwrap();
                let lines = text.bytes().filter(|&byte| byte == b'\n').count() + 1;
                proptest::prop_assert!((1..=lines).contains(&line), "{place} of {lines}");
            }
            Err(Fault::Beyond(_)) => {}
        }
    }
}
