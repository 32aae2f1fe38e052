//! Who hangs: an object or a store that did not answer in time, by the name of its door.
//!
//! The law: what has hung is left alone by all but one question in [`ASKED_AGAIN_AFTER`], until it
//! answers; and what is told of a question of before that tells nothing of now.

use std::collections::BTreeMap;

/// Seconds between two questions to what has hung.
pub const ASKED_AGAIN_AFTER: f64 = 2.0;
/// Doors that are remembered at the most.
const MOST: usize = 1_000;

/// Times are Unix seconds.
#[derive(Debug, Default)]
pub struct Hanging(BTreeMap<String, Door>);

#[derive(Debug, Default)]
struct Door {
    /// When it is asked again; `None`: it answers.
    again_at: Option<f64>,
    answered_at: f64,
}

impl Hanging {
    /// May somebody ask now; of those that may not for a while, one every two seconds may.
    pub fn may_ask(&mut self, door: &str, now: f64) -> bool {
        let Some(again_at) = self.0.get_mut(door).and_then(|it| it.again_at.as_mut()) else {
            return true;
        };
        let may = *again_at <= now;
        if may {
            *again_at = now + ASKED_AGAIN_AFTER;
        }
        may
    }

    pub fn answered(&mut self, door: &str, now: f64) {
        if let Some(door) = self.0.get_mut(door) {
            door.again_at = None;
            door.answered_at = now;
        }
    }

    /// What was asked at `asked_at` has not answered by now. Whoever waits long learns that late: it is
    /// left alone from when others would have known, `short` seconds after it was asked.
    pub fn hung(&mut self, door: &str, asked_at: f64, short: f64, now: f64) {
        if self.0.len() >= MOST && !self.0.contains_key(door) {
            self.0.clear();
        }
        let door = self.0.entry(door.to_owned()).or_default();
        if door.answered_at <= asked_at {
            let again_at = now.min(asked_at + short) + ASKED_AGAIN_AFTER;
            door.again_at = Some(door.again_at.unwrap_or(0.0).max(again_at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_asked_by_one_in_two_seconds_until_it_answers() {
        let mut hanging = Hanging::default();
        assert!(hanging.may_ask("a", 10.0));
        hanging.hung("a", 10.0, 1.0, 11.0);
        let may = [11.0, 12.9, 13.0, 13.1, 15.0].map(|now| hanging.may_ask("a", now));
        assert_eq!(may, [false, false, true, false, true]);
        assert!(hanging.may_ask("b", 11.0));
        hanging.answered("a", 15.5);
        assert!((0..3).all(|_| hanging.may_ask("a", 15.6)));
    }

    #[test]
    fn whoever_waited_long_tells_nothing_of_now() {
        let mut hanging = Hanging::default();
        // Nobody else asked meanwhile: it may be back, and one looks.
        hanging.hung("a", 10.0, 1.0, 15.0);
        hanging.hung("a", 11.0, 1.0, 16.0);
        assert_eq!(
            [16.0, 16.1].map(|now| hanging.may_ask("a", now)),
            [true, false]
        );
        hanging.answered("a", 16.2);
        // That was asked before.
        hanging.hung("a", 12.0, 1.0, 17.0);
        assert!((0..3).all(|_| hanging.may_ask("a", 17.0)));
        hanging.hung("a", 16.5, 1.0, 17.5);
        assert!(!hanging.may_ask("a", 17.6));
        // A clock that went back.
        hanging.hung("b", 99.0, 1.0, 20.0);
        assert!(hanging.may_ask("b", 22.0));
    }

    #[test]
    fn few_are_remembered() {
        let mut hanging = Hanging::default();
        for n in 0..2 * MOST {
            hanging.hung(&n.to_string(), 1.0, 1.0, 2.0);
        }
        assert!(hanging.0.len() <= MOST);
    }
}
