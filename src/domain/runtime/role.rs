//! How the models of a fixed role fare: the classifier's and the judge's, as one isolate knows it.
//!
//! Its law: one that fails, or can't be understood, three times in a row is left alone for a minute;
//! then one request tries it. A judge that always says the same says nothing: its number counts again
//! once it says another. Nothing here puts a model out of routing, nor outlives the isolate.

/// Misses in a row from which on it is left alone.
const MOST_MISSES: u32 = 3;
/// Seconds for which it is then.
const PAUSE: f64 = 60.0;
/// Numbers in a row that are all the same, from which on a judge is not believed.
const SAME: u32 = 20;

/// One role's breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Role {
    misses: u32,
    /// Until when nobody asks it, Unix seconds.
    until: f64,
    /// Is a request trying it.
    trying: bool,
}

impl Role {
    /// May it be asked at `now`. After a pause one may, and the others wait for what comes of that:
    /// no longer than a pause, for that one may never be heard of again.
    pub fn may_ask(&mut self, now: f64) -> bool {
        let may = self.would_be_asked(now);
        if may && self.misses >= MOST_MISSES {
            self.trying = true;
            self.until = now + PAUSE;
        }
        may
    }

    /// Would a request of now ask it.
    pub fn would_be_asked(&self, now: f64) -> bool {
        self.misses < MOST_MISSES || now >= self.until
    }

    /// It was asked, and this came of it: something that could be read, or not. Questions that were
    /// under way together when the pause began do not make it longer.
    pub fn heard(&mut self, readable: bool, now: f64) {
        if readable {
            *self = Role::default();
            return;
        }
        self.misses = self.misses.saturating_add(1);
        if self.misses == MOST_MISSES || self.trying {
            self.trying = false;
            self.until = now + PAUSE;
        }
    }
}

/// Does the judge still tell one answer from another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Numbers {
    last: Option<f64>,
    /// How often in a row it was said.
    times: u32,
}

impl Numbers {
    /// Takes in what it said.
    pub fn said(&mut self, number: f64) {
        self.times = match self.last {
            Some(last) if last == number => self.times.saturating_add(1),
            _ => 1,
        };
        self.last = Some(number);
    }

    /// Were the last twenty not all the same.
    pub fn are_believed(&self) -> bool {
        self.times < SAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused() -> Role {
        let mut role = Role::default();
        (0..3).for_each(|_| role.heard(false, 100.0));
        role
    }

    #[test]
    fn three_misses_in_a_row_are_a_minutes_pause() {
        let mut role = Role::default();
        role.heard(false, 100.0);
        role.heard(false, 100.0);
        role.heard(true, 100.0);
        role.heard(false, 100.0);
        role.heard(false, 100.0);
        assert!(role.may_ask(100.0), "not in a row");
        role.heard(false, 100.0);
        assert!(!role.may_ask(100.0) && !role.may_ask(159.9));
        assert!(role.may_ask(160.0));
    }

    #[test]
    fn after_the_pause_one_tries_it_and_what_it_finds_is_for_all() {
        let mut role = paused();
        assert!(role.may_ask(160.0) && !role.may_ask(160.0), "one only");
        let mut well = role;
        well.heard(true, 161.0);
        assert!(well.may_ask(161.0) && well.may_ask(161.0));
        role.heard(false, 170.0);
        assert!(!role.may_ask(229.9), "a whole minute again");
        assert!(role.may_ask(230.0) && !role.may_ask(230.0));
    }

    #[test]
    fn what_was_under_way_makes_no_pause_longer_and_a_lost_try_holds_nobody_for_good() {
        let mut role = paused();
        role.heard(false, 130.0);
        assert!(role.may_ask(160.0), "the one that is lost");
        assert!(!role.may_ask(219.9));
        assert!(role.may_ask(220.0));
    }

    #[test]
    fn twenty_numbers_that_are_all_the_same_are_not_believed_until_another_comes() {
        let mut numbers = Numbers::default();
        (0..19).for_each(|_| numbers.said(0.8));
        assert!(numbers.are_believed());
        numbers.said(0.8);
        assert!(!numbers.are_believed());
        numbers.said(0.8);
        assert!(!numbers.are_believed());
        numbers.said(0.7);
        assert!(numbers.are_believed());
    }
}
