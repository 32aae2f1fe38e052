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
    ] {
        let found = grade(Task::Code, "Write a Python function f(n).", &answer);
        assert_eq!(quality(&found), Some(1.0), "{answer}");
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
}

#[test]
fn thinking_is_no_answer_for_any_check() {
    let draft = "I could write\n```python\ndef f(n)\n    return n % 2 = 0   # wrong, no colon, think again\n```\nNo.";
    let good = "```python\ndef f(n):\n    return n\n```";
    for text in [
        format!("<think>\n{draft}\n</think>\n\n{good}"),
        format!("{draft}\n</think>\n\n{good}"),
        format!("<thinking>{draft}</thinking>{good}"),
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
    let custom = Choice {
        tool_calls: vec![ToolCall {
            name: "apply_patch".into(),
            arguments: "*** Begin Patch".into(),
            custom: true,
        }],
        ..Choice::default()
    };
    let tools = r#"[{"type":"function","function":{"name":"read"}},{"type":"custom","custom":{"name":"apply_patch"}}]"#;
    for choice in [media, custom] {
        let found = grade_all(Task::Open, "Do it.", None, Some(tools), &[choice]);
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
        };
        quality(&check(&asked, std::slice::from_ref(&cut)))
    };
    assert_eq!((with(Some(16)), with(None)), (None, Some(0.0)));
}

#[test]
fn numbers_are_read_as_the_world_writes_them() {
    for (question, answer) in [
        ("احسب ٥ × ٧", "الجواب هو ٣٥"),
        ("محاسبه کن: 12 + 30", "۴۲"),
        ("１２＋３０＝？", "４２です。"),
        ("计算：12×3等于多少？", "12×3＝36"),
        ("५ + ७ की गणना करें", "१२"),
        ("Berechne 2,5 * 4", "10"),
        ("Berechne 1.234,5 + 1", "1.235,5"),
        ("Berechne 7 / 2", "3,5"),
        ("Combien font 1 234 + 1 ?", "1 235"),
        ("2,5 * 4 =", "10"),
        ("What is 1,234 + 1?", "1,235"),
        ("What is 12,34,567 + 1?", "12,34,568"),
    ] {
        assert_eq!(math(question, answer), Some(1.0), "{question} {answer}");
    }
    for (question, answer) in [
        ("Berechne 2,5 * 4", "20"),
        ("What is 1,234 + 1?", "2,234"),
        ("What is 7 / 2?", "3,5"),
        ("احسب ٥ × ٧", "٣٦"),
    ] {
        assert_eq!(math(question, answer), Some(0.0), "{question} {answer}");
    }
}

#[test]
fn a_saying_is_no_division_and_a_sum_is_one_whatever_the_task() {
    for (question, answer) in [
        (
            "What is 9/11?",
            "The attacks of September 11, 2001, in which 19 hijackers flew four planes.",
        ),
        (
            "What is 24/7?",
            "It means around the clock: 24 hours a day, 7 days a week.",
        ),
        ("What is 20/20?", "Normal sight at 20 feet."),
    ] {
        assert_eq!(math(question, answer), None, "{question}");
        assert_eq!(quality(&grade(Task::Factual, question, answer)), None);
    }
    let sum = "What is 34 + 34? Reply with the number only.";
    for task in [Task::Open, Task::Factual, Task::Math] {
        assert_eq!(quality(&grade(task, sum, "68")), Some(1.0));
        assert_eq!(quality(&grade(task, sum, "67")), Some(0.0));
    }
}

#[test]
fn the_form_asked_for_is_the_form_checked() {
    for (prompt, answer, right) in [
        (
            "Create a CSV file with the columns name and age.",
            "name,age\nAnn,9",
            1.0,
        ),
        (
            "Create a CSV file with the columns name and age.",
            "Ann,9\nBob,8",
            0.0,
        ),
        ("Return a JSON array of colours.", "[\"red\"]", 1.0),
        (
            "Return a JSON array of colours.",
            "{\"colours\": [\"red\"]}",
            0.0,
        ),
        (
            "Return a single JSON object about Ann.",
            "[{\"name\": \"Ann\"}]",
            0.0,
        ),
        ("Return JSON about Ann.", "```python\nx = []\nprint(", 0.0),
    ] {
        let found = quality(&grade(Task::Structured, prompt, answer));
        assert_eq!(found, Some(right), "{prompt} {answer}");
    }
}

