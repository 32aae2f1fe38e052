use proptest::prelude::*;

use super::check;

fn in_function(code: &str) -> Result<(), usize> {
    check(&format!("package p\n\nfunc f() {{\n{code}\n}}\n"))
}

#[test]
fn files_and_their_parts_fit() {
    for text in [
        "package main",
        "package main // the end",
        "\u{feff}package a\n\nimport \"fmt\"\nimport (\n\tm \"math\"\n\t. \"os\"\n\t_ `x/y`\n)\n\nfunc main() { fmt.Println(m.Pi) }",
        "import \"fmt\"\nfunc f() { fmt.Println() }",
        "func f()",
        "x := 1\nfmt.Println(x)",
        "/* a\n comment */ if x > 1 { y() } // that's it",
        "package p; const a = 1; const ( b, c = iota, 2; d, e; _, f ); const ()",
        "package p\nvar a, b int\nvar c = 1\nvar (\n d []int = nil\n e, g = 1, 2\n)\nvar ()",
        "package p\ntype A = B\ntype (\n C struct{}\n D []C; E func(int) (string, error)\n)",
        "type T[P any] struct { next *T[P] }\ntype A[K comparable, V, W int | ~string] map[K]V\ntype P[T *int,] []T\ntype B[N interface{ ~int }] = []N",
        "type A [N]int\ntype B [N * M]int\ntype C [2 * 3][]int\ntype D [len(x)]int\ntype E []int",
        "type I interface {\n Read(p []byte) (n int, err error)\n fmt.Stringer\n comparable; ~int | ~[]byte | S[int]\n M()\n}",
        "type S struct {\n a, b int `json:\"a\"`\n *E\n p.F \"tag\"\n G[int]\n c [3]int; d [n]int; e []string\n f func(x int) error\n g struct{ h, i int }\n T\n _ [0]func()\n}",
        "func (s *Stack[T]) Push(x T) { s.items = append(s.items, x) }\nfunc (Stack[T]) Len() int { return 0 }\nfunc (r *Rand) N[Int intType](n Int) Int { return n }",
        "func f(a, b int, c ...string) (n int, err error) { return }\nfunc g(int, ...any) func() error\nfunc h(x [3]int, y [n]T, z M[K], w []T)\nfunc i(M[K], p.T, *T, <-chan int)",
        "func Map[T, U any](xs []T, f func(T) U) []U { return nil }\nfunc Sum[S ~[]E, E int | float64](s S) (e E) { return e }",
    ] {
        assert_eq!(check(text), Ok(()), "{text}");
    }
}

#[test]
fn statements_and_expressions_fit() {
    for text in [
        "",
        "a, b := 1, 2; a, b = b, a; a++; b--; a += 1; a &^= 2; a <<= 1",
        "for {}; for x < 1 {}; for i := 0; i < 3; i++ {}; for ; ; {}; for i := 0; i < 3; {}",
        "for range 10 {}; for range ch {}; for i := range 10 {}; for k, v := range m {}; for k, m[0] = range f {}; for x := range seq(1) { use(x) }",
        "if x := f(); x > 0 {} else if y {} else {}; if ; x {}",
        "if x == (T{1}) {}; if f(T{1}) {}; if a[T{1}] {}; if func() bool { return T{} == x }() {}",
        "for _, x := range []int{1, 2} {}; switch x := [2]int{}; x[0] {}; if m := map[string]int{}; m == nil {}",
        "switch {}; switch x {}; switch x := 1; {}; switch x := f(); x { case 1, 2: g(); fallthrough\n default: }",
        "switch x.(type) { case int, []string, map[K]V, *T, nil, func(int) string, chan int, interface{}, struct{}: }",
        "switch y := x.(type) { case error:\n return y\ndefault:\n}; switch f(); y := x.(type) {}",
        "select { case v := <-c: use(v)\ncase c <- 1:\ncase v, ok = <-d:\ncase <-done: return\ndefault: }",
        "outer:\nfor { for { continue outer; break outer }; goto outer }\nend:",
        "go f(); go func() {}(); defer x.Close(); defer func() { recover() }()",
        "a := []T{{1, 2}, {x: 1}}; b := map[string][]int{\"a\": {1}, \"b\": nil,}; c := &T{}; d := [...]string{2: \"a\", 'b': \"c\"}",
        "e := pkg.T{\n a: 1,\n b: 2,\n}; f := Pair[int, string]{1, \"a\"}; g := pkg.List[int]{}; h := struct{ a int }{1}; i := []struct{ a, b int }{{1, 2}}",
        "x := a[1:2:3][:][1:][:2]; y := x.(T).z; z := f[int](1)(2, xs...); w := Map[[]int, map[string]T](x,)",
        "a := []byte(s); b := (*T)(nil); c := (func())(x); d := <-chan int(c); e := chan<- int(c); f := interface{}(1); g := make(chan struct{}, 1)",
        "x := -a + !b*(^c&d)&^e<<2 == <-ch && *p.q != &r || !<-ch",
        "f(func(x int) int { return x }, func() {})",
        "x := 0x_1F + 0b1_0 + 0o17 + 017 + 1_000 + .5 + 1. + 1e-3 + 0x1p-2 + 0x1.8P3 + 3i + 0 + 09.5 + 08i",
        "x := 'a' + '\\n' + '\\'' + '\\x41' + '\\101' + '\\u00e9' + '\\U0001F600' + '世'; s := \"a\\\"b\\t\\000\" + `raw\n\"\\`",
        "type T struct{}; const c = 1; var v T; _ = v; { x() }; ;",
        "größe := 1; _ = größe",
        "return a, func() {}",
        "ch <- <-in; x.y().z[i].w = 1; (x) = 1; *p++",
        "x.\n  y().\n  z()",
        "f(\n a,\n b,\n)",
    ] {
        assert_eq!(in_function(text), Ok(()), "{text}");
    }
}

