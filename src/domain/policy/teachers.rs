//! Who taught a row, and how much more each may.
//!
//! Strangers write to the one brain that all share. So one key moves at most [`SHARE`] of a row's
//! evidence in a day, whatever it sends. Operators are trusted wholly, and so is a key that is the
//! only one to have taught the row: it moves nobody's but its own. A few words a key and day are
//! all that is kept; nothing here is a record of who asked what.

use serde::{Deserialize, Serialize};

/// Of a row's evidence, the share that one key may move in a day.
const SHARE: f64 = 0.05;
/// Evidence below which a row is being founded, and what a key may then bring in a day: where the
/// share of next to nothing is nothing, nobody could begin.
const FOUNDED: f64 = 20.0;
const FOUNDING: f64 = 2.0;
/// Keys that are told apart in a day; the others share what one may.
const MOST_KEYS: usize = 48;
const DAY: f64 = 86_400.0;
/// The mark of all keys beyond [`MOST_KEYS`].
const THE_OTHERS: u32 = 0;

/// What is being taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// How good the answer was, by a check or the judge.
    Grade,
    /// How long it was.
    Usage,
    /// How good a client says that it was: a word against which nothing speaks.
    Vote,
}

/// How much of a call counts, 0..=1: of its grade, of that in the short memory, and of its length;
/// and whether its charge does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    pub grade: f64,
    pub recent: f64,
    pub usage: f64,
    pub price: bool,
}

impl Default for Voice {
    fn default() -> Voice {
        Voice {
            grade: 1.0,
            recent: 1.0,
            usage: 1.0,
            price: true,
        }
    }
}

impl Voice {
    pub const NONE: Voice = Voice {
        grade: 0.0,
        recent: 0.0,
        usage: 0.0,
        price: false,
    };
}

/// The keys that taught one row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Teachers {
    /// The mark of the first key, while no one else has taught.
    #[serde(skip_serializing_if = "Option::is_none")]
    sole: Option<u32>,
    several: bool,
    /// Days since 1970, and what each key has moved on that day: of grades, of lengths.
    day: u64,
    today: Vec<(u32, f64, f64)>,
}

impl Teachers {
    /// Is that key's word bounded by a share.
    pub fn bounds(&self, key: Option<&str>) -> bool {
        key.is_some() && self.several
    }

    /// How much of `wanted` a lesson of that key may weigh, on a row that holds `evidence`; it is
    /// taken off what the key may still move today. `None` is an operator.
    pub fn hear(
        &mut self,
        key: Option<&str>,
        now: f64,
        lesson: Lesson,
        evidence: f64,
        wanted: f64,
    ) -> f64 {
        let Some(key) = key else {
            self.several = true;
            return wanted;
        };
        let mark = mark(key);
        // What a row holds that nobody here has taught is from before this was kept.
        self.several |= self.sole.is_none() && evidence > 0.0;
        self.several |= self.sole.is_some_and(|sole| sole != mark);
        if !self.several {
            self.sole = Some(mark);
            if lesson != Lesson::Vote {
                return wanted;
            }
        }
        let day = (now / DAY).max(0.0) as u64;
        if day != self.day {
            self.day = day;
            self.today.clear();
        }
        let founding = match lesson {
            Lesson::Vote => 0.0,
            _ if evidence < FOUNDED => FOUNDING,
            _ => 0.0,
        };
        let most = (SHARE * evidence).max(founding);
        let Some((_, grades, lengths)) = self.of(mark) else {
            return 0.0;
        };
        let moved = match lesson {
            Lesson::Usage => lengths,
            Lesson::Grade | Lesson::Vote => grades,
        };
        let given = wanted.min(most - *moved).max(0.0);
        *moved += given;
        given
    }

    fn of(&mut self, mark: u32) -> Option<&mut (u32, f64, f64)> {
        let known = self.today.iter().position(|(known, ..)| *known == mark);
        let full = self.today.len() >= MOST_KEYS;
        let mark = if full && known.is_none() {
            THE_OTHERS
        } else {
            mark
        };
        let place = self.today.iter().position(|(known, ..)| *known == mark);
        match place {
            Some(place) => self.today.get_mut(place),
            None => {
                self.today.push((mark, 0.0, 0.0));
                self.today.last_mut()
            }
        }
    }
}

/// A key told from others in four bytes (FNV-1a). Ids are ours to make: nobody can aim for one.
pub(super) fn mark(key: &str) -> u32 {
    let hash = key.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.max(THE_OTHERS + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(teachers: &mut Teachers, key: &str, day: f64, evidence: f64) -> f64 {
        teachers.hear(Some(key), day * DAY, Lesson::Grade, evidence, 1.0)
    }

    #[test]
    fn one_key_moves_a_twentieth_of_a_row_in_a_day_and_as_much_the_next() {
        let mut teachers = Teachers::default();
        teachers.hear(None, 0.0, Lesson::Grade, 0.0, 1.0);
        for day in [1.0, 2.0] {
            let moved: f64 = (0..500).map(|_| hear(&mut teachers, "a", day, 100.0)).sum();
            assert!((moved - 5.0).abs() < 1e-9, "{moved}");
        }
        let other = hear(&mut teachers, "b", 2.0, 100.0);
        assert_eq!(other, 1.0, "each key has its own share");
    }

    #[test]
    fn operators_and_a_key_that_is_alone_are_taken_at_their_word() {
        let mut teachers = Teachers::default();
        for n in 0..100 {
            assert_eq!(hear(&mut teachers, "a", 1.0, f64::from(n)), 1.0);
        }
        // Then it is no longer alone.
        assert_eq!(hear(&mut teachers, "b", 1.0, 100.0), 1.0);
        let moved: f64 = (0..100).map(|_| hear(&mut teachers, "a", 1.0, 100.0)).sum();
        assert!((moved - 5.0).abs() < 1e-9);
        assert_eq!(teachers.hear(None, DAY, Lesson::Grade, 100.0, 1.0), 1.0);
    }

    #[test]
    fn a_vote_weighs_a_share_of_what_is_known_even_of_a_key_that_is_alone() {
        let mut teachers = Teachers::default();
        let vote = |teachers: &mut Teachers| teachers.hear(Some("a"), 0.0, Lesson::Vote, 40.0, 2.0);
        assert_eq!((vote(&mut teachers), vote(&mut teachers)), (2.0, 0.0));
    }

    #[test]
    fn what_is_kept_of_ten_thousand_keys_is_small() {
        let mut teachers = Teachers::default();
        teachers.hear(None, 0.0, Lesson::Grade, 0.0, 1.0);
        let moved: f64 = (0..10_000)
            .map(|n| hear(&mut teachers, &format!("key_{n}"), 1.0, 10.0))
            .sum();
        assert!(moved <= (MOST_KEYS + 2) as f64 * FOUNDING, "{moved}");
        assert!(serde_json::to_string(&teachers).unwrap().len() < 2_048);
    }
}