#[test]
fn a_reason_names_what_was_expected_and_found() {
    let reason = |task, prompt: &str, answer: &str| match grade(task, prompt, answer) {
        Finding::Scored { reason, .. } | Finding::Unknown { reason } => reason,
    };
    let sum = reason(Task::Math, "What is 6 * 7?", "41");
    assert!(sum.contains("expected 42, found 41"), "{sum}");
    let keys = reason(
        Task::Structured,
        "Return JSON with the keys name and age.",
        "{\"name\": 1}",
    );
    assert!(keys.contains("`age` is missing"), "{keys}");
    let code = reason(Task::Code, "", "```rust\nfn a() {\n}\n}\n```");
    assert!(code.contains("line 3: "), "{code}");
    let schema = r#"{"type":"json_schema","json_schema":{"schema":{"properties":{"a":{"items":{"type":"integer"}}}}}}"#;
    let found = grade_all(
        Task::Structured,
        "",
        Some(schema),
        None,
        &[choice("{\"a\": [1, \"<b>\"]}")],
    );
    let Finding::Scored { reason, .. } = found else {
        panic!("not scored")
    };
    assert!(
        reason.contains("`a[1]` is not of type `integer`"),
        "{reason}"
    );
}

#[test]
fn sums_are_asked_and_answered_in_the_words_of_five_more_languages() {
    for (question, right, wrong) in [
        (
            "Was ist sieben mal acht? Antworte mit der Zahl.",
            "sechsundfünfzig",
            "fünfundsechzig",
        ),
        ("Was ist 7 mal 8?", "Sechsundfünfzig.", "fünfundfünfzig"),
        (
            "Wie viel ist zwölf plus dreißig?",
            "Das Ergebnis ist zweiundvierzig.",
            "Das Ergebnis ist 43.",
        ),
        ("Berechne hundert geteilt durch acht", "12,5", "12"),
        (
            "Combien font sept fois huit ? Réponds par le nombre.",
            "cinquante-six",
            "soixante-cinq",
        ),
        (
            "Combien font quatre-vingt-dix plus un ?",
            "quatre-vingt-onze",
            "92",
        ),
        (
            "¿Cuánto es siete por ocho?",
            "cincuenta y seis",
            "sesenta y cinco",
        ),
        ("¿Cuánto es 7 por 8?", "Es cincuenta y seis.", "57"),
        (
            "Quanto é sete vezes oito?",
            "cinquenta e seis",
            "cinquenta e cinco",
        ),
        ("Quanto é doze mais trinta?", "42", "quarenta e três"),
        ("七乘以八等于多少？只回答数字。", "五十六", "六十五"),
        ("十二加三十等于几？", "四十二", "43"),
        ("计算12×3", "三十六", "三十七"),
        ("请问7×8是多少？", "答案是56。", "答案是57。"),
        ("7 * 8 =", "sechsundfünfzig", "fünfundsechzig"),
        ("What is 7 times 8?", "fifty-six", "sixty-five"),
    ] {
        assert_eq!(math(question, right), Some(1.0), "{question} {right}");
        assert_eq!(math(question, wrong), Some(0.0), "{question} {wrong}");
    }
    // Number words of a language that is not read.
    for (question, answer) in [
        ("Hoeveel is 7 * 8?", "zesenvijftig"),
        ("7 * 8 =", "zesenvijftig"),
        ("Сколько будет 7 * 8?", "пятьдесят шесть"),
        ("Quanto fa 7 * 8?", "cinquantasei"),
    ] {
        assert_eq!(math(question, answer), None, "{question} {answer}");
    }
    for (question, answer) in [
        ("What is 7 * 8?", "I do not know."),
        ("Was ist 7 mal 8?", "Das weiß ich nicht."),
    ] {
        assert_eq!(math(question, answer), Some(0.0), "{question} {answer}");
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
    };
    let goes_on = check(&asked, &[choice(&format!("```python\n{short}\n```"))]);
    assert_eq!(quality(&goes_on), Some(1.0));
}

fn code_of(prompt: &str, answer: &str) -> Option<f64> {
    quality(&grade(Task::Code, prompt, answer))
}

