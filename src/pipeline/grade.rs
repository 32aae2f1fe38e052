//! Seen → Grade: an objective check where truth can be checked, else the judge while exploring,
//! else what was learned.

use chat::Choice;
use grading::{Asked, Finding, Worth, judge as judging};

use crate::domain::{
    books::rating::Rating,
    money::Pico,
    policy::{GradedBy, Mode},
};

use super::{Case, Seen, World, ask, deliver::End};

/// What the judge may write: one number, with room to say it in a sentence.
const JUDGE_TOKENS: u64 = 64;

/// How good an answer is.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// News for the policy, 0..=1; `None` where nothing was measured.
    pub measured: Option<f64>,
    /// What is shown: measured, or learned before; `None` where neither is known.
    pub shown: Option<f64>,
    /// Who measured it.
    pub by: GradedBy,
    /// How it was scored.
    pub reason: String,
    /// What the judge was charged.
    pub overhead: Pico,
}

/// Calls of a model on a task from which on its exploiting answers are sampled.
const SAMPLED_FROM: u64 = 10;

/// Is it the judge's own answer, which is never its own to rate.
pub fn is_judges_own<W: World>(world: &W, seen: &Seen<'_>) -> bool {
    let judge = &world.settings().judge_model;
    judge
        .as_deref()
        .is_some_and(|judge| ask::is_same(world, judge, seen.by.model))
}

/// May the judge be asked of that answer.
fn may_judge<W: World>(world: &W, seen: &Seen<'_>) -> bool {
    let settings = world.settings();
    let left = world.memory(|memory| memory.deployment.may_judge(settings));
    left && settings.judge_model.is_some() && !is_judges_own(world, seen)
}

/// Is this one of the answers that the judge rates once they are out: of those that nothing else tells
/// the quality of, a share.
pub fn is_sampled<W: World>(world: &W, case: &Case<'_>, seen: &Seen<'_>, grade: &Grade) -> bool {
    let whole = seen.end == End::Whole && seen.said.choices().is_ok();
    let untold = match (grade.measured, grade.by) {
        (Some(quality), by) => by == GradedBy::Form && quality > 0.5,
        (None, by) => by == GradedBy::Judge && case.plan.mode == Mode::Exploit,
    };
    let known = world.memory(|memory| {
        let book = memory.book(case.brief.task, &seen.by.model.id);
        book.is_some_and(|book| book.row.n >= SAMPLED_FROM)
    });
    whole && untold && known && may_judge(world, seen) && drawn(world.seed()) < case.plan.worth
}

/// A seed as a uniform number, 0..1.
fn drawn(seed: u64) -> f64 {
    (seed >> 11) as f64 / (1_u64 << 53) as f64
}

/// Has the judge rate an answer that is out, and its Learner told.
pub async fn rate_late<W: World>(world: &W, case: &Case<'_>, seen: &Seen<'_>, grade: &Grade) {
    let asked = world.now();
    let judged = judge(world, case, seen, "sampled".to_owned()).await;
    let rating = Rating {
        id: world.request_id().to_owned(),
        ts: world.now(),
        asked,
        score: judged.measured.unwrap_or(0.0),
        by: GradedBy::Judge,
        key: world.key().map(str::to_owned),
        checked: None,
        passed: grade.by == GradedBy::Form,
        // Narrowed calls tell nothing to those who are not.
        counts: judged.measured.is_some() && !(case.request.is_narrowed() && world.key().is_some()),
        overhead: judged.overhead,
    };
    world.rate(case.brief.task, &seen.by.model.id, rating).await;
}

impl Grade {
    /// Nothing is known.
    pub fn none(reason: &str) -> Grade {
        ungraded(reason)
    }

    /// How the quality that is shown was found: a word of the decisions' closed list.
    pub fn word(&self) -> Option<&'static str> {
        match (self.measured, self.shown, self.by) {
            (None, None, _) => None,
            (None, Some(_), GradedBy::Judge) => Some("learned"),
            (_, _, GradedBy::Judge) => Some("judge"),
            (_, _, GradedBy::Feedback) => Some("feedback"),
            _ => Some("check"),
        }
    }
}

