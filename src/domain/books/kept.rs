//! What a Learner holds, and the rows that it is stored as: one a message.
//!
//! Its law: what is loaded is what was held when the last row was stored, but for what the database
//! was told since. The row `state` is all of it. While few settlements wait for the database each
//! message writes it anew; while more do, a message is a row of the log (`log/N`) as it came, and the
//! state stays as it was. Loading is the state, and then the log counted again. A state has a number,
//! which stands in each row of its log: what is left of the log of an earlier one is not read.
//!
//! The highest number heard of a line stands in the state for the lines heard last, and of a line
//! that fell out of these in a row of its own (`heard/LINE`).

use std::borrow::Cow;

use chat::Task;
use serde::{Deserialize, Serialize};
use serde_json::Result;

use crate::domain::policy::Tunables;

use super::{
    book::Book,
    feed::Decision,
    history::Hour,
    ledger::{Epoch, Ledger, Placed, Waiting},
    rating::{Rating, Vote},
    settlement::Settlement,
};

/// Decisions written to the database at once.
const BATCH: usize = 200;
/// Settlements in a row at the most.
const ROW: usize = 100;
/// So few stand in the state itself.
const FEW: usize = 8;
/// Rows of the log of one state at the most: so much is counted again where it is loaded.
const MOST_LOG: usize = 64;
/// Lines whose number stands in the state.
const LINES: usize = 64;

/// Rows to store, all of them or none: key and JSON.
pub type Rows = Vec<(String, String)>;

/// How settlements are counted, and how many decisions a second are kept.
pub type Rules<'a> = (&'a Tunables, u64);

/// What the database is to know, in one batch.
pub struct Writing {
    pub task: Task,
    pub model: String,
    pub book: Book,
    /// The one that is open, and those that are over and that the database does not have as they are.
    pub hour: Option<Hour>,
    pub closed: Vec<Hour>,
    pub decisions: Vec<Decision>,
    /// The id of the last that waits and is in it.
    last: Option<String>,
}

/// A batch of a line.
pub struct Said<'a> {
    pub line: &'a str,
    /// The number of the first of them.
    pub first: u64,
    pub settlements: Vec<Settlement>,
    /// The highest number heard of that line.
    pub heard: u64,
    /// Unix seconds.
    pub at: f64,
    /// Isolates that told lately.
    pub isolates: u64,
}

/// The highest number heard of a line that has a row of its own.
#[derive(Serialize, Deserialize)]
pub struct Heard {
    pub number: u64,
    /// Unix seconds.
    pub at: f64,
}

impl Heard {
    /// Where it stands.
    pub fn key(line: &str) -> String {
        format!("heard/{line}")
    }
}

#[derive(Default)]
pub struct Kept {
    /// Which row it is; `None` before the first settlement.
    name: Option<(Task, String)>,
    pub ledger: Ledger,
    lines: Lines,
    /// The number of the state, and whether it is stored.
    number: u64,
    stored: bool,
    /// Rows of its log, and how much was let go of since the last row.
    log: usize,
    let_go: (usize, usize),
    inbox: Inbox,
    /// `seq` of the book that the database has; 0 where that is not known. Hours that are over, as
    /// the database has them.
    written: u64,
    noted: Vec<Hour>,
}

/// The lines heard last, their numbers and when, Unix seconds; the one heard last is the last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Lines(Vec<(String, u64, f64)>);

/// Rows `inbox/N` of what waits where that is much. The first of them have been let go of already.
#[derive(Clone, Copy, Default, PartialEq)]
struct Inbox {
    rows: usize,
    passed: usize,
    waiting: usize,
}

#[derive(Serialize, Deserialize)]
struct State<'a> {
    task: Cow<'a, str>,
    model: Cow<'a, str>,
    ledger: Cow<'a, Ledger>,
    #[serde(default)]
    inbox: usize,
    #[serde(default)]
    passed: usize,
    #[serde(default)]
    waiting: Cow<'a, [Waiting]>,
    #[serde(default)]
    number: u64,
    #[serde(default)]
    lines: Cow<'a, Lines>,
}

#[derive(Serialize, Deserialize)]
struct Logged<'a> {
    /// The number of the state that it comes after.
    state: u64,
    /// Settlements and hours that were let go of before it.
    let_go: (usize, usize),
    line: Cow<'a, str>,
    last: u64,
    at: f64,
    isolates: u64,
    settlements: Cow<'a, [Settlement]>,
}

/// Of a row of the log that cannot be read.
#[derive(Deserialize)]
struct Mark {
    state: u64,
}

impl Kept {
    /// One that is not stored yet. `number`: higher than that of any state stored before.
    pub fn begin(number: u64, name: Option<(Task, String)>, ledger: Ledger) -> Kept {
        Kept {
            name,
            ledger,
            number,
            ..Kept::default()
        }
    }

