//! Minted keys.

use serde::Deserialize;
use worker::{D1PreparedStatement, Result};

use super::{Store, number, shared::rows, text};
use crate::domain::account::{
    Account, Minted, Rotated,
    audit::Act,
    budget::Spent,
    key::{KeyHash, KeyStatus},
    terms::Terms,
};

#[derive(Deserialize)]
struct RawAccount {
    id: String,
    email: String,
    status: String,
    revision: f64,
    terms: String,
    spent: String,
    rotated: String,
}

impl RawAccount {
    fn read(self) -> Option<Account> {
        KeyStatus::parse(&self.status).map(|status| Account {
            id: self.id,
            email: self.email,
            status,
            revision: self.revision as u64,
            // What cannot be read (of another version, say) counts as not said.
            terms: serde_json::from_str(&self.terms).unwrap_or_default(),
            spent: serde_json::from_str(&self.spent).unwrap_or_default(),
            keys: serde_json::from_str(&self.rotated).unwrap_or_default(),
        })
    }
}

/// A key as a list shows it.
#[derive(Deserialize)]
pub struct Listed {
    pub hash: String,
    pub id: String,
    pub hint: String,
    pub email: String,
    pub status: String,
    /// Unix seconds.
    pub created: f64,
    terms: String,
    spent: String,
}

impl Listed {
    pub fn terms(&self) -> Terms {
        serde_json::from_str(&self.terms).unwrap_or_default()
    }

    /// As it was when its account was last put away.
    pub fn spent(&self) -> Spent {
        serde_json::from_str(&self.spent).unwrap_or_default()
    }

    /// Where the next page goes on.
    pub fn cursor(&self) -> String {
        format!("{:020.6} {}", self.created, self.id)
    }
}

#[derive(Deserialize)]
struct AnsweredBefore {
    n: f64,
}

#[derive(Deserialize)]
struct RawHash {
    hash: String,
}

impl Store {
    /// Keys, newest first, after that cursor.
    pub async fn keys(&self, cursor: &str, limit: usize) -> Result<Vec<Listed>> {
        self.statement(
            include_str!("sql/keys.sql"),
            &[text(cursor), number(limit as f64)],
        )?
        .all()
        .await?
        .results()
    }

    pub async fn hash_of(&self, id: &str) -> Result<Option<KeyHash>> {
        let row: Option<RawHash> = self
            .statement(include_str!("sql/hash_of.sql"), &[text(id)])?
            .first(None)
            .await?;
        Ok(row.map(|row| KeyHash(row.hash)))
    }

    /// The first key of the account that a key belongs to which took the place of another.
    pub async fn home_of(&self, key: &KeyHash) -> Result<Option<KeyHash>> {
        let row: Option<RawHash> = self
            .statement(include_str!("sql/home_of.sql"), &[text(&key.0)])?
            .first(None)
            .await?;
        Ok(row.map(|row| KeyHash(row.hash)))
    }

    /// Gives an account these keys, of which the last is new; `None` where it was revoked or is not as
    /// it was at that revision any more.
    pub async fn rotate(
        &self,
        home: &KeyHash,
        keys: &[Rotated],
        revision: u64,
        hint: &str,
        act: &Act,
    ) -> Result<Option<Account>> {
        let values = [
            text(&home.0),
            text(&serde_json::to_string(keys)?),
            text(hint),
            number(revision as f64),
        ];
        let newer = keys.last().map(|it| it.hash.0.as_str()).unwrap_or_default();
        let statements = vec![
            self.statement(include_str!("sql/rotate.sql"), &values)?,
            self.audited(act)?,
            self.statement(
                include_str!("sql/insert_newer_key.sql"),
                &[text(newer), text(&home.0)],
            )?,
        ];
        let results = self.db.batch(statements).await?;
        let row = rows::<RawAccount>(&results, 0)?.into_iter().next();
        Ok(row.and_then(RawAccount::read))
    }

    /// Sets the terms of a key; `None` where it was revoked, is not known, or is not as it was at that
    /// revision any more.
    pub async fn set_terms(
        &self,
        hash: &KeyHash,
        terms: &Terms,
        revision: u64,
        act: &Act,
    ) -> Result<Option<Account>> {
        let values = [
            text(&hash.0),
            text(&serde_json::to_string(terms)?),
            number(revision as f64),
        ];
        let setting = self.statement(include_str!("sql/set_terms.sql"), &values)?;
        self.changed(setting, act).await
    }

    /// Changes a key and writes who did it. Gives the key as it is then; `None` where it was not
    /// to be changed.
    async fn changed(&self, changing: D1PreparedStatement, act: &Act) -> Result<Option<Account>> {
        let results = self.db.batch(vec![changing, self.audited(act)?]).await?;
        let row = rows::<RawAccount>(&results, 0)?.into_iter().next();
        Ok(row.and_then(RawAccount::read))
    }

    /// The key of that hash, revoked or not.
    pub async fn account(&self, hash: &KeyHash) -> Result<Option<Account>> {
        let row: Option<RawAccount> = self
            .statement(include_str!("sql/account.sql"), &[text(&hash.0)])?
            .first(None)
            .await?;
        Ok(row.and_then(RawAccount::read))
    }

    pub async fn insert_key(&self, hash: &KeyHash, minted: &Minted, act: &Act) -> Result<()> {
        let inserting = self.statement(
            include_str!("sql/insert_key.sql"),
            &[
                text(&hash.0),
                text(&minted.hint),
                text(&minted.account.email),
                number(minted.created),
                text(&minted.account.id),
                text(&serde_json::to_string(&minted.account.terms)?),
            ],
        )?;
        self.db.batch(vec![inserting, self.audited(act)?]).await?;
        Ok(())
    }

    /// How many requests of a key were answered before its account counted them, as far as that matters.
    pub async fn answered_before(&self, id: &str) -> Result<u64> {
        let row: Option<AnsweredBefore> = self
            .statement(include_str!("sql/answered_before.sql"), &[text(id)])?
            .first(None)
            .await?;
        Ok(row.map_or(0, |row| row.n as u64))
    }

    /// Notes what a key has spent, before its account is put away.
    pub async fn keep_spent(&self, id: &str, spent: &Spent) -> Result<()> {
        let values = [text(id), text(&serde_json::to_string(spent)?)];
        self.statement(include_str!("sql/keep_spent.sql"), &values)?
            .run()
            .await?;
        Ok(())
    }

    /// Changes a key's status unless it was revoked; `None` if it was, or is not known.
    pub async fn set_key_status(
        &self,
        hash: &KeyHash,
        status: KeyStatus,
        spent: &Spent,
        act: &Act,
    ) -> Result<Option<Account>> {
        let spent = serde_json::to_string(spent)?;
        let values = [text(&hash.0), text(status.name()), text(&spent)];
        let setting = self.statement(include_str!("sql/set_key_status.sql"), &values)?;
        self.changed(setting, act).await
    }
}
