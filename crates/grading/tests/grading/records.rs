//! The form asked for, as many records as were asked for, and what a reason says.

use super::*;

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
    let step = reason(Task::Math, "A story.", "3 * 4 = 12, and 12 - 2 = 9.");
    assert!(step.ends_with("expected 12 - 2 = 10"), "{step}");
    let sql = reason(Task::Code, "", "```sql\nSELECT FROM WHERE a =\n```");
    assert!(sql.ends_with("line 1: unexpected `WHERE`"), "{sql}");
    let bash = reason(Task::Code, "", "```bash\nif true; then\n```");
    assert!(bash.contains("end of input"), "{bash}");
    let form = reason(
        Task::Structured,
        "Return JSON in the following form: {\"a\": \"...\", \"b\": [\"...\"]}",
        "{\"a\": \"x\", \"b\": 3}",
    );
    assert!(
        form.contains("`b`: expected an array, found a number"),
        "{form}"
    );
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
fn what_the_prompt_lays_down_is_held_against_what_is_there() {
    let graded = |prompt: &str, answer: &str| quality(&grade(Task::Structured, prompt, answer));
    let lines =
        "Return a JSON object with the following keys:\n- name: the name\n- age: the years\n";
    for (prompt, right, wrong) in [
        ("Return a JSON array of strings.", "[\"a\"]", "[{\"a\": 1}]"),
        ("Return a JSON array of numbers.", "[1, 2.5]", "[\"1\"]"),
        (
            "Output must be a JSON array, not an object.",
            "[1]",
            "{\"a\": [1]}",
        ),
        (
            "Return an array of JSON objects with name.",
            "[{\"name\": 1}]",
            "{\"name\": 1}",
        ),
        (
            "Devuelve un array JSON de nombres.",
            "[\"a\"]",
            "{\"a\": 1}",
        ),
        ("返回一个JSON数组", "[1]", "{\"a\": 1}"),
        (
            "Give me three capitals as a JSON array.",
            "[1, 2, 3]",
            "[1, 2]",
        ),
        (
            "Return between 2 and 4 tags as a JSON array.",
            "[1, 2]",
            "[1]",
        ),
        (
            "Return 3-5 keywords as a JSON array.",
            "[1, 2, 3]",
            "[1, 2]",
        ),
        (
            "Give me 5 names in JSON.",
            "{\"names\": [1, 2, 3, 4, 5]}",
            "{\"names\": [1]}",
        ),
        (
            "Erzeuge ein JSON-Array mit 3 Objekten.",
            "[{}, {}, {}]",
            "[{}]",
        ),
        (
            "Generate a CSV with 2 employees.",
            "name\na\nb",
            "name\na\nb\nc\nd",
        ),
        (lines, "{\"name\": 1, \"age\": 2}", "{\"name\": 1}"),
        (
            "Return a JSON object with a \"name\" key and an \"age\" key.",
            "{\"name\": 1, \"age\": 2}",
            "{\"age\": 1}",
        ),
        (
            "Gib mir Städte als JSON mit den Schlüsseln name und land.",
            "[{\"name\": 1, \"land\": 2}]",
            "[{\"name\": 1}]",
        ),
        (
            "Return YAML with the keys name and age.",
            "name: a\nage: 1",
            "name: a",
        ),
        (
            "Return JSON Lines with keys id and text.",
            "{\"id\": 1, \"text\": 2}",
            "{\"id\": 1}",
        ),
        (
            "Write a CSV with the header `id,name`.",
            "id,name\n1,a",
            "1,a\n2,b",
        ),
        (
            "Gere um CSV com as colunas nome e idade.",
            "nome,idade\na,1",
            "nome,cidade\na,1",
        ),
        (
            "Return CSV.",
            "a,b\n1,2",
            "Hello there, my friend, how are you.",
        ),
        (
            "Return JSON about Ann.",
            "```js\n{\"a\": 1}\n```",
            "```python\nprint({\"a\": 1})\n```",
        ),
        (
            "Give me a numbered list of 3 tips.",
            "1. A\n   - x\n2. B\n3. C\n\n- Note: y",
            "1. A\n2. B",
        ),
    ] {
        assert_eq!(graded(prompt, right), Some(1.0), "{prompt}: {right}");
        assert_eq!(graded(prompt, wrong), Some(0.0), "{prompt}: {wrong}");
    }
    for (prompt, answer) in [
        (
            "Return JSON with keys name, age; omit age if unknown.",
            "{\"name\": 1}",
        ),
        (
            "Respond in JSON with keys `a` and optionally `c`.",
            "{\"a\": 1}",
        ),
        (
            "Create a CSV without a header, columns name and age.",
            "a,1\nb,2",
        ),
        ("Give me 5 names in JSON.", "{\"names\": [1], \"note\": 1}"),
        (
            "Generate 1-3 broad tags, along with 1-3 more specific subtopic tags, as JSON.",
            "{\"tags\": [1, 2, 3, 4, 5]}",
        ),
        (
            "Suggest questions.\nJSON format: { \"follow_ups\": [\"Question 1?\"] }\nUSER: How long?\nASSISTANT: Six to nine minutes.",
            "{\"follow_ups\": [\"And soft?\"]}",
        ),
        ("Is it good? Don't return JSON.", "yes"),
        ("Do not use JSON. Just the name.", "Ann"),
        (
            "List 3 pros and 3 cons in bullets.",
            "- a\n- b\n- c\n- d\n- e\n- f",
        ),
    ] {
        let found = graded(prompt, answer);
        assert!(found.is_none_or(|found| found == 1.0), "{prompt}: {answer}");
    }
}

