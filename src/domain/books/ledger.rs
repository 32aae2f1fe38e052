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
mod tests {
    use super::*;
    use crate::domain::books::{book::tests::settlement, feed::Outcome};

    fn at(epoch: Option<u64>, ts: f64) -> Settlement {
        let mut settlement = settlement(epoch, 1.0, Outcome::Finished);
        settlement.decision.ts = ts;
        settlement
    }

    fn ledger(settlements: impl IntoIterator<Item = Settlement>) -> Ledger {
        let mut ledger = Ledger::default();
        for settlement in settlements {
            ledger.count(settlement, &Tunables::default(), 50);
        }
        ledger
    }

    fn place(ledger: &mut Ledger, number: u64, reset_at: Option<f64>) -> Placed {
        ledger.place(Epoch { number, reset_at }, &Tunables::default(), 50)
    }

    #[test]
    fn a_ledger_begun_while_the_database_was_away_keeps_what_it_holds() {
        let mut ledger = ledger([at(None, 10.0), at(None, 20.0)]);
        // Made after they came: no reset, so nothing is forgotten.
        assert_eq!(place(&mut ledger, 500, None), Placed::Anew);
        assert_eq!(
            (ledger.book.epoch, ledger.book.calls, ledger.waiting.len()),
            (500, 2, 2)
        );
        assert_eq!(place(&mut ledger, 500, None), Placed::Same);
    }

    #[test]
    fn a_reset_in_the_first_seconds_after_the_database_is_back_forgets_what_came_before() {
        let mut ledger = ledger([at(None, 1_700.2), at(None, 1_700.9)]);
        place(&mut ledger, 1_700, Some(1_700.5));
        assert_eq!(ledger.book.calls, 1, "to the part of a second");
        assert_eq!(ledger.hours.iter().map(|hour| hour.calls).sum::<u64>(), 1);
        let mut known = self::ledger([
            at(Some(1_600), 1_650.0),
            at(None, 1_699.0),
            at(None, 1_701.0),
        ]);
        assert_eq!(known.book.calls, 3);
        place(&mut known, 1_700, Some(1_700.5));
        assert_eq!(known.book.calls, 1, "one of the old epoch never comes back");
    }

    #[test]
    fn a_database_restored_to_before_a_reset_is_told_apart() {
        let mut ledger = ledger([at(Some(7), 1.0)]);
        assert_eq!(place(&mut ledger, 6, None), Placed::Behind);
        assert_eq!(
            (ledger.book.epoch, ledger.book.calls),
            (7, 1),
            "nothing is lost by it"
        );
    }

    #[test]
    fn one_that_was_begun_as_another_could_not_be_read_stays_newer_and_says_so() {
        let book = Book {
            seq: 1_000_000,
            set_aside: true,
            ..Book::default()
        };
        let mut anew = Ledger::of(book);
        for settlement in [at(Some(7), 1.0), at(Some(7), 2.0)] {
            anew.count(settlement, &Tunables::default(), 50);
        }
        assert!(anew.book.set_aside && anew.book.supersedes(&ledger([at(Some(7), 1.0)]).book));
        assert_eq!((anew.book.epoch, anew.book.calls), (7, 2));
        // A reset begins them all anew.
        place(&mut anew, 8, None);
        assert_eq!((anew.book.seq, anew.book.set_aside), (0, false));
    }

    #[test]
    fn above_the_rate_a_share_is_kept_and_stands_for_all() {
        let mut ledger = ledger((0..1_000).map(|_| at(Some(1), 5.0)));
        assert!(ledger.waiting.len() < 150, "{}", ledger.waiting.len());
        let weight: f64 = ledger
            .waiting
            .iter()
            .map(|it| it.settlement.decision.detail.weight.unwrap_or(1.0))
            .sum();
        assert_eq!(weight + ledger.skipped as f64, 1_000.0);
        assert_eq!(ledger.book.calls, 1_000, "the books count every one");
        ledger.count(at(Some(1), 6.0), &Tunables::default(), 50);
        assert_eq!(ledger.skipped, 0);
    }

    #[test]
    fn while_the_database_is_away_what_waits_is_bounded_and_nothing_of_the_sums_is_lost() {
        let ledger = ledger((0..5_000).map(|n| at(Some(1), n as f64)));
        assert_eq!(ledger.waiting.len(), MOST_WAITING);
        assert_eq!((ledger.book.calls, ledger.skipped), (5_000, 3_000));
        let days = self::ledger((0..100).map(|n| at(Some(1), n as f64 * 3_600.0)));
        assert_eq!(days.hours.len(), MOST_HOURS);
        assert_eq!(days.hours.iter().map(|hour| hour.calls).sum::<u64>(), 100);
    }

