//! What a Learner holds: its book, the hours that it is counting, and the settlements that the
//! database has not been told of.
//!
//! Counting is pure and happens in one step; the shell stores the outcome whole. A settlement
//! whose epoch is not known (the database was away) is counted at once and stays `waiting` until
//! the database confirms the epoch: where it tells of a newer one, those that came after its
//! reset are counted again, the others forgotten.

use serde::{Deserialize, Serialize};

use crate::domain::policy::{GradedBy, LearnFrom, Lesson, RECENT, Teachers, Tunables, Voice};

use super::{
    book::{Applied, Book},
    history::Hour,
    rating::{Rating, Vote},
    settlement::Settlement,
};

/// Settlements that wait for the database at the most; those of no known epoch, [`MOST_UNPLACED`].
const MOST_WAITING: usize = 2_000;
const MOST_UNPLACED: usize = 20_000;
/// Grades of the judge that a client's word weighs.
const VOTE: f64 = 2.0;
/// Hours that are counted at once: a settlement that came late goes to the oldest.
const OPEN_HOURS: usize = 2;
/// Hours that wait for the database at the most.
const MOST_HOURS: usize = 48;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    pub book: Book,
    /// Oldest first.
    pub hours: Vec<Hour>,
    /// Counted, but not yet known to be in the database; in the order of their counting. Stored
    /// apart.
    #[serde(skip)]
    pub waiting: Vec<Waiting>,
    /// Decisions that were not kept since the last that was: it stands for them too.
    pub skipped: u64,
    /// Who taught the row, and how much more each may.
    pub teachers: Teachers,
    /// The second of the latest decision, and how many it had: what is counted again is kept again.
    rate: (u64, u64),
}

/// A settlement that the database has not been told of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    pub settlement: Settlement,
    /// Is its decision to be kept, or does it wait only for its epoch.
    #[serde(default = "yes")]
    pub kept: bool,
}

fn yes() -> bool {
    true
}

/// What the database's epoch means to a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is the ledger's own.
    Same,
    /// It was newer: what came before the reset is forgotten.
    Anew,
    /// It is older than the ledger's: the database was restored to before a reset.
    Behind,
}

/// The database's epoch, and when the reset was that began it, Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    pub number: u64,
    /// `None` where there never was a reset.
    pub reset_at: Option<f64>,
}

impl Ledger {
    /// One with that book, and nothing that waits.
    pub fn of(book: Book) -> Ledger {
        Ledger {
            book,
            ..Ledger::default()
        }
    }

    /// Counts a settlement in. `per_second` decisions are kept; of more, a share with its weight.
    pub fn count(&mut self, settlement: Settlement, tunables: &Tunables, per_second: u64) {
        let mut settlement = settlement;
        if let Some(number) = settlement.epoch {
            // Its reset is not known to the unit: the epoch is its time in whole seconds.
            let reset_at = Some(number as f64);
            let epoch = Epoch { number, reset_at };
            self.place(epoch, tunables, per_second);
        }
        self.give_voice(&mut settlement, tunables);
        match self.book.apply(&settlement, tunables) {
            Applied::Stale => return,
            Applied::Counted(shift) => settlement.decision.detail.alert = shift,
        }
        self.count_hour(&settlement);
        let kept = self.keeps(&settlement, per_second);
        if kept && self.skipped > 0 {
            settlement.decision.detail.weight = Some(1.0 + self.skipped as f64);
            self.skipped = 0;
        } else if !kept {
            self.skipped += 1;
        }
        let unplaced = settlement.epoch.is_none() && self.waiting.len() < MOST_UNPLACED;
        if kept || unplaced {
            self.waiting.push(Waiting { settlement, kept });
        }
    }

    /// Takes the database's epoch on.
    pub fn place(&mut self, epoch: Epoch, tunables: &Tunables, per_second: u64) -> Placed {
        if epoch.number <= self.book.epoch {
            return match epoch.number == self.book.epoch {
                true => Placed::Same,
                false => Placed::Behind,
            };
        }
        let was = std::mem::take(self);
        self.book.epoch = epoch.number;
        if was.book.epoch == Book::UNKNOWN && was.book.set_aside {
            // What it took the place of was of this epoch: it stays newer than any copy of that.
            (self.book.seq, self.book.set_aside) = (was.book.seq, true);
        }
        for waiting in was.waiting {
            let own = waiting.settlement;
            let since = epoch.reset_at.is_none_or(|at| own.decision.ts >= at);
            if own.epoch.is_none() && since {
                self.count(own, tunables, per_second);
            }
        }
        Placed::Anew
    }

    /// The database has all that waits up to the request of that id, and these hours. Gives how many
    /// settlements and hours are let go of.
    pub fn written(&mut self, last: Option<&str>, hours: &[Hour]) -> (usize, usize) {
        let is_last = |it: &Waiting| last == Some(it.settlement.decision.id.as_str());
        let waited = self.waiting.iter().position(is_last).map_or(0, |at| at + 1);
        let many = self.hours.len().saturating_sub(OPEN_HOURS);
        let over = self.hours.iter().take(many);
        let over = over.take_while(|hour| hours.contains(hour)).count();
        self.let_go((waited, over));
        (waited, over)
    }

