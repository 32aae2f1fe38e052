//! The classifier as a whole, on prompts with known tasks and on input that is out to break it.

use serde::Deserialize;

use super::{
    Verdict, WEIGHTS, classify,
    features::{LIMIT, ROWS, features},
    model::{HEADER, KEPT, Model, TASKS},
    reading::Reading,
};
use chat::{Message, Task};

#[derive(Deserialize)]
struct Line {
    task: Task,
    messages: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    content: String,
}

fn lines(text: &str) -> Vec<(Task, Vec<Message>)> {
    text.lines()
        .map(|line| {
            let line: Line = serde_json::from_str(line).unwrap();
            let messages = line.messages.into_iter().map(|turn| Message {
                role: turn.role,
                text: turn.content,
            });
            (line.task, messages.collect())
        })
        .collect()
}

fn say(role: &str, text: &str) -> Message {
    Message {
        role: role.into(),
        text: text.into(),
    }
}

fn task(text: &str) -> Option<Task> {
    classify(&[say("user", text)]).map(|verdict| verdict.task)
}

/// Share decided and macro-F1 of what is decided.
fn figures(prompts: &[(Task, Vec<Message>)]) -> (f64, f64) {
    let decided: Vec<(Task, Task)> = prompts
        .iter()
        .filter_map(|(truth, talk)| Some((*truth, classify(talk)?.task)))
        .collect();
    let f1 = |task: Task| {
        let truth = decided.iter().filter(|(truth, _)| *truth == task).count();
        let said = decided.iter().filter(|(_, said)| *said == task).count();
        let both = decided.iter().filter(|pair| **pair == (task, task)).count();
        2.0 * both as f64 / (truth + said).max(1) as f64
    };
    let macro_f1 = Task::ALL.into_iter().map(f1).sum::<f64>() / TASKS as f64;
    (decided.len() as f64 / prompts.len() as f64, macro_f1)
}

#[test]
fn prompts_of_the_benchmarks_are_classified_as_they_were_trained() {
    let prompts = lines(include_str!(
        "../../../tests/fixtures/classify/prompts.jsonl"
    ));
    let (decided, macro_f1) = figures(&prompts);
    assert!(decided >= 0.95, "{decided}");
    assert!(macro_f1 >= 0.95, "{macro_f1}");
}

#[test]
fn prompts_with_the_words_of_another_task_are_classified_by_what_they_ask_for() {
    let prompts = lines(include_str!("../../../tests/fixtures/classify/hard.jsonl"));
    let (decided, macro_f1) = figures(&prompts);
    assert!(decided >= 0.8, "{decided}");
    assert!(macro_f1 >= 0.85, "{macro_f1}");
}

#[test]
fn hard_prompts_that_nothing_was_made_for_are_classified_too() {
    let prompts = lines(include_str!("../../../tests/fixtures/classify/blind.jsonl"));
    let (decided, macro_f1) = figures(&prompts);
    assert!(decided >= 0.75, "{decided}");
    assert!(macro_f1 >= 0.8, "{macro_f1}");
}

#[test]
fn talks_system_messages_pastes_and_languages_are_classified_by_what_is_asked_last() {
    let prompts = lines(include_str!(
        "../../../tests/fixtures/classify/blind2.jsonl"
    ));
    let (decided, macro_f1) = figures(&prompts);
    assert!(decided >= 0.8, "{decided}");
    assert!(macro_f1 >= 0.88, "{macro_f1}");
}

#[test]
fn what_says_too_little_is_left_undecided() {
    #[derive(Deserialize)]
    struct Thin {
        messages: Vec<Turn>,
    }
    let thin = include_str!("../../../tests/fixtures/classify/thin.jsonl");
    let decided = thin
        .lines()
        .map(|line| serde_json::from_str::<Thin>(line).unwrap())
        .filter(|thin| task(&thin.messages[0].content).is_some())
        .count();
    let share = decided as f64 / thin.lines().count() as f64;
    assert!(share <= 0.15, "{share}");
    for text in ["x", "b)", "?", "7", "好"] {
        assert_eq!(task(text), None, "{text}");
    }
}

#[test]
fn a_few_words_are_enough_where_they_ask_for_something() {
    assert_eq!(task("7*8"), Some(Task::Math));
    assert_eq!(task("capital of Norway"), Some(Task::Factual));
    assert_eq!(task("write a poem"), Some(Task::Open));
}

