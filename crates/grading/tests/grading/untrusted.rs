//! Input made to bring graders down, and input drawn at random.

use super::*;
use proptest::prelude::*;

#[test]
fn no_hostile_text_panics_or_hangs_a_grader() {
    for text in hostile::texts() {
        for task in Task::ALL {
            let _ = grade(task, &text, "The answer is 4.");
            let _ = grade(task, "x", &text);
        }
        for prompt in hostile::PROMPTS {
            let _ = grade(Task::Math, prompt, &text);
            let _ = grade(Task::Structured, prompt, &text);
        }
        let object = r#"{"type":"json_object"}"#;
        let _ = grade_all(Task::Structured, "x", Some(object), None, &[choice(&text)]);
    }
}

/// A part of the requests that the tool times: none panics, and none takes more than there is.
#[test]
fn no_hostile_request_panics_a_grader() {
    let all = hostile::cases::each_many_times(hostile::cases::cases());
    for case in all.step_by(601) {
        let work = grading::work::Work::default();
        let found = case.ready().grade(&work);
        let used_up = work.left() == 0 && case.n == 1;
        let (label, group) = (case.label(), &case.group);
        assert!(
            !used_up || quality(&found) != Some(0.0),
            "{group} {label}: {found:?}"
        );
    }
}

#[test]
fn no_hostile_code_panics_a_parser() {
    // Without optimisation a level of nesting takes some ten times the stack; what the stack of
    // the worker takes is tested in the worker (tests/e2e/hostile-answers.test.mjs).
    let roomy = std::thread::Builder::new().stack_size(64 << 20);
    let all = roomy.spawn(|| {
        for text in hostile::code::texts(3_000) {
            for tag in hostile::code::TAGS {
                let _ = grade(Task::Code, "Write it.", &format!("```{tag}\n{text}\n```"));
            }
            let _ = grade(Task::Code, "Write it.", &text);
        }
    });
    all.unwrap().join().unwrap();
}

#[test]
fn a_hostile_schema_is_given_up_on() {
    let wide = format!(
        r##"{{"$defs":{{{}"n30":true}},"$ref":"#/$defs/n0"}}"##,
        (0..30)
            .map(|i| format!(
                r##""n{i}":{{"allOf":[{{"$ref":"#/$defs/n{0}"}},{{"$ref":"#/$defs/n{0}"}}]}},"##,
                i + 1
            ))
            .collect::<String>()
    );
    for schema in [
        r##"{"$ref":"#"}"##.to_owned(),
        r##"{"allOf":[{"$ref":"#"}]}"##.to_owned(),
        r#"{"$ref":"https://example.com/elsewhere.json"}"#.to_owned(),
        r#"{"properties":{"a":{"type":"string","pattern":"(?=x)(a+)+$"}}}"#.to_owned(),
        r#"{"properties":{"a":{"pattern":"((((a{99}){99}){99}){99})"}}}"#.to_owned(),
        wide,
    ] {
        let format = format!(r#"{{"type":"json_schema","json_schema":{{"schema":{schema}}}}}"#);
        let text = format!("{{\"a\": \"{}\"}}", "a".repeat(30_000));
        let found = grade_all(Task::Structured, "x", Some(&format), None, &[choice(&text)]);
        assert_eq!(quality(&found), None, "{schema}: {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_graded_within_bounds(prompt in "\\PC{0,120}", text in "\\PC{0,300}") {
        for task in Task::ALL {
            if let Some(quality) = quality(&grade(task, &prompt, &text)) {
                prop_assert!((0.0..=1.0).contains(&quality));
            }
        }
    }

    #[test]
    fn texts_of_arithmetic_pieces_are_graded_without_panic(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "1", "23", "4.5", "1,000", "+", "-", "*", "/", "^", "(", ")", "%", "!", " of ", "=", "\\frac{",
            "}", "\\sqrt", "sum of ", " and ", "what is ", "half of ", "²", "½", " mod ", "$", " km", "-",
            "answer is ", "**", "\\boxed{", "e5", "\n", "?",
        ]), 0..40)
    ) {
        let text = pieces.concat();
        let _ = math(&text, &text);
        let _ = math("What is 3 + 4?", &text);
    }

    #[test]
    fn no_mixture_of_code_panics_a_parser(
        tag in prop::sample::select(&hostile::code::TAGS[..]),
        pieces in prop::collection::vec(prop::sample::select(vec![
            "fn f", "(", ")", "{", "}", "[", "]", "<", ">", "</a>", "<a ", "=", "=>", "->", ":", "::", ";", ",", ".",
            "'", "\"", "`", "${", "f\"", "r#\"", "\\", "\n", "\n  ", "\t", "if ", "else ", "for ", "in ", "class ", "def ",
            "SELECT ", "FROM ", "CASE ", "WHEN ", "<<EOF\n", "EOF\n", "$(", "&a", "*a", "- ", "? ", "|", "!", "~", "#",
            "//", "/*", "*/", "--", "é", "\u{1f600}", "0x", "1e", "1_", "\\N{", "\\u{", "@", "a", "b ", "1", "\r\n",
        ]), 0..60)
    ) {
        let text = pieces.concat();
        let _ = grade(Task::Code, "Write it.", &format!("```{tag}\n{text}\n```"));
        let _ = grade(Task::Code, "Write it.", &text);
    }

    #[test]
    fn sums_are_right_and_their_neighbours_wrong(a in -9_999i64..9_999, b in 1i64..9_999, c in 1i64..99) {
        let question = format!("What is {a} + {b} * {c}?");
        let value = a + b * c;
        let right = format!("Step by step, {b} * {c} = {}. The answer is {value}.", b * c);
        prop_assert_eq!(math(&question, &right), Some(1.0));
        let wrong = format!("**Answer:** {}", value + 1);
        prop_assert_eq!(math(&question, &wrong), Some(0.0));
    }

    #[test]
    fn fractions_are_met_exactly_in_every_form(n in 1i64..500, d in 1i64..500) {
        let question = format!("What is {n}/{d}?");
        let expected = math(&question, &format!("\\frac{{{n}}}{{{d}}}"));
        // Dates and such names as 24/7 are no questions.
        if expected.is_some() {
            prop_assert_eq!(expected, Some(1.0));
            prop_assert_eq!(math(&question, &format!("{}/{}", 3 * n, 3 * d)), Some(1.0));
            prop_assert_eq!(math(&question, &format!("{}/{d}", n + 1)), Some(0.0));
        }
    }

    #[test]
    fn any_json_is_found_bare_and_wrapped(value in json_object()) {
        let text = value.to_string();
        let prompt = "Give me a JSON object.";
        for answer in [text.clone(), format!("```json\n{text}\n```"), format!("Sure:\n\n```\n{text}\n```\n")] {
            prop_assert_eq!(structured(prompt, &answer), Some(1.0), "{}", answer);
        }
        let cut = text.get(..text.len() - 1).unwrap_or("");
        prop_assert_eq!(structured(prompt, cut), Some(0.0));
    }
}

fn json_object() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[a-z \"{}\\\\`]{0,12}".prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[a-z]{1,6}", value, 0..5)
        .prop_map(|map| serde_json::Value::Object(map.into_iter().collect()))
}
