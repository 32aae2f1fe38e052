//! Bodies of the runtime, read to their end within bounds.

use super::world::{Body, Broken};

/// A whole answer is read up to this many bytes.
pub const MAX_BODY: usize = 4 * 1024 * 1024;
/// The same, as it is told.
pub const TOO_LARGE: &str = "more than 4 MB";
/// An error's body is read up to this many bytes.
const MAX_ERROR: usize = 64 * 1024;

/// Reads an answer.
pub async fn whole(mut body: impl Body) -> Result<String, Broken> {
    body.all(MAX_BODY).await.map(text)
}

/// Reads what came with an error status; what cannot be read says nothing.
pub async fn error(mut body: impl Body) -> Result<String, Broken> {
    match body.all(MAX_ERROR).await {
        Err(Broken::ClientGone) => Err(Broken::ClientGone),
        bytes => Ok(bytes.map(text).unwrap_or_default()),
    }
}

/// Bytes as text. Clients that read it without us pass over a byte order mark too.
pub fn text(mut bytes: Vec<u8>) -> String {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}
