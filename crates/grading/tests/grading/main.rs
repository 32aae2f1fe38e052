//! Grading from outside: real answers, every way an answer can look, and hostile input.

#![allow(clippy::unwrap_used)]

mod bounds;
#[path = "../hostile/mod.rs"]
mod hostile;
mod numbers;
mod records;
mod unknown;
mod untrusted;

use chat::{Choice, Message, Task, ToolCall};
use grading::{Asked, Finding, check};
use serde::Deserialize;
use serde_json::value::RawValue;

fn choice(text: &str) -> Choice {
    Choice {
        text: Some(text.into()),
        finish_reason: Some("stop".into()),
        ..Choice::default()
    }
}

fn grade(task: Task, prompt: &str, text: &str) -> Finding {
    grade_all(task, prompt, None, None, &[choice(text)])
}

fn grade_all(
    task: Task,
    prompt: &str,
    response_format: Option<&str>,
    tools: Option<&str>,
    choices: &[Choice],
) -> Finding {
    let messages = [Message {
        role: "user".into(),
        text: prompt.into(),
    }];
    let raw = |text: &str| RawValue::from_string(text.into()).unwrap();
    let (response_format, tools) = (response_format.map(raw), tools.map(raw));
    let asked = Asked {
        task,
        messages: &messages,
        response_format: response_format.as_deref(),
        tools: tools.as_deref(),
        max_tokens: None,
        names_stops: false,
    };
    check(&asked, choices)
}

fn quality(finding: &Finding) -> Option<f64> {
    match finding {
        Finding::Scored { quality, .. } => Some(*quality),
        Finding::Unknown { .. } => None,
    }
}

fn math(prompt: &str, answer: &str) -> Option<f64> {
    quality(&grade(Task::Math, prompt, answer))
}

fn structured(prompt: &str, answer: &str) -> Option<f64> {
    quality(&grade(Task::Structured, prompt, answer))
}

#[test]
fn real_answers_are_graded_as_their_benchmark_did() {
    #[derive(Deserialize)]
    struct Pair {
        kind: String,
        prompt: String,
        answer: String,
        truth: u8,
    }
    for line in include_str!("../../../../tests/fixtures/grade/answers.jsonl").lines() {
        let pair: Pair = serde_json::from_str(line).unwrap();
        if pair.kind == "math-word" {
            // No expression in the question: never called right.
            assert_ne!(
                math(&pair.prompt, &pair.answer),
                Some(1.0),
                "{}",
                pair.prompt
            );
        } else {
            let said = structured(&pair.prompt, &pair.answer);
            assert_eq!(said, Some(f64::from(pair.truth)), "{}", pair.answer);
        }
    }
}

#[test]
fn arithmetic_is_read_in_signs_words_and_latex() {
    for (question, right) in [
        ("What is 2 + 3 * 4?", "14"),
        ("Calculate (2 + 3) × 4.", "20"),
        ("2^3^2", "512"),
        ("What is -2^2?", "-4"),
        ("7 − (−3) = ?", "10"),
        ("What is 10 ÷ 4?", "2.5"),
        ("Compute 1,234 + 8,766.", "10,000"),
        ("What is 25 percent of 8840?", "2210"),
        ("15% of 80", "12"),
        ("Increase 80 by 15%.", "92"),
        ("What is 5!?", "120"),
        ("sqrt(2)", "1.414"),
        ("What is the square root of 144?", "12"),
        ("12 times 7", "84"),
        ("What is the sum of 3 and 4?", "7"),
        ("What is seven squared?", "49"),
        ("What is half of 10?", "5"),
        ("What is twelve times seven?", "84"),
        ("What is $\\frac{1}{4} + \\frac{3}{8}$?", "5/8"),
        ("Compute $55\\times1212-15\\times1212$ .", "48480"),
        ("Evaluate \\sqrt[3]{27} \\cdot 2^{10}", "3072"),
        ("What is 2 1/2 + 1/4?", "2.75"),
        ("What is $5 + $3?", "$8"),
        ("What is 5 km + 3 km?", "8 km"),
        ("What is the remainder when 17 is divided by 5?", "2"),
        ("What is the greatest common divisor of 12 and 18?", "6"),
        ("Subtract 5 from 12.", "7"),
        ("What is 22/7? Round to 2 decimal places.", "3.14"),
        ("How many feet are in 2 miles?", "10560"),
        ("Wie viel ist 12 mal 7?", "84"),
        ("¿Cuánto es 12 + 30?", "42"),
    ] {
        assert_eq!(math(question, right), Some(1.0), "{question}");
        assert_eq!(
            math(question, "It comes to 987654."),
            Some(0.0),
            "{question}"
        );
    }
}

