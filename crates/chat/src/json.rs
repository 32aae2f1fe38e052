//! Reading JSON that came from outside: raw slices where nothing needs reading, text that
//! survives lone surrogates, and errors that name the field.

use std::{
    cell::{Cell, RefCell},
    fmt,
    ops::Range,
};

use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use text::nesting::after_json_string;

/// A JSON string literal.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A top-level JSON object: its fields in order, each value as a range of the source text.
/// Of a name that stands twice the last value counts, as with most parsers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawObject {
    fields: Vec<(String, Range<usize>)>,
    repeated: Vec<String>,
}

/// Why a text is not a JSON object.
#[derive(Clone, Debug, PartialEq)]
pub struct NotAnObject {
    /// The top-level field in whose value the reading stopped.
    pub field: Option<String>,
    pub message: String,
}

impl RawObject {
    pub fn parse(text: &str) -> Result<RawObject, NotAnObject> {
        let at = RefCell::new(None);
        let too_many = Cell::new(false);
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = reader
            .deserialize_map(FieldsVisitor {
                base: text.as_ptr() as usize,
                at: &at,
                too_many: &too_many,
            })
            .and_then(|object| reader.end().map(|()| object));
        match read {
            Ok(object) => Ok(object),
            Err(error) => Err(NotAnObject {
                field: at.into_inner(),
                // The parser's own words would quote what was sent.
                message: if too_many.get() {
                    format!("more than {MAX_FIELDS} fields")
                } else {
                    format!("line {}, column {}", error.line(), error.column())
                },
            }),
        }
    }

    /// The source slice of a field's value; `text` is what the object was parsed from.
    pub fn get<'a>(&self, text: &'a str, name: &str) -> Option<&'a str> {
        let (_, range) = self.fields.iter().find(|(field, _)| field == name)?;
        text.get(range.clone())
    }

    /// Does a name stand there more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    /// Names and source slices, in order.
    pub fn iter<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.fields
            .iter()
            .map(move |(name, range)| (name.as_str(), text.get(range.clone()).unwrap_or("null")))
    }
}

struct FieldsVisitor<'c> {
    base: usize,
    at: &'c RefCell<Option<String>>,
    too_many: &'c Cell<bool>,
}

impl<'de> Visitor<'de> for FieldsVisitor<'_> {
    type Value = RawObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let RawObject {
            mut fields,
            mut repeated,
        } = RawObject::default();
        let mut read = 0;
        while let Some(Text(name)) = map.next_key()? {
            read += 1;
            if read > MAX_FIELDS {
                self.too_many.set(true);
                return Err(serde::de::Error::custom("too many fields"));
            }
            *self.at.borrow_mut() = Some(name.clone());
            let raw: &RawValue = map.next_value()?;
            *self.at.borrow_mut() = None;
            let start = raw.get().as_ptr() as usize - self.base;
            let range = start..start + raw.get().len();
            if let Some(known) = fields.iter_mut().find(|(field, _)| *field == name) {
                known.1 = range;
                repeated.push(name);
            } else {
                fields.push((name, range));
            }
        }
        Ok(RawObject { fields, repeated })
    }
}

/// More top-level fields than any request or answer has, those of one name counted each; bounds
/// the look-up by name.
const MAX_FIELDS: usize = 256;

/// A JSON string whose lone surrogates are replaced instead of refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for bytes, serde_json hands over strings with lone surrogates as WTF-8.
        deserializer.deserialize_bytes(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
        // Nearly all texts are well-formed, which is told a word of the machine at a time.
        Ok(Text(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        }))
    }
}

/// A field that is read where it has the expected type and passed over where it has another.
#[derive(Clone, Debug, PartialEq)]
pub struct Lenient<T>(pub Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Lenient(None)
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Without a look at `null`, which no type here is: why it does not fit would be written down each time.
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let read = || serde_json::from_str(raw).ok();
        Ok(Lenient((raw != "null").then(read).flatten()))
    }
}

