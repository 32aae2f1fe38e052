//! What a check does not know it does not call wrong; what it knows it still does.

use super::*;

fn code(prompt: &str, tag: &str, text: &str) -> Option<f64> {
    let answer = format!("```{tag}\n{text}\n```");
    quality(&grade(Task::Code, prompt, &answer))
}

#[test]
fn code_in_a_form_of_its_own_is_not_called_wrong() {
    for (prompt, tag, text) in [
        (
            "a notebook cell",
            "python",
            "!pip install pandas\n%matplotlib inline\nimport pandas as pd\ndf = pd.read_csv('d.csv')\ndf.head()",
        ),
        ("time it", "python", "%%timeit\nsum(range(1_000_000))"),
        ("in a REPL", "python", ">>> xs = [1, 2]\n>>> xs[1:]\n[2]"),
        ("in a notebook", "python", "In [1]: 1 + 1\nOut[1]: 2"),
        (
            "in node",
            "javascript",
            "> const a = [1, 2]\nundefined\n> a.length\n2",
        ),
        (
            "patch it",
            "python",
            "@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 2",
        ),
        (
            "as jinja",
            "python",
            "class {{ name }}:\n    {% if a %}\n    x = 1\n    {% endif %}",
        ),
        (
            "as helm",
            "yaml",
            "a: {{ .Values.a }}\n{{- if .Values.b }}\nb: 1\n{{- end }}",
        ),
        ("as erb", "javascript", "const a = <%= raw @a.to_json %>;"),
        (
            "only what changes",
            "java",
            "class A {\n    ...\n    int b() { return 1; }\n}",
        ),
        (
            "for SQL Server",
            "sql",
            "CREATE TABLE dbo.U (Id INT IDENTITY(1,1));\nGO\nCREATE PROCEDURE dbo.G @Id INT AS\nBEGIN\n    SET NOCOUNT ON;\n    SELECT TOP 1 Id FROM dbo.U WITH (NOLOCK) WHERE Id = @Id;\nEND\nGO",
        ),
        (
            "for Oracle",
            "sql",
            "SET SERVEROUTPUT ON;\nDECLARE\n  n NUMBER;\nBEGIN\n  SELECT COUNT(*) INTO n FROM e;\n  DBMS_OUTPUT.PUT_LINE(n);\nEND;\n/",
        ),
        (
            "for MySQL",
            "sql",
            "DELIMITER //\nCREATE PROCEDURE c(OUT n INT)\nBEGIN\n  SELECT COUNT(*) INTO n FROM users;\nEND //\nDELIMITER ;",
        ),
        (
            "in psql",
            "sql",
            "\\copy users FROM 'users.csv' WITH (FORMAT csv, HEADER true)",
        ),
        (
            "for psycopg",
            "sql",
            "SELECT id FROM users WHERE email = %s LIMIT 1;",
        ),
        (
            "for ClickHouse",
            "sql",
            "CREATE TABLE v\n(\n    ts DateTime\n)\nENGINE = MergeTree\nORDER BY (ts)\nTTL ts + INTERVAL 90 DAY;",
        ),
        (
            "an index",
            "sql",
            "CREATE NONCLUSTERED INDEX i ON dbo.O (C) INCLUDE (T) WITH (FILLFACTOR = 80, ONLINE = ON);",
        ),
        (
            "replicate it",
            "sql",
            "CREATE PUBLICATION p FOR TABLE a, b;",
        ),
        (
            "undo it",
            "sql",
            "SELECT * FROM t AT(OFFSET => -60*5);\nUNDROP TABLE t;",
        ),
        (
            "show the plan",
            "sql",
            "EXPLAIN SELECT 1;\n  QUERY PLAN\n------------\n Seq Scan on t  (cost=0.00..35.50)",
        ),
        (
            "write it to a file with MySQL",
            "sql",
            "SELECT a FROM t INTO OUTFILE 'x.csv' FIELDS TERMINATED BY ',';",
        ),
        ("in sqlcmd", "sql", "1> SELECT @@VERSION\n2> GO"),
        (
            "in a shell",
            "bash",
            "(venv) me@host:~/p$ python -V\nPython 3.12 (main",
        ),
        (
            "show the result",
            "python",
            "len('abc') => 3\n'a'.upper() => 'A'",
        ),
        (
            "start it",
            "python",
            "Python 3.11.4 (main) [GCC] on linux\n>>> x = 5",
        ),
        (
            "what changes",
            "go",
            "func main() {\n+\tdefer f()\n \tx()\n }",
        ),
        ("number the lines", "python", "1: def f():\n2:     return 1"),
        ("pseudocode, please", "python", "if x then\n  y\nend if"),
        (
            "what does the answer look like",
            "json",
            "{\n  \"id\": string,\n  \"items\": [\n    ...\n  ]\n}",
        ),
        ("the request", "json", "POST /v1/x HTTP/1.1\n\n{\"a\": 1}"),
        ("for fish", "bash", "for f in *.txt\n    echo $f\nend"),
        (
            "for PowerShell",
            "shell",
            "Get-ChildItem | Where-Object { $_.Length -gt 1 } | % {",
        ),
        (
            "tsconfig.json with comments",
            "json",
            "{\n  // strict\n  \"a\": 1,\n}",
        ),
    ] {
        let found = code(prompt, tag, text);
        assert!(
            found.is_none_or(|quality| quality >= 0.5),
            "{prompt}: {text}"
        );
    }
}

