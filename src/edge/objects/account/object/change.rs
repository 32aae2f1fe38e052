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

    /// Gives until when the key lives that another takes the place of, Unix seconds.
    pub(super) async fn rotate(
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
        let rotated = patience::change("database", rotating).await;
        let is_there = matches!(&rotated, Ok(Some(_)));
        self.take_over(rotated).await?;
        let older = keys.iter().find(|it| is_there && it.hash == *key);
        Ok(older.and_then(|it| it.until))
    }

    /// Gives the account as it is now; `None` where the key is valid nowhere any more.
    pub(super) async fn set_terms(
        &self,
        key: &KeyHash,
        terms: Terms,
        act: &Act,
    ) -> Result<Option<Row>> {
        let setting = async { Store::open(&self.env)?.set_terms(key, &terms, act).await };
        let set = patience::change("database", setting).await;
        self.take_over(set).await?;
        Ok(self.record.with(|held| held.row.clone()))
    }

    /// Takes in what the store answered to a change.
    async fn take_over(&self, changed: Result<Option<Row>>) -> Result<Option<KeyStatus>> {
        match changed {
            Ok(Some(row)) => self.keep(row).await,
            Ok(None) => self.absent().await.map(|()| None),
            Err(error) => {
                // It may have happened: the next request looks.
                self.record.with(|held| held.row = None);
                self.record.shelf.forget_account()?;
                Err(error)
            }
        }
    }
}