#[test]
fn as_many_records_as_were_asked_for() {
    let csv = |rows: usize| format!("name,age\n{}", "Ann,9\n".repeat(rows));
    let objects = |count: usize| format!("[{}]", vec!["{\"a\": 1}"; count].join(", "));
    let lines = |count: usize| vec!["Peru"; count].join("\n");
    let bullets = |count: usize| "- Peru\n".repeat(count);
    let table = |rows: usize| format!("| a | b |\n|---|---|\n{}", "| 1 | 2 |\n".repeat(rows));
    let wanted = |prompt: &str, right: &[String], wrong: &[String]| {
        for answer in right {
            let found = quality(&grade(Task::Structured, prompt, answer));
            assert!(found.is_none_or(|found| found == 1.0), "{prompt}\n{answer}");
        }
        for answer in wrong {
            let found = grade(Task::Structured, prompt, answer);
            assert_eq!(quality(&found), Some(0.0), "{prompt}\n{answer}");
            let (Finding::Scored { reason, .. } | Finding::Unknown { reason }) = found;
            assert!(reason.contains("expected"), "{reason}");
        }
    };
    wanted(
        "Give me 5 rows of sample data as CSV with a header.",
        &[csv(5)],
        &[csv(4), csv(6)],
    );
    wanted(
        "Write CSV with 3 lines plus header.",
        &[csv(3)],
        &[csv(2), csv(4)],
    );
    // Whether the header is a row is open here.
    wanted(
        "Give me 5 rows as CSV.",
        &[csv(5), csv(4)],
        &[csv(3), csv(7)],
    );
    wanted(
        "Create a CSV with at least 5 rows and a header.",
        &[csv(5), csv(9)],
        &[csv(4)],
    );
    wanted(
        "Create a CSV with at most 5 rows and a header.",
        &[csv(5), csv(1)],
        &[csv(6)],
    );
    wanted(
        "Create a CSV with up to 5 rows and a header.",
        &[csv(2)],
        &[csv(8)],
    );
    wanted(
        "Create a CSV with 3 to 5 rows and a header.",
        &[csv(3), csv(4), csv(5)],
        &[csv(2), csv(6)],
    );
    wanted(
        "Erstelle eine CSV-Datei mit den Spalten name und age und fünf Zeilen.",
        &[csv(5)],
        &[csv(3)],
    );
    wanted(
        "Return a JSON array of ten objects.",
        &[objects(10)],
        &[objects(9), objects(11)],
    );
    wanted(
        "Return JSON with exactly three items.",
        &[
            objects(3),
            "{\"items\": [1, 2, 3]}".into(),
            "{\"a\": 1}".into(),
        ],
        &[objects(2), "{\"items\": [1, 2]}".into()],
    );
    wanted(
        "Output JSON Lines, 4 records.",
        &["{}\n{}\n{}\n{}".into()],
        &["{}\n{}".into()],
    );
    wanted(
        "List 7 countries, one a line.",
        &[
            lines(7),
            bullets(7),
            format!("Here are seven:\n{}", lines(7)),
        ],
        &[lines(6), bullets(8)],
    );
    wanted(
        "Make a Markdown table with 2 columns and 3 rows.",
        &[table(3)],
        &[
            table(2),
            "| a | b | c |\n|---|---|---|\n".to_owned() + &"| 1 | 2 | 3 |\n".repeat(3),
        ],
    );
    // No number of records, or not a plain one.
    for prompt in [
        "Create a CSV with about 5 rows and a header.",
        "Turn these 8 lines into CSV with a header.",
        "My table has 200 rows. Give me the summary as CSV with a header.",
        "Create a CSV with 3 rows for each of the 4 teams and a header.",
        "Create a CSV with the columns name and age for 3 teams of 5 people.",
        "Create a CSV of more than 3 rows with a header.",
    ] {
        wanted(prompt, &[csv(6)], &[]);
    }
}

#[test]
fn nothing_is_taken_out_of_an_unfinished_program() {
    for (prompt, answer) in [
        ("Return JSON about Ann.", "```ruby\nx = {\"a\": 1}\nputs("),
        ("Return it as XML.", "```python\nx = '<a></a>'\nprint("),
        (
            "Return it as YAML.",
            "Sure:\n```kotlin\nval a: Int = 1\nfun f(",
        ),
        ("Return it as CSV.", "```java\nint a, b;\nf(a, b"),
    ] {
        let found = quality(&grade(Task::Structured, prompt, answer));
        assert_eq!(found, Some(0.0), "{prompt} {answer}");
    }
}