#[test]
fn what_is_no_expression_stays_unknown() {
    for question in [
        "What happened on 2024-05-01?",
        "What is 2024-05-01?",
        "Call 555-123-4567.",
        "What is 555-1234?",
        "What is 12:30 in London?",
        "What is version 1.2.3?",
        "Read pages 10-20.",
        "They won 3-1.",
        "What is ISBN 978-3-16-148410-0?",
        "I have 3 apples.",
        "What is 24/7 support?",
        "What is 9/11?",
        "Compute 9^9^9^9.",
        "Solve x + 3 = 7.",
        "What is the units digit of 3^4?",
        "Tom has 3 boxes with 4 pencils each and gives 2 away. How many are left?",
        "Season 2019-2020",
        "What is 100 + 10%?",
    ] {
        assert_eq!(math(question, "The answer is 42."), None, "{question}");
    }
}

#[test]
fn the_final_answer_is_found_and_no_other_number() {
    let question = "What is 12 * 34?";
    for answer in [
        "408",
        "\\boxed{408}",
        "First 12 * 30 = 360, then 12 * 4 = 48, so 360 + 48 = 408.",
        "The answer is 408, since 12 * 34 is 10 * 34 + 2 * 34.",
        "**408**\n\nI used 2 steps.",
        "12 × 34 = 408 (checked twice, 2 ways)",
        "#### 408",
        "{\"reasoning\": \"12 * 34 = 999?\", \"answer\": \"408\"}",
        "<think>is it 407? or 400?</think>408",
        "= 408.00",
        "It equals 4.08 × 10^2.",
        "The result is four hundred and eight",
        "$\\boxed{408}$ as 12 \\cdot 34",
    ] {
        assert_eq!(math(question, answer), Some(1.0), "{answer}");
    }
    for answer in [
        "409",
        "\\boxed{480}",
        "12 * 34 = 4080",
        "-408",
        "I don't know.",
    ] {
        assert_eq!(math(question, answer), Some(0.0), "{answer}");
    }
}

#[test]
fn the_tolerance_is_that_of_the_answers_own_precision() {
    assert_eq!(math("What is 10/3?", "3.33"), Some(1.0));
    assert_eq!(math("What is 10/3?", "≈ 3.3"), Some(1.0));
    assert_eq!(math("What is 10/3?", "10/3"), Some(1.0));
    assert_eq!(math("What is 10/3?", "3 1/3"), Some(1.0));
    assert_eq!(math("What is 10/3?", "3.34"), Some(0.0));
    assert_eq!(math("What is 10/3?", "3"), Some(0.0));
    assert_eq!(math("What is 1/2 * 1?", "50%"), Some(1.0));
    assert_eq!(math("What is 3 * 0.35?", "1.1"), Some(0.0));
    assert_eq!(math("What is 123456 * 1000?", "1.23e8"), Some(1.0));
}

#[test]
fn a_false_equation_condemns_a_solution_and_true_ones_prove_nothing() {
    let story = "Ann has three bags with four apples each and eats two. How many are left?";
    assert_eq!(math(story, "3 * 4 = 12, and 12 - 2 = 9."), Some(0.0));
    assert_eq!(math(story, "3 * 4 = 12, and 12 - 2 = 10."), None);
    assert_eq!(math(story, "3 * 4 - 2 = 12 - 2 = 10."), None);
    assert_eq!(math(story, "We get 12 - 2 = 3x + 1."), None);
}

