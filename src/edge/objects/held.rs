//! What a Learner holds in memory, and the rows that it is stored as.

use chat::Task;
use serde::{Deserialize, Serialize};
use worker::Result;

use crate::{
    domain::{
        history::Hour,
        ledger::{Ledger, Waiting},
    },
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
    /// Hours that are over, as D1 has them.
    pub noted: Vec<Hour>,
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

    /// Another epoch: of that the database has nothing.
    pub fn forget(&mut self) {
        (self.written, self.noted) = (0, Vec::new());
    }

    /// The database has what was written. Says whether nothing waits any more.
    pub fn done(&mut self, writing: &Writing, last: Option<&str>) -> bool {
        for hour in &writing.closed {
            self.noted.retain(|it| it.start != hour.start);
            self.noted.push(hour.clone());
        }
        let ledger = &mut self.ledger;
        ledger.written(last, &self.noted);
        let oldest = ledger.hours.first().map_or(0, |hour| hour.start);
        self.noted.retain(|hour| hour.start >= oldest);
        self.written = self.written.max(writing.book.seq);
        self.ledger.waiting.is_empty()
    }

    /// What the database is to be told next, and the last of those that wait which is in it.
    pub fn writing(&self) -> Option<(Writing, Option<String>)> {
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
        let over = ledger.hours.len().saturating_sub(1);
        let closed = ledger.hours.iter().take(over);
        let closed = closed.filter(|hour| !self.noted.contains(hour));
        let writing = Writing {
            task,
            model,
            book: ledger.book.clone(),
            hour: ledger.hours.last().cloned(),
            closed: closed.cloned().collect(),
            decisions,
        };
        let last = waited.checked_sub(1).and_then(|at| ledger.waiting.get(at));
        Some((writing, last.map(|it| it.settlement.decision.id.clone())))
    }
}
