//! The newest decisions and alerts of the current epoch, bounded.

use serde::{Deserialize, Serialize};

use super::feed::{Alert, Decision};

/// Rows kept of each kind.
const KEPT: usize = 500;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ring {
    epoch: u64,
    /// Oldest first.
    decisions: Vec<Decision>,
    alerts: Vec<Alert>,
}

impl Ring {
    /// Of these rows those that it would take in and does not have.
    pub fn new_of<'a>(
        &self,
        epoch: u64,
        decisions: &'a [Decision],
        alerts: &'a [Alert],
    ) -> (Vec<&'a Decision>, Vec<&'a Alert>) {
        if epoch < self.epoch {
            return (Vec::new(), Vec::new());
        }
        let knows = |row: &Decision| self.decisions.iter().rev().any(|known| known.id == row.id);
        let all = epoch > self.epoch;
        let decisions = decisions.iter().filter(|row| all || !knows(row));
        let alerts = alerts
            .iter()
            .filter(|row| all || !self.alerts.contains(row));
        (decisions.collect(), alerts.collect())
    }

    /// Would rows of that epoch begin a new one.
    pub fn turns_to(&self, epoch: u64) -> bool {
        epoch > self.epoch
    }

    /// Takes rows in, each once; those of an older epoch not at all.
    pub fn push(&mut self, epoch: u64, decisions: Vec<Decision>, alerts: Vec<Alert>) {
        self.turn_to(epoch);
        if self.epoch != epoch {
            return;
        }
        merge(
            &mut self.decisions,
            decisions,
            |row| row.ts,
            |a, b| a.id == b.id,
        );
        merge(
            &mut self.alerts,
            alerts,
            |row| row.ts,
            |a, b| a.ts == b.ts && a.task == b.task && a.model == b.model,
        );
    }

    /// Begins a newer epoch with an empty ring.
    pub fn turn_to(&mut self, epoch: u64) {
        if self.turns_to(epoch) {
            *self = Ring {
                epoch,
                ..Ring::default()
            };
        }
    }

    /// Newest first.
    pub fn decisions(&self, shown: usize) -> Vec<&Decision> {
        self.decisions.iter().rev().take(shown).collect()
    }

    /// Newest first.
    pub fn alerts(&self, shown: usize) -> Vec<&Alert> {
        self.alerts.iter().rev().take(shown).collect()
    }
}

fn merge<T>(kept: &mut Vec<T>, new: Vec<T>, ts: impl Fn(&T) -> f64, same: impl Fn(&T, &T) -> bool) {
    for row in new {
        // What is new is nearly always the newest.
        let place = kept.iter().rposition(|known| ts(known) <= ts(&row));
        let place = place.map_or(0, |before| before + 1);
        if !kept.iter().rev().any(|known| same(known, &row)) {
            kept.insert(place, row);
        }
    }
    let over = kept.len().saturating_sub(KEPT);
    kept.drain(..over);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::books::{book::tests::settlement, feed::Outcome};

    fn decision(id: &str, ts: f64) -> Decision {
        let mut decision = settlement(None, 1.0, Outcome::Finished).decision;
        (decision.id, decision.ts) = (id.to_owned(), ts);
        decision
    }

    fn shown(ring: &Ring) -> Vec<&str> {
        ring.decisions(10)
            .iter()
            .map(|row| row.id.as_str())
            .collect()
    }

    #[test]
    fn the_newest_come_first_whichever_way_they_came_and_each_once() {
        let mut ring = Ring::default();
        ring.push(1, vec![decision("b", 2.0), decision("c", 3.0)], vec![]);
        ring.push(1, vec![decision("a", 1.0), decision("c", 3.0)], vec![]);
        assert_eq!(shown(&ring), ["c", "b", "a"]);
    }

    #[test]
    fn an_older_epoch_is_dropped_and_a_newer_begins_empty() {
        let mut ring = Ring::default();
        ring.push(5, vec![decision("a", 1.0)], vec![]);
        ring.push(4, vec![decision("old", 2.0)], vec![]);
        assert_eq!(shown(&ring), ["a"]);
        ring.push(6, vec![decision("new", 3.0)], vec![]);
        assert_eq!(shown(&ring), ["new"]);
    }

    #[test]
    fn what_it_has_is_told_from_what_is_new() {
        let mut ring = Ring::default();
        ring.push(5, vec![decision("a", 1.0)], vec![]);
        let rows = [decision("a", 1.0), decision("b", 2.0)];
        let new = |epoch| ring.new_of(epoch, &rows, &[]).0.len();
        assert_eq!((new(4), new(5), new(6)), (0, 1, 2));
        assert!(ring.turns_to(6) && !ring.turns_to(5));
    }

    #[test]
    fn it_holds_the_newest_only() {
        let mut ring = Ring::default();
        for n in 0..1_000 {
            ring.push(1, vec![decision(&n.to_string(), f64::from(n))], vec![]);
        }
        assert_eq!(ring.decisions.len(), KEPT);
        assert_eq!(shown(&ring)[0], "999");
    }
}