#[test]
fn json_is_found_bare_fenced_and_in_prose() {
    let prompt = "Return a JSON object with keys name and age.";
    for answer in [
        "{\"name\": \"Ann\", \"age\": 3}",
        "```json\n{\"name\": \"Ann\", \"age\": 3}\n```",
        "Here it is:\n\n```\n{\"name\": \"Ann\", \"age\": 3}\n```\nAnything else?",
        "The object is {\"name\": \"A}nn\", \"age\": 3} as asked.",
        "{\"name\": \"Ann\", \"age\": 3}</s></s>",
    ] {
        assert_eq!(structured(prompt, answer), Some(1.0), "{answer}");
    }
    for answer in [
        "[{\"name\": \"Ann\", \"age\": 3}]",
        "{\"name\": \"Ann\"}",
        "{'name': 'Ann', 'age': 3}",
        "{\"name\": \"Ann\", \"age\": 3,}",
        "{\"name\": \"Ann\", // who\n\"age\": 3}",
        "```json\n{\"name\": \"Ann\", \"age\":\n```",
        "Her name is Ann and she is three.",
        "{\"name\": \"Ann\", \"age\": {\"in\": 3}",
    ] {
        assert_eq!(structured(prompt, answer), Some(0.0), "{answer}");
    }
}

#[test]
fn other_formats_are_checked_in_their_own_way() {
    for (prompt, good, bad) in [
        (
            "Give me the config as TOML.",
            "```toml\n[a]\nb = 1\n```",
            "[a\nb = 1",
        ),
        ("Write it as YAML.", "a:\n  - 1\n  - 2", "a: b: c"),
        ("Return XML.", "It is:\n<a><b/></a>", "<a><b></a>"),
        (
            "Output the rows as CSV.",
            "Here they are:\n\na,b\n1,2\n\nAnything else?",
            "a,b\n1,2,3",
        ),
        ("Output the data as TSV.", "a\tb\n1\t2", "a\tb\n1"),
        (
            "Return it as JSON Lines.",
            "{\"a\":1}\n{\"a\":2}",
            "{\"a\":1}\n{\"a\":",
        ),
        (
            "Make a markdown table of the planets.",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "| a | b |\n|---|---|\n| 1 |",
        ),
        (
            "Give me a list of 3 fruits.",
            "1. a\n2. b\n3. c",
            "- a\n- b",
        ),
    ] {
        assert_eq!(structured(prompt, good), Some(1.0), "{prompt}");
        assert_eq!(structured(prompt, bad), Some(0.0), "{prompt}");
    }
    assert_eq!(
        structured("Tell me about JSON parsers in Rust", "There are some."),
        None
    );
    assert_eq!(structured("Which of these is a mammal?", "The cat."), None);
}

