//! The runtime behind us, over fetch: what is sent to it, and what is read of its answers.

use worker::{
    js_sys::{self, Object, Promise, Reflect, Uint8Array},
    wasm_bindgen::{self, JsCast, JsValue, closure::ScopedClosure, prelude::wasm_bindgen},
    wasm_bindgen_futures::JsFuture,
    web_sys::{
        AbortController, AbortSignal, Headers, ReadableStreamDefaultReader, RequestInit,
        RequestRedirect, Response, WorkerGlobalScope, WritableStreamDefaultWriter,
    },
};

use crate::{
    domain::{
        runtime::runtimes::{Place, Runtime},
        settings::Settings,
        wire::retry_after,
    },
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
    let (init, abort) = init(runtime, key, &outgoing).map_err(|_| Broken::Connection)?;
    let url = runtime.base.at(outgoing.place).ok_or(Broken::Connection)?;
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    let promise = scope.fetch_with_str_and_init(&url, &init);
    let response: Response = match JsFuture::from(promise).await {
        Ok(response) => response.unchecked_into(),
        Err(_) => return Err(broken(client.as_ref())),
    };
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

fn init(
    runtime: &Runtime,
    key: Option<&str>,
    outgoing: &Outgoing<'_>,
) -> Result<(RequestInit, Abort), JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &runtime.headers {
        headers.set(name, value)?;
    }
    if let Some((name, value)) = key.and_then(|key| runtime.auth.header(key)) {
        headers.set(name, &value)?;
    }
    headers.set("accept", "application/json, text/event-stream")?;
    headers.set("user-agent", concat!("arbiter/", env!("CARGO_PKG_VERSION")))?;
    let init = RequestInit::new();
    init.set_method(outgoing.method);
    if let Some(body) = outgoing.body {
        headers.set("content-type", "application/json")?;
        init.set_body(&JsValue::from_str(body));
    }
    init.set_headers(&headers);
    // Followed, a redirect would carry the key elsewhere.
    init.set_redirect(RequestRedirect::Manual);
    let controller = AbortController::new()?;
    let signal = match outgoing.client {
        Some(client) => {
            let both = js_sys::Array::of2(&controller.signal(), client);
            any(&both)?
        }
        None => controller.signal(),
    };
    init.set_signal(Some(&signal));
    Ok((init, Abort(Some(controller))))
}

/// `AbortSignal.any`: a signal that fires with the first of several.
fn any(signals: &js_sys::Array) -> Result<AbortSignal, JsValue> {
    let class = Reflect::get(&js_sys::global(), &"AbortSignal".into())?;
    let any: js_sys::Function = Reflect::get(&class, &"any".into())?.dyn_into()?;
    Ok(any.call1(&class, signals)?.unchecked_into())
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
        idle: f64,
        alive: f64,
        step: &ScopedClosure<dyn FnMut(JsValue) -> JsValue>,
    ) -> Promise;
}

impl RuntimeBody {
    /// Passes the chunks on as they come, each as `step` says of it, at that pace. Of silence
    /// `step` is told with `None`.
    pub async fn flow(
        &mut self,
        writer: &WritableStreamDefaultWriter,
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
        let flowing = JsFuture::from(flow(reader, writer, idle, alive, &each)).await;
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

    fn abort(&mut self) {
        self.abort.abort();
        self.reader = None;
    }
}