#[test]
fn what_was_asked_in_a_conversation_that_comes_along_is_not_asked_now() {
    for talk in [
        "USER: give me 5 names as a JSON array of strings\nASSISTANT: [\"a\"]",
        "USER: write csv with columns name, age\nASSISTANT: name,age\nAnn,9",
        "USER: Return JSON with keys name and age.\nASSISTANT: {\"name\": \"x\", \"age\": 3}",
        "USER: list 7 countries, one a line\nASSISTANT: Peru",
        "USER: Make a markdown table with 3 columns\nASSISTANT: | a | b |",
    ] {
        for (prompt, answer) in [
            (
                format!("Write a title. Respond with JSON: {{\"title\": \"...\"}}\n\n{talk}"),
                "{\"title\": \"Eggs\"}",
            ),
            (
                format!(
                    "### Task:\nSuggest queries.\n### Chat History:\n<chat_history>\n{talk}\n</chat_history>\nReturn JSON {{ \"queries\": [\"a\"] }}"
                ),
                "{\"queries\": [\"eggs\"]}",
            ),
        ] {
            let found = quality(&grade(Task::Structured, &prompt, answer));
            assert_eq!(found, Some(1.0), "{prompt}");
            let found = quality(&grade(Task::Structured, &prompt, "Eggs."));
            assert_eq!(found, Some(0.0), "{prompt}");
        }
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

#[test]
fn a_format_is_asked_for_in_the_words_of_many_languages_and_not_asked_for_in_them() {
    let json = "{\"name\":\"Ann\",\"age\":9}";
    for prompt in [
        "Gib nur JSON aus: Ann ist 9.",
        "Antworte ausschließlich mit JSON: Ann ist 9.",
        "Répondez uniquement en JSON : Anne a 9 ans.",
        "Renvoie seulement un objet JSON : Anne a 9 ans.",
        "Responde solo con JSON: Ana tiene 9 años.",
        "Dame el resultado en formato JSON: Ana tiene 9 años.",
        "Responda somente com JSON: Ana tem 9 anos.",
        "Ответь только JSON: Анне 9 лет.",
        "Выведи результат в формате JSON: Анне 9 лет.",
        "只输出JSON：小明九岁。",
        "把下面转换成JSON：小明九岁。",
        "JSONのみを出力してください：太郎は九歳。",
        "JSON形式で返してください。",
        "JSON 형식으로 반환해줘: 민수는 아홉 살.",
        "Rispondi solo con JSON: Anna ha 9 anni.",
    ] {
        assert_eq!(structured(prompt, json), Some(1.0), "{prompt}");
        let fenced = format!("```json\n{json}\n```");
        assert_eq!(structured(prompt, &fenced), Some(1.0), "{prompt}");
        for wrong in [
            "Ann is nine years old.",
            "小明九岁。",
            "{\"name\": \"Ann\", \"age\": }",
        ] {
            assert_eq!(structured(prompt, wrong), Some(0.0), "{prompt}");
        }
    }
    for prompt in [
        "Antworte nicht in JSON: Wie alt ist Ann?",
        "Ne réponds pas en JSON : quel âge a Anne ?",
        "No respondas en JSON: ¿qué edad tiene Ana?",
        "Não responda em JSON: qual a idade da Ana?",
        "Не отвечай в JSON: сколько лет Анне?",
        "不要输出JSON：小明几岁？",
        "请不要用JSON格式回答，小明几岁？",
        "JSONではなく普通の文で答えてください：太郎は何歳？",
        "用JSON有什么好处？",
        "我们的接口只返回JSON，为什么？",
        "Le serveur renvoie uniquement du JSON. Pourquoi ?",
        "Nuestra API devuelve solo JSON y no XML.",
        "Unser Server gibt nur JSON aus. Warum?",
        "JSONだけを返すAPIの利点は？",
    ] {
        let found = structured(prompt, "A sentence.");
        assert_eq!(found, None, "{prompt}");
    }
    let table = "Erstelle eine CSV-Datei mit den Spalten Name und Alter für drei Personen.";
    assert_ne!(
        structured(table, "name;alter\nAnn;9\nBob;8\nCid;7"),
        Some(0.0)
    );
    assert_eq!(
        structured("生成一个CSV。", "小明今年九岁，住在北京。"),
        Some(0.0)
    );
}