    #[test]
    fn hours_that_the_database_has_are_closed_and_late_ones_go_to_the_oldest_open() {
        let numbered = |n: u64| {
            let mut settlement = at(Some(1), n as f64 * 3_600.0);
            settlement.decision.id = format!("req_{n}");
            settlement
        };
        let mut ledger = ledger((0..5).map(numbered));
        let written = ledger.hours.clone();
        ledger.count(at(Some(1), 3_600.0), &Tunables::default(), 50);
        assert_eq!(ledger.written(Some("req_2"), &written), (3, 1));
        assert_eq!(ledger.hours.len(), 4, "one that changed since stays");
        assert_eq!(ledger.written(Some("req_2"), &written), (0, 0), "once");
        let written = ledger.hours.clone();
        assert_eq!(ledger.written(None, &written), (0, 2));
        assert_eq!((ledger.hours.len(), ledger.waiting.len()), (OPEN_HOURS, 3));
        ledger.count(at(Some(1), 0.0), &Tunables::default(), 50);
        let hours: Vec<_> = ledger
            .hours
            .iter()
            .map(|hour| (hour.start, hour.calls))
            .collect();
        assert_eq!(hours, [(3 * 3_600, 2), (4 * 3_600, 1)]);
    }

    /// Calls of a key with that grade, at a moment of a day.
    fn by(key: Option<&str>, day: f64, quality: f64, times: usize) -> Vec<Settlement> {
        let mut settlement = at(Some(1), day * 86_400.0);
        if let Some(evidence) = &mut settlement.evidence {
            evidence.ts = day * 86_400.0;
            evidence.key = key.map(str::to_owned);
            evidence.quality = Some(quality);
        }
        vec![settlement; times]
    }

    fn skill(ledger: &Ledger) -> f64 {
        ledger.book.row.skill.mean().unwrap()
    }

    #[test]
    fn a_key_that_sends_nothing_but_bad_answers_moves_a_row_by_a_twentieth_in_a_day() {
        let mut ledger = ledger(by(None, 1.0, 1.0, 100));
        for day in [1.0, 2.0] {
            for settlement in by(Some("hostile"), day, 0.0, 300) {
                ledger.count(settlement, &Tunables::default(), 50);
            }
            let least = 1.0 / 1.055_f64.powf(day);
            assert!(skill(&ledger) > least, "{}", skill(&ledger));
        }
        assert_eq!(ledger.book.row.n, 700, "its calls are counted all the same");
        // An operator is believed.
        for settlement in by(None, 2.0, 0.0, 100) {
            ledger.count(settlement, &Tunables::default(), 50);
        }
        assert!(skill(&ledger) < 0.55);
    }

    fn rating(id: usize, key: Option<&str>, score: f64) -> Rating {
        Rating {
            id: format!("req_{id}"),
            ts: 86_400.0,
            asked: 86_400.0,
            score,
            by: GradedBy::Feedback,
            key: key.map(str::to_owned),
            checked: None,
            passed: false,
            counts: true,
            overhead: Default::default(),
        }
    }

    #[test]
    fn a_thousand_hostile_votes_of_one_key_move_a_row_by_less_than_the_tolerance() {
        for teacher in [None, Some("somebody"), Some("hostile")] {
            let mut ledger = ledger(by(teacher, 1.0, 0.95, 60));
            for id in 0..1_000 {
                ledger.rate(
                    &rating(id, Some("hostile"), 0.0),
                    None,
                    &Tunables::default(),
                );
            }
            assert!(skill(&ledger) > 0.90, "{teacher:?}: {}", skill(&ledger));
        }
    }

    #[test]
    fn a_vote_weighs_like_two_grades_and_another_on_the_same_request_takes_its_place() {
        let mut ledger = ledger(by(None, 1.0, 1.0, 18));
        let vote = |ledger: &mut Ledger, score, before| {
            ledger.rate(&rating(1, None, score), before, &Tunables::default())
        };
        let first = vote(&mut ledger, 0.0, None);
        assert!((skill(&ledger) - 0.9).abs() < 0.001);
        let mut last = first;
        for _ in 0..50 {
            last = vote(&mut ledger, 1.0, last);
            last = vote(&mut ledger, 0.0, last);
        }
        assert!((skill(&ledger) - 0.9).abs() < 0.005, "{}", skill(&ledger));
        vote(&mut ledger, 1.0, last);
        assert!(skill(&ledger) > 0.995);
        assert_eq!(ledger.book.row.grades.feedback, 1);
    }

