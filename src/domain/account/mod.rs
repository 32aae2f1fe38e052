//! A key's account: whose it is, how it stands, and what it may use.
//!
//! The law: the store's row is the record, told apart by its revision; what is held elsewhere is a
//! copy of it, and of two copies the one of the higher revision is the newer.

pub mod address;
pub mod audit;
pub mod budget;
pub mod deployment;
pub mod door;
pub mod email;
pub mod key;
pub mod limit;
pub mod terms;
pub mod wrong;

use serde::{Deserialize, Serialize};

use budget::{Period, Spent};
use key::{KeyHash, KeyStatus};
use limit::Window;
use terms::Terms;

use super::{money::Pico, refusal::Exceeded, settings::Settings};

/// What is known of a minted key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Its name in lists and logs: tells nothing of the key.
    pub id: String,
    pub email: String,
    pub status: KeyStatus,
    /// Rises with every change.
    #[serde(default)]
    pub revision: u64,
    #[serde(default)]
    pub terms: Terms,
    /// What it had spent when its account was last put away: the account itself knows better.
    #[serde(default)]
    pub spent: Spent,
    /// Which keys are it, since one was rotated; empty: the one that it was made with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Rotated>,
}

/// A key of an account, and until when it is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rotated {
    pub hash: KeyHash,
    /// Unix seconds; `None`: as long as nothing takes its place.
    pub until: Option<f64>,
}

/// Seconds for which a key lives on after another took its place.
pub const OLD_KEY_LIVES: f64 = 86_400.0;
/// Keys that are one account at the same time, at the most.
const MOST_KEYS: usize = 8;

impl Account {
    /// Is it the account of that key.
    pub fn admits(&self, key: &KeyHash, now: f64) -> bool {
        let lives = |rotated: &Rotated| rotated.until.is_none_or(|until| until > now);
        self.keys.is_empty() || self.keys.iter().any(|it| it.hash == *key && lives(it))
    }

    /// Is that key the newest of it. One that was replaced asks on for a day, but replaces none: else
    /// whoever took it would take the account with it.
    pub fn is_newest(&self, key: &KeyHash) -> bool {
        self.keys.last().is_none_or(|newest| newest.hash == *key)
    }

    /// Its keys once `newer` takes the place of those of now; `first`: the one that it was made
    /// with.
    pub fn rotated(&self, first: &KeyHash, newer: KeyHash, now: f64) -> Vec<Rotated> {
        let mut keys = self.keys.clone();
        if keys.is_empty() {
            keys.push(Rotated {
                hash: first.clone(),
                until: None,
            });
        }
        keys.retain(|it| it.until.is_none_or(|until| until > now));
        for key in &mut keys {
            key.until.get_or_insert(now + OLD_KEY_LIVES);
        }
        keys.push(Rotated {
            hash: newer,
            until: None,
        });
        keys.drain(..keys.len().saturating_sub(MOST_KEYS));
        keys
    }

    /// The two windows of the key.
    pub fn windows(&self, settings: &Settings) -> [Window; 2] {
        limit::key_windows(
            self.terms.limit_6h.unwrap_or(settings.limit_6h),
            self.terms.limit_week.unwrap_or(settings.limit_week),
        )
    }

    /// The windows of attempts.
    pub fn attempt_windows(&self, settings: &Settings) -> [Window; 2] {
        limit::attempt_windows(self.terms.limit_6h.unwrap_or(settings.limit_6h))
    }

    /// What the key may spend, and in which period; `None` where it has no budget.
    pub fn budget(&self, settings: &Settings) -> Option<(Pico, Period)> {
        let default = (settings.budget_usd_key > 0.0).then_some(settings.budget_usd_key);
        let usd = self.terms.budget_usd.or(default)?;
        let period = self.terms.budget_period;
        Some((
            Pico::from_usd(usd),
            period.unwrap_or(settings.budget_period_key),
        ))
    }

    /// How much of its budget is left; without a budget, all that there is.
    pub fn left(&self, settings: &Settings, spent: &Spent, reserved: Pico, now: f64) -> Left {
        let Some((limit, period)) = self.budget(settings) else {
            return Left {
                usd: Pico(i64::MAX),
                exceeded: None,
            };
        };
        let spent = spent.within(period, now);
        Left {
            usd: Pico(limit.0.saturating_sub(spent.0).saturating_sub(reserved.0)),
            exceeded: Some(Exceeded {
                whose: "this key".into(),
                limit,
                spent,
                reserved,
                resets_at: period.bounds(now).1,
            }),
        }
    }
}

/// What is left of a budget, and what is said where that is not enough.
#[derive(Clone, Debug)]
pub struct Left {
    pub usd: Pico,
    pub exceeded: Option<Exceeded>,
}

/// What is written of a new key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Minted {
    /// The last characters of the key.
    pub hint: String,
    pub account: Account,
    /// Unix seconds.
    pub created: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_stored_like_this_and_read_from_what_was_stored_before() {
        let account = Account {
            id: "key_1".into(),
            email: "a@b.co".into(),
            status: KeyStatus::Paused,
            revision: 3,
            terms: Terms::default(),
            spent: Spent::default(),
            keys: Vec::new(),
        };
        let stored = r#"{"id":"key_1","email":"a@b.co","status":"paused","revision":3,"terms":{},"spent":{"day":{"since":0.0,"spent":0},"week":{"since":0.0,"spent":0},"month":{"since":0.0,"spent":0},"total":0}}"#;
        assert_eq!(serde_json::to_string(&account).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Account>(stored).unwrap(), account);
        let first = r#"{"id":"key_1","email":"a@b.co","status":"active"}"#;
        assert_eq!(serde_json::from_str::<Account>(first).unwrap().revision, 0);
    }

    #[test]
    fn a_rotated_key_lives_for_a_day_beside_the_one_that_took_its_place() {
        let hash = |name: &str| KeyHash(name.to_owned());
        let first = r#"{"id":"key_1","email":"a@b.co","status":"active"}"#;
        let mut account: Account = serde_json::from_str(first).unwrap();
        assert!(account.admits(&hash("a"), 0.0));
        account.keys = account.rotated(&hash("a"), hash("b"), 100.0);
        let admitted = |account: &Account, now| {
            ["a", "b", "c", "x"].map(|name| account.admits(&hash(name), now))
        };
        assert_eq!(admitted(&account, 101.0), [true, true, false, false]);
        assert!(account.is_newest(&hash("b")) && !account.is_newest(&hash("a")));
        account.keys = account.rotated(&hash("a"), hash("c"), 200.0);
        assert_eq!(admitted(&account, 201.0), [true, true, true, false]);
        assert_eq!(
            admitted(&account, 100.0 + OLD_KEY_LIVES),
            [false, true, true, false]
        );
        assert_eq!(
            admitted(&account, 200.0 + OLD_KEY_LIVES),
            [false, false, true, false]
        );
        for n in 0..20 {
            account.keys = account.rotated(&hash("a"), hash(&n.to_string()), 300.0);
        }
        assert_eq!(account.keys.len(), MOST_KEYS);
        assert!(account.admits(&hash("19"), 1e12), "the newest lives on");
    }
}
