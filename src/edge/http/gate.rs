//! The gate: who is it, may they, and is there room.
//!
//! The law: a key that was made up opens nothing, makes nothing, and has no body read for it; one
//! that is real costs one question, put to its account, which answers everything in one turn.

use std::rc::Rc;

use chat::RequestBounds;
use futures_util::future::join;
use worker::Request;

use super::{
    Desk,
    conversation::{self, Visit},
    incoming::{self, Held},
    seen,
};
use crate::{
    domain::{
        account::{
            Account, address,
            door::Door,
            key::{self, KeyHash, KeyStatus, Shape},
            terms::Terms,
            wrong::FROM_ONE,
        },
        refusal::Refusal,
        runtime::registry::Model,
        settings::{ControlScope, Settings},
        wire::request::{Allowance, ChatRequest},
    },
    edge::{
        brain,
        objects::{AccountClient, Paid, Shown, Taken},
        patience::{self, now},
    },
    pipeline,
};

/// A key that is one of the operators', or was minted as far as can be told without its account.
pub enum Claim {
    Operator,
    /// A key of CONTROL_KEYS: it administers, and asks no model.
    Control,
    Minted(KeyHash),
}

impl Claim {
    pub fn minted(&self) -> Option<&KeyHash> {
        let Claim::Minted(key) = self else {
            return None;
        };
        Some(key)
    }
}

/// A caller whose key is valid.
pub enum Caller {
    Operator,
    Minted(Box<Account>),
}

/// A request that is to be answered: counted and paid for, where its key has limits.
pub struct Admitted {
    /// What was asked.
    pub chat: ChatRequest,
    /// Where it was counted, with a minted key.
    pub account: Option<Rc<AccountClient>>,
    /// The bytes of its body, held until this is dropped.
    pub held: Held,
}

/// Longest header with a key that is looked at.
const MAX_HEADER: usize = 1_024;
/// Seconds that a request waits for others of its key to end.
const TURN: f64 = 10.0;

/// Lets a request in that a model is to answer: its key told, its body taken and read by its
/// surface (`T`: what the surface has to know of it besides), and counted.
pub async fn enter<T>(
    desk: &Desk,
    request: &mut Request,
    read: impl FnOnce(String) -> Result<(ChatRequest, T), Refusal>,
) -> Result<(Admitted, T), Refusal> {
    let (claim, (mut chat, surface), held) = receive(desk, request, read).await?;
    // Both are asked at once, so that a conversation adds no wait.
    let token = token(desk, request);
    let whose = conversation::whose(request, token.as_deref(), &chat);
    let taking = take(desk, claim, &mut chat);
    let (account, session) = conversation::beside(taking, desk, whose, Visit::Turn).await;
    let account = account?;
    let pool = desk.config.pool();
    let open = brain::memory(|memory| pipeline::open_to(&chat, &pool, memory, now()).map(|_| ()));
    if let Err(refusal) = open {
        if let Some(client) = account {
            undo(desk, client);
        }
        return Err(refusal);
    }
    chat.session = session;
    let admitted = Admitted {
        chat,
        account,
        held,
    };
    Ok((admitted, surface))
}

/// Lets a chat request in that is only thought through: refused as it would be by [`enter`], but
/// for windows and places, and not counted with those that are answered.
pub async fn rehearse(desk: &Desk, request: &mut Request) -> Result<(ChatRequest, Held), Refusal> {
    let read = |body| Ok((ChatRequest::parse(body, RequestBounds::default())?, ()));
    let (claim, (mut chat, ()), held) = receive(desk, request, read).await?;
    let token = token(desk, request);
    let whose = conversation::whose(request, token.as_deref(), &chat);
    let looking = look(desk, claim, &chat);
    let (allowance, session) = conversation::beside(looking, desk, whose, Visit::Look).await;
    let allowance = allowance?;
    let pool = desk.config.pool();
    brain::memory(|memory| pipeline::open_to(&chat, &pool, memory, now()).map(|_| ()))?;
    chat.allowance = allowance;
    chat.session = session;
    Ok((chat, held))
}

