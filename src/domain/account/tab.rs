//! A key's tab: what it has asked, what is set aside for that, what it has spent; and how all of it
//! is read back from storage.
//!
//! The law: a settlement is one row, that of its request. What was spent is a checkpoint and the rows that
//! were settled after it, told apart by the number of each settlement. So whenever storage is read,
//! each settlement stands in the sums once; and no row goes to another request, or away, before the
//! checkpoint has its settlement.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    budget::Spent,
    limit::{SIX_HOURS, WEEK},
};
use crate::domain::money::Pico;

/// Seconds after which what was set aside for a request is released, whoever forgot it.
pub const LOST: f64 = 900.0;
/// Settlements from one checkpoint to the next.
const EVERY: u64 = 64;
/// Rows of requests that left the longest window and that wait for others to take their place, at the
/// most: as many as stand in the window, and this many.
const SPARE: usize = 64;

/// The checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Money {
    pub spent: Spent,
    /// What it was leased of what all may spend together, and on which day. Unix seconds.
    pub leased: Pico,
    pub leased_on: f64,
    /// The number of the last settlement that is in it; `None`: written by a version that numbered
    /// none, and had them all in it.
    pub settled: Option<u64>,
}

/// A request as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub place: i64,
    pub id: String,
    pub at: f64,
    /// `None` once it is settled.
    pub reserved: Option<Pico>,
    pub given_back: bool,
    pub settled: Option<Settled>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settled {
    pub number: u64,
    pub spent: Pico,
    /// Unix seconds.
    pub at: f64,
}

/// What has to be known of a request to settle it, or to take it back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    pub place: i64,
    pub at: f64,
    pub reserved: Option<Pico>,
    pub given_back: bool,
    /// Was something paid for it that came on top.
    pub late: bool,
}

/// What is to be stored of a request that is taken, in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub checkpoint: bool,
    /// Rows of requests up to then go away.
    pub drop: Option<f64>,
    pub place: i64,
}

/// What is to be stored of a settlement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paid {
    /// Where its request stands, if it does.
    pub place: Option<i64>,
    /// What its row is told; `None` where it came on top, and stands in the checkpoint only.
    pub settled: Option<Settled>,
    pub checkpoint: bool,
}

#[derive(Debug, Default)]
pub struct Tab {
    /// Times of the counted, oldest first.
    pub accepted: Vec<f64>,
    /// Times of all within six hours, those that were given back too.
    pub attempts: Vec<f64>,
    pub money: Money,
    open: BTreeMap<String, Found>,
    /// When the request of each row was asked, and its place; oldest first.
    rows: VecDeque<(f64, i64)>,
    /// The highest place.
    top: i64,
    /// The number of the last settlement.
    last: u64,
    /// When the oldest request was asked that was settled since the checkpoint.
    unsaved_from: Option<f64>,
    /// The sums do not follow from what is stored: the next settlement is to write them.
    due: bool,
}

impl Tab {
    /// `asked`: in the order of time. `put_away`: what the store knows to be spent.
    pub fn read(
        money: Option<Money>,
        asked: Vec<Asked>,
        put_away: Option<&Spent>,
        now: f64,
    ) -> Tab {
        let stored = money.unwrap_or_default();
        let saved = match money {
            None => 0,
            Some(money) => money.settled.unwrap_or(u64::MAX),
        };
        let mut tab = Tab {
            money: stored,
            last: stored.settled.unwrap_or(0),
            due: saved == u64::MAX,
            ..Tab::default()
        };
        let mut since = Vec::new();
        for row in asked {
            tab.rows.push_back((row.at, row.place));
            tab.top = tab.top.max(row.place);
            if row.at + SIX_HOURS > now {
                tab.attempts.push(row.at);
            }
            if !row.given_back {
                tab.accepted.push(row.at);
            }
            if let Some(settled) = row.settled {
                tab.last = tab.last.max(settled.number);
                if settled.number > saved {
                    tab.unsaved_from.get_or_insert(row.at);
                    since.push(settled);
                }
            }
            if row.reserved.is_some() && row.at + LOST > now {
                let found = Found {
                    place: row.place,
                    at: row.at,
                    reserved: row.reserved,
                    given_back: row.given_back,
                    late: false,
                };
                tab.open.insert(row.id, found);
            }
        }
        since.sort_by_key(|settled| settled.number);
        for settled in since {
            tab.money.spent.add(settled.spent, settled.at);
        }
        if let Some(spent) = put_away {
            tab.take_over(spent);
        }
        tab
    }

