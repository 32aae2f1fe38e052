//! Keywords of any value, and of texts: type, enum, const, lengths, patterns.

use regex_lite::RegexBuilder;
use serde_json::{Map, Value};

use super::{Failed, Outcome, Validator};
use crate::{numeric, patterns};

const MAX_PATTERN: usize = 400;
/// Bytes that one compiled pattern may take.
const PATTERN_SIZE: usize = 16_384;

impl<'s> Validator<'s> {
    /// `type`, `enum`, `const`.
    pub(super) fn generic(&mut self, map: &'s Map<String, Value>, value: &Value) -> Outcome {
        match map.get("type") {
            Some(kind @ Value::String(name)) if !is_type(name, value) => {
                return self.failed(Failed::Type(kind));
            }
            Some(kind @ Value::Array(names)) => {
                self.step(names.len() / 2)?;
                let fits = names
                    .iter()
                    .filter_map(Value::as_str)
                    .any(|name| is_type(name, value));
                if !fits {
                    return self.failed(Failed::Type(kind));
                }
            }
            _ => {}
        }
        if let Some(Value::Array(allowed)) = map.get("enum") {
            let mut found = false;
            for one in allowed {
                if self.same(one, value)? {
                    found = true;
                    break;
                }
            }
            if !found {
                return self.fail("enum");
            }
        }
        match map.get("const") {
            Some(one) if !self.same(one, value)? => self.fail("const"),
            _ => Ok(true),
        }
    }

    /// Equal as JSON values, charged by what is compared.
    fn same(&mut self, a: &Value, b: &Value) -> Outcome {
        self.step(1)?;
        match (a, b) {
            (Value::String(a), Value::String(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                self.read(a.len())?;
                Ok(a == b)
            }
            (Value::Array(a), Value::Array(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in a.iter().zip(b) {
                    if !self.same(a, b)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Object(a), Value::Object(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (name, a) in a {
                    self.read(name.len())?;
                    match b.get(name) {
                        Some(b) if self.same(a, b)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            _ => Ok(numeric::same(a, b)),
        }
    }

    pub(super) fn string(&mut self, map: &'s Map<String, Value>, text: &str) -> Outcome {
        if map.contains_key("minLength") || map.contains_key("maxLength") {
            self.read(text.len())?;
            let length = text.chars().count();
            if numeric::limit(map, "minLength").is_some_and(|least| length < least) {
                return self.fail("minLength");
            }
            if numeric::limit(map, "maxLength").is_some_and(|most| length > most) {
                return self.fail("maxLength");
            }
        }
        match map.get("pattern").and_then(Value::as_str) {
            Some(pattern) if !self.matches(pattern, text)? => self.fail("pattern"),
            _ => Ok(true),
        }
    }

    /// Whether the pattern is found in the text, by an engine of linear time.
    pub(super) fn matches(&mut self, pattern: &'s str, text: &str) -> Outcome {
        if pattern.len() > MAX_PATTERN {
            return Err("a pattern is too long");
        }
        if !self.patterns.contains_key(pattern) {
            self.step(500)?;
            let compiled = RegexBuilder::new(pattern)
                .size_limit(PATTERN_SIZE)
                .build()
                .map_err(|_| "a pattern can't be checked in linear time")?;
            self.patterns.insert(pattern, compiled);
        }
        self.step(1 + text.len().saturating_mul(patterns::states(pattern)) / 12)?;
        Ok(self
            .patterns
            .get(pattern)
            .is_some_and(|compiled| compiled.is_match(text)))
    }
}

/// Whether the value is of the type so named. 1.0 is an integer.
fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => numeric::is_integer(value),
        _ => true,
    }
}
