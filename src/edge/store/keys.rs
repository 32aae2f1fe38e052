//! Minted keys.

use serde::Deserialize;
use worker::Result;

use super::{Store, number, text};
use crate::domain::account::{
    Account, Minted,
    budget::Spent,
    key::{KeyHash, KeyStatus},
};

#[derive(Deserialize)]
struct RawAccount {
    id: String,
    email: String,
    status: String,
    revision: f64,
    terms: String,
    spent: String,
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
        })
    }
}

impl Store {
    /// The key of that hash, revoked or not.
    pub async fn account(&self, hash: &KeyHash) -> Result<Option<Account>> {
        let row: Option<RawAccount> = self
            .statement(include_str!("sql/account.sql"), &[text(&hash.0)])?
            .first(None)
            .await?;
        Ok(row.and_then(RawAccount::read))
    }

    pub async fn insert_key(&self, hash: &KeyHash, minted: &Minted) -> Result<()> {
        self.statement(
            include_str!("sql/insert_key.sql"),
            &[
                text(&hash.0),
                text(&minted.hint),
                text(&minted.account.email),
                number(minted.created),
                text(&minted.account.id),
                text(&serde_json::to_string(&minted.account.terms)?),
            ],
        )?
        .run()
        .await?;
        Ok(())
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
    ) -> Result<Option<Account>> {
        let row: Option<RawAccount> = self
            .statement(
                include_str!("sql/set_key_status.sql"),
                &[
                    text(&hash.0),
                    text(status.name()),
                    text(&serde_json::to_string(spent)?),
                ],
            )?
            .first(None)
            .await?;
        Ok(row.and_then(RawAccount::read))
    }
}