    /// What was put away comes back; what is known here is newer.
    pub fn take_over(&mut self, spent: &Spent) {
        if self.money.spent.total < spent.total {
            self.money.spent = *spent;
            self.due = true;
        }
    }

    /// What is set aside.
    pub fn reserved(&self) -> Pico {
        let each = self.open.values().filter_map(|it| it.reserved);
        each.fold(Pico::default(), Pico::plus)
    }

    /// How many requests are under way.
    pub fn under_way(&mut self, now: f64) -> u64 {
        self.open.retain(|_, it| it.at + LOST > now);
        self.open.len() as u64
    }

    /// When something was asked last, as far as that is known. Unix seconds.
    pub fn last_asked(&self) -> Option<f64> {
        self.rows.back().map(|(at, _)| *at)
    }

    /// A request under way.
    pub fn find(&self, id: &str) -> Option<Found> {
        self.open.get(id).copied()
    }

    /// Counts a request; `reserved`: what is set aside for it until it is settled.
    pub fn take(&mut self, id: &str, at: f64, reserved: Option<Pico>) -> Place {
        self.accepted.push(at);
        self.attempts.push(at);
        let tried = self.attempts.partition_point(|it| it + SIX_HOURS <= at);
        self.attempts.drain(..tried);
        let gone = self.accepted.partition_point(|it| it + WEEK <= at);
        self.accepted.drain(..gone);
        let mut to = Place {
            checkpoint: false,
            drop: None,
            place: self.top + 1,
        };
        let spare = self.rows.partition_point(|(it, _)| it + WEEK <= at);
        let leaving = match spare > self.rows.len() - spare + SPARE {
            true => {
                let newest = self.rows.drain(..spare).next_back();
                to.drop = newest.map(|(at, _)| at);
                to.drop
            }
            // A row that is written anew costs one that is made and one that goes away.
            false if spare > 0 => self.rows.pop_front().map(|(at, place)| {
                to.place = place;
                at
            }),
            false => None,
        };
        to.checkpoint = leaving >= self.unsaved_from && self.unsaved_from.is_some();
        self.top = self.top.max(to.place);
        self.rows.push_back((at, to.place));
        if reserved.is_some() {
            let found = Found {
                place: to.place,
                at,
                reserved,
                given_back: false,
                late: false,
            };
            self.open.insert(id.to_owned(), found);
        }
        to
    }

    /// Takes a request back out of the count. Gives the place of one that was in it.
    pub fn give_back(&mut self, id: &str, found: Option<Found>) -> Option<i64> {
        let found = found.filter(|it| !it.given_back)?;
        if let Some(open) = self.open.get_mut(id) {
            open.given_back = true;
        }
        let at = self.accepted.partition_point(|it| *it < found.at);
        if self.accepted.get(at) == Some(&found.at) {
            self.accepted.remove(at);
        }
        Some(found.place)
    }

    /// What a request cost takes the place of what was set aside for it. `None`: it did already.
    pub fn settle(&mut self, id: &str, found: Option<Found>, spent: Pico, at: f64) -> Option<Paid> {
        self.open.remove(id);
        if found.is_some_and(|it| it.reserved.is_none()) {
            return None;
        }
        self.money.spent.add(spent, at);
        let Some(found) = found else {
            let checkpoint = spent > Pico::default();
            return Some(Paid {
                place: None,
                settled: None,
                checkpoint,
            });
        };
        self.last += 1;
        let from = self
            .unsaved_from
            .map_or(found.at, |from| from.min(found.at));
        self.unsaved_from = Some(from);
        Some(Paid {
            place: Some(found.place),
            settled: Some(Settled {
                number: self.last,
                spent,
                at,
            }),
            checkpoint: self.due || self.last - self.money.settled.unwrap_or(0) >= EVERY,
        })
    }

    /// What came on top of what a request had cost; `found`: as it is stored. `None`: it is counted already.
    pub fn add(&mut self, found: Option<Found>, spent: Pico, at: f64) -> Option<Paid> {
        if found.is_some_and(|it| it.late) {
            return None;
        }
        self.money.spent.add(spent, at);
        Some(Paid {
            place: found.map(|it| it.place),
            settled: None,
            checkpoint: true,
        })
    }

    /// The sums as they are to be stored now.
    pub fn checkpoint(&mut self) -> Money {
        self.money.settled = Some(self.last);
        self.unsaved_from = None;
        self.due = false;
        self.money
    }
}

#[cfg(test)]
mod tests;
