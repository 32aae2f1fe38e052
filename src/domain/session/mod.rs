//! A conversation: whose it is, what is kept of it, and whether it stays with its model.
//!
//! An agent sends its whole conversation with every turn. Routed anew each time it would go from
//! one model's warm prompt cache to another's cold one, so it is routed once and stays, unless
//! leaving is worth it.
//!
//! The law: what is kept has no text in it, and conversations of two callers never meet. All of it
//! is best effort: a request whose conversation cannot be had is decided as one without.

mod lengths;
mod rule;
mod side;
mod turn;
mod whose;

use serde::{Deserialize, Serialize};

use super::{
    conversation::{Affinity, Kept, Session, Source},
    reason::Reason,
    wire::request::ChatRequest,
};

pub use lengths::Lengths;
pub use rule::{Ahead, Goer, better};
pub use side::is_side;
pub use turn::{Stuck, Turn};

impl Session {
    /// What is told of the conversation that a request is asked on the side of; `None` where it is
    /// a turn, or nothing is kept.
    pub fn aside(&self) -> Option<Told> {
        let kept = self.kept.as_ref().filter(|_| self.whose.aside)?;
        let (model, task) = (&kept.model, kept.task.name());
        Some(Told {
            from: self.whose.from,
            decision: Stance::Stay,
            why: format!("asked on the side: the conversation, {task}, stays with {model}"),
        })
    }
}

/// What a turn changed of what is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// The model that was kept when the turn was decided: where another is kept by now, a turn
    /// beside it was first and this one changes nothing.
    pub before: Option<String>,
    pub now: Kept,
}

/// A turn, sized up: what deciding it needs to know of its conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Talk {
    pub session: Session,
    pub affinity: Affinity,
    pub turn: Turn,
    /// Tokens of the prompt, tools included, roughly.
    pub prompt: u64,
    /// Does it bring tools, as an agent does.
    pub has_tools: bool,
}

impl Talk {
    /// `None` where the request is no turn of a conversation.
    pub fn of(request: &ChatRequest) -> Option<Talk> {
        let session = request.session.clone().filter(|it| !it.whose.aside)?;
        Some(Talk {
            session,
            affinity: request.said.affinity,
            turn: Turn::of(request),
            prompt: request.body.weight(),
            has_tools: request.has_tools(),
        })
    }
}

/// What became of a conversation's model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    Start,
    Stay,
    Move,
}

impl Stance {
    pub fn name(self) -> &'static str {
        match self {
            Stance::Start => "start",
            Stance::Stay => "stay",
            Stance::Move => "move",
        }
    }

    /// Why its model answers; at the first turn that is said by its route.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Stance::Start => None,
            Stance::Stay => Some(Reason::Stays),
            Stance::Move => Some(Reason::Moved),
        }
    }
}

/// What is told of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// Where it was read whose conversation it is.
    pub from: Source,
    pub decision: Stance,
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_by_every_later_version() {
        let stored = r#"{"model":"m","task":"code","classified_by":"rules","at":100.0,"turns":3,"cached":0,"was_stuck":false}"#;
        let kept: Kept = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&kept).unwrap(), stored);
        let least = r#"{"model":"m","task":"code","classified_by":"rules","at":1,"turns":1}"#;
        assert!(serde_json::from_str::<Kept>(least).is_ok());
        assert!(!kept.is_over(1_900.0, 1_800.0) && kept.is_over(1_900.1, 1_800.0));
    }
}