/// Message content of any type: a string, an array of parts, or one part by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The string, or the text parts, joined by newlines.
    pub text: Option<String>,
    /// Other parts stand there: pictures, sound, files.
    pub media: bool,
    /// It is neither a text, nor parts, nor null.
    pub odd: bool,
    /// Parts of it are calls of tools, or what came of them.
    pub calls: bool,
    /// Bytes of the parts that hold thinking.
    pub thought: usize,
    /// Why the model refused, where a part says so.
    pub refusal: Option<String>,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Content::read(deserializer, "\n")
    }
}

/// The same of an answer: its parts are one text, cut where a source is named, say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered(pub Content);

impl<'de> Deserialize<'de> for Answered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Content::read(deserializer, "").map(Answered)
    }
}

impl Content {
    fn read<'de, D: Deserializer<'de>>(deserializer: D, between: &str) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw.starts_with('"') {
            let text = serde_json::from_str::<Text>(raw).ok().map(|text| text.0);
            return Ok(Content {
                text,
                ..Content::default()
            });
        }
        if raw.starts_with('{') {
            let mut parts = Parts::default();
            parts.take(raw);
            let mut content = parts.content(between);
            content.odd = parts_say_nothing(&content);
            return Ok(content);
        }
        if !raw.starts_with('[') {
            return Ok(Content {
                odd: raw != "null",
                ..Content::default()
            });
        }
        let parts: Parts = serde_json::from_str(raw).unwrap_or_default();
        let content = parts.content(between);
        Ok(Content {
            text: Some(content.text.unwrap_or_default()),
            ..content
        })
    }
}

fn parts_say_nothing(content: &Content) -> bool {
    content.text.is_none()
        && content.refusal.is_none()
        && !content.media
        && !content.calls
        && content.thought == 0
}

#[derive(Default)]
struct Parts {
    texts: Vec<String>,
    /// What the parts are beside their texts.
    rest: Content,
}

#[derive(Default, Deserialize)]
struct Part<'a> {
    #[serde(default)]
    text: Lenient<PartText>,
    #[serde(default, rename = "type")]
    kind: Lenient<Text>,
    #[serde(default)]
    refusal: Lenient<Text>,
    #[serde(borrow, default)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "inlineData")]
    inline_data: Option<&'a RawValue>,
}

/// A part's text, bare or with notes beside it.
struct PartText(String);

impl<'de> Deserialize<'de> for PartText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Noted {
            value: Text,
        }
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let text = match raw.starts_with('{') {
            true => serde_json::from_str(raw).map(|Noted { value }| value),
            false => serde_json::from_str(raw),
        };
        text.map(|text: Text| PartText(text.0))
            .map_err(serde::de::Error::custom)
    }
}

impl Parts {
    fn take(&mut self, raw: &str) {
        if raw.starts_with('"') {
            let text = serde_json::from_str::<Text>(raw);
            self.texts.extend(text.ok().map(|text| text.0));
            return;
        }
        let Ok(part) = serde_json::from_str::<Part<'_>>(raw) else {
            return;
        };
        let kind = part.kind.0.as_ref().map_or("", |kind| kind.0.as_str());
        let named = |words: &[&str]| words.iter().any(|word| kind.contains(word));
        if named(&["thinking", "reasoning"]) {
            let thought = part.thinking.map_or(0, |raw| raw.get().len());
            self.rest.thought += part.text.0.map_or(thought, |text| text.0.len());
            return;
        }
        self.rest.media |= named(&["image", "audio", "file", "video", "resource"]);
        self.rest.media |= part.inline_data.is_some();
        self.rest.calls |= named(&["tool_use", "tool_call", "tool_result", "function_call"]);
        if let Some(Text(refusal)) = part.refusal.0 {
            let all = self.rest.refusal.get_or_insert_default();
            all.push_str(&refusal);
        }
        self.texts.extend(part.text.0.map(|text| text.0));
    }

    fn content(self, between: &str) -> Content {
        Content {
            text: (!self.texts.is_empty()).then(|| self.texts.join(between)),
            ..self.rest
        }
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartsVisitor;
        impl<'de> Visitor<'de> for PartsVisitor {
            type Value = Parts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of parts")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parts, A::Error> {
                let mut parts = Parts::default();
                while let Some(raw) = seq.next_element::<&RawValue>()? {
                    parts.take(raw.get());
                }
                Ok(parts)
            }
        }
        deserializer.deserialize_seq(PartsVisitor)
    }
}