#[test]
fn code_that_is_broken_in_every_form_is_wrong() {
    for (prompt, tag, text) in [
        ("write it", "python", "def f(:\n    pass"),
        ("write it", "sql", "SELECT a FROM t WHERE WHERE b = 1"),
        (
            "for SQL Server",
            "sql",
            "CREATE PROCEDURE dbo.G AS BEGIN SELECT (1 END",
        ),
        (
            "rows to a file with PostgreSQL",
            "sql",
            "SELECT a INTO OUTFILE '/tmp/a.csv' FROM t;",
        ),
        ("write it", "json", "{\"a\": 1,}"),
        ("write it", "bash", "if true; then"),
    ] {
        assert_eq!(code(prompt, tag, text), Some(0.0), "{text}");
    }
}

#[test]
fn fences_are_found_as_models_write_them() {
    let f = "def f(n):\n    return n % 2 == 0\n";
    for answer in [
        format!("```Python\n{f}```"),
        format!("Sure:\n\n```python\n{f}"),
        format!("{f}```"),
        format!("~~~python\n{f}~~~"),
        format!("````python\n{f}````"),
        format!("```python:src/f.py\n{f}```"),
        format!("```{{python}}\n{f}```"),
        format!("```python\r\n{}```", f.replace('\n', "\r\n")),
        format!("```src/even.py\n{f}```"),
        format!("```language-python\n{f}```"),
        format!("```python\n{}```", f.trim_end()),
        format!("```python\n{f}```. It tells even from odd."),
        format!("```python\n{f}```<eos>"),
        format!("```python```\n{f}"),
        format!("```python\n{f}```Done."),
        format!("\u{200b}```python\n{f}\u{200b}```"),
        format!(
            "   ```python\n   {}\n   ```",
            f.trim_end().replace('\n', "\n   ")
        ),
        format!(
            "\t```py {{linenos}}\n\t{}\n\t```",
            f.trim_end().replace('\n', "\n\t")
        ),
        format!(
            "Here it is:\n\n    {}\n\nThat is all.",
            f.trim_end().replace('\n', "\n    ")
        ),
        format!("Sure! Here is the function:\n{f}It tells even from odd."),
        format!("even.py\n{f}"),
    ] {
        let found = grade(Task::Code, "Write a Python function f(n).", &answer);
        assert_eq!(quality(&found), Some(1.0), "{answer}");
    }
}

#[test]
fn a_pattern_alone_is_no_broken_program() {
    let pattern = "^(?P<a>\\d+)$";
    assert_eq!(code("Write a regex for Python.", "python", pattern), None);
    assert_eq!(
        code("Write a Python function.", "python", pattern),
        Some(0.0)
    );
}

#[test]
fn code_in_marks_of_its_own_is_unknown_where_it_does_not_parse() {
    let f = "def f(n):\n    return n % 2 == 0\n";
    for answer in [
        format!("[PYTHON]\n{f}[/PYTHON]"),
        format!("\\begin{{verbatim}}\n{f}\\end{{verbatim}}"),
        format!("{{code:python}}\n{f}{{code}}"),
        format!("Copy\n{f}"),
        format!(":::code\n{f}:::"),
        format!("<antArtifact identifier=\"a\" language=\"python\">\n{f}</antArtifact>"),
        format!("``python\n{f}``"),
        "Use `f = lambda n: n % 2 == 0`.".into(),
    ] {
        let found = code_of("Write a Python function f(n).", &answer);
        assert!(found.is_none_or(|quality| quality == 1.0), "{answer}");
    }
    for answer in [
        "def f(n)\n    return n",
        "Sure! Here is the function:\ndef f(n)\n    return n",
    ] {
        assert_eq!(
            code_of("Write a Python function f(n).", answer),
            Some(0.0),
            "{answer}"
        );
    }
}

