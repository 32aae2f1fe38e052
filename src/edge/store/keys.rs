//! Minted keys.

use serde::Deserialize;
use worker::Result;

use super::{Store, number, text};
use crate::domain::key::{KeyHash, KeyStatus};

/// What is known of a minted key.
#[derive(Clone, Debug)]
pub struct KeyRow {
    pub email: String,
    pub status: KeyStatus,
}

#[derive(Deserialize)]
pub(super) struct RawKey {
    email: String,
    status: String,
}

impl RawKey {
    pub(super) fn read(self) -> Option<KeyRow> {
        KeyStatus::parse(&self.status).map(|status| KeyRow {
            email: self.email,
            status,
        })
    }
}

#[derive(Deserialize)]
struct RawStatus {
    status: String,
}

impl Store {
    /// The key of that hash, revoked or not.
    pub async fn key(&self, hash: &KeyHash) -> Result<Option<KeyRow>> {
        let row: Option<RawKey> = self
            .statement(include_str!("sql/key.sql"), &[text(&hash.0)])?
            .first(None)
            .await?;
        Ok(row.and_then(RawKey::read))
    }

    pub async fn insert_key(
        &self,
        hash: &KeyHash,
        hint: &str,
        email: &str,
        created: f64,
    ) -> Result<()> {
        self.statement(
            include_str!("sql/insert_key.sql"),
            &[text(&hash.0), text(hint), text(email), number(created)],
        )?
        .run()
        .await?;
        Ok(())
    }

    /// Changes a key's status unless it was revoked; `None` if it was, or is not known.
    pub async fn set_key_status(
        &self,
        hash: &KeyHash,
        status: KeyStatus,
    ) -> Result<Option<KeyStatus>> {
        let row: Option<RawStatus> = self
            .statement(
                include_str!("sql/set_key_status.sql"),
                &[text(&hash.0), text(status.name())],
            )?
            .first(None)
            .await?;
        Ok(row.and_then(|row| KeyStatus::parse(&row.status)))
    }
}
