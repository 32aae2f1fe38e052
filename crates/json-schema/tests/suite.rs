//! The official JSON Schema test suite, against the validator that grades structured answers.

#![allow(clippy::unwrap_used)]

use json_schema::{Verdict, validate};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    keyword: String,
    description: String,
    schema: Value,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    description: String,
    data: Value,
    valid: bool,
}

/// Runs every case; the descriptions of what came out wrong, and the shares of what could not
/// be decided.
fn run(lines: &str, dialect: &str) -> (Vec<String>, usize, usize) {
    let (mut wrong, mut undecided, mut all) = (Vec::new(), 0, 0);
    for line in lines.lines() {
        let mut case: Case = serde_json::from_str(line).unwrap();
        if let Value::Object(schema) = &mut case.schema {
            schema
                .entry("$schema")
                .or_insert_with(|| Value::from(dialect));
        }
        for test in &case.tests {
            all += 1;
            let said = validate(&case.schema, &test.data);
            let name = format!(
                "{}: {}: {}: {said:?}",
                case.keyword, case.description, test.description
            );
            match said {
                Verdict::Undecided(_) => undecided += 1,
                Verdict::Valid if test.valid => {}
                Verdict::Invalid(_) if !test.valid => {}
                _ => wrong.push(name),
            }
        }
    }
    (wrong, undecided, all)
}

#[test]
fn draft_7_is_validated_as_its_suite_says() {
    let lines = include_str!("suite/draft7.jsonl");
    let (wrong, undecided, all) = run(lines, "http://json-schema.org/draft-07/schema#");
    println!(
        "draft 7: {all} tests, {undecided} undecided, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(undecided * 50 <= all, "{undecided} of {all} undecided");
}

#[test]
fn draft_2020_12_is_validated_as_its_suite_says() {
    let lines = include_str!("suite/draft2020-12.jsonl");
    let (wrong, undecided, all) = run(lines, "https://json-schema.org/draft/2020-12/schema");
    println!(
        "draft 2020-12: {all} tests, {undecided} undecided, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(undecided * 12 <= all, "{undecided} of {all} undecided");
}