#[test]
fn what_says_too_little_alone_is_told_by_what_was_asked_before() {
    for (first, expected) in [
        ("Write a C++ function that reverses a list", Task::Code),
        ("Write a poem about the sea at night", Task::Open),
        ("Who was the first king of Norway?", Task::Factual),
    ] {
        let talk = [
            say("user", first),
            say("assistant", "Here it is."),
            say("user", "why?"),
        ];
        let verdict = classify(&talk).map(|verdict| verdict.task);
        assert_eq!(verdict, Some(expected), "{first}");
    }
    assert_eq!(task("why?"), None);
}

#[test]
fn the_shipped_weights_are_whole() {
    assert_eq!(WEIGHTS.len(), HEADER + ROWS * KEPT);
    let model = Model::parse(WEIGHTS).unwrap();
    assert!((0.3..0.9).contains(&model.threshold));
}

#[test]
fn a_date_in_a_question_does_not_make_it_arithmetic() {
    assert_eq!(
        task("What happened in Berlin on 2024-05-01?"),
        Some(Task::Factual)
    );
    assert_ne!(task("2024-05-01"), Some(Task::Math));
    assert_ne!(task("call me on +49 30 1234567"), Some(Task::Math));
}

#[test]
fn the_last_message_decides_where_it_stands_on_its_own() {
    let talk = [
        say("user", "Write a python function that sorts a list"),
        say("assistant", "def f(a): return sorted(a)"),
        say("user", "who invented the python language?"),
    ];
    assert_eq!(
        classify(&talk).map(|verdict| verdict.task),
        Some(Task::Factual)
    );
}

#[test]
fn a_short_follow_up_leans_on_what_was_asked_before() {
    let follow = |first: &str| {
        let talk = [
            say("user", first),
            say("assistant", "Here it is."),
            say("user", "and a shorter one?"),
        ];
        Model::parse(WEIGHTS)
            .unwrap()
            .probabilities(&features(&Reading::of(&talk)))
    };
    let code = follow("Write a C++ function that reverses a linked list");
    let open = follow("Write a poem about the sea at night");
    assert!(code[0] > open[0] && open[4] > code[4], "{code:?} {open:?}");
}

#[test]
fn a_question_after_a_long_paste_is_found() {
    let paste = "The meeting began late and nobody had read the report. ".repeat(400);
    let text = format!("{paste}\n\nExtract all names as a JSON array and return only the JSON.");
    assert_eq!(task(&text), Some(Task::Structured));
}

#[test]
fn confidence_is_a_probability_above_the_threshold() {
    let threshold = f64::from(Model::parse(WEIGHTS).unwrap().threshold);
    for text in [
        "write a poem",
        "Solve x + 2 = 5",
        "who wrote Emma?",
        "hm",
        "?",
    ] {
        if let Some(Verdict { confidence, .. }) = classify(&[say("user", text)]) {
            assert!((threshold..=1.0).contains(&confidence), "{text}");
        }
    }
}

#[test]
fn nothing_breaks_it_and_what_it_looks_at_is_bounded() {
    let long = 1 << 20;
    let nasty = [
        String::new(),
        " \n\t ".into(),
        "\0\0\u{fffd}\u{fffd}".into(),
        "\u{202e}\u{200d}👩‍👩‍👧‍👦".repeat(9000),
        "a".repeat(long),
        "x ".repeat(long / 2),
        "{".repeat(200_000),
        "-".repeat(50_000),
        "\n".repeat(long),
        "9".repeat(100_000),
        "日本語".repeat(100_000),
        "a\u{0301}".repeat(100_000),
        "```\n".repeat(100_000),
        format!("Calculate {}", "9^".repeat(100_000)),
    ];
    for text in &nasty {
        let talk = vec![say("system", text), say("user", text), say("user", text)];
        assert!(features(&Reading::of(&talk)).len() <= LIMIT);
        classify(&talk);
        classify(&[say("assistant", text)]);
    }
    classify(&vec![say("user", "hi"); 100_000]);
    assert_eq!(classify(&[]), None);
}

#[test]
fn what_is_read_of_a_megabyte_does_not_depend_on_its_middle() {
    let with = |middle: &str| {
        let text = format!(
            "Summarise this:\n{}{}{}",
            "start ".repeat(500),
            middle.repeat(1 << 16),
            " end".repeat(800)
        );
        features(&Reading::of(&[say("user", &text)]))
    };
    assert_eq!(with("fn main() { }"), with("SELECT 1 = 2;"));
}
