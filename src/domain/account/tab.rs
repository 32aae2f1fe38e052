//! A key's tab: what it has asked, what is set aside for that, what it has spent; and how all of it
//! is read back from storage.
//!
//! The law: whatever happens stands on one page, with all else that happened until that page was
//! written. What was spent is a checkpoint and the settlements on the pages after it, told apart by
//! their numbers. So whenever storage is read each settlement stands in the sums once; and no page
//! goes to another's place, or away, before the checkpoint has its settlements.
//!
//! Where requests come fast, a page has room for those that may come before the next one is stored:
//! they need not wait for that. If there never is a next one, all of that room counts as asked.

mod page;
pub mod yesterday;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

pub use page::{Ahead, Asked, Known, Page, Settled};

use self::yesterday::Row;
use super::{
    budget::Spent,
    limit::{SIX_HOURS, WEEK},
};
use crate::domain::money::Pico;

/// Seconds after which what was set aside for a request is released, whoever forgot it.
pub const LOST: f64 = 900.0;
/// Settlements from one checkpoint to the next.
const EVERY: usize = 64;
/// Pages that left the longest window and that wait for others to take their place, at the most: as
/// many as stand in the window, and this many.
const SPARE: usize = 64;
/// Requests that have ended and are remembered, the newest: as a rule what is said of one again is
/// said soon.
const REMEMBERED: usize = 1_024;
/// Seconds: of what came within so long, so many times as much may come before the next page is stored.
const LATELY: f64 = 0.25;
const TIMES: u64 = 3;

/// The checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Money {
    pub spent: Spent,
    /// What it was leased of what all may spend together, and on which day. Unix seconds.
    pub leased: Pico,
    pub leased_on: f64,
    /// The number of the last settlement of the version before that is in it; `None`: written by one
    /// that numbered none, and had them all in it.
    pub settled: Option<u64>,
    /// The number of the last page that is in it; `None`: written by a version that had no pages.
    pub page: Option<u64>,
}

/// A page as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub place: i64,
    /// Higher than that of every page written before.
    pub number: u64,
    /// When it was written, Unix seconds: nothing on it was asked later.
    pub until: f64,
    pub page: Page,
}

/// What is to be stored, in this order: whatever of it is stored in the end, nothing is lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub page: Option<Stored>,
    pub checkpoint: Option<Money>,
    /// Pages up to then go away, Unix seconds.
    pub drop: Option<f64>,
}

#[derive(Debug, Default)]
pub struct Tab {
    /// Times of the counted, oldest first.
    pub accepted: Vec<f64>,
    /// Times of all within six hours, those that were given back too.
    pub attempts: Vec<f64>,
    pub money: Money,
    /// Requests under way.
    open: BTreeMap<String, Known>,
    /// Those that are not, as far as they are remembered, and their ids, oldest first.
    past: BTreeMap<String, Known>,
    past_order: VecDeque<String>,
    /// When each page was written, and its place; oldest first.
    pages: VecDeque<(f64, i64)>,
    /// The highest place, and the number of the last page.
    top: i64,
    number: u64,
    /// The number of the last settlement that the version before stored.
    settled: Option<u64>,
    /// What has happened since the last page.
    next: Page,
    /// What is left of the room that the last page has.
    ahead: Ahead,
    last_asked: Option<f64>,
    /// When the oldest page was written that the checkpoint does not have, and how many settlements
    /// there are on those.
    unsaved_from: Option<f64>,
    unsaved: usize,
    /// The sums do not follow from what is stored: the next page brings a checkpoint.
    due: bool,
}

