//! What holds for all callers together: who is served, and what the deployment may spend.
//!
//! Known from the snapshot, so a second or two late: what is under way meanwhile is spent on top.

use serde::{Deserialize, Serialize};

use super::budget::Period;
use crate::domain::{
    money::Pico,
    refusal::{Exceeded, Refusal},
    settings::Settings,
};

/// Who is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    #[default]
    All,
    Operators,
    None,
}

impl Whom {
    pub fn name(self) -> &'static str {
        match self {
            Whom::All => "all",
            Whom::Operators => "operators",
            Whom::None => "none",
        }
    }

    pub fn parse(name: &str) -> Option<Whom> {
        [Whom::All, Whom::Operators, Whom::None]
            .into_iter()
            .find(|whom| whom.name() == name)
    }
}

/// Sums of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    pub spend: Pico,
    /// What classifying and judging were charged, and the judge's part of it.
    pub overhead: Pico,
    pub judged: Pico,
}

/// How the deployment stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    pub whom: Whom,
    /// Why not all are served, as an operator said it.
    pub why: String,
    pub day: Sums,
    pub month: Sums,
}

/// A budget of the deployment that most of is spent.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// The setting that it is.
    pub name: &'static str,
    pub limit: Pico,
    pub spent: Pico,
    /// When it begins anew, Unix seconds.
    pub resets_at: Option<f64>,
}

impl Mark {
    /// How much of it is spent, whole percent.
    pub fn percent(&self) -> i64 {
        let percent = i128::from(self.spent.0) * 100 / i128::from(self.limit.0.max(1));
        i64::try_from(percent).unwrap_or(i64::MAX)
    }

    pub fn is_spent(&self) -> bool {
        self.spent >= self.limit
    }
}

/// The share of a budget from which on it is said.
const MOST: f64 = 0.8;

impl Deployment {
    /// The budgets of which at least 80 % are spent; one that is all spent stands first.
    pub fn marks(&self, settings: &Settings, now: f64) -> Vec<Mark> {
        let spent = |sums: &Sums| match settings.budget_includes_overhead {
            true => sums.spend.plus(sums.overhead),
            false => sums.spend,
        };
        let mut marks: Vec<Mark> = [
            (
                "BUDGET_USD_DAY",
                settings.budget_usd_day,
                &self.day,
                Period::Day,
            ),
            (
                "BUDGET_USD_MONTH",
                settings.budget_usd_month,
                &self.month,
                Period::Month,
            ),
        ]
        .into_iter()
        .filter(|(_, limit, _, _)| *limit > 0.0)
        .map(|(name, limit, sums, period)| Mark {
            name,
            limit: Pico::from_usd(limit),
            spent: spent(sums),
            resets_at: period.bounds(now).1,
        })
        .filter(|mark| mark.spent.usd() >= mark.limit.usd() * MOST)
        .collect();
        marks.sort_by_key(|mark| !mark.is_spent());
        marks
    }

    /// May a model be asked for this caller; if not, why.
    pub fn serves(&self, operator: bool, settings: &Settings, now: f64) -> Result<(), Refusal> {
        let closed = match self.whom {
            Whom::All => false,
            Whom::Operators => !operator,
            Whom::None => true,
        };
        if closed {
            let why = self.why.clone();
            return Err(Refusal::NotServing { why });
        }
        match self.marks(settings, now).into_iter().next() {
            Some(mark) if mark.is_spent() && !operator => Err(Refusal::BudgetExceeded(Exceeded {
                whose: format!("this deployment ({})", mark.name),
                limit: mark.limit,
                spent: mark.spent,
                reserved: Pico::default(),
                resets_at: mark.resets_at,
            })),
            _ => Ok(()),
        }
    }

    /// May the judge be asked.
    pub fn may_judge(&self, settings: &Settings) -> bool {
        let limit = settings.judge_budget_usd_day;
        limit == 0.0 || self.day.judged.usd() < limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(day: f64, month: f64) -> Settings {
        let mut settings = Settings::read(|_| None).unwrap();
        settings.budget_usd_day = day;
        settings.budget_usd_month = month;
        settings
    }

    fn spent(day: f64, month: f64) -> Deployment {
        let sums = |usd| Sums {
            spend: Pico::from_usd(usd),
            ..Sums::default()
        };
        Deployment {
            day: sums(day),
            month: sums(month),
            ..Deployment::default()
        }
    }

    #[test]
    fn a_budget_is_told_from_four_fifths_on_and_stops_all_but_operators_when_it_is_spent() {
        let settings = settings(1.0, 10.0);
        let names = |it: &Deployment| -> Vec<(&str, bool)> {
            let marks = it.marks(&settings, 0.0);
            marks
                .iter()
                .map(|mark| (mark.name, mark.is_spent()))
                .collect()
        };
        assert_eq!(names(&spent(0.79, 7.9)), []);
        assert_eq!(names(&spent(0.8, 7.9)), [("BUDGET_USD_DAY", false)]);
        let full = spent(0.9, 10.0);
        assert_eq!(
            names(&full),
            [("BUDGET_USD_MONTH", true), ("BUDGET_USD_DAY", false)]
        );
        assert_eq!(spent(0.99, 9.9).serves(false, &settings, 0.0), Ok(()));
        assert_eq!(full.serves(true, &settings, 0.0), Ok(()));
        let refusal = full.serves(false, &settings, 0.0).unwrap_err();
        assert_eq!(refusal.status(), 402);
        assert!(
            refusal.message().contains("BUDGET_USD_MONTH"),
            "{}",
            refusal.message()
        );
    }

    #[test]
    fn classifying_and_judging_count_unless_the_settings_say_otherwise() {
        let mut settings = settings(1.0, 0.0);
        let mut deployment = spent(0.5, 0.0);
        deployment.day.overhead = Pico::from_usd(0.5);
        assert!(deployment.serves(false, &settings, 0.0).is_err());
        settings.budget_includes_overhead = false;
        assert_eq!(deployment.serves(false, &settings, 0.0), Ok(()));
    }

    #[test]
    fn the_switch_says_who_is_served_and_why_not() {
        let settings = settings(0.0, 0.0);
        let mut deployment = spent(1e6, 1e6);
        let served = |it: &Deployment| {
            [true, false].map(|operator| it.serves(operator, &settings, 0.0).is_ok())
        };
        assert_eq!(served(&deployment), [true, true], "no budget");
        deployment.whom = Whom::Operators;
        assert_eq!(served(&deployment), [true, false]);
        deployment.whom = Whom::None;
        deployment.why = "a leak".into();
        assert_eq!(served(&deployment), [false, false]);
        let refusal = deployment.serves(true, &settings, 0.0).unwrap_err();
        assert!(refusal.message().contains("a leak"));
    }

    #[test]
    fn the_judge_has_a_budget_of_its_own() {
        let mut settings = settings(0.0, 0.0);
        let mut deployment = Deployment::default();
        deployment.day.judged = Pico::from_usd(0.99);
        assert!(deployment.may_judge(&settings));
        deployment.day.judged = Pico::from_usd(1.0);
        assert!(!deployment.may_judge(&settings));
        settings.judge_budget_usd_day = 0.0;
        assert!(deployment.may_judge(&settings));
    }
}