#[test]
fn data_is_found_in_fences_whose_tags_do_not_name_its_format() {
    for (prompt, good, bad, tags) in [
        (
            "Output two people as CSV with the columns name and age.",
            "name,age\nAnn,9\nBob,8",
            "name,age\nAnn,9,1\nBob,8",
            ["text", "plaintext", "excel", "people.csv", "tsv"],
        ),
        (
            "Write it as YAML.",
            "a:\n  - 1\n  - 2",
            "a: b: c",
            ["text", "config", "docker-compose", "a.yml", "YAML"],
        ),
        (
            "Give me the config as TOML.",
            "[a]\nb = 1",
            "[a\nb = 1",
            ["text", "ini", "Cargo.toml", "conf", "toml"],
        ),
        (
            "Return XML.",
            "<a><b/></a>",
            "<a><b></a>",
            ["text", "markup", "rss", "pom.xml", "xslt"],
        ),
        (
            "Return it as JSON Lines.",
            "{\"a\":1}\n{\"a\":2}",
            "{\"a\":1}\n{\"a\":",
            ["text", "output", "a.jsonl", "ndjson", "json"],
        ),
        (
            "Output the data as TSV.",
            "a\tb\n1\t2",
            "a\tb\n1",
            ["text", "csv", "plain", "data", "a.tsv"],
        ),
    ] {
        for tag in tags {
            for marks in ["```", "~~~", "````"] {
                let fenced = |data: &str| {
                    format!(
                        "Here, with 1 < 2:\n\n{marks}{tag}\n{data}\n{marks}\n\nDone: all of it."
                    )
                };
                let (right, wrong) = (fenced(good), fenced(bad));
                assert_eq!(structured(prompt, &right), Some(1.0), "{prompt} {right}");
                assert_eq!(structured(prompt, &wrong), Some(0.0), "{prompt} {wrong}");
            }
        }
        let listed = format!(
            "1. It:\n\n   ```text\n   {}\n   ```",
            good.replace('\n', "\n   ")
        );
        assert_eq!(structured(prompt, &listed), Some(1.0), "{listed}");
        let program = "```ruby\nputs [1, 2].join(',')\nputs 3\n```";
        assert_ne!(structured(prompt, program), Some(1.0), "{prompt}");
    }
    // Of several blocks that say nothing of themselves one is the data.
    let two = "```text\na: 1\nb: 2\n```\nIt stands here:\n```text\nsrc\n```";
    assert_eq!(structured("Write it as YAML.", two), None);
    let none = "```text\nsrc\n```\n```text\nlib\n```";
    assert_eq!(structured("Write it as YAML.", none), Some(0.0));
    let table = "Make a table with the columns name and age of two people.";
    for other in [
        "<table><tr><th>name</th><th>age</th></tr></table>",
        "+------+-----+\n| name | age |\n+------+-----+\n| Ann  | 9   |\n+------+-----+",
        "```text\nname  age\nAnn   9\nBob   8\n```",
        "name\tage\nAnn\t9\nBob\t8",
        "```sql\nCREATE TABLE people (name TEXT, age INT);\n```",
    ] {
        assert_eq!(structured(table, other), None, "{other}");
    }
    assert_eq!(structured(table, "Ann is 9 and Bob is 8."), Some(0.0));
    let json = "Return JSON with the key a.";
    for loose in [
        "```jsonc\n{\"a\": 1, // one\n}\n```",
        "~~~json5\n{a: 1}\n~~~",
    ] {
        assert_eq!(structured(json, loose), None, "{loose}");
    }
    assert_eq!(structured(json, "```jsonc\n{\"a\": 1}\n```"), Some(1.0));
    assert_eq!(
        structured(json, "```json\n{\"a\": 1, // one\n}\n```"),
        Some(0.0)
    );
    for marks in ["```", "~~~", "````"] {
        let answer = format!("{marks}json\n{{\"a\": 1}}\n{marks}");
        let format = Some(r#"{"type":"json_object"}"#);
        let found = grade_all(Task::Structured, json, format, None, &[choice(&answer)]);
        assert_eq!(quality(&found), Some(1.0), "{answer}");
    }
}

#[test]
fn a_schema_in_the_prompt_is_applied() {
    let prompt = "Who is it? Reply with one JSON object that matches this JSON Schema:\n```json\n{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"],\"additionalProperties\":false}\n```";
    assert_eq!(structured(prompt, "{\"n\": 1}"), Some(1.0));
    assert_eq!(structured(prompt, "{\"n\": \"1\"}"), Some(0.0));
    assert_eq!(structured(prompt, "{\"n\": 1, \"m\": 2}"), Some(0.0));
}

#[test]
fn response_format_is_checked_whatever_the_task() {
    let schema = r#"{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","required":["n"]}}}"#;
    let one = |format: &str, task, text: &str| {
        quality(&grade_all(
            task,
            "What is 2 + 2?",
            Some(format),
            None,
            &[choice(text)],
        ))
    };
    let object = r#"{"type":"json_object"}"#;
    assert_eq!(one(object, Task::Structured, "{\"a\": 1}"), Some(1.0));
    assert_eq!(
        one(object, Task::Structured, "It is {\"a\": 1}."),
        Some(0.0)
    );
    assert_eq!(one(object, Task::Open, "not json"), Some(0.0));
    // A sum is a sum, whatever the task.
    assert_eq!(one(object, Task::Open, "{\"poem\": \"…\"}"), Some(0.0));
    assert_eq!(one(schema, Task::Structured, "{\"n\": 1}"), Some(1.0));
    assert_eq!(one(schema, Task::Structured, "{\"m\": 1}"), Some(0.0));
    assert_eq!(one(object, Task::Math, "{\"answer\": 4}"), Some(1.0));
    assert_eq!(one(object, Task::Math, "{\"answer\": 5}"), Some(0.0));
    assert_eq!(one("{\"type\":\"text\"}", Task::Open, "words"), Some(0.0));
}

