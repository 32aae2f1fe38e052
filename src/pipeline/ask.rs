//! A question to one of the two models that play a fixed role: the classifier and the judge.

use serde_json::{Value, json};

use crate::domain::{
    completion::Completion,
    money::Pico,
    runtime::{
        charge::{ChargeFrom, Counted, Prices},
        runtimes::DEFAULT,
    },
};

use super::{Call, World, read, within};

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
pub struct Asked {
    pub text: Option<String>,
    pub charge: Pico,
}

/// Asks once. Whatever goes wrong, the answer is simply missing: a question never fails the
/// request that it is asked for, nor holds it longer than its time.
pub async fn ask<W: World>(world: &W, question: &Question<'_>) -> Asked {
    // One of the pool is asked where the pool has it.
    let pool = world.pool();
    let own = pool.iter().find(|model| model.id == question.model);
    let runtime = own.map_or(DEFAULT, |model| &model.runtime).to_owned();
    let body = json!({
        "model": own.map_or(question.model, |model| &model.upstream_id),
        "messages": [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.user},
        ],
        "temperature": 0,
        "max_tokens": question.max_tokens,
    })
    .to_string();
    let asking = async {
        let head = world
            .send(Call {
                runtime,
                body,
                follows_client: false,
            })
            .await
            .ok()?;
        let whole = read::whole(head.body).await.ok();
        let completion = whole
            .filter(|_| (200..300).contains(&head.status))
            .and_then(|body| Completion::parse(body).ok());
        let usd = match (&head.charge, &completion) {
            (Some(charge), _) => Some(charge.usd),
            (None, Some(completion)) => counted(world, question.model, completion),
            (None, None) => None,
        };
        Some(Asked {
            charge: Pico::from_usd(usd.unwrap_or_default()),
            text: completion.and_then(|completion| completion.choices.into_iter().next()?.text),
        })
    };
    within(world, question.timeout, asking)
        .await
        .flatten()
        .unwrap_or_default()
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
        Counted::read(&bill).at(&Prices {
            input: model.in_price,
            output: model.out_price,
            cached: None,
        })
    })
}
