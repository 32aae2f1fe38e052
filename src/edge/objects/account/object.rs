//! An Account is what one key may do: its status, its windows, its money. It also counts what
//! comes from one address, and one of them is the ledger of all minted keys.
//!
//! It stores a copy of the key's row, each request of the last week, and sums of money. Whether a
//! request may be answered is decided, counted and paid for in one turn without an await between,
//! so two requests at the same moment never both get the last place. Every change goes through it
//! to the store, whose row is the record: a copy is only ever replaced by one of a higher revision,
//! and a change that may or may not have happened leaves no copy. What nobody asks for, and what
//! was revoked, it deletes: a key that the store does not know leaves nothing behind.

mod change;
mod take;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

use super::{
    client, ledger,
    message::{AccountMessage, Shown, Used},
    record::Record,
    shelf::Shelf,
};
use crate::{
    domain::{
        account::{
            Account as Row,
            key::{KeyHash, KeyStatus},
            limit::{self, DAY, Verdict, WEEK, Window},
            tab::{Ahead, Settled, Tab},
        },
        money::Pico,
    },
    edge::{
        config::{self, Config},
        objects::{answer, body},
        patience::{self, now},
        store::Store,
    },
};

/// Seconds without a request after which an account deletes its copy.
const IDLE: f64 = WEEK + DAY;
/// Seconds for which a key that the store does not know is not looked up again.
const ABSENT: f64 = 60.0;
/// Seconds without a request after which what was leased and not spent is handed back.
const LEASED: f64 = 60.0;

#[durable_object(alarm)]
pub struct Account {
    state: State,
    env: Env,
    record: Rc<Record>,
    /// Is the ledger being asked: one question at a time, so that none undoes another.
    leasing: Cell<bool>,
    /// Does the ledger still hold for it what it handed back.
    owes: Cell<bool>,
    /// When the alarm rings, Unix seconds; 0 where it is not known.
    alarm: Cell<f64>,
    /// Where the account of its key is, where that took the place of another.
    home: RefCell<Option<KeyHash>>,
}