impl Tab {
    /// `old`: what versions before stored, `pages`: in the order of their numbers, `put_away`: what the
    /// store knows to be spent.
    pub fn read(
        money: Option<Money>,
        old: Vec<Row>,
        pages: Vec<Stored>,
        put_away: Option<&Spent>,
        now: f64,
    ) -> Tab {
        let stored = money.unwrap_or_default();
        let saved = |last: Option<u64>| match money {
            None => 0,
            Some(_) => last.unwrap_or(u64::MAX),
        };
        let (saved_settled, saved_page) = (saved(stored.settled), saved(stored.page));
        let mut tab = Tab {
            money: stored,
            number: stored.page.unwrap_or(0),
            settled: stored.settled,
            due: saved_page == u64::MAX || !old.is_empty(),
            ..Tab::default()
        };
        let mut given_back = Vec::new();
        let mut asked = Vec::new();
        let mut since: Vec<_> = old.iter().filter_map(|row| row.settled).collect();
        since.sort_by_key(|it| it.0);
        for (number, spent, at) in since {
            tab.settled = Some(number);
            if number > saved_settled {
                tab.money.spent.add(spent, at);
            }
        }
        for row in old {
            let known = row.known();
            if known.given_back {
                given_back.push(row.at);
            }
            if known.ended {
                tab.remember(row.id, known);
            } else {
                tab.open.insert(row.id, known);
            }
            asked.push(row.at);
        }
        let last = pages.last().map(|it| (it.number, it.until, it.page.ahead));
        for it in pages {
            let unsaved = it.number > saved_page;
            for request in &it.page.asked {
                asked.push(request.at);
                if request.reserved.is_some() {
                    tab.open.insert(request.id.clone(), request.known());
                }
            }
            for (id, at) in &it.page.given_back {
                given_back.push(*at);
                tab.note_given_back(id);
            }
            for settled in &it.page.settled {
                let known = ended(tab.remembered(&settled.id));
                tab.open.remove(&settled.id);
                tab.remember(settled.id.clone(), known);
            }
            for late in &it.page.late {
                tab.note_late(&late.id, tab.remembered(&late.id));
            }
            let mut paid: Vec<&Settled> = it.page.settled.iter().chain(&it.page.late).collect();
            // A day may have begun between.
            paid.sort_by(|a, b| a.at.total_cmp(&b.at));
            for paid in paid.into_iter().filter(|_| unsaved) {
                tab.money.spent.add(paid.spent, paid.at);
                tab.money.spent.answered += u64::from(paid.answered);
                tab.unsaved += 1;
                tab.unsaved_from.get_or_insert(it.until);
            }
            tab.number = tab.number.max(it.number);
            tab.top = tab.top.max(it.place);
            tab.pages.push_back((it.until, it.place));
        }
        asked.sort_by(f64::total_cmp);
        tab.last_asked = asked.last().copied();
        tab.attempts = asked
            .iter()
            .copied()
            .filter(|at| at + SIX_HOURS > now)
            .collect();
        tab.accepted = asked;
        for at in given_back {
            tab.uncount(at);
        }
        if let Some((number, until, Some(ahead))) = last {
            for n in 0..ahead.requests {
                let reserved = (n == 0).then_some(ahead.reserved);
                tab.take(&format!("{number}+{n}"), until, reserved);
            }
        }
        tab.under_way(now);
        if let Some(spent) = put_away {
            tab.take_over(spent);
        }
        tab
    }