#[test]
fn what_does_not_parse_does_not_fit() {
    for text in [
        "x = ",
        "x := 1 y := 2",
        "f(a b)",
        "f(a,, b)",
        "f(\n a,\n b\n)",
        "x := []int{1, 2",
        "x := []int{\n 1\n}",
        "if x\n{ }",
        "if x { }\nelse { }",
        "if { }",
        "if x := 1 { }",
        "if x = 1; { }",
        "if x == T{1} { }",
        "for i := 0; i < 3 { }",
        "for i := 0, j := 1; i < 3; i++ { }",
        "for i := 0; i < 3; i := 1 { }",
        "for x := range { }",
        "if x := range y; x { }",
        "while x { }",
        "x := range y",
        "a.b := 1",
        "f() := 1",
        "a, b++",
        "x = y++",
        "++x",
        "a ? b : c",
        "go f",
        "defer (f())",
        "func g() {}",
        "x := y.(type)",
        "switch y := 1 { }",
        "switch y, z := x.(type) { }",
        "switch x { case 1: f() case 2: }",
        "switch x { f() }",
        "switch f(x.(type)) { }",
        "select { case x }",
        "a[]",
        "a[::]",
        "a[1:2:]",
        "a[1::2]",
        "x.",
        "x.1",
        "var x",
        "const x int",
        "import \"fmt\"",
        "s := \"open",
        "s := `open",
        "s := \"\\q\"",
        "s := \"\\'\"",
        "c := 'ab'",
        "c := ''",
        "c := '\\\"'",
        "x := 08",
        "x := 1_",
        "x := 1__0",
        "x := 0x",
        "x := 0b2",
        "x := 0x1.8",
        "x := 1e",
        "x := 12ab",
        "x := a @ b",
        "x := “a”",
        "/* open",
        "... rest of code ...",
        "// rest\n}\n{",
        "Note that this isn't finished yet",
        "return 1 2",
        "break 1",
        "goto",
        "try { } catch { }",
        "let x = 1",
        "x => y",
        "a -> b",
        "{ x() } y()",
        "(a, b)",
        "func(x int, string y int) {}()",
        "map[string]int{\"a\" 1}",
    ] {
        assert!(in_function(text).is_err(), "{text}");
    }
    for text in [
        "",
        "// a comment alone\n/* and another */",
        "package",
        "package \"main\"",
        "package main import \"fmt\"",
        "package p\nfunc f() {",
        "package p\nfunc f() { }}",
        "package p\nfunc f()\n{ }",
        "package p\nfunc f() { } func g() { }",
        "package p\nx := 1",
        "package p\nfunc f(a int b int) {}",
        "package p\nfunc (a A, b B) f() {}",
        "package p\nfunc f[]() {}",
        "package p\nfunc f(,) {}",
        "package p\nimport fmt",
        "package p\nimport \"\"",
        "package p\nvar x int\nimport \"fmt\"",
        "package p\nconst (\n a\n)",
        "package p\nconst (\n a = 1\n b int\n)",
        "package p\ntype T struct { a int, b int }",
        "package p\ntype T struct { a }}",
        "package p\ntype T",
        "package p\ntype I interface { f() { } }",
        "package p\ntype M map[string]",
        "package p\nclass A { }",
        "package p\npublic func f() {}",
    ] {
        assert!(check(text).is_err(), "{text}");
    }
}

