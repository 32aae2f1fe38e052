//! What is told at once to whoever watches: the events of `/v1/live`.

use super::feed::{Alert, Decision};

/// Watchers at the most.
pub const MOST: u32 = 200;
/// What each is told first: to come again after so many milliseconds.
pub const BEGIN: &str = "retry: 3000\n\n";
/// Decisions told in a second at the most: of more only the newest.
const A_SECOND: usize = 50;

/// How much was told lately.
#[derive(Clone, Copy, Debug, Default)]
pub struct Live {
    /// Unix seconds.
    second: u64,
    told: usize,
}

impl Live {
    /// Server-sent events of what is new, in its order; `anew`: what was told before is no more. None:
    /// empty. `now`: Unix seconds.
    pub fn events(
        &mut self,
        now: f64,
        anew: bool,
        decisions: &[&Decision],
        alerts: &[&Alert],
    ) -> String {
        let second = now as u64;
        if self.second != second {
            *self = Live { second, told: 0 };
        }
        let left = A_SECOND.saturating_sub(self.told).min(decisions.len());
        self.told += left;
        let newest = decisions.get(decisions.len() - left..).unwrap_or_default();
        let mut out = String::new();
        let mut tell = |name: &str, data: serde_json::Result<String>| {
            // JSON has no line break of its own.
            if let Ok(data) = data {
                out.push_str(&format!("event: {name}\ndata: {data}\n\n"));
            }
        };
        if anew {
            tell("reset", Ok("{}".to_owned()));
        }
        for decision in newest {
            tell("decision", serde_json::to_string(decision));
        }
        for alert in alerts {
            tell("alert", serde_json::to_string(alert));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::books::{book::tests::settlement, feed::Outcome};

    #[test]
    fn what_is_new_is_told_in_its_order_and_of_too_much_the_newest() {
        let decisions: Vec<Decision> = (0..80)
            .map(|n| Decision {
                id: format!("req_{n:02}\n"),
                ..settlement(None, 1.0, Outcome::Finished).decision
            })
            .collect();
        let all: Vec<&Decision> = decisions.iter().collect();
        let mut live = Live::default();
        let ids = |text: &str| -> Vec<String> {
            let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
            data.map(|json| serde_json::from_str::<Decision>(json).unwrap().id)
                .collect()
        };
        assert_eq!(
            ids(&live.events(1.0, false, &all[..2], &[])),
            ["req_00\n", "req_01\n"]
        );
        let told = ids(&live.events(1.5, false, &all, &[]));
        assert_eq!((told.len(), told[0].as_str()), (48, "req_32\n"));
        assert_eq!(live.events(1.9, false, &all, &[]), "");
        assert_eq!(ids(&live.events(2.0, false, &all[..1], &[])), ["req_00\n"]);
        assert_eq!(
            live.events(2.0, true, &[], &[]),
            "event: reset\ndata: {}\n\n"
        );
    }
}
