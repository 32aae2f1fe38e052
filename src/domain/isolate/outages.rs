//! What is said of those who do not answer: a line when it begins, a line when it is over.
//!
//! Its law: however many requests meet the same outage, it is said once, in one line.

use std::collections::BTreeMap;

/// How far an outage has come.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outage {
    /// Since when, Unix seconds.
    since: f64,
    /// Questions that were not answered.
    failures: u64,
}

/// The doors behind which nobody answers.
#[derive(Debug, Default)]
pub struct Outages {
    away: BTreeMap<String, Outage>,
}

/// Doors that are remembered at the most.
const MOST: usize = 1_000;
/// Characters of a reason.
const MOST_SAID: usize = 200;

impl Outages {
    /// A question was not answered. Gives what is to be said of that: something at the first only.
    pub fn failed(&mut self, door: &str, why: &str, now: f64) -> Option<String> {
        if let Some(outage) = self.away.get_mut(door) {
            outage.failures += 1;
            return None;
        }
        if self.away.len() >= MOST {
            self.away.clear();
        }
        let outage = Outage {
            since: now,
            failures: 1,
        };
        self.away.insert(door.to_owned(), outage);
        Some(format!("{}: no answer: {}", kind(door), short(why)))
    }

    /// One was. Gives what is to be said where others were not before.
    pub fn answered(&mut self, door: &str, now: f64) -> Option<String> {
        let Outage { since, failures } = self.away.remove(door)?;
        let seconds = (now - since).max(0.0);
        let door = kind(door);
        Some(format!(
            "{door}: answers again after {seconds:.1} s, in which {failures} questions had no answer"
        ))
    }
}

/// What stands behind a door, without whose it is.
fn kind(door: &str) -> &str {
    door.split([' ', '/']).next().unwrap_or_default()
}

/// The first line of a reason: what follows is a trace.
fn short(why: &str) -> String {
    let line = why.trim_start().lines().next().unwrap_or_default();
    line.chars().take(MOST_SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_said_once_in_one_line_and_so_is_its_end() {
        let mut outages = Outages::default();
        assert_eq!(outages.answered("store", 0.0), None);
        let trace = format!(
            "database is locked{}\n    at exec (d1:7)\n    at run",
            "!".repeat(500)
        );
        let said = outages.failed("store", &trace, 10.0).unwrap();
        assert!(said.starts_with("store: no answer: database is locked!"));
        assert!(said.len() < 250 && !said.contains('\n'), "{said}");
        for n in 1..400 {
            assert_eq!(
                outages.failed("store", "another", 10.0 + f64::from(n)),
                None
            );
        }
        let another = outages.failed("account 0123abcd", "x", 11.0);
        assert_eq!(
            another.as_deref(),
            Some("account: no answer: x"),
            "it says not whose"
        );
        let over = outages.answered("store", 70.0).unwrap();
        assert_eq!(
            over,
            "store: answers again after 60.0 s, in which 400 questions had no answer"
        );
        assert_eq!(outages.answered("store", 71.0), None);
        assert!(
            outages.failed("store", "x", 72.0).is_some(),
            "it is another outage"
        );
        for n in 0..5_000 {
            outages.failed(&n.to_string(), "x", 0.0);
        }
        assert!(outages.away.len() <= MOST);
    }
}
