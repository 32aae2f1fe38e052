//! Budgets: what a key may spend in a period, what it has spent, and what is set aside for the
//! requests under way.
//!
//! The law: what is spent and what is set aside together never exceed a budget. A request sets
//! aside what it may cost before it is called; what it was charged takes the place of that. So a
//! budget is exceeded by no more than what single calls cost beyond their own estimate.

use serde::{Deserialize, Serialize};

use crate::domain::money::Pico;

/// A calendar period, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Day,
    /// From Monday on.
    Week,
    #[default]
    Month,
    /// For ever.
    Total,
}

const DAY: f64 = 86_400.0;

impl Period {
    pub const ALL: [(&'static str, Period); 4] = [
        ("day", Period::Day),
        ("week", Period::Week),
        ("month", Period::Month),
        ("total", Period::Total),
    ];

    /// When the period that `now` is in began, and when the next one does. Unix seconds; a
    /// period without an end has none.
    pub fn bounds(self, now: f64) -> (f64, Option<f64>) {
        let days = (now / DAY).floor();
        let (first, next) = match self {
            Period::Day => (days, days + 1.0),
            Period::Week => {
                // The first of January 1970 was a Thursday.
                let monday = days - (days + 3.0).rem_euclid(7.0);
                (monday, monday + 7.0)
            }
            Period::Month => month(days),
            Period::Total => return (0.0, None),
        };
        (first * DAY, Some(next * DAY))
    }
}

/// The first day of the month that a day is in, and of the next; days since 1970.
fn month(days: f64) -> (f64, f64) {
    // A year that begins in March has its leap day at its end: day 0 is 1 March of year 0.
    let z = days as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let begins = |month: i64| (153 * month + 2) / 5;
    let first = days as i64 - (day_of_year - begins(month));
    // February ends with the year.
    let length = if month == 11 {
        let year = year_of_era + era * 400 + 1;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        28 + i64::from(leap)
    } else {
        begins(month + 1) - begins(month)
    };
    (first as f64, (first + length) as f64)
}

/// What was spent in the period that began at `since`, Unix seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sum {
    since: f64,
    spent: Pico,
}

impl Sum {
    fn add(&mut self, period: Period, spent: Pico, now: f64) {
        let (since, _) = period.bounds(now);
        // A clock that went back begins no period anew.
        if since > self.since {
            *self = Sum {
                since,
                spent: Pico::default(),
            };
        }
        self.spent = self.spent.plus(spent);
    }

    fn at(&self, period: Period, now: f64) -> Pico {
        match period.bounds(now).0 > self.since {
            true => Pico::default(),
            false => self.spent,
        }
    }
}

/// What a key has spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    day: Sum,
    week: Sum,
    month: Sum,
    pub total: Pico,
    /// How many of its requests were answered.
    #[serde(skip_serializing_if = "is_none")]
    pub answered: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Spent {
    pub fn add(&mut self, spent: Pico, now: f64) {
        self.day.add(Period::Day, spent, now);
        self.week.add(Period::Week, spent, now);
        self.month.add(Period::Month, spent, now);
        self.total = self.total.plus(spent);
    }

    pub fn within(&self, period: Period, now: f64) -> Pico {
        match period {
            Period::Day => self.day.at(period, now),
            Period::Week => self.week.at(period, now),
            Period::Month => self.month.at(period, now),
            Period::Total => self.total,
        }
    }
}

/// What a request may cost: on the dearest model that may answer it, and on the cheapest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub dearest: Pico,
    pub cheapest: Pico,
}

