//! A world without a platform: time passes only when everyone waits, and the runtime says what
//! its script says.

mod client;
mod clock;
mod runtime;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use chat::{RequestBounds, Task};
use runtimes::charge::Charge;
use serde_json::Value;

use crate::domain::{
    books::{rating::Rating, settlement::Settlement},
    conversation::{Kept, Whose},
    isolate::memory::Memory,
    money::Pico,
    refusal::Refusal,
    runtime::{
        limits::Limit,
        quarantine::Quarantine,
        registry::{self, Model},
    },
    session::News,
    settings::Settings,
    surface::{Chat, Protocol, Surface},
    wire::request::ChatRequest,
};
use crate::pipeline::{Broken, Call, Head, World, serve};

use client::MemoryReply;
use clock::Clock;
use runtime::{Guard, MemoryBody};

pub use client::Got;
pub use runtime::{Script, Step};

/// What came of a call.
#[derive(Debug)]
pub struct Called {
    pub model: String,
    pub body: Value,
    pub runtime: String,
    pub aborted: Rc<Cell<bool>>,
}

pub struct MemoryWorld {
    pub clock: Rc<Clock>,
    pub settings: Settings,
    pub pool: Rc<[Model]>,
    pub memory: RefCell<Memory>,
    /// Answers of the models that are routed to, in the order of the calls.
    pub scripts: RefCell<VecDeque<Script>>,
    /// Answers of single models, and of all for which there is no other.
    pub of_model: RefCell<BTreeMap<String, Script>>,
    pub otherwise: RefCell<Option<Script>>,
    pub judge: RefCell<Script>,
    /// How often one of the two was asked.
    pub asked: Cell<usize>,
    pub calls: RefCell<Vec<Called>>,
    pub settled: RefCell<Vec<Settlement>>,
    pub lines: RefCell<Vec<Value>>,
    /// What is kept of the one conversation, and how often it was told something.
    pub kept: RefCell<Option<Kept>>,
    pub news: Cell<u64>,
    /// When the request was taken back out of its key's count.
    pub uncounted_at: Cell<Option<f64>>,
    /// What the account was told before the settlement, and when.
    pub paid_early: Cell<Option<(f64, Pico)>>,
    /// Seconds that a Learner takes to answer.
    pub settles_after: Cell<f64>,
    /// Choices of its task and model that were under way when it was settled.
    pub pending_when_settled: Cell<u64>,
    /// When the client leaves, seconds.
    pub leaves_at: Cell<f64>,
    /// Does the client take what is written.
    pub takes: Cell<bool>,
    /// Whose key asks; `None`: an operator.
    pub key: Option<String>,
    /// Grades that came after their settlement.
    pub rated: RefCell<Vec<Rating>>,
}

impl MemoryWorld {
    pub fn new(scripts: Vec<Script>) -> MemoryWorld {
        let settings = Settings::read(|name| {
            let text = match name {
                "GATEWAY_API_KEY" => "key-of-the-runtime",
                "REQUEST_TIMEOUT" => "100",
                "STREAM_IDLE_TIMEOUT" => "30",
                "JUDGE_TIMEOUT" => "20",
                _ => return None,
            };
            Some(text.to_owned())
        })
        .unwrap();
        let pool = registry::pool(&settings.baseline_model, settings.baseline_context);
        MemoryWorld {
            clock: Rc::default(),
            settings,
            pool: pool.into(),
            memory: RefCell::default(),
            scripts: RefCell::new(scripts.into()),
            of_model: RefCell::default(),
            otherwise: RefCell::default(),
            judge: RefCell::new(Script::answer(
                r#"{"choices":[{"message":{"content":"0.8"},"finish_reason":"stop"}]}"#,
            )),
            asked: Cell::default(),
            calls: RefCell::default(),
            settled: RefCell::default(),
            lines: RefCell::default(),
            kept: RefCell::default(),
            news: Cell::default(),
            uncounted_at: Cell::default(),
            paid_early: Cell::default(),
            settles_after: Cell::default(),
            pending_when_settled: Cell::default(),
            leaves_at: Cell::new(f64::INFINITY),
            takes: Cell::new(true),
            key: None,
            rated: RefCell::default(),
        }
    }

    /// Serves one request to its end, in no time.
    pub fn serve(&self, stream: bool) -> Served {
        self.serve_with(stream, "")
    }

    /// Only that model is left in the pool.
    pub fn pin(&mut self, model: &str) {
        let pool = self.pool.iter().filter(|it| it.id == model);
        self.pool = pool.cloned().collect();
    }

    /// The same with more fields: JSON that begins with a comma.
    pub fn serve_with(&self, stream: bool, fields: &str) -> Served {
        let body = format!(
            r#"{{"messages":[{{"role":"user","content":"Tell me about rivers."}}],"stream":{stream}{fields}}}"#
        );
        self.serve_request(&ChatRequest::parse(body, RequestBounds::default()).unwrap())
    }

