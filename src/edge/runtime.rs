//! The runtime behind us, over fetch: what is sent to it, and what is read of its answers.

use runtimes::{
    address::{Place, Runtime},
    retry_after,
};
use worker::{
    js_sys::{Object, Promise, Reflect, Uint8Array},
    wasm_bindgen::{self, JsCast, JsValue, closure::ScopedClosure, prelude::wasm_bindgen},
    wasm_bindgen_futures::JsFuture,
    web_sys::{
        AbortController, AbortSignal, ReadableStreamDefaultReader, Response,
        WritableStreamDefaultWriter,
    },
};

use crate::{
    domain::settings::Settings,
    edge::patience::now,
    pipeline::{Body, Broken, Head, Pace, Step},
};

/// A request to the runtime. Only what stands here travels: no header of the client does.
pub struct Outgoing<'a> {
    /// The name of the runtime that it goes to, and whose key it carries.
    pub runtime: &'a str,
    pub method: &'static str,
    pub place: Place<'a>,
    pub body: Option<&'a str>,
    /// The client's signal, where the call is to end with the client.
    pub client: Option<&'a AbortSignal>,
}

/// Sends it. Dropping the future, or the body of its answer, aborts the call.
pub async fn send(
    settings: &Settings,
    outgoing: Outgoing<'_>,
) -> Result<Head<RuntimeBody>, Broken> {
    let client = outgoing.client.cloned();
    let runtime = settings.runtime(outgoing.runtime);
    let runtime = runtime.ok_or(Broken::Connection)?;
    let key = settings.key_of(runtime);
    let url = runtime.base.at(outgoing.place).ok_or(Broken::Connection)?;
    let headers = headers(runtime, key, outgoing.body.is_some());
    let controller = AbortController::new().map_err(|_| Broken::Connection)?;
    let abort = Abort(Some(controller.clone()));
    let call = call(
        &url,
        outgoing.method,
        &headers,
        outgoing.body.map(|body| body.as_bytes().into()),
        &controller,
        outgoing.client,
    );
    let response = call.await.map_err(|_| broken(client.as_ref()))?;
    let headers = response.headers();
    let header = |name: &str| headers.get(name).ok().flatten();
    let streams = header("content-type").is_some_and(|kind| kind.contains("event-stream"));
    let reader = response
        .body()
        .map(|stream| stream.get_reader().unchecked_into());
    Ok(Head {
        status: response.status(),
        charge: settings.charge_from.of_head(streams, header),
        cache_tier: header("x-btl-cache-tier").filter(|tier| is_hit(tier)),
        runtime_id: header("x-btl-request-id"),
        retry_after: header("retry-after").and_then(|text| retry_after::parse(&text, now())),
        body: RuntimeBody {
            reader,
            abort,
            client,
        },
    })
}

/// A cache tier that says there was no hit is none.
fn is_hit(tier: &str) -> bool {
    !matches!(
        tier.trim().to_ascii_lowercase().as_str(),
        "" | "none" | "miss" | "bypass"
    )
}

/// What is sent beside the body: names and values, as [`call`] takes them.
fn headers(runtime: &Runtime, key: Option<&str>, has_body: bool) -> String {
    let mut all = String::with_capacity(256);
    let mut put = |name: &str, value: &str| all.extend([name, "\0", value, "\0"]);
    for (name, value) in &runtime.headers {
        put(name, value);
    }
    if let Some((name, value)) = key.and_then(|key| runtime.auth.header(key)) {
        put(name, &value);
    }
    put("accept", "application/json, text/event-stream");
    put("user-agent", concat!("arbiter/", env!("CARGO_PKG_VERSION")));
    if has_body {
        put("content-type", "application/json");
    }
    all
}

/// Aborts its call when it is dropped: a fetch goes on by itself otherwise. One that is over
/// needs none.
struct Abort(Option<AbortController>);

impl Abort {
    fn abort(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.abort();
    }
}

fn broken(client: Option<&AbortSignal>) -> Broken {
    if client.is_some_and(AbortSignal::aborted) {
        Broken::ClientGone
    } else {
        Broken::Connection
    }
}

/// The body of the runtime's answer.
pub struct RuntimeBody {
    reader: Option<ReadableStreamDefaultReader>,
    abort: Abort,
    client: Option<AbortSignal>,
}

