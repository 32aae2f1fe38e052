//! Minted keys: made, looked at, paused, resumed, revoked.

use serde_json::{Value, json};
use worker::Request;

use super::{
    Desk,
    gate::{self, Claim},
    incoming, reply, seen,
};
use crate::{
    domain::{
        account::{
            Account, Minted, address,
            audit::Deed,
            budget::Spent,
            email,
            key::{self, KeyHash, KeyStatus},
            limit::{HOUR, Verdict, Window},
            terms::Terms,
        },
        refusal::Refusal,
    },
    edge::{
        brain,
        objects::{self, AccountClient, Shown},
        patience::now,
    },
};

/// A registration is small.
const MAX_BODY: u64 = 8 * 1024;
/// Changes of a key by itself in an hour.
const CHANGES: u64 = 60;
/// Registrations in an hour of one email; of an IPv6 /48 and of all, as many times as one address
/// has.
const ONE_MAILBOX: u64 = 5;
const NETWORK: u64 = 4;
const ALL: u64 = 10;

/// Mints a key, shown this once. The answer is the same whether the email is known or not.
pub async fn register(desk: &Desk, mut request: Request) -> Result<reply::Answer, Refusal> {
    let settings = &desk.config.settings;
    let address = request.headers().get("cf-connecting-ip").ok().flatten();
    if !settings.register_open {
        return Err(Refusal::RegistrationClosed {
            message: "registration is closed: ask the operator for a key".into(),
        });
    }
    let from = gate::address(&request).unwrap_or_default();
    let (body, _held) = incoming::body(&mut request, MAX_BODY, settings, Some(from)).await?;
    let email = read_email(&body)?;
    if !email::is_allowed(&email, &settings.register_domains) {
        return Err(Refusal::RegistrationClosed {
            message: "registration is not open to this email domain".into(),
        });
    }
    take(desk, address.as_deref().unwrap_or("unknown"), &email).await?;
    let (minted, _) = mint(desk, email, Terms::default(), Deed::Register).await?;
    reply::json(&json!({"api_key": minted}))
}

/// Makes a key and its account, and gives it with its id. The key itself is kept nowhere.
pub async fn mint(
    desk: &Desk,
    email: String,
    terms: Terms,
    deed: Deed,
) -> Result<(String, String), Refusal> {
    let minted = new_key(desk).await?;
    let id: String = random::<8>()?.iter().map(|b| format!("{b:02x}")).collect();
    let id = format!("key_{id}");
    let act = desk.act(deed, &id, json!({"terms": terms}));
    let account = Minted {
        hint: key::hint(&minted),
        account: Account {
            id: id.clone(),
            email,
            status: KeyStatus::Active,
            revision: 0,
            terms,
            spent: Spent::default(),
            keys: Vec::new(),
        },
        created: now(),
    };
    let opening = async {
        AccountClient::of(&desk.env, &key::hash(&minted))?
            .open(account, act)
            .await
    };
    opening.await.map_err(gate::away)?;
    Ok((minted, id))
}

async fn new_key(desk: &Desk) -> Result<String, Refusal> {
    let own = desk.config.settings.key_secret.clone();
    let secret = match own.or_else(stored_secret) {
        Some(secret) => secret,
        None => {
            brain::be_fresh(&desk.env).await;
            stored_secret().ok_or(Refusal::StoreAway)?
        }
    };
    Ok(key::mint(&random()?, &secret))
}

fn stored_secret() -> Option<key::KeySecret> {
    brain::memory(|memory| memory.key_secret.clone())
}

fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut random = [0u8; N];
    getrandom::fill(&mut random).map_err(|_| Refusal::Internal)?;
    Ok(random)
}

fn read_email(body: &str) -> Result<String, Refusal> {
    let bad = || {
        Refusal::invalid(
            Some("email".into()),
            "`email` must be an email address, as in {\"email\": \"you@example.com\"}",
        )
    };
    let fields = incoming::object(body)?;
    let value = fields
        .get(body, "email")
        .and_then(|raw| serde_json::from_str::<Value>(raw).ok())
        .ok_or_else(bad)?;
    let email = value.as_str().map(str::trim).ok_or_else(bad)?;
    email::is_valid(email)
        .then(|| email.to_owned())
        .ok_or_else(bad)
}

/// Counts a registration by where it comes from, by its email and in total.
async fn take(desk: &Desk, address: &str, email: &str) -> Result<(), Refusal> {
    let max = desk.config.settings.register_limit;
    let window = |max: u64, of: &str| Window {
        name: format!("{max} registrations in an hour{of}"),
        seconds: HOUR,
        max,
    };
    let named = |name: &str| format!("register/{}", key::hash(name).0);
    let from = address::subscriber(address);
    counted(desk, &named(&from), window(max, " from one address")).await?;
    if let Some(network) = address::network(address) {
        let max = max.saturating_mul(NETWORK);
        counted(desk, &named(&network), window(max, " from one network")).await?;
    }
    let mailbox = named(&email::mailbox(email));
    counted(desk, &mailbox, window(ONE_MAILBOX, " for one email")).await?;
    let all = max.saturating_mul(ALL);
    counted(desk, "register", window(all, "")).await
}

