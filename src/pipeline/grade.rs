//! Observation → Grade: an objective check where truth can be checked, else the judge while
//! exploring, else what was learned.

use chat::{Choice, Task};
use grading::{Asked, Finding, judge};

use crate::domain::{money::Pico, policy::Mode, request::ChatRequest};

use super::{World, ask};

/// What the judge may write: one number, with room to say it in a sentence.
const JUDGE_TOKENS: u64 = 64;
/// The quality reported where it is not known.
const UNKNOWN: f64 = 0.5;

/// How good an answer is.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// News for the policy, 0..=1; `None` where nothing was measured.
    pub measured: Option<f64>,
    /// What is shown: measured, or learned before; `None` where neither is known.
    pub shown: Option<f64>,
    /// How it was scored.
    pub reason: String,
    /// What the judge was charged.
    pub overhead: Pico,
}

impl Grade {
    /// As a number that is always there.
    pub fn quality(&self) -> f64 {
        self.shown.unwrap_or(UNKNOWN)
    }
}

/// What can be said without waiting.
#[derive(Clone, Debug, PartialEq)]
pub enum Now {
    Known(Grade),
    /// The judge has to be asked; why no check could tell.
    AskJudge {
        why: String,
    },
}

/// Grades an answer as far as that needs nobody else. `learned` is the mean quality of the model
/// on the task so far.
pub fn grade(
    request: &ChatRequest,
    task: Task,
    mode: Mode,
    choices: &[Choice],
    learned: Option<f64>,
) -> Now {
    match grading::check(&asked(request, task), choices) {
        Finding::Scored { quality, reason } => {
            let quality = quality.clamp(0.0, 1.0);
            Now::Known(Grade {
                measured: Some(quality),
                shown: Some(quality),
                reason,
                overhead: Pico::default(),
            })
        }
        Finding::Unknown { reason } => match mode {
            Mode::Explore => Now::AskJudge { why: reason },
            Mode::Exploit => Now::Known(Grade {
                measured: None,
                shown: learned,
                reason: match learned {
                    Some(_) => format!("learned mean ({reason})"),
                    None => format!("not known yet ({reason})"),
                },
                overhead: Pico::default(),
            }),
        },
    }
}

/// Asks the judge model for a number. One that fails, or gives none, leaves the quality unknown.
pub async fn judge<W: World>(
    world: &W,
    request: &ChatRequest,
    task: Task,
    choices: &[Choice],
    why: &str,
    seconds: f64,
) -> Grade {
    let settings = world.settings();
    let answer = rendered(choices);
    let (system, user) = judge::prompt(&asked(request, task), &answer);
    let reply = ask::ask(
        world,
        &ask::Question {
            model: &settings.judge_model,
            system: &system,
            user: &user,
            max_tokens: JUDGE_TOKENS,
            timeout: settings.judge_timeout.min(seconds),
        },
    )
    .await;
    let score = reply.text.as_deref().and_then(judge::read_score);
    Grade {
        measured: score,
        shown: score,
        reason: match score {
            Some(_) => format!("rated by the judge model ({why})"),
            None => format!("the judge model gave no number ({why})"),
        },
        overhead: reply.charge,
    }
}

/// What the judge is shown of an answer: text, refusal and tool calls of the first choice.
fn rendered(choices: &[Choice]) -> String {
    let Some(choice) = choices.first() else {
        return String::new();
    };
    let texts = [&choice.text, &choice.refusal]
        .into_iter()
        .flatten()
        .cloned();
    let calls = choice
        .tool_calls
        .iter()
        .map(|call| format!("[tool call] {}({})", call.name, call.arguments));
    texts.chain(calls).collect::<Vec<_>>().join("\n")
}

/// What is said of an answer whose grade is not known in time.
pub fn ungraded(reason: &str) -> Grade {
    Grade {
        measured: None,
        shown: None,
        reason: reason.to_owned(),
        overhead: Pico::default(),
    }
}

fn asked(request: &ChatRequest, task: Task) -> Asked<'_> {
    Asked {
        task,
        messages: &request.messages,
        response_format: request.response_format.as_deref(),
        tools: request.tools.as_deref(),
        max_tokens: request.max_tokens,
    }
}