    /// What the row `state` tells: [`Kept::load`] adds the rest. `fresh`: the number of one that the
    /// version before stored, higher than that of any before; of such a one no log is read.
    pub fn read(state: &str, fresh: u64) -> Result<Kept> {
        let state: State = serde_json::from_str(state)?;
        let mut ledger = state.ledger.into_owned();
        ledger.waiting = state.waiting.into_owned();
        Ok(Kept {
            name: Task::parse(&state.task).map(|task| (task, state.model.into_owned())),
            ledger,
            lines: state.lines.into_owned(),
            number: if state.number > 0 {
                state.number
            } else {
                fresh
            },
            stored: state.number > 0,
            inbox: Inbox {
                rows: state.inbox,
                passed: state.passed,
                waiting: 0,
            },
            ..Kept::default()
        })
    }

    /// Adds what stands in other rows. Gives the keys of those that cannot be read.
    pub fn load<E>(
        &mut self,
        rules: Rules,
        row: impl Fn(&str) -> std::result::Result<Option<String>, E>,
    ) -> std::result::Result<Vec<String>, E> {
        let mut lost = Vec::new();
        let passed = self.inbox.passed;
        for number in 0..self.inbox.rows {
            let key = format!("inbox/{number}");
            match row(&key)?.map(|json| serde_json::from_str::<Vec<Waiting>>(&json)) {
                Some(Ok(waiting)) => self.ledger.waiting.extend(waiting),
                _ => lost.push(key),
            }
        }
        if lost.is_empty() && self.inbox.rows > 0 {
            let passed = passed.min(self.ledger.waiting.len());
            self.ledger.waiting.drain(..passed);
            self.inbox.waiting = self.ledger.waiting.len();
        } else {
            self.inbox = Inbox::default();
        }
        while self.stored {
            let key = format!("log/{}", self.log);
            let Some(json) = row(&key)? else { break };
            let Ok(logged) = serde_json::from_str::<Logged>(&json) else {
                let mark = serde_json::from_str::<Mark>(&json);
                if mark.is_ok_and(|mark| mark.state == self.number) {
                    lost.push(key);
                    self.log += 1;
                    continue;
                }
                break;
            };
            if logged.state != self.number {
                break;
            }
            // Where one is missing more waits than is let go of: the database knows it by its id.
            if lost.is_empty() {
                self.ledger.let_go(logged.let_go);
                self.inbox.let_go(logged.let_go.0);
            }
            self.lines.hear(&logged.line, logged.last, logged.at);
            self.count(logged.settlements.into_owned(), logged.isolates, rules);
            self.log += 1;
        }
        Ok(lost)
    }

    /// The highest number heard of a line, where it is one of those heard last.
    pub fn heard(&self, line: &str) -> Option<u64> {
        self.lines.number(line)
    }

    /// Counts what of a batch was not heard yet.
    pub fn tell(&mut self, said: Said, rules: Rules) -> Result<Rows> {
        let Said {
            line,
            first,
            mut settlements,
            heard,
            at,
            isolates,
        } = said;
        let known = heard.saturating_add(1).saturating_sub(first);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        settlements.drain(..known.min(settlements.len()));
        let first = first.saturating_add(known as u64);
        let Some(newest) = settlements.last() else {
            return Ok(Rows::new());
        };
        let last = first.saturating_add(settlements.len() as u64 - 1);
        let decision = &newest.decision;
        self.name
            .get_or_insert_with(|| (decision.task, decision.model.clone()));
        let epoch = self.ledger.book.epoch;
        let turns = settlements.iter().any(|it| it.epoch > Some(epoch));
        let many = self.ledger.waiting.len() + settlements.len() > FEW;
        let logs = many && !turns && self.stored && self.log < MOST_LOG;
        let mut rows = Rows::new();
        if logs {
            for (chunk, at_row) in settlements.chunks(ROW).zip(0..) {
                let logged = Logged {
                    state: self.number,
                    let_go: std::mem::take(&mut self.let_go),
                    line: line.into(),
                    last: last.min(first.saturating_add(at_row * ROW as u64 + ROW as u64 - 1)),
                    at,
                    isolates,
                    settlements: chunk.into(),
                };
                let json = serde_json::to_string(&logged)?;
                rows.push((format!("log/{}", self.log), json));
                self.log += 1;
            }
        }
        if let Some((line, number, at)) = self.lines.hear(line, last, at) {
            let heard = serde_json::to_string(&Heard { number, at })?;
            rows.push((Heard::key(&line), heard));
        }
        self.count(settlements, isolates, rules);
        if self.ledger.book.epoch != epoch {
            self.forget();
        }
        if !logs {
            rows.extend(self.rows()?);
        }
        Ok(rows)
    }

    /// Takes a grade in that came after its settlement: see [`Ledger::rate`].
    pub fn rate(
        &mut self,
        name: (Task, String),
        rating: &Rating,
        before: Option<Vote>,
        tunables: &Tunables,
    ) -> Result<(Option<Vote>, Rows)> {
        self.name.get_or_insert(name);
        let vote = self.ledger.rate(rating, before, tunables);
        Ok((vote, self.rows()?))
    }

