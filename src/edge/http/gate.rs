//! The gate: who is it, may they, and is there room.
//!
//! The law: a key that was made up opens nothing, makes nothing, and has no body read for it; one
//! that is real costs one question, put to its account, which answers everything in one turn.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use worker::Request;

use super::{
    Desk,
    incoming::{self, Held},
};
use crate::{
    domain::{
        account::{
            Account, address,
            key::{self, KeyHash, KeyStatus, Shape},
            wrong::{FROM_ONE, WrongKeys},
        },
        refusal::Refusal,
        settings::ControlScope,
    },
    edge::{
        brain,
        objects::{AccountClient, Shown, Taken},
        patience::now,
    },
};

/// A key that is one of the operators', or was minted as far as can be told without its account.
pub enum Claim {
    Operator,
    Minted(KeyHash),
}

/// A caller whose key is valid.
pub enum Caller {
    Operator,
    Minted(Account),
}

/// A request that is to be answered: counted, where its key has limits.
pub struct Admitted<T> {
    /// What was asked, as its surface read it.
    pub asked: T,
    /// Where it was counted, with a minted key.
    pub account: Option<Rc<AccountClient>>,
    /// The bytes of its body, held until this is dropped.
    pub held: Held,
}

/// Longest header with a key that is looked at.
const MAX_HEADER: usize = 1_024;
/// Seconds for which a key of before is taken for a minted one after its account said so.
const SEEN: f64 = 300.0;
/// Keys of before that are remembered at the most.
const MAX_SEEN: usize = 10_000;

thread_local! {
    static WRONG: RefCell<WrongKeys> = RefCell::new(WrongKeys::default());
    /// Keys of before whose account knew them, and when. Unix seconds.
    static KNOWN: RefCell<BTreeMap<KeyHash, f64>> = const { RefCell::new(BTreeMap::new()) };
}

/// Lets a request in that a model is to answer: its key told, its body taken and read by its
/// surface, and counted. What `read` refuses is refused after what is wrong with the key, and is
/// not counted.
pub async fn enter<T>(
    desk: &Desk,
    request: &mut Request,
    read: impl FnOnce(String) -> Result<T, Refusal>,
) -> Result<Admitted<T>, Refusal> {
    let claim = claim(desk, request).await?;
    let settings = &desk.config.settings;
    let body = incoming::body(request, settings.max_body_bytes, settings).await;
    let read = body.and_then(|(text, held)| Ok((read(text)?, held)));
    match read {
        Ok((asked, held)) => {
            let account = take(desk, claim).await?;
            Ok(Admitted {
                asked,
                account,
                held,
            })
        }
        Err(refusal) => {
            let paused = |account: &Account| account.status == KeyStatus::Paused;
            match admit(desk, claim).await? {
                Caller::Minted(account) if paused(&account) => Err(Refusal::KeyPaused),
                _ => Err(refusal),
            }
        }
    }
}

/// Reads the key of a request: from `Authorization` as a bearer's, or from `x-api-key`. A key of
/// before, of which only its account can tell whether it was minted, is asked about here: before
/// a body is read for it.
pub async fn claim(desk: &Desk, request: &Request) -> Result<Claim, Refusal> {
    let token = token(request).ok_or(Refusal::Unauthorized)?;
    let settings = &desk.config.settings;
    if key::is_operator(&token, &settings.operator_keys) {
        return Ok(Claim::Operator);
    }
    let hash = key::hash(&token);
    // Behind one's own machine stand many: it is barred from nothing.
    let from = address(request).filter(|from| !address::is_loopback(from));
    match key::shape(&token) {
        Some(Shape::Sealed) if is_ours(desk, &token).await => return Ok(Claim::Minted(hash)),
        Some(Shape::Summed) if was_seen(&hash) => return Ok(Claim::Minted(hash)),
        _ => {}
    }
    let barred = from
        .as_deref()
        .and_then(|from| WRONG.with_borrow(|wrong| wrong.barred(from, now())));
    if let Some(retry_after) = barred {
        return Err(Refusal::RateLimited {
            limit: format!("{FROM_ONE} wrong keys in a minute from one address"),
            retry_after,
        });
    }
    if key::shape(&token) == Some(Shape::Summed) {
        if !WRONG.with_borrow_mut(|wrong| wrong.may_look_up(now())) {
            return Err(Refusal::Busy { retry_after: 60 });
        }
        if shown(desk, &hash).await?.is_some() {
            return Ok(Claim::Minted(hash));
        }
    }
    note_wrong(from.as_deref());
    Err(Refusal::Unauthorized)
}

