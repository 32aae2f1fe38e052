//! What is changed of a key: its record in the store first, then the copy here.

use worker::Result;

use super::Account;
use crate::{
    domain::account::{
        Account as Row, Minted,
        audit::Act,
        key::{KeyHash, KeyStatus},
        terms::Terms,
    },
    edge::{
        patience::{self, now},
        store::Store,
    },
};

/// How often a change is begun anew where another was there first.
const TRIES: u32 = 5;
const CHANGING: &str = "the account changed too often meanwhile";

impl Account {
    pub(super) async fn open(&self, key: &KeyHash, minted: Minted, act: &Act) -> Result<bool> {
        let inserting = async { Store::open(&self.env)?.insert_key(key, &minted, act).await };
        patience::change("database", inserting).await?;
        self.keep(minted.account).await?;
        Ok(true)
    }

    /// Gives the status that the key has now; `None` where it is valid nowhere any more.
    pub(super) async fn change(
        &self,
        key: &KeyHash,
        to: KeyStatus,
        act: &Act,
    ) -> Result<Option<KeyStatus>> {
        let spent = self.record.with(|held| held.tab.money.spent);
        let changing = async {
            Store::open(&self.env)?
                .set_key_status(key, to, &spent, act)
                .await
        };
        let changed = patience::change("database", changing).await;
        self.take_over(changed).await
    }

    /// Gives until when the key lives that another takes the place of, Unix seconds; `None` where it is
    /// valid nowhere any more, or not the newest.
    pub(super) async fn rotate(
        &self,
        home: &KeyHash,
        key: &KeyHash,
        newer: KeyHash,
        hint: &str,
        act: &Act,
    ) -> Result<Option<f64>> {
        let now = now();
        for _ in 0..TRIES {
            let row = self.row(home).await?;
            let may = |row: &Row| row.admits(key, now) && row.is_newest(key);
            let Some(row) = row.filter(may) else {
                return Ok(None);
            };
            let keys = row.rotated(home, newer.clone(), now);
            let rotating = async {
                let store = Store::open(&self.env)?;
                store.rotate(home, &keys, row.revision, hint, act).await
            };
            let rotated = patience::change("database", rotating).await;
            if self.took_over(rotated).await? {
                let older = keys.iter().find(|it| it.hash == *key);
                return Ok(older.and_then(|it| it.until));
            }
        }
        Err(CHANGING.into())
    }

    /// Gives the account as it is then; `None` where it is not as it was at that revision any more.
    pub(super) async fn set_terms(
        &self,
        key: &KeyHash,
        terms: Terms,
        revision: u64,
        act: &Act,
    ) -> Result<Option<Row>> {
        let setting = async {
            let store = Store::open(&self.env)?;
            store.set_terms(key, &terms, revision, act).await
        };
        let set = patience::change("database", setting).await;
        let taken = self.took_over(set).await?;
        Ok(self.record.with(|held| held.row.clone().filter(|_| taken)))
    }

    /// Takes in what the store answered to a change of what was at a revision: was it made.
    async fn took_over(&self, changed: Result<Option<Row>>) -> Result<bool> {
        if let Ok(None) = changed {
            // Another change was there first, or an end: whoever looks next asks the store.
            self.forget()?;
            return Ok(false);
        }
        self.take_over(changed).await.map(|_| true)
    }

    fn forget(&self) -> Result<()> {
        self.record.with(|held| held.row = None);
        self.record.shelf.forget_account()
    }

    /// Takes in what the store answered to a change.
    async fn take_over(&self, changed: Result<Option<Row>>) -> Result<Option<KeyStatus>> {
        match changed {
            Ok(Some(row)) => self.keep(row).await,
            Ok(None) => self.absent().await.map(|()| None),
            Err(error) => {
                // It may have happened: the next request looks.
                self.forget()?;
                Err(error)
            }
        }
    }
}
