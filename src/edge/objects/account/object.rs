//! An Account is what one key may do: its status, its windows, its money. It also counts what
//! comes from one address, and one of them is the ledger of all minted keys.
//!
//! It stores a copy of the key's row, each request of the last week, and sums of money. Whether a
//! request may be answered is decided, counted and paid for in one turn without an await between,
//! so two requests at the same moment never both get the last place. Every change goes through it
//! to the store, whose row is the record: a copy is only ever replaced by one of a higher revision,
//! and a change that may or may not have happened leaves no copy. What nobody asks for, and what
//! was revoked, it deletes: a key that the store does not know leaves nothing behind.

mod take;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

use super::{
    client, ledger,
    message::{AccountMessage, Shown, Used},
    shelf::{LOST, Money, Requests, Shelf},
};
use crate::{
    domain::{
        account::{
            Account as Row, Minted,
            audit::Act,
            budget::Period,
            key::{KeyHash, KeyStatus},
            limit::{self, DAY, SIX_HOURS, Verdict, WEEK, Window},
            terms::Terms,
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
    held: RefCell<Option<Held>>,
    /// Is the ledger being asked: one question at a time, so that none undoes another.
    leasing: Cell<bool>,
    /// When the alarm rings, Unix seconds; 0 where it is not known.
    alarm: Cell<f64>,
    /// Where the account of its key is, where that took the place of another.
    home: RefCell<Option<KeyHash>>,
}

/// What is held in memory: the same as in storage, but for what is marked.
#[derive(Default)]
struct Held {
    row: Option<Row>,
    /// Only in memory: the highest revision that was seen.
    revision: u64,
    /// Only in memory: until when the key is known to be valid nowhere.
    absent_until: f64,
    requests: Requests,
    money: Money,
    /// Only in memory: when dry runs were asked for within the last minute, Unix seconds.
    looks: Vec<f64>,
}

impl Held {
    fn reserved(&self) -> Pico {
        let sum = |sum: Pico, (_, reserved): &(f64, Pico)| sum.plus(*reserved);
        self.requests.open.values().fold(Pico::default(), sum)
    }

    /// What is left of its lease of the day.
    fn left_of_lease(&self, now: f64) -> i64 {
        let leased = match self.money.leased_on == Period::Day.bounds(now).0 {
            true => self.money.leased.0,
            false => 0,
        };
        let spent = self.money.spent.within(Period::Day, now);
        leased.saturating_sub(spent.plus(self.reserved()).0)
    }
}

impl DurableObject for Account {
    fn new(state: State, env: Env) -> Self {
        Account {
            state,
            env,
            held: RefCell::new(None),
            leasing: Cell::new(false),
            alarm: Cell::new(0.0),
            home: RefCell::new(None),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        // The home of a key whose message was passed on to here.
        let home = request.path().trim_start_matches('/').to_owned();
        let message: AccountMessage = body(&mut request).await?;
        self.load()?;
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
            AccountMessage::GiveBack { id, .. } => answer(&self.give_back(&id)?),
            AccountMessage::Settle { id, spent, .. } => answer(&self.settle(&id, spent)?),
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
            AccountMessage::SetTerms { key, terms, act } => {
                answer(&self.set_terms(&home_of(&key), terms, &act).await?)
            }
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
        self.load()?;
        let now = now();
        let (last, keep, leased) = self.with(|held| {
            held.requests.open.retain(|_, (at, _)| *at + LOST > now);
            let keep = if held.row.is_some() { IDLE } else { DAY };
            let (accepted, attempts) = (&held.requests.accepted, &held.requests.attempts);
            let last = accepted.last().copied().unwrap_or(0.0);
            let last = last.max(attempts.last().copied().unwrap_or(0.0));
            (last, keep, held.left_of_lease(now) > 0)
        });
        if leased && (last + LEASED > now || !self.hand_back().await) {
            self.wake_by(now + LEASED).await?;
        } else if self.shelf().leases_since(now - DAY)? {
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
    fn give_back(&self, id: &str) -> Result<bool> {
        self.shelf().give_back(id)?;
        self.read_requests()?;
        Ok(true)
    }

    fn settle(&self, id: &str, spent: Pico) -> Result<bool> {
        let now = now();
        let money = self.with(|held| {
            held.requests.open.remove(id);
            held.money.spent.add(spent, now);
            held.money
        });
        self.shelf().release(id)?;
        // Of a key that was revoked meanwhile nothing is kept.
        let known = self.with(|held| held.absent_until <= now);
        if known && spent > Pico::default() {
            self.shelf().keep_money(&money)?;
        }
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
        Ok(Some(self.with(|held| {
            let accepted = &held.requests.accepted;
            let used = |window: &Window| {
                let used = limit::used(accepted, window, now);
                let oldest = accepted.get(accepted.len() - used as usize);
                Used {
                    used,
                    max: window.max,
                    frees_in: oldest.map(|at| (at + window.seconds - now).ceil().max(1.0) as u64),
                }
            };
            let spent = held.money.spent;
            let left = account.left(&config.settings, &spent, held.reserved(), now);
            Shown {
                used: windows.iter().map(used).collect(),
                budget: left.exceeded,
                spent,
                last_used: held.requests.attempts.last().copied(),
                account,
            }
        })))
    }

    async fn open(&self, key: &KeyHash, minted: Minted, act: &Act) -> Result<bool> {
        let inserting = async { Store::open(&self.env)?.insert_key(key, &minted, act).await };
        patience::change("database", inserting).await?;
        self.keep(minted.account).await?;
        Ok(true)
    }

    async fn change(&self, key: &KeyHash, to: KeyStatus, act: &Act) -> Result<Option<KeyStatus>> {
        let spent = self.with(|held| held.money.spent);
        let changing = async {
            Store::open(&self.env)?
                .set_key_status(key, to, &spent, act)
                .await
        };
        match patience::change("database", changing).await {
            Ok(Some(row)) => self.keep(row).await,
            Ok(None) => self.absent().await.map(|()| None),
            Err(error) => {
                // It may have happened: the next request looks.
                self.with(|held| held.row = None);
                self.shelf().forget_account()?;
                Err(error)
            }
        }
    }

    /// Where the account of a key is that took the place of another, if it is not here.
    async fn elsewhere(&self, key: &KeyHash) -> Result<Option<KeyHash>> {
        if let Some(home) = self.home.borrow().clone() {
            return Ok(Some(home));
        }
        let known = self.with(|held| held.row.is_some() || held.absent_until > now());
        if known || self.row(key).await?.is_some() {
            return Ok(None);
        }
        let looking = async { Store::open(&self.env)?.home_of(key).await };
        let home = patience::ask("database", looking).await;
        if home.is_err() {
            self.with(|held| held.absent_until = 0.0);
        }
        let home = home?;
        // It never changes, once there is one.
        self.home.borrow_mut().clone_from(&home);
        Ok(home)
    }

    async fn rotate(
        &self,
        home: &KeyHash,
        key: &KeyHash,
        newer: KeyHash,
        hint: &str,
        act: &Act,
    ) -> Result<Option<f64>> {
        let now = now();
        let row = self.row(home).await?;
        let may = |row: &Row| row.admits(key, now) && row.is_newest(key);
        let Some(row) = row.filter(may) else {
            return Ok(None);
        };
        let keys = row.rotated(home, newer, now);
        let rotating = async { Store::open(&self.env)?.rotate(home, &keys, hint, act).await };
        match patience::change("database", rotating).await {
            Ok(Some(row)) => {
                let until = keys
                    .iter()
                    .find(|it| it.hash == *key)
                    .and_then(|it| it.until);
                self.keep(row).await?;
                Ok(until)
            }
            Ok(None) => self.absent().await.map(|()| None),
            Err(error) => {
                self.with(|held| held.row = None);
                self.shelf().forget_account()?;
                Err(error)
            }
        }
    }

    async fn set_terms(&self, key: &KeyHash, terms: Terms, act: &Act) -> Result<Option<Row>> {
        let setting = async { Store::open(&self.env)?.set_terms(key, &terms, act).await };
        match patience::change("database", setting).await {
            Ok(Some(row)) => {
                self.keep(row).await?;
                Ok(self.with(|held| held.row.clone()))
            }
            Ok(None) => self.absent().await.map(|()| None),
            Err(error) => {
                self.with(|held| held.row = None);
                self.shelf().forget_account()?;
                Err(error)
            }
        }
    }

    /// Counts what comes from an address: one turn.
    async fn count(&self, id: &str, window: Window) -> Result<Verdict> {
        let last = self.with(|held| held.requests.accepted.last().copied());
        let now = now().max(last.unwrap_or(0.0));
        let until = now + window.seconds.max(DAY);
        let verdict = self.with(|held| limit::check(&held.requests.accepted, &[window], now));
        if verdict == Verdict::Taken {
            self.shelf().count(id, now, None)?;
            self.with(|held| held.requests.note(now));
            self.shelf().drop_older(now)?;
        }
        self.wake_by(until).await?;
        Ok(verdict)
    }

    /// The key's row, where it is valid: the copy, or looked up once where there is none.
    async fn row(&self, key: &KeyHash) -> Result<Option<Row>> {
        if let Some(row) = self.with(|held| held.row.clone()) {
            return Ok(Some(row));
        }
        if self.with(|held| held.absent_until > now()) {
            return Ok(None);
        }
        let looking = async { Store::open(&self.env)?.account(key).await };
        match patience::ask("database", looking).await? {
            Some(row) => {
                self.keep(row).await?;
                // What came in meanwhile may be newer.
                Ok(self.with(|held| held.row.clone()))
            }
            None => self.absent().await.map(|()| None),
        }
    }

    /// Takes in the key's row as the store gave it, unless a newer one was seen. Gives the status
    /// that the key has now.
    async fn keep(&self, row: Row) -> Result<Option<KeyStatus>> {
        if row.revision < self.with(|held| held.revision) {
            return Ok(self.with(|held| held.row.as_ref().map(|row| row.status)));
        }
        let status = row.status;
        self.with(|held| held.revision = row.revision);
        if status == KeyStatus::Revoked {
            self.absent().await?;
            return Ok(Some(status));
        }
        self.shelf().keep_account(&row)?;
        self.with(|held| {
            // What was put away comes back; what is held is newer.
            if held.money.spent.total < row.spent.total {
                held.money.spent = row.spent;
            }
            held.row = Some(row);
            held.absent_until = 0.0;
        });
        self.wake_by(now() + IDLE).await?;
        Ok(Some(status))
    }

    /// The key is valid nowhere: nothing is kept of it.
    async fn absent(&self) -> Result<()> {
        self.with(|held| {
            held.row = None;
            held.absent_until = now() + ABSENT;
        });
        if self.shelf().is_empty()? {
            return Ok(());
        }
        self.delete().await
    }

    /// Nobody asks any more: what it had spent goes to the store, and the rest away.
    async fn put_away(&self) -> Result<()> {
        let (row, money) = self.with(|held| (held.row.clone(), held.money));
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
        self.with(|held| {
            held.row = None;
            held.requests = Requests::default();
            held.money = Money::default();
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

    fn with<R>(&self, with: impl FnOnce(&mut Held) -> R) -> R {
        with(self.held.borrow_mut().get_or_insert_default())
    }

    /// Reads storage, and makes nothing there.
    fn load(&self) -> Result<()> {
        if self.held.borrow().is_some() {
            return Ok(());
        }
        let shelf = self.shelf();
        let row = shelf.account()?;
        *self.held.borrow_mut() = Some(Held {
            revision: row.as_ref().map_or(0, |row| row.revision),
            row,
            absent_until: 0.0,
            requests: Requests::default(),
            money: shelf.money()?.unwrap_or_default(),
            looks: Vec::new(),
        });
        self.read_requests()
    }

    fn read_requests(&self) -> Result<()> {
        let now = now();
        let mut requests = self.shelf().requests(now)?;
        let first = requests
            .attempts
            .partition_point(|at| at + SIX_HOURS <= now);
        requests.attempts.drain(..first);
        self.with(|held| held.requests = requests);
        Ok(())
    }

    fn shelf(&self) -> Shelf {
        Shelf(self.state.storage().sql())
    }
}