impl DurableObject for Account {
    fn new(state: State, env: Env) -> Self {
        let record = Record::new(Shelf(state.storage().sql()));
        Account {
            state,
            env,
            record: Rc::new(record),
            leasing: Cell::new(false),
            owes: Cell::new(false),
            alarm: Cell::new(0.0),
            home: RefCell::new(None),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        // The home of a key whose message was passed on to here.
        let home = request.inner().url();
        let home = home.rsplit('/').next().unwrap_or_default().to_owned();
        let message: AccountMessage = body(&mut request).await?;
        self.record.load()?;
        let passed_on = !home.is_empty();
        let home = if passed_on { Some(KeyHash(home)) } else { None };
        if let Some(key) = message.key().filter(|_| !passed_on)
            && let Some(home) = self.elsewhere(key).await?
        {
            return answer(&client::forward(&self.env, &home, &message).await?);
        }
        let home_of = |key: &KeyHash| home.clone().unwrap_or_else(|| key.clone());
        match message {
            AccountMessage::Take { key, id, estimate } => {
                answer(&self.take(&home_of(&key), &key, id, estimate).await?)
            }
            AccountMessage::Look { key, estimate } => {
                answer(&self.look(&home_of(&key), &key, estimate).await?)
            }
            AccountMessage::GiveBack { id, .. } => answer(&self.give_back(&id).await?),
            AccountMessage::Settle {
                id,
                spent,
                late,
                answered,
                ..
            } => answer(&self.settle(id, spent, late, answered).await?),
            AccountMessage::Show { key } => {
                answer(&self.show(&home_of(&key)).await?.filter(|shown| {
                    let now = now();
                    shown.account.admits(&key, now)
                }))
            }
            AccountMessage::Inspect { key } => answer(&self.show(&key).await?),
            AccountMessage::Rotate {
                key,
                newer,
                hint,
                act,
            } => {
                let home = home_of(&key);
                answer(&self.rotate(&home, &key, newer, &hint, &act).await?)
            }
            AccountMessage::Open { key, minted, act } => {
                answer(&self.open(&key, *minted, &act).await?)
            }
            AccountMessage::Change { key, to, act } => {
                answer(&self.change(&home_of(&key), to, &act).await?)
            }
            AccountMessage::SetTerms {
                key,
                terms,
                revision,
                act,
            } => answer(
                &self
                    .set_terms(&home_of(&key), terms, revision, &act)
                    .await?,
            ),
            AccountMessage::Count { id, window } => answer(&self.count(&id, window).await?),
            AccountMessage::Lease(lease) => {
                let leased = ledger::lease(&self.state.storage().sql(), &lease)?;
                self.wake_by(lease.day + 2.0 * DAY).await?;
                answer(&leased)
            }
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.alarm.set(0.0);
        self.record.load()?;
        let now = now();
        let (last, keep, leased) = self.record.with(|held| {
            held.tab.under_way(now);
            let keep = if held.row.is_some() { IDLE } else { DAY };
            let last = held.tab.last_asked().unwrap_or(0.0);
            let leased = self.owes.get() || held.left_of_lease(now) > 0;
            (last, keep, held.row.clone().filter(|_| leased))
        });
        if let Some(row) = leased
            && (last + LEASED > now || !self.hand_back(&row).await)
        {
            self.wake_by(now + LEASED).await?;
        } else if self.record.shelf.leases_since(now - DAY)? {
            self.wake_by(now + DAY).await?;
        } else if last + keep > now + 1.0 {
            self.wake_by(last + keep).await?;
        } else {
            self.put_away().await?;
        }
        Response::empty()
    }
}

impl Account {
    async fn give_back(&self, id: &str) -> Result<bool> {
        let found = self.record.find(id)?;
        self.record.note(|tab| tab.give_back(id, found));
        self.record.stored().await?;
        Ok(true)
    }

    /// `late`: it was settled before, and this comes on top.
    async fn settle(&self, id: String, spent: Pico, late: bool, answered: bool) -> Result<bool> {
        let found = self.record.find(&id)?;
        // Of a key that was revoked meanwhile nothing is kept.
        if found.is_none() && self.record.with(|held| held.row.is_none()) {
            return Ok(true);
        }
        let settled = Settled {
            id,
            spent,
            at: now(),
            answered,
        };
        self.record.note(|tab| match late {
            true => tab.add(settled, found),
            false => tab.settle(settled, found),
        });
        self.record.stored().await?;
        Ok(true)
    }

    async fn show(&self, key: &KeyHash) -> Result<Option<Shown>> {
        let Some(account) = self.row(key).await? else {
            return Ok(None);
        };
        let now = now();
        if account.terms.expired(now) {
            return Ok(None);
        }
        let config = self.config()?;
        let windows = account.windows(&config.settings);
        // What is shown is not lost.
        self.record.store(false)?;
        Ok(Some(self.record.with(|held| {
            let accepted = &held.tab.accepted;
            let used = |window: &Window| {
                let used = limit::used(accepted, window, now);
                let oldest = accepted.get(accepted.len() - used as usize);
                Used {
                    used,
                    max: window.max,
                    frees_in: oldest.map(|at| (at + window.seconds - now).ceil().max(1.0) as u64),
                }
            };
            let spent = held.tab.money.spent;
            let left = account.left(&config.settings, &spent, held.tab.reserved(), now);
            Shown {
                used: windows.iter().map(used).collect(),
                budget: left.exceeded,
                spent,
                last_used: held.tab.last_asked(),
                account,
            }
        })))
    }

    /// Where the account of a key is that took the place of another, if it is not here.
    async fn elsewhere(&self, key: &KeyHash) -> Result<Option<KeyHash>> {
        if let Some(home) = self.home.borrow().clone() {
            return Ok(Some(home));
        }
        let known = self
            .record
            .with(|held| held.row.is_some() || held.absent_until > now());
        if known || self.row(key).await?.is_some() {
            return Ok(None);
        }
        let looking = async { Store::open(&self.env)?.home_of(key).await };
        let home = patience::ask("database", looking).await;
        if home.is_err() {
            self.record.with(|held| held.absent_until = 0.0);
        }
        let home = home?;
        // It never changes, once there is one.
        self.home.borrow_mut().clone_from(&home);
        Ok(home)
    }

    /// Counts what comes from an address: one turn.
    async fn count(&self, id: &str, window: Window) -> Result<Verdict> {
        let last = self.record.with(|held| held.tab.last_asked());
        let now = now().max(last.unwrap_or(0.0));
        let until = now + window.seconds.max(DAY);
        let verdict = self
            .record
            .with(|held| limit::check(&held.tab.accepted, &[window], now));
        if verdict == Verdict::Taken {
            self.record.count(id, now, None, Ahead::default())?;
        }
        self.wake_by(until).await?;
        Ok(verdict)
    }

    /// The key's row, where it is valid: the copy, or looked up once where there is none.
    async fn row(&self, key: &KeyHash) -> Result<Option<Row>> {
        if let Some(row) = self.record.with(|held| held.row.clone()) {
            return Ok(Some(row));
        }
        if self.record.with(|held| held.absent_until > now()) {
            return Ok(None);
        }
        let looking = async { Store::open(&self.env)?.account(key).await };
        match patience::ask("database", looking).await? {
            Some(row) => {
                self.keep(row).await?;
                // What came in meanwhile may be newer.
                Ok(self.record.with(|held| held.row.clone()))
            }
            None => self.absent().await.map(|()| None),
        }
    }

    /// Takes in the key's row as the store gave it, unless a newer one was seen. Gives the status
    /// that the key has now.
    async fn keep(&self, row: Row) -> Result<Option<KeyStatus>> {
        if row.revision < self.record.with(|held| held.revision) {
            return Ok(self
                .record
                .with(|held| held.row.as_ref().map(|row| row.status)));
        }
        let status = row.status;
        self.record.with(|held| held.revision = row.revision);
        if status == KeyStatus::Revoked {
            self.record.with(|held| held.row = None);
            if self.record.with(|held| held.left_of_lease(now()) > 0) && !self.hand_back(&row).await
            {
                worker::console_error!("{}: what was leased stays so for the day", row.id);
            }
            self.absent().await?;
            return Ok(Some(status));
        }
        self.record.shelf.keep_account(&row)?;
        self.record.with(|held| {
            held.tab.take_over(&row.spent);
            held.row = Some(row);
            held.absent_until = 0.0;
        });
        self.wake_by(now() + IDLE).await?;
        Ok(Some(status))
    }

    /// The key is valid nowhere: nothing is kept of it.
    async fn absent(&self) -> Result<()> {
        self.record.with(|held| {
            held.row = None;
            held.absent_until = now() + ABSENT;
        });
        if self.record.shelf.is_empty()? {
            return Ok(());
        }
        self.delete().await
    }

    /// Nobody asks any more: what it had spent goes to the store, and the rest away.
    async fn put_away(&self) -> Result<()> {
        let (row, money) = self.record.with(|held| (held.row.clone(), held.tab.money));
        if let Some(row) = row {
            let keeping = async {
                let store = Store::open(&self.env)?;
                store.keep_spent(&row.id, &money.spent).await
            };
            if let Err(error) = patience::change("database", keeping).await {
                worker::console_error!("{} was not put away: {error}", row.id);
                return self.wake_by(now() + DAY).await;
            }
        }
        self.delete().await
    }

    async fn delete(&self) -> Result<()> {
        self.record.with(|held| {
            held.row = None;
            held.tab = Tab::default();
        });
        self.alarm.set(0.0);
        let storage = self.state.storage();
        storage.delete_alarm().await?;
        storage.delete_all().await
    }

    /// Has the alarm ring at that time at the latest.
    async fn wake_by(&self, at: f64) -> Result<()> {
        let set = self.alarm.get();
        if set > now() && set <= at {
            return Ok(());
        }
        self.alarm.set(at);
        let millis = ((at - now()) * 1_000.0).max(0.0) as i64;
        self.state.storage().set_alarm(millis).await
    }

    fn config(&self) -> Result<Rc<Config>> {
        config::config(&self.env).map_err(|_| "the settings are not valid".into())
    }
}
