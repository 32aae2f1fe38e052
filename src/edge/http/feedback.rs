//! What clients say of their answers. Said once a request; said again, it takes the place of what
//! was said before.

use serde_json::json;
use worker::Request;

use super::{
    Desk,
    gate::{self, Caller},
    happened::one,
    incoming, reply,
};
use crate::{
    domain::{
        account::Account,
        books::{
            feed::{Decision, Outcome},
            rating::{self, KNOWN_FROM, RATED_WITHIN, Rating},
        },
        policy::GradedBy,
        refusal::Refusal,
    },
    edge::{
        brain,
        objects::LearnerClient,
        patience::{self, now},
        store::Store,
    },
};

const MAX_BODY: u64 = 4 * 1024;
/// How often a decision is looked for that is so young that it may not be written yet, milliseconds
/// in between, and for how long after its request, seconds.
const LOOKS: u32 = 5;
const BETWEEN: u64 = 600;
const YOUNG: f64 = 30.0;

pub async fn rate(desk: &Desk, mut request: Request) -> Result<reply::Answer, Refusal> {
    let claim = gate::claim(desk, &request).await?;
    gate::vet(desk, &request, &claim).await?;
    let of = claim.minted().map(|key| key.0.clone());
    let body = incoming::body(&mut request, MAX_BODY, &desk.config.settings, of).await;
    let caller = gate::admit(desk, claim).await?;
    let (id, score) = rating::read(&body?.0)?;
    let decision = found(desk, &id).await?;
    let own = decision.filter(|decision| match &caller {
        Caller::Operator => true,
        Caller::Minted(account) => decision.detail.key.as_ref() == Some(&account.id),
    });
    let Some(decision) = own.filter(|own| own.outcome == Outcome::Finished) else {
        return Err(Refusal::NoSuchAnswer { id });
    };
    let now = now();
    if now - decision.ts > RATED_WITHIN {
        return Err(Refusal::TooLate { id });
    }
    let counts = match &caller {
        Caller::Operator => true,
        Caller::Minted(account) => is_known(desk, account).await?,
    };
    let by_program = decision.detail.graded_by.as_deref() == Some("check");
    let rating = Rating {
        id: id.clone(),
        ts: now,
        asked: decision.ts,
        score,
        by: GradedBy::Feedback,
        key: match caller {
            Caller::Operator => None,
            Caller::Minted(account) => Some(account.id),
        },
        checked: decision.quality.filter(|_| by_program),
        passed: false,
        counts,
        overhead: Default::default(),
    };
    let (task, model) = (decision.task, decision.model);
    let door = format!("learner/{}/{model}", task.name());
    // A vote may be said again: nobody need know for certain whether it was taken.
    let told = patience::ask(&door, async {
        LearnerClient::of(&desk.env, task, &model)?
            .rate(task, &model, rating)
            .await
    });
    let told = told.await.map_err(gate::away)?;
    brain::memory(|memory| memory.absorb(task, model.clone(), told.book));
    reply::json(
        &json!({"id": id, "score": score, "task": task.name(), "model": model, "counts": counts}),
    )
}

/// The decision on that request. One that was just answered elsewhere may not be written yet.
async fn found(desk: &Desk, id: &str) -> Result<Option<Decision>, Refusal> {
    for look in 0..LOOKS {
        if look > 0 {
            patience::pause(BETWEEN).await;
        }
        let decision = one(desk, id).await?;
        if decision.is_some() || !is_young(id) {
            return Ok(decision);
        }
    }
    Ok(None)
}

/// An id begins with the time of its request.
fn is_young(id: &str) -> bool {
    let time = id.strip_prefix("req_").and_then(|rest| rest.get(..11));
    let millis = time.and_then(|time| u64::from_str_radix(time, 16).ok());
    millis.is_some_and(|millis| (now() - millis as f64 / 1_000.0).abs() < YOUNG)
}

/// Has a key been answered often enough for its word to count.
async fn is_known(desk: &Desk, account: &Account) -> Result<bool, Refusal> {
    if account.spent.answered >= KNOWN_FROM {
        return Ok(true);
    }
    let asking = patience::ask("store", async {
        Store::open(&desk.env)?.answered_before(&account.id).await
    });
    let before = asking.await.map_err(gate::away)?;
    Ok(before + account.spent.answered >= KNOWN_FROM)
}