fn continued(begun: &str, task: Task, prompt: &str, answer: &str) -> Option<f64> {
    let say = |role: &str, text: &str| Message {
        role: role.into(),
        text: text.into(),
    };
    let messages = [say("user", prompt), say("assistant", begun)];
    let asked = Asked {
        task,
        messages: &messages,
        response_format: None,
        tools: None,
        max_tokens: None,
        names_stops: false,
    };
    quality(&check(&asked, &[choice(answer)]))
}

#[test]
fn an_answer_goes_on_from_what_the_client_began() {
    let json = "Return JSON with the key \"capitals\": three EU capitals.";
    let go = |answer| continued("{\"capitals\": [", Task::Structured, json, answer);
    assert_eq!(go("\"Paris\", \"Rome\", \"Madrid\"]}"), Some(1.0));
    assert_eq!(go("{\"capitals\": []}"), Some(1.0));
    assert_eq!(go("\"Paris\", "), None);
    let python = |answer| {
        continued(
            "```python\ndef add(a, b):\n",
            Task::Code,
            "Write a Python function.",
            answer,
        )
    };
    assert_eq!(python("    return a + b\n```\n"), Some(1.0));
    let thinks = |answer| continued("<think>\n", Task::Math, "Calculate 17 * 23", answer);
    assert_eq!(thinks("400?\n</think>\n391"), Some(1.0));
    assert_eq!(thinks("17 * 23 = 391"), None, "that is still thinking");
}

#[test]
fn thinking_is_no_answer_for_any_check() {
    let draft = "I could write\n```python\ndef f(n)\n    return n % 2 = 0   # wrong, no colon, think again\n```\nNo.";
    let good = "```python\ndef f(n):\n    return n\n```";
    for text in [
        format!("<think>\n{draft}\n</think>\n\n{good}"),
        format!("{draft}\n</think>\n\n{good}"),
        format!("<thinking>{draft}</thinking>{good}"),
        format!("[THINK]{draft}[/THINK]{good}"),
        format!(
            "<|channel|>analysis<|message|>{draft}<|end|><|start|>assistant<|channel|>final<|message|>{good}<|return|>"
        ),
    ] {
        let found = grade(Task::Code, "Write a Python function f(n).", &text);
        assert_eq!(quality(&found), Some(1.0), "{text}");
    }
    assert_eq!(
        math(
            "Calculate 17 * 23",
            "<think>17 * 23 = 400?</think>\nIt is 391."
        ),
        Some(1.0)
    );
    assert_eq!(math("Calculate 17 * 23", "<think>17 * 23 = 391"), Some(0.0));
}

#[test]
fn sound_pictures_and_custom_tools_are_answers() {
    let media = Choice {
        text: Some(String::new()),
        media: true,
        ..Choice::default()
    };
    let written = choice("![image](data:image/png;base64,iVBORw0KGgo=)");
    let custom = Choice {
        tool_calls: vec![ToolCall {
            name: "apply_patch".into(),
            arguments: "*** Begin Patch".into(),
            custom: true,
        }],
        ..Choice::default()
    };
    let tools = r#"[{"type":"function","function":{"name":"read"}},{"type":"custom","custom":{"name":"apply_patch"}}]"#;
    for choice in [media, written, custom] {
        let found = grade_all(Task::Math, "Do it.", None, Some(tools), &[choice]);
        assert_eq!(quality(&found), None);
    }
}

#[test]
fn an_answer_that_the_clients_own_limit_cut_off_is_unknown() {
    let messages = [Message {
        role: "user".into(),
        text: "Write a Rust function.".into(),
    }];
    let cut = Choice {
        finish_reason: Some("length".into()),
        ..choice("```rust\nfn main() {\n    let x")
    };
    let with = |max_tokens| {
        let asked = Asked {
            task: Task::Code,
            messages: &messages,
            response_format: None,
            tools: None,
            max_tokens,
            names_stops: false,
        };
        quality(&check(&asked, std::slice::from_ref(&cut)))
    };
    assert_eq!((with(Some(16)), with(None)), (None, Some(0.0)));
    // All of it went into thinking.
    for text in ["", "<think>\nhm", "[THINK]hm"] {
        let cut = Choice {
            finish_reason: Some("length".into()),
            ..choice(text)
        };
        let with = |max_tokens| {
            let asked = Asked {
                task: Task::Math,
                messages: &messages,
                response_format: None,
                tools: None,
                max_tokens,
                names_stops: false,
            };
            quality(&check(&asked, std::slice::from_ref(&cut)))
        };
        assert_eq!((with(Some(16)), with(None)), (None, Some(0.0)), "{text}");
    }
}

