//! The gate: who is it, may they, and is there room.

use std::{cell::RefCell, collections::BTreeMap};

use worker::Request;

use super::Desk;
use crate::{
    domain::{
        key::{self, KeyHash, KeyStatus},
        refusal::Refusal,
        settings::ControlScope,
    },
    edge::{
        brain,
        store::{KeyRow, Store},
    },
};

/// A key that might be valid: told from garbage without a look-up.
pub enum Claim {
    Operator,
    Minted(KeyHash),
}

/// A caller whose key is valid.
pub enum Caller {
    Operator,
    Minted { hash: KeyHash, key: KeyRow },
}

/// Longest `Authorization` header that is looked at.
const MAX_HEADER: usize = 1_024;

/// Reads the key of a request. Needs no await: a body can be read after it.
pub fn claim(desk: &Desk, request: &Request) -> Result<Claim, Refusal> {
    let header = request.headers().get("authorization").ok().flatten();
    let header = header.filter(|header| header.len() <= MAX_HEADER);
    let token = header.as_deref().and_then(key::bearer);
    let token = token.ok_or(Refusal::Unauthorized)?;
    if key::is_operator(token, &desk.config.settings.operator_keys) {
        Ok(Claim::Operator)
    } else if key::is_well_formed(token) {
        Ok(Claim::Minted(key::hash(token)))
    } else {
        Err(Refusal::Unauthorized)
    }
}

/// Looks the key up. With it, in the same round trip, the shared brain is read where the
/// isolate's memory is old.
pub async fn admit(desk: &Desk, claim: Claim) -> Result<Caller, Refusal> {
    let hash = match claim {
        Claim::Operator => return Ok(Caller::Operator),
        Claim::Minted(hash) => hash,
    };
    let row = match look_up(desk, &hash).await {
        Ok(row) => {
            remember(&hash, row.as_ref());
            row
        }
        Err(error) => {
            worker::console_error!("the store could not be read: {error}");
            Some(remembered(&hash).ok_or(Refusal::StoreAway)?)
        }
    };
    match row {
        Some(key) if key.status != KeyStatus::Revoked => Ok(Caller::Minted { hash, key }),
        _ => Err(Refusal::Unauthorized),
    }
}

async fn look_up(desk: &Desk, hash: &KeyHash) -> worker::Result<Option<KeyRow>> {
    let store = Store::open(&desk.env)?;
    let now = brain::now();
    if brain::memory(|memory| memory.is_fresh(now)) {
        return brain::soon(store.key(hash)).await;
    }
    let (row, snapshot) = brain::soon(store.key_and_snapshot(hash)).await?;
    brain::take_in(snapshot, now);
    Ok(row)
}

/// A caller of a call that changes what everyone shares.
pub async fn admit_control(desk: &Desk, claim: Claim) -> Result<(), Refusal> {
    let caller = admit(desk, claim).await?;
    match (caller, desk.config.settings.control_scope) {
        (Caller::Minted { .. }, ControlScope::Operator) => Err(Refusal::OperatorOnly),
        _ => Ok(()),
    }
}

thread_local! {
    /// Keys that were valid a moment ago: what is gone by while the store is away.
    static KNOWN: RefCell<BTreeMap<String, (KeyRow, f64)>> = const { RefCell::new(BTreeMap::new()) };
}

/// Seconds for which a key is taken on trust while the store is away.
const TRUST: f64 = 300.0;
/// Keys remembered at the most.
const MAX_KNOWN: usize = 10_000;

/// Notes what the store says of a key, for while it is away; a key that it does not know is
/// forgotten.
pub fn remember(hash: &KeyHash, row: Option<&KeyRow>) {
    KNOWN.with_borrow_mut(|known| match row {
        Some(row) => {
            if known.len() >= MAX_KNOWN {
                known.clear();
            }
            known.insert(hash.0.clone(), (row.clone(), brain::now()));
        }
        None => {
            known.remove(&hash.0);
        }
    });
}

fn remembered(hash: &KeyHash) -> Option<KeyRow> {
    KNOWN.with_borrow(|known| {
        let (row, at) = known.get(&hash.0)?;
        (brain::now() - at < TRUST).then(|| row.clone())
    })
}
