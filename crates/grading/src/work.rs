//! What the checks of one request may cost, all of its choices together.
//!
//! Law: work is charged before it is done, by bytes and digits, at what the worst text of that
//! length costs. What is used up is unknown from there on and never wrong.

use std::cell::Cell;

/// A budget, in units of some 10 ns of native code; in wasm a unit takes two to three times that.
#[derive(Debug)]
pub struct Work(Cell<u64>);

impl Work {
    /// What a request has: some 30 ms of native code, so less than 100 ms in wasm.
    pub const UNITS: u64 = 3_000_000;
    /// Why nothing is known where nothing is left.
    pub const USED_UP: &'static str = "too much to check in one request";

    pub fn new(units: u64) -> Work {
        Work(Cell::new(units))
    }

    /// Takes so many units; false, and nothing left, where there are fewer.
    #[must_use]
    pub fn take(&self, units: u64) -> bool {
        let left = self.left().checked_sub(units);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Takes what `each` byte of a text costs.
    #[must_use]
    pub fn take_bytes(&self, bytes: usize, each: u64) -> bool {
        self.take((bytes as u64).saturating_mul(each))
    }

    /// Of what was taken at the most, what was not needed.
    pub fn give_back(&self, units: u64) {
        self.0.set(self.left().saturating_add(units));
    }

    pub fn left(&self) -> u64 {
        self.0.get()
    }
}

impl Default for Work {
    fn default() -> Work {
        Work::new(Work::UNITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_up_stays_so() {
        let work = Work::new(10);
        assert!(work.take(4) && work.take_bytes(3, 2));
        assert!(!work.take(1) && work.left() == 0);
        assert!(!Work::new(5).take(6));
    }
}