#[test]
fn a_program_that_uses_what_nothing_defines_is_wrong_where_all_of_it_is_seen() {
    let ask = "Write a Python function that gives the length of the hypotenuse.";
    let short = "def f(a, b):\n    return math.sqrt(a * a + b * b)";
    let found = grade(Task::Code, ask, &format!("```python\n{short}\n```"));
    assert_eq!(quality(&found), Some(0.0));
    let Finding::Scored { reason, .. } = &found else {
        panic!("not scored")
    };
    assert_eq!(reason, "python code: line 2: `math` is defined nowhere");
    for (prompt, answer) in [
        (ask, format!("```python\nimport math\n\n{short}\n```")),
        (
            "Write f. I have imported math.",
            format!("```python\n{short}\n```"),
        ),
        (
            ask,
            format!("This assumes the import.\n```python\n{short}\n```"),
        ),
        (
            ask,
            format!("```python\nimport math\n```\n\n```python\n{short}\n```"),
        ),
        (
            "How do I drop empty rows?",
            "```python\ndf = df.dropna()\n```".into(),
        ),
    ] {
        assert_eq!(code_of(prompt, &answer), Some(1.0), "{prompt} {answer}");
    }
    let said = |role: &str, text: &str| Message {
        role: role.into(),
        text: text.into(),
    };
    let talk = [
        said("user", "Import math."),
        said("assistant", "import math"),
        said("user", ask),
    ];
    let asked = Asked {
        task: Task::Code,
        messages: &talk,
        response_format: None,
        tools: None,
        max_tokens: None,
        names_stops: false,
    };
    let goes_on = check(&asked, &[choice(&format!("```python\n{short}\n```"))]);
    assert_eq!(quality(&goes_on), Some(1.0));
}

fn code_of(prompt: &str, answer: &str) -> Option<f64> {
    quality(&grade(Task::Code, prompt, answer))
}

#[test]
fn what_the_clients_own_stop_may_have_cut_off_is_unknown() {
    let with = |task, prompt: &str, answer: &str, names_stops| {
        let messages = [Message {
            role: "user".into(),
            text: prompt.into(),
        }];
        let asked = Asked {
            task,
            messages: &messages,
            response_format: None,
            tools: None,
            max_tokens: None,
            names_stops,
        };
        let stopped = Choice {
            finish_reason: Some("stop".into()),
            ..choice(answer)
        };
        quality(&check(&asked, &[stopped]))
    };
    for (task, prompt, answer) in [
        (
            Task::Structured,
            "Return JSON about Ann.",
            "{\"name\": \"Ann\"",
        ),
        (Task::Code, "Write it in Rust.", "```rust\nfn main() {"),
    ] {
        assert_eq!(with(task, prompt, answer, false), Some(0.0), "{prompt}");
        assert_eq!(with(task, prompt, answer, true), None, "{prompt}");
    }
    // What is whole was not cut off, nor is what no more text would mend.
    for (task, prompt, answer) in [
        (
            Task::Structured,
            "Return JSON about Ann.",
            "{\"name\": Ann}",
        ),
        (
            Task::Structured,
            "Return JSON with the keys name and age.",
            "{\"name\": \"Ann\"}",
        ),
        (
            Task::Structured,
            "List 3 names as a bulleted list.",
            "- a\n- b\n- c\n- d",
        ),
        (Task::Code, "Write it in Rust.", "```rust\nfn main( {}\n```"),
        (
            Task::Code,
            "Write a SQL query.",
            "SELECT a FROM t WHERE WHERE b = 1",
        ),
    ] {
        assert_eq!(with(task, prompt, answer, true), Some(0.0), "{prompt}");
    }
    let list = "List 3 names as a bulleted list.";
    assert_eq!(with(Task::Structured, list, "- a\n- b", true), None);
    assert_eq!(with(Task::Structured, list, "- a\n- b", false), Some(0.0));
    // A number that is there is not cut off.
    assert_eq!(
        with(Task::Math, "What is 6 * 7?", "It is 41.", true),
        Some(0.0)
    );
    assert_eq!(with(Task::Math, "What is 6 * 7?", "Let me see", true), None);
    let whole = "{\"name\": \"Ann\"}";
    assert_eq!(
        with(Task::Structured, "Return JSON about Ann.", whole, true),
        Some(1.0)
    );
}

#[test]
fn what_the_runtimes_own_tools_did_is_an_answer_without_words() {
    let found = Choice {
        text: Some(String::new()),
        beside: true,
        ..Choice::default()
    };
    assert_eq!(
        quality(&grade_all(Task::Open, "Look it up.", None, None, &[found])),
        None
    );
    let words = Choice {
        beside: true,
        ..choice("41")
    };
    assert_eq!(
        quality(&grade_all(
            Task::Math,
            "What is 6 * 7?",
            None,
            None,
            &[words]
        )),
        Some(0.0)
    );
}
