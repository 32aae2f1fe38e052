//! What a Learner holds in memory, and the rows that it is stored as.

use chat::Task;
use serde::{Deserialize, Serialize};
use worker::Result;

use crate::{
    domain::books::ledger::{Ledger, Waiting},
    edge::store::Writing,
};

/// Decisions written to D1 at once.
const BATCH: usize = 200;
/// Settlements in a row of the inbox at the most.
const ROW: usize = 100;
/// So few stand in the state itself rather than in rows of their own.
const FEW: usize = 8;

/// What is held in memory.
pub(super) struct Held {
    /// Which row it is; `None` before the first settlement.
    pub name: Option<(Task, String)>,
    pub ledger: Ledger,
    /// Rows of the inbox that count.
    pub inbox: usize,
    /// `seq` of the book that D1 has; 0 where that is not known.
    pub written: u64,
}

/// As it is stored under `state`.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    pub task: String,
    pub model: String,
    pub ledger: Ledger,
    #[serde(default)]
    pub inbox: usize,
    #[serde(default)]
    pub waiting: Vec<Waiting>,
}

impl Held {
    /// The rows that store it. `since`: what waits before that place is stored already; `None`
    /// stores all of it.
    pub fn rows(&mut self, since: Option<usize>) -> Result<Vec<(String, String)>> {
        let Some((task, model)) = &self.name else {
            return Ok(Vec::new());
        };
        let waiting = &self.ledger.waiting;
        let (mut few, mut rows) = (Vec::new(), Vec::new());
        let inbox = |from: usize, waiting: &[Waiting]| -> Result<Vec<(String, String)>> {
            waiting
                .chunks(ROW)
                .zip(from..)
                .map(|(row, n)| Ok((format!("inbox/{n}"), serde_json::to_string(row)?)))
                .collect()
        };
        match since {
            Some(place) if self.inbox > 0 => {
                rows = inbox(self.inbox, waiting.get(place..).unwrap_or_default())?;
                self.inbox += rows.len();
            }
            _ if waiting.len() <= FEW => {
                few.clone_from(waiting);
                self.inbox = 0;
            }
            _ => {
                rows = inbox(0, waiting)?;
                self.inbox = rows.len();
            }
        }
        let stored = serde_json::json!({
            "task": task.name(),
            "model": model,
            "ledger": self.ledger,
            "inbox": self.inbox,
            "waiting": few,
        });
        rows.push(("state".to_owned(), stored.to_string()));
        Ok(rows)
    }

    pub fn is_behind(&self) -> bool {
        self.ledger.book.seq != self.written || !self.ledger.waiting.is_empty()
    }

    /// What the database is to be told next, and how many that wait are in it.
    pub fn writing(&self) -> Option<(Writing, usize)> {
        let (task, model) = self.name.clone()?;
        let ledger = &self.ledger;
        if !self.is_behind() {
            return None;
        }
        let waited = ledger.waiting.len().min(BATCH);
        let decisions = ledger
            .waiting
            .iter()
            .take(waited)
            .filter(|waiting| waiting.kept)
            .map(|waiting| waiting.settlement.decision.clone())
            .collect();
        let writing = Writing {
            task,
            model,
            book: ledger.book.clone(),
            hours: ledger.hours.clone(),
            decisions,
        };
        Some((writing, waited))
    }
}
