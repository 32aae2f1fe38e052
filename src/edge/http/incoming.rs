//! What clients send: bodies within bounds of size and time, each by itself and all together.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    thread::LocalKey,
};

use chat::json::RawObject;
use worker::{
    Request,
    js_sys::{Object, Reflect, Uint8Array},
    wasm_bindgen::{self, JsCast, JsValue, prelude::wasm_bindgen},
    wasm_bindgen_futures::JsFuture,
    web_sys::{self, ReadableStream, ReadableStreamDefaultReader},
};

use crate::{
    domain::{account::key::KeyHash, refusal::Refusal, settings::Settings},
    edge::patience::within,
};

const MB: u64 = 1024 * 1024;
/// A body that says it is no larger than this is held from the beginning, and read at once; of another
/// only what is there is held.
const SMALL: u64 = 256 * 1024;
/// Bytes of bodies that are held from the beginning and are not read yet, at the most: whoever announces
/// bodies and sends none takes no more from those who do. Further ones are read as large ones are.
const MAX_PROMISED: u64 = 6 * MB;

/// What is held of one kind of bodies.
#[derive(Debug)]
struct Pool {
    /// Bytes that an isolate holds of them at the most, and does.
    most: u64,
    all: u64,
    /// Of those who are no operators: all of them, and each.
    others: u64,
    by: BTreeMap<String, u64>,
}

impl Pool {
    const fn of(most: u64) -> RefCell<Pool> {
        RefCell::new(Pool {
            most,
            all: 0,
            others: 0,
            by: BTreeMap::new(),
        })
    }
}

thread_local! {
    /// What a model is asked with.
    static QUESTIONS: RefCell<Pool> = const { Pool::of(48 * MB) };
    /// The others, which are small: whoever switches something off waits for no conversation.
    static CALLS: RefCell<Pool> = const { Pool::of(4 * MB) };
    static PROMISED: Cell<u64> = const { Cell::new(0) };
}

/// Bytes that are held, until this is dropped.
#[derive(Debug)]
pub struct Held {
    bytes: u64,
    pool: &'static LocalKey<RefCell<Pool>>,
    /// Whose they are, where that is no operator.
    of: Option<String>,
}

impl Held {
    fn of(pool: &'static LocalKey<RefCell<Pool>>, of: Option<String>) -> Held {
        Held { bytes: 0, pool, of }
    }