/// What can be said without waiting.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    Known(Grade),
    /// The judge has to be asked; why no check could tell.
    Owed {
        why: String,
    },
}

/// Grades an answer as far as that needs nobody else.
pub fn grade(case: &Case<'_>, seen: &Seen<'_>) -> Check {
    if seen.end != End::Whole {
        return Check::Known(ungraded("the answer was not whole"));
    }
    let choices = match seen.said.choices() {
        Ok(choices) => choices,
        Err(why) => return Check::Known(ungraded(why)),
    };
    let learned = seen.by.known.quality;
    match grading::check(&asked(case), choices) {
        Finding::Scored {
            quality,
            reason,
            worth,
        } => {
            let quality = quality.clamp(0.0, 1.0);
            Check::Known(Grade {
                // What nothing can fit, or everything, the client may have written to teach that.
                measured: (worth != Worth::Nothing).then_some(quality),
                shown: Some(quality),
                by: match worth {
                    Worth::Form => GradedBy::Form,
                    Worth::Proof | Worth::Nothing => GradedBy::Check,
                },
                reason,
                overhead: Pico::default(),
            })
        }
        Finding::Unknown { reason } => match case.plan.mode {
            Mode::Explore => Check::Owed { why: reason },
            Mode::Exploit => Check::Known(Grade {
                measured: None,
                shown: learned,
                by: GradedBy::Judge,
                reason: match learned {
                    Some(_) => format!("learned mean ({reason})"),
                    None => format!("not known yet ({reason})"),
                },
                overhead: Pico::default(),
            }),
        },
    }
}

/// Asks the judge model for a number. One that fails, gives none, or always the same, leaves the
/// quality unknown.
pub async fn judge<W: World>(world: &W, case: &Case<'_>, seen: &Seen<'_>, why: String) -> Grade {
    let settings = world.settings();
    let Some(model) = &settings.judge_model else {
        return ungraded("there is no judge");
    };
    if !world.memory(|memory| memory.deployment.may_judge(settings)) {
        return ungraded("what judging may cost in a day is spent");
    }
    let now = world.now();
    if !world.memory(|memory| memory.judge.may_ask(now)) {
        return ungraded("the judge model fails, and is left alone for a minute");
    }
    let answer = rendered(seen.said.choices().unwrap_or_default());
    let (system, user) = judging::prompt(&asked(case), &answer);
    let reply = ask::ask(
        world,
        &ask::Question {
            model,
            system: &system,
            user: &user,
            max_tokens: JUDGE_TOKENS,
            timeout: settings.judge_timeout,
        },
    )
    .await;
    let score = reply.text.as_deref().and_then(judging::read_score);
    let now = world.now();
    let believed = world.memory(|memory| {
        memory.judge.heard(score.is_some(), now);
        score
            .into_iter()
            .for_each(|score| memory.judged.said(score));
        memory.judged.are_believed()
    });
    let told = score.filter(|_| believed);
    Grade {
        measured: told,
        shown: told,
        by: GradedBy::Judge,
        reason: match score {
            Some(_) if !believed => {
                format!("the judge model says the same of everything, and is not believed ({why})")
            }
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

/// What is said of an answer that has no grade.
fn ungraded(reason: &str) -> Grade {
    Grade {
        measured: None,
        shown: None,
        by: GradedBy::Judge,
        reason: reason.to_owned(),
        overhead: Pico::default(),
    }
}

fn asked<'a>(case: &Case<'a>) -> Asked<'a> {
    Asked {
        task: case.brief.task,
        messages: &case.request.messages,
        response_format: case.request.response_format.as_deref(),
        tools: case.request.tools.as_deref(),
        max_tokens: case.request.most_output(),
        names_stops: case.request.body.names_stops(),
    }
}
