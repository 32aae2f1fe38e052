//! JSON Schema: drafts 7 and 2020-12, with a budget.
//!
//! A schema comes from a request and an instance from a model: neither is trusted. So this
//! validator counts its steps and its depth, compiles patterns with an engine of linear time,
//! follows no reference to another document, and says [`Verdict::Undecided`] where it has to
//! stop. `format` is an annotation, as both drafts have it by default.
//!
//! Its own code rather than the `jsonschema` crate, because no general validator bounds its
//! work on a hostile schema, and because that crate alone would add 770 KB gzipped to the
//! worker. The official test suite stands in `tests/suite`.

mod numeric;
mod patterns;
mod references;
pub mod sample;

use std::collections::{BTreeSet, HashMap};

use regex_lite::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use references::References;

/// Subschemas applied, values compared, and stretches of text read, at most.
pub const MAX_STEPS: u32 = 60_000;
const MAX_DEPTH: u32 = 160;
const MAX_PATTERN: usize = 400;
/// Bytes that one compiled pattern may take.
const PATTERN_SIZE: usize = 16_384;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Valid,
    /// What does not fit, for people: "`age` is missing". Bounded and cleaned.
    Invalid(String),
    /// Why the schema could not be applied to the end.
    Undecided(&'static str),
}

/// Whether the instance is what the schema describes.
pub fn validate(schema: &Value, instance: &Value) -> Verdict {
    validate_within(schema, instance, &mut { MAX_STEPS })
}

/// The same in no more than so many steps, of which it leaves what it did not take.
pub fn validate_within(schema: &Value, instance: &Value, steps: &mut u32) -> Verdict {
    if !(schema.is_object() || schema.is_boolean()) {
        return Verdict::Undecided("the schema is no object");
    }
    let mut validator = Validator {
        references: References::new(schema, is_old(schema)),
        old: is_old(schema),
        steps: *steps,
        depth: 0,
        patterns: HashMap::new(),
        failed: Failed::Keyword("schema"),
        place: Vec::new(),
    };
    // The names of a document are collected anew each time.
    let collected = validator.step(validator.references.size() / 3);
    let outcome =
        collected.and_then(|()| validator.valid(schema, instance, &mut Evaluated::default()));
    *steps = validator.steps;
    match outcome {
        Ok(true) => Verdict::Valid,
        Ok(false) => Verdict::Invalid(validator.explanation()),
        Err(reason) => Verdict::Undecided(reason),
    }
}

/// A name for people: signs that do harm are left out, what is long is cut.
pub fn quoted(name: &str) -> String {
    const MOST: usize = 60;
    let harmless = |c: &char| {
        (c.is_alphanumeric() || c.is_ascii())
            && !c.is_control()
            && !matches!(c, '`' | '<' | '>' | '"' | '&')
    };
    let mut text: String = name
        .chars()
        .take(4 * MOST)
        .filter(harmless)
        .take(MOST)
        .collect();
    if name.chars().nth(MOST).is_some() {
        text.push('…');
    }
    format!("`{text}`")
}

