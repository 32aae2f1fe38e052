//! How many isolates serve, as far as is known, and what is a single one's share of what all are to
//! find out together.
//!
//! Its law: nobody counts anybody in advance. A Learner sees who tells it of settlements; what it has
//! seen stands in its book, and with that in every isolate's snapshot. Where nothing is known an isolate takes
//! itself for the only one.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use chat::Task;

/// Seconds for which an isolate counts that was heard of.
const HEARD: f64 = 60.0;
/// Isolates that are told apart at the most.
const MOST: usize = 512;
/// Seconds for which an isolate is, or is not, one of those that gather a sample.
const TURN: f64 = 10.0;

/// Who has told a Learner of settlements lately: when last, Unix seconds, by name.
#[derive(Debug, Default)]
pub struct Tellers(BTreeMap<String, f64>);

impl Tellers {
    /// One tells. How many have lately.
    pub fn hear(&mut self, name: &str, now: f64) -> u64 {
        if self.0.len() < MOST || self.0.contains_key(name) {
            self.0.insert(name.to_owned(), now);
        }
        self.0.retain(|_, at| (now - *at).abs() < HEARD);
        self.0.len() as u64
    }
}

/// How many isolates serve, as an isolate knows it.
#[derive(Clone, Debug, Default)]
pub struct Isolates {
    /// Unlike that of any other isolate.
    own: u64,
    count: u64,
    /// When that was so, Unix seconds.
    at: f64,
}

impl Isolates {
    /// What an isolate knows in the beginning; `own` is drawn at random.
    pub fn begin(own: u64) -> Isolates {
        Isolates {
            own,
            ..Isolates::default()
        }
    }

    /// So many told one Learner: of several that are as new the most counts.
    pub fn note(&mut self, count: u64, at: f64) {
        let newer = at > self.at + HEARD;
        if newer || (count >= self.count && at > self.at - HEARD) {
            self.count = count;
            self.at = self.at.max(at);
        }
    }

    fn count(&self, now: f64) -> u64 {
        match (now - self.at).abs() < 2.0 * HEARD {
            true => self.count.max(1),
            false => 1,
        }
    }

    /// Samples of a model on a task that may be taken as being gathered, where this isolate has `pending`
    /// under way and `owed` are missing: those of the others, too. Of many isolates only so many gather at a time as
    /// samples are missing; which, changes from time to time and is another draw for each model.
    pub fn under_way(&self, task: Task, model: &str, pending: u64, owed: u64, now: f64) -> u64 {
        let count = self.count(now);
        if count < 2 || owed == 0 {
            return pending;
        }
        if pending > 0 {
            return pending.saturating_mul(count);
        }
        let mut hasher = DefaultHasher::new();
        (self.own, task.name(), model, (now / TURN) as u64).hash(&mut hasher);
        match hasher.finish() % count < owed {
            true => 0,
            false => owed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_not_told_for_a_minute_is_forgotten() {
        let mut tellers = Tellers::default();
        assert_eq!(tellers.hear("a", 0.0), 1);
        assert_eq!(tellers.hear("a", 10.0), 1);
        assert_eq!(tellers.hear("b", 20.0), 2);
        assert_eq!(tellers.hear("b", 75.0), 1);
        for n in 0..2_000 {
            tellers.hear(&n.to_string(), 76.0);
        }
        assert_eq!(tellers.hear("x", 76.0), MOST as u64);
    }

    #[test]
    fn the_most_of_what_is_as_new_counts_and_for_two_minutes() {
        let mut isolates = Isolates::default();
        assert_eq!(isolates.count(0.0), 1);
        isolates.note(7, 100.0);
        isolates.note(3, 120.0);
        assert_eq!(isolates.count(130.0), 7);
        isolates.note(9, 30.0);
        assert_eq!(isolates.count(130.0), 7, "that was long before");
        isolates.note(3, 170.0);
        assert_eq!(isolates.count(171.0), 3);
        assert_eq!(isolates.count(400.0), 1);
    }

    /// Calls that explore where so many isolates begin at once with 50 requests each, none of
    /// them answered yet, nine models and two samples wanted of each.
    fn explored(isolates: u64, known: u64, turns: u64) -> u64 {
        const OWED: u64 = 2;
        let mut explored = 0;
        for own in 0..isolates {
            let mut isolate = Isolates::begin(own.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            isolate.note(known, 1_000.0);
            let mut pending = [0_u64; 9];
            for turn in 0..turns {
                let now = 1_000.0 + turn as f64 * TURN;
                for _ in 0..50 {
                    let of = |model: usize| {
                        let name = format!("m{model}");
                        isolate.under_way(Task::Math, &name, pending[model], OWED, now)
                    };
                    let least = (0..9).min_by_key(|model| of(*model)).unwrap();
                    if of(least) < OWED {
                        pending[least] += 1;
                        explored += 1;
                    }
                }
            }
        }
        explored
    }

    #[test]
    fn a_cold_burst_over_many_isolates_explores_about_what_is_needed() {
        assert_eq!(explored(1, 1, 1), 18);
        assert_eq!(
            explored(40, 1, 1),
            40 * 18,
            "where nobody knows of the others"
        );
        for isolates in [2, 5, 40, 200] {
            let explored = explored(isolates, isolates, 1);
            assert!(
                (9..=36).contains(&explored),
                "{explored} of 18 by {isolates}"
            );
        }
        // Who gathers changes: nothing is owed for ever.
        assert!(explored(40, 40, 5) > explored(40, 40, 1));
    }
}