/// Whose key it is, how it stands, and what of its limits is used.
pub async fn show(desk: &Desk, request: Request) -> Result<reply::Answer, Refusal> {
    let Claim::Minted(key) = gate::claim(desk, &request).await? else {
        return reply::json(&json!({
            "email": null, "status": "operator",
            "used_6h": null, "limit_6h": null, "used_week": null, "limit_week": null,
        }));
    };
    let shown = gate::shown(desk, &key).await?;
    let Some(Shown {
        account,
        used,
        budget,
        spent,
        ..
    }) = shown
    else {
        return Err(Refusal::Unauthorized);
    };
    let settings = &desk.config.settings;
    let of = |index: usize| used.get(index);
    let [limit_6h, limit_week] = account.windows(settings).map(|window| window.max);
    reply::json(&json!({
        "id": account.id,
        "email": account.email,
        "status": account.status.name(),
        "used_6h": of(0).map(|window| window.used),
        "limit_6h": limit_6h,
        "used_week": of(1).map(|window| window.used),
        "limit_week": limit_week,
        "frees_6h_seconds": of(0).and_then(|window| window.frees_in),
        "frees_week_seconds": of(1).and_then(|window| window.frees_in),
        "budget": budget.map(|budget| json!({
            "limit": budget.limit.usd(),
            "spent": budget.spent.usd(),
            "reserved": budget.reserved.usd(),
            "resets_at": budget.resets_at,
        })),
        "spent": spent.total.usd(),
    }))
}

pub async fn pause(desk: &Desk, request: Request) -> Result<reply::Answer, Refusal> {
    change(desk, request, KeyStatus::Paused).await
}

pub async fn resume(desk: &Desk, request: Request) -> Result<reply::Answer, Refusal> {
    change(desk, request, KeyStatus::Active).await
}

pub async fn revoke(desk: &Desk, request: Request) -> Result<reply::Answer, Refusal> {
    change(desk, request, KeyStatus::Revoked).await
}

/// Gives a new key for the same account; the one that asks lives on for a day.
pub async fn rotate(desk: &Desk, request: Request) -> Result<reply::Answer, Refusal> {
    let (key, account) = changing_itself(desk, &request).await?;
    if !account.is_newest(&key) {
        return Err(replaced());
    }
    let id = account.id;
    let minted = new_key(desk).await?;
    let (newer, hint) = (key::hash(&minted), key::hint(&minted));
    let act = desk.act(Deed::Rotate, &id, json!({"hint": hint}));
    let rotating = async {
        let client = AccountClient::of(&desk.env, &key)?;
        client.rotate(newer, hint, act).await
    };
    let until = rotating.await.map_err(gate::away)?;
    let Some(until) = until else {
        // Another was there first, or an end.
        let shown = gate::shown(desk, &key).await?;
        return Err(shown.map_or(Refusal::Unauthorized, |_| replaced()));
    };
    reply::json(&json!({"api_key": minted, "id": id, "old_until": until}))
}

fn replaced() -> Refusal {
    Refusal::Barred {
        status: 409,
        code: "replaced",
        message: "this key was replaced: only the one that took its place can be rotated".into(),
    }
}

/// Every change is kept for good: so a key makes no more of them than a person would.
async fn may_change(desk: &Desk, id: &str) -> Result<(), Refusal> {
    let window = Window {
        name: format!("{CHANGES} changes of a key in an hour"),
        seconds: HOUR,
        max: CHANGES,
    };
    counted(desk, &format!("changes/{id}"), window).await
}

async fn counted(desk: &Desk, name: &str, window: Window) -> Result<(), Refusal> {
    let taken = objects::count(&desk.env, name, &desk.request_id, window).await;
    match taken.map_err(gate::away)? {
        Verdict::Taken => Ok(()),
        Verdict::Full { limit, retry_after } => Err(Refusal::RateLimited { limit, retry_after }),
    }
}

/// The key that a request would change, and its account: its own, and not too often.
async fn changing_itself(desk: &Desk, request: &Request) -> Result<(KeyHash, Account), Refusal> {
    let Claim::Minted(key) = gate::claim(desk, request).await? else {
        return Err(Refusal::OperatorKeyStatus);
    };
    let shown = gate::shown(desk, &key)
        .await?
        .ok_or(Refusal::Unauthorized)?;
    may_change(desk, &shown.account.id).await?;
    Ok((key, shown.account))
}

async fn change(
    desk: &Desk,
    request: Request,
    status: KeyStatus,
) -> Result<reply::Answer, Refusal> {
    let (key, account) = changing_itself(desk, &request).await?;
    let act = desk.act(Deed::of(status), &account.id, json!({}));
    let changing = async {
        AccountClient::of(&desk.env, &key)?
            .change(status, act)
            .await
    };
    // A change that lost against a revoke finds a key that is valid nowhere.
    let status = changing.await.map_err(gate::away)?;
    seen::note(&key, status);
    let status = status.ok_or(Refusal::Unauthorized)?;
    reply::json(&json!({"status": status.name()}))
}