/// Why a value does not fit.
#[derive(Clone, Copy)]
enum Failed<'s> {
    Keyword(&'static str),
    Missing(&'s str),
    Type(&'s Value),
    Unwanted,
}

/// Draft 7 and before: `$ref` hides its neighbours, `items` may be a list.
fn is_old(schema: &Value) -> bool {
    schema
        .get("$schema")
        .and_then(Value::as_str)
        .is_some_and(|uri| {
            ["draft-03", "draft-04", "draft-06", "draft-07"]
                .iter()
                .any(|draft| uri.contains(draft))
        })
}

/// Which parts of the instance some subschema has looked at, for `unevaluated…`.
#[derive(Clone, Debug, Default)]
struct Evaluated {
    every_property: bool,
    properties: BTreeSet<String>,
    every_item: bool,
    items: usize,
    item_set: BTreeSet<usize>,
}

impl Evaluated {
    fn absorb(&mut self, other: Evaluated) {
        self.every_property |= other.every_property;
        self.properties.extend(other.properties);
        self.every_item |= other.every_item;
        self.items = self.items.max(other.items);
        self.item_set.extend(other.item_set);
    }
}

type Outcome = Result<bool, &'static str>;

struct Validator<'s> {
    references: References<'s>,
    old: bool,
    steps: u32,
    depth: u32,
    patterns: HashMap<&'s str, Regex>,
    failed: Failed<'s>,
    /// Where in the instance, the innermost first.
    place: Vec<String>,
}

impl<'s> Validator<'s> {
    fn step(&mut self, cost: usize) -> Result<(), &'static str> {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        self.steps = self
            .steps
            .checked_sub(cost)
            .ok_or("the schema takes too long to check")?;
        Ok(())
    }

    /// Charges a text by its length.
    fn read(&mut self, bytes: usize) -> Result<(), &'static str> {
        self.step(bytes / 64)
    }

    fn fail(&mut self, keyword: &'static str) -> Outcome {
        self.failed(Failed::Keyword(keyword))
    }

    fn failed(&mut self, why: Failed<'s>) -> Outcome {
        self.failed = why;
        self.place.clear();
        Ok(false)
    }

    /// A part does not fit: where it stands.
    fn within(&mut self, part: String) -> Outcome {
        self.place.push(part);
        Ok(false)
    }

    fn explanation(&self) -> String {
        let mut place: String = self.place.iter().rev().map(String::as_str).collect();
        if let Failed::Missing(name) = self.failed {
            place.push_str(&part(name));
        }
        let place = match place.trim_start_matches('.') {
            "" => "it".to_owned(),
            place => quoted(place),
        };
        match self.failed {
            Failed::Missing(_) => format!("{place} is missing"),
            Failed::Unwanted => format!("{place} is not allowed"),
            Failed::Type(Value::String(name)) => {
                format!("{place} is not of type {}", quoted(name))
            }
            Failed::Type(_) => format!("{place} is of none of the types allowed"),
            Failed::Keyword("enum") => format!("{place} is none of the values allowed"),
            Failed::Keyword("const") => format!("{place} is not the value required"),
            Failed::Keyword(keyword) => format!("{place} does not meet `{keyword}`"),
        }
    }

    fn valid(&mut self, schema: &'s Value, instance: &Value, seen: &mut Evaluated) -> Outcome {
        self.step(1)?;
        let map = match schema {
            Value::Bool(true) => return Ok(true),
            Value::Bool(false) => return self.fail("false"),
            Value::Object(map) => map,
            _ => return Err("a subschema is no object"),
        };
        if self.depth >= MAX_DEPTH {
            return Err("the schema refers to itself too deeply");
        }
        self.depth += 1;
        // A schema sees what its own parts looked at, not what its neighbours did.
        let mut own = Evaluated::default();
        let outcome = self.all(map, instance, &mut own);
        self.depth -= 1;
        if outcome == Ok(true) {
            self.step((own.properties.len() + own.item_set.len()) / 8)?;
            seen.absorb(own);
        }
        outcome
    }

    fn all(&mut self, map: &'s Map<String, Value>, value: &Value, seen: &mut Evaluated) -> Outcome {
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(reference) = map.get(keyword).and_then(Value::as_str) {
                self.read(2 * reference.len())?;
                let target = self.references.resolve(map, reference, keyword)?;
                if !self.valid(target, value, seen)? {
                    return Ok(false);
                }
                if self.old {
                    return Ok(true);
                }
            }
        }
        if !self.generic(map, value)? || !self.combined(map, value, seen)? {
            return Ok(false);
        }
        let fits = match value {
            Value::Number(number) => {
                // Division of long numbers takes the square of their length.
                if let Some(Value::Number(step)) = map.get("multipleOf") {
                    let digits = digits(number) + digits(step);
                    self.step(1 + digits * digits / 300)?;
                }
                numeric::check(map, value).map_or(Ok(true), |k| self.fail(k))?
            }
            Value::String(text) => self.string(map, text)?,
            Value::Array(items) => self.array(map, items, seen)?,
            Value::Object(object) => self.object(map, value, object, seen)?,
            _ => true,
        };
        Ok(fits)
    }

    /// `type`, `enum`, `const`.
    fn generic(&mut self, map: &'s Map<String, Value>, value: &Value) -> Outcome {
        match map.get("type") {
            Some(kind @ Value::String(name)) if !is_type(name, value) => {
                return self.failed(Failed::Type(kind));
            }
            Some(kind @ Value::Array(names)) => {
                self.step(names.len() / 4)?;
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

    /// `allOf`, `anyOf`, `oneOf`, `not`, `if`.
    fn combined(
        &mut self,
        map: &'s Map<String, Value>,
        value: &Value,
        seen: &mut Evaluated,
    ) -> Outcome {
        for schema in list(map, "allOf") {
            if !self.valid(schema, value, seen)? {
                return Ok(false);
            }
        }
        for (keyword, only_one) in [("anyOf", false), ("oneOf", true)] {
            if !map.contains_key(keyword) {
                continue;
            }
            let mut matches = 0;
            for schema in list(map, keyword) {
                let mut own = Evaluated::default();
                if self.valid(schema, value, &mut own)? {
                    matches += 1;
                    seen.absorb(own);
                }
            }
            if matches == 0 || (only_one && matches > 1) {
                return self.fail(keyword);
            }
        }
        if let Some(schema) = map.get("not")
            && self.valid(schema, value, &mut Evaluated::default())?
        {
            return self.fail("not");
        }
        if let Some(condition) = map.get("if") {
            let mut own = Evaluated::default();
            let branch = if self.valid(condition, value, &mut own)? {
                seen.absorb(own);
                "then"
            } else {
                "else"
            };
            if let Some(schema) = map.get(branch)
                && !self.valid(schema, value, seen)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn string(&mut self, map: &'s Map<String, Value>, text: &str) -> Outcome {
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

    fn array(
        &mut self,
        map: &'s Map<String, Value>,
        items: &[Value],
        seen: &mut Evaluated,
    ) -> Outcome {
        if numeric::limit(map, "minItems").is_some_and(|least| items.len() < least) {
            return self.fail("minItems");
        }
        if numeric::limit(map, "maxItems").is_some_and(|most| items.len() > most) {
            return self.fail("maxItems");
        }
        if map.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut found = BTreeSet::new();
            for item in items {
                let canonical = numeric::canonical(item);
                self.step(1 + canonical.len() / 16)?;
                if !found.insert(canonical) {
                    return self.fail("uniqueItems");
                }
            }
        }
        // A list under `items` is draft 7's name for `prefixItems`.
        let listed = map.get("items").is_some_and(Value::is_array);
        let first = list(map, if listed { "items" } else { "prefixItems" });
        for (i, (schema, item)) in first.iter().zip(items).enumerate() {
            if !self.valid(schema, item, &mut Evaluated::default())? {
                return self.within(format!("[{i}]"));
            }
        }
        seen.items = seen.items.max(first.len().min(items.len()));
        let rest = map.get(if listed { "additionalItems" } else { "items" });
        if let Some(schema) = rest {
            for (i, item) in items.iter().enumerate().skip(first.len()) {
                if !self.valid(schema, item, &mut Evaluated::default())? {
                    return self.within(format!("[{i}]"));
                }
            }
            seen.every_item = true;
        }
        if let Some(schema) = map.get("contains") {
            let mut matches = 0;
            for (i, item) in items.iter().enumerate() {
                if self.valid(schema, item, &mut Evaluated::default())? {
                    matches += 1;
                    seen.item_set.insert(i);
                }
            }
            let (least, most) = if self.old {
                (1, usize::MAX)
            } else {
                (
                    numeric::limit(map, "minContains").unwrap_or(1),
                    numeric::limit(map, "maxContains").unwrap_or(usize::MAX),
                )
            };
            if matches < least || matches > most {
                return self.fail("contains");
            }
        }
        if let Some(schema) = map.get("unevaluatedItems").filter(|_| !seen.every_item) {
            for (i, item) in items.iter().enumerate().skip(seen.items) {
                if !seen.item_set.contains(&i)
                    && !self.valid(schema, item, &mut Evaluated::default())?
                {
                    return self.fail("unevaluatedItems");
                }
            }
            seen.every_item = true;
        }
        Ok(true)
    }

    fn object(
        &mut self,
        map: &'s Map<String, Value>,
        whole: &Value,
        object: &Map<String, Value>,
        seen: &mut Evaluated,
    ) -> Outcome {
        if numeric::limit(map, "minProperties").is_some_and(|least| object.len() < least) {
            return self.fail("minProperties");
        }
        if numeric::limit(map, "maxProperties").is_some_and(|most| object.len() > most) {
            return self.fail("maxProperties");
        }
        for name in list(map, "required").iter().filter_map(Value::as_str) {
            self.step(1 + name.len() / 64)?;
            if !object.contains_key(name) {
                return self.failed(Failed::Missing(name));
            }
        }
        if !self.dependent(map, whole, object, seen)? {
            return Ok(false);
        }
        let named = map.get("properties").and_then(Value::as_object);
        let patterned = map.get("patternProperties").and_then(Value::as_object);
        let additional = map.get("additionalProperties");
        let names = map.get("propertyNames");
        for (name, value) in object {
            self.step(1 + name.len() / 16)?;
            let mut covered = false;
            if let Some(schema) = named.and_then(|named| named.get(name)) {
                covered = true;
                if !self.valid(schema, value, &mut Evaluated::default())? {
                    return self.within(part(name));
                }
            }
            for (pattern, schema) in patterned.into_iter().flatten() {
                if self.matches(pattern, name)? {
                    covered = true;
                    if !self.valid(schema, value, &mut Evaluated::default())? {
                        return self.within(part(name));
                    }
                }
            }
            if let Some(schema) = additional.filter(|_| !covered) {
                covered = true;
                if *schema == Value::Bool(false) {
                    self.failed(Failed::Unwanted)?;
                    return self.within(part(name));
                }
                if !self.valid(schema, value, &mut Evaluated::default())? {
                    return self.within(part(name));
                }
            }
            if covered {
                seen.properties.insert(name.clone());
            }
            if let Some(schema) = names {
                let name = Value::String(name.clone());
                if !self.valid(schema, &name, &mut Evaluated::default())? {
                    return self.fail("propertyNames");
                }
            }
        }
        if let Some(schema) = map
            .get("unevaluatedProperties")
            .filter(|_| !seen.every_property)
        {
            for (name, value) in object {
                if !seen.properties.contains(name)
                    && !self.valid(schema, value, &mut Evaluated::default())?
                {
                    return self.fail("unevaluatedProperties");
                }
            }
            seen.every_property = true;
        }
        Ok(true)
    }

    /// `dependentRequired`, `dependentSchemas`, and draft 7's `dependencies`.
    fn dependent(
        &mut self,
        map: &'s Map<String, Value>,
        whole: &Value,
        object: &Map<String, Value>,
        seen: &mut Evaluated,
    ) -> Outcome {
        for keyword in ["dependentRequired", "dependentSchemas", "dependencies"] {
            let Some(dependencies) = map.get(keyword).and_then(Value::as_object) else {
                continue;
            };
            for (name, needed) in dependencies {
                self.step(1 + name.len() / 64)?;
                if !object.contains_key(name) {
                    continue;
                }
                match needed {
                    Value::Array(names) => {
                        let read = |name: &Value| 1 + name.as_str().map_or(0, str::len) / 64;
                        self.step(names.iter().map(read).sum())?;
                        let present = names
                            .iter()
                            .filter_map(Value::as_str)
                            .all(|name| object.contains_key(name));
                        if !present {
                            return self.fail(keyword_name(keyword));
                        }
                    }
                    schema => {
                        if !self.valid(schema, whole, seen)? {
                            return Ok(false);
                        }
                    }
                }
            }
        }
        Ok(true)
    }

    /// Whether the pattern is found in the text, by an engine of linear time.
    fn matches(&mut self, pattern: &'s str, text: &str) -> Outcome {
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

fn keyword_name(keyword: &str) -> &'static str {
    match keyword {
        "dependentRequired" => "dependentRequired",
        _ => "dependencies",
    }
}

/// How many digits a number has when it is written out, as far as numbers are read.
fn digits(number: &serde_json::Number) -> usize {
    let text = number.to_string();
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let exponent = exponent.trim_start_matches(['+', '-']).parse::<usize>();
    (mantissa.len() + exponent.unwrap_or(1_000)).min(2_000)
}

/// A step of a path into an instance.
fn part(name: &str) -> String {
    let name: String = name.chars().take(60).collect();
    format!(".{name}")
}

fn list<'s>(map: &'s Map<String, Value>, keyword: &str) -> &'s [Value] {
    map.get(keyword)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
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
