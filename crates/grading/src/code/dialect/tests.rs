use super::*;

fn excused(language: Language, text: &str) -> bool {
    excuse(language, "", text, "write it").is_some()
}

#[test]
fn sessions_are_told_by_their_prompts() {
    for text in [
        ">>> x = 1\n>>> x\n1",
        "In [1]: x = 1\nOut[1]: 2",
        "irb(main):001:0> 1 + 1\n=> 2",
        "> const a = 1\nundefined\n> a\n1",
        "mysql> select 1;",
        "shop=# select 1;",
        "MariaDB [(none)]> show databases;",
        "C:\\Users\\me>dir /b",
        "PS C:\\> dir",
        "me@host:~/src$ ls",
        "jshell> int x = 1",
    ] {
        assert!(is_session(Language::Python, text), "{text}");
    }
    for text in [
        "if x > y:\n    pass",
        "a = b[0] > 1",
        "x = 1 # y",
        "print('a > b')",
        "def f(x) -> int:\n    return x % 2",
        "email = 'me@host' # x",
    ] {
        assert!(!is_session(Language::Python, text), "{text}");
    }
}

#[test]
fn cells_of_notebooks_are_told_by_magics_and_commands() {
    for text in [
        "!pip install x",
        "%matplotlib inline",
        "%%timeit\nf()",
        "files = !ls",
        "df.head?",
        "?df",
    ] {
        assert!(is_notebook(text), "{text}");
    }
    for text in ["x != y", "a % b", "x = 1", "if not x: pass", "% 3"] {
        assert!(!is_notebook(text), "{text}");
    }
}

#[test]
fn diffs_templates_and_omissions_are_unknown() {
    for (language, text) in [
        (Language::Python, "@@ -1 +1 @@\n-x = 1\n+x = 2"),
        (Language::Python, "-x = 1\n+x = 2"),
        (Language::Rust, "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x"),
        (Language::Yaml, "{{- if .Values.a }}\na: b\n{{- end }}"),
        (Language::Sql, "select * from {{ ref('orders') }}"),
        (Language::Java, "class {{name}} {}"),
        (Language::JavaScript, "<% if (a) { %>\nb\n<% } %>"),
        (Language::Go, "{% for a in b %}"),
        (Language::Json, "{\"a\": ${A}}"),
        (Language::Sql, "select a from <your_table> where"),
    ] {
        assert!(excused(language, text), "{text}");
    }
    for (language, text) in [
        (Language::Java, "class A {\n    ...\n}"),
        (Language::JavaScript, "f({ ... })"),
        (Language::Go, "func main() {\n\t... existing code ...\n}"),
    ] {
        let code = "i have this:\nint a = f(1);\nint b = g(2);\nmake it one call";
        for prompt in ["refactor my class", "add a test to\n```\nx\n```", code] {
            assert!(
                excuse(language, "", text, prompt).is_some(),
                "{prompt}: {text}"
            );
        }
        // The rest of what, where nothing was there before?
        assert!(!excused(language, text), "{text}");
    }
    for (language, text) in [
        (Language::JavaScript, "const a = {{ b: 1 }"),
        (Language::JavaScript, "f(...args"),
        (Language::JavaScript, "`${a}`) x"),
        (Language::Go, "a := []p{{1, 2}, {3, 4}"),
        (Language::Json, "{\"a\": 1, // b\n}"),
        (Language::Python, "def f(:\n    return -x"),
        (Language::Rust, "fn f() -> Vec<u8 {}"),
        (Language::Bash, "if x; then"),
    ] {
        assert!(!excused(language, text), "{text}");
    }
}

#[test]
fn sql_of_other_databases_is_unknown_and_torn_sql_is_wrong() {
    for text in [
        "select 1\ngo",
        "\\dt\nselect 1;",
        "delimiter //\nselect 1 //",
        "declare\n  n number;\nbegin\n  null;\nend;\n/",
        "select * exclude (id) from t",
        "select a from t where b = %s",
        "select a from t where b = :name",
        "create or replace function f() returns trigger as $$ begin end; $$ language plpgsql",
        ".tables",
        "from t select a",
        "select * from t indexed by i where a isnull",
        "insert into t output inserted.* default values;",
        "select q'[it's]' from dual",
        "select a ? b : c from t",
        "with 1 as x select x",
        "select [x for x in l if x > 1], {'a': 1} from t",
        "select a: 1, b: 2",
        "select struct(1 as a), array<int64>[1, 2] from t",
        "select $1, $2 from values (1, 2)",
        "select * from rows from (f(1), g(2)) with ordinality",
        "cache table t",
    ] {
        assert!(excused(Language::Sql, text), "{text}");
    }
    for text in [
        "select a, from t",
        "selec a from t",
        "select (a from t where b = :c",
        "create procedure f( as begin end",
        "select 'a from t where b = %s",
        "select a from t where where b = 1",
        "select q'[it's from dual",
        "select a from t where b = 'x: y' and",
    ] {
        assert!(!excused(Language::Sql, text), "{text}");
    }
    assert_eq!(
        excuse(Language::Sql, "", "show x y z", "for sql server"),
        Some("SQL of a database that is not known here")
    );
}

