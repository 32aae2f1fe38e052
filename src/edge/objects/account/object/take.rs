//! May a request be answered: its key valid, room in its windows, money left. Decided in one turn.

use worker::Result;

use super::{
    super::{
        client,
        message::{Lease, Taken},
    },
    Account, LEASED,
};
use crate::{
    domain::{
        account::{
            Account as Row,
            budget::{Estimate, Period},
            key::{KeyHash, KeyStatus},
            limit::{self, Verdict},
            tab::Ahead,
        },
        money::Pico,
        refusal::Exceeded,
        settings::Settings,
    },
    edge::patience::{now, pause},
};

/// Of what all may spend together, the share that is leased beyond what a request may cost.
const PART: i64 = 50;
/// Of what a key has left, the part that may count as asked though it was not: where its account ended
/// before it could say.
const AHEAD: i64 = 20;
/// Milliseconds between two looks whether the ledger has answered.
const LOOK: u64 = 10;
/// Nothing that is set aside is more, picodollars.
const MOST: Pico = Pico(1_000_000_000_000_000_000);

impl Account {
    pub(super) async fn take(
        &self,
        home: &KeyHash,
        key: &KeyHash,
        id: String,
        estimate: Estimate,
    ) -> Result<Taken> {
        let config = self.config()?;
        let settings = &config.settings;
        let cap = Pico::from_usd(settings.minted_usd_day);
        // Whoever was asked in between, all is looked at again.
        for asked in [false, true] {
            let Some(row) = self.row(home).await? else {
                return Ok(Taken::Unknown);
            };
            let last = self.record.with(|held| held.tab.last_asked());
            // A clock that went back frees nothing and keeps the order.
            let now = now().max(last.unwrap_or(0.0));
            let refused = refused(&row, key, now);
            if let Some(refused) = refused.or_else(|| self.no_place(&row, settings, now)) {
                return Ok(refused);
            }
            let left = self
                .record
                .with(|held| row.left(settings, &held.tab.money.spent, held.tab.reserved(), now));
            let Some(own) = estimate.fit(left.usd) else {
                return Ok(left.exceeded.map_or(Taken::Unknown, Taken::Exceeded));
            };
            let mut set_aside = own;
            let mut most = Ahead {
                requests: self.places(&row, settings, now) / AHEAD as u64,
                reserved: Pico(left.usd.0 / AHEAD),
            };
            if cap > Pico::default() {
                let leased = self.record.with(|held| held.left_of_lease(now));
                if self.leasing.get() {
                    return Ok(Taken::Crowded {
                        max: settings.max_concurrent,
                    });
                }
                if leased < own.0 && !asked {
                    self.lease(&row, own, cap, now).await?;
                    continue;
                }
                most.reserved = most.reserved.min(Pico(leased));
                match estimate.fit(Pico(leased)) {
                    Some(fits) => set_aside = set_aside.min(fits),
                    None => return Ok(Taken::Exceeded(self.all_spent(cap, now))),
                }
            }
            let set_aside = set_aside.min(MOST);
            self.record.count(&id, now, Some(set_aside), most)?;
            let budgeted = cap > Pico::default() || row.budget(settings).is_some();
            return Ok(Taken::Yes {
                account: row,
                within: budgeted.then_some(set_aside),
            });
        }
        Err("the account changed too often meanwhile".into())
    }

    /// Whether a request would be taken, but for its windows: a dry run has one of its own, which
    /// lives in memory only. Nothing is counted with the others, set aside, leased or stored.
    pub(super) async fn look(
        &self,
        home: &KeyHash,
        key: &KeyHash,
        estimate: Estimate,
    ) -> Result<Taken> {
        let config = self.config()?;
        let settings = &config.settings;
        let Some(row) = self.row(home).await? else {
            return Ok(Taken::Unknown);
        };
        let last = self.record.with(|held| held.looks.last().copied());
        let now = now().max(last.unwrap_or(0.0));
        let window = limit::dry_run_window();
        let refused = refused(&row, key, now).or_else(|| {
            self.record.with(|held| {
                held.looks.retain(|at| at + window.seconds > now);
                let verdict = limit::check(&held.looks, std::slice::from_ref(&window), now);
                if verdict == Verdict::Taken {
                    held.looks.push(now);
                }
                full(verdict)
            })
        });
        if let Some(refused) = refused {
            return Ok(refused);
        }
        let left = self
            .record
            .with(|held| row.left(settings, &held.tab.money.spent, held.tab.reserved(), now));
        Ok(match estimate.fit(left.usd) {
            None => left.exceeded.map_or(Taken::Unknown, Taken::Exceeded),
            Some(own) => Taken::Yes {
                within: row.budget(settings).map(|_| own.min(MOST)),
                account: row,
            },
        })
    }

