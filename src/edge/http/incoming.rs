//! What clients send: bodies within bounds.

use futures_util::StreamExt;
use worker::{ByteStream, Request};

use crate::domain::{json::RawObject, refusal::Refusal};

/// Of a body that is refused, at most this many bytes are taken.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

/// Reads a body of at most `limit` bytes. A larger one is refused before it is parsed, and by
/// its own word before it is read.
pub async fn body(request: &mut Request, limit: u64) -> Result<String, Refusal> {
    let header = |name: &str| request.headers().get(name).ok().flatten();
    if let Some(encoding) = header("content-encoding")
        && !encoding.eq_ignore_ascii_case("identity")
    {
        return Err(Refusal::UnsupportedEncoding {
            encoding: crate::pipeline::clean(&encoding).unwrap_or_default(),
        });
    }
    let announced = header("content-length").and_then(|length| length.trim().parse::<u64>().ok());
    let bytes = match announced {
        Some(length) if length > limit => {
            if let Ok(mut stream) = request.stream() {
                drain(&mut stream).await;
            }
            return Err(Refusal::TooLarge { limit });
        }
        Some(_) => request.bytes().await.map_err(|_| unreadable())?,
        None => unannounced(request, limit).await?,
    };
    if bytes.len() as u64 > limit {
        return Err(Refusal::TooLarge { limit });
    }
    String::from_utf8(bytes).map_err(|_| Refusal::invalid(None, "the body is not valid UTF-8"))
}

/// Takes the rest of a body that is refused, within bounds, and keeps none of it: a client that
/// is cut off while it still sends would never read why.
async fn drain(stream: &mut ByteStream) {
    let mut taken = 0;
    while let Some(Ok(chunk)) = stream.next().await {
        taken += chunk.len();
        if taken > MAX_DRAINED {
            return;
        }
    }
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

/// Reads a body whose length was not said, no further than the limit.
async fn unannounced(request: &mut Request, limit: u64) -> Result<Vec<u8>, Refusal> {
    let Ok(mut stream) = request.stream() else {
        return Ok(Vec::new());
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.map_err(|_| unreadable())?);
        if bytes.len() as u64 > limit {
            drain(&mut stream).await;
            return Err(Refusal::TooLarge { limit });
        }
    }
    Ok(bytes)
}

fn unreadable() -> Refusal {
    Refusal::invalid(None, "the body could not be read")
}