#[test]
fn other_shells_and_loose_json_are_known_by_name_or_marks() {
    assert!(excused(Language::Bash, "for f in *.txt\n    echo $f\nend"));
    assert!(excused(
        Language::Bash,
        "Get-ChildItem | Where-Object { $_.Length -gt 1 }"
    ));
    assert!(excuse(Language::Bash, "", "if (", "in fish, please").is_some());
    assert!(excuse(Language::Bash, "", "if (", "for selfish reasons").is_none());
    assert!(excuse(Language::Json, "", "{a: 1}", "as json5").is_some());
    assert!(excuse(Language::Json, "", "{a: 1}", "as json").is_none());
}

#[test]
fn neighbours_of_what_is_unknown_are_unknown() {
    for (language, text) in [
        // SQL
        (Language::Sql, "SHOW CREATE TABLE t\\G"),
        (
            Language::Sql,
            "CREATE USER 'a'@'%' IDENTIFIED BY 'x';\nFLUSH PRIVILEGES;",
        ),
        (
            Language::Sql,
            "SELECT d, count() FROM h GROUP BY d WITH TOTALS LIMIT 3 BY d",
        ),
        (
            Language::Sql,
            "CREATE DICTIONARY d (id UInt64) LAYOUT(HASHED())",
        ),
        (
            Language::Sql,
            "SELECT list_transform(l, lambda x: x + 1) FROM t",
        ),
        (Language::Sql, "CREATE VIRTUAL TABLE f USING fts5(a)"),
        (Language::Sql, "PRAGMA foreign_keys = ON;"),
        (
            Language::Sql,
            "Events | where a == 'b' | summarize count() by c",
        ),
        (
            Language::Sql,
            "SELECT MEAN(\"v\") FROM m GROUP BY time(5m) fill(none)",
        ),
        (Language::Sql, "-SELECT a\n+SELECT b\n FROM t;"),
        // JSON
        (Language::Json, "{ \"_id\": ObjectId(\"5f\") }"),
        (Language::Json, "{\n  \"id\": <id>\n}"),
        (Language::Json, "-  \"a\": 1,\n+  \"a\": 2,"),
        // Sessions
        (Language::Python, "ipdb> p x\n3"),
        (Language::Python, "(Pdb) p x\n3"),
        (Language::Python, "[1]: x = 1\n[2]: x"),
        // Shells
        (Language::Bash, "for i in (seq 1 3); echo $i; end"),
        (Language::Bash, "while read -l line\n  echo $line\nend < x"),
        (Language::Bash, "if ( $x == 1 ) then\n  echo a\nendif"),
        (Language::Bash, "FOR /F %i IN ('dir') DO @echo %i"),
        (Language::Bash, "if \"%X%\"==\"1\" goto end\n:end"),
        (Language::Bash, "ls | where size > 1kb | each { |it| $it }"),
        (Language::Bash, "select x in a b; do break; done"),
        // Templates
        (Language::Java, "#if($x)\nclass A {}\n#end"),
        (Language::Python, "class @@NAME@@:\n    pass"),
        (Language::Go, "{{range .Items}}func {{.Name}}() {}\n{{end}}"),
        (
            Language::JavaScript,
            "{{#each items}}\nexport const {{this}} = 1;\n{{/each}}",
        ),
        (Language::Rust, "struct {{ name | upper }} { x: {{ ty }} }"),
        // Patches
        (Language::Yaml, "-  a: 1\n+  a: 2"),
        (
            Language::Go,
            "+import \"fmt\"\n+\n func main() {\n+\tfmt.Println(1)\n }",
        ),
        (Language::Python, "1c1\n< x = 1\n---\n> x = 2"),
        // An old language
        (Language::Python, "raise ValueError, 'x'"),
        (Language::Python, "exec \"x = 1\""),
    ] {
        assert!(excused(language, text), "{text}");
    }
    for (prompt, language, text) in [
        (
            "give me an eslint config",
            Language::Json,
            "{\"a\": 1, // b\n}",
        ),
        ("a renovate config", Language::Json, "{\"a\": [1],}"),
        (
            "what does a class look like",
            Language::Java,
            "class A {\n    ...\n}",
        ),
        (
            "explain the syntax of a loop",
            Language::JavaScript,
            "for (;;) {\n  ...\n}",
        ),
        (
            "update this code",
            Language::TypeScript,
            "interface A {\n  ... // more\n}",
        ),
    ] {
        assert!(
            excuse(language, "", text, prompt).is_some(),
            "{prompt}: {text}"
        );
    }
    for (language, text) in [
        (Language::Yaml, "- a: 1\n- b: c: d"),
        (Language::Bash, "if true; then\n  echo end"),
        (Language::Python, "raise ValueError('x'"),
        (Language::Json, "{\"a\": 1,}"),
        (Language::Go, "func main() {\n\tx := 1 +\n}"),
    ] {
        assert!(!excused(language, text), "{text}");
    }
}
