//! Rolling windows: how many requests were accepted, and when the next one may be.

use serde::{Deserialize, Serialize};

/// At most `max` in any `seconds`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// As it is called in a refusal: `50 requests in 6 hours`.
    pub name: String,
    pub seconds: f64,
    pub max: u64,
}

pub const SIX_HOURS: f64 = 6.0 * 3_600.0;
pub const WEEK: f64 = 7.0 * 86_400.0;
pub const DAY: f64 = 86_400.0;
pub const HOUR: f64 = 3_600.0;
/// A key that may ask more often than usual may also try more often.
const ATTEMPTS_A_MINUTE: u64 = 60;
const DRY_RUNS_A_MINUTE: u64 = 60;

/// The two windows of a minted key.
pub fn key_windows(limit_6h: u64, limit_week: u64) -> [Window; 2] {
    [
        Window {
            name: format!("{limit_6h} requests in 6 hours"),
            seconds: SIX_HOURS,
            max: limit_6h,
        },
        Window {
            name: format!("{limit_week} requests in 7 days"),
            seconds: WEEK,
            max: limit_week,
        },
    ]
}

/// The windows of attempts, which nothing is given back of: they bound what can be tried for free.
pub fn attempt_windows(limit_6h: u64) -> [Window; 2] {
    let minute = ATTEMPTS_A_MINUTE.max(limit_6h / 6);
    let six_hours = limit_6h.saturating_mul(10);
    [
        Window {
            name: format!("{minute} attempts in a minute"),
            seconds: 60.0,
            max: minute,
        },
        Window {
            name: format!("{six_hours} attempts in 6 hours"),
            seconds: SIX_HOURS,
            max: six_hours,
        },
    ]
}

/// The window of dry runs, which count in no other.
pub fn dry_run_window() -> Window {
    Window {
        name: format!("{DRY_RUNS_A_MINUTE} dry runs in a minute"),
        seconds: 60.0,
        max: DRY_RUNS_A_MINUTE,
    }
}

/// May one more be taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Taken,
    /// The window that is full for longest, and whole seconds until it has room.
    Full {
        limit: String,
        retry_after: u64,
    },
}

/// Decides for a request at `now`, given the times of those accepted before, oldest first.
/// Times are Unix seconds; a clock that went back does not free anything.
pub fn check(accepted: &[f64], windows: &[Window], now: f64) -> Verdict {
    let mut full: Option<(f64, &Window)> = None;
    for window in windows {
        let counted = accepted.len() - first_within(accepted, window, now);
        if (counted as u64) < window.max {
            continue;
        }
        // Room comes when the request that is `max` places from the newest leaves the window.
        let place = accepted.len().saturating_sub(window.max as usize);
        let Some(oldest) = accepted.get(place) else {
            continue;
        };
        let wait = oldest + window.seconds - now;
        if full.is_none_or(|(longest, _)| wait > longest) {
            full = Some((wait, window));
        }
    }
    match full {
        None => Verdict::Taken,
        Some((wait, window)) => Verdict::Full {
            limit: window.name.clone(),
            retry_after: wait.ceil().max(1.0) as u64,
        },
    }
}

/// How many of the accepted stand in the window at `now`.
pub fn used(accepted: &[f64], window: &Window, now: f64) -> u64 {
    (accepted.len() - first_within(accepted, window, now)) as u64
}

/// How many more may be taken at `now`.
pub fn left(accepted: &[f64], windows: &[Window], now: f64) -> u64 {
    let each = windows.iter();
    let left = each.map(|window| window.max.saturating_sub(used(accepted, window, now)));
    left.min().unwrap_or(0)
}

fn first_within(accepted: &[f64], window: &Window, now: f64) -> usize {
    accepted.partition_point(|at| at + window.seconds <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_rolls_and_says_when_there_is_room() {
        let windows = key_windows(2, 3);
        let mut accepted = vec![100.0, 200.0];
        assert_eq!(
            check(&accepted, &windows, 300.5),
            Verdict::Full {
                limit: "2 requests in 6 hours".into(),
                retry_after: (SIX_HOURS - 200.5).ceil() as u64
            }
        );
        assert_eq!(
            check(&accepted, &windows, 100.0 + SIX_HOURS),
            Verdict::Taken
        );
        accepted.push(100.0 + SIX_HOURS);
        let full = check(&accepted, &windows, 300.0 + SIX_HOURS);
        assert_eq!(
            full,
            Verdict::Full {
                limit: "3 requests in 7 days".into(),
                retry_after: (WEEK - SIX_HOURS - 200.0) as u64
            },
            "the window that is full for longest is named"
        );
    }

    #[test]
    fn an_empty_window_has_room() {
        assert_eq!(check(&[], &key_windows(1, 1), 0.0), Verdict::Taken);
        assert_eq!(used(&[1.0, 2.0], &key_windows(9, 9)[0], 2.0 + SIX_HOURS), 0);
        let left = [2.0, 2.0 + SIX_HOURS].map(|now| left(&[1.0, 2.0], &key_windows(3, 9), now));
        assert_eq!(left, [1, 3]);
    }
}
