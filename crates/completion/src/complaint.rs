//! An error as a runtime said it, in whatever shape.

use serde_json::Value;

/// What is read of an error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Complaint {
    /// The HTTP status; of an error inside a 200, that of its own code.
    pub status: u16,
    /// Was there an error at all, rather than a page or nothing.
    pub has_error: bool,
    /// Message, code, type and what a provider behind the runtime said, in small letters.
    pub words: String,
    /// The message for the client, as it was written.
    pub message: Option<String>,
    pub code: Option<String>,
}

/// Characters of an error that are looked at.
const MOST: usize = 4_000;
/// Levels of errors within errors.
const DEEPEST: usize = 4;

impl Complaint {
    /// Reads the body of an answer that says no, or the error that stands where an answer should.
    /// Known shapes: `{"error": {…}}`, `{"error": "…"}`, `{"detail": …}` (FastAPI),
    /// `{"errors": [{…}]}`, `{"detail": {"error": {…}}}`, a list of one, and the error bare.
    pub fn read(status: u16, body: &Value) -> Complaint {
        let mut said = Complaint {
            status,
            ..Complaint::default()
        };
        said.take(body, 0);
        said.words = said.words.to_lowercase();
        if (200..300).contains(&status) {
            let own = said.code.as_deref().and_then(|code| code.parse().ok());
            said.status = own.filter(|own| (400..600).contains(own)).unwrap_or(502);
        }
        said
    }

    /// Has it all of these words.
    pub fn has(&self, words: &[&str]) -> bool {
        words.iter().all(|word| self.words.contains(word))
    }

    fn take(&mut self, value: &Value, depth: usize) {
        match value {
            Value::String(text) => {
                self.add(text);
                self.message.get_or_insert_with(|| cut(text).to_owned());
            }
            Value::Array(items) if depth < DEEPEST => {
                items
                    .iter()
                    .take(8)
                    .for_each(|item| self.take(item, depth + 1));
            }
            Value::Object(fields) if depth < DEEPEST => {
                for name in ["error", "errors", "detail"] {
                    if let Some(inner) = fields.get(name).filter(|inner| !inner.is_null()) {
                        self.has_error |= name != "detail" || !inner.is_string();
                        self.take(inner, depth + 1);
                    }
                }
                for name in ["message", "msg"] {
                    if let Some(inner) = fields.get(name).filter(|inner| !inner.is_null()) {
                        self.has_error = true;
                        self.take(inner, depth + 1);
                    }
                }
                for name in ["code", "type", "status", "param"] {
                    let text = match fields.get(name) {
                        Some(Value::String(text)) => text.clone(),
                        Some(Value::Number(number)) => number.to_string(),
                        _ => continue,
                    };
                    self.add(&text);
                    if name == "code" || (name == "status" && self.code.is_none()) {
                        self.code = Some(cut(&text).to_owned());
                    }
                }
                // OpenRouter quotes the provider's own error.
                if let Some(raw) = fields.get("metadata").and_then(|it| it.get("raw")) {
                    self.add(&raw.to_string());
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, text: &str) {
        if self.words.len() < MOST {
            self.words.push_str(cut(text));
            self.words.push('\n');
        }
    }
}

fn cut(text: &str) -> &str {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}
