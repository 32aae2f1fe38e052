//! How long conversations are: what an isolate has seen of their turns.

/// Turns that are told apart.
const MOST: usize = 512;
/// Conversations that the usual course counts for before any was seen: of those that have come to
/// a turn, half come to twice as many.
const USUAL: f64 = 8.0;
/// Turns after which all counts are halved, so that what is usual may change.
const HALVED_AT: f64 = 50_000.0;

/// How often each turn was reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lengths {
    reached: Vec<f64>,
    seen: f64,
}

impl Lengths {
    /// A conversation has come to this turn, 1 the first.
    pub fn note(&mut self, turn: u64) {
        let at = turn.clamp(1, MOST as u64) as usize - 1;
        if self.reached.len() <= at {
            self.reached.resize(at + 1, 0.0);
        }
        if let Some(count) = self.reached.get_mut(at) {
            *count += 1.0;
        }
        self.seen += 1.0;
        if self.seen >= HALVED_AT {
            self.reached.iter_mut().for_each(|count| *count /= 2.0);
            self.seen /= 2.0;
        }
    }

    /// The median number of turns that still follow this one.
    pub fn further(&self, turn: u64) -> u64 {
        let turn = turn.clamp(1, MOST as u64);
        let here = self.weight(turn);
        (1..=MOST as u64)
            .find(|more| self.weight(turn + more) * 2.0 < here)
            .map_or(MOST as u64, |more| more - 1)
    }

    fn weight(&self, turn: u64) -> f64 {
        let seen = self.reached.get(turn as usize - 1).copied();
        seen.unwrap_or(0.0) + USUAL / turn as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_any_was_seen_a_conversation_is_half_way() {
        let none = Lengths::default();
        assert_eq!(
            (none.further(1), none.further(10), none.further(40)),
            (1, 10, 40)
        );
        assert_eq!(none.further(u64::MAX), MOST as u64);
    }

    #[test]
    fn what_was_seen_counts() {
        let mut lengths = Lengths::default();
        for _ in 0..100 {
            (1..=6).for_each(|turn| lengths.note(turn));
        }
        assert_eq!(
            (lengths.further(1), lengths.further(5), lengths.further(6)),
            (5, 1, 0)
        );
        lengths.note(0);
        lengths.note(u64::MAX);
        assert_eq!(lengths.reached.len(), MOST);
    }
}