/// How the caller stands. Nothing is counted.
pub async fn admit(desk: &Desk, claim: Claim) -> Result<Caller, Refusal> {
    let Claim::Minted(key) = claim else {
        return Ok(Caller::Operator);
    };
    let shown = shown(desk, &key).await?.ok_or(Refusal::Unauthorized)?;
    Ok(Caller::Minted(shown.account))
}

/// A caller of a call that changes what everyone shares.
pub async fn admit_control(desk: &Desk, claim: Claim) -> Result<(), Refusal> {
    let caller = admit(desk, claim).await?;
    match (caller, desk.config.settings.control_scope) {
        (Caller::Minted(_), ControlScope::Operator) => Err(Refusal::OperatorOnly),
        _ => Ok(()),
    }
}

/// What the account says of its key; `None` where it is valid nowhere.
pub async fn shown(desk: &Desk, key: &KeyHash) -> Result<Option<Shown>, Refusal> {
    let asking = async { AccountClient::of(&desk.env, key)?.show().await };
    let shown = asking.await.map_err(away)?;
    note_seen(key, shown.is_some());
    Ok(shown)
}

/// Asks the account everything at once, and counts the request there.
async fn take(desk: &Desk, claim: Claim) -> Result<Option<Rc<AccountClient>>, Refusal> {
    let Claim::Minted(key) = claim else {
        return Ok(None);
    };
    let client = Rc::new(AccountClient::of(&desk.env, &key).map_err(away)?);
    match client.take(&desk.request_id).await {
        Ok(Taken::Yes(_)) => Ok(Some(client)),
        Ok(Taken::Paused) => Err(Refusal::KeyPaused),
        Ok(Taken::Full { limit, retry_after }) => Err(Refusal::RateLimited { limit, retry_after }),
        Ok(Taken::Unknown) => {
            note_seen(&key, false);
            Err(Refusal::Unauthorized)
        }
        Err(error) => {
            // It may have been counted all the same.
            let id = desk.request_id.clone();
            desk.context.wait_until(async move {
                let _ = client.give_back(&id).await;
            });
            Err(away(error))
        }
    }
}

/// Was the key sealed here. Where what it would have been sealed with can't be read, its account
/// is to tell.
async fn is_ours(desk: &Desk, token: &str) -> bool {
    let own = desk.config.settings.key_secret.as_ref();
    let stored = || brain::memory(|memory| memory.key_secret.clone());
    let mut secret = stored();
    if secret.is_none() {
        brain::refresh(&desk.env).await;
        secret = stored();
    }
    secret.is_none() || key::is_sealed(token, own.into_iter().chain(&secret))
}

fn token(request: &Request) -> Option<String> {
    let header = |name: &str| {
        let text = request.headers().get(name).ok().flatten();
        text.filter(|text| text.len() <= MAX_HEADER)
    };
    let bearer = header("authorization").and_then(|text| key::bearer(&text).map(str::to_owned));
    bearer.or_else(|| {
        let token = header("x-api-key")?.trim().to_owned();
        (!token.is_empty()).then_some(token)
    })
}

/// Whom a request comes from, where the platform says so.
pub fn address(request: &Request) -> Option<String> {
    let address = request.headers().get("cf-connecting-ip").ok().flatten()?;
    Some(address::subscriber(&address))
}

fn note_wrong(from: Option<&str>) {
    if let Some(from) = from {
        WRONG.with_borrow_mut(|wrong| wrong.note(from, now()));
    }
}

fn was_seen(key: &KeyHash) -> bool {
    KNOWN.with_borrow(|known| known.get(key).is_some_and(|at| now() - at < SEEN))
}

fn note_seen(key: &KeyHash, valid: bool) {
    KNOWN.with_borrow_mut(|known| {
        if !valid {
            known.remove(key);
            return;
        }
        if known.len() >= MAX_SEEN {
            known.clear();
        }
        known.insert(key.clone(), now());
    });
}

pub fn away(error: worker::Error) -> Refusal {
    worker::console_error!("an account could not be asked: {error}");
    Refusal::StoreAway
}