/// Does a JSON text hold a number that no double can: `1e400` is valid JSON, but each parser
/// makes something else of it.
pub fn has_unrepresentable_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let after = bytes.get(at + 1..).unwrap_or_default();
                at = bytes.len() - after_json_string(after).len();
            }
            b'0'..=b'9' | b'-' => {
                let number: &str = text.get(at..).unwrap_or_default();
                let len = number
                    .bytes()
                    .take_while(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
                    .count();
                let number = number.get(..len).unwrap_or_default();
                // Only an exponent or hundreds of digits can overflow.
                let suspicious = len > 300 || number.contains(['e', 'E']);
                if suspicious && !number.parse::<f64>().is_ok_and(f64::is_finite) {
                    return true;
                }
                at += len.max(1);
            }
            _ => at += 1,
        }
    }
    false
}

/// Is the text one JSON value of any kind.
pub fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_fields_of_one_name_counts() {
        let text = r#"{"a":1, "b" : [ 2 ], "a":3}"#;
        let object = RawObject::parse(text).unwrap();
        assert_eq!(object.get(text, "a"), Some("3"));
        assert_eq!(object.get(text, "b"), Some("[ 2 ]"));
        assert!(object.is_repeated("a") && !object.is_repeated("b"));
        assert_eq!(object.iter(text).count(), 2);
    }

    #[test]
    fn a_value_that_is_not_json_is_refused_by_its_name() {
        let refused = RawObject::parse(r#"{"messages":[],"temperature":NaN}"#).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("temperature"));
        for text in ["", "[]", "3", "{", r#"{"a":1}x"#, r#"{"a" 1}"#] {
            assert!(RawObject::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_object_of_too_many_fields_is_refused_as_that() {
        let fields: Vec<_> = (0..=MAX_FIELDS).map(|n| format!("\"f{n}\":1")).collect();
        let refused = RawObject::parse(&format!("{{{}}}", fields.join(","))).unwrap_err();
        assert_eq!(refused.message, "more than 256 fields");
        assert_eq!(refused.field, None);
    }

    #[test]
    fn lone_surrogates_are_replaced_not_refused() {
        let content: Content = serde_json::from_str(r#""a\ud800b""#).unwrap();
        let text = content.text.unwrap();
        assert!(text.starts_with('a') && text.ends_with('b') && text.contains('\u{fffd}'));
    }

    #[test]
    fn content_of_any_type_is_read_without_error() {
        for (json, text, media) in [
            (r#""hi""#, Some("hi"), false),
            ("null", None, false),
            ("7", None, false),
            (r#"{"a":1}"#, None, false),
            (r#"{"type":"text","text":"a"}"#, Some("a"), false),
            (r#"{"type":"image_url"}"#, None, true),
            (r#"[{"type":"output_text","text":"a"},4]"#, Some("a"), false),
            (
                r#"[{"type":"text","text":"a"},{"type":"image_url"},{"text":3},"b",4]"#,
                Some("a\nb"),
                true,
            ),
            (r#"[{"type":"output_audio"}]"#, Some(""), true),
            (r#"[{"type":"file","file":{}}]"#, Some(""), true),
        ] {
            let read: Content = serde_json::from_str(json).unwrap();
            assert_eq!((read.text.as_deref(), read.media), (text, media), "{json}");
            let odd = ["7", r#"{"a":1}"#].contains(&json);
            assert_eq!(read.odd, odd, "{json}");
        }
    }

    #[test]
    fn numbers_beyond_a_double_are_found_outside_strings_only() {
        assert!(has_unrepresentable_number("[1, 1e400]"));
        assert!(has_unrepresentable_number(&"9".repeat(400)));
        assert!(!has_unrepresentable_number(
            r#"{"a":"1e400","b":1e-400,"c":-2.5e3}"#
        ));
    }
}