    /// Takes the database's epoch on.
    pub fn place(&mut self, epoch: Epoch, (tunables, per_second): Rules) -> Result<(Placed, Rows)> {
        let placed = self.ledger.place(epoch, tunables, per_second);
        let rows = match placed {
            Placed::Anew => {
                self.forget();
                self.rows()?
            }
            Placed::Same | Placed::Behind => Rows::new(),
        };
        Ok((placed, rows))
    }

    /// The rows that store all of it: a new state, and what waits where that is much and not stored yet.
    pub fn rows(&mut self) -> Result<Rows> {
        let Some((task, model)) = &self.name else {
            return Ok(Rows::new());
        };
        let waiting = self.ledger.waiting.as_slice();
        let (mut few, mut rows) = (waiting, Rows::new());
        if waiting.len() <= FEW {
            self.inbox = Inbox::default();
        } else {
            few = &[];
            let new = waiting.get(self.inbox.waiting..).unwrap_or_default();
            for chunk in new.chunks(ROW) {
                let key = format!("inbox/{}", self.inbox.rows);
                rows.push((key, serde_json::to_string(chunk)?));
                self.inbox.rows += 1;
            }
            self.inbox.waiting = waiting.len();
        }
        self.number += 1;
        (self.stored, self.log, self.let_go) = (true, 0, (0, 0));
        let state = State {
            task: task.name().into(),
            model: model.into(),
            ledger: Cow::Borrowed(&self.ledger),
            inbox: self.inbox.rows,
            passed: self.inbox.passed,
            waiting: few.into(),
            number: self.number,
            lines: Cow::Borrowed(&self.lines),
        };
        rows.push(("state".to_owned(), serde_json::to_string(&state)?));
        Ok(rows)
    }

    pub fn is_behind(&self) -> bool {
        self.ledger.book.seq != self.written || !self.ledger.waiting.is_empty()
    }

    /// Does as much wait as is written at once: no pause brings more together.
    pub fn fills_a_batch(&self) -> bool {
        self.ledger.waiting.len() >= BATCH
    }

    /// What the database is to be told next.
    pub fn writing(&self) -> Option<Writing> {
        let (task, model) = self.name.clone()?;
        if !self.is_behind() {
            return None;
        }
        let ledger = &self.ledger;
        let mut waiting = ledger.waiting.iter().take(BATCH);
        let kept = waiting.clone().filter(|waiting| waiting.kept);
        let over = ledger.hours.len().saturating_sub(1);
        let closed = ledger.hours.iter().take(over);
        let closed = closed.filter(|hour| !self.noted.contains(hour));
        Some(Writing {
            task,
            model,
            book: ledger.book.clone(),
            hour: ledger.hours.last().cloned(),
            closed: closed.cloned().collect(),
            decisions: kept.map(|it| it.settlement.decision.clone()).collect(),
            last: waiting
                .next_back()
                .map(|it| it.settlement.decision.id.clone()),
        })
    }

    /// The database has what was written. Nothing is to be stored: where it is loaded before the
    /// next message, the database is told again what it knows.
    pub fn written(&mut self, writing: &Writing) {
        // While it was written the ledger may have turned to another epoch.
        if self.ledger.book.epoch != writing.book.epoch {
            return;
        }
        for hour in &writing.closed {
            self.noted.retain(|it| it.start != hour.start);
            self.noted.push(hour.clone());
        }
        let (waited, over) = self.ledger.written(writing.last.as_deref(), &self.noted);
        let oldest = self.ledger.hours.first().map_or(0, |hour| hour.start);
        self.noted.retain(|hour| hour.start >= oldest);
        self.inbox.let_go(waited);
        self.let_go = (self.let_go.0 + waited, self.let_go.1 + over);
        self.written = self.written.max(writing.book.seq);
    }

    fn count(
        &mut self,
        settlements: Vec<Settlement>,
        isolates: u64,
        (tunables, per_second): Rules,
    ) {
        for settlement in settlements {
            self.ledger.count(settlement, tunables, per_second);
        }
        self.ledger.book.isolates = isolates;
    }

    /// Another epoch: of that the database has nothing, and no row is stored.
    fn forget(&mut self) {
        (self.written, self.noted) = (0, Vec::new());
        self.inbox = Inbox::default();
    }
}

impl Lines {
    fn number(&self, line: &str) -> Option<u64> {
        let known = self.0.iter().rev().find(|(name, ..)| name == line);
        known.map(|(_, number, _)| *number)
    }

    /// One is heard. Gives the one that falls out for it.
    fn hear(&mut self, line: &str, number: u64, at: f64) -> Option<(String, u64, f64)> {
        self.0.retain(|(name, ..)| name != line);
        self.0.push((line.to_owned(), number, at));
        (self.0.len() > LINES).then(|| self.0.remove(0))
    }
}

impl Inbox {
    fn let_go(&mut self, waited: usize) {
        let passed = waited.min(self.waiting);
        self.passed += passed;
        self.waiting -= passed;
        if self.waiting == 0 {
            *self = Inbox::default();
        }
    }
}

#[cfg(test)]
mod tests;
