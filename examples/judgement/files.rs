//! Reading files of one JSON object a line, plain or gzipped.

use std::{fs, io::Read};

use flate2::read::MultiGzDecoder;
use serde::de::DeserializeOwned;

/// Every line of `path` as a `T`; empty lines are skipped. Gzip is told by its magic bytes.
///
/// # Errors
/// The file can't be read, or a line is no such object: the message names file and line.
pub fn read_lines<T: DeserializeOwned>(path: &str) -> Result<Vec<T>, String> {
    let raw = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let text = if raw.starts_with(&[0x1f, 0x8b]) {
        let mut text = String::new();
        MultiGzDecoder::new(raw.as_slice())
            .read_to_string(&mut text)
            .map_err(|error| format!("{path}: {error}"))?;
        text
    } else {
        String::from_utf8(raw).map_err(|error| format!("{path}: {error}"))?
    };
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| format!("{path}:{}: {error}", number + 1))
        })
        .collect()
}
