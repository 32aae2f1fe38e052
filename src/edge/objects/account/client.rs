//! The typed client of an account.

use std::cell::OnceCell;

use worker::{Env, Result};

use super::message::{AccountMessage, Lease, Leased, Shown, Taken};
use crate::{
    domain::{
        account::{
            Account, Minted,
            budget::Estimate,
            key::{KeyHash, KeyStatus},
            limit::{Verdict, Window},
            terms::Terms,
        },
        audit::Act,
        money::Pico,
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
}

impl AccountClient {
    pub fn of(env: &Env, key: &KeyHash) -> Result<AccountClient> {
        Ok(AccountClient {
            object: Object::of(env, "ACCOUNT", &key.0)?,
            key: key.clone(),
            door: format!("account {}", key.0),
            id: OnceCell::new(),
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
        }
        Ok(taken)
    }

    /// The id of the key that a request was counted for.
    pub fn id(&self) -> Option<&str> {
        self.id.get().map(String::as_str)
    }

    /// Takes a request back out of the count.
    pub async fn give_back(&self, id: &str) -> Result<bool> {
        let back = AccountMessage::GiveBack { id: id.to_owned() };
        patience::change(&self.door, self.object.tell(&back)).await
    }

    /// The request has ended: what it cost takes the place of what was set aside.
    pub async fn settle(&self, id: &str, spent: Pico) -> Result<bool> {
        let settle = AccountMessage::Settle {
            id: id.to_owned(),
            spent,
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

    pub async fn open(&self, minted: Minted, act: Act) -> Result<bool> {
        let open = AccountMessage::Open {
            key: self.key.clone(),
            minted: Box::new(minted),
            act,
        };
        patience::change(&self.door, self.object.tell(&open)).await
    }

    /// Gives the account as it is now; `None` where the key is valid nowhere any more.
    pub async fn set_terms(&self, terms: Terms, act: Act) -> Result<Option<Account>> {
        let set = AccountMessage::SetTerms {
            key: self.key.clone(),
            terms,
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