#[test]
fn the_line_of_the_fault_is_told() {
    assert_eq!(check("package p\n\nfunc f() {\n\tx := \n}\n"), Err(5));
    assert_eq!(check("package p\nvar s = \"open\nvar t int"), Err(2));
    assert_eq!(check("package p\nvar s = `a\nb`\nvar t t t"), Err(4));
    // Of the three readings the one that came furthest: here statements.
    assert_eq!(check("x := 1\ny := 2\nz z"), Err(3));
}

#[test]
fn hostile_nesting_ends_early() {
    let many = 5000;
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("f(", ")"),
        ("[]", ""),
        ("*", ""),
        ("<-", ""),
        ("chan ", ""),
        ("func() ", ""),
        ("func(a func", ")"),
        ("x[func(x ", ")] y"),
        ("map[", "]int"),
        ("struct{a ", "}"),
        ("func() { if x { ", "}}"),
        ("if x {} else ", ""),
        ("switch { case x: ", "}"),
        ("a: ", ""),
        ("type T[P interface{ a(", ")}] int"),
        ("[]T{{", "}}"),
        ("x.(", ")"),
        ("a.b", ""),
        ("-", ""),
    ] {
        // The verdict is of no matter: it has to come, on a stack of the worker's size.
        for start in ["", "x := ", "type T ", "func f(", "var x "] {
            let text = format!("{start}{}x{}", open.repeat(many), close.repeat(many));
            let _ = check(&text);
        }
    }
}

#[test]
fn readings_that_are_tried_again_are_bounded() {
    let deep = |levels: usize| {
        let inner = (0..levels).fold("x".to_string(), |inner, _| format!("x[func({inner})] y"));
        format!("func f({inner}) {{}}")
    };
    assert_eq!(check(&deep(3)), Ok(()));
    let _ = check(&deep(80));
}

const PIECES: [&str; 56] = [
    "package p\n",
    "func ",
    "f",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "\n",
    ";",
    ",",
    ".",
    ":",
    ":=",
    "=",
    "<-",
    "*",
    "&",
    "...",
    "x",
    "T",
    "1",
    "\"s\"",
    "'c'",
    "`r`",
    "if ",
    "else ",
    "for ",
    "range ",
    "switch ",
    "case ",
    "default",
    "select ",
    "type ",
    "struct ",
    "interface ",
    "map",
    "chan ",
    "go ",
    "defer ",
    "return ",
    "var ",
    "const ",
    "import ",
    "goto ",
    "break ",
    "fallthrough ",
    "++",
    "+",
    "|",
    "~",
    "//",
    "/*",
    "*/",
    "é",
];

proptest! {
    #[test]
    fn any_text_has_a_verdict_within_it(text in "\\PC{0,200}") {
        held(&text)?;
    }

    #[test]
    fn any_tokens_have_a_verdict_within_them(
        picked in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..80)
    ) {
        held(&picked.concat())?;
    }

    /// What fits goes on fitting with a comment behind it, and stops with a bracket too many.
    #[test]
    fn a_comment_is_harmless_and_a_bracket_is_not(
        picked in prop::collection::vec(prop::sample::select(&PIECES[..50]), 0..12)
    ) {
        let text = picked.concat();
        if check(&text).is_ok() {
            prop_assert_eq!(check(&format!("{text}\n// and so on")), Ok(()));
            for bracket in ["(", "}", "]"] {
                let broken = format!("{text}\n{bracket}");
                prop_assert!(check(&broken).is_err());
            }
        }
    }
}

/// A fault lies in a line of the text.
fn held(text: &str) -> Result<(), TestCaseError> {
    if let Err(line) = check(text) {
        let lines = text.bytes().filter(|&byte| byte == b'\n').count() + 1;
        prop_assert!((1..=lines).contains(&line), "line {line} of {lines}");
    }
    Ok(())
}
