//! Whether the words by which a failure is known can be the client's own.

use chat::json::RawObject;
use completion::Complaint;

use super::table;
use crate::needs::is_known;

/// Words that tell of a value or of an address that the client gave: of the model they say nothing.
const OF_A_VALUE: [&str; 3] = ["supported values", "must be one of", "download"];

/// Can the words be the client's own: errors quote what they refuse. They can where it gave a field a
/// name that has one of them, or where all of them stand in what it wrote; `request` is JSON. So can those of a value
/// that it gave.
pub fn is_hearsay(said: &Complaint, request: &str) -> bool {
    let Some(words) = table::words(said) else {
        return false;
    };
    if OF_A_VALUE.iter().any(|of| said.has(&[of])) {
        return true;
    }
    let fields = RawObject::parse(request).unwrap_or_default();
    let mut names = fields.iter(request).filter(|(name, _)| !is_known(name));
    let in_name = |name: &str| {
        let name = name.to_lowercase();
        words.iter().any(|word| name.contains(word))
    };
    if names.any(|(name, _)| in_name(name)) {
        return true;
    }
    let wrote = unescaped(request);
    words.iter().all(|word| wrote.contains(word))
}

/// JSON as it reads, in small letters, each run of white space one space.
fn unescaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut characters = json.chars();
    while let Some(character) = characters.next() {
        let meant = match character {
            '\\' => match characters.next() {
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    code.and_then(char::from_u32).unwrap_or(' ')
                }
                Some('n' | 't' | 'r' | 'f' | 'b') | None => ' ',
                Some(other) => other,
            },
            other => other,
        };
        if meant.is_ascii() && !meant.is_ascii_whitespace() {
            text.push(meant.to_ascii_lowercase());
        } else if !meant.is_whitespace() {
            text.extend(meant.to_lowercase());
        } else if !text.ends_with(' ') {
            text.push(' ');
        }
    }
    text
}
