//! Typed clients of the Durable Objects.

use chat::Task;
use serde::{Serialize, de::DeserializeOwned};
use worker::{Env, Method, Request, RequestInit, Result, Stub, wasm_bindgen::JsValue};

use super::message::{ToFeed, ToLearner, Told};
use crate::domain::{
    book::learner_name,
    feed::{Alert, Decision},
    post::Batch,
};

/// Says a message of an object that has one kind of them.
pub(super) async fn tell<M: Serialize, A: DeserializeOwned>(stub: &Stub, message: &M) -> Result<A> {
    say(stub, "", message).await
}

async fn say<M: Serialize, A: DeserializeOwned>(stub: &Stub, verb: &str, message: &M) -> Result<A> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(JsValue::from_str(&serde_json::to_string(message)?)));
    let request = Request::new_with_init(&format!("https://object/{verb}"), &init)?;
    let mut response = stub.fetch_with_request(request).await?;
    let text = response.text().await?;
    if response.status_code() != 200 {
        return Err(format!("the object answered {}", response.status_code()).into());
    }
    Ok(serde_json::from_str(&text)?)
}

/// The Learner of one (task, model).
pub struct LearnerClient(Stub);

impl LearnerClient {
    pub fn of(env: &Env, task: Task, model: &str) -> Result<LearnerClient> {
        let namespace = env.durable_object("LEARNER")?;
        let stub = namespace.get_by_name(&learner_name(task, model))?;
        Ok(LearnerClient(stub))
    }

    /// Hands a batch over for good: once this answers, it is kept through any crash. May be said
    /// again. Gives the book with it.
    pub async fn tell(&self, batch: &Batch) -> Result<Told> {
        let settlements = batch.settlements.iter().map(|it| (**it).clone()).collect();
        let tell = ToLearner::Tell {
            line: batch.line.clone(),
            first: batch.first,
            settlements,
        };
        say(&self.0, "tell", &tell).await
    }
}

/// The one Feed.
pub struct FeedClient(Stub);

impl FeedClient {
    pub fn of(env: &Env) -> Result<FeedClient> {
        Ok(FeedClient(env.durable_object("FEED")?.get_by_name("feed")?))
    }

    pub async fn push(
        &self,
        epoch: u64,
        decisions: Vec<Decision>,
        alerts: Vec<Alert>,
    ) -> Result<bool> {
        self.say(&ToFeed::Push {
            epoch,
            decisions,
            alerts,
        })
        .await
    }

    pub async fn reset(&self, epoch: u64) -> Result<bool> {
        self.say(&ToFeed::Reset { epoch }).await
    }

    /// The newest decisions, newest first.
    pub async fn decisions(&self) -> Result<Vec<Decision>> {
        self.say(&ToFeed::Decisions).await
    }

    /// The newest alerts, newest first.
    pub async fn alerts(&self) -> Result<Vec<Alert>> {
        self.say(&ToFeed::Alerts).await
    }

    async fn say<A: DeserializeOwned>(&self, message: &ToFeed) -> Result<A> {
        say(&self.0, message.verb(), message).await
    }
}
