//! Requests made to take a grader's time: a prompt, a format and answers that multiply work by each other.
//! The tool times them; the tests hold what each may take of the budget.

use chat::{Choice, Message, Task, ToolCall};
use grading::{Asked, Finding, check_within, work::Work};
use serde_json::{Value, json, value::RawValue};

mod asked;
mod long;
mod written;

/// One request and its answer, as often as there are choices.
#[derive(Clone)]
pub struct Case {
    /// The kind of check that it leads to, for the table.
    pub group: String,
    pub task: Task,
    pub prompt: String,
    /// How the answer begins.
    pub answer: String,
    /// What it goes on with, again and again, up to so many bytes.
    pub again: Option<(&'static str, usize)>,
    pub format: Option<String>,
    pub tools: Option<String>,
    /// The arguments of calls of a tool `f`, instead of the text.
    pub calls: Vec<String>,
    /// What the last message, the model's own, begins the answer with.
    pub begun: Option<String>,
    pub names_stops: bool,
    /// Choices that say the same.
    pub n: usize,
}

/// A request that was read, so that grading alone is timed.
pub struct Ready {
    task: Task,
    messages: Vec<Message>,
    format: Option<Box<RawValue>>,
    tools: Option<Box<RawValue>>,
    names_stops: bool,
    choices: Vec<Choice>,
}

impl Case {
    pub fn new(group: impl Into<String>, task: Task, prompt: &str, answer: String) -> Self {
        Case {
            group: group.into(),
            task,
            prompt: prompt.to_owned(),
            answer,
            again: None,
            format: None,
            tools: None,
            calls: Vec::new(),
            begun: None,
            names_stops: false,
            n: 1,
        }
    }

    /// The whole answer.
    fn text(&self) -> String {
        let again = self
            .again
            .map(|(unit, most)| unit.repeat(most / unit.len()));
        self.answer.clone() + again.as_deref().unwrap_or_default()
    }

    fn with_schema(group: &str, schema: &Value, answer: String) -> Self {
        let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
        Case {
            format: Some(format.to_string()),
            ..Case::new(group, Task::Structured, "x", answer)
        }
    }

    /// In so many words what it is.
    pub fn label(&self) -> String {
        let answer = self.text();
        let shown: String = answer.chars().take(32).collect();
        let asked: String = self.prompt.chars().take(32).collect();
        let (long, format) = (
            self.prompt.len(),
            self.format.as_ref().map_or(0, String::len),
        );
        format!(
            "{} bytes of {shown:?} to {long} of {asked:?}, format of {format}, n {}",
            answer.len(),
            self.n
        )
    }

    pub fn ready(&self) -> Ready {
        let message = |role: &str, text: &str| Message {
            role: role.into(),
            text: text.into(),
        };
        let mut messages = vec![message("user", &self.prompt)];
        messages.extend(
            self.begun
                .as_deref()
                .map(|begun| message("assistant", begun)),
        );
        let calls = self.calls.iter().map(|arguments| ToolCall {
            name: "f".into(),
            arguments: arguments.clone(),
            custom: false,
        });
        let choice = Choice {
            text: Some(self.text()),
            tool_calls: calls.collect(),
            ..Choice::default()
        };
        let raw = |text: &Option<String>| RawValue::from_string(text.clone()?).ok();
        Ready {
            task: self.task,
            messages,
            format: raw(&self.format),
            tools: raw(&self.tools),
            names_stops: self.names_stops,
            choices: vec![choice; self.n],
        }
    }
}

impl Ready {
    pub fn grade(&self, work: &Work) -> Finding {
        let asked = Asked {
            task: self.task,
            messages: &self.messages,
            response_format: self.format.as_deref(),
            tools: self.tools.as_deref(),
            max_tokens: None,
            names_stops: self.names_stops,
        };
        check_within(&asked, &self.choices, work)
    }
}

/// Choices that are tried where it is not one: the usual, and the most there are.
const MANY: [usize; 2] = [8, 128];
/// The most that an answer has, all of its choices together.
const WHOLE: usize = 4_000_000;

/// Each once, and as requests for many choices, as far as an answer can be so long.
pub fn each_many_times(cases: Vec<Case>) -> impl Iterator<Item = Case> {
    cases.into_iter().flat_map(|case| {
        let counts = std::iter::once(1).chain(MANY);
        let again = case.again.map_or(0, |(_, most)| most);
        let length = again + case.answer.len() + case.calls.iter().map(String::len).sum::<usize>();
        let fitting = counts.filter(move |n| *n == 1 || n * length <= WHOLE);
        let made: Vec<Case> = fitting
            .map(|n| Case {
                group: match n {
                    1 => case.group.clone(),
                    n => format!("{} x{n}", case.group),
                },
                n,
                ..case.clone()
            })
            .collect();
        made
    })
}

/// All of them.
pub fn cases() -> Vec<Case> {
    [asked::cases(), written::cases(), long::cases()].concat()
}
