//! A question to one of the two models that play a fixed role: the classifier and the judge.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::domain::{
    money::Pico,
    runtime::{limits::Limit, registry::Model},
};
use completion::{Completion, Usage};
use runtimes::{
    address::DEFAULT,
    charge::{ChargeFrom, Prices},
    faults::{Fault, reworded},
};

use super::{Call, World, failure::Failure, read, within};

/// What is asked, of whom, and how long it may take.
pub struct Question<'a> {
    pub model: &'a str,
    pub system: &'a str,
    pub user: &'a str,
    pub max_tokens: u64,
    /// Seconds.
    pub timeout: f64,
}

/// What came back, if anything did, and what was charged for it.
#[derive(Debug, Default)]
pub struct Returned {
    pub text: Option<String>,
    pub charge: Pico,
}

/// Asks once. Whatever goes wrong, the answer is simply missing: a question never fails the
/// request that it is asked for, nor holds it longer than its time.
pub async fn ask<W: World>(world: &W, question: &Question<'_>) -> Returned {
    let pool = world.pool();
    let (runtime, upstream_id) = place(&pool, question.model);
    let body = json!({
        "model": upstream_id,
        "messages": [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.user},
        ],
        "temperature": 0,
        "max_tokens": question.max_tokens,
    })
    .to_string();
    let charged = Cell::new(0.0);
    let asking = reply(world, question.model, runtime, body, &charged);
    let text = within(world, question.timeout, asking).await.flatten();
    Returned {
        text,
        charge: Pico::from_usd(charged.get()),
    }
}

/// Is what plays a role, by its id, that very model of the pool: under whichever id.
pub fn is_same<W: World>(world: &W, role: &str, model: &Model) -> bool {
    place(&world.pool(), role) == (&model.runtime, &model.upstream_id)
}

/// Where it is asked, and what it is called there: one of the pool where the pool has it.
fn place<'a>(pool: &'a [Model], model: &'a str) -> (&'a str, &'a str) {
    let own = pool.iter().find(|known| known.id == model);
    own.map_or((DEFAULT, model), |own| (&own.runtime, &own.upstream_id))
}

/// The text of its answer. What is refused for its wording only is asked once more in other words.
/// What was charged is added to `charged`, whatever comes of it.
async fn reply<W: World>(
    world: &W,
    model: &str,
    runtime: &str,
    body: String,
    charged: &Cell<f64>,
) -> Option<String> {
    let now = world.now();
    let mut wordings = world.memory(|memory| memory.limits.wordings(model, runtime, now));
    for again in [true, false] {
        let worded = reworded(body.clone(), &wordings);
        let call = Call {
            runtime: runtime.to_owned(),
            body: worded.clone(),
            follows_client: false,
        };
        let head = world.send(call).await.ok()?;
        let told = head.charge.map(|charge| charge.usd);
        charged.set(charged.get() + told.unwrap_or_default());
        if (200..300).contains(&head.status) {
            let completion = Completion::parse(read::whole(head.body).await.ok()?).ok()?;
            let usd = told.is_none().then(|| counted(world, model, &completion));
            charged.set(charged.get() + usd.flatten().unwrap_or_default());
            return completion.choices.into_iter().next()?.text;
        }
        let text = read::error(head.body).await.ok()?;
        let settings = world.settings();
        let failure = Failure::status(head.status, head.retry_after, &text, model, settings);
        let failure = failure.of_request(&worded);
        let Fault::Wording(wording) = failure.fault else {
            return None;
        };
        wordings.insert(wording);
        if !again || reworded(body.clone(), &wordings) == worded {
            return None;
        }
        let of = if wording.of_runtime() { runtime } else { model };
        if !failure.is_hearsay {
            world.remember(Limit::wording(of, wording, world.now()));
        }
    }
    None
}

/// What the usage says that it was charged, or what its tokens come to at list price.
fn counted<W: World>(world: &W, model: &str, completion: &Completion) -> Option<f64> {
    let bill: Value = serde_json::from_str(completion.bill()?).ok()?;
    let from = &world.settings().charge_from;
    from.of_usage(&bill).map(|charge| charge.usd).or_else(|| {
        if *from == ChargeFrom::None {
            return None;
        }
        let pool = world.pool();
        let model = pool.iter().find(|known| known.id == model)?;
        let prices = Prices {
            input: model.in_price,
            output: model.out_price,
            cached: None,
        };
        prices.of(&Usage::read(&bill))
    })
}