    /// What was put away comes back; what is known here is newer.
    pub fn take_over(&mut self, spent: &Spent) {
        let known = |spent: &Spent| (spent.total, spent.answered);
        if known(&self.money.spent) < known(spent) {
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
    pub fn under_way(&mut self, now: f64) -> usize {
        self.open.retain(|_, it| it.at + LOST > now);
        self.open.len()
    }

    /// When something was asked last, as far as that is known. Unix seconds.
    pub fn last_asked(&self) -> Option<f64> {
        self.last_asked
    }

    /// What is known of a request; `stored`: by storage, where it is not remembered.
    pub fn find<E>(
        &self,
        id: &str,
        stored: impl FnOnce() -> Result<Option<Known>, E>,
    ) -> Result<Option<Known>, E> {
        match self.remembered(id) {
            None => Ok(self.next.add_to(stored()?, id)),
            known => Ok(known),
        }
    }

    fn remembered(&self, id: &str) -> Option<Known> {
        self.open.get(id).or_else(|| self.past.get(id)).copied()
    }

    /// Counts a request; `reserved`: what is set aside for it until it is settled. Says whether what
    /// is stored has room for it: else it is to be stored before anybody is told.
    pub fn take(&mut self, id: &str, at: f64, reserved: Option<Pico>) -> bool {
        self.accepted.push(at);
        self.attempts.push(at);
        self.last_asked = Some(at);
        let tried = self.attempts.partition_point(|it| it + SIX_HOURS <= at);
        self.attempts.drain(..tried);
        let gone = self.accepted.partition_point(|it| it + WEEK <= at);
        self.accepted.drain(..gone);
        let asked = Asked {
            id: id.to_owned(),
            at,
            reserved,
        };
        if reserved.is_some() {
            self.open.insert(id.to_owned(), asked.known());
        }
        self.next.asked.push(asked);
        self.ahead.take(reserved)
    }

    /// Has the next page have room for more, as many as what came lately says, within `most`. Says
    /// whether it has any.
    pub fn look_ahead(&mut self, most: Ahead) -> bool {
        let Some(last) = self.next.asked.last() else {
            return false;
        };
        let others = self.attempts.split_last().map_or(&[][..], |it| it.1);
        let lately = others.len() - others.partition_point(|at| at + LATELY <= last.at);
        let requests = most.requests.min(TIMES * lately as u64);
        // Not all cost the same.
        let each = last.reserved.unwrap_or_default().0.saturating_mul(2);
        let reserved = Pico(each.saturating_mul(requests as i64)).min(most.reserved);
        let some = requests > 0 && reserved >= Pico::default();
        self.next.ahead = some.then_some(Ahead { requests, reserved });
        some
    }

    /// Takes a request back out of the count; `found`: what is known of it, or stored.
    pub fn give_back(&mut self, id: &str, found: Option<Known>) {
        let Some(found) = found.filter(|it| !it.given_back) else {
            return;
        };
        self.note_given_back(id);
        self.uncount(found.at);
        self.next.given_back.push((id.to_owned(), found.at));
    }

    fn note_given_back(&mut self, id: &str) {
        if let Some(known) = self.open.get_mut(id).or_else(|| self.past.get_mut(id)) {
            known.given_back = true;
        }
    }

    fn uncount(&mut self, asked_at: f64) {
        let at = self.accepted.partition_point(|it| *it < asked_at);
        if self.accepted.get(at) == Some(&asked_at) {
            self.accepted.remove(at);
        }
    }

    /// What a request cost takes the place of what was set aside for it. What is said again counts
    /// once.
    pub fn settle(&mut self, settled: Settled, found: Option<Known>) {
        let nothing = found.is_none() && settled.spent == Pico::default();
        if nothing || found.is_some_and(|it| it.ended) {
            return;
        }
        self.open.remove(&settled.id);
        self.money.spent.add(settled.spent, settled.at);
        self.money.spent.answered += u64::from(settled.answered);
        self.remember(settled.id.clone(), ended(found));
        self.next.settled.push(settled);
    }

    /// What came on top of what a request had cost, once.
    pub fn add(&mut self, late: Settled, found: Option<Known>) {
        if found.is_some_and(|it| it.late) {
            return;
        }
        self.money.spent.add(late.spent, late.at);
        self.note_late(&late.id, found);
        self.next.late.push(late);
    }

    fn note_late(&mut self, id: &str, found: Option<Known>) {
        let known = Known {
            late: true,
            ..found.unwrap_or_default()
        };
        match self.open.get_mut(id) {
            Some(open) => *open = known,
            None => self.remember(id.to_owned(), known),
        }
    }

    fn remember(&mut self, id: String, known: Known) {
        if self.past.insert(id.clone(), known).is_none() {
            self.past_order.push_back(id);
        }
        if self.past_order.len() > REMEMBERED
            && let Some(oldest) = self.past_order.pop_front()
        {
            self.past.remove(&oldest);
        }
    }

    /// What is to be stored by now; `None` where nothing has happened. `sums`: they changed by something
    /// that stands on no page.
    pub fn write(&mut self, sums: bool, now: f64) -> Option<Write> {
        let mut write = Write {
            page: None,
            checkpoint: None,
            drop: None,
        };
        let page = std::mem::take(&mut self.next);
        // Room that nobody has taken is taken back by a page without any.
        let empty = page.is_empty() && self.ahead.requests == 0;
        if empty && !sums {
            return None;
        }
        let paid = page.settled.len() + page.late.len();
        let mut leaving = None;
        if !empty {
            // A clock that went back keeps the order.
            let last = self.pages.back().map_or(0.0, |it| it.0);
            let until = now.max(last).max(self.last_asked.unwrap_or(0.0));
            leaving = self.leave(until, &mut write.drop);
            if paid > 0 {
                self.unsaved += paid;
                self.unsaved_from.get_or_insert(until);
            }
            let place = self.place(until, write.drop.is_some());
            self.number += 1;
            self.pages.push_back((until, place));
            self.ahead = page.ahead.unwrap_or_default();
            write.page = Some(Stored {
                place,
                number: self.number,
                until,
                page,
            });
        }
        let leaves_unsaved = self.unsaved_from.is_some() && leaving >= self.unsaved_from;
        if sums || self.due || self.unsaved >= EVERY || leaves_unsaved {
            self.money.settled = self.settled.or(Some(0));
            self.money.page = Some(self.number);
            self.unsaved_from = None;
            self.unsaved = 0;
            self.due = false;
            write.checkpoint = Some(self.money);
        }
        Some(write)
    }

    /// When the newest page was written that has left the week, if any has; too many of them go away.
    fn leave(&mut self, now: f64, drop: &mut Option<f64>) -> Option<f64> {
        let spare = self.pages.partition_point(|(until, _)| until + WEEK <= now);
        let newest = self.pages.get(spare.checked_sub(1)?).map(|it| it.0);
        if spare > self.pages.len() - spare + SPARE {
            self.pages.drain(..spare);
            *drop = newest;
        }
        newest
    }

    /// Where a page goes: to the place of one that has left the week, as one that is made and one that
    /// goes away cost more. Only where the checkpoint has that one.
    fn place(&mut self, now: f64, dropped: bool) -> i64 {
        let oldest = self.pages.front().copied();
        let unsaved_from = self.unsaved_from.unwrap_or(f64::INFINITY);
        let free = |(until, _): &(f64, i64)| until + WEEK <= now && *until < unsaved_from;
        if let Some((_, place)) = oldest.filter(free).filter(|_| !dropped) {
            self.pages.pop_front();
            return place;
        }
        self.top += 1;
        self.top
    }
}

fn ended(known: Option<Known>) -> Known {
    Known {
        ended: true,
        ..known.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