    /// Lets go of so many of the oldest settlements and hours.
    pub fn let_go(&mut self, (waited, over): (usize, usize)) {
        self.waiting.drain(..waited.min(self.waiting.len()));
        self.hours.drain(..over.min(self.hours.len()));
    }

    /// How much of what a call tells may count, by who tells it.
    fn give_voice(&mut self, settlement: &mut Settlement, tunables: &Tunables) {
        let (epoch, own) = (settlement.epoch, self.book.epoch);
        let Some(evidence) = &mut settlement.evidence else {
            return;
        };
        let key = evidence.key.as_deref();
        if epoch.is_some_and(|epoch| epoch < own) {
            return;
        }
        if key.is_some() && tunables.learn_from == LearnFrom::Operators {
            evidence.voice = Voice::NONE;
            return;
        }
        let row = &self.book.row;
        let mut hear = |lesson, held| self.teachers.hear(key, evidence.ts, lesson, held, 1.0);
        let usage = hear(Lesson::Usage, row.output.heard().max(row.cost.heard()));
        let grade = match evidence.quality {
            Some(_) => hear(Lesson::Grade, row.skill.n + row.narrowed.n),
            None => 0.0,
        };
        let held = row.skill.n.max(RECENT);
        evidence.voice = Voice {
            grade,
            // Of the short memory, too, one key moves no more than its share.
            recent: match self.teachers.bounds(key) {
                true => RECENT / held,
                false => 1.0,
            },
            usage,
            price: true,
        };
    }

    /// Takes a grade in that came after its settlement. `before`: what a vote on that request has moved
    /// already, in whose place this one comes. Gives what it moves, where it is a vote.
    pub fn rate(
        &mut self,
        rating: &Rating,
        before: Option<Vote>,
        tunables: &Tunables,
    ) -> Option<Vote> {
        self.book.seq += 1;
        self.book.overhead = self.book.overhead.plus(rating.overhead);
        if let Some(hour) = self.hour(rating.ts) {
            hour.overhead = hour.overhead.plus(rating.overhead);
            hour.judged = hour.judged.plus(rating.overhead);
        }
        let (key, ts) = (rating.key.as_deref(), rating.ts);
        let row = &mut self.book.row;
        // What was asked before a reset, or before a price moved, tells of what is forgotten.
        let known = row
            .seen
            .is_some_and(|seen| seen.first <= rating.asked + 1.0);
        let closed = key.is_some() && tunables.learn_from == LearnFrom::Operators;
        if closed || !known || !rating.counts {
            return before;
        }
        let held = row.skill.n;
        let recent = match self.teachers.bounds(key) {
            true => RECENT / held.max(RECENT),
            false => 1.0,
        };
        if rating.by != GradedBy::Feedback {
            let weight = self.teachers.hear(key, ts, Lesson::Grade, held, 1.0);
            row.complete(rating.score, rating.passed, weight, weight * recent);
            return None;
        }
        let score = match rating.checked {
            Some(checked) => (checked + rating.score) / 2.0,
            None => rating.score,
        };
        let (graded, wipes) = (row.grades.total(), self.book.alerts);
        let mut vote = Vote {
            score,
            weight: 0.0,
            graded,
            wipes,
            at: ts,
        };
        match before.filter(|before| before.wipes == wipes && before.weight > 0.0) {
            Some(before) => {
                let since = graded.saturating_sub(before.graded);
                row.revote(score - before.score, before.weight, since);
                vote.weight = before.weight;
                vote.graded = before.graded;
            }
            None => {
                vote.weight = self.teachers.hear(key, ts, Lesson::Vote, held, VOTE);
                row.vote(score, vote.weight, vote.weight * recent);
            }
        }
        Some(vote)
    }

    fn count_hour(&mut self, settlement: &Settlement) {
        if let Some(hour) = self.hour(settlement.decision.ts) {
            hour.count(settlement);
        }
    }

    /// Where that moment is counted.
    fn hour(&mut self, ts: f64) -> Option<&mut Hour> {
        let start = Hour::of(ts);
        if self.hours.last().is_none_or(|newest| start > newest.start) {
            self.hours.push(Hour {
                start,
                ..Hour::default()
            });
            if self.hours.len() > MOST_HOURS {
                let oldest = self.hours.remove(0);
                if let Some(next) = self.hours.first_mut() {
                    next.add(&oldest);
                }
            }
        }
        // The newest is not before it: of one that came late the next hour that is open.
        let place = self.hours.partition_point(|hour| hour.start < start);
        self.hours.get_mut(place)
    }

    /// Is this decision one of the share that is kept: all of a quiet second, every tenth and
    /// then every hundredth of a busy one.
    fn keeps(&mut self, settlement: &Settlement, per_second: u64) -> bool {
        if self.waiting.len() >= MOST_WAITING {
            return false;
        }
        let second = settlement.decision.ts as u64;
        if self.rate.0 != second {
            self.rate = (second, 0);
        }
        self.rate.1 += 1;
        let n = self.rate.1;
        if n <= per_second {
            true
        } else if n <= per_second.saturating_mul(10) {
            n.is_multiple_of(10)
        } else {
            n.is_multiple_of(100)
        }
    }
}

#[cfg(test)]
mod tests;
