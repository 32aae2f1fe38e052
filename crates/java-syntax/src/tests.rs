use super::check;

fn in_method(code: &str) -> Result<(), usize> {
    check(&format!("class A {{ void f() {{ {code} }} }}"))
}

#[test]
fn files_of_every_kind_fit() {
    for text in [
        "package a.b;\nimport java.util.*;\nimport static a.B.c;\npublic class A<T extends B & C> extends D<T> implements E, F<G[]> {}",
        "@Target({ElementType.TYPE}) @interface X { int value() default 1; String[] names() default {}; }",
        "enum E { A(1) { void f() {} }, @Deprecated B, ; private final int x; E(int x) { this.x = x; } E() {} }",
        "enum E { A, B, C }",
        "record P<T>(int x, @A T... y) implements Q { P { if (x < 0) throw new R(); } static int z; }",
        "public sealed interface S permits A, B {} non-sealed class A implements S {} final class B implements S {}",
        "class A { static { f(); } { g(); } int a = 1, b[] = {1, 2,}, c; <T> A(T t) throws X, Y { super(t); } abstract int[] f(final int... a)[]; }",
        "interface I { default void f() {} static <T> T g() { return null; } private void h() {} }",
        "class A { String s = \"\"\"\n  a \"quoted\" \\\n  text\"\"\"; char c = '\\u0041', d = '\\'', e = '\"'; long l = 0xFFL + 1_000 + 0b11 + 1e-3f + .5; }",
    ] {
        assert_eq!(check(text), Ok(()), "{text}");
    }
}

#[test]
fn statements_of_every_kind_fit() {
    for text in [
        "for (int i = 0, j = 1; i < n; i++, j--) x[i] = j; for (;;) {} for (final var e : es.values()) f(e);",
        "try (var in = open(); other) { } catch (final A | B e) { } finally { }",
        "switch (x) { case 1: case 2, 3: f(); break; default: g(); }",
        "int y = switch (o) { case Integer i when i > 0 -> i; case P(int a, var b) -> { yield a; } case null, default -> throw new X(); };",
        "switch (day) { case MON, TUE -> f(); default -> { } }",
        "outer: while (true) { do { continue outer; } while (a); }",
        "List<Map<String, int[]>> a = new ArrayList<>(); int[][] b = new int[3][]; int[] c = new int[]{1}; a.b.C<D>[] d;",
        "f((int) -x, (String) y, (A & B) z, (a) + b, (Foo<Bar>) () -> 1); ((A) b).c();",
        "Runnable r = () -> {}; g((a, b) -> a + b, (int a, final B<C> b) -> { return a; }, x -> y -> z);",
        "h(A::new, int[]::new, List<String>::new, a.b::c, this::d, super::e, int.class, String[].class, void.class);",
        "new A() { @Override public void f() {} }.f(); outer.new Inner(); A.this.x = 1; A.super.f(); this.<T>g();",
        "if (o instanceof String s && s.length() > 1) {} else if (o instanceof final A a) ; if (a < b && c > d) {}",
        "x >>= 1; x >>>= 2; y = x >> 1 >>> 2; boolean g = a >= b; x = a ? b : c ? d : () -> e; i++; --i;",
        "synchronized (this) { assert a : \"b\"; } var record = 1; record = 2; class L {} enum M { A } record R(int a) {}",
    ] {
        assert_eq!(in_method(text), Ok(()), "{text}");
    }
}

#[test]
fn what_the_compiler_refuses_while_parsing_does_not_fit() {
    for text in [
        "x + 1;",
        "a b c;",
        "f()",
        "int = 3;",
        "if a { }",
        "for (int i : ) {}",
        "\"open;",
        "'ab';",
        "f(;",
        "return return;",
        "try { }",
        "String s = “a”;",
        "... rest of code ...",
        "int[] a = new int[];",
        "x = ;",
        "else { }",
        "case 1: f();",
        "a.;",
        "f(a,);",
        "new A;",
        "5;",
        "a -> b;",
        "f(a b);",
        "Note that this isn't finished yet",
        "(continued in the next message)",
        "s = 'a;",
    ] {
        assert!(in_method(text).is_err(), "{text}");
    }
    for text in [
        "",
        "int x = 1;",
        "void f() {}",
        "class A { void f() { }",
        "class A {} }",
        "class { }",
        "public class A extends { }",
        "class A { int f( { } }",
        "import a.b",
        "class A { foo; }",
        "class A { void f() } ",
        "enum E { A B }",
    ] {
        assert!(check(text).is_err(), "{text}");
    }
}

#[test]
fn the_line_of_the_fault_is_told() {
    assert_eq!(check("class A {\n  int x = ;\n}"), Err(2));
    assert_eq!(check("class A {\n  // fine\n  String s = \"a;\n}"), Err(3));
}

#[test]
fn deep_nesting_ends_early() {
    assert!(in_method(&format!("x = {}1;", "(".repeat(5000))).is_err());
    assert!(in_method(&format!("{};", "a<".repeat(5000))).is_err());
    let lambdas = format!("x = {}1;", "a -> ".repeat(5000));
    assert!(in_method(&lambdas).is_err());
}