impl Estimate {
    /// What is set aside for the request where that much is left; `None` where not even the
    /// cheapest model fits.
    pub fn fit(&self, left: Pico) -> Option<Pico> {
        (left >= self.cheapest).then(|| self.dearest.min(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> f64 {
        // Days are counted here as plainly as can be.
        let mut parts = text.split('-').map(|part| part.parse::<i64>().unwrap());
        let (year, month, day) = (
            parts.next().unwrap(),
            parts.next().unwrap(),
            parts.next().unwrap(),
        );
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let years: i64 = (1970..year).map(|year| 365 + i64::from(leap(year))).sum();
        let lengths = [
            31,
            28 + i64::from(leap(year)),
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ];
        let months: i64 = lengths.iter().take(month as usize - 1).sum();
        (years + months + day - 1) as f64 * DAY
    }

    #[test]
    fn periods_begin_and_end_where_the_calendar_says() {
        let bounds = |period: Period, text| period.bounds(day(text) + 3_600.5);
        for (period, at, from, to) in [
            (Period::Day, "2026-11-26", "2026-11-26", "2026-11-27"),
            (Period::Week, "2026-11-26", "2026-11-23", "2026-11-30"),
            (Period::Week, "2026-11-23", "2026-11-23", "2026-11-30"),
            (Period::Week, "2026-11-29", "2026-11-23", "2026-11-30"),
            (Period::Month, "2026-11-26", "2026-11-01", "2026-12-01"),
            (Period::Month, "2026-12-31", "2026-12-01", "2027-01-01"),
            (Period::Month, "2028-02-29", "2028-02-01", "2028-03-01"),
            (Period::Month, "2027-02-01", "2027-02-01", "2027-03-01"),
            (Period::Month, "2100-02-28", "2100-02-01", "2100-03-01"),
        ] {
            assert_eq!(bounds(period, at), (day(from), Some(day(to))), "{at}");
        }
        assert_eq!(bounds(Period::Total, "2026-11-26"), (0.0, None));
    }

    #[test]
    fn months_follow_each_other_without_a_gap() {
        let mut at = 0.0;
        for _ in 0..2_000 {
            let (from, to) = Period::Month.bounds(at);
            assert_eq!(from, at);
            let to = to.unwrap();
            assert!((28.0..=31.0).contains(&((to - from) / DAY)));
            assert_eq!(Period::Month.bounds(to - 1.0).0, from);
            at = to;
        }
    }

    #[test]
    fn what_is_spent_is_told_by_period_and_begins_anew_with_each() {
        let mut spent = Spent::default();
        let at = day("2026-11-29");
        spent.add(Pico(5), at);
        spent.add(Pico(7), at + 1.0);
        for (_, period) in Period::ALL {
            assert_eq!(spent.within(period, at + 2.0), Pico(12));
        }
        let monday = at + DAY;
        assert_eq!(spent.within(Period::Day, monday), Pico(0));
        assert_eq!(spent.within(Period::Week, monday), Pico(0));
        assert_eq!(spent.within(Period::Month, monday), Pico(12));
        spent.add(Pico(1), monday);
        assert_eq!(spent.within(Period::Week, monday), Pico(1));
        assert_eq!(spent.within(Period::Total, monday + 400.0 * DAY), Pico(13));
    }

    #[test]
    fn a_request_sets_aside_what_fits_and_no_more() {
        let estimate = Estimate {
            dearest: Pico(10),
            cheapest: Pico(2),
        };
        assert_eq!(estimate.fit(Pico(50)), Some(Pico(10)));
        assert_eq!(estimate.fit(Pico(5)), Some(Pico(5)));
        assert_eq!(estimate.fit(Pico(2)), Some(Pico(2)));
        assert_eq!(estimate.fit(Pico(1)), None);
        assert_eq!(Estimate::default().fit(Pico(0)), Some(Pico(0)));
    }

    #[test]
    fn what_was_spent_is_stored_like_this() {
        let mut spent = Spent::default();
        spent.add(Pico(5), 0.0);
        let stored = r#"{"day":{"since":0.0,"spent":5},"week":{"since":0.0,"spent":5},"month":{"since":0.0,"spent":5},"total":5}"#;
        assert_eq!(serde_json::to_string(&spent).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Spent>(stored).unwrap(), spent);
        assert_eq!(
            serde_json::from_str::<Spent>("{}").unwrap(),
            Spent::default()
        );
    }
}
