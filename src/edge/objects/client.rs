//! Typed clients of the Durable Objects.

use chat::Task;
use serde::{Serialize, de::DeserializeOwned};
use worker::{
    Env, Error, Result,
    js_sys::Reflect,
    wasm_bindgen::{self, JsValue, prelude::wasm_bindgen},
    web_sys::{self, ReadableStream},
};

use super::{
    feed::LIVE,
    message::{ToFeed, ToLearner, Told},
};
use crate::domain::{
    books::{
        book::learner_name,
        feed::{Alert, Decision},
        rating::Rating,
    },
    isolate::post::Batch,
};

#[wasm_bindgen(module = "/src/edge/objects/say.js")]
extern "C" {
    /// See there.
    #[wasm_bindgen(catch)]
    async fn say(
        namespace: &JsValue,
        name: &str,
        url: &str,
        message: &str,
    ) -> Result<JsValue, JsValue>;
}

/// An object by its name: nothing is asked of it yet.
pub(super) struct Object {
    namespace: JsValue,
    name: String,
}

impl Object {
    pub(super) fn of(env: &Env, binding: &str, name: &str) -> Result<Object> {
        let namespace = Reflect::get(env.as_ref(), &binding.into())?;
        if !namespace.is_object() {
            return Err(Error::BindingError(binding.to_owned()));
        }
        Ok(Object {
            namespace,
            name: name.to_owned(),
        })
    }

    /// Says a message of an object that has one kind of them.
    pub(super) async fn tell<M: Serialize, A: DeserializeOwned>(&self, message: &M) -> Result<A> {
        self.say("", message).await
    }

    /// `verb` is the path that it is sent to: what stands in traces.
    pub(super) async fn say<M: Serialize, A: DeserializeOwned>(
        &self,
        verb: &str,
        message: &M,
    ) -> Result<A> {
        let url = format!("https://object/{verb}");
        let message = serde_json::to_string(message)?;
        let answer = say(&self.namespace, &self.name, &url, &message).await?;
        match answer.as_string() {
            Some(text) => Ok(serde_json::from_str(&text)?),
            None => {
                let status = answer.as_f64().unwrap_or_default();
                Err(format!("the object answered {status}").into())
            }
        }
    }
}

/// The Learner of one (task, model).
pub struct LearnerClient(Object);

impl LearnerClient {
    pub fn of(env: &Env, task: Task, model: &str) -> Result<LearnerClient> {
        Object::of(env, "LEARNER", &learner_name(task, model)).map(LearnerClient)
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
        self.0.say("tell", &tell).await
    }

    /// Tells it of a grade that came after its settlement. A vote may be said again.
    pub async fn rate(&self, task: Task, model: &str, rating: Rating) -> Result<Told> {
        let rate = ToLearner::Rate {
            task,
            model: model.to_owned(),
            rating: Box::new(rating),
        };
        self.0.say("rate", &rate).await
    }
}

/// The one Feed.
pub struct FeedClient(Object);

impl FeedClient {
    pub fn of(env: &Env) -> Result<FeedClient> {
        Object::of(env, "FEED", "feed").map(FeedClient)
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

    /// A stream of what happens from now on; `None` where as many are open as may be.
    pub async fn live(env: &Env) -> Result<Option<ReadableStream>> {
        let object = env.durable_object("FEED")?.get_by_name("feed")?;
        let url = format!("https://object{LIVE}");
        let response: web_sys::Response = object.fetch_with_str(&url).await?.into();
        match response.status() {
            503 => Ok(None),
            _ => Ok(response.body()),
        }
    }

    async fn say<A: DeserializeOwned>(&self, message: &ToFeed) -> Result<A> {
        self.0.say(message.verb(), message).await
    }
}