#[wasm_bindgen(module = "/src/edge/flow.js")]
extern "C" {
    /// See there.
    fn flow(
        reader: &ReadableStreamDefaultReader,
        writer: &WritableStreamDefaultWriter,
        first: Uint8Array,
        idle: f64,
        alive: f64,
        step: &ScopedClosure<dyn FnMut(JsValue) -> JsValue>,
    ) -> Promise;
    #[wasm_bindgen(catch)]
    async fn all(reader: &ReadableStreamDefaultReader, most: f64) -> Result<JsValue, JsValue>;
    fn leave(reader: &ReadableStreamDefaultReader);
    #[wasm_bindgen(catch)]
    async fn call(
        url: &str,
        method: &str,
        headers: &str,
        body: Option<Uint8Array>,
        controller: &AbortController,
        client: Option<&AbortSignal>,
    ) -> Result<Response, JsValue>;
}

impl RuntimeBody {
    /// Writes what comes `first`, then passes the chunks on as they come, each as `step` says of it, at
    /// that pace. Of silence `step` is told with `None`.
    pub async fn flow(
        &mut self,
        writer: &WritableStreamDefaultWriter,
        first: &[u8],
        pace: Pace,
        mut step: impl FnMut(Option<&[u8]>) -> Step,
    ) -> Result<(), Broken> {
        let Some(reader) = &self.reader else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        let mut each = |chunk: JsValue| {
            let next = match chunk.dyn_into::<Uint8Array>() {
                Ok(chunk) => {
                    bytes.resize(chunk.length() as usize, 0);
                    chunk.copy_to(&mut bytes);
                    step(Some(&bytes))
                }
                Err(_) => step(None),
            };
            match next {
                Step::Pass => JsValue::TRUE,
                Step::Skip => JsValue::NULL,
                Step::Write(bytes) => Uint8Array::from(bytes.as_slice()).into(),
                Step::Stop => JsValue::UNDEFINED,
            }
        };
        let each = ScopedClosure::borrow_mut(&mut each);
        let (idle, alive) = (pace.idle * 1_000.0, pace.alive * 1_000.0);
        let flowing = JsFuture::from(flow(reader, writer, first.into(), idle, alive, &each)).await;
        let left = self.client.as_ref().is_some_and(AbortSignal::aborted);
        match flowing
            .ok()
            .and_then(|how| how.as_f64())
            .map(|how| how as u8)
        {
            Some(0) => Ok(()),
            // Aborted, a body ends as if it were whole.
            _ if left => Err(Broken::ClientGone),
            Some(1) => Ok(()),
            Some(3) => Err(Broken::Silent),
            Some(4) => Err(Broken::ClientGone),
            _ => Err(Broken::Connection),
        }
    }
}

impl Body for RuntimeBody {
    type Chunk = Vec<u8>;

    async fn next(&mut self) -> Option<Result<Vec<u8>, Broken>> {
        let reader = self.reader.as_ref()?;
        let Ok(result) = JsFuture::from(reader.read()).await else {
            self.reader = None;
            return Some(Err(broken(self.client.as_ref())));
        };
        let result: Object = result.unchecked_into();
        let done = Reflect::get(&result, &"done".into()).is_ok_and(|done| done.is_truthy());
        let value = Reflect::get(&result, &"value".into()).unwrap_or(JsValue::UNDEFINED);
        if done || !value.is_instance_of::<Uint8Array>() {
            self.reader = None;
            // Aborted, a body ends as if it were whole.
            if self.client.as_ref().is_some_and(AbortSignal::aborted) {
                return Some(Err(Broken::ClientGone));
            }
            self.abort.0 = None;
            return None;
        }
        Some(Ok(value.unchecked_into::<Uint8Array>().to_vec()))
    }

    async fn all(&mut self, most: usize) -> Result<Vec<u8>, Broken> {
        let Some(reader) = self.reader.take() else {
            return Ok(Vec::new());
        };
        let read = all(&reader, most as f64).await;
        if self.client.as_ref().is_some_and(AbortSignal::aborted) {
            return Err(Broken::ClientGone);
        }
        match read.map(JsCast::dyn_into::<Uint8Array>) {
            Ok(Ok(bytes)) => {
                self.abort.0 = None;
                Ok(bytes.to_vec())
            }
            Ok(Err(_)) => Err(Broken::TooLarge),
            Err(_) => Err(Broken::Connection),
        }
    }

    fn abort(&mut self) {
        self.abort.abort();
        self.reader = None;
    }

    fn leave(&mut self) {
        if let Some(reader) = self.reader.take() {
            leave(&reader);
            self.abort.0 = None;
        }
    }
}