#[test]
fn tool_calls_are_checked_against_their_own_parameters() {
    let tools = r#"[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]"#;
    let call = |name: &str, arguments: &str| Choice {
        tool_calls: vec![ToolCall {
            name: name.into(),
            arguments: arguments.into(),
            custom: false,
        }],
        finish_reason: Some("tool_calls".into()),
        ..Choice::default()
    };
    let one = |choice| {
        quality(&grade_all(
            Task::Open,
            "Weather?",
            None,
            Some(tools),
            &[choice],
        ))
    };
    assert_eq!(one(call("weather", "{\"city\": \"Rome\"}")), Some(1.0));
    assert_eq!(one(call("weather", "{\"town\": \"Rome\"}")), Some(0.0));
    assert_eq!(one(call("weather", "{\"city\": ")), Some(0.0));
    assert_eq!(one(call("forecast", "{\"city\": \"Rome\"}")), Some(0.0));
}

#[test]
fn a_draft_is_no_answer_for_any_grader() {
    for (task, prompt, right, wrong) in [
        (Task::Math, "What is 12 * 7?", "84", "83"),
        (
            Task::Structured,
            "Return a JSON object with keys a and b.",
            "{\"a\":1,\"b\":2}",
            "{\"a\":1,",
        ),
        (
            Task::Code,
            "Write it in Python.",
            "```python\nx = 1\n```",
            "```python\nx = = 1\n```",
        ),
    ] {
        for (open, close) in [
            ("<think>", "</think>"),
            ("<thinking>\n", "\n</thinking>\n"),
            ("<reasoning>", "</reasoning>"),
            ("", "\n</think>\n"),
        ] {
            let good = grade(task, prompt, &format!("{open}{wrong}{close}{right}"));
            assert!(
                matches!(&good, Finding::Scored { quality, .. } if *quality == 1.0),
                "{task:?} {open} {good:?}"
            );
            let bad = grade(task, prompt, &format!("{open}{right}{close}{wrong}"));
            assert!(
                matches!(&bad, Finding::Scored { quality, .. } if *quality == 0.0),
                "{task:?} {open} {bad:?}"
            );
        }
        let never = grade(task, prompt, &format!("<think>\n{right}"));
        assert!(matches!(&never, Finding::Scored { quality, .. } if *quality == 0.0));
    }
}

#[test]
fn empty_refused_filtered_and_several_are_told_apart() {
    let empty = Choice::default();
    let refused = Choice {
        refusal: Some("I can't help with that.".into()),
        ..Choice::default()
    };
    let filtered = Choice {
        finish_reason: Some("content_filter".into()),
        ..Choice::default()
    };
    let all =
        |choices: &[Choice]| quality(&grade_all(Task::Math, "What is 2+2?", None, None, choices));
    assert_eq!(all(&[]), Some(0.0));
    assert_eq!(all(std::slice::from_ref(&empty)), Some(0.0));
    assert_eq!(all(std::slice::from_ref(&refused)), None);
    assert_eq!(all(&[filtered]), None);
    assert_eq!(all(&[choice("4"), choice("5")]), Some(0.5));
    assert_eq!(all(&[choice("4"), refused]), Some(1.0));
    assert_eq!(all(&[choice("4"), empty]), Some(0.5));
}

#[test]
fn a_reason_names_what_was_found_without_quoting_sentences() {
    for (task, prompt) in [
        (Task::Math, "What is 2 + 2?"),
        (Task::Structured, "Return a JSON object."),
        (Task::Open, "Say something."),
    ] {
        let finding = grade(task, prompt, "zebra 17 {\"zebra\": zebra}");
        let (Finding::Scored { reason, .. } | Finding::Unknown { reason }) = finding;
        assert!(!reason.contains("zebra"), "{reason}");
        assert!(!reason.is_empty() && reason.len() < 160, "{reason}");
    }
}

#[test]
fn every_link_of_a_chain_of_equations_has_to_hold() {
    let story = "A story with 3 people and 4 apples each.";
    for right in [
        "2 * $5 + $1 = $10 + $1 = $11.",
        "60 - 3 * 3 = 60 - 9 = 51 miles",
        "10 / 3 + 1 = 3.33 + 1 = 4.33",
        "45 + 5 = 2 * S, so S = 50 / 2 = 25",
        "75 - 35 = 5C - 3C",
    ] {
        assert_eq!(math(story, right), None, "{right}");
    }
    for wrong in [
        "4 * 125 - 2 = 502 - 2 = 500 pounds",
        "20 * 50 - 200 = 900 - 200 = 700",
    ] {
        assert_eq!(math(story, wrong), Some(0.0), "{wrong}");
    }
}