    /// Why there is no place for one more request, if there is none.
    fn no_place(&self, row: &Row, settings: &Settings, now: f64) -> Option<Taken> {
        self.record.with(|held| {
            let under_way = held.tab.under_way(now);
            full(limit::check(
                &held.tab.accepted,
                &row.windows(settings),
                now,
            ))
            .or_else(|| {
                full(limit::check(
                    &held.tab.attempts,
                    &row.attempt_windows(settings),
                    now,
                ))
            })
            .or_else(|| {
                let max = settings.max_concurrent;
                (under_way as u64 >= max).then_some(Taken::Crowded { max })
            })
        })
    }

    /// How many more there are places for in its windows.
    fn places(&self, row: &Row, settings: &Settings, now: f64) -> u64 {
        self.record.with(|held| {
            let tab = &held.tab;
            let accepted = limit::left(&tab.accepted, &row.windows(settings), now);
            accepted.min(limit::left(
                &tab.attempts,
                &row.attempt_windows(settings),
                now,
            ))
        })
    }

    /// Asks the ledger for what a request may cost and some more.
    async fn lease(&self, row: &Row, need: Pico, cap: Pico, now: f64) -> Result<()> {
        let used = self.record.with(|held| {
            let spent = held.tab.money.spent.within(Period::Day, now);
            spent.plus(held.tab.reserved())
        });
        let more = Pico(cap.0 / PART);
        let day = Period::Day.bounds(now).0;
        self.ask_ledger(row, day, used.plus(need).plus(more), cap)
            .await?;
        self.wake_by(now + LEASED).await
    }

    async fn ask_ledger(&self, row: &Row, day: f64, want: Pico, cap: Pico) -> Result<()> {
        let lease = Lease {
            key: row.id.clone(),
            day,
            want,
            cap,
        };
        self.leasing.set(true);
        let leased = client::lease(&self.env, lease).await;
        self.leasing.set(false);
        let leased = leased?;
        self.owes.set(false);
        self.record.with(|held| {
            held.tab.money.leased = leased.granted;
            held.tab.money.leased_on = day;
        });
        self.record.store(true)
    }

    /// Hands back what was leased and is not needed. Says whether that worked.
    pub(super) async fn hand_back(&self, row: &Row) -> bool {
        let Ok(config) = self.config() else {
            return true;
        };
        // Two answers of the ledger could come in another order than they were given.
        while self.leasing.get() {
            pause(LOOK).await;
        }
        let (cap, now) = (Pico::from_usd(config.settings.minted_usd_day), now());
        let day = Period::Day.bounds(now).0;
        // Whether the ledger answers or not, it may give it to others from now on.
        let used = self.record.with(|held| {
            let spent = held.tab.money.spent.within(Period::Day, now);
            let used = spent.plus(held.tab.reserved());
            (held.tab.money.leased, held.tab.money.leased_on) = (used, day);
            used
        });
        self.owes.set(true);
        self.record.store(true).is_ok() && self.ask_ledger(row, day, used, cap).await.is_ok()
    }

    fn all_spent(&self, cap: Pico, now: f64) -> Exceeded {
        self.record.with(|held| Exceeded {
            whose: "all minted keys together".into(),
            limit: cap,
            spent: held.tab.money.spent.within(Period::Day, now),
            reserved: held.tab.reserved(),
            resets_at: Period::Day.bounds(now).1,
        })
    }
}

/// Why the key asks nothing at all, if it may not.
fn refused(row: &Row, key: &KeyHash, now: f64) -> Option<Taken> {
    if row.status == KeyStatus::Paused {
        return Some(Taken::Paused);
    }
    let valid = !row.terms.expired(now) && row.admits(key, now);
    (!valid).then_some(Taken::Unknown)
}

fn full(verdict: Verdict) -> Option<Taken> {
    match verdict {
        Verdict::Full { limit, retry_after } => Some(Taken::Full { limit, retry_after }),
        Verdict::Taken => None,
    }
}
