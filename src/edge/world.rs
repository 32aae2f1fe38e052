//! The world as the pipeline asks for it, on this platform.

use std::{cell::Cell, rc::Rc, time::Duration};

use chat::Task;
use futures_channel::oneshot;
use runtimes::address::Place;
use worker::{
    Context, Delay, Env,
    js_sys::Uint8Array,
    wasm_bindgen::{self, JsValue, prelude::wasm_bindgen},
    wasm_bindgen_futures::{JsFuture, spawn_local},
    web_sys::{AbortSignal, ReadableStream, WritableStreamDefaultWriter},
};

use super::{
    brain,
    config::Config,
    http::reply::{self, Answer},
    objects::{AccountClient, LearnerClient, Paid, SessionClient},
    patience::{self, now},
    post, random,
    runtime::{self, Outgoing, RuntimeBody},
    store::Store,
};
use crate::{
    domain::{
        books::{feed::Outcome, rating::Rating, settlement::Settlement},
        conversation::Whose,
        isolate::memory::Memory,
        money::Pico,
        runtime::{limits::Limit, quarantine::Quarantine, registry::Model},
        session::News,
        settings::Settings,
    },
    pipeline::{Broken, Call, Head, Pace, Reply, Sink, Step, Whole, World},
};

/// One request's view of the platform.
pub struct EdgeWorld {
    pub env: Env,
    pub context: Rc<Context>,
    pub config: Rc<Config>,
    pub request_id: String,
    /// When the request arrived, Unix seconds.
    pub received_at: f64,
    /// Where the request was counted, with a minted key.
    pub account: Option<Rc<AccountClient>>,
    /// What its account was told that it cost, before it was settled.
    pub paid: Cell<Option<Pico>>,
    /// The id of its key, or the name of the operator.
    pub caller: Option<String>,
    /// Fires when the client goes away.
    pub client: AbortSignal,
}

impl World for EdgeWorld {
    type Body = RuntimeBody;

    fn now(&self) -> f64 {
        now()
    }

    fn seed(&self) -> u64 {
        random::number()
    }

    fn settings(&self) -> &Settings {
        &self.config.settings
    }

    fn pool(&self) -> Rc<[Model]> {
        self.config.pool()
    }

    fn received_at(&self) -> f64 {
        self.received_at
    }

    fn request_id(&self) -> &str {
        &self.request_id
    }

    fn key(&self) -> Option<&str> {
        let account = self.account.as_ref()?;
        Some(account.id().unwrap_or("unknown"))
    }

    fn client_gone(&self) -> bool {
        self.client.aborted()
    }

    async fn sleep(&self, duration: Duration) {
        Delay::from(duration).await;
    }

    fn memory<R>(&self, with: impl FnOnce(&mut Memory) -> R) -> R {
        brain::memory(with)
    }

    async fn refresh(&self) {
        brain::refresh(&self.env, &self.context).await;
    }

    async fn send(&self, call: Call) -> Result<Head<RuntimeBody>, Broken> {
        let outgoing = Outgoing {
            runtime: &call.runtime,
            method: "POST",
            place: Place::Call("/chat/completions"),
            body: Some(&call.body),
            client: call.follows_client.then_some(&self.client),
        };
        runtime::send(&self.config.settings, outgoing).await
    }

    fn pay_early(&self, spend: Pico, overhead: Pico, answered: bool) {
        let spent = self.spent(spend, overhead);
        self.paid.set(Some(spent));
        self.pay(Paid {
            spent,
            late: false,
            answered,
        });
    }

    async fn settle(&self, settlement: &Settlement) {
        let mut told = settlement.clone();
        let detail = &mut told.decision.detail;
        let key = self.account.as_ref().and_then(|account| account.id());
        let key = key.map(str::to_owned).or_else(|| self.caller.clone());
        detail.key = detail.key.take().or(key);
        detail
            .tags
            .extend(self.account.iter().flat_map(|account| account.tags()));
        let millis = ((now() - self.received_at) * 1_000.0).round();
        detail.total_ms.get_or_insert(millis);
        let spent = self.spent(settlement.spend, settlement.overhead);
        match self.paid.get() {
            None => self.pay(Paid {
                spent,
                late: false,
                answered: settlement.decision.outcome == Outcome::Finished,
            }),
            // What the judge took, which was asked meanwhile, comes on top.
            Some(paid) => self.pay_late(spent.minus(paid)),
        }
        post::settle(&self.env, told).await;
    }

    async fn rate(&self, task: Task, model: &str, rating: Rating) {
        // The request was settled before: what the judge took comes on top.
        let spent = self.spent(Pico::default(), rating.overhead);
        let door = format!("learner/{}/{model}", task.name());
        let telling = patience::change(&door, async {
            LearnerClient::of(&self.env, task, model)?
                .rate(task, model, rating)
                .await
        });
        self.pay_late(spent);
        match telling.await {
            Ok(told) => brain::memory(|memory| memory.absorb(task, model.to_owned(), told.book)),
            Err(error) => worker::console_warn!("a late grade was not taken: {error}"),
        }
    }

    fn set_quarantine(&self, model: &str, quarantine: Option<Quarantine>) {
        let now = now();
        brain::memory(|memory| memory.set_quarantine(model, quarantine, now));
        let (env, model) = (self.env.clone(), model.to_owned());
        // The next model is tried meanwhile.
        self.context.wait_until(async move {
            for wait in [0, 500, 2_000] {
                Delay::from(Duration::from_millis(wait)).await;
                if wait > 0 && !brain::memory(|it| it.still_holds(&model, quarantine.as_ref())) {
                    break;
                }
                let told = async {
                    Store::open(&env)?
                        .set_quarantine(&model, quarantine, now)
                        .await
                };
                match told.await {
                    Ok(()) => break,
                    Err(error) => {
                        worker::console_error!("the quarantine of {model} was not stored: {error}");
                    }
                }
            }
        });
    }