    #[test]
    fn a_vote_is_averaged_with_what_a_program_found() {
        let mut ledger = ledger(by(None, 1.0, 1.0, 18));
        let checked = Rating {
            checked: Some(1.0),
            ..rating(1, None, 0.0)
        };
        ledger.rate(&checked, None, &Tunables::default());
        assert!((skill(&ledger) - 0.95).abs() < 0.001);
    }

    #[test]
    fn what_the_judge_says_of_answers_that_parse_completes_what_parsing_tells() {
        let mut forms = by(None, 1.0, 1.0, 40);
        for form in &mut forms {
            form.evidence.as_mut().unwrap().graded_by = GradedBy::Form;
        }
        let mut ledger = ledger(forms.clone());
        assert_eq!(skill(&ledger), 1.0);
        let judged = Rating {
            by: GradedBy::Judge,
            passed: true,
            ..rating(1, None, 0.4)
        };
        for form in forms.iter().cycle().take(200) {
            ledger.count(form.clone(), &Tunables::default(), 50);
            ledger.rate(&judged, None, &Tunables::default());
        }
        assert!(skill(&ledger) < 0.55, "{}", skill(&ledger));
        let grades = ledger.book.row.grades;
        assert_eq!((grades.form, grades.judge), (240, 200));
    }

    #[test]
    fn a_vote_on_what_was_asked_before_a_reset_moves_nothing() {
        let mut ledger = ledger(by(None, 2.0, 1.0, 10));
        ledger.rate(&rating(1, None, 0.0), None, &Tunables::default());
        assert_eq!(skill(&ledger), 1.0);
    }

    #[test]
    fn a_key_that_is_alone_teaches_as_an_operator_does() {
        let alone = ledger(by(Some("mine"), 1.0, 0.5, 60));
        assert!((alone.book.row.skill.n - 60.0).abs() < 1.0);
    }

    #[test]
    fn who_learns_from_operators_only_counts_the_calls_of_others() {
        let tunables = Tunables {
            learn_from: LearnFrom::Operators,
            ..Tunables::default()
        };
        let mut ledger = Ledger::default();
        for settlement in by(Some("anyone"), 1.0, 0.0, 10) {
            ledger.count(settlement, &tunables, 50);
        }
        let row = &ledger.book.row;
        assert_eq!((row.n, row.quality(), row.factor()), (10, None, None));
    }

    #[test]
    fn a_request_whose_client_narrowed_the_choice_lowers_nobody_for_others() {
        let mut ledger = ledger(by(None, 1.0, 0.9, 50));
        for mut settlement in by(Some("a"), 1.0, 0.0, 50) {
            settlement.evidence.as_mut().unwrap().narrowed = true;
            ledger.count(settlement, &Tunables::default(), 50);
        }
        let row = &ledger.book.row;
        assert!((row.skill.mean().unwrap() - 0.9).abs() < 1e-9);
        assert_eq!(row.narrowed.mean(), Some(0.0));
    }

    /// As a Learner stores it: a change of this is a change of what the next version has to read.
    #[test]
    fn what_is_stored_is_pinned() {
        let mut ledger = ledger([at(Some(7), 3_601.0)]);
        ledger.waiting.clear();
        let stored = serde_json::to_string(&ledger).unwrap();
        let read: Ledger = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.book, ledger.book);
        assert_eq!(read.hours, ledger.hours);
        assert!(
            stored.starts_with(r#"{"book":{"epoch":7,"seq":1,"row":{"n":1,"#),
            "{stored}"
        );
        let hours = r#""hours":[{"start":3600,"calls":1,"dropped":0,"failed":0,"failovers":0,"spend":1000000000000,"estimated":0,"baseline":1000000000000,"overhead":0,"quality_n":1,"quality_sum":1.0,"in_tokens":0,"cached_tokens":0,"out_tokens":0,"first":[0,0,0,0,0,0,0,0,0,0,0,0],"whole":[0,0,0,0,0,0,0,0,0,0,0,0]}],"skipped":0,"teachers":{"several":true,"day":0,"today":[]},"rate":[3601,1]}"#;
        assert!(stored.ends_with(hours), "{stored}");
        assert_eq!(
            serde_json::from_str::<Ledger>("{}").unwrap(),
            Ledger::default()
        );
    }
}