    /// A plain request with that text.
    pub fn serve_text(&self, text: &str) -> Served {
        let body = format!(r#"{{"messages":[{{"role":"user","content":"{text}"}}]}}"#);
        self.serve_request(&ChatRequest::parse(body, RequestBounds::default()).unwrap())
    }

    /// The same with a request of one's own.
    pub fn serve_request(&self, request: &ChatRequest) -> Served {
        self.serve_through(request, &Chat::of(request))
    }

    /// The same for a client of another protocol.
    pub fn serve_door(&self, protocol: Protocol, body: &str) -> Served {
        let bounds = RequestBounds::default();
        let (request, foreign) = protocol.read(body.to_owned(), bounds).unwrap();
        self.serve_through(&request, &foreign.unwrap())
    }

    fn serve_through(&self, request: &ChatRequest, surface: &impl Surface) -> Served {
        let got = Rc::new(RefCell::new(Got::default()));
        let reply = MemoryReply {
            got: Rc::clone(&got),
            clock: Rc::clone(&self.clock),
            leaves_at: self.leaves_at.get(),
            takes: self.takes.get(),
        };
        let refusal = self.run(serve(self, request, surface, reply));
        Served {
            refusal,
            got: Rc::into_inner(got).unwrap().into_inner(),
            took: self.clock.now.get(),
        }
    }

    /// Polls until done; while everyone waits, the clock goes on to the next thing to happen.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..100_000 {
            self.clock.waits.borrow_mut().clear();
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
            let waits = self.clock.waits.borrow();
            let next = waits.iter().copied().fold(f64::INFINITY, f64::min);
            assert!(next.is_finite(), "everyone waits for nothing");
            self.clock.now.set(next);
        }
        panic!("it does not end");
    }
}

pub struct Served {
    pub refusal: Option<Refusal>,
    pub got: Got,
    /// Until everything was done, seconds.
    pub took: f64,
}

impl World for MemoryWorld {
    type Body = MemoryBody;

    fn now(&self) -> f64 {
        self.clock.now.get()
    }
    fn seed(&self) -> u64 {
        7
    }
    fn settings(&self) -> &Settings {
        &self.settings
    }
    fn pool(&self) -> Rc<[Model]> {
        Rc::clone(&self.pool)
    }
    fn received_at(&self) -> f64 {
        0.0
    }
    fn request_id(&self) -> &str {
        "req_1"
    }
    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
    fn client_gone(&self) -> bool {
        self.now() >= self.leaves_at.get()
    }
    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration.as_secs_f64()).await;
    }
    fn memory<R>(&self, with: impl FnOnce(&mut Memory) -> R) -> R {
        with(&mut self.memory.borrow_mut())
    }
    async fn refresh(&self) {}
    fn pay_early(&self, spend: Pico, _: Pico, _: bool) {
        self.paid_early.set(Some((self.now(), spend)));
    }

    async fn send(&self, call: Call) -> Result<Head<MemoryBody>, Broken> {
        let body: Value = serde_json::from_str(&call.body).unwrap();
        let model = body["model"].as_str().unwrap().to_owned();
        let roles = [&self.settings.judge_model, &self.settings.classifier_model];
        let asked = roles.contains(&&Some(model.clone()));
        let script = if asked {
            self.judge.borrow().clone()
        } else {
            let own = self.of_model.borrow().get(&model).cloned();
            let next = own.or_else(|| self.scripts.borrow_mut().pop_front());
            let next = next.or_else(|| self.otherwise.borrow().clone());
            next.unwrap_or_else(|| panic!("a call too many, to {model}"))
        };
        let aborted = Rc::new(Cell::new(false));
        if asked {
            self.asked.set(self.asked.get() + 1);
        } else {
            self.calls.borrow_mut().push(Called {
                model,
                body,
                runtime: call.runtime.clone(),
                aborted: Rc::clone(&aborted),
            });
        }
        let leaves_at = match call.follows_client {
            true => self.leaves_at.get(),
            false => f64::INFINITY,
        };
        let body = MemoryBody {
            clock: Rc::clone(&self.clock),
            steps: script.steps.into(),
            aborted: Rc::clone(&aborted),
            ended: false,
            leaves_at,
        };
        let mut guard = Guard(aborted, true);
        body.wait(script.head_after.unwrap_or(0.05)).await?;
        guard.1 = false;
        if script.head_after.is_none() {
            return Err(Broken::Connection);
        }
        Ok(Head {
            status: script.status,
            charge: script.charge.and_then(Charge::parse),
            retry_after: script.retry_after,
            cache_tier: None,
            runtime_id: None,
            body,
        })
    }

    async fn settle(&self, settlement: &Settlement) {
        let decision = &settlement.decision;
        let pending = {
            let memory = self.memory.borrow();
            memory.pending(decision.task, &decision.model, self.now())
        };
        self.pending_when_settled.set(pending);
        if self.settles_after.get() > 0.0 {
            self.clock.sleep(self.settles_after.get()).await;
        }
        self.settled.borrow_mut().push(settlement.clone());
    }
    async fn rate(&self, _task: Task, _model: &str, rating: Rating) {
        self.rated.borrow_mut().push(rating);
    }
    fn set_quarantine(&self, model: &str, quarantine: Option<Quarantine>) {
        let now = self.now();
        self.memory
            .borrow_mut()
            .set_quarantine(model, quarantine, now);
    }
    fn remember(&self, limit: Limit) {
        let now = self.now();
        self.memory.borrow_mut().limits.note(limit, now);
    }
    fn keep(&self, _: &Whose, news: News) {
        self.news.set(self.news.get() + 1);
        *self.kept.borrow_mut() = Some(news.now);
    }
    fn uncount(&self) {
        self.uncounted_at.set(Some(self.now()));
    }
    fn log(&self, line: Value) {
        self.lines.borrow_mut().push(line);
    }
}