/// Takes a request in: its key told, its body taken and read. What `read` refuses is refused after
/// what is wrong with the key, and is not counted.
async fn receive<T>(
    desk: &Desk,
    request: &mut Request,
    read: impl FnOnce(String) -> Result<(ChatRequest, T), Refusal>,
) -> Result<(Claim, (ChatRequest, T), Held), Refusal> {
    let claim = claim(desk, request).await?;
    if matches!(claim, Claim::Control) {
        return Err(Refusal::ControlKey);
    }
    let settings = &desk.config.settings;
    if let Some(KeyStatus::Paused) = vet(desk, request, &claim).await? {
        return Err(Refusal::KeyPaused);
    }
    let body = incoming::question(request, settings, claim.minted());
    let (body, ()) = join(body, brain::keep_up(&desk.env)).await;
    let operator = matches!(claim, Claim::Operator);
    brain::memory(|memory| memory.deployment.serves(operator, settings, now()))?;
    let read = body.and_then(|(text, held)| {
        let mut asked = read(text)?;
        if matches!(claim, Claim::Minted(_)) {
            within_bounds(&mut asked.0, settings)?;
        }
        Ok((asked, held))
    });
    match read {
        Ok((asked, held)) => Ok((claim, asked, held)),
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
    let token = token(desk, request).ok_or(Refusal::Unauthorized)?;
    let settings = &desk.config.settings;
    if let Some(name) = key::operator(&token, &settings.operator_keys) {
        desk.known_as(name);
        return Ok(Claim::Operator);
    }
    if let Some(name) = key::operator(&token, &settings.control_keys) {
        desk.known_as(name);
        return Ok(Claim::Control);
    }
    let hash = key::hash(&token);
    // Behind one's own machine stand many: it is barred from nothing.
    let from = address(request).filter(|from| !address::is_loopback(from));
    match key::shape(&token) {
        Some(Shape::Sealed) if is_ours(desk, &token).await => return Ok(Claim::Minted(hash)),
        Some(Shape::Summed) if seen::of(&hash).flatten().is_some() => {
            return Ok(Claim::Minted(hash));
        }
        _ => {}
    }
    let barred = from
        .as_deref()
        .and_then(|from| seen::wrong(|wrong| wrong.barred(from, now())));
    if let Some(retry_after) = barred {
        return Err(Refusal::RateLimited {
            limit: format!("{FROM_ONE} wrong keys in a minute from one address"),
            retry_after,
        });
    }
    if key::shape(&token) == Some(Shape::Summed) {
        if !seen::wrong(|wrong| wrong.may_look_up(now())) {
            return Err(Refusal::Busy { retry_after: 60 });
        }
        if shown(desk, &hash).await?.is_some() {
            return Ok(Claim::Minted(hash));
        }
    }
    if let Some(from) = &from {
        seen::wrong(|wrong| wrong.note(from, now()));
    }
    Err(Refusal::Unauthorized)
}

/// Asks the account how a key stands, before its body is read: where that is large and the account has not
/// vouched for it lately, and whatever the body where it refused lately. A seal is no more than a seal: keys
/// that were revoked would hold bodies, and never end them.
pub async fn vet(
    desk: &Desk,
    request: &Request,
    claim: &Claim,
) -> Result<Option<KeyStatus>, Refusal> {
    let Claim::Minted(key) = claim else {
        return Ok(None);
    };
    let vouched = match seen::of(key) {
        Some(status) => status == Some(KeyStatus::Active),
        None => incoming::is_small(request),
    };
    if vouched {
        return Ok(None);
    }
    let shown = shown(desk, key).await?.ok_or(Refusal::Unauthorized)?;
    Ok(Some(shown.account.status))
}

/// How the caller stands. Nothing is counted.
pub async fn admit(desk: &Desk, claim: Claim) -> Result<Caller, Refusal> {
    let Claim::Minted(key) = claim else {
        return Ok(Caller::Operator);
    };
    let shown = shown(desk, &key).await?.ok_or(Refusal::Unauthorized)?;
    Ok(Caller::Minted(Box::new(Account {
        spent: shown.spent,
        ..shown.account
    })))
}

/// A caller of a call that changes what everyone shares.
pub async fn admit_control(desk: &Desk, local: bool, claim: Claim) -> Result<(), Refusal> {
    let any_key = match desk.config.settings.control_scope {
        ControlScope::AnyKey => local,
        ControlScope::AnyKeyPublic => true,
        ControlScope::Operator => false,
    };
    match claim {
        Claim::Minted(_) if any_key && desk.config.settings.control_keys.is_empty() => {
            admit(desk, claim).await.map(|_| ())
        }
        claim => administers(desk, claim).await,
    }
}

/// A caller who administers: one of CONTROL_KEYS where there are any, else any operator.
pub async fn administers(desk: &Desk, claim: Claim) -> Result<(), Refusal> {
    match claim {
        Claim::Control => Ok(()),
        Claim::Operator if desk.config.settings.control_keys.is_empty() => Ok(()),
        Claim::Operator => Err(Refusal::ControlOnly),
        claim => admit(desk, claim).await.and(Err(Refusal::OperatorOnly)),
    }
}

/// A caller who may see what happened: an operator, where the views are not open to everyone.
pub async fn sees(desk: &Desk, request: &Request) -> Result<(), Refusal> {
    if desk.config.settings.views_open {
        return Ok(());
    }
    if token(desk, request).is_none() {
        return Err(Refusal::ViewsClosed);
    }
    match admit(desk, claim(desk, request).await?).await? {
        Caller::Operator => Ok(()),
        Caller::Minted(_) => Err(Refusal::ViewsClosed),
    }
}

/// Looks at where a request comes from and to, by this door.
pub fn at_door<T>(request: &Request, look: impl FnOnce(Door) -> T) -> T {
    let header = |name: &str| request.headers().get(name).ok().flatten();
    let url = request.url().ok();
    let host = url.as_ref().and_then(|url| url.host_str());
    let (origin, site) = (header("origin"), header("sec-fetch-site"));
    let from = address(request);
    look(Door {
        host: host.unwrap_or_default(),
        origin: origin.as_deref(),
        site: site.as_deref(),
        from: from.as_deref(),
    })
}

/// What the account says of its key; `None` where it is valid nowhere.
pub async fn shown(desk: &Desk, key: &KeyHash) -> Result<Option<Shown>, Refusal> {
    let asking = async { AccountClient::of(&desk.env, key)?.show().await };
    let shown = asking.await.map_err(away)?;
    seen::note(key, shown.as_ref().map(|shown| shown.account.status));
    if let Some(shown) = &shown {
        desk.known_as(shown.account.id.clone());
    }
    Ok(shown)
}

/// Asks the account everything at once: the request is counted there, and what it may cost is set
/// aside. A burst waits its turn for a while.
async fn take(
    desk: &Desk,
    claim: Claim,
    chat: &mut ChatRequest,
) -> Result<Option<Rc<AccountClient>>, Refusal> {
    let Claim::Minted(key) = claim else {
        return Ok(None);
    };
    let client = Rc::new(AccountClient::of(&desk.env, &key).map_err(away)?);
    let pool = desk.config.pool();
    let open = open_or_all(chat, &pool);
    let usual = usual_output();
    let estimate = chat.estimate(open.iter().copied(), &Terms::default(), usual);
    let mut wait = 40;
    let from = now();
    loop {
        match client.take(&desk.request_id, estimate).await {
            Ok(Taken::Yes { account, within }) => {
                seen::note(&key, Some(KeyStatus::Active));
                desk.known_as(account.id.clone());
                let allowance = chat.allowed(within, &account.terms, usual);
                if open.iter().any(|model| allowance.admits(model)) {
                    chat.allowance = Some(allowance);
                    return Ok(Some(client));
                }
                undo(desk, client);
                return Err(Refusal::NoModelAllowed);
            }
            Ok(Taken::Crowded { .. }) if now() - from < TURN => {
                patience::pause(wait).await;
                wait = (wait * 2).min(250);
            }
            Ok(taken) => return Err(refused(&key, taken)),
            Err(error) => {
                // It may have been counted all the same.
                undo(desk, client);
                return Err(away(error));
            }
        }
    }
}

/// Asks the account what it would say to a request.
async fn look(desk: &Desk, claim: Claim, chat: &ChatRequest) -> Result<Option<Allowance>, Refusal> {
    let Claim::Minted(key) = claim else {
        return Ok(None);
    };
    let pool = desk.config.pool();
    let open = open_or_all(chat, &pool);
    let usual = usual_output();
    let estimate = chat.estimate(open.iter().copied(), &Terms::default(), usual);
    let asking = async { AccountClient::of(&desk.env, &key)?.look(estimate).await };
    match asking.await.map_err(away)? {
        Taken::Yes { account, within } => {
            let allowance = chat.allowed(within, &account.terms, usual);
            desk.known_as(account.id);
            match open.iter().any(|model| allowance.admits(model)) {
                true => Ok(Some(allowance)),
                false => Err(Refusal::NoModelAllowed),
            }
        }
        taken => Err(refused(&key, taken)),
    }
}

/// Tokens of an answer as a rule. Which task it is shows later: the one with the longest counts.
fn usual_output() -> Option<f64> {
    brain::memory(|memory| memory.usual_output(None))
}

/// The models that may take a request; all of them where none may, which is refused later.
fn open_or_all<'a>(chat: &ChatRequest, pool: &'a [Model]) -> Vec<&'a Model> {
    let open = brain::memory(|memory| pipeline::open_to(chat, pool, memory, now()));
    open.unwrap_or_else(|_| pool.iter().collect())
}

