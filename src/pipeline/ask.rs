//! A question to one of the two models that play a fixed role: the classifier and the judge.

use serde_json::json;

use crate::domain::{completion::Completion, money::Pico, runtime::runtimes::DEFAULT};

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
        let charge = head.charge.map(|charge| Pico::from_usd(charge.usd));
        let whole = read::whole(head.body).await.ok();
        let text = whole
            .filter(|_| (200..300).contains(&head.status))
            .and_then(|body| Completion::parse(body).ok())
            .and_then(|completion| completion.choices.into_iter().next()?.text);
        Some(Asked {
            text,
            charge: charge.unwrap_or_default(),
        })
    };
    within(world, question.timeout, asking)
        .await
        .flatten()
        .unwrap_or_default()
}
