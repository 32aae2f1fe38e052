//! One budget a request: counted by its units, never by time.

use grading::{check_within, work::Work};

use super::*;

fn left(task: Task, prompt: &str, format: Option<&str>, choices: &[Choice]) -> (Option<f64>, u64) {
    let messages = [Message {
        role: "user".into(),
        text: prompt.into(),
    }];
    let format = format.map(|text| RawValue::from_string(text.into()).unwrap());
    let asked = Asked {
        task,
        messages: &messages,
        response_format: format.as_deref(),
        tools: None,
        max_tokens: None,
        names_stops: false,
    };
    let work = Work::default();
    let found = check_within(&asked, choices, &work);
    (quality(&found), work.left())
}

fn schema(schema: &str) -> String {
    format!("{{\"type\":\"json_schema\",\"json_schema\":{{\"schema\":{schema}}}}}")
}

#[test]
fn a_number_of_many_digits_is_rounded_at_once() {
    let question = "Calculate 7^3000 to 4 significant figures";
    for (answer, right) in [("5", 0.0), ("1.965e2535", 0.0)] {
        let (found, left) = left(Task::Math, question, None, &[choice(answer)]);
        assert_eq!(found, Some(right), "{answer}");
        assert!(left > Work::UNITS / 2, "{left}");
    }
}

#[test]
fn what_choices_use_up_leaves_the_others_unknown_not_wrong() {
    let sql = format!(
        "```sql\n{}```",
        "SELECT a, b FROM t WHERE c = 1;\n".repeat(300)
    );
    let (found, rest) = left(Task::Code, "Write SQL.", None, &vec![choice(&sql); 128]);
    assert_eq!(found, Some(1.0));
    assert_eq!(rest, 0);
    let (one, rest) = left(Task::Code, "Write SQL.", None, &[choice(&sql)]);
    assert_eq!(one, Some(1.0));
    assert!(rest > Work::UNITS / 2);
}

#[test]
fn a_sum_is_charged_by_what_evaluating_it_may_cost() {
    let roots = format!("Calculate sqrt(2){}", " * sqrt(2)".repeat(15));
    let right = choice("The answer is 256.");
    let (found, rest) = left(Task::Math, &roots, None, &vec![right.clone(); 128]);
    assert_eq!((found, rest), (Some(1.0), 0), "some choices, not all");
    let (found, rest) = left(
        Task::Math,
        "Calculate 17 * 23",
        None,
        &vec![choice("391"); 128],
    );
    assert_eq!(found, Some(1.0));
    assert!(rest > Work::UNITS / 4, "{rest}");
    let story = format!(
        "{} What does he pay?",
        "Tom buys 3 apples and 4 pears. ".repeat(12)
    );
    let (_, unasked) = left(Task::Math, &story, None, &[right]);
    assert!(
        unasked > Work::UNITS * 3 / 4,
        "what is no sum is not charged as one: {unasked}"
    );
}

#[test]
fn schemas_are_charged_by_the_bytes_that_they_read() {
    let name = "n".repeat(150_000);
    let items = vec!["{}"; 3_000].join(",");
    let long_name = schema(&format!(
        "{{\"$defs\":{{\"{name}\":{{\"type\":\"object\"}}}},\"items\":{{\"$ref\":\"#/$defs/{name}\"}}}}"
    ));
    let (found, _) = left(
        Task::Structured,
        "",
        Some(&long_name),
        &[choice(&format!("[{items}]"))],
    );
    assert_eq!(found, None);
    let numbers = vec!["1"; 15_000].join(",");
    let consts = vec![format!("{{\"const\":[{numbers},2]}}"); 12].join(",");
    let many = schema(&format!("{{\"not\":{{\"anyOf\":[{consts}]}}}}"));
    let (found, _) = left(
        Task::Structured,
        "",
        Some(&many),
        &[choice(&format!("[{numbers},1]"))],
    );
    assert_eq!(found, None);
    let powers = vec!["1e300"; 9_000].join(",");
    let multiples = schema("{\"items\":{\"multipleOf\":0.001}}");
    let (found, _) = left(
        Task::Structured,
        "",
        Some(&multiples),
        &[choice(&format!("[{powers}]"))],
    );
    assert_eq!(found, None);
    let long = "é".repeat(40_000);
    let lengths = vec!["{\"minLength\":1}"; 5_000].join(",");
    let counted = schema(&format!("{{\"allOf\":[{lengths}]}}"));
    let (found, _) = left(
        Task::Structured,
        "",
        Some(&counted),
        &[choice(&format!("\"{long}\""))],
    );
    assert_eq!(found, None);
}