/// Why an account did not take a request.
fn refused(key: &KeyHash, taken: Taken) -> Refusal {
    match taken {
        Taken::Crowded { max } => Refusal::RateLimited {
            limit: format!("{max} requests at once (MAX_CONCURRENT)"),
            retry_after: 1,
        },
        Taken::Paused => {
            seen::note(key, Some(KeyStatus::Paused));
            Refusal::KeyPaused
        }
        Taken::Exceeded(exceeded) => Refusal::BudgetExceeded(exceeded),
        Taken::Full { limit, retry_after } => Refusal::RateLimited { limit, retry_after },
        Taken::Unknown => {
            seen::note(key, None);
            Refusal::Unauthorized
        }
        // It did.
        Taken::Yes { .. } => Refusal::Internal,
    }
}

/// Takes a request back that was counted and is not answered.
fn undo(desk: &Desk, client: Rc<AccountClient>) {
    let id = desk.request_id.clone();
    desk.context.wait_until(async move {
        let what = format!("{id} was not taken back");
        let undoing = async || {
            client.give_back(&id).await?;
            client.settle(&id, Paid::default()).await
        };
        patience::insist(&what, undoing).await;
    });
}

/// What a minted key may ask for in one request.
fn within_bounds(chat: &mut ChatRequest, settings: &Settings) -> Result<(), Refusal> {
    let too_much = |field: &str, name: &str, max: u64| {
        let message = format!("`{field}` may be {max} at the most with this key ({name})");
        Err(Refusal::invalid(Some(field.to_owned()), message))
    };
    if chat.choices > settings.max_n {
        return too_much("n", "MAX_N", settings.max_n);
    }
    let hosted = chat.safe_only.then(|| chat.hosted_tool()).flatten();
    if let Some(kind) = hosted {
        let kind: String = kind.chars().take(64).collect();
        let message =
            format!("a tool of type {kind:?} may not be used with this key (PASS_FIELDS)");
        return Err(Refusal::invalid(Some("tools".to_owned()), message));
    }
    // A ceiling is no need: it is lowered, not refused.
    chat.ceiling = chat.ceiling.map(|it| it.min(settings.max_output_tokens));
    match chat.output_meant {
        Some(wanted) if wanted > settings.max_output_tokens => too_much(
            "max_tokens",
            "MAX_OUTPUT_TOKENS",
            settings.max_output_tokens,
        ),
        _ => Ok(()),
    }
}