    fn remember(&self, limit: Limit) {
        let now = now();
        brain::memory(|memory| memory.limits.note(limit.clone(), now));
        let env = self.env.clone();
        self.context.wait_until(async move {
            let told = async { Store::open(&env)?.set_limit(&limit, now).await };
            // Best effort: what is not stored is run into once more elsewhere.
            if let Err(error) = told.await {
                worker::console_warn!("what {} does not take was not stored: {error}", limit.of);
            }
        });
    }

    fn keep(&self, whose: &Whose, news: News) {
        let Ok(session) = SessionClient::of(&self.env, whose) else {
            return;
        };
        self.context.wait_until(async move {
            // Best effort: a turn that is not kept is decided anew.
            if let Err(error) = session.keep(news).await {
                worker::console_warn!("a conversation was not kept: {error}");
            }
        });
    }

    fn uncount(&self) {
        let Some(account) = self.account.clone() else {
            return;
        };
        let request_id = self.request_id.clone();
        self.context.wait_until(async move {
            let what = format!("{request_id} was not taken back");
            patience::insist(&what, || account.give_back(&request_id)).await;
        });
    }

    fn log(&self, mut line: serde_json::Value) {
        if let Some(line) = line.as_object_mut() {
            line.insert("key".into(), self.caller.clone().into());
        }
        worker::console_log!("{line}");
    }
}

impl EdgeWorld {
    /// What counts for the caller's budget.
    fn spent(&self, spend: Pico, overhead: Pico) -> Pico {
        match self.config.settings.budget_includes_overhead {
            true => spend.plus(overhead),
            false => spend,
        }
    }

    /// Tells the account what was spent on a request that it has been told the end of.
    fn pay_late(&self, spent: Pico) {
        if spent > Pico::default() {
            self.pay(Paid {
                spent,
                late: true,
                answered: false,
            });
        }
    }

    /// Tells the account what was spent, while the request goes on. A key without one has no limits.
    fn pay(&self, paid: Paid) {
        let Some(account) = self.account.clone() else {
            return;
        };
        let request_id = self.request_id.clone();
        self.context.wait_until(async move {
            let what = format!("{request_id} was not paid for");
            patience::insist(&what, || account.settle(&request_id, paid)).await;
        });
    }
}

/// The answer, on its way from the pipeline to the handler that waits for it.
pub struct EdgeReply {
    pub answer: oneshot::Sender<Answer>,
}

impl Reply for EdgeReply {
    type Sink = EdgeSink;

    fn whole(self, whole: Whole) {
        // Where nobody waits any more the client has gone.
        let _ = self
            .answer
            .send(reply::text(whole.status, whole.headers, whole.body));
    }

    fn stream(self, headers: Vec<(&'static str, String)>) -> EdgeSink {
        let pipe = pipe();
        let _ = self.answer.send(reply::stream(headers, pipe.readable()));
        EdgeSink {
            writer: Some(pipe.writer()),
        }
    }
}

#[wasm_bindgen(module = "/src/edge/flow.js")]
extern "C" {
    /// See there.
    type Pipe;
    fn pipe() -> Pipe;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &Pipe) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writer(this: &Pipe) -> WritableStreamDefaultWriter;
    /// See there.
    #[wasm_bindgen(catch)]
    async fn end(writer: &WritableStreamDefaultWriter, last: Uint8Array) -> Result<(), JsValue>;
}

/// The writing half of a streamed answer.
pub struct EdgeSink {
    writer: Option<WritableStreamDefaultWriter>,
}

impl EdgeSink {
    async fn put(&mut self, bytes: &JsValue) -> Result<(), Broken> {
        let writer = self.writer.as_ref().ok_or(Broken::ClientGone)?;
        let written = JsFuture::from(writer.write_with_chunk(bytes)).await;
        written.map(|_| ()).map_err(|_| Broken::ClientGone)
    }
}

impl Sink for EdgeSink {
    type Body = RuntimeBody;

    async fn flow(
        &mut self,
        first: Vec<u8>,
        body: &mut RuntimeBody,
        pace: Pace,
        step: impl FnMut(Option<&[u8]>) -> Step,
    ) -> Result<(), Broken> {
        match &self.writer {
            Some(writer) => body.flow(writer, &first, pace, step).await,
            None => Err(Broken::ClientGone),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.put(&Uint8Array::from(bytes)).await
    }

    async fn end(&mut self, last: &[u8]) -> Result<(), Broken> {
        let writer = self.writer.as_ref().ok_or(Broken::ClientGone)?;
        let ended = end(writer, last.into()).await;
        ended.map_err(|_| Broken::ClientGone)
    }

    fn abort(&mut self) {
        if let Some(writer) = self.writer.take() {
            let aborting = JsFuture::from(writer.abort_with_reason(&"broken off".into()));
            // Nobody waits for it; unheard, its failure would be logged as a fault of ours.
            spawn_local(async move {
                let _ = aborting.await;
            });
        }
    }
}

/// An id that no other request has. It begins with the time, so that ids stand in the order of
/// their requests.
pub fn new_request_id() -> String {
    let mut bytes = [0u8; 7];
    let millis = (now() * 1_000.0) as u64;
    if getrandom::fill(&mut bytes).is_err() {
        return format!("req_{millis:011x}");
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("req_{millis:011x}{hex}")
}
