//! The typed client of an account.

use std::{cell::OnceCell, collections::BTreeMap};

use serde_json::Value;
use worker::{Env, Result};

use super::message::{AccountMessage, Lease, Leased, Paid, Shown, Taken};
use crate::{
    domain::account::{
        Account, Minted,
        audit::Act,
        budget::Estimate,
        key::{KeyHash, KeyStatus},
        limit::{Verdict, Window},
        terms::Terms,
    },
    edge::{objects::client::Object, patience},
};

/// The account of one key.
pub struct AccountClient {
    object: Object,
    key: KeyHash,
    door: String,
    /// The id of its key, once it has said it.
    id: OnceCell<String>,
    /// What its terms tag its requests with, likewise.
    tags: OnceCell<BTreeMap<String, String>>,
}

impl AccountClient {
    pub fn of(env: &Env, key: &KeyHash) -> Result<AccountClient> {
        Ok(AccountClient {
            object: Object::of(env, "ACCOUNT", &key.0)?,
            key: key.clone(),
            door: format!("account {}", key.0),
            id: OnceCell::new(),
            tags: OnceCell::new(),
        })
    }

    /// Counts a request and sets aside what it may cost, if the key is valid and there is room.
    pub async fn take(&self, id: &str, estimate: Estimate) -> Result<Taken> {
        let take = AccountMessage::Take {
            key: self.key.clone(),
            id: id.to_owned(),
            estimate,
        };
        let taken = patience::ask(&self.door, self.object.tell(&take)).await?;
        if let Taken::Yes { account, .. } = &taken {
            let _ = self.id.set(account.id.clone());
            let _ = self.tags.set(account.terms.tags.clone());
        }
        Ok(taken)
    }

    /// Whether a request would be taken; counts in the window of dry runs only.
    pub async fn look(&self, estimate: Estimate) -> Result<Taken> {
        let look = AccountMessage::Look {
            key: self.key.clone(),
            estimate,
        };
        patience::ask(&self.door, self.object.tell(&look)).await
    }

    pub fn key(&self) -> &KeyHash {
        &self.key
    }

    /// The id of the key that a request was counted for.
    pub fn id(&self) -> Option<&str> {
        self.id.get().map(String::as_str)
    }

    /// What the terms of that key tag its requests with.
    pub fn tags(&self) -> BTreeMap<String, String> {
        self.tags.get().cloned().unwrap_or_default()
    }

    /// Takes a request back out of the count.
    pub async fn give_back(&self, id: &str) -> Result<bool> {
        let back = AccountMessage::GiveBack {
            key: Some(self.key.clone()),
            id: id.to_owned(),
        };
        patience::change(&self.door, self.object.tell(&back)).await
    }

    /// The request has ended: what it cost takes the place of what was set aside, or comes on top of
    /// that. May be said again.
    pub async fn settle(&self, id: &str, paid: Paid) -> Result<bool> {
        let settle = AccountMessage::Settle {
            key: Some(self.key.clone()),
            id: id.to_owned(),
            spent: paid.spent,
            late: paid.late,
            answered: paid.answered,
        };
        patience::change(&self.door, self.object.tell(&settle)).await
    }

    /// `None` where there is no such key, or it was revoked.
    pub async fn show(&self) -> Result<Option<Shown>> {
        let show = AccountMessage::Show {
            key: self.key.clone(),
        };
        patience::ask(&self.door, self.object.tell(&show)).await
    }

    /// The same for an operator.
    pub async fn inspect(&self) -> Result<Option<Shown>> {
        let inspect = AccountMessage::Inspect {
            key: self.key.clone(),
        };
        patience::ask(&self.door, self.object.tell(&inspect)).await
    }

    /// Has a newer key take the place of this one. Gives until when this one lives, Unix seconds.
    pub async fn rotate(&self, newer: KeyHash, hint: String, act: Act) -> Result<Option<f64>> {
        let rotate = AccountMessage::Rotate {
            key: self.key.clone(),
            newer,
            hint,
            act,
        };
        patience::change(&self.door, self.object.tell(&rotate)).await
    }

    pub async fn open(&self, minted: Minted, act: Act) -> Result<bool> {
        let open = AccountMessage::Open {
            key: self.key.clone(),
            minted: Box::new(minted),
            act,
        };
        patience::change(&self.door, self.object.tell(&open)).await
    }

    /// Gives the account as it is now; `None` where the key is valid nowhere any more.
    pub async fn set_terms(
        &self,
        terms: Terms,
        revision: u64,
        act: Act,
    ) -> Result<Option<Account>> {
        let set = AccountMessage::SetTerms {
            key: self.key.clone(),
            terms,
            revision,
            act,
        };
        patience::change(&self.door, self.object.tell(&set)).await
    }

    /// Gives the status that the key has now; `None` where it is valid nowhere any more.
    pub async fn change(&self, to: KeyStatus, act: Act) -> Result<Option<KeyStatus>> {
        let change = AccountMessage::Change {
            key: self.key.clone(),
            to,
            act,
        };
        patience::change(&self.door, self.object.tell(&change)).await
    }
}

/// Says a message to the account at the home of its key.
pub(super) async fn forward(env: &Env, home: &KeyHash, message: &AccountMessage) -> Result<Value> {
    Object::of(env, "ACCOUNT", &home.0)?
        .say(&home.0, message)
        .await
}

/// Asks the ledger of all minted keys.
pub(super) async fn lease(env: &Env, lease: Lease) -> Result<Leased> {
    let ledger = Object::of(env, "ACCOUNT", LEDGER)?;
    patience::ask(LEDGER, ledger.tell(&AccountMessage::Lease(lease))).await
}

const LEDGER: &str = "ledger of minted keys";

/// Counts what comes from one address, or is done under one name.
pub async fn count(env: &Env, name: &str, id: &str, window: Window) -> Result<Verdict> {
    let object = Object::of(env, "ACCOUNT", name)?;
    let count = AccountMessage::Count {
        id: id.to_owned(),
        window,
    };
    patience::change(name, object.tell(&count)).await
}