/// Was the key sealed here. Where what it would have been sealed with can't be read, its account
/// is to tell.
async fn is_ours(desk: &Desk, token: &str) -> bool {
    let own = desk.config.settings.key_secret.as_ref();
    let stored = || brain::memory(|memory| memory.key_secret.clone());
    let mut secret = stored();
    if secret.is_none() {
        brain::be_fresh(&desk.env).await;
        secret = stored();
    }
    secret.is_none() || key::is_sealed(token, own.into_iter().chain(&secret))
}

/// The key that a request comes with. Of two, as clients send that are signed in elsewhere, the one that
/// can be one of ours.
fn token(desk: &Desk, request: &Request) -> Option<String> {
    let header = |name: &str| {
        let text = request.headers().get(name).ok().flatten();
        text.filter(|text| text.len() <= MAX_HEADER)
    };
    let bearer = header("authorization").and_then(|text| key::bearer(&text).map(str::to_owned));
    let other = header("x-api-key").map(|text| text.trim().to_owned());
    let other = other.filter(|text| !text.is_empty());
    let Settings {
        operator_keys,
        control_keys,
        ..
    } = &desk.config.settings;
    let ours = |token: &String| {
        key::shape(token).is_some()
            || key::operator(token, operator_keys).is_some()
            || key::operator(token, control_keys).is_some()
    };
    match (bearer, other) {
        (Some(bearer), Some(other)) if !ours(&bearer) && ours(&other) => Some(other),
        (bearer, other) => bearer.or(other),
    }
}

/// Whom a request comes from, where the platform says so.
pub fn address(request: &Request) -> Option<String> {
    let address = request.headers().get("cf-connecting-ip").ok().flatten()?;
    Some(address::subscriber(&address))
}

/// What was asked did not answer, which is logged where it was asked.
pub fn away(_: worker::Error) -> Refusal {
    Refusal::StoreAway
}