    /// Whoever is no operator has a quarter at the most (or one body), and all of those together have
    /// three quarters: no number of keys shuts an operator out.
    fn more(&mut self, bytes: u64, limit: u64) -> Result<(), Refusal> {
        self.pool.with_borrow_mut(|pool| {
            let quarter = pool.most / 4;
            let own = self.of.as_ref().and_then(|of| pool.by.get(of));
            let own = own.copied().unwrap_or(0) + bytes;
            let others = pool.others + bytes;
            let has_room = self.of.is_none() || own <= limit.max(quarter) && others <= quarter * 3;
            if pool.all + bytes > pool.most || !has_room {
                return Err(Refusal::Busy { retry_after: 2 });
            }
            if let Some(of) = &self.of {
                pool.by.insert(of.clone(), own);
                pool.others = others;
            }
            pool.all += bytes;
            self.bytes += bytes;
            Ok(())
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pool.with_borrow_mut(|pool| {
            pool.all = pool.all.saturating_sub(self.bytes);
            let Some(of) = &self.of else { return };
            pool.others = pool.others.saturating_sub(self.bytes);
            match pool.by.get_mut(of) {
                Some(own) if *own > self.bytes => *own -= self.bytes,
                _ => {
                    pool.by.remove(of);
                }
            }
        });
    }
}

/// Bytes that are held and not read yet, until this is dropped.
struct Promised(u64);

impl Promised {
    fn of(bytes: u64) -> Option<Promised> {
        let all = PROMISED.get() + bytes;
        (bytes <= SMALL && all <= MAX_PROMISED).then(|| {
            PROMISED.set(all);
            Promised(bytes)
        })
    }
}

impl Drop for Promised {
    fn drop(&mut self) {
        PROMISED.set(PROMISED.get().saturating_sub(self.0));
    }
}

fn announced(request: &Request) -> Option<u64> {
    let length = request.headers().get("content-length").ok().flatten();
    length.and_then(|length| length.trim().parse().ok())
}

/// Does a request say that its body is small.
pub fn is_small(request: &Request) -> bool {
    announced(request).is_some_and(|bytes| bytes <= SMALL)
}

/// Of a body that is refused, at most this many bytes are taken.
const MAX_DRAINED: f64 = 64.0 * 1024.0 * 1024.0;
/// Seconds for which the rest of a body that is refused is taken.
const DRAINED_FOR: f64 = 10.0;

/// Reads a body of at most `limit` bytes, all of which come within `BODY_TIMEOUT`. A larger one
/// is refused before it is parsed, and by its own word before it is read. `of`: who sends it, where
/// that is no operator.
pub async fn body(
    request: &mut Request,
    limit: u64,
    settings: &Settings,
    of: Option<String>,
) -> Result<(String, Held), Refusal> {
    read(request, limit, settings, Held::of(&CALLS, of)).await
}

/// The same where a model is to be asked.
pub async fn question(
    request: &mut Request,
    settings: &Settings,
    key: Option<&KeyHash>,
) -> Result<(String, Held), Refusal> {
    let held = Held::of(&QUESTIONS, key.map(|key| key.0.clone()));
    read(request, settings.max_body_bytes, settings, held).await
}

async fn read(
    request: &mut Request,
    limit: u64,
    settings: &Settings,
    mut held: Held,
) -> Result<(String, Held), Refusal> {
    let header = |name: &str| request.headers().get(name).ok().flatten();
    if let Some(encoding) = header("content-encoding")
        && !encoding.eq_ignore_ascii_case("identity")
    {
        return Err(Refusal::UnsupportedEncoding {
            encoding: crate::pipeline::clean(&encoding).unwrap_or_default(),
        });
    }
    let announced = announced(request);
    if announced.is_some_and(|length| length > limit) {
        return Err(Refusal::TooLarge { limit });
    }
    let seconds = settings.body_timeout;
    let reading = async {
        match announced.and_then(Promised::of) {
            Some(promised) => {
                held.more(promised.0, limit)?;
                request.bytes().await.map_err(|_| unreadable())
            }
            None => by_chunks(request.inner(), limit, &mut held).await,
        }
    };
    let bytes = within(seconds, reading)
        .await
        .ok_or(Refusal::TooSlow { seconds })??;
    if bytes.len() as u64 > limit {
        return Err(Refusal::TooLarge { limit });
    }
    // Some shells put a byte order mark before whatever they write to a file.
    let bytes = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| Refusal::invalid(None, "the body is not valid UTF-8"))?;
    Ok((text, held))
}

/// Takes what is left of the body of a refused request, within bounds, and keeps none of it: a
/// client that is cut off while it still sends would never read why.
pub async fn drain(request: &web_sys::Request) {
    if let Some(stream) = request.body().filter(|stream| !stream.locked()) {
        let _ = take_away(&stream, MAX_DRAINED, DRAINED_FOR * 1_000.0).await;
    }
}

#[wasm_bindgen(module = "/src/edge/drain.js")]
extern "C" {
    #[wasm_bindgen(js_name = drain, catch)]
    async fn take_away(stream: &ReadableStream, most: f64, millis: f64) -> Result<(), JsValue>;
}

/// A body as a JSON object. The refusal of anything else names the field in whose value the
/// reading stopped.
pub fn object(body: &str) -> Result<RawObject, Refusal> {
    RawObject::parse(body).map_err(|error| {
        let message = match &error.field {
            Some(field) => format!("the value of `{field}` is not valid JSON"),
            None => "the body is not a JSON object".to_owned(),
        };
        Refusal::invalid(error.field, message)
    })
}

/// Reads a body that is large or whose length was not said, no further than the limit.
async fn by_chunks(
    request: &web_sys::Request,
    limit: u64,
    held: &mut Held,
) -> Result<Vec<u8>, Refusal> {
    let Some(reader) = reader(request) else {
        return Ok(Vec::new());
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = next(&reader).await? {
        let more = u64::from(chunk.length());
        let fits = if bytes.len() as u64 + more > limit {
            Err(Refusal::TooLarge { limit })
        } else {
            held.more(more, limit)
        };
        if let Err(refusal) = fits {
            // The rest is taken with that of every request that is refused.
            reader.release_lock();
            return Err(refusal);
        }
        bytes.extend_from_slice(&chunk.to_vec());
    }
    Ok(bytes)
}

/// A reader of the body, where there is one that nobody else reads.
fn reader(request: &web_sys::Request) -> Option<ReadableStreamDefaultReader> {
    let stream = request.body().filter(|stream| !stream.locked())?;
    Some(stream.get_reader().unchecked_into())
}

/// The next bytes of a body; `None` at its end.
async fn next(reader: &ReadableStreamDefaultReader) -> Result<Option<Uint8Array>, Refusal> {
    let read = JsFuture::from(reader.read()).await;
    let read: Object = read.map_err(|_| unreadable())?.unchecked_into();
    let value = Reflect::get(&read, &"value".into()).map_err(|_| unreadable())?;
    Ok(value.dyn_into().ok())
}

fn unreadable() -> Refusal {
    Refusal::invalid(None, "the body could not be read")
}