#[test]
fn xml_of_very_many_attributes_is_unknown() {
    let attributes: String = (0..10_600).map(|n| format!(" a{n}='1'")).collect();
    let xml = format!("<a{attributes}/>");
    let (found, _) = left(
        Task::Structured,
        "Answer in XML.",
        None,
        &vec![choice(&xml); 8],
    );
    assert_eq!(found, None);
    let (found, _) = left(
        Task::Structured,
        "Answer in XML.",
        None,
        &[choice("<a b='1' c='2'/>")],
    );
    assert_eq!(found, Some(1.0));
}

#[test]
fn an_answer_of_megabytes_is_read_at_its_end_or_not_at_all() {
    let long = format!("{} The answer is 391.", "word ".repeat(800_000));
    let (found, left_over) = left(Task::Math, "Calculate 17 * 23", None, &[choice(&long)]);
    assert_eq!(found, Some(1.0));
    assert!(left_over > Work::UNITS / 3);
    let (found, _) = left(Task::Code, "Write Python.", None, &[choice(&long)]);
    assert_eq!(found, None);
}

/// What is the same for all choices is read once: more of them cost what their answers cost.
#[test]
fn a_request_is_read_once_for_all_its_choices() {
    let sum = format!("What is {}1?", "1+".repeat(240));
    let prompt = "Return a JSON object with keys a and b. ".repeat(500);
    let long = format!("{{\"description\":\"{}\"}}", "long ".repeat(20_000));
    for (task, prompt, format, answer, right) in [
        (Task::Math, sum.as_str(), None, "It is 241.", Some(1.0)),
        (
            Task::Structured,
            prompt.as_str(),
            None,
            "{\"a\":1,\"b\":2}",
            Some(1.0),
        ),
        (
            Task::Code,
            prompt.as_str(),
            None,
            "```json\n{\"a\":1}\n```",
            Some(1.0),
        ),
        (Task::Structured, "x", Some(schema(&long)), "{}", Some(1.0)),
    ] {
        let taken = |n: usize| {
            let answers = vec![choice(answer); n];
            let (found, left) = left(task, prompt, format.as_deref(), &answers);
            assert_eq!(found, right, "{n} of {answer}");
            Work::UNITS - left
        };
        let (one, many) = (taken(1), taken(101));
        let each = (many - one) / 100;
        assert!(
            each * 4 < one,
            "{answer}: {one} for one, {each} for each other"
        );
    }
}

#[test]
fn equations_are_charged_by_what_they_take_to_work_out() {
    let taken = |text: &str| {
        let (_, left) = left(Task::Math, "A story of 3 apples.", None, &[choice(text)]);
        Work::UNITS - left
    };
    let (equations, words) = ("1/3 + 1/7 = 2\n".repeat(500), "1 3 + 1 7 + 2\n".repeat(500));
    assert!(taken(&equations) > 3 * taken(&words));
}

/// An answer of nothing but tags takes longer to find the end of the thinking in than one of words.
#[test]
fn an_answer_of_very_many_tags_is_unknown() {
    let tags = "`</think>\n".repeat(300_000);
    let (found, left_over) = left(Task::Math, "Calculate 17 * 23", None, &[choice(&tags)]);
    assert_eq!((found, left_over), (None, 0));
}

#[test]
fn a_number_is_compared_for_what_its_digits_cost() {
    let many = "1.5 ".repeat(1_900);
    let taken = |question: &str| {
        let (_, left) = left(Task::Math, question, None, &[choice(&many)]);
        Work::UNITS - left
    };
    assert!(taken("Calculate 7^3000") > 4 * taken("Calculate 7^3"));
}

#[test]
fn a_schema_that_is_given_up_on_leaves_nothing_to_the_next_choice() {
    let wide = schema(&format!("{{\"anyOf\":[{}]}}", vec!["{}"; 30_000].join(",")));
    let answers = vec![choice("{}"); 128];
    let (_, left_over) = left(Task::Structured, "x", Some(&wide), &answers);
    assert_eq!(left_over, 0);
}
